"""Tests of the second implementation: a good ledger verifies, and whatever is changed is noticed.

    python3 -m unittest discover tests/second_implementation
"""

import io
import tempfile
import threading
import unittest
from contextlib import redirect_stderr, redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import maker
import note
import tree
import verify
from fault import Failed


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        answer = self.server.files.get(self.path.removeprefix("/ledger/"), 404)
        status, data = (answer, b"") if isinstance(answer, int) else (200, answer)
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) + (self.path in self.server.cut_off)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class LedgerTest(unittest.TestCase):
    """Serves files over HTTP and runs the script against them."""

    @classmethod
    def setUpClass(cls):
        cls.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        cls.url = f"http://127.0.0.1:{cls.server.server_port}/ledger"
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def run_script(self, files, vkey=None, url=None, more=(), cut_off=()):
        self.server.files, self.server.cut_off = files, [f"/ledger/{path}" for path in cut_off]
        with tempfile.NamedTemporaryFile("w") as vkey_file, redirect_stdout(io.StringIO()) as out:
            vkey_file.write((vkey or maker.vkey()) + "\n")
            vkey_file.flush()
            with redirect_stderr(io.StringIO()) as err:
                code = verify.main([url or self.url, vkey_file.name, *more])
        return code, out.getvalue() + err.getvalue()

    def expect(self, code, words, files, **options):
        found, output = self.run_script(files, **options)
        self.assertEqual(found, code, output)
        self.assertIn(words, output)

    def expect_failed(self, words, leaves, **options):
        self.expect(1, words, maker.served(leaves), **options)


class GoodLedgers(LedgerTest):
    def test_ledgers_of_every_shape_verify(self):
        for size in [1, 2, 3, 255, 256, 257, 600]:
            with self.subTest(size=size):
                self.expect(0, f"{size} entries", maker.served(maker.chain(maker.bodies(size))))

    def test_a_ledger_with_three_levels_of_tiles_verifies(self):
        leaves = maker.chain([maker.genesis(), *[maker.service_start()] * (65_536 + 300)])
        self.expect(0, "261 hash tiles", maker.served(leaves))

    def test_the_summary_says_what_was_verified(self):
        code, output = self.run_script(maker.served(maker.chain(maker.bodies(4))))
        self.assertEqual(code, 0)
        self.assertIn("example.org/ledger (simulated), 4 entries (2 AccessRecord, 1 Genesis, 1 ServiceStart)", output)

    def test_bundles_can_be_read_from_a_folder(self):
        files = maker.served(maker.chain(maker.bodies(300)))
        with tempfile.TemporaryDirectory() as folder:
            for path in [path for path in files if path.startswith("tile/entries/")]:
                Path(folder, path).parent.mkdir(parents=True, exist_ok=True)
                Path(folder, path).write_bytes(files[path])
                files[path] = 403
            self.expect(0, "300 entries", files, more=["--bundles", folder])
            Path(folder, "tile/entries/000").unlink()
            self.expect(2, "could not tell", files, more=["--bundles", folder])

    def test_unknown_kinds_and_fields_are_kept(self):
        new_kind = maker.field(99, b"of a later release")
        new_field = maker.access(1, more=maker.field(2000, 7) + b"\xf9\x7c" + bytes(8))
        self.expect(0, "1 unknown", maker.served(maker.chain([maker.genesis(), new_kind, new_field])))

    def test_a_confidential_record_is_opened_once_its_day_has_come(self):
        self.expect(0, "1 Opening", maker.served(maker.chain(maker.opened())))
        self.expect(0, "2 AccessRecord", maker.served(maker.chain(maker.opened()[:3])))

    def test_records_are_judged_by_the_charter_in_force(self):
        doubt, fits, too_many = maker.judged(1, 3, [], ["C-2"]), maker.judged(2, 3, records=10), maker.judged(3, 3, ["C-2"], records=11)
        ledger = [maker.genesis(), maker.access(0), *maker.published(2), doubt, fits, too_many]
        self.expect(0, "2 CharterPart", maker.served(maker.chain(ledger)))
        other = maker.CHARTER.replace("at_most = 10", "at_most = 11")
        newer = [*maker.published(3, other), maker.judged(4, 9, records=11)]
        self.expect(0, "5 CharterPart", maker.served(maker.chain(ledger + newer)))

    def test_signatures_of_others_are_passed_over(self):
        files = maker.served(maker.chain(maker.bodies(3)))
        text = maker.checkpoint_text(maker.chain(maker.bodies(3)))
        others = [maker.signature_line("witness.example", bytes(length)) for length in (5, 76, 2424)]
        others.append(maker.sign(text, seed=b"\x07" * 32))
        files["checkpoint"] += "".join(others).encode()
        self.expect(0, "verified", files)


class BadCheckpoints(LedgerTest):
    def setUp(self):
        self.leaves = maker.chain(maker.bodies(5))
        self.files = maker.served(self.leaves)
        self.text = maker.checkpoint_text(self.leaves)

    def expect_checkpoint(self, words, text, signatures=None, code=1):
        note_text = f"{text}\n{maker.sign(text) if signatures is None else signatures}"
        self.expect(code, words, self.files | {"checkpoint": note_text.encode()})

    def test_every_flipped_bit_of_the_checkpoint_is_noticed(self):
        good = self.files["checkpoint"]
        for position in range(len(good)):
            bad = bytearray(good)
            bad[position] ^= 1
            with self.subTest(position=position), self.assertRaises(Failed):
                note.open_checkpoint(bytes(bad), maker.ORIGIN, [(maker.ORIGIN, maker.public_key())])

    def test_another_key_does_not_verify(self):
        other = maker.vkey(key=maker.public_key(b"\x02" * 32))
        self.expect(1, "no known key", self.files, vkey=other)

    def test_one_false_signature_of_the_known_key_spoils_the_note(self):
        forged = maker.signature_line(maker.ORIGIN, note.key_id(maker.ORIGIN, maker.public_key()) + b"\x09" * 64)
        self.expect_checkpoint("does not fit", self.text, maker.sign(self.text) + forged)

    def test_numbers_hashes_and_lines_have_one_spelling(self):
        origin, size, root = self.text[:-1].split("\n")
        for bad in [f"{origin}\n0{size}\n{root}\n", f"{origin}\n+{size}\n{root}\n", f"{origin}\n{size}\n{root[:-1]}\n",
                    f"{origin}\n{size}\n", f"{origin}\n{size}\n{root}\n\n", f"{origin}\n{1 << 64}\n{root}\n"]:
            with self.subTest(text=bad):
                self.expect_checkpoint("checkpoint: ", bad)

    def test_a_signed_note_is_text_of_a_sensible_length(self):
        self.expect_checkpoint("control characters", f"{self.text}an\textension\n")
        self.expect_checkpoint("more than 1,000,000", f"{self.text}{'x' * 1_000_000}\n")

    def test_another_origin_is_refused(self):
        self.expect_checkpoint("not of", self.text.replace("ledger", "other"))

    def test_a_signed_root_that_is_not_the_entries_is_refused(self):
        shorter = maker.checkpoint_text(self.leaves[:-1]).replace("\n4\n", "\n5\n")
        self.expect_checkpoint("another root", shorter)

    def test_the_empty_tree_proves_nothing_and_has_one_root(self):
        self.expect_checkpoint("no entry", maker.checkpoint_text([]), code=2)
        self.expect_checkpoint("empty tree", self.text.replace("\n5\n", "\n0\n"))

    def test_a_mistyped_or_weak_verifier_key_is_not_used(self):
        weak = [bytes(32), bytes([1]) + bytes(31), bytes([0xEC]) + b"\xff" * 30 + b"\x7f"]
        not_canonical = bytes([0xF0]) + b"\xff" * 30 + b"\x7f"
        for bad in [maker.vkey(key=key) for key in (*weak, not_canonical)] + [maker.vkey().replace("org", "com"), "x"]:
            with self.subTest(vkey=bad):
                self.expect(2, "verifier key", self.files, vkey=bad)


class BadEntries(LedgerTest):
    """Each ledger here is signed by the right key: only the rules of the format catch it."""

    def expect_entry(self, words, position, **parts):
        def change(index, good):
            named = dict(zip(("previous", "recorded_at", "body", "version"), good))
            return tuple((named | (parts if index == position else {})).values())
        self.expect_failed(words, maker.chain(maker.bodies(5), change))

    def test_a_broken_chain_is_noticed(self):
        self.expect_entry("entry 3: it does not name", 3, previous=bytes(32))
        self.expect_entry("entry 0: it does not name", 0, previous=tree.sha256(b"example.org/other"))

    def test_time_that_runs_back_is_noticed(self):
        self.expect_entry("entry 3: it was recorded earlier", 3, recorded_at=maker.RECORDED_AT)

    def test_an_unknown_leaf_version_is_noticed(self):
        self.expect_entry("entry 3: leaf version", 3, version=2)

    def test_a_leaf_that_is_too_short_is_noticed(self):
        self.expect_failed("entry 2: a leaf has", [*maker.chain(maker.bodies(2)), b"\x01" * 40])

    def test_entry_0_and_no_other_is_the_genesis(self):
        self.expect_entry("entry 0: entry 0", 0, body=maker.service_start())
        self.expect_entry("entry 2: entry 0", 2, body=maker.genesis())

    def test_the_genesis_fits_the_checkpoint(self):
        other_key = maker.public_key(b"\x02" * 32)
        self.expect_entry("another origin", 0, body=maker.genesis(origin="example.org/other"))
        self.expect_entry("no public key", 0, body=maker.genesis(keys=[]))
        self.expect_entry("32 bytes", 0, body=maker.genesis(keys=[bytes(31)]))
        self.expect_entry("does not name the key", 0, body=maker.genesis(keys=[other_key]))
        self.expect_entry("predecessor", 0, body=maker.genesis(more=maker.field(6, maker.field(3, bytes(31)))))
        self.expect_entry("not signed by every key", 0, body=maker.genesis(keys=[maker.public_key(), other_key]))

    def test_an_origin_has_at_most_255_bytes(self):
        for length, words, code in [(255, "1 entries", 0), (256, "its origin is too long", 1)]:
            origin = "x" * length
            leaves = maker.chain([maker.genesis(origin=origin)], origin=origin)
            self.expect(code, words, maker.served(leaves, origin), vkey=maker.vkey(origin))

    def test_what_is_not_known_here_is_no_failure_and_no_pass(self):
        later = maker.chain([maker.genesis(version=2)])
        key_change = maker.chain([maker.genesis(), maker.field(11, maker.field(1, 1))])
        for leaves in (later, key_change):
            self.expect(2, "could not tell", maker.served(leaves))

    def test_bodies_that_two_parsers_could_read_differently_are_refused(self):
        access, string = maker.access(1), maker.field(1, "x")
        for words, bad in {
            "occurs twice": maker.access(1, more=string),
            "beside another content": access + maker.service_start(),
            "field 3 of EntryBody occurs twice": access + access,
            "longer than it needs": maker.access(1, more=b"\x40\x87\x00"),
            "wire type": maker.access(1, more=b"\x50\x07"),
            "wire type 3": maker.access(1, more=b"\xa3\x06\xa4\x06"),
            "ends after its message": access[:-1],
            "not UTF-8": maker.access(1, more=maker.field(4, b"\xff")),
            "out of range": maker.access(1, more=maker.field(18, 2)),
            "field 22 of AccessRecord has": maker.access(1, more=maker.field(22, 1 << 31)),
            "field number 0": maker.access(1, more=b"\x02\x00"),
            "more than 64 bits": maker.access(1, more=b"\x40" + b"\xff" * 9 + b"\x02"),
            "does not end": b"\x80",
        }.items():
            with self.subTest(words=words):
                self.expect_entry(words, 2, body=bad)


    def test_openings_that_show_something_else_are_refused(self):
        day = maker.RECORDED_AT // 86_400
        good = maker.opened()
        for words, bodies in {
            "before its day": maker.opened(day=day + 1),
            "no confidential record": [*good[:2], good[3], good[2]],
            "is no confidential record that waits": [*good, good[3]],
            "the seal is another": maker.opened(hidden=maker.record(27, day) + maker.field(10, "other")),
            "says another day": maker.opened(inner_day=day - 1),
            "has no nonce": maker.opened(nonce=bytes(15)),
            "occurs twice": maker.opened(more=maker.field(1, "again")),
            "shows fields [1]": [*good[:2], maker.confidential(more=maker.field(1, "shown")), good[3]],
            "shows fields [65]": [*good[:2], maker.confidential(more=maker.field(65, bytes(16)))],
        }.items():
            with self.subTest(words=words):
                self.expect(1, words, maker.served(maker.chain(bodies)))


    def test_charters_in_pieces_and_verdicts_that_are_others_are_refused(self):
        first, second = maker.published(2)
        for words, bodies in {
            "it is not the next part": [second],
            "a charter ends after part 1 of 2": [first, maker.access(0), second],
            "is of another charter": [first, maker.published(2, maker.CHARTER + "# other")[1]],
            "does not name the charter in force": [*maker.published(), maker.access(0)],
            "that of entry 1": [*maker.published(), maker.judged(0, 2, [], ["C-2"])],
            "the record states": [*maker.published(), maker.judged(0, 1)],
            "the charter gives ([], ['C-2'])": [*maker.published(), maker.judged(0, 1, ["C-2"])],
            "does not name the charter in force, that": [*maker.published(), maker.access(0, maker.field(27, 19000))],
            "the record states ([], ['C-1', 'C-2'])": [*maker.published(), maker.judged(
                0, 1, [], ["C-1", "C-2"], 5, maker.field(27, 19000))],
            "where no charter speaks": [maker.judged(0, 1, [], ["C-2"])],
            "is not TOML": maker.published(text="["),
        }.items():
            with self.subTest(words=words):
                self.expect(1, words, maker.served(maker.chain([maker.genesis(), *bodies])))
        self.expect(1, "after part 1 of 2", maker.served(maker.chain([maker.genesis(), first])))
        self.expect(2, "could not tell", maker.served(maker.chain([maker.genesis(), *maker.published(text="a = 1")])))


class BadServers(LedgerTest):
    def setUp(self):
        self.files = maker.served(maker.chain(maker.bodies(300)))

    def test_every_flipped_byte_of_a_bundle_is_noticed(self):
        files = maker.served(maker.chain(maker.bodies(3)))
        good = files["tile/entries/000.p/3"]
        for position in range(len(good)):
            bad = good[:position] + bytes([good[position] ^ 0xFF]) + good[position + 1:]
            with self.subTest(position=position):
                code, output = self.run_script(files | {"tile/entries/000.p/3": bad})
                self.assertEqual(code, 1, output)

    def test_a_changed_hash_tile_is_noticed(self):
        for path in ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"]:
            good = self.files[path]
            for bad in [bytes([good[0] ^ 1]) + good[1:], good[:-1], good + bytes(32), b""]:
                with self.subTest(path=path, length=len(bad)):
                    self.expect(1, f"{path}: these are not", self.files | {path: bad})

    def test_a_bundle_with_more_or_fewer_entries_is_noticed(self):
        path = "tile/entries/001.p/44"
        good = self.files[path]
        self.expect(1, f"{path}: the bundle has 45", self.files | {path: good + b"\x00\x01x"})
        self.expect(1, f"{path}: the bundle ends", self.files | {path: good[:-1]})
        self.expect(1, f"{path}: the bundle has 0", self.files | {path: b""})

    def test_an_answer_without_end_is_not_read(self):
        self.expect(1, "larger than anything", self.files | {"tile/entries/000": bytes(256 * 65_537 + 1)})

    def test_what_could_not_be_fetched_is_no_failure_and_no_pass(self):
        for path in self.files:
            for status in (403, 404, 500):
                with self.subTest(path=path, status=status):
                    self.expect(2, str(status), self.files | {path: status})
        self.expect(2, "could not tell", self.files, url="http://127.0.0.1:1/ledger")
        self.expect(2, "could not tell", self.files, url="file:///etc")
        self.expect(2, "the connection ended", self.files, cut_off=["tile/0/000"])


if __name__ == "__main__":
    unittest.main()
