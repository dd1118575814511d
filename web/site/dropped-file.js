/**
 * What a dropped file is, from its first bytes, before anything of it is believed; and how much of it may be read.
 */

import { CannotTell } from "../verify/fault.js";
import { MANIFEST_PATH } from "../verify/manifest.js";

/** Larger than any file that can be verified here: such a file is not read at all. */
export const FILE_BYTES_MAX = 5 * 1024 * 1024;
/** Files of a report that are read: more than any has. */
export const FILES_MAX = 500;
/** Bytes of all of them. */
export const FILES_BYTES_MAX = 64 * 1024 * 1024;
const RECEIPT = "c2sp.org/tlog-proof@v1\n";
/** The first member of each of these files is its format. */
const FORMATS = new Map([
  ["einsicht-disclosure/v1", "disclosure"],
  ["einsicht/report-manifest/v1", "manifest"],
  ["einsicht-view-keys/v1", "keys"],
]);
const BEGINNING_BYTES = 4_096;
/** What is verified for itself wherever it lies: no report has such a file. */
const SINGLE = new Set(["receipt", "disclosure", "keys"]);

/**
 * @typedef {"receipt" | "disclosure" | "manifest" | "keys" | "unknown"} FileKind
 */

/**
 * @param {Uint8Array} bytes of a file
 * @returns {FileKind} what it says that it is. Nothing is checked
 */
export function kindOfFile(bytes) {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, BEGINNING_BYTES));
  if (text.startsWith(RECEIPT)) return "receipt";
  const format = /^\s*\{[^]*?"format"\s*:\s*"([^"]{1,60})"/.exec(text)?.[1];
  return FORMATS.get(format) ?? "unknown";
}

/**
 * Reads files of a drop, or of an input.
 *
 * @param {File[]} list
 * @returns {Promise<{files: Map<string, Uint8Array>, twice: Set<string>}>} by path, with the folder that was chosen; by
 *   name, if files were. `twice`: paths of which there is more than one file; the first one is given
 * @throws {CannotTell} they are more, or larger, than anything that can be verified here; then none is read
 */
export async function readFiles(list) {
  if (list.length > FILES_MAX) throw new CannotTell("these are more files than any report has", { expected: `at most ${FILES_MAX}`, found: list.length });
  const large = list.find(({ size }) => size > FILE_BYTES_MAX);
  if (large && list.length === 1) throw new CannotTell("the file is larger than any that can be verified here; it was not read", { expected: `at most ${FILE_BYTES_MAX} bytes`, found: `${large.size} bytes` });
  const total = list.reduce((sum, { size }) => sum + size, 0);
  if (total > FILES_BYTES_MAX) throw new CannotTell("the files are larger than any report; none was read", { expected: `at most ${FILES_BYTES_MAX} bytes`, found: `${total} bytes` });
  const files = new Map();
  const twice = new Set();
  for (const file of list) {
    const path = pathOf(file);
    if (files.has(path)) twice.add(path);
    else files.set(path, await bytesOf(file));
  }
  return { files, twice };
}

/**
 * Parts files into reports, each with what lies in the folder of its manifest, and those that stand for themselves.
 *
 * @param {Map<string, Uint8Array>} files by path
 * @returns {{reports: Map<string, Map<string, Uint8Array>>, singles: Map<string, Uint8Array>}} of each report its folder,
 *   empty or with a slash at its end, and its files by their path in it
 */
export function partFiles(files) {
  const isManifest = (path) => path === MANIFEST_PATH || path.endsWith(`/${MANIFEST_PATH}`);
  const folders = [...files.keys()].filter(isManifest).map((path) => path.slice(0, -MANIFEST_PATH.length));
  const reports = new Map(folders.map((folder) => [folder, new Map()]));
  // A file is of the report that lies next to it.
  folders.sort((one, other) => other.length - one.length);
  const singles = new Map();
  for (const [path, bytes] of files) {
    const folder = folders.find((one) => path.startsWith(one));
    if (folder === undefined || (!isManifest(path) && SINGLE.has(kindOfFile(bytes)))) singles.set(path, bytes);
    else reports.get(folder).set(path.slice(folder.length), bytes);
  }
  return { reports, singles };
}

async function bytesOf(file) {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new CannotTell("the browser could not read the file", { where: file.name, cause });
  }
}

function pathOf({ webkitRelativePath, relativePath, name }) {
  return webkitRelativePath || relativePath || name;
}

/**
 * The files of a drop, those in folders too.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<(File & {relativePath?: string})[]>} at most one more than may be read
 */
export async function filesOfDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null).filter(Boolean);
  if (entries.length === 0) return [...transfer.files];
  const files = [];
  for (const entry of entries) await gather(entry, files);
  return files;
}

async function gather(entry, files) {
  if (files.length > FILES_MAX) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    if (entry.fullPath.lastIndexOf("/") > 0) file.relativePath = entry.fullPath.slice(1);
    files.push(file);
    return;
  }
  const reader = entry.createReader();
  // A folder is read in pieces, until one is empty.
  for (;;) {
    const inner = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (inner.length === 0) return;
    for (const one of inner) await gather(one, files);
  }
}
