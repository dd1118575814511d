"""Tests of the constructions: signatures, the worked example, the test vectors, proofs, the table of fields."""

import json
import re
import tempfile
import unittest
from pathlib import Path

import body
import maker
import note
import segment
import tree
import vectors
from fault import CannotTell, Failed

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared" / "data"
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


class Signatures(unittest.TestCase):
    def setUp(self):
        self.key, self.message = maker.public_key(), b"message"
        self.signature = note.unbase64(maker.sign("message").split()[-1])[4:]

    def test_the_signature_itself_is_good(self):
        note.verify_signature(self.key, self.message, self.signature)

    def test_s_has_one_spelling(self):
        s = int.from_bytes(self.signature[32:], "little") + GROUP_ORDER
        with self.assertRaises(Failed):
            note.verify_signature(self.key, self.message, self.signature[:32] + s.to_bytes(32, "little"))

    def test_edge_cases_are_judged_as_the_page_says(self):
        vectors = SHARED / "ed25519-cctv" / "ed25519vectors.json"
        if not vectors.exists():
            self.skipTest(f"{vectors} is not there")
        refused = {"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"}
        for vector in json.loads(vectors.read_text()):
            arguments = bytes.fromhex(vector["key"]), vector["msg"].encode(), bytes.fromhex(vector["sig"])
            with self.subTest(number=vector["number"]):
                if refused & set(vector["flags"] or []):
                    self.assertRaises(Failed, note.verify_signature, *arguments)
                else:
                    note.verify_signature(*arguments)

    def test_wycheproof_is_judged_as_it_says(self):
        vectors = SHARED / "ed25519-wycheproof" / "ed25519_test.json"
        if not vectors.exists():
            self.skipTest(f"{vectors} is not there")
        for group in json.loads(vectors.read_text())["testGroups"]:
            key = bytes.fromhex(group["publicKey"]["pk"])
            for test in group["tests"]:
                arguments = key, bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
                with self.subTest(number=test["tcId"]):
                    if test["result"] == "valid":
                        note.verify_signature(*arguments)
                    else:
                        self.assertRaises(Failed, note.verify_signature, *arguments)


class WorkedExample(unittest.TestCase):
    """The values of the example in docs/format.md are those that its rules give."""

    def setUp(self):
        page = (PROJECT / "docs/format.md").read_text()
        self.example = page.partition("\n## Worked example\n")[2].partition("\n## ")[0]
        self.leaves = maker.chain(maker.bodies(3))

    def values(self):
        hashes = [tree.leaf_hash(leaf) for leaf in self.leaves]
        root, origin_hash, bundle = tree.root_of(hashes), tree.sha256(maker.ORIGIN.encode()), maker.bundle(self.leaves)
        file = maker.segment([self.leaves])
        offsets = [108, 110 + len(self.leaves[0]), 112 + len(self.leaves[0]) + len(self.leaves[1])]
        yield from (maker.public_key(), origin_hash, tree.node_hash(*hashes[:2]), root, tree.sha256(bundle))
        yield from (part for leaf in self.leaves for part in (leaf[1:33], leaf[33:41], leaf[41:]))
        yield from (*hashes, tree.sha256(file), file[:8], file[44:52], *(at.to_bytes(8, "big") for at in offsets))

    def test_every_value_of_the_example_is_right_and_none_is_missing(self):
        values = {value.hex() for value in self.values()}
        self.assertEqual(set(re.findall(r"\b[0-9a-f]{16,}\b(?!\.seg)", self.example.lower())), values)

    def test_the_checkpoint_the_receipt_and_the_segment_are_there_as_they_are_made(self):
        served = maker.served(self.leaves)
        receipt = maker.receipt(1, self.leaves)
        file = maker.segment([self.leaves])
        self.assertIn(f"\n{maker.vkey()}\n", self.example.replace("verifier key       ", ""))
        self.assertIn(served["checkpoint"].decode(), self.example)
        self.assertIn(receipt.decode().partition("\n\n")[0], self.example)
        for label, data in {"frame header": file[52:76], "payload CRC": file[-4:], "segment header": file[:52]}.items():
            line = re.search(f"^{label} (.*)$", self.example, re.MULTILINE)[1]
            self.assertEqual(line.replace(" ", ""), data.hex())

    def test_the_receipt_and_the_segment_read_back(self):
        keys = [(maker.ORIGIN, maker.public_key())]
        receipt = maker.receipt(1, self.leaves)
        self.assertEqual(note.verify_receipt(receipt, maker.ORIGIN, keys), (self.leaves[1], 1, 3))
        self.assertRaises(Failed, note.verify_receipt, receipt.replace(b"index 1", b"index 2"), maker.ORIGIN, keys)
        file = maker.segment([self.leaves[:2], self.leaves[2:]])
        roots = [tree.root_of([tree.leaf_hash(leaf) for leaf in self.leaves[:size]]) for size in (2, 3)]
        expected = [(0, roots[0], self.leaves[:2]), (2, roots[1], self.leaves[2:])]
        self.assertEqual(segment.read_segment(file), (tree.sha256(maker.ORIGIN.encode()), 0, expected))
        for position in range(52, len(file)):
            bad = file[:position] + bytes([file[position] ^ 1]) + file[position + 1:]
            with self.subTest(position=position), self.assertRaises(Failed):
                segment.read_segment(bad)


class Vectors(unittest.TestCase):
    FOLDER = PROJECT / "testdata"

    def setUp(self):
        if not (self.FOLDER / "leaf.json").exists():
            self.skipTest(f"{self.FOLDER} has no vectors")

    def test_all_vectors_of_the_project_hold(self):
        self.assertIn("verified: ", vectors.check_folder(self.FOLDER))

    def test_every_value_of_a_good_vector_counts(self):
        for path in self.FOLDER.glob("*.json"):
            for place, field in places_of_values(vectors.read(path)):
                changed = vectors.read(path)
                vector = follow(changed, place)
                vector[field] = vector[field][:-1] + ("1" if vector[field][-1:] != "1" else "2")
                with self.subTest(file=path.name, place=place, field=field), self.assertRaises((Failed, CannotTell, ValueError)):
                    vectors.CHECKS[path.stem](changed)

    def test_a_good_vector_among_the_bad_ones_is_noticed(self):
        for path in self.FOLDER.glob("*.json"):
            changed = vectors.read(path)
            for part in [changed, *(value for value in changed.values() if isinstance(value, dict))]:
                if "valid" in part and "invalid" in part:
                    good = part["valid"][0] | {"reason": "it is put here by a test", "width": 5, "outcome": 1}
                    part["invalid"].append(good)
                    good.update(width=len(good.get("leaves", [])))
                    with self.subTest(file=path.name), self.assertRaisesRegex(Failed, "accepted, although"):
                        vectors.CHECKS[path.stem](changed)
                    part["invalid"].pop()

    def test_unknown_or_no_vectors_are_no_pass(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertRaises(CannotTell, vectors.check_folder, Path(folder))
            Path(folder, "new.json").write_text("{}")
            self.assertRaises(CannotTell, vectors.check_folder, Path(folder))

    def test_the_page_names_every_file_of_vectors_and_no_other(self):
        page = (PROJECT / "docs/format.md").read_text().partition("### Test vectors")[2].partition("\n## ")[0]
        names = {path.name for path in self.FOLDER.glob("*.json")}
        self.assertEqual(set(re.findall(r"`([a-z-]+\.json)`", page)), names)


def places_of_values(file):
    """Where the good vectors are, and their texts that state a result."""
    results = {"leaf_hash", "root", "hash", "empty_root", "origin_hash", "sha256", "crc32c", "signature", "key_id",
               "public_key", "new_root", "old_root", "header_crc32c", "payload_crc32c", "previous", "recorded_at",
               "body", "leaf", "bundle", "first_index", "last", "path", "note", "receipt", "verifier_key",
               "message", "group_order", "content", "value", "seal", "salt", "view_key", "marker", "after", "sealed",
               "file", "opening", "record", "manifest", "manifest_sha256", "first_missing"}

    def walk(value, place):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            refused = isinstance(inner, dict) and inner.get("leaf_hash", "") is None
            if refused or key in ("invalid", "not_published", "forged"):
                continue
            if key in results and isinstance(inner, str):
                yield place, key
            elif isinstance(inner, (dict, list)):
                yield from walk(inner, [*place, key])
    return list(walk(file, []))


def follow(value, place):
    for key in place:
        value = value[key]
    return value


class Constructions(unittest.TestCase):
    def test_tile_paths_are_written_in_groups_of_three(self):
        for (level, index, width), path in {
            (0, 0, 256): "tile/0/000",
            (0, 1234067, 256): "tile/0/x001/x234/067",
            (1, 1000, 8): "tile/1/x001/000.p/8",
            ("entries", 999, 255): "tile/entries/999.p/255",
        }.items():
            self.assertEqual(tree.tile_path(level, index, width), path)

    def test_proofs_lead_to_the_root_and_to_no_other(self):
        hashes = [tree.leaf_hash(bytes([n])) for n in range(20)]
        for size in range(1, 21):
            root = tree.root_of(hashes[:size])
            for index in range(size):
                path = maker.path_of(index, hashes[:size])
                self.assertEqual(tree.root_of_path(hashes[index], index, size, path), root)
                self.assertRaises(Failed, tree.root_of_path, hashes[index], index, size, [*path, root])
            for old in range(1, size + 1):
                old_root = tree.root_of(hashes[:old])
                proof = proof_of(old, hashes[:size])
                self.assertEqual(tree.roots_of_proof(old, size, old_root, proof), (old_root, root))
                self.assertRaises(Failed, tree.roots_of_proof, old, size, old_root, [*proof, root])

    def test_the_table_of_fields_is_that_of_the_proto_files(self):
        kinds = {"bytes": "b", "string": "s", "bool": "t", "uint64": "u", "uint32": "v", "int64": "l", "int32": "i"}
        enumerations, messages = set(), {}
        for path in sorted((PROJECT / "proto/einsicht/v1").glob("*.proto")):
            source = re.sub(r"//.*", "", path.read_text())
            enumerations |= set(re.findall(r"enum (\w+)", source))
            source = source.replace("oneof content {", "")
            messages |= dict(re.findall(r"message (\w+) \{([^}]*)\}", source))
        for message, fields in body.FIELDS.items():
            declared = {}
            for m in re.finditer(r"(optional |repeated )?(\w+) \w+ = (\d+);", messages[message]):
                kind = kinds.get(m[2]) or ("e" if m[2] in enumerations else f"M:{m[2]}")
                declared[int(m[3])] = (kind, m[1] == "repeated ")
            with self.subTest(message=message):
                self.assertEqual(declared, fields)


def proof_of(old, hashes, on_left_edge=True):
    """A consistency proof, from its definition in RFC 6962."""
    if old == len(hashes):
        return [] if on_left_edge else [tree.root_of(hashes)]
    middle = tree.split(len(hashes))
    if old <= middle:
        return [*proof_of(old, hashes[:middle], on_left_edge), tree.root_of(hashes[middle:])]
    return [*proof_of(old - middle, hashes[middle:], False), tree.root_of(hashes[:middle])]


if __name__ == "__main__":
    unittest.main()
