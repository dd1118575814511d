"""Hashes, the Merkle tree, its proofs and its tiles. docs/format.md: Notation, Tree, Tiles."""

import base64
import binascii
import hashlib
import re

from fault import require


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(leaf):
    return sha256(b"\x00" + leaf)


def node_hash(left, right):
    return sha256(b"\x01" + left + right)


def root_of(hashes):
    """Root of the tree over a list of leaf hashes."""
    while len(hashes) > 1:
        pairs = [node_hash(*hashes[at:at + 2]) for at in range(0, len(hashes) - 1, 2)]
        hashes = pairs + hashes[len(pairs) * 2:]
    return hashes[0] if hashes else sha256(b"")


def split(count):
    """The largest power of two that is smaller than `count`, which is at least 2."""
    return 1 << ((count - 1).bit_length() - 1)


def root_of_path(hash_of_leaf, index, size, path):
    """The root that an inclusion proof leads to."""
    require(index < size, f"index {index} is not in a tree of {size} entries")
    if size == 1:
        require(not path, "the inclusion proof is too long")
        return hash_of_leaf
    require(path, "the inclusion proof is too short")
    middle, (*rest, sibling) = split(size), path
    if index < middle:
        return node_hash(root_of_path(hash_of_leaf, index, middle, rest), sibling)
    return node_hash(sibling, root_of_path(hash_of_leaf, index - middle, size - middle, rest))


def roots_of_proof(old, new, old_root, proof, on_left_edge=True):
    """The roots of the old and of the new tree that a consistency proof leads to."""
    require(1 <= old <= new, f"no consistency proof leads from size {old} to size {new}")
    if old == new:
        require(len(proof) == (0 if on_left_edge else 1), "the consistency proof has a wrong length")
        return (old_root, old_root) if on_left_edge else (proof[0], proof[0])
    require(proof, "the consistency proof is too short")
    middle, (*rest, sibling) = split(new), proof
    if old <= middle:
        old_found, left = roots_of_proof(old, middle, old_root, rest, on_left_edge)
        return old_found, node_hash(left, sibling)
    old_right, right = roots_of_proof(old - middle, new - middle, old_root, rest, False)
    return node_hash(sibling, old_right), node_hash(sibling, right)


# Tiles and bundles.

def tile_path(level, index, width):
    """Path of a tile; `level` is a number or `entries`."""
    digits = f"{index:03}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *upper, last = [digits[at:at + 3] for at in range(0, len(digits), 3)]
    path = "/".join(["tile", str(level), *("x" + group for group in upper), last])
    return path if width == 256 else f"{path}.p/{width}"


def parse_tile_path(path):
    """Level, index and width of a tile, if the path is spelled as it must be."""
    match = re.fullmatch(r"tile/([0-7]|entries)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?", path, re.ASCII)
    require(match, f"{path!r} is not the path of a tile")
    level = match[1] if match[1] == "entries" else int(match[1])
    index, width = int(re.sub("[x/]", "", match[2])), int(match[3] or 256)
    require(width > 0 and index < 2**56 - 1, f"{path!r} is not the path of a tile")
    require(tile_path(level, index, width) == path, f"{path!r} is not how this path is spelled")
    return level, index, width


def count_of(level, size):
    """How many hashes or entries of a level a ledger of `size` entries has."""
    return size if level == "entries" else size >> (8 * level)


def tiles_of(level, count):
    """Path, first position and width of each tile of a level with `count` hashes or entries."""
    for start in range(0, count, 256):
        width = min(256, count - start)
        yield tile_path(level, start // 256, width), start, width


def next_level(hashes):
    """The hashes of the next level: one for each full tile of this one."""
    return [root_of(hashes[at:at + 256]) for at in range(0, len(hashes) - 255, 256)]


def split_bundle(data, count):
    leaves, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at:at + 2], "big")
        require(at + 2 <= end <= len(data), "the bundle ends within an entry")
        leaves.append(data[at + 2:end])
        at = end
    require(len(leaves) == count, f"the bundle has {len(leaves)} entries, expected {count}")
    return leaves


# Numbers and base64 have one spelling.

def decimal(text):
    canonical = re.fullmatch(r"0|[1-9][0-9]{0,19}", text, re.ASCII)
    require(canonical and int(text) < 1 << 64, f"{text!r} is not a canonical number")
    return int(text)


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = None
    require(data is not None and base64.b64encode(data).decode() == text, f"{text!r} is not canonical base64")
    return data


def unbase64_hash(text):
    data = unbase64(text)
    require(len(data) == 32, f"{text!r} is not a hash of 32 bytes")
    return data
