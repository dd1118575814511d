/**
 * Answers can overtake each other. Only what was asked for last may be shown.
 */

/** Counts questions. */
export class Latest {
  #last = 0;

  /** @returns {() => boolean} whether nothing was asked since this call */
  begin() {
    this.#last += 1;
    const mine = this.#last;
    return () => mine === this.#last;
  }
}
