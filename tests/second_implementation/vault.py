"""The vault: encrypted openings, wrapped keys, records of its files. docs/format.md: Vault.

XChaCha20-Poly1305 is ChaCha20-Poly1305 (RFC 8439) under a key that HChaCha20 makes of key and nonce
(draft-irtf-cfrg-xchacha-03).
"""

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from fault import Failed, require
from segment import crc32c, number

NONCE_BYTES = 24
WRAPPED_MAGIC = b"EINWRAP\0"


def hchacha20(key, nonce):
    state = list(struct.unpack("<16L", b"expand 32-byte k" + key + nonce))

    def quarter(a, b, c, d):
        for x, y, z, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            state[x] = (state[x] + state[y]) & 0xFFFFFFFF
            mixed = state[z] ^ state[x]
            state[z] = (mixed << bits | mixed >> (32 - bits)) & 0xFFFFFFFF

    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for a in range(4):
            quarter(a, 4 + (a + 1) % 4, 8 + (a + 2) % 4, 12 + (a + 3) % 4)
    return struct.pack("<8L", *state[:4], *state[12:])


def cipher(key, nonce):
    return ChaCha20Poly1305(hchacha20(key, nonce[:16])), bytes(4) + nonce[16:]


def encrypt(key, nonce, associated, plaintext):
    """nonce ‖ ciphertext ‖ tag"""
    inner, short = cipher(key, nonce)
    return nonce + inner.encrypt(short, plaintext, associated)


def decrypt(key, associated, sealed):
    require(len(sealed) >= NONCE_BYTES + 16, "it is shorter than nonce and tag")
    inner, short = cipher(key, sealed[:NONCE_BYTES])
    try:
        return inner.decrypt(short, sealed[NONCE_BYTES:], associated)
    except InvalidTag:
        raise Failed("it does not decrypt") from None


def wrap_name(origin, kind, month, retention_class):
    """What a wrapped key is bound to: `kind` is 1 for a key of the vault, 2 for a period key."""
    origin = origin.encode()
    return b"einsicht/wrap/v1" + bytes([kind, len(origin)]) + origin + (month + (retention_class or "")).encode()


def wrap(wrapping_key, nonce, name, key):
    return WRAPPED_MAGIC + (1).to_bytes(4, "big") + encrypt(wrapping_key, nonce, name, key)


def unwrap(wrapping_key, name, file):
    require(len(file) == 84 and file[:8] == WRAPPED_MAGIC, "it is no wrapped key")
    require(number(file[8:12]) == 1, "its version is not known")
    return decrypt(wrapping_key, name, file[12:])


def file_header(origin_hash, month, retention_class):
    header = b"EINVAULT" + (1).to_bytes(4, "big") + origin_hash + month.encode()
    header += bytes([len(retention_class)]) + retention_class.encode()
    return header + crc32c(header).to_bytes(4, "big")


def file_start(origin_hash, month, retention_class, overwritten):
    """What stands before the first record."""
    count = overwritten.to_bytes(8, "big")
    return file_header(origin_hash, month, retention_class) + count + crc32c(count).to_bytes(4, "big")


def read_record(data):
    """Index, leaf hash, length of the slot, what is sealed in it, and None, of the record that `data` is. Of one that
    was destroyed, None and the index of the entry that says so."""
    require(len(data) >= 52 and data[:4] == b"EIV1", "a record begins with EIV1")
    require(number(data[48:52]) == crc32c(data[:48]), "the checksum of the header does not check")
    slot = data[52:]
    require(len(slot) == number(data[4:8]), "the slot has another length")
    require(number(slot[-4:]) == crc32c(slot[:-4]), "the checksum of the slot does not check")
    index, leaf_hash = number(data[8:16]), data[16:48]
    if not any(slot[:28]) and any(slot[28:36]):
        require(not any(slot[36:-4]), "behind the entry that destroyed it are not only zeros")
        return index, leaf_hash, len(slot), None, number(slot[28:36])
    end = 28 + number(slot[24:28])
    require(end <= len(slot) - 4 and not any(slot[end:-4]), "behind the ciphertext are not only zeros")
    return index, leaf_hash, len(slot), slot[:24] + slot[28:end], None
