// Segments of the log on disk (docs/format.md, Segment). No page reads them; the tests get at whole ledgers with it.

import { equal, uint32At, uint64At } from "../../verify/bytes.js";
import { Failed, require } from "../../verify/fault.js";
import { bundlePlaces } from "../../verify/tile.js";

const HEADER_BYTES = 52;
const FRAME_HEADER_BYTES = 24;
const ROOT_BYTES = 32;
const CRC_BYTES = 4;
const CASTAGNOLI = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ CASTAGNOLI : value >>> 1;
  return value;
});

export function crc32c(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

export function readHeader(bytes) {
  require(bytes.length >= HEADER_BYTES, "a segment header has 52 bytes");
  require(ascii(bytes, 0, 8) === "EINSICHT", "a segment begins with EINSICHT");
  require(uint32At(bytes, 8) === 1, "the version of the segment is not known");
  return { originHash: bytes.slice(12, 44), first: uint64At(bytes, 44) };
}

/** A frame at the beginning of bytes. */
export function readFrame(bytes) {
  require(bytes.length >= FRAME_HEADER_BYTES && ascii(bytes, 0, 4) === "EIN1", "this is no frame");
  require(crc32c(bytes.subarray(0, 20)) === uint32At(bytes, 20), "the checksum of the frame header differs");
  const [payloadBytes, first, count] = [uint32At(bytes, 4), uint64At(bytes, 8), uint32At(bytes, 16)];
  const end = FRAME_HEADER_BYTES + payloadBytes;
  require(count >= 1, "a frame has at least one entry");
  require(payloadBytes >= ROOT_BYTES && end + CRC_BYTES <= bytes.length, "the bytes end within the frame");
  const payload = bytes.subarray(FRAME_HEADER_BYTES, end);
  require(crc32c(payload) === uint32At(bytes, end), "the checksum of the payload differs");
  // Each entry has at least its length: a count that can't be is not made room for.
  require(2 * count <= payloadBytes - ROOT_BYTES, "the frame has fewer entries than it says");
  const places = bundlePlaces(payload.subarray(ROOT_BYTES), count);
  const leaves = Array.from({ length: count }, (_, at) => payload.subarray(ROOT_BYTES + places[2 * at], ROOT_BYTES + places[2 * at + 1]));
  return { first, root: payload.slice(0, ROOT_BYTES), leaves, payloadBytes, length: end + CRC_BYTES };
}

/** The frames of a segment that begins at entry `next` of the ledger with that hash of its origin. */
export function readSegment(bytes, originHash, next) {
  const header = readHeader(bytes);
  if (!equal(header.originHash, originHash)) throw new Failed("the segment is of another log");
  require(header.first === BigInt(next), "the segment does not begin where the one before ended");
  const frames = [];
  let expected = BigInt(next);
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const frame = readFrame(bytes.subarray(at));
    require(frame.first === expected, "the frame does not begin where the one before ended");
    frames.push(frame);
    expected += BigInt(frame.leaves.length);
    at += frame.length;
  }
  return frames;
}

function ascii(bytes, start, end) {
  return String.fromCharCode(...bytes.subarray(start, end));
}
