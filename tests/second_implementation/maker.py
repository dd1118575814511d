"""Makes small ledgers for the tests, good ones and bad ones. It is not a part of the verifier."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import note
import segment as segments
import tree

ORIGIN = "example.org/ledger"
SEED = b"\x01" * 32
RECORDED_AT = 1_795_340_000


def varint(number):
    data = bytearray()
    while number > 0x7F:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


def field(number, value):
    """One protobuf field: a varint for a number, else length and bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def public_key(seed=SEED):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def vkey(name=ORIGIN, key=None):
    key = key or public_key()
    return f"{name}+{note.key_id(name, key).hex()}+{base64.b64encode(bytes([1]) + key).decode()}"


def genesis(origin=ORIGIN, version=1, keys=None, more=b""):
    keys = [public_key()] if keys is None else keys
    fields = field(1, origin) + field(2, version) + field(3, "example 1")
    return field(1, fields + b"".join(field(4, key) for key in keys) + field(5, 1) + more)


def service_start():
    return field(2, field(1, "example 1"))


def access(sequence, more=b""):
    """An access record with its required fields; sequence 0 is the default and not written."""
    record = field(1, "besuchertrend") + field(2, 3) + field(3, "verkehrsplanung")
    record += field(5, bytes.fromhex("936da01f9abd4d9d80c702af85c822a8")) + field(6, RECORDED_AT // 60)
    record += more + field(64, "verkehr") + field(65, bytes(range(16)))
    return field(3, record + (field(66, sequence) if sequence else b""))


def record(until, day, nonce=bytes(16), more=b""):
    """A record that is to be hidden."""
    return field(1, "besuchertrend") + field(until, day) + field(67, nonce) + more


def opened(day=RECORDED_AT // 86_400, inner_day=None, hidden=None, **parts):
    """A ledger with a confidential record, and an entry that opens it."""
    inner, salt = record(27, day if inner_day is None else inner_day, **parts), bytes(32)
    seal = tree.sha256(b"einsicht/seal/v1" + bytes([44]) + salt + inner)
    outer = confidential(day, seal)
    opening = field(1, 2) + field(2, salt) + field(3, inner if hidden is None else hidden)
    return [genesis(), access(0), outer, field(9, opening)]


def confidential(day=RECORDED_AT // 86_400, seal=bytes(32), more=b""):
    """A confidential record."""
    return field(3, field(27, day) + field(44, seal) + field(67, bytes(16)) + field(68, bytes(16)) * 8 + more)


CHARTER = """
charter = { title = "Probe" }
purpose = [{ id = "verkehrsplanung", title = "V" }]
dataset = [{ id = "besuchertrend", title = "B", personal = "none", purposes = ["verkehrsplanung"] }]
[[commitment]]
id = "C-1"
severity = "notice"
must = { purpose = { listed_in_dataset = "purposes" } }
[[commitment]]
id = "C-2"
severity = "notice"
must = { record_count = { at_most = 10 } }
"""


def published(count=1, text=CHARTER):
    """The entries of a charter, in so many parts."""
    data, length = text.encode(), -(-len(text.encode()) // count)
    parts = [data[start:start + length] for start in range(0, len(data), length)]
    sha256 = tree.sha256(data)
    return [field(5, field(1, number) + field(2, len(parts)) + field(3, sha256) + field(4, part))
            for number, part in enumerate(parts, start=1)]


def judged(sequence, charter, deviates=(), not_verifiable=(), records=None, more=b""):
    """An access record with a verdict."""
    more += field(9, records) if records is not None else b""
    record = field(1, "besuchertrend") + field(2, 3) + field(3, "verkehrsplanung") + field(6, RECORDED_AT // 60) + more
    record += field(65, bytes(range(16))) + (field(66, sequence) if sequence else b"") + field(69, charter)
    return field(3, record + b"".join(field(70, name) for name in deviates)
                 + b"".join(field(71, name) for name in not_verifiable))


def bodies(count):
    return [genesis(), service_start(), *map(access, range(count))][:count]


def leaf(previous, recorded_at, body, version=1):
    return bytes([version]) + previous + recorded_at.to_bytes(8, "big") + body


def chain(entry_bodies, change=lambda index, parts: parts, origin=ORIGIN):
    """Leaves of a ledger. `change` may alter the parts (previous, time, body, version) of each leaf."""
    leaves, previous = [], tree.sha256(origin.encode())
    for index, body in enumerate(entry_bodies):
        leaves.append(leaf(*change(index, (previous, RECORDED_AT + index // 2, body, 1))))
        previous = tree.leaf_hash(leaves[-1])
    return leaves


def sign(text, name=ORIGIN, seed=SEED):
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(text.encode())
    return signature_line(name, note.key_id(name, public_key(seed)) + signature)


def signature_line(name, data):
    return f"— {name} {base64.b64encode(data).decode()}\n"


def checkpoint_text(leaves, origin=ORIGIN):
    root = tree.root_of([tree.leaf_hash(each) for each in leaves])
    return f"{origin}\n{len(leaves)}\n{base64.b64encode(root).decode()}\n"


def bundle(leaves):
    return b"".join(len(each).to_bytes(2, "big") + each for each in leaves)


def served(leaves, origin=ORIGIN):
    """What a ledger of these leaves serves, by path."""
    text = checkpoint_text(leaves, origin)
    files = {"checkpoint": f"{text}\n{sign(text, origin)}".encode()}
    for path, start, width in tree.tiles_of("entries", len(leaves)):
        files[path] = bundle(leaves[start:start + width])
    level, hashes = 0, [tree.leaf_hash(each) for each in leaves]
    while hashes:
        for path, start, width in tree.tiles_of(level, len(hashes)):
            files[path] = b"".join(hashes[start:start + width])
        level, hashes = level + 1, tree.next_level(hashes)
    return files


def path_of(index, hashes):
    """An inclusion proof, from its definition in RFC 6962."""
    if len(hashes) == 1:
        return []
    middle = tree.split(len(hashes))
    if index < middle:
        return [*path_of(index, hashes[:middle]), tree.root_of(hashes[middle:])]
    return [*path_of(index - middle, hashes[middle:]), tree.root_of(hashes[:middle])]


def receipt(index, leaves):
    path = path_of(index, [tree.leaf_hash(each) for each in leaves])
    lines = ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(leaves[index]).decode()}", f"index {index}"]
    lines += [base64.b64encode(each).decode() for each in path]
    return "\n".join([*lines, "", ""]).encode() + served(leaves)["checkpoint"]


def segment(commits):
    """A segment with one frame for each list of leaves."""
    data, leaves = b"EINSICHT" + number(1) + tree.sha256(ORIGIN.encode()) + bytes(8), []
    for commit in commits:
        first, leaves = len(leaves), leaves + commit
        payload = tree.root_of([tree.leaf_hash(each) for each in leaves]) + bundle(commit)
        header = b"EIN1" + number(len(payload)) + first.to_bytes(8, "big") + number(len(commit))
        data += header + number(segments.crc32c(header)) + payload + number(segments.crc32c(payload))
    return data


def number(value):
    return value.to_bytes(4, "big")
