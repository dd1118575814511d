/**
 * The logged messages: field numbers, names and types, as in proto/einsicht/v1/{entry,record,vault,event}.proto. The
 * tests compare this table with those files.
 *
 * A line reads: number, name, type; behind it `+` if the field is repeated, `?` if it is optional (may be absent,
 * and is then not known, rather than zero or empty). A type with a capital letter is a message.
 */

const TABLE = {
  EntryBody: `
    1 genesis Genesis
    2 service_start ServiceStart
    3 access AccessRecord
    4 session_end SessionEnd
    5 charter CharterPart
    6 disclosure_request DisclosureRequest
    7 disclosure Disclosure
    8 erasure Erasure
    9 opening Opening
    10 correction Correction
    11 key_change KeyChange
    12 report Report`,
  Genesis: `
    1 origin string
    2 format_version uint32
    3 software string
    4 public_keys bytes +
    5 simulated bool
    6 predecessor Predecessor ?`,
  Predecessor: `
    1 origin string
    2 size uint64
    3 root bytes`,
  ServiceStart: `
    1 software string`,
  SessionEnd: `
    1 producer string
    2 session bytes
    3 last_sequence uint64 ?`,
  CharterPart: `
    1 part uint32
    2 parts uint32
    3 sha256 bytes
    4 text bytes`,
  DisclosureRequest: `
    1 role string
    2 seal bytes
    3 nonce bytes ?`,
  Disclosure: `
    1 role string
    2 seal bytes
    3 request uint64 ?
    4 nonce bytes ?`,
  Erasure: `
    1 ground string
    2 seal bytes ?
    3 month string ?
    4 retention_class string ?
    5 nonce bytes ?`,
  Opening: `
    1 index uint64
    2 salt bytes
    3 record bytes`,
  Correction: `
    1 index uint64
    2 correction string
    3 ground string`,
  KeyChange: `
    1 action enum
    2 public_key bytes
    3 signature bytes`,
  Report: `
    1 period string
    2 manifest_sha256 bytes
    3 replaces uint64 ?`,
  AccessRecord: `
    1 dataset string
    2 operation enum
    3 purpose string
    4 activity string ?
    5 event_id bytes
    6 occurred_at_min int64
    7 occurred_until_min int64 ?
    8 access_count uint64 ?
    9 record_count uint64 ?
    10 unit string ?
    11 role string ?
    12 actor_kind enum ?
    13 legal_basis string ?
    14 national_norm string ?
    15 recipient string ?
    16 categories string +
    17 processing enum ?
    18 secondary_use bool ?
    19 consideration bool ?
    20 storage_location string ?
    21 announcement string ?
    22 announced_on_day int32 ?
    23 approval string ?
    24 collected_on_day int32 ?
    25 outcome enum ?
    26 other_datasets string +
    27 confidential_until_day int32 ?
    32 subjects_seal bytes ?
    33 actor_seal bytes ?
    34 on_behalf_of_seal bytes ?
    35 record_keys_seal bytes ?
    36 justification_seal bytes ?
    37 case_number_seal bytes ?
    38 query_seal bytes ?
    39 client_address_seal bytes ?
    40 trace_id_seal bytes ?
    41 span_id_seal bytes ?
    42 occurred_at_us_seal bytes ?
    43 occurred_until_us_seal bytes ?
    44 confidential_seal bytes ?
    64 producer string
    65 session bytes
    66 sequence uint64
    67 nonce bytes ?
    68 markers bytes +
    69 charter uint64 ?
    70 deviates string +
    71 not_verifiable string +`,
};

/**
 * @typedef {object} Field
 * @property {number} number
 * @property {string} name
 * @property {string} type as in the .proto file; `message` for messages
 * @property {boolean} repeated
 * @property {boolean} optional
 * @property {Message | null} message what it holds, if it is a message
 */

/**
 * @typedef {object} Message
 * @property {string} name
 * @property {(Field | null)[]} fields by number; `null` where there is none
 * @property {boolean} isOneof whether at most one of all its fields may occur
 */

/** @type {Map<string, Message>} */
const MESSAGES = new Map(Object.keys(TABLE).map((name) => [name, { name, fields: [], isOneof: name === "EntryBody" }]));
for (const [name, lines] of Object.entries(TABLE)) {
  for (const line of lines.trim().split("\n")) {
    const [number, field, type, mark] = line.trim().split(" ");
    const inner = MESSAGES.get(type) ?? null;
    const fields = MESSAGES.get(name).fields;
    while (fields.length < Number(number)) fields.push(null);
    fields.push({ number: Number(number), name: field, type: inner ? "message" : type, repeated: mark === "+", optional: mark === "?", message: inner });
  }
}

/**
 * @param {string} name as in the .proto files
 * @returns {Message}
 */
export function messageOf(name) {
  const message = MESSAGES.get(name);
  if (!message) throw new RangeError(`there is no message ${name}`);
  return message;
}

/** @returns {string[]} the names of all messages here */
export function messageNames() {
  return [...MESSAGES.keys()];
}
