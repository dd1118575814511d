"""Markers, by which subjects find the records about them. docs/format.md: Markers."""

import hashlib
import hmac

from fault import require

NONCE_BYTES = MARKER_BYTES = 16
CONFIDENTIAL_MARKERS = 8


def hmac_sha256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def view_key(period_key, scheme, id):
    scheme = scheme.encode()
    return hmac_sha256(period_key, b"einsicht/view/v1" + bytes([len(scheme)]) + scheme + id.encode())


def marker(key, nonce, position):
    return hmac_sha256(key, nonce + position.to_bytes(2, "big"))[:MARKER_BYTES]


def padded(subjects):
    """How many markers a record has whose event lists so many subjects."""
    markers = 1
    while markers < subjects:
        markers *= 2
    return markers if subjects else 0


def scan(key, nonce, markers):
    """The position of a subject's marker, if it is there."""
    return next((at for at, found in enumerate(markers) if marker(key, nonce, at) == found), None)


def check_markers(outer, record, subjects, period_key, is_erased):
    """Checks the markers of a record whose subjects are known, or none (None), or erased (an index)."""
    if outer is not record or is_erased:
        check_count(outer, CONFIDENTIAL_MARKERS)
    if is_erased:
        return "unknown"
    if isinstance(subjects, int):
        check_count(record, max(padded(len(record.get(68, []))), 1))
        return "unknown"
    check_count(record, padded(len(subjects or [])))
    nonce = record.get(67, b"")
    require(len(nonce) == NONCE_BYTES, "the record has no nonce of 16 bytes")
    for scheme, id in subjects or []:
        key = view_key(period_key, scheme, id)
        require(scan(key, nonce, record[68]) is not None, "a subject has no marker")
        is_shown = outer is not record and scan(key, outer[67], outer[68]) is not None
        require(not is_shown, "a subject would find a confidential record")
    return "checked"


def check_count(record, expected):
    markers = record.get(68, [])
    require(len(markers) == expected, f"{len(markers)} markers, expected {expected}")
    require(all(len(found) == MARKER_BYTES for found in markers), "a marker has another length")
