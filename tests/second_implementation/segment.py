"""Segment files: the entries on disk. docs/format.md: On disk."""

from fault import require
from tree import split_bundle


def crc_table():
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


CRC_TABLE = list(crc_table())


def crc32c(data):
    """CRC-32C (Castagnoli) as a number."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def number(data):
    return int.from_bytes(data, "big")


def read_segment_header(data):
    """Hash of the origin and index of the first entry."""
    require(len(data) >= 52 and data[:8] == b"EINSICHT", "this is not a segment")
    require(number(data[8:12]) == 1, f"segment version {number(data[8:12])} is not known")
    return data[12:44], number(data[44:52])


def read_frame(data):
    """Index of the first entry, root after the commit, leaves, and length of the frame at the start of `data`."""
    require(len(data) >= 24, "the frame header is cut off")
    require(data[:4] == b"EIN1" and number(data[20:24]) == crc32c(data[:20]), "the frame header is damaged")
    length, first, count = number(data[4:8]), number(data[8:16]), number(data[16:20])
    require(count >= 1, "the frame has no entry")
    end = 24 + length
    require(len(data) >= end + 4, "the frame is cut off")
    payload = data[24:end]
    require(len(payload) >= 32 and number(data[end:end + 4]) == crc32c(payload), "the payload is damaged")
    return first, payload[:32], split_bundle(payload[32:], count), end + 4


def read_segment(data):
    """Hash of the origin, index of the first entry, and of each frame first index, root and leaves."""
    origin_hash, start = read_segment_header(data)
    frames, first, at = [], start, 52
    while at < len(data):
        frame_first, root, leaves, length = read_frame(data[at:])
        require(frame_first == first, f"a frame starts at entry {frame_first}, expected {first}")
        frames.append((frame_first, root, leaves))
        first, at = first + len(leaves), at + length
    return origin_hash, start, frames
