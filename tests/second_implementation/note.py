"""Keys, signatures, signed notes, checkpoints, receipts. docs/format.md: Origin and keys, Checkpoint, Receipt.

The package `cryptography` (OpenSSL) checks that S is below the order of the group, and the equation,
without cofactor, by comparing the bytes of R. What the strict rules of the page ask beyond that is in
`check_point`.
"""

import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fault import Failed, require
from tree import decimal, leaf_hash, root_of_path, sha256, unbase64, unbase64_hash

FIELD_PRIME = 2**255 - 19
Y_OF_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
CURVE_D = -121665 * pow(121666, -1, FIELD_PRIME) % FIELD_PRIME
SMALL_ORDER_Y = {0, 1, FIELD_PRIME - 1, Y_OF_ORDER_8, FIELD_PRIME - Y_OF_ORDER_8}


def check_point(encoded, what):
    """Refuses encodings that are not canonical, what is no point, and the eight points of small order."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    require(y < FIELD_PRIME, f"{what} is not canonically encoded")
    require(y not in SMALL_ORDER_Y, f"{what} is a point of small order")
    # On the curve, x² = (y² − 1) / (d·y² + 1): Euler's criterion says whether that is a square.
    product = (y * y - 1) * (CURVE_D * y * y + 1)
    require(pow(product, (FIELD_PRIME - 1) // 2, FIELD_PRIME) == 1, f"{what} is not a point of the curve")


def verify_signature(public_key, message, signature):
    require(len(public_key) == 32, "an Ed25519 public key has 32 bytes")
    require(len(signature) == 64, "an Ed25519 signature has 64 bytes")
    check_point(public_key, "the public key")
    check_point(signature[:32], "R of the signature")
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Failed("the signature does not fit the text and the key") from None


def is_key_name(name):
    return name != "" and not any(c.isspace() or c == "+" for c in name)


def key_id(name, public_key):
    return sha256(name.encode() + b"\n\x01" + public_key)[:4]


def parse_vkey(text):
    """Name and public key of a verifier key."""
    parts = text.strip(" \t\r\n\f").split("+", 2)
    require(len(parts) == 3 and is_key_name(parts[0]), "a verifier key reads name+id+key")
    name, identifier, data = parts[0], parts[1], unbase64(parts[2])
    require(len(data) == 33 and data[0] == 1, "the verifier key is not an Ed25519 key")
    require(identifier == key_id(name, data[1:]).hex(), "the id of the verifier key does not fit its name and key")
    check_point(data[1:], "the public key")
    return name, data[1:]


def parse_note(data):
    """Text of a note and its signatures (name, bytes with key id); nothing is verified."""
    require(len(data) <= 1_000_000, "the note has more than 1,000,000 bytes")
    try:
        note = data.decode()
    except UnicodeDecodeError:
        raise Failed("the note is not UTF-8") from None
    require(not re.search(r"[\x00-\x09\x0b-\x1f]", note), "the note has control characters")
    text, separator, lines = note.rpartition("\n\n")
    require(separator and lines.endswith("\n"), "the note has no signatures")
    signatures = []
    for line in lines[:-1].split("\n"):
        match = re.fullmatch(r"— ([^ ]+) ([^ ]+)", line)
        require(match and is_key_name(match[1]), f"{line!r} is not a signature line")
        signatures.append((match[1], unbase64(match[2])))
        require(len(signatures[-1][1]) > 4, f"{line!r} has no signature")
    require(len(signatures) <= 100, "the note has more than 100 signatures")
    return text + "\n", signatures


def verify_note(data, keys):
    """The text of a note, if one of `keys` (name and public key) signed it; and which of them did."""
    text, signatures = parse_note(data)
    signers = set()
    for name, signature in signatures:
        for key in keys:
            if (name, signature[:4]) == (key[0], key_id(*key)):
                verify_signature(key[1], text.encode(), signature[4:])
                signers.add(key)
    require(signers, "no known key signed the note")
    return text, signers


def open_checkpoint(data, origin, keys):
    """Size and root of a checkpoint of the ledger `origin`, and which of `keys` signed it."""
    text, signers = verify_note(data, keys)
    lines = text[:-1].split("\n")
    require(len(lines) >= 3 and all(lines), "a checkpoint has an origin, a size, a root and no empty line")
    require(lines[0] == origin, f"the checkpoint is of {lines[0]!r}, not of {origin!r}")
    size, root = decimal(lines[1]), unbase64_hash(lines[2])
    require(size > 0 or root == sha256(b""), "the checkpoint of the empty tree has another root than that")
    return size, root, signers


def verify_receipt(data, origin, keys, leaf=None):
    """Leaf, index and tree size of a receipt. `leaf` is needed if the file carries none."""
    try:
        head, separator, checkpoint = data.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise Failed("the receipt is not UTF-8") from None
    first, *lines = head.split("\n")
    require(separator and first == "c2sp.org/tlog-proof@v1", "this is not a receipt")
    if lines and lines[0].startswith("extra "):
        carried = unbase64(lines.pop(0).removeprefix("extra "))
        require(leaf in (None, carried), "the receipt carries another leaf")
        leaf = carried
    require(leaf is not None, "the receipt carries no leaf")
    require(lines and lines[0].startswith("index "), "the receipt has no index")
    index, path = decimal(lines[0].removeprefix("index ")), [unbase64_hash(line) for line in lines[1:]]
    size, root, _ = open_checkpoint(checkpoint.encode(), origin, keys)
    require(len(path) <= 64, "the inclusion proof is too long")
    require(root_of_path(leaf_hash(leaf), index, size, path) == root, "the proof does not lead to the checkpoint")
    return leaf, index, size
