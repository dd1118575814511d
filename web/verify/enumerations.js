/**
 * Enumerations of the logged messages, as in proto/einsicht/v1/{record,event}.proto. Reading does not need them: a number that
 * is not known is no fault.
 */

/** Names of the values of enumerations, by number; 0 is "not stated". */
export const ENUMERATIONS = Object.freeze({
  operation: ["unspecified", "collect", "alter", "query", "disclose", "combine", "erase"],
  actor_kind: ["unspecified", "human", "system", "ai"],
  processing: ["unspecified", "raw", "pseudonymised", "aggregated", "anonymous"],
  outcome: ["unspecified", "granted", "denied", "failed"],
  action: ["unspecified", "add", "retire"],
});

/**
 * The name of a value of an enumeration, for people: `query` for operation 3. A number that is not known is shown
 * as a number.
 *
 * @param {"operation" | "actor_kind" | "processing" | "outcome" | "action"} field
 * @param {number} value
 * @returns {string}
 */
export function enumerationName(field, value) {
  return ENUMERATIONS[field][value] ?? String(value);
}
