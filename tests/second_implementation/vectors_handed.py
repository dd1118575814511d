"""Checks the test vectors of files that people are handed, and of whole ledgers."""

import datetime

import body
import handed
import judge
import note
import sealing
import tree
import verify
from each import each, each_ends, equal
from fault import CannotTell, require
from leaf import split_leaf


def check_view_keys(vectors):
    def valid(vector):
        origin, keys = handed.read_view_keys(vector["file"])
        found = [{"scheme": scheme, "month": month, "key": key.hex()} for scheme, month, key in keys]
        equal((origin, found), vector["origin"], vector["keys"])
        equal(sorted({month for _, month, _ in keys}), vector["months"])

    invalid = [{**vector, "outcome": 2} for vector in vectors["invalid"]]
    equal(vectors["keys_max"], handed.VIEW_KEYS_MAX)
    return each(vectors["valid"], valid) + each_ends(invalid, lambda vector: handed.read_view_keys(vector["file"]))


def check_disclosure(vectors):
    def read(vector):
        return handed.read_disclosure(vector["file"], vectors["verifier_key"])

    def valid(vector):
        index, trail, size, opened, erased = read(vector)
        equal((str(index), str(trail), str(size)), vector["index"], vector["trail"], vector["size"])
        found = [{"field": field, "name": sealing.FIELDS[field][0], "value": value.hex()} for field, value in opened]
        equal((found, [{"field": field, "by": str(by)} for field, by in erased]), vector["opened"], vector["erased"])
    return each(vectors["valid"], valid) + each_ends(vectors["invalid"], read)


# Contents whose name in EntryBody is not that of their message.
KINDS = {"AccessRecord": "access", "CharterPart": "charter"}


def kind_of(message):
    snake_case = "".join(f"_{c.lower()}" if c.isupper() else c for c in message).removeprefix("_")
    return KINDS.get(message, snake_case)


def check_entry_receipt(vectors):
    key = note.parse_vkey(vectors["verifier_key"])

    def read(vector):
        given = vector["given_leaf"] and bytes.fromhex(vector["given_leaf"])
        return handed.read_receipt(vector["receipt"], vectors["origin"], [key], given)

    def valid(vector):
        index, recorded_at, kind, _, (size, _) = read(vector)
        equal((str(index), str(size), str(recorded_at)), vector["index"], vector["size"], vector["recorded_at"])
        equal(kind_of(kind), vector["kind"])
    return each(vectors["valid"], valid) + each_ends(vectors["invalid"], read)


class Counting(verify.Ledger):
    """Keeps the entries, and counts what records say of their verdicts."""

    def __init__(self, origin):
        super().__init__(origin)
        self.entries, self.verdicts, self.tallies = [], {"judged": 0, "deviating": 0, "without_charter": 0}, {}

    def follow(self, leaf):
        super().follow(leaf)
        _, recorded_at, data = split_leaf(leaf)
        kind, content = body.read_body(data)
        self.entries.append((recorded_at, kind, content))
        if kind == "AccessRecord" and sealing.CONFIDENTIAL not in content:
            self.count(content)
        if kind == "Opening":
            self.count(body.read_message("AccessRecord", content[3]))

    def count(self, record):
        if judge.CHARTER not in record:
            self.verdicts["without_charter"] += 1
            return
        self.verdicts["judged"] += 1
        self.verdicts["deviating"] += bool(record.get(judge.DEVIATES))
        for number in (judge.DEVIATES, judge.NOT_VERIFIABLE):
            for name in record.get(number, []):
                self.tallies.setdefault(name, {judge.DEVIATES: 0, judge.NOT_VERIFIABLE: 0})[number] += 1


def texted(number):
    return None if number is None else str(number)


def month_of(second):
    return datetime.datetime.fromtimestamp(second, datetime.timezone.utc).strftime("%Y-%m")


def scan(ledger, text):
    """What a key file finds: its months with records and hidden ones, and the accesses."""
    origin, keys = handed.read_view_keys(text)
    require(origin == ledger.origin, "the keys are of another ledger")
    scanning = handed.Scan(keys)
    for index, (recorded_at, kind, content) in enumerate(ledger.entries):
        scanning.look(index, month_of(recorded_at), kind, content)
    return scanning


def check_ledger(vectors):
    def served(vector):
        def get(path):
            if path in vector.get("missing", []):
                raise CannotTell(f"{path} is not there")
            data = verify.read_file(vectors["folder"] / path)
            for edit in vector.get("edits", []):
                if edit["path"] == path:
                    at = edit["at"]
                    data = data[:at] + bytes.fromhex(edit["insert"]) + data[at + edit["remove"]:]
            return data
        return verify.follow_files(get, vectors["verifier_key"], Counting)

    def scanned(vector):
        found = scan(ledger, vector["file"])
        accesses = [
            {"index": str(index), "month": month, "schemes": schemes, "opened_by": texted(by),
             "corrections": [str(one) for one in corrections]}
            for index, (month, schemes, by, corrections) in sorted(found.found.items())
        ]
        of_month = {month: sum(access["month"] == month for access in accesses) for month in found.months}
        months = [
            {"month": month, "records": records, "hidden": len(hidden), "found": of_month[month]}
            for month, (records, hidden) in sorted(found.months.items())
        ]
        equal((months, accesses), vector["months"], vector["found"])

    def forged(vector):
        other, _, _ = served(vector)
        if vector["scan"]:
            equal([str(index) for index in sorted(scan(other, vector["scan"]["file"]).found)], vector["scan"]["found"])

    ledger, root, _ = served({})
    equal((str(len(ledger.entries)), root.hex(), ledger.simulated), *(vectors[name] for name in ("size", "root", "simulated")))
    equal((str(ledger.entries[0][0]), str(ledger.entries[-1][0])), vectors["began_at"], vectors["recorded_at"])
    equal({kind_of(kind): count for kind, count in ledger.kinds.items()}, vectors["kinds"])
    reports = [
        {"index": str(index), "period": content[1], "manifest_sha256": content[2].hex(), "replaces": texted(content.get(3))}
        for index, (_, kind, content) in enumerate(ledger.entries) if kind == "Report"
    ]
    equal(reports, vectors["reports"])
    check_verdicts(ledger, vectors["verdicts"])
    check_sessions(ledger, vectors["sessions"])
    # This script keeps nothing from one run to the next.
    alone = [vector for vector in vectors["forged"] if vector["shows"] != "history"]
    return 1 + each(vectors["scans"], scanned) + each_ends(alone, forged)


def check_verdicts(ledger, stated):
    hidden = len(ledger.confidential)
    equal({**ledger.verdicts, "hidden": hidden}, {name: stated[name] for name in (*ledger.verdicts, "hidden")})
    for one in stated["commitments"]:
        tally = ledger.tallies.get(one["id"], {judge.DEVIATES: 0, judge.NOT_VERIFIABLE: 0})
        deviates, not_verifiable = tally[judge.DEVIATES], tally[judge.NOT_VERIFIABLE]
        kept = ledger.verdicts["judged"] - deviates - not_verifiable
        equal((kept, deviates, not_verifiable + hidden), *(one[name] for name in ("kept", "deviates", "not_verifiable")))


PRODUCER, SESSION, SEQUENCE = 64, 65, 66


def check_sessions(ledger, stated):
    """Compares the sessions of a ledger, by the numbers that stand in them, and that a `session_end` states."""
    seen, ends = {}, {}
    for _, kind, content in ledger.entries:
        record = body.read_message("AccessRecord", content[3]) if kind == "Opening" else content
        if kind == "SessionEnd":
            ends[content[1], content[2].hex()] = content.get(3)
        if kind in ("AccessRecord", "Opening") and sealing.CONFIDENTIAL not in record:
            session = record[PRODUCER], record[SESSION].hex()
            seen.setdefault(session, set()).add(record.get(SEQUENCE, 0))
    gaps = {}
    for session, numbers in seen.items():
        last = max(numbers | ({ends[session]} if ends.get(session) is not None else set()))
        gaps[session] = sorted(set(range(last + 1)) - numbers)
    equal((len(seen), len(ends), sum(map(len, gaps.values()))), stated["met"], stated["ended"], stated["missing"])
    found = {session: (len(missing), str(missing[0]), session in ends) for session, missing in gaps.items() if missing}
    expected = {
        (gap["producer"], gap["session"]): (gap["missing"], gap["first_missing"], gap["over"]) for gap in stated["gaps"]
    }
    equal(found, expected)


def check_small_ledger(vectors):
    def read(vector):
        leaves = [bytes.fromhex(leaf) for leaf in vector["leaves"]]
        hashes = [tree.leaf_hash(leaf) for leaf in leaves]
        bundle = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)
        files = {
            "checkpoint": vector["checkpoint"].encode(),
            f"tile/entries/000.p/{len(leaves)}": bundle,
            f"tile/0/000.p/{len(leaves)}": b"".join(hashes),
        }
        return verify.follow_files(files.__getitem__, vectors["verifier_key"])
    return each_ends(vectors["ledgers"], read)


def check_report_manifest(vectors):
    def read(vector):
        files = {path: text.encode() for path, text in vector["files"].items()}
        return handed.check_manifest(vector["manifest"], files, vector["receipt"], vectors["verifier_key"])

    def valid(vector):
        manifest, index, sha256 = read(vector)
        equal((sha256.hex(), str(index)), vector["sha256"], vector["entry"])
        found = manifest["period"], str(manifest["tree_size"]), tree.unbase64(manifest["root"]).hex()
        equal(found, *(vector[name] for name in ("period", "tree_size", "root")))
        equal(manifest.get("corrects"), vector["corrects"] and int(vector["corrects"]))
    return each(vectors["valid"], valid) + each_ends(vectors["invalid"], read)
