// Test vectors: those of the project in testdata/, and public ones in ../shared/data beside the checkout.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const PROJECT = new URL("../../../", import.meta.url);
export const TESTDATA = new URL("testdata/", PROJECT);
const SHARED = new URL("../shared/data/", PROJECT);

/** The vectors of a file in testdata/. */
export function vectorsOf(name) {
  return JSON.parse(readFileSync(new URL(`${name}.json`, TESTDATA), "utf8"));
}

/** Names of all files of vectors. */
export function vectorFiles() {
  return readdirSync(TESTDATA).filter((name) => name.endsWith(".json"));
}

/** A public file, or `null` where the folder is not there: a test must then say that it was skipped. */
export function shared(path) {
  const url = new URL(path, SHARED);
  return existsSync(url) ? readFileSync(url) : null;
}

/** Paths of public files below a folder, in order; none where the folder is not there. */
export function sharedFiles(folder) {
  const url = new URL(folder, SHARED);
  if (!existsSync(url)) return [];
  return readdirSync(url, { recursive: true })
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => `${folder}${name}`);
}

/** For `skip` of a test: why a public file can't be tested with, or `false`. Where it must be there, nothing is skipped. */
export function missing(path) {
  return process.env.EINSICHT_REQUIRE_SHARED || existsSync(new URL(path, SHARED)) ? false : `${fileURLToPath(new URL(path, SHARED))} is not there`;
}
