"""Recomputes figures of a transparency report from the ledger: docs/report.md, without the project's code.

    report.py DIR URL VKEY_FILE [--bundles DIR]     compare the report in DIR with the ledger at URL

Verifies the ledger first, all of it. Recomputed are the sheets named in SHEETS, the deviations from each
commitment, and the hash of each file; the other sheets, the pages and the figures in JSON are not looked into.
Exit codes: 0 the same, 1 something differs or verification failed, 2 could not tell.
"""

import argparse
import base64
import csv
import datetime
import hashlib
import json
import re
import sys
import zoneinfo
from collections import Counter, defaultdict
from pathlib import Path

import body
import note
import tree
import verify
from fault import CannotTell, require, within

FORMAT = "einsicht/report-manifest/v1"
LEAF_HEADER_BYTES = 41
OPERATIONS = ["", "collect", "alter", "query", "disclose", "combine", "erase"]
ACTOR_KINDS = ["", "human", "system", "ai"]
# Sheet, field of the record, and the codes of an enumeration.
SHEETS = [
    ("by_dataset", 1, None), ("by_operation", 2, OPERATIONS), ("by_purpose", 3, None), ("by_unit", 10, None),
    ("by_actor_kind", 12, ACTOR_KINDS), ("by_legal_basis", 13, None), ("by_recipient", 15, None),
]
ACCESS_COUNT, CONFIDENTIAL_SEAL, DEVIATES, NOT_VERIFIABLE = 8, 44, 70, 71


class Records(verify.Ledger):
    """Follows a ledger, and keeps what records show and when that was recorded."""

    def __init__(self, origin):
        super().__init__(origin)
        self.records, self.reports = [], []

    def follow(self, leaf):
        super().follow(leaf)
        index, recorded_at = len(self.chain.leaf_hashes) - 1, self.chain.recorded_at
        kind, content = body.read_body(leaf[LEAF_HEADER_BYTES:])
        if kind == "AccessRecord" and CONFIDENTIAL_SEAL not in content:
            self.records.append((index, recorded_at, content))
        if kind == "Opening":
            self.records.append((index, recorded_at, body.read_message("AccessRecord", content[3])))
        if kind == "Report":
            require(len(content.get(2, b"")) == 32, f"entry {index}: the hash of a report has not 32 bytes")
            period, replaced = content.get(1, ""), content.get(3)
            same = [at for at, of, _ in self.reports if of == period]
            require(replaced is None or replaced in same, f"entry {index} corrects what is no report of its period")
            self.reports.append((index, period, content[2]))


def check_report(folder, url, vkey_text, bundles=None):
    """Compares a report with its ledger, and says what was compared. Raises Failed or CannotTell."""
    folder = Path(folder)
    manifest_bytes = verify.read_file(folder / "manifest.json")
    try:
        manifest = json.loads(manifest_bytes)
    except ValueError as error:
        raise CannotTell(f"manifest.json can't be read: {error}") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise CannotTell(f"manifest.json is not of the format {FORMAT}")
    check_files(folder, manifest)
    ledger, _, _ = verify.follow_ledger(url, vkey_text, bundles, Records)
    check_head(folder, manifest, ledger, vkey_text)
    first, end = instants(manifest)
    size = manifest["tree_size"]
    counted = [record for index, at, record in ledger.records if index < size and first <= at < end]
    known = sum(check_sheet(folder, *sheet, counted) for sheet in SHEETS)
    known += check_commitments(folder, counted)
    digest = hashlib.sha256(manifest_bytes).digest()
    named = [index for index, _, named in ledger.reports if named == digest]
    published = f"entry {named[0]} names it" if named else "no entry names it"
    return f"the same: {manifest['period']}, {len(counted)} records, {known} figures recomputed; {published}"


def check_files(folder, manifest):
    for name, expected in manifest["files"].items():
        digest = hashlib.sha256(verify.read_file(folder / name)).hexdigest()
        require(digest == expected, f"{name} is not as the manifest names it")


def check_head(folder, manifest, ledger, vkey_text):
    """The checkpoint of the report is signed, states what the manifest does, and is one of this ledger."""
    size, origin = manifest["tree_size"], ledger.origin
    key = note.parse_vkey(vkey_text)
    signed = verify.read_file(folder / "checkpoint")
    signed_size, signed_root, _ = within("checkpoint", note.open_checkpoint, signed, origin, [key])
    require(manifest["origin"] == origin, "the manifest names another ledger")
    require((signed_size, base64.b64encode(signed_root).decode()) == (size, manifest["root"]),
            "the manifest states another size or root than the checkpoint beside it")
    require(size <= len(ledger.chain.leaf_hashes), "the ledger shows fewer entries than the report is about")
    root = tree.root_of(ledger.chain.leaf_hashes[:size])
    require(root == signed_root, "the ledger had another root at that size")


def instants(manifest):
    """First second of the period and the one behind its last, by the calendar of its time zone."""
    try:
        zone = zoneinfo.ZoneInfo(manifest["time_zone"])
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise CannotTell(f"the time zone {manifest['time_zone']!r} is not known here") from None
    days = [seconds_of(day, zone) for day in days_of(manifest["period"])]
    stated = [datetime.datetime.fromisoformat(manifest[name]).timestamp() for name in ("first_instant", "end_instant")]
    require(days == stated, f"{manifest['period']} does not begin and end as the manifest states")
    return days


def seconds_of(day, zone):
    return datetime.datetime.combine(day, datetime.time(), zone).timestamp()


def days_of(period):
    """The first day of a period, and the day behind its last."""
    found = re.fullmatch(r"(\d{4})(?:-(?:Q([1-4])|W(\d{2})|(\d{2})))?", period)
    require(found, f"{period!r} is no period")
    year, quarter, week, month = (int(part) if part else None for part in found.groups())
    if week is not None:
        first = datetime.date.fromisocalendar(year, week, 1)
        return first, first + datetime.timedelta(days=7)
    first, months = (month, 1) if month else (quarter * 3 - 2, 3) if quarter else (1, 12)
    end = year * 12 + first - 1 + months
    return datetime.date(year, first, 1), datetime.date(end // 12, end % 12 + 1, 1)


def check_sheet(folder, sheet, field, codes, records):
    """Records and accesses by one field. Returns how many figures were compared."""
    counts = defaultdict(lambda: [0, 0])
    for record in records:
        value = record.get(field, 0 if codes else "")
        value = codes[value] if codes else value
        counts[value][0] += 1
        counts[value][1] += record.get(ACCESS_COUNT, 1)
    rows = rows_of(folder, sheet)
    require(set(rows) == set(counts), f"{sheet}: other rows than the ledger gives: {sorted(set(rows) ^ set(counts))}")
    figures = [(rows[code], name, counts[code][at]) for code in counts for at, name in enumerate(["records", "accesses"])]
    return sum(check_cell(sheet, row, name, count) for row, name, count in figures)


def check_commitments(folder, records):
    deviates, unclear = Counter(), Counter()
    for record in records:
        deviates.update(record.get(DEVIATES, []))
        unclear.update(record.get(NOT_VERIFIABLE, []))
    rows = rows_of(folder, "commitments")
    require(set(deviates) | set(unclear) <= set(rows), "commitments: one that records name is missing")
    figures = [(row, *figure) for code, row in rows.items()
               for figure in (("deviates", deviates[code]), ("not_verifiable", unclear[code]))]
    return sum(check_cell("commitments", row, name, count) for row, name, count in figures)


def rows_of(folder, sheet):
    """The rows of a sheet by the code in their first cell."""
    text = verify.read_file(folder / "csv" / f"{sheet}.csv").decode()
    rows = csv.DictReader(text.splitlines(keepends=True))
    return {plain(next(iter(row.values()))): row for row in rows}


def plain(cell):
    """What begins like a formula has an apostrophe before it."""
    return cell[1:] if re.match(r"'[=+\-@\t\r]", cell) else cell


def check_cell(sheet, row, name, expected):
    """Whether a cell says so; False where it says nothing."""
    cell, code = row[name], next(iter(row.values()))
    if cell == "hidden":
        return False
    if cell.startswith("<"):
        require(0 < expected < int(cell[1:]), f"{sheet}, {code}, {name}: the ledger gives {expected}, not {cell}")
        return True
    require(cell == str(expected), f"{sheet}, {code}, {name}: the ledger gives {expected}, the report says {cell}")
    return True


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Recomputes figures of a transparency report.")
    parser.add_argument("folder", metavar="DIR", help="the folder of the report")
    parser.add_argument("url", metavar="URL", help="where the ledger is served")
    parser.add_argument("vkey_file", metavar="VKEY_FILE", help="file with its verifier key")
    parser.add_argument("--bundles", metavar="DIR", help="read DIR/tile/entries/… instead of asking the server")
    options = parser.parse_args(arguments)
    vkey = lambda: verify.read_vkey(options.vkey_file)
    return verify.ended(lambda: check_report(options.folder, options.url, vkey(), options.bundles))


if __name__ == "__main__":
    sys.exit(main())
