// Random cases that are the same in each run: SplitMix64, by a seed that is told when a test fails.

const MASK = 0xffff_ffff_ffff_ffffn;

export class Random {
  #state;

  constructor(seed) {
    this.#state = BigInt(seed);
  }

  /** 64 bits. */
  next() {
    this.#state = (this.#state + 0x9e37_79b9_7f4a_7c15n) & MASK;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK;
    z = ((z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK;
    return z ^ (z >> 31n);
  }

  /** A whole number from 0 to below `end`. */
  below(end) {
    return Number(this.next() % BigInt(end));
  }

  /** So many bytes. */
  bytes(length) {
    return Uint8Array.from({ length }, () => Number(this.next() & 0xffn));
  }

  /** One of a list. */
  of(list) {
    return list[this.below(list.length)];
  }
}

/** Runs a case under many seeds; the message of a failure names the seed. */
export async function always(cases, check) {
  for (let seed = 1; seed <= cases; seed += 1) {
    try {
      await check(new Random(seed));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}
