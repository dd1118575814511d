/**
 * What a page shows of a verification: its steps, one after the other, each with its outcome in words.
 *
 * The outcome of the whole: failed if a step failed; otherwise could not tell if one could not, or if nothing was
 * checked; verified only if every step holds.
 */

import { Failed, Fault } from "./fault.js";
import { HEAD_WORDS, wordsOf } from "./head-words.js";

/**
 * @typedef {"ok" | "failed" | "could-not-tell"} Outcome
 */

/**
 * @typedef {object} Step
 * @property {string} step its name, for programs
 * @property {Outcome} outcome
 * @property {{de: string, en: string}} title what is looked at
 * @property {{de: string, en: string}} says what came of it, in plain words
 * @property {string} detail exactly what was found, in English; foreign text in it has to be shown as text
 */

/**
 * @typedef {object} Result
 * @property {Outcome} outcome
 * @property {Step[]} steps
 */

/** Runs steps, and keeps what came of each. A step behind one that did not succeed is not begun, unless it stands alone. */
export class Steps {
  /** @type {Step[]} */
  #steps = [];
  #names;
  #words;

  /**
   * @param {string[]} names all steps, in order: one that was never begun is "could not tell"
   * @param {import("./head-words.js").Words} [words] for each of them
   */
  constructor(names, words = HEAD_WORDS) {
    this.#names = names;
    this.#words = words;
  }

  /**
   * Runs the next step.
   *
   * @template T
   * @param {string} step
   * @param {(tell: (detail: string) => void) => T | Promise<T>} action throws a fault if it does not succeed; `tell`
   *   sets the detail
   * @param {{alone?: boolean}} [options] `alone`: `true` begins it whatever came of the step before it
   * @returns {Promise<T | undefined>} what the action gave; nothing if it did not succeed, or a step before it
   * @throws {unknown} what is no fault: an error of the code is never shown as an outcome
   */
  async run(step, action, { alone = false } = {}) {
    if (step !== this.#names[this.#steps.length]) throw new RangeError(`the next step is ${this.#names[this.#steps.length]}, not ${step}`);
    if (!alone && !this.areSound) {
      this.#add(step, "could-not-tell", "");
      return undefined;
    }
    let detail = "";
    try {
      const value = await action((text) => {
        detail = text;
      });
      this.#add(step, "ok", detail);
      return value;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#add(step, error instanceof Failed ? "failed" : "could-not-tell", error.message);
      return undefined;
    }
  }

  /** Whether a step was run, and holds. */
  holds(step) {
    return this.#steps.some((one) => one.step === step && one.outcome === "ok");
  }

  /** Whether every step up to now holds. */
  get areSound() {
    return this.#steps.every((step) => step.outcome === "ok");
  }

  /** @returns {Result} with the steps that were never begun */
  result() {
    while (this.#steps.length < this.#names.length) this.#add(this.#names[this.#steps.length], "could-not-tell", "");
    const outcomes = this.#steps.map((step) => step.outcome);
    return { outcome: overall(outcomes), steps: [...this.#steps] };
  }

  #add(step, outcome, detail) {
    const isBegun = outcome === "ok" || detail !== "";
    this.#steps.push({ step, outcome, ...wordsOf(this.#words, step, outcome, isBegun), detail });
  }
}

/**
 * @param {Outcome[]} outcomes
 * @returns {Outcome} failed outweighs could not tell; nothing checked is nothing told
 */
export function overall(outcomes) {
  if (outcomes.includes("failed")) return "failed";
  return outcomes.length > 0 && outcomes.every((outcome) => outcome === "ok") ? "ok" : "could-not-tell";
}

