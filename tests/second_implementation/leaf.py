"""The leaf of an entry and the chain of leaves. docs/format.md: Leaf."""

from fault import require
from tree import leaf_hash, sha256

HEADER_BYTES = 41
LEAF_BYTES_MAX = 65_535


def split_leaf(leaf):
    """Previous leaf hash, time of recording and body."""
    size = len(leaf)
    require(HEADER_BYTES <= size <= LEAF_BYTES_MAX, f"a leaf has 41 to 65,535 bytes, this has {size}")
    require(leaf[0] == 1, f"leaf version {leaf[0]} is not known")
    return leaf[1:33], int.from_bytes(leaf[33:HEADER_BYTES], "big"), leaf[HEADER_BYTES:]


class Chain:
    """Follows leaves from entry 0 on and collects their hashes. Does not look into bodies."""

    def __init__(self, origin):
        self.previous, self.recorded_at = sha256(origin.encode()), 0
        self.leaf_hashes = []

    def follow(self, leaf):
        """Checks that the leaf continues the chain; returns its body."""
        previous, recorded_at, body = split_leaf(leaf)
        require(previous == self.previous, "it does not name the entry before it")
        require(recorded_at >= self.recorded_at, "it was recorded earlier than the entry before it")
        self.previous, self.recorded_at = leaf_hash(leaf), recorded_at
        self.leaf_hashes.append(self.previous)
        return body
