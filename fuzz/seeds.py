"""Writes what the fuzz targets start from: the test vectors of the project, and a few inputs by hand.

    seeds.py CORPUS_DIR

Makes CORPUS_DIR/TARGET/, one file per input, named by its content. Files that are there stay.
"""

import hashlib
import json
import sys
from pathlib import Path

VECTORS = Path(__file__).parent.parent / "testdata"

SESSION = bytes([7] * 16)
UUID = bytes.fromhex("936da01f9abd4d9d80c702af85c822a8")


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """One protobuf field: numbers as varints, all else with a length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value % 2**64)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(*fields):
    return b"".join(field(number, value) for number, value in fields)


def requests():
    """RecordRequest and EndSessionRequest, of proto/einsicht/v1/recorder.proto."""
    required = [(1, "besuchertrend"), (2, 3), (3, "verkehrsplanung"), (5, UUID), (42, 1_795_365_000_000_000)]
    texts = [(4, "https://register.example/va/17"), (10, "stadtplanung"), (11, "planer"), (12, 1)]
    more = [(8, 12), (9, 340), (13, "gdpr-6-1-e"), (14, "§ 4 LDSG"), (15, "stadtwerke"), (16, "zählung")]
    rest = [(17, 3), (18, 0), (19, 1), (20, "ulm"), (21, "Amtsblatt 4"), (22, 20_000), (23, "7"), (24, -1)]
    full = required + texts + more + rest + [(16, "ort"), (25, 1), (26, "parkhäuser"), (43, 1_795_365_090_000_000)]
    sealed = required + [(27, 22_000), (32, message((1, "kfz"), (2, "UL-XX 1"))), (33, "kürzel"), (40, bytes(16))]
    for events in [[required], [full], [sealed], [required, full, required], [[]], []]:
        encoded = [(3, message(*event)) for event in events]
        yield message((1, SESSION), (2, 17), *encoded, (4, 1), (5, 3))
    yield message((1, SESSION), (2, 17))


def typed_fields():
    """Lines as people type them. The last ones are of no use to anybody."""
    required = "dataset=besuchertrend\noperation=query\npurpose=verkehrsplanung\n"
    required += "event_id=936da01f-9abd-4d9d-80c7-02af85c822a8\noccurred_at=2026-11-22T17:39:07+01:00\n"
    yield required
    yield required + "unit=stadtplanung\nrole=planer\nactor_kind=human\nlegal_basis=gdpr-6-1-e\naccess_count=3\n"
    yield required + "categories=zählung,ort\nprocessing=aggregated\nsecondary_use=false\nannounced_on=2024-10-04\n"
    yield required + "occurred_until=2026-11-22T17:40:00Z\noutcome=granted\nother_datasets=a,b\nrecord_count=0\n"
    yield required + "actor=kürzel\nsubjects=kfz:UL-XX 1\ntrace_id=" + "ab" * 16 + "\nspan_id=" + "cd" * 8
    yield "datset=x\nDATASET=\noperation=look\nannounced_on=9999-12-31\ncollected_on=-0001-02-30\n"


CHARTER = """
charter = { title = "C" }
purpose = [{ id = "p", title = "P" }]
dataset = [{ id = "d", title = "D", personal = "direct", purposes = ["p"], record_ceiling = 5, keep_days = 9 }]
activity = [{ id = "a", title = "A", dataset = "d", consideration = false }]
[[commitment]]
id = "1"
title = "T"
source = "S"
evidence = "statute"
severity = "breach"
when = { personal = true, collected_on = { not_older_than_of_dataset = "keep_days" } }
must = { purpose = { listed_in_dataset = "purposes" }, record_count = { at_most_of_dataset = "record_ceiling" } }
"""

CITY = """
[ledger]
origin = "einsicht.ulm.example/ledger"
data = "/var/lib/einsicht"
segment_bytes = 67108864
[keys]
dir = "keys"
[listen]
internal = "10.0.0.5:7420"
public = "0.0.0.0:7443"
[tls.internal]
certificate = "tls/server.pem"
key = "tls/server.key"
client_ca = "tls/ca.pem"
[tls.public]
certificate = "tls/public.pem"
key = "tls/public.key"
[public]
entries = true
[limits]
connections = 20000
events_per_second = 100_000
[[caller]]
name = "visitor-counter"
role = "recorder"
datasets = ["besuchertrend", "schulstandorte"]
token_sha256 = ["%s"]
certificates = ["dns:visitor-counter.ulm.example", "uri:spiffe://ulm.example/recorder"]
limits = { request_bytes = 1048576 }
[[caller]]
name = "steward"
role = "steward"
certificates = ["dns:steward.ulm.example"]
""" % ("ab" * 32)


def configurations():
    yield CITY
    yield CITY + "[[caller]]\nname = 'audit'\nrole = 'auditor'\ntoken_sha256 = ['" + "0" * 64 + "']\n"
    yield CITY.replace("origin", "orign").replace("true", "yes").replace("steward", "visitor-counter")
    yield CITY + "\n--set\nlisten.public=127.0.0.1:7443\nlimits.connections=0\nledger.datas=x\npublic.entries=false\n"
    yield "[ledger]\norigin='a'\ndata='d'\n[keys]\ndir='k'\n"
    yield "[ledger\norigin = "


def spool_frame(sequence, payload):
    """A frame of client/src/spool/frame.rs."""
    head = b"SPLF" + len(payload).to_bytes(4, "big") + sequence.to_bytes(8, "big") + bytes(8)
    head += bytes([1, 0]) + (3).to_bytes(2, "big")
    return head + crc32c(head + payload).to_bytes(4, "big") + payload


def crc32c(content):
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def spools():
    """Two numbers that say which sequences may stand there, then the file."""
    frames = [spool_frame(sequence, payload) for sequence, payload in [(5, b"one"), (6, b"SPLF"), (7, b""), (9, b"four")]]
    header = b"EINSPOL1" + bytes(32) + (3).to_bytes(8, "big") + (5).to_bytes(8, "big")
    yield bytes([5, 20]) + header + crc32c(header).to_bytes(4, "big")
    for content in [b"".join(frames), frames[0] + b"damage" + frames[1], frames[3] + frames[0], frames[2] * 2]:
        yield bytes([5, 20]) + content
        yield bytes([5, 20]) + content[:-1]
    slot = (9).to_bytes(8, "big") + (5).to_bytes(8, "big") + (6).to_bytes(8, "big") + (1).to_bytes(4, "big")
    yield bytes([0, 255]) + slot + crc32c(slot).to_bytes(4, "big") + bytes(32)


def seeds():
    body, checkpoint, receipt, segment = map(vectors, ["body", "checkpoint", "receipt", "segment"])
    leaf, chain, bundle, key, path = map(vectors, ["leaf", "chain", "bundle", "key", "tile-path"])
    both = ["valid", "invalid"]
    yield from (("body", bytes.fromhex(case["bytes"])) for kind in both for case in body[kind])
    yield from (("bundle", bytes.fromhex(case["bundle"])) for kind in both for case in bundle[kind])
    yield from (("leaf", bytes.fromhex(case["leaf"])) for kind in both for case in leaf[kind])
    yield from (("leaf", bytes.fromhex(case["leaf"])) for case in chain["entries"])
    yield from (("note", case["note"].encode()) for kind in both for case in checkpoint[kind])
    yield from (("note", case["note"].split("\n\n")[0].encode() + b"\n") for case in checkpoint["valid"])
    yield from (("note", case["verifier_key"].encode()) for kind in both for case in key[kind])
    yield from (("receipt", case["receipt"].encode()) for kind in both for case in receipt[kind])
    for part in ["headers", "frames", "segments"]:
        yield from (("segment", bytes.fromhex(case["bytes"])) for kind in both for case in segment[part][kind])
    # Eight bytes of a log's size, then the path.
    yield from (("tile_path", bytes(7) + b"\x7f" + case["path"].encode()) for kind in both for case in path[kind])
    yield from (("request", request) for request in requests())
    yield from (("fields", text.encode()) for text in typed_fields())
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    yield from (("traceparent", text.encode()) for text in [trace, "cc" + trace[2:] + "-what-comes", trace.upper()])
    for charter in sorted((VECTORS.parent / "charters").glob("*.toml")):
        yield "charter", charter.read_bytes()
    yield "charter", CHARTER.encode() + b"\n--record\n" + message((1, "d"), (2, 3), (3, "p"), (9, 7), (26, "e"))
    yield from (("config", text.encode()) for text in configurations())
    yield from (("spool", content) for content in spools())
    records, openings, confidential = map(vectors, ["sealed-record", "openings", "confidential"])
    for case in records["valid"] + records["invalid"]:
        entry = bytes.fromhex(case["entry"])
        yield "openings", len(entry).to_bytes(2, "big") + entry + bytes.fromhex(case["openings"])
    yield from (("openings", bytes(2) + bytes.fromhex(case["bytes"])) for kind in both for case in openings[kind])
    yield from (("opening", bytes.fromhex(case["record"])) for case in confidential["valid"])
    yield from (("proof", bytes([size, 0, size // 2, 0]) + bytes(16 + 32 * 3)) for size in range(0, 80, 7))


def main(corpus):
    for target, content in seeds():
        folder = corpus / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
