"""Verifies a ledger that is served over HTTP: a second implementation of docs/format.md.

    verify.py URL VKEY_FILE [--bundles DIR]     verify the ledger at URL under the verifier key
    verify.py --vectors DIR                     check the test vectors of the project

Exit codes: 0 verified, 1 verification failed, 2 could not tell (unreachable, missing, not known).
Shares no code with the project. Needs Python 3.11 and the packages of requirements.txt.
"""

import argparse
import base64
import http.client
import sys
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

try:
    import cryptography  # noqa: F401  asked for here, so that its absence has a plain answer
except ImportError:
    print("could not tell: the package `cryptography` is missing; see requirements.txt", file=sys.stderr)
    sys.exit(2)

import body
import charter
import note
import sealing
import tree
from fault import CannotTell, Failed, require, within
from leaf import Chain

# More than the largest bundle has: 256 entries of 65,535 bytes, each with its length.
RESPONSE_BYTES_MAX = 256 * (2 + 65_535)


class Ledger:
    """Follows the entries of a ledger, from entry 0 on. docs/format.md: Leaf, Body, Genesis."""

    def __init__(self, origin):
        self.origin, self.chain = origin, Chain(origin)
        self.kinds, self.public_keys, self.simulated = Counter(), [], False
        self.confidential = {}
        self.charters = charter.Charters()

    def follow(self, leaf):
        data = self.chain.follow(leaf)
        kind, content = body.read_body(data)
        index = len(self.chain.leaf_hashes) - 1
        is_first = index == 0
        require((kind == "Genesis") == is_first, "entry 0, and no other entry, is the genesis")
        if kind == "Genesis":
            self.take_genesis(content)
        if kind == "KeyChange":
            raise CannotTell("it changes the signing keys, which this script does not follow")
        self.charters.follow(index, kind, content)
        if kind == "AccessRecord" and sealing.CONFIDENTIAL in content:
            sealing.check_confidential(content)
            self.confidential[index] = data, content.get(27, 0), self.charters.in_force
        if kind == "Opening":
            self.take_opening(content.get(1, 0), data)
        self.kinds[kind] += 1

    def take_opening(self, index, opening):
        require(index in self.confidential, f"entry {index} is no confidential record that waits to be opened")
        confidential, day, in_force = self.confidential.pop(index)
        day -= (day >> 63) << 64
        require(self.chain.recorded_at // 86_400 >= day, f"entry {index} is opened before its day")
        _, record = within(f"the record of entry {index}", sealing.check_opening, confidential, opening)
        within(f"the record of entry {index}", charter.check, in_force, body.read_message("AccessRecord", record))

    def take_genesis(self, genesis):
        version, predecessor = genesis.get(2, 0), genesis.get(6)
        if version != 1:
            raise CannotTell(f"it is written in version {version} of the format; version 1 is known here")
        require(genesis.get(1, "") == self.origin, "it names another origin than the checkpoint")
        require(len(self.origin.encode()) <= 255, "its origin is too long")
        self.public_keys = genesis.get(4, [])
        require(self.public_keys, "it names no public key")
        require(all(len(key) == 32 for key in self.public_keys), "a public key does not have 32 bytes")
        require(predecessor is None or len(predecessor.get(3, b"")) == 32, "its predecessor's root is no hash")
        self.simulated = genesis.get(5) == 1


def verify_ledger(url, vkey_text, bundles=None):
    """Verifies all of a ledger and says what it is. Raises Failed or CannotTell."""
    ledger, root, tiles = follow_ledger(url, vkey_text, bundles)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(ledger.kinds.items()))
    simulated = " (simulated)" if ledger.simulated else ""
    size, root = len(ledger.chain.leaf_hashes), base64.b64encode(root).decode()
    return f"verified: {ledger.origin}{simulated}, {size} entries ({kinds}), {tiles} hash tiles, root {root}"


def follow_ledger(url, vkey_text, bundles=None, make=Ledger):
    """Verifies all of a ledger: what followed its entries, its root, and how many hash tiles there were."""
    url = url.rstrip("/")

    def get(path):
        return read_file(Path(bundles, path)) if bundles and path.startswith("tile/entries/") else fetch(f"{url}/{path}")
    return follow_files(get, vkey_text, make)


def follow_files(get, vkey_text, make=Ledger):
    """The same of a ledger whose files `get` gives, by their paths below the prefix."""
    try:
        origin, public_key = key = note.parse_vkey(vkey_text)
    except Failed as fault:
        raise CannotTell(f"the verifier key can't be used: {fault}") from None
    checkpoint = get("checkpoint")
    size, root, _ = within("checkpoint", note.open_checkpoint, checkpoint, origin, [key])
    if size == 0:
        raise CannotTell("the checkpoint covers no entry: there is nothing to verify")
    ledger = make(origin)
    for path, start, width in tree.tiles_of("entries", size):
        data = get(path)
        for index, leaf in enumerate(within(path, tree.split_bundle, data, width), start):
            within(f"entry {index}", ledger.follow, leaf)
    ledger.charters.must_be_whole()
    require(tree.root_of(ledger.chain.leaf_hashes) == root, "the entries have another root than the checkpoint states")
    require(public_key in ledger.public_keys, "entry 0 does not name the key that signed the checkpoint")
    genesis_keys = {(origin, named) for named in ledger.public_keys}
    _, _, signers = within("checkpoint", note.open_checkpoint, checkpoint, origin, genesis_keys)
    require(signers == genesis_keys, "the checkpoint is not signed by every key that entry 0 names")
    return ledger, root, check_hash_tiles(get, ledger.chain.leaf_hashes)


def check_hash_tiles(get, hashes):
    """Compares every hash tile with these leaf hashes and what follows from them; returns how many."""
    level = count = 0
    while hashes:
        for path, start, width in tree.tiles_of(level, len(hashes)):
            expected = b"".join(hashes[start:start + width])
            require(get(path) == expected, f"{path}: these are not the hashes of the entries")
            count += 1
        level, hashes = level + 1, tree.next_level(hashes)
    return count


def fetch(url):
    if not url.startswith(("http://", "https://")):
        raise CannotTell(f"{url} is not an address of a web server")
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            data = response.read(RESPONSE_BYTES_MAX + 1)
            announced = int(response.headers.get("Content-Length") or 0)
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise CannotTell(f"{url}: {error}") from None
    require(len(data) <= RESPONSE_BYTES_MAX, f"{url}: the answer is larger than anything that is served there")
    if len(data) < announced:
        raise CannotTell(f"{url}: the connection ended after {len(data)} of {announced} bytes")
    return data


def read_file(path):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CannotTell(str(error)) from None


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Verifies a ledger as docs/format.md says.")
    parser.add_argument("url", nargs="?", metavar="URL", help="where the ledger is served")
    parser.add_argument("vkey_file", nargs="?", metavar="VKEY_FILE", help="file with its verifier key")
    parser.add_argument("--bundles", metavar="DIR", help="read DIR/tile/entries/… instead of asking the server")
    parser.add_argument("--vectors", metavar="DIR", help="check the test vectors in DIR")
    options = parser.parse_args(arguments)
    if bool(options.vectors) == bool(options.vkey_file):
        parser.error("give URL and VKEY_FILE, or --vectors DIR")
    if options.vectors:
        import vectors
        return ended(lambda: vectors.check_folder(Path(options.vectors)))
    return ended(lambda: verify_ledger(options.url, read_vkey(options.vkey_file), options.bundles))


def read_vkey(path):
    return read_file(path).decode(errors="replace")


def ended(check):
    """Prints what a check says, or why it does not hold; returns the exit code."""
    try:
        print(check())
        return 0
    except Failed as fault:
        print(f"verification failed: {fault}", file=sys.stderr)
        return 1
    except CannotTell as problem:
        print(f"could not tell: {problem}", file=sys.stderr)
        return 2
    except Exception as error:  # A mistake in this script says nothing about the ledger.
        print(f"could not tell: this script stumbled: {error!r}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
