/**
 * A source that notes whether a server was away: work that stopped for that can go on, and must not look as if something
 * were wrong or finished.
 */

import { CannotTell, Missing } from "../verify/fault.js";

/** Passes everything on. */
export class WatchedSource {
  /**
   * Whether an answer could not be had since the last `reset`. That a file is not there or not shown (401, 403, 404, 410)
   * is an answer; other refusals, such as "too many requests", pass.
   */
  wasAway = false;
  #source;

  /** @param {import("../verify/source.js").Source} source */
  constructor(source) {
    this.#source = source;
  }

  /** Before it is tried again. */
  reset() {
    this.wasAway = false;
  }

  /** As the source. */
  async get(path, options) {
    try {
      return await this.#source.get(path, options);
    } catch (error) {
      const isAnswer = error instanceof Missing || /^status 40[13]$/.test(String(error.found ?? ""));
      if (error instanceof CannotTell && !isAnswer) this.wasAway = true;
      throw error;
    }
  }
}
