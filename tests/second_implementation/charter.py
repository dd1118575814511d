"""Charters in the ledger, and the verdicts in its records. docs/format.md: Charters."""

import hashlib

import judge
from fault import CannotTell, require

PARTS_MAX = 65
PART_BYTES_MAX = 65_000


def assemble(parts):
    """The text of a charter from (part, parts, sha256, text) of consecutive entries, all of them."""
    require(len(parts) > 0, "a charter without a part")
    _, count, sha256, _ = parts[0]
    require(1 <= count <= PARTS_MAX, f"a charter in {count} parts")
    require(len(sha256) == 32, "the SHA-256 of a charter has not 32 bytes")
    for expected, (number, of, of_sha256, text) in enumerate(parts, start=1):
        require(number == expected, f"part {number} follows part {expected - 1}")
        require((of, of_sha256) == (count, sha256), f"part {number} is of another charter")
        require(1 <= len(text) <= PART_BYTES_MAX, f"part {number} has {len(text)} bytes of text")
    require(len(parts) == count, f"{len(parts)} of {count} parts are there")
    whole = b"".join(text for _, _, _, text in parts)
    require(hashlib.sha256(whole).digest() == sha256, "the text has another SHA-256")
    return whole


class Charters:
    """The charters of a ledger and what they say of its records, entry by entry."""

    def __init__(self):
        self.parts, self.in_force = [], None

    def follow(self, index, kind, content):
        if kind != "CharterPart":
            self.must_be_whole()
        else:
            self.parts.append((content.get(1, 0), content.get(2, 0), content.get(3, b""), content.get(4, b"")))
            require(self.parts[-1][0] == len(self.parts), "it is not the next part of a charter")
            if len(self.parts) >= self.parts[0][1]:
                self.in_force, self.parts = (index, read(assemble(self.parts))), []
        if kind == "AccessRecord":
            check(None if judge.HIDES in content else self.in_force, content)

    def must_be_whole(self):
        require(not self.parts, f"a charter ends after part {len(self.parts)} of {self.parts and self.parts[0][1]}")


def read(text):
    """What it says. One that is not understood may be a later one."""
    try:
        return judge.Charter(text.decode())
    except (KeyError, TypeError, ValueError) as error:
        raise CannotTell(f"a charter is not as this script knows them: {error!r}") from None


def check(in_force, record):
    """Checks the verdict that stands in a record, under the charter in force for it: its last entry, and what it says."""
    if in_force is None:
        require(not any(field in record for field in judge.VERDICT), "a verdict where no charter speaks")
        return
    index, charter = in_force
    require(record.get(judge.CHARTER) == index, f"it does not name the charter in force, that of entry {index}")
    try:
        charter.check(record)
    except (KeyError, TypeError, ValueError) as error:
        raise CannotTell(f"the charter of entry {index} is not as this script knows them: {error!r}") from None
