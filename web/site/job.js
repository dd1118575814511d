/**
 * Work in a worker, as a page sees it: how far it is, stop, go on. While the server is away it tries again by itself.
 */

import { BoundWorker } from "./bound-worker.js";
import { make } from "./dom.js";

/** How long until it is tried again where a server is away. */
const AGAIN_MS = 10_000;

/** A worker and the bar that shows how far it is. */
export class Job {
  #worker;
  #speaker;
  #bar = make("progress", { max: 1, value: 0 });
  #line = make("p", { class: "small", role: "status" });
  #button;
  #again = null;
  #isStopped = false;

  /**
   * @param {import("./speaker.js").Speaker} speaker with the texts of texts/job.js
   * @param {URL} module of the worker
   * @param {{unit: string, onDone: (message: any) => void}} options `unit`: key of the text that says how far it is, with
   *   `{done}` and `{of}`
   */
  constructor(speaker, module, { unit, onDone }) {
    this.#speaker = speaker;
    this.#bar.setAttribute("aria-label", speaker.say("job.progress"));
    this.#button = make("button", { type: "button", class: "plain", onclick: () => this.#turn() }, speaker.say("common.stop"));
    this.view = make("div", { class: "job" }, this.#bar, this.#line, make("p", {}, this.#button));
    this.#worker = new BoundWorker(module, { onMessage: (data) => this.#hear(data, unit, onDone), onError: () => this.#fail() });
  }

  /** @param {object} message what the worker needs; it begins with it */
  begin(message) {
    this.#line.textContent = this.#speaker.say("job.begins");
    this.#worker.tell({ do: "begin", ...message });
  }

  /** Ends the worker, and with it whatever it was given. */
  end() {
    clearTimeout(this.#again);
    this.#worker.end();
  }

  #hear(data, unit, onDone) {
    if (data.says === "done") {
      this.end();
      this.view.remove();
      onDone(data);
      return;
    }
    const { done, of } = data;
    this.#bar.max = Math.max(1, of);
    this.#bar.value = done;
    const far = this.#speaker.say(unit, { done, of, n: of });
    this.#line.textContent = far;
    if (data.says === "stopped") this.#rest(far, data.wasAsked);
  }

  #rest(far, wasAsked) {
    this.#isStopped = true;
    this.#button.disabled = false;
    this.#button.textContent = this.#speaker.say("common.go-on");
    this.#line.textContent = `${far} ${this.#speaker.say(wasAsked ? "job.stopped" : "job.away")}`;
    if (!wasAsked) this.#again = setTimeout(() => this.#turn(), AGAIN_MS);
  }

  #turn() {
    clearTimeout(this.#again);
    if (this.#isStopped) {
      this.#isStopped = false;
      this.#button.textContent = this.#speaker.say("common.stop");
      this.#worker.tell({ do: "go-on" });
      return;
    }
    // Until the worker says that it has stopped: it ends what it has begun first.
    this.#button.disabled = true;
    this.#worker.tell({ do: "stop" });
  }

  #fail() {
    this.end();
    this.#button.remove();
    this.#line.textContent = this.#speaker.say("job.broke");
  }
}
