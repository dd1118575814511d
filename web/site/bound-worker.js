/**
 * A worker that is bound by the policy of the page, also where a server sends no headers: a worker from a file has the
 * policy of that file's answer, one from a blob that of the page that made it. The blob only imports the module.
 */

/** A worker of a module that says `loaded` first (`serve` of work/serve.js does). */
export class BoundWorker {
  #worker;
  #url;
  /** Messages until the module is there to hear them; then `null`. */
  #waiting = [];

  /**
   * @param {URL} module
   * @param {{onMessage: (data: any) => void, onError: () => void}} hears
   */
  constructor(module, { onMessage, onError }) {
    // A module that can't be had must be an error of the worker: a rejected promise would tell nobody.
    const code = `import(${JSON.stringify(module.href)}).catch((error) => setTimeout(() => { throw error; }));`;
    this.#url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    this.#worker = new Worker(this.#url, { type: "module" });
    this.#worker.onmessage = ({ data }) => (data.says === "loaded" ? this.#begin() : onMessage(data));
    this.#worker.onerror = onError;
  }

  /** @param {object} message what is told before the module is there waits for it */
  tell(message) {
    if (this.#waiting) this.#waiting.push(message);
    else this.#worker.postMessage(message);
  }

  /** Ends the worker, and with it whatever it was given. */
  end() {
    this.#worker.terminate();
    URL.revokeObjectURL(this.#url);
  }

  #begin() {
    URL.revokeObjectURL(this.#url);
    for (const message of this.#waiting ?? []) this.#worker.postMessage(message);
    this.#waiting = null;
  }
}
