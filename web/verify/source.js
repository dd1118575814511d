/**
 * Where the files of a ledger come from. A source is an object with
 *
 * ```
 * get(path, { max, fresh, anew, last, signal }): Promise<Uint8Array>
 * ```
 *
 * It throws `Missing` (404, 410), `CannotTell` (no connection, silence, 403, a cut-off or empty answer, a web page in place
 * of the file), or `Failed` (an answer that is longer than `max`, and so can't be right). What it gives is not verified.
 */

import { CannotTell, Failed, Missing } from "./fault.js";

/**
 * @typedef {object} Source
 * @property {(path: string, options: {max: number, fresh?: boolean, anew?: boolean, last?: number, signal?: AbortSignal}) => Promise<Uint8Array>} get
 *   `path` without a slash before it; `fresh`: never from a cache; `anew`: not this time, and a cache may keep it; `last`: so many bytes from the end are enough, and a
 *   source may give all of them
 */

/** How long a server may keep silent before it counts as away. */
const SILENCE_MS = 30_000;

/**
 * A ledger behind a URL. Sends no cookies and no referrer, and nothing but paths.
 *
 * @param {string} prefix URL below which the ledger is served, ending with a slash
 * @param {typeof fetch} [fetcher]
 * @param {{silenceMs?: number}} [options] `silenceMs`: how long it waits for the next part of an answer
 * @returns {Source}
 */
export function httpSource(prefix, fetcher = globalThis.fetch, { silenceMs = SILENCE_MS } = {}) {
  return {
    async get(path, { max, fresh = false, anew = false, last, signal }) {
      const patience = new Patience(silenceMs, signal);
      try {
        const response = await ask(fetcher, `${prefix}${path}`, path, { cache: fresh ? "no-store" : anew ? "reload" : "default", last, patience });
        checkAnswer(response, path);
        return await readAll(response, path, max, patience);
      } finally {
        patience.end();
      }
    },
  };
}

/** Waits for a server only so long, and no longer than whoever asked. */
class Patience {
  #limit;
  #outer;
  #timer;
  #abort = new AbortController();
  #onStop = () => this.#abort.abort();

  constructor(limit, outer) {
    this.#limit = limit;
    this.#outer = outer;
    if (outer?.aborted) this.#abort.abort();
    outer?.addEventListener("abort", this.#onStop);
    this.renew();
  }

  get signal() {
    return this.#abort.signal;
  }

  /** The server said something. */
  renew() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abort.abort(), this.#limit);
  }

  end() {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#onStop);
  }

  /** Why an answer ended before its end. */
  faultOf(path, cause) {
    if (this.#outer?.aborted) return new CannotTell("reading was stopped", { where: path, cause });
    if (this.#abort.signal.aborted) return new CannotTell("the server kept silent for too long", { where: path, expected: `a word in ${this.#limit} ms`, cause });
    return new CannotTell("the server could not be reached, or its answer broke off", { where: path, cause });
  }
}

async function ask(fetcher, url, path, { cache, last, patience }) {
  try {
    const response = await fetcher(url, { headers: last === undefined ? {} : { range: `bytes=-${last}` }, credentials: "omit", referrerPolicy: "no-referrer", cache, signal: patience.signal });
    patience.renew();
    return response;
  } catch (cause) {
    throw patience.faultOf(path, cause);
  }
}

function checkAnswer(response, path) {
  const { status } = response;
  if (status === 404 || status === 410) throw new Missing("the server does not have this file", { where: path });
  if (status === 401 || status === 403) throw new CannotTell("the server does not show this to the public", { where: path, found: `status ${status}` });
  if (!response.ok) throw new CannotTell("the server did not answer with the file", { where: path, found: `status ${status}` });
  // That the server is being worked on, or a network wants a person to log in, says nothing of the ledger.
  const isPage = /^\s*text\/html\b/i.test(response.headers.get("content-type") ?? "");
  if (isPage && !path.endsWith(".html")) throw new CannotTell("the server answered with a web page in place of the file", { where: path });
}

async function readAll(response, path, max, patience) {
  const announced = announcedBytes(response);
  const parts = [];
  let length = 0;
  try {
    const reader = response.body?.getReader();
    for (let part = await reader?.read(); part && !part.done; part = await reader.read()) {
      patience.renew();
      length += part.value.length;
      if (length > max) {
        reader.cancel().catch(() => {});
        throw new Failed("the file is longer than it can be", { where: path, expected: `at most ${max} bytes` });
      }
      parts.push(part.value);
    }
  } catch (cause) {
    if (cause instanceof Failed) throw cause;
    throw patience.faultOf(path, cause);
  }
  if (announced !== null && length < announced) {
    throw new CannotTell("the answer was cut off", { where: path, expected: `${announced} bytes`, found: `${length} bytes` });
  }
  if (length === 0) throw new CannotTell("the server answered with nothing", { where: path });
  return joined(parts, length);
}

/** How many bytes were announced; `null` if nobody can compare: what is compressed is counted before it is unpacked. */
function announcedBytes(response) {
  const text = response.headers.get("content-length");
  if (text === null || response.headers.get("content-encoding") !== null || !/^[0-9]{1,15}$/.test(text)) return null;
  return Number(text);
}

function joined(parts, length) {
  if (parts.length === 1) return parts[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
