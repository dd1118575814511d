"""Strict reading of entry bodies, without a protobuf library. docs/format.md: Body."""

import re

from fault import Failed, require

# The fields of the messages that are logged: kind, number, and `*` for a list. Kinds: b bytes,
# s string, t bool, u uint64, v uint32, l int64, i int32, e enumeration, M:Name a message.
SCHEMA = {
    "EntryBody": "M:Genesis1 M:ServiceStart2 M:AccessRecord3 M:SessionEnd4 M:CharterPart5 M:DisclosureRequest6"
                 " M:Disclosure7 M:Erasure8 M:Opening9 M:Correction10 M:KeyChange11 M:Report12",
    "Genesis": "s1 v2 s3 b4* t5 M:Predecessor6",
    "Predecessor": "s1 u2 b3",
    "ServiceStart": "s1",
    "AccessRecord": "s1 e2 s3 s4 b5 l6 l7 u8 u9 s10 s11 e12 s13 s14 s15 s16* e17 t18 t19 s20 s21 i22 s23 i24 e25"
                    " s26* i27 b32 b33 b34 b35 b36 b37 b38 b39 b40 b41 b42 b43 b44 s64 b65 u66 b67 b68* u69 s70* s71*",
    "SessionEnd": "s1 b2 u3",
    "CharterPart": "v1 v2 b3 b4",
    "DisclosureRequest": "s1 b2 b3",
    "Disclosure": "s1 b2 u3 b4",
    "Erasure": "s1 b2 s3 s4 b5",
    "Opening": "u1 b2 b3",
    "Correction": "u1 s2 s3",
    "KeyChange": "e1 b2 b3",
    "Report": "s1 b2 u3",
}
FIELDS = {
    message: {int(m[2]): (m[1], m[3] == "*") for m in re.finditer(r"(M:[A-Za-z]+|[a-z])(\d+)(\*?)", fields)}
    for message, fields in SCHEMA.items()
}


def read_body(data):
    """Kind and content of a body; `unknown` and nothing for a kind that is not known here."""
    content = read_message("EntryBody", data)
    for number, message in content.items():
        return FIELDS["EntryBody"][number][0].removeprefix("M:"), message
    return "unknown", {}


def read_message(message, data):
    """The known fields of a message by their numbers. Unknown fields must be well-formed."""
    found = {}
    for number, wire, value in wire_fields(data):
        if number not in FIELDS[message]:
            continue
        kind, is_list = FIELDS[message][number]
        where = f"field {number} of {message}"
        require(wire == (0 if kind in "tuvlie" else 2), f"{where} has wire type {wire}")
        require(is_list or number not in found, f"{where} occurs twice")
        require(message != "EntryBody" or not found, f"{where} stands beside another content")
        value = read_message(kind[2:], value) if kind.startswith("M:") else read_value(kind, value, where)
        if is_list:
            found.setdefault(number, []).append(value)
        else:
            found[number] = value
    return found


def read_value(kind, value, where):
    """Numbers stay the unsigned 64 bits that were written; a string becomes text."""
    if kind == "s":
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise Failed(f"{where} is not UTF-8") from None
    in_range = {
        "t": lambda: value <= 1,
        "v": lambda: value < 1 << 32,
        "i": lambda: value < 1 << 31 or value >= (1 << 64) - (1 << 31),
    }
    check = in_range.get("i" if kind == "e" else kind)
    require(check is None or check(), f"{where} has {value}, which is out of range")
    return value


def wire_fields(data):
    """Number, wire type and value of each field, in their order."""
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        require(1 <= number < 1 << 29, f"field number {number} does not exist")
        require(wire in (0, 1, 2, 5), f"field {number} has wire type {wire}")
        if wire == 0:
            value, at = read_varint(data, at)
        else:
            length, at = read_varint(data, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
            value, at = data[at:at + length], at + length
            require(at <= len(data), f"field {number} ends after its message")
        yield number, wire, value


def read_varint(data, at):
    value = 0
    for position, byte in enumerate(data[at:at + 10]):
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            require(byte > 0 or position == 0, "a varint is longer than it needs to be")
            require(value < 1 << 64, "a varint has more than 64 bits")
            return value, at + position + 1
    raise Failed("a varint does not end")
