"""Files that people are handed: view keys, disclosures, manifests. docs/format.md: Files for people; docs/report.md."""

import datetime
import json
import re
import unicodedata

import body
import markers
import note
import sealing
from fault import CannotTell, Failed, require
from leaf import split_leaf
from tree import sha256, unbase64

VIEW_KEYS_MAX = 4_096
CODE_BYTES_MAX = 128


def read_json(text, members, at="the file"):
    """The members of the one object that a file is: all of these, and no others; `?` behind a name: it may be missing."""
    def once(pairs):
        require(len(dict(pairs)) == len(pairs), "a member is there twice")
        return dict(pairs)

    def whole(digits):
        require(digits != "-0" and -(1 << 63) <= int(digits) < 1 << 64, "a number has more than 64 bits")
        return int(digits)

    def none(spelling):
        raise Failed(f"{spelling} is no whole number")
    try:
        text.encode()
        read = json.loads(text, object_pairs_hook=once, parse_int=whole, parse_float=none, parse_constant=none)
        json.dumps(read, ensure_ascii=False).encode()
        return members_of(read, members, at)
    except (Failed, ValueError, RecursionError) as fault:
        raise CannotTell(f"{at} can't be read: {fault}") from None


def members_of(read, members, at):
    require(isinstance(read, dict), f"{at} is no object")
    names = {name.rstrip("?") for name in members}
    require(set(read) <= names, f"{at} has members that are not known")
    for name, kind in members.items():
        is_missing = name.endswith("?") and name.rstrip("?") not in read
        is_kind = kind is object or type(read.get(name.rstrip("?"))) is kind
        require(is_missing or is_kind, f"{name} of {at} is missing, or of another kind")
    return read


def told(function, *arguments):
    """What is malformed proves nothing."""
    try:
        return function(*arguments)
    except Failed as fault:
        raise CannotTell(str(fault)) from None


def is_code(text):
    known = all(unicodedata.category(c)[0] in "LM" or unicodedata.category(c) == "Nd" or c in "-_.:/" for c in text)
    return known and 1 <= len(text.encode()) <= CODE_BYTES_MAX and unicodedata.normalize("NFC", text) == text


def read_view_keys(text):
    """Origin and keys (scheme, month, key) of a citizen's key file."""
    file = read_json(text, {"format": str, "origin": str, "keys": list})
    return told(view_keys_of, file)


def view_keys_of(file):
    require(file["format"] == "einsicht-view-keys/v1", "it is of another format")
    origin = file["origin"]
    require(note.is_key_name(origin) and len(origin.encode()) <= 255, "it names no ledger")
    require(not any(unicodedata.category(c) == "Cc" for c in origin), "it names no ledger")
    require(1 <= len(file["keys"]) <= VIEW_KEYS_MAX, "it holds no key, or too many")
    keys = []
    for one in file["keys"]:
        members_of(one, {"scheme": str, "month": str, "key": str}, "a key")
        require(is_code(one["scheme"]), "a register is no code")
        month = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", one["month"])
        require(month and int(month[1]) >= 1970, "a month is none")
        key = unbase64(one["key"])
        require(len(key) == 32, "a key has another length")
        keys.append((one["scheme"], one["month"], key))
    require(len(set(keys)) == len(keys), "a key is there twice")
    return origin, keys


def read_receipt(text, origin, keys, given=None):
    """Index, time, kind, content and state (size, root) of the entry that a receipt proves; its body is read."""
    if given is None and text.startswith("c2sp.org/tlog-proof@v1\nindex "):
        raise CannotTell("the receipt does not carry its entry")
    leaf, index, size = note.verify_receipt(text.encode(), origin, keys, given)
    checkpoint = text.partition("\n\n")[2].encode()
    _, root, _ = note.open_checkpoint(checkpoint, origin, keys)
    _, recorded_at, data = split_leaf(leaf)
    kind, content = body.read_body(data)
    return index, recorded_at, kind, content, (size, root)


def read_disclosure(text, vkey):
    """What a disclosure file shows: index of the entry and of its trail, size, values by field, and what was erased."""
    origin, _ = key = note.parse_vkey(vkey)
    members = {"format": str, "origin": str, "receipt": str, "opened": list, "erased?": list, "trail": str}
    file = read_json(text, members)
    if (file["format"], file["origin"]) != ("einsicht-disclosure/v1", origin) or not file["opened"]:
        raise CannotTell("it is of another format, of another ledger, or discloses nothing")
    opened = [told(opened_of, one) for one in file["opened"]]
    erased = [told(erased_of, one) for one in file.get("erased", [])]
    fields = [field for field, *_ in opened + erased]
    require(len(set(fields)) == len(fields), "a field is there twice")
    index, _, kind, content, state = read_receipt(file["receipt"], origin, [key])
    trail, _, of, _, trail_state = read_receipt(file["trail"], origin, [key])
    require(of == "Disclosure" and trail > index, "the trail does not say that the values were disclosed")
    if state[0] != trail_state[0]:
        raise CannotTell("entry and trail are under two checkpoints")
    require(state == trail_state, "two roots of one size are signed")
    check_values(opened, erased, kind, content)
    require(all(index < by < trail for _, by in erased), "what erased a value does not stand in between")
    return index, trail, state[0], [(field, value) for field, _, value in opened], erased


def field_of(name):
    found = [number for number, (known, _, _) in sealing.FIELDS.items() if known == name]
    require(found, "no sealed field has this name")
    return found[0]


def opened_of(one):
    members_of(one, {"field": str, "salt": str, "value": str}, "a value")
    salt = unbase64(one["salt"])
    require(len(salt) == sealing.SALT_BYTES, "a salt has another length")
    return field_of(one["field"]), salt, unbase64(one["value"])


def erased_of(one):
    members_of(one, {"field": str, "by": int}, "an erased value")
    require(one["by"] >= 0, "an index is negative")
    return field_of(one["field"]), one["by"]


def check_values(opened, erased, kind, content):
    """Compares values with the seals of an entry; those within a confidential record with the seals in that."""
    seals, _ = sealing.seals_and_nonce(kind, content)
    for field, salt, value in opened:
        if field == sealing.CONFIDENTIAL:
            check_seal(seals, field, salt, value)
            inner = body.read_message("AccessRecord", value)
            require(field not in inner, "the record within hides another one")
            seals = seals | sealing.seals_and_nonce("AccessRecord", inner)[0]
    for field, salt, value in opened:
        check_seal(seals, field, salt, value)
        sealing.read_value(field, value)
    # Where the record within was erased, nobody can see any more what it sealed.
    is_gone = any(field == sealing.CONFIDENTIAL for field, _ in erased) and sealing.CONFIDENTIAL in seals
    for field, _ in erased:
        is_known = field in seals or is_gone and field < sealing.CONFIDENTIAL
        require(is_known, "a value is said to be erased of which the entry has no seal")


def check_seal(seals, field, salt, value):
    require(field in seals, f"the entry has no seal of field {field}")
    require(sealing.seal(field, salt, value) == seals[field], f"field {field} is not what was sealed")


MANIFEST = {
    "format": str, "origin": str, "period": str, "time_zone": str, "time_zones": str, "first_instant": str,
    "end_instant": str, "provisional": bool, "tree_size": int, "root": str, "charter?": int, "software": str,
    "entries": str, "fewer_than?": int, "corrects?": int, "files": dict,
}


def read_manifest(text, origin):
    """The members of a manifest; of what may be missing, `null` is the same."""
    file = read_json(text, {f"{name.rstrip('?')}?": object for name in MANIFEST})
    file = {name: value for name, value in file.items() if value is not None or f"{name}?" not in MANIFEST}

    def check():
        members_of(file, MANIFEST, "the manifest")
        require((file["format"], file["origin"]) == ("einsicht/report-manifest/v1", origin), "it is of another format or ledger")
        require(is_period(file["period"]), "its period is none")
        require(file["entries"] == ("closed" if "fewer_than" in file else "public"), "entries and threshold contradict")
        require(all(file.get(name, 0) >= 0 for name in ("tree_size", "fewer_than", "corrects")), "a number is negative")
    told(check)
    return file


def is_period(text):
    parts = re.fullmatch(r"([0-9]{4})(-(Q[1-4]|W([0-9]{2})|0[1-9]|1[0-2]))?", text)
    if not parts or not 1970 <= int(parts[1]) <= 9998:
        return False
    weeks = datetime.date(int(parts[1]), 12, 28).isocalendar().week
    return parts[4] is None or 1 <= int(parts[4]) <= weeks


def check_manifest(text, files, receipt, vkey):
    """Checks a report by its manifest: the entry that names it, the state that it was made from, its files (bytes by path)."""
    origin, _ = key = note.parse_vkey(vkey)
    manifest = read_manifest(text, origin)
    if receipt is None or "checkpoint" not in files:
        raise CannotTell("nobody knows which entry names it, or the file checkpoint is not there")
    index, _, kind, content, _ = read_receipt(receipt, origin, [key])
    named = content.get(1, ""), content.get(2, b""), content.get(3)
    require(kind == "Report", "the entry names no report")
    require(named == (manifest["period"], sha256(text.encode()), manifest.get("corrects")), "the entry names another report")
    require(index >= manifest["tree_size"], "the entry stands among those that the report was made from")
    size, root, _ = note.open_checkpoint(files["checkpoint"], origin, [key])
    require((size, root) == (manifest["tree_size"], unbase64(manifest["root"])), "it states another size or root")
    for path in manifest["files"].keys() & files.keys():
        require(sha256(files[path]).hex() == manifest["files"][path], f"{path} is not the file that it names")
    if manifest["files"].keys() != files.keys():
        raise CannotTell("files are missing, or it does not name them")
    return manifest, index, sha256(text.encode())


class Scan:
    """Finds the accesses to the data of a person in a ledger, entry by entry. docs/format.md: Markers."""

    def __init__(self, keys):
        self.keys, self.found, self.hidden = keys, {}, {}
        self.months = {month: [0, set()] for _, month, _ in keys}

    def look(self, index, month, kind, content):
        if kind == "AccessRecord" and month in self.months:
            self.months[month][0] += 1
            if sealing.CONFIDENTIAL in content:
                self.months[month][1].add(index)
                self.hidden[index] = month, []
            self.see(index, month, content, None, [])
        elif kind == "Opening" and content.get(1, 0) in self.hidden:
            of = content.get(1, 0)
            month, corrections = self.hidden.pop(of)
            self.months[month][1].remove(of)
            self.see(of, month, body.read_message("AccessRecord", content[3]), index, corrections)
        elif kind == "Correction":
            of = content.get(1, 0)
            beside = self.found.get(of) or self.hidden.get(of)
            if beside:
                beside[-1].append(index)

    def see(self, index, month, record, opened_by, corrections):
        nonce = record.get(67, b"")
        is_seen = {
            scheme for scheme, of, key in self.keys
            if of == month and len(nonce) == 16 and markers.scan(key, nonce, record.get(68, [])) is not None
        }
        if is_seen:
            self.found[index] = month, sorted(is_seen), opened_by, corrections
