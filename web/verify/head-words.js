/**
 * Steps of verifications in words, German first, English beside; those that every page begins with (words.js has all).
 */

const NOT_BEGUN = {
  de: "Nicht geprüft, weil ein Schritt davor nicht gelungen ist.",
  en: "Not checked, because a step before it did not succeed.",
};

/**
 * For each step: title, ok, failed, could not tell; German and English each.
 *
 * @typedef {Record<string, [string, string][]>} Words
 */

/** @type {Words} of the steps of check-head.js */
export const HEAD_WORDS = {
  key: [
    ["Den Schlüssel des Protokolls lesen", "Read the key of the ledger"],
    ["Der Schlüssel ist lesbar und verwendbar.", "The key can be read and used."],
    ["Das ist kein verwendbarer Schlüssel, oder er wurde falsch abgeschrieben.", "This is no key that can be used, or it was mistyped."],
    ["Ohne Schlüssel lässt sich nichts prüfen.", "Nothing can be checked without a key."],
  ],
  checkpoint: [
    ["Den unterschriebenen Stand holen", "Fetch the signed state"],
    ["Das Protokoll hat seinen Stand unterschrieben.", "The ledger signed its state."],
    ["Der Stand ist nicht so unterschrieben, wie er sein muss.", "The state is not signed as it must be."],
    ["Der Stand ließ sich nicht holen oder nicht prüfen.", "The state could not be fetched or checked."],
  ],
  history: [
    ["Ist der frühere Stand noch darin enthalten?", "Is the earlier state still part of it?"],
    ["Alles, was hier schon einmal geprüft wurde, steht unverändert darin.", "All that was checked here before stands in it unchanged."],
    ["Das Protokoll passt nicht zu dem Stand, der hier zuletzt geprüft wurde.", "The ledger does not fit the state that was checked here last."],
    ["Ob der frühere Stand noch darin enthalten ist, ließ sich nicht prüfen.", "Whether the earlier state is still part of it could not be checked."],
  ],
};

/**
 * @param {Words} words
 * @param {string} step
 * @param {import("./steps.js").Outcome} outcome
 * @param {boolean} isBegun whether the step was begun at all
 * @returns {{title: {de: string, en: string}, says: {de: string, en: string}}}
 */
export function wordsOf(words, step, outcome, isBegun) {
  if (!Object.hasOwn(words, step)) throw new RangeError(`there are no words for the step ${step}`);
  const [title, ok, failed, cannotTell] = words[step].map(([de, en]) => ({ de, en }));
  if (!isBegun) return { title, says: NOT_BEGUN };
  return { title, says: { ok, failed, "could-not-tell": cannotTell }[outcome] };
}
