// What has to be refused has to be refused for a reason: by a fault, never by an accident of the code.

import assert from "node:assert/strict";

import { CannotTell, Failed } from "../../verify/fault.js";

/** Runs a check that must end with "verification failed". */
export async function refuses(check, name) {
  await assert.rejects(async () => check(), (error) => isA(Failed, error), `accepted: ${name}`);
}

/** Runs a check that must end with "could not tell". */
export async function cannotTell(check, name) {
  await assert.rejects(async () => check(), (error) => isA(CannotTell, error), `accepted: ${name}`);
}

function isA(kind, error) {
  if (error instanceof kind) return true;
  throw error;
}
