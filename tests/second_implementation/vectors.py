"""Checks the project's test vectors; testdata/README.md says what their fields mean."""

import json
import re

import body
import charter
import judge
import markers
import note
import sealing
import segment
import tree
import vault
import vectors_handed
from each import each, each_refused, equal, hexes
from fault import CannotTell, require, within
from leaf import HEADER_BYTES, LEAF_BYTES_MAX, Chain, split_leaf


# Functions with a name like a check, that are none of a file of vectors.
NO_FILES = {"check_folder", "check_verdicts", "check_sessions"}


def check_folder(folder):
    """Checks every file of vectors in a folder and says what was checked."""
    counts = {}
    for path in sorted(folder.glob("*.json")):
        if path.stem not in CHECKS:
            raise CannotTell(f"{path.name}: this script does not know such vectors")
        try:
            vectors = read(path)
            counts[path.stem] = within(path.name, CHECKS[path.stem], vectors)
        except (KeyError, TypeError, ValueError) as error:
            raise CannotTell(f"{path.name}: not as testdata/README.md says: {error!r}") from None
    if not counts:
        raise CannotTell(f"{folder} has no vectors")
    return "verified: " + ", ".join(f"{count} {name}" for name, count in counts.items())


def read(path):
    """A file of vectors; if it names a folder, where that lies."""
    vectors = json.loads(path.read_bytes())
    if "folder" in vectors:
        vectors["folder"] = path.parent / vectors["folder"]
    return vectors


def known_keys(vector):
    return [note.parse_vkey(text) for text in vector["verifier_keys"]]


def leaf_as_stated(vector):
    leaf = bytes.fromhex(vector["leaf"])
    previous, recorded_at, body = split_leaf(leaf)
    equal((previous.hex(), str(recorded_at), body.hex()), vector["previous"], vector["recorded_at"], vector["body"])
    equal(tree.leaf_hash(leaf).hex(), vector["leaf_hash"])


def check_leaf(vectors):
    def limit(vector):
        header = b"\x01" + bytes.fromhex(vector["previous"]) + int(vector["recorded_at"]).to_bytes(8, "big")
        leaf = header + bytes.fromhex(vector["body_byte"]) * vector["body_bytes"]
        equal(len(leaf), vector["leaf_bytes"])
        if vector["leaf_hash"] is None:
            each_refused([{"reason": "it is too long"}], lambda _: split_leaf(leaf))
        else:
            split_leaf(leaf)
            equal(tree.leaf_hash(leaf).hex(), vector["leaf_hash"])

    limits = (vectors["header_bytes"], vectors["leaf_bytes_max"], vectors["body_bytes_max"])
    equal(limits, HEADER_BYTES, LEAF_BYTES_MAX, LEAF_BYTES_MAX - HEADER_BYTES)
    refused = each_refused(vectors["invalid"], lambda vector: split_leaf(bytes.fromhex(vector["leaf"])))
    return each(vectors["valid"], leaf_as_stated) + each(vectors["limits"], limit) + refused


def check_chain(vectors):
    leaves = hexes(entry["leaf"] for entry in vectors["entries"])

    def follow(count, *more):
        chain = Chain(vectors["origin"])
        for leaf in (*leaves[:count], *more):
            chain.follow(leaf)

    equal(tree.sha256(vectors["origin"].encode()).hex(), vectors["origin_hash"])
    each(vectors["entries"], leaf_as_stated)
    equal([entry["index"] for entry in vectors["entries"]], [str(index) for index in range(len(leaves))])
    within("the entries", follow, len(leaves))

    def invalid(vector):
        within("before it", follow, int(vector["after"]))
        follow(int(vector["after"]), bytes.fromhex(vector["leaf"]))
    return len(leaves) + each_refused(vectors["invalid"], invalid)


def numbered(size):
    """Leaf hashes of the numbered tree."""
    return [tree.leaf_hash(str(index).encode()) for index in range(size)]


def check_tree(vectors):
    def valid(vector):
        hashes = numbered(int(vector["size"]))
        equal(tree.root_of(hashes).hex(), vector["root"])
        frontier = []
        while hashes:
            perfect = 1 << (len(hashes).bit_length() - 1)
            frontier.append(tree.root_of(hashes[:perfect]).hex())
            hashes = hashes[perfect:]
        equal(frontier, vector["frontier"])

    def leaf(vector):
        equal(tree.leaf_hash(bytes.fromhex(vector["leaf"])).hex(), vector["leaf_hash"])

    node = vectors["node"]
    equal(tree.root_of([]).hex(), vectors["empty_root"])
    equal(tree.node_hash(bytes.fromhex(node["left"]), bytes.fromhex(node["right"])).hex(), node["hash"])
    return 2 + each(vectors["leaves"], leaf) + each(vectors["trees"], valid)


def check_inclusion(vectors):
    def valid(vector):
        arguments = bytes.fromhex(vector["leaf_hash"]), int(vector["index"]), int(vector["size"])
        equal(tree.root_of_path(*arguments, hexes(vector["proof"])).hex(), vector["root"])
    return each(vectors["valid"], valid) + each_refused(vectors["invalid"], valid)


def check_consistency(vectors):
    def valid(vector):
        sizes, old_root = (int(vector["old_size"]), int(vector["new_size"])), bytes.fromhex(vector["old_root"])
        roots = tree.roots_of_proof(*sizes, old_root, hexes(vector["proof"]))
        equal(tuple(root.hex() for root in roots), vector["old_root"], vector["new_root"])
    return each(vectors["valid"], valid) + each_refused(vectors["invalid"], valid)


def check_key(vectors):
    def valid(vector):
        name, public_key = note.parse_vkey(vector["verifier_key"])
        found = name, public_key.hex(), note.key_id(name, public_key).hex()
        equal(found, vector["name"], vector["public_key"], vector["key_id"])
        note.verify_signature(public_key, bytes.fromhex(vector["message"]), bytes.fromhex(vector["signature"]))
    refused = each_refused(vectors["invalid"], lambda vector: note.parse_vkey(vector["verifier_key"]))
    return each(vectors["valid"], valid) + refused


def check_signature(vectors):
    def verify(vector):
        note.verify_signature(*(bytes.fromhex(vector[name]) for name in ("public_key", "message", "signature")))

    order = 2**252 + 27742317777372353535851937790883648493
    equal(vectors["group_order"], order.to_bytes(32, "little").hex())
    return 1 + each(vectors["valid"], verify) + each_refused(vectors["invalid"], verify)


TYPES = {"t": "bool", "u": "uint64", "v": "uint32", "l": "int64", "i": "int32", "e": "enum", "s": "string", "b": "bytes"}
# Contents whose name is not that of their message.
CONTENTS = {"AccessRecord": "access", "CharterPart": "charter"}


def fields_of(message, fields, above):
    """The fields of a message and of those in it: path, type and value, as body.json states them."""
    for number, found in sorted(fields.items()):
        kind, is_list = body.FIELDS[message][number]
        path = f"{above}.{number}"
        for value in found if is_list else [found]:
            if kind.startswith("M:"):
                yield path, "message", None
                yield from fields_of(kind[2:], value, path)
            else:
                yield path, TYPES[kind], text_of(kind, value)


def text_of(kind, value):
    if kind in "sb":
        return value if kind == "s" else value.hex()
    is_negative = kind in "lie" and value >= 1 << 63
    return str(value - (1 << 64) if is_negative else value)


def check_body(vectors):
    def valid(vector):
        message, fields = body.read_body(bytes.fromhex(vector["bytes"]))
        snake_case = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", message).lower()
        equal(CONTENTS.get(message, snake_case), vector["content"])
        numbers = [number for number, (kind, _) in body.FIELDS["EntryBody"].items() if kind == f"M:{message}"]
        found = [(str(number), "message", None) for number in numbers]
        found += [field for number in numbers for field in fields_of(message, fields, number)]
        equal(found, [(field["path"], field["type"], field["value"]) for field in vector["fields"]])

    equal((vectors["field_number_max"], vectors["depth_max"]), 2**29 - 1, 8)
    refused = each_refused(vectors["invalid"], lambda vector: body.read_body(bytes.fromhex(vector["bytes"])))
    return 1 + each(vectors["valid"], valid) + refused


def check_checkpoint(vectors):
    def read(vector, reader):
        return note.open_checkpoint(vector["note"].encode(), reader["origin"], known_keys(reader))

    def valid(vector):
        size, root, signers = read(vector, vector)
        equal((str(size), root.hex()), vector["size"], vector["root"])
        equal(signers, set(known_keys({"verifier_keys": vector["signers"]})))
        equal(note.parse_note(vector["note"].encode())[0].split("\n")[3:-1], vector["extensions"])
    refused = each_refused(vectors["invalid"], lambda vector: read(vector, vectors["invalid_under"]))
    return each(vectors["valid"], valid) + refused


def check_tile_path(vectors):
    def kind(level):
        return ("entries", None) if level == "entries" else ("hashes", level)

    def valid(vector):
        level, index, width = tree.parse_tile_path(vector["path"])
        equal((*kind(level), str(index), width), *(vector[name] for name in ("kind", "level", "index", "width")))

    def last(vector):
        level = "entries" if vector["level"] is None else vector["level"]
        paths = [path for path, _, _ in tree.tiles_of(level, tree.count_of(level, int(vector["size"])))]
        equal((len(paths), paths[-1]), vector["tiles"], vector["last"])

    def published(vector):
        level, index, width = tree.parse_tile_path(vector["path"])
        require(index * 256 + width <= tree.count_of(level, int(vector["size"])), "it is not published")

    refused = each_refused(vectors["invalid"], lambda vector: tree.parse_tile_path(vector["path"]))
    refused += each_refused(vectors["not_published"], published)
    return each(vectors["valid"], valid) + each(vectors["last_of_log"], last) + refused


def tile_of_numbered(path, size):
    level, index, width = tree.parse_tile_path(path)
    hashes = numbered(size)
    for _ in range(level):
        hashes = tree.next_level(hashes)
    hashes = hashes[index * 256:index * 256 + width]
    require(len(hashes) == width, "the tree has no such tile")
    return hashes


def check_tile(vectors):
    def tile(vector):
        data = b"".join(tile_of_numbered(vector["path"], int(vector["size"])))
        equal(tree.sha256(data).hex(), vector["sha256"])
        require(vector["bytes"] in (None, data.hex()), "the bytes differ")

    def subtree(vector):
        first, count = int(vector["first"]), vector["count"]
        row = tile_of_numbered(vector["path"], 1000)[first:first + count]
        span = 1 << vector["height"]
        start = int(vector["index"]) * span
        equal(tree.root_of(row).hex(), vector["root"])
        equal(tree.root_of(numbered(1000)[start:start + span]).hex(), vector["root"])
    return each(vectors["tiles"], tile) + each(vectors["subtrees"], subtree)


def check_bundle(vectors):
    def valid(vector):
        leaves = tree.split_bundle(bytes.fromhex(vector["bundle"]), len(vector["leaves"]))
        equal([leaf.hex() for leaf in leaves], vector["leaves"])

    def invalid(vector):
        tree.split_bundle(bytes.fromhex(vector["bundle"]), vector["width"])
    return each(vectors["valid"], valid) + each_refused(vectors["invalid"], invalid)


def check_receipt(vectors):
    def read(vector):
        given = vector.get("given_leaf")
        given = None if given is None else bytes.fromhex(given)
        return note.verify_receipt(vector["receipt"].encode(), vectors["origin"], known_keys(vectors), given)

    def valid(vector):
        leaf, index, size = read(vector)
        equal((leaf.hex(), str(index), str(size)), vector["leaf"], vector["index"], vector["size"])
    return each(vectors["valid"], valid) + each_refused(vectors["invalid"], read)


def check_segment(vectors):
    headers, frames, segments = vectors["headers"], vectors["frames"], vectors["segments"]

    def checksum(vector):
        equal(f"{segment.crc32c(bytes.fromhex(vector['bytes'])):08x}", vector["crc32c"])

    def header(vector):
        origin_hash, first = segment.read_segment_header(bytes.fromhex(vector["bytes"]))
        equal((origin_hash.hex(), str(first)), vector["origin_hash"], vector["first_index"])

    def frame(vector):
        data = bytes.fromhex(vector["bytes"])
        first, root, leaves, length = segment.read_frame(data)
        equal((str(first), root.hex(), length), vector["first_index"], vector["root"], len(data))
        equal([leaf.hex() for leaf in leaves], vector["leaves"])
        parts = data[20:24].hex(), int.from_bytes(data[4:8], "big"), data[-4:].hex()
        equal(parts, vector["header_crc32c"], vector["payload_bytes"], vector["payload_crc32c"])

    def read_log(vector):
        origin_hash, first, found = segment.read_segment(bytes.fromhex(vector["bytes"]))
        require(origin_hash == tree.sha256(vectors["origin"].encode()), "it is of another ledger")
        require(first == 0, "it is not the first segment")
        chain = Chain(vectors["origin"])
        for _, root, leaves in found:
            for leaf in leaves:
                chain.follow(leaf)
            require(tree.root_of(chain.leaf_hashes) == root, "a frame has another root than its tree")
        return chain.leaf_hashes

    def log(vector):
        hashes = read_log(vector)
        equal((str(len(hashes)), tree.root_of(hashes).hex()), vector["size"], vector["root"])

    def data_of(vector):
        return bytes.fromhex(vector["bytes"])

    refused = each_refused(headers["invalid"], lambda vector: segment.read_segment_header(data_of(vector)))
    refused += each_refused(frames["invalid"], lambda vector: segment.read_frame(data_of(vector)))
    refused += each_refused(segments["invalid"], read_log)
    valid = each(headers["valid"], header) + each(frames["valid"], frame) + each(segments["valid"], log)
    return each(vectors["crc32c"], checksum) + valid + refused


def check_seal(vectors):
    def field(vector):
        equal(sealing.FIELDS[vector["number"]], vector["name"], vector["seal"], vector["kind"])

    def valid(vector):
        number, value = vector["field"], bytes.fromhex(vector["value"])
        equal(sealing.write_value(sealing.FIELDS[number][2], vector["says"]).hex(), vector["value"])
        sealing.read_value(number, value)
        equal(sealing.seal(number, bytes.fromhex(vector["salt"]), value).hex(), vector["seal"])

    def read(vector):
        sealing.read_value(vector["field"], bytes.fromhex(vector["value"]))

    equal(sorted(field["number"] for field in vectors["fields"]), sorted(sealing.FIELDS))
    return each(vectors["fields"], field) + each(vectors["valid"], valid) + each_refused(vectors["invalid"], read)


def check_openings(vectors):
    def stated(opening):
        if opening["erased_by"] is not None:
            return int(opening["erased_by"])
        return bytes.fromhex(opening["salt"]), bytes.fromhex(opening["value"])

    def valid(vector):
        openings = sealing.read_openings(bytes.fromhex(vector["bytes"]))
        equal(openings, {opening["field"]: stated(opening) for opening in vector["openings"]})
        equal(sealing.write_openings(openings).hex(), vector["bytes"])

    def erasing(vector):
        openings = sealing.read_openings(bytes.fromhex(vector["before"]))
        erased = sealing.erase(openings, vector["fields"], int(vector["by"]))
        equal((erased, sealing.write_openings(openings).hex()), vector["erased"], vector["after"])

    refused = each_refused(vectors["invalid"], lambda vector: sealing.read_openings(bytes.fromhex(vector["bytes"])))
    return each(vectors["valid"], valid) + each(vectors["erasing"], erasing) + refused


def check_marker(vectors):
    def padding(vector):
        equal(markers.padded(vector["subjects"]), vector["markers"])

    def key(vector):
        found = markers.view_key(bytes.fromhex(vector["period_key"]), vector["scheme"], vector["id"])
        equal(found.hex(), vector["view_key"])

    def one(vector):
        found = markers.marker(*hexes([vector["view_key"], vector["nonce"]]), vector["position"])
        equal(found.hex(), vector["marker"])

    def scan(vector):
        found = markers.scan(*hexes([vector["key"], vector["nonce"]]), hexes(vector["markers"]))
        equal(found, vector["position"])

    equal(vectors["confidential_markers"], markers.CONFIDENTIAL_MARKERS)
    checks = {"padding": padding, "view_keys": key, "markers": one, "scans": scan}
    return sum(each(vectors[name], check) for name, check in checks.items())


def check_sealed_record(vectors):
    def check(vector):
        openings = sealing.read_openings(bytes.fromhex(vector["openings"]))
        return sealing.check_record(bytes.fromhex(vector["entry"]), openings, bytes.fromhex(vectors["period_key"]))
    valid = each(vectors["valid"], lambda vector: equal(check(vector), vector["markers"]))
    return valid + each_refused(vectors["invalid"], check)


def check_confidential(vectors):
    def check(vector):
        return sealing.check_opening(*hexes([vector["confidential"], vector["opening"]]))

    def valid(vector):
        index, record = check(vector)
        equal((str(index), record.hex()), vector["index"], vector["record"])
    return each(vectors["valid"], valid) + each_refused(vectors["invalid"], check)


def check_charter(vectors):
    def check(vector):
        return charter.assemble([
            (part["part"], part["parts"], *hexes([part["sha256"], part["text"]])) for part in vector["parts"]
        ])
    equal((vectors["parts_max"], vectors["part_bytes_max"]), charter.PARTS_MAX, charter.PART_BYTES_MAX)
    valid = each(vectors["valid"], lambda vector: equal(check(vector).hex(), vector["text"]))
    return valid + each_refused(vectors["invalid"], check)


def check_charter_text(vectors):
    def check(vector):
        return judge.Charter(vector["text"])
    return each(vectors["valid"], check) + each_refused(vectors["invalid"], check)


def check_verdict(vectors):
    published = judge.Charter(vectors["charter"])

    def check(vector):
        kind, record = body.read_body(bytes.fromhex(vector["entry"]))
        equal(kind, "AccessRecord")
        return published.check(record)
    return each(vectors["valid"], check) + each_refused(vectors["invalid"], check)


def check_vault(vectors):
    origin = vectors["origin"]

    def decrypt(vector):
        associated = origin.encode() + bytes.fromhex(vector["public_nonce"])
        return associated, vault.decrypt(bytes.fromhex(vector["key"]), associated, bytes.fromhex(vector["sealed"]))

    def encrypted(vector):
        associated, openings = decrypt(vector)
        equal(openings.hex(), vector["openings"])
        again = vault.encrypt(*hexes([vector["key"], vector["nonce"]]), associated, openings)
        equal(again.hex(), vector["sealed"])

    def unwrap(vector):
        name = vault.wrap_name(origin, vector["kind"], vector["month"], vector["retention_class"])
        return name, vault.unwrap(bytes.fromhex(vector["wrapping_key"]), name, bytes.fromhex(vector["file"]))

    def wrapped(vector):
        name, key = unwrap(vector)
        equal(key.hex(), vector["key"])
        again = vault.wrap(*hexes([vector["wrapping_key"], vector["nonce"]]), name, key)
        equal(again.hex(), vector["file"])
        parts = (vector["month"], vector["retention_class"])
        path = "vault/{}.{}.key".format(*parts) if vector["kind"] == 1 else "markers/{}.key".format(*parts)
        equal(path, vector["path"])

    def header(vector):
        origin_hash = bytes.fromhex(vector["origin_hash"])
        equal(origin_hash, tree.sha256(origin.encode()))
        start = vault.file_start(
            origin_hash, vector["month"], vector["retention_class"], int(vector["overwritten"])
        )
        equal(start.hex(), vector["bytes"])

    def read(vector):
        return vault.read_record(bytes.fromhex(vector["bytes"]))

    def record(vector):
        index, leaf_hash, slot_bytes, sealed, by = read(vector)
        equal((str(index), leaf_hash.hex()), vector["index"], vector["leaf_hash"])
        equal((slot_bytes, sealed and sealed.hex()), vector["slot_bytes"], vector["sealed"])
        equal(by and str(by), vector["destroyed_by"])

    parts = {"encrypted": (encrypted, decrypt), "wrapped": (wrapped, unwrap), "records": (record, read)}
    count = sum(
        each(vectors[name]["valid"], valid) + each_refused(vectors[name]["invalid"], given)
        for name, (valid, given) in parts.items()
    )
    return count + each(vectors["headers"], header)


CHECKS = {
    name.removeprefix("check_").replace("_", "-"): function
    for name, function in [*globals().items(), *vars(vectors_handed).items()]
    if name.startswith("check_") and name not in NO_FILES
}
