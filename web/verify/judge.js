/**
 * Verdicts: which commitments of a charter a record deviates from, and for which it says too little (docs/charter.md,
 * How an access is judged).
 *
 * Three answers: true, false, and `null` for unknown. What is missing is never a pass.
 */

import { enumerationName } from "./enumerations.js";
import { CannotTell, Failed } from "./fault.js";

const MINUTES_A_DAY = 1_440n;
const SEALS = {
  subjects: "subjects_seal",
  actor: "actor_seal",
  on_behalf_of: "on_behalf_of_seal",
  record_keys: "record_keys_seal",
  justification: "justification_seal",
  case_number: "case_number_seal",
  query: "query_seal",
  client_address: "client_address_seal",
  trace_id: "trace_id_seal",
  span_id: "span_id_seal",
};
const ENUMERATIONS = ["operation", "actor_kind", "processing", "outcome"];
const TEXTS = ["purpose", "unit", "role", "legal_basis", "recipient", "storage_location", "activity", "national_norm", "announcement", "approval"];
const INHERITED = [
  ...["purpose", "unit", "role", "legal_basis", "recipient", "storage_location", "actor_kind", "processing", "secondary_use", "consideration"],
  ...["categories", "national_norm", "announcement", "approval", "announced_on"],
];
const ALWAYS = new Map([["access_count", 1n], ["outcome", "granted"]]);

/**
 * @typedef {object} Verdict
 * @property {string[]} deviates ids, in the order of the charter
 * @property {string[]} notVerifiable likewise
 */

/**
 * @param {import("./charter.js").Charter} charter in force for the record
 * @param {Record<string, unknown>} record an `AccessRecord` that is not confidential
 * @returns {Verdict}
 * @throws {CannotTell} the charter asks for a field that this reader does not know
 */
export function judge(charter, record) {
  const facts = factsOf(charter, record);
  const sets = [record.dataset, ...record.other_datasets].map((id) => charter.datasets.get(id) ?? null);
  const access = { facts, personal: isPersonal(sets), day: floorDay(record.occurred_at_min), dataset: record.dataset };
  const verdict = { deviates: [], notVerifiable: [] };
  for (const commitment of charter.commitments) {
    if (commitment.question !== null) continue;
    const answers = sets.map((set) => holds(commitment, access, set));
    if (answers.includes(false)) verdict.deviates.push(commitment.id);
    else if (answers.includes(null)) verdict.notVerifiable.push(commitment.id);
  }
  return verdict;
}

/**
 * Checks that a record states the verdict that its charter gives.
 *
 * @param {import("./charter.js").Charter} charter
 * @param {Record<string, unknown>} record
 * @throws {Failed} it states another one
 * @throws {CannotTell} the charter asks for what this reader does not know
 */
export function checkVerdict(charter, record) {
  const { deviates, notVerifiable } = judge(charter, record);
  for (const [name, expected, found] of [["deviates", deviates, record.deviates], ["not_verifiable", notVerifiable, record.not_verifiable]]) {
    const isSame = expected.length === found.length && expected.every((id, at) => id === found[at]);
    if (!isSame) throw new Failed("the record states another verdict than its charter gives", { where: name, expected: expected.join(", ") || "none", found: found.join(", ") || "none" });
  }
}

/** What the record states, by the names of docs/charter.md; what it does not state is not there. */
function factsOf(charter, record) {
  const facts = new Map();
  for (const name of TEXTS) put(facts, name, record[name] === "" ? undefined : record[name]);
  for (const name of ENUMERATIONS) put(facts, name, record[name] ? enumerationName(name, record[name]) : undefined);
  for (const name of ["access_count", "record_count", "secondary_use", "consideration"]) put(facts, name, record[name]);
  for (const name of ["categories", "other_datasets"]) put(facts, name, record[name].length > 0 ? record[name] : undefined);
  put(facts, "announced_on", record.announced_on_day);
  put(facts, "collected_on", record.collected_on_day);
  put(facts, "occurred_until", record.occurred_until_min);
  put(facts, "confidential_until", record.confidential_until_day);
  for (const [name, seal] of Object.entries(SEALS)) put(facts, name, record[seal]);
  put(facts, "dataset", record.dataset);
  inherit(facts, charter, record);
  for (const [name, value] of ALWAYS) if (!facts.has(name)) facts.set(name, value);
  return facts;
}

/** What an activity states and the access does not; only of one that is about one of its data sets. */
function inherit(facts, charter, record) {
  const activity = record.activity === undefined ? undefined : charter.activities.get(record.activity);
  if (!activity) return;
  const about = [activity.get("dataset") ?? activity.get("datasets") ?? []].flat();
  if (![record.dataset, ...record.other_datasets].some((id) => about.includes(id))) return;
  for (const name of INHERITED) {
    const value = activity.get(name);
    if (value === undefined || facts.has(name)) continue;
    facts.set(name, name === "announced_on" ? value.days : value);
  }
}

function put(facts, name, value) {
  if (value !== undefined) facts.set(name, value);
}

/** Of all data sets together: true if that of any is. */
function isPersonal(sets) {
  return sets.map((set) => (set === null ? null : set.get("personal") !== "none")).reduce(or);
}

function holds({ when, must, isForbidden }, access, set) {
  const all = (conditions) => conditions.map((condition) => answer(condition, access, set)).reduce(and, true);
  const demanded = all(must);
  return or(not(all(when)), isForbidden ? not(demanded) : demanded);
}

function answer({ field, kind, value }, access, set) {
  if (field === "personal" && kind === "is") return access.personal === null ? null : access.personal === value;
  if (!isKnown(field)) throw new CannotTell("the charter asks for a field that this reader does not know", { found: field });
  const found = access.facts.get(field);
  if (found === undefined) return null;
  switch (kind) {
    case "is":
      return same(found, value);
    case "in":
      return Array.isArray(found) ? found.every((item) => value.includes(item)) : value.some((one) => same(found, one));
    case "present":
      return true;
    case "at_most":
      return BigInt(found) <= value;
    case "at_most_of_dataset":
      return ofSet(set, value, (most) => BigInt(found) <= most);
    case "listed_in_dataset":
      return ofSet(set, value, (list) => list.includes(found));
    case "not_older_than_days":
      return BigInt(found) >= access.day - value;
    case "not_older_than_of_dataset":
      return ofSet(set, value, (days) => BigInt(found) >= access.day - days);
    default:
      return BigInt(found) <= access.day - value;
  }
}

/** What the charter says of a data set; unknown if it does not say. */
function ofSet(set, key, compare) {
  const said = set?.get(key);
  return said === undefined ? null : compare(said);
}

function isKnown(field) {
  return (
    field === "dataset" ||
    TEXTS.includes(field) ||
    ENUMERATIONS.includes(field) ||
    Object.hasOwn(SEALS, field) ||
    ["access_count", "record_count", "secondary_use", "consideration", "categories", "other_datasets", "announced_on", "collected_on", "occurred_until", "confidential_until"].includes(field)
  );
}

function same(found, value) {
  return typeof value === "bigint" ? BigInt(found) === value : found === value;
}

/** Day of the access, UTC; also before 1970. */
function floorDay(minute) {
  const day = minute / MINUTES_A_DAY;
  return minute % MINUTES_A_DAY < 0n ? day - 1n : day;
}

function not(a) {
  return a === null ? null : !a;
}

function and(a, b) {
  if (a === false || b === false) return false;
  return a === null || b === null ? null : true;
}

function or(a, b) {
  if (a === true || b === true) return true;
  return a === null || b === null ? null : false;
}
