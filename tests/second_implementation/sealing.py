"""What is sealed: values, seals, openings, confidential records. docs/format.md: Sealing."""

import hmac

import body
from fault import require
from markers import check_markers
from tree import sha256

SALT_BYTES = SEAL_BYTES = 32
NONCE_BYTES = MARKER_BYTES = 16
QUERY_BYTES_MAX = 4096

# Number, name, name of the seal, and kind of the value of each sealed field.
FIELDS = {
    32: ("subjects", "subjects_seal", "subjects"),
    33: ("actor", "actor_seal", "text"),
    34: ("on_behalf_of", "on_behalf_of_seal", "text"),
    35: ("record_keys", "record_keys_seal", "texts"),
    36: ("justification", "justification_seal", "text"),
    37: ("case_number", "case_number_seal", "text"),
    38: ("query", "query_seal", "query"),
    39: ("client_address", "client_address_seal", "text"),
    40: ("trace_id", "trace_id_seal", "bytes"),
    41: ("span_id", "span_id_seal", "bytes"),
    42: ("occurred_at", "occurred_at_us_seal", "time"),
    43: ("occurred_until", "occurred_until_us_seal", "time"),
    44: ("confidential", "confidential_seal", "record"),
    45: ("statement", "seal", "statement"),
}
SUBJECTS, CONFIDENTIAL, STATEMENT = 32, 44, 45

# Where an entry of the trail has its seal and its nonce.
TRAIL = {"DisclosureRequest": (2, 3), "Disclosure": (2, 4), "Erasure": (2, 5)}


def seal(field, salt, value):
    return sha256(b"einsicht/seal/v1" + bytes([field]) + salt + value)


def write_value(kind, said):
    """The bytes of what a value says."""
    if kind == "text":
        return said.encode()
    if kind == "texts":
        return b"".join(element(text.encode()) for text in said)
    if kind == "subjects":
        return b"".join(element(bytes([len(scheme.encode())]) + (scheme + id).encode()) for scheme, id in said)
    if kind == "query":
        query = said.encode()
        return query if len(query) <= QUERY_BYTES_MAX else sha256(query) + query[:QUERY_BYTES_MAX]
    if kind == "time":
        return str(int(said)).encode()
    if kind == "statement":
        return write_statement(said)
    return bytes.fromhex(said)


def element(data):
    return len(data).to_bytes(4, "big") + data


def read_value(field, data):
    """Checks that bytes are a value of a field, and returns what they say, except of queries and statements."""
    kind = FIELDS[field][2]
    if kind == "bytes":
        require(len(data) == (16 if field == 40 else 8), "it has another length")
    elif kind == "time":
        require(data.removeprefix(b"-").isdigit() and len(data) <= 20, "a time is a number in decimal digits")
        require(str(int(data)).encode() == data, "a number has one spelling")
        require(-(1 << 63) <= int(data) < 1 << 63, "a time has 64 bits")
    elif kind == "query":
        whole = len(data) <= QUERY_BYTES_MAX
        require(whole or len(data) == 32 + QUERY_BYTES_MAX, "no query has this length")
        return text(data) if whole else data
    elif kind == "statement":
        return read_statement(data)
    elif kind == "texts":
        return [text(part) for part in elements(data)]
    elif kind == "subjects":
        return [read_subject(part) for part in elements(data)]
    elif kind == "text":
        return text(data)
    return data


def text(data):
    return body.read_value("s", data, "the value")


def elements(data):
    require(data, "a list without elements is not sealed")
    while data:
        length = int.from_bytes(data[:4], "big")
        require(len(data) >= 4 + length, "the list ends inside an element")
        yield data[4:4 + length]
        data = data[4 + length:]


def read_subject(data):
    require(data and len(data) > data[0], "the scheme ends after its element")
    require(0 < data[0] < len(data) - 1, "a scheme and an id have a byte at least")
    return text(data[1:1 + data[0]]), text(data[1 + data[0]:])


def write_statement(said):
    """The one way to write a statement: fields in ascending order, what is empty left out."""
    fields = b"".join(varint(number) for number in said["fields"])
    subjects = (optional(1, scheme.encode()) + optional(2, id.encode()) for scheme, id in said["subjects"])
    return b"".join([
        optional(1, said["who"].encode()),
        b"" if said["index"] is None else varint(2 << 3) + varint(int(said["index"])),
        optional(3, fields),
        optional(4, said["reason"].encode()),
        *(delimited(5, subject) for subject in subjects),
        *(delimited(6, month.encode()) for month in said["months"]),
    ])


def read_statement(data):
    said = {"who": "", "index": None, "fields": [], "reason": "", "subjects": [], "months": []}
    for number, wire, value in body.wire_fields(data):
        require(1 <= number <= 6 and wire == (0 if number == 2 else 2), f"field {number} is not known, or another")
        if number == 3:
            at = 0
            while at < len(value):
                field, at = body.read_varint(value, at)
                said["fields"].append(field)
        elif number == 2:
            said["index"] = str(value)
        elif number == 5:
            parts = {part: text(content) for part, _, content in body.wire_fields(value)}
            said["subjects"].append([parts.get(1, ""), parts.get(2, "")])
        elif number == 6:
            said["months"].append(text(value))
        else:
            said["who" if number == 1 else "reason"] = text(value)
    require(write_statement(said) == data, "a statement has one spelling")
    return said


def varint(value):
    data = b""
    while value >= 0x80:
        data, value = data + bytes([value & 0x7F | 0x80]), value >> 7
    return data + bytes([value])


def delimited(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def optional(number, content):
    return delimited(number, content) if content else b""


def read_openings(data):
    """Openings by field: salt and value, or the index of the entry that erased them."""
    require(data, "an entry has at least one opening")
    openings = {}
    while data:
        require(len(data) >= 2, "the openings end inside one")
        field, state = data[0], data[1]
        require(field in FIELDS, f"field {field} is not sealed")
        require(state in (0, 1), f"an opening is neither open nor erased but {state}")
        require(not openings or field > max(openings), "the fields do not ascend")
        length = 10 if state == 0 else 38 + int.from_bytes(data[34:38], "big")
        require(len(data) >= max(length, 10 if state == 0 else 38), "the openings end inside one")
        openings[field] = int.from_bytes(data[2:10], "big") if state == 0 else (data[2:34], data[38:length])
        data = data[length:]
    return openings


def write_openings(openings):
    def one(field, opening):
        if isinstance(opening, int):
            return bytes([field, 0]) + opening.to_bytes(8, "big")
        return bytes([field, 1]) + opening[0] + element(opening[1])
    return b"".join(one(field, openings[field]) for field in sorted(openings))


def erase(openings, fields, by):
    """Erases openings, and returns the fields of those that were there."""
    is_meant = [field for field, opening in openings.items() if not isinstance(opening, int)
                and (field in fields or CONFIDENTIAL in fields)]
    openings.update({field: by for field in is_meant})
    return is_meant


def seals_and_nonce(kind, content):
    """The seals of an entry by field, and its nonce."""
    if kind == "AccessRecord":
        return {field: content[field] for field in FIELDS if field in content and field != STATEMENT}, content.get(67)
    at_seal, at_nonce = TRAIL.get(kind, (None, None))
    return {STATEMENT: content[at_seal]} if at_seal in content else {}, content.get(at_nonce)


def check_record(data, openings, period_key):
    """Checks seals and markers of an entry with its openings; says whether the markers could be told."""
    kind, content = body.read_body(data)
    seals, nonce = seals_and_nonce(kind, content)
    record = content if kind == "AccessRecord" else None
    hidden = openings.get(CONFIDENTIAL)
    if CONFIDENTIAL in seals and isinstance(hidden, int):
        require(all(isinstance(opening, int) for opening in openings.values()), "what hid them was erased")
        seals = dict.fromkeys(openings)
    elif CONFIDENTIAL in seals and hidden is not None:
        require(seal(CONFIDENTIAL, *hidden) == seals[CONFIDENTIAL], "the seal of the record is another")
        record = body.read_message("AccessRecord", hidden[1])
        seals |= seals_and_nonce("AccessRecord", record)[0]
    require(set(seals) == set(openings), f"seals of {sorted(seals)}, openings of {sorted(openings)}")
    for field, opening in openings.items():
        if not isinstance(opening, int):
            require(hmac.compare_digest(seal(field, *opening), seals[field]), f"the seal of field {field} is another")
            read_value(field, opening[1])
    require(not seals or len(nonce or b"") == NONCE_BYTES, "an entry with seals has a nonce of 16 bytes")
    if record is None:
        return "checked"
    subjects = openings.get(SUBJECTS)
    known = read_value(SUBJECTS, subjects[1]) if isinstance(subjects, tuple) else subjects
    return check_markers(content, record, known, period_key, isinstance(hidden, int))


def check_confidential(content):
    """Checks that a confidential record shows nothing of what it hides."""
    shown = set(content) - {27, CONFIDENTIAL, 67, 68}
    require(not shown, f"a confidential record shows fields {sorted(shown)}")


def check_opening(confidential, opening):
    """Checks that an entry opens a confidential record, and returns the bytes of the record."""
    kind, outer = body.read_body(confidential)
    require(kind == "AccessRecord" and CONFIDENTIAL in outer and 27 in outer, "the record is not confidential")
    kind, content = body.read_body(opening)
    require(kind == "Opening", "the entry opens nothing")
    salt, data = content.get(2, b""), content.get(3, b"")
    require(len(salt) == SALT_BYTES, "the salt has another length")
    require(seal(CONFIDENTIAL, salt, data) == outer[CONFIDENTIAL], "the seal is another")
    inner = body.read_message("AccessRecord", data)
    require(inner.get(27) == outer[27], "the record within says another day")
    require(CONFIDENTIAL not in inner, "the record within hides another one")
    require(len(inner.get(67, b"")) == NONCE_BYTES, "the record within has no nonce")
    require(all(len(marker) == MARKER_BYTES for marker in inner.get(68, [])), "a marker has another length")
    require(all(len(inner[field]) == SEAL_BYTES for field in FIELDS if field in inner), "a seal has another length")
    return content.get(1, 0), data
