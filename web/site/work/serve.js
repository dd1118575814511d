/**
 * What workers have in common. Messages in: `begin` once, then `stop` and `go-on`. Messages out: `loaded` once, first;
 * `progress`; `done`; `stopped` where it was stopped or the server was away: it goes on there.
 */

/** How often a page hears how far it is. */
const PROGRESS_MS = 100;

/**
 * @param {object} work
 * @param {(message: any) => void} work.begin takes what the page gave
 * @param {(onProgress: (progress: {done: number, of: number}) => void) => Promise<object>} work.run begins or goes on;
 *   gives the message that it ends with
 * @param {() => void} work.stop ends a run soon
 */
export function serve({ begin, run, stop }) {
  let isRunning = false;
  let told = 0;
  const onProgress = (progress) => {
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    self.postMessage({ says: "progress", ...progress });
  };
  const answer = async (message) => {
    if (message.do === "begin") begin(message);
    const end = await run(onProgress);
    isRunning = false;
    self.postMessage(end);
  };
  self.onmessage = ({ data }) => {
    if (data.do === "stop") {
      stop();
      return;
    }
    // One run at a time: two of them would take entries from each other, and find fault with what is in order.
    if (isRunning) return;
    isRunning = true;
    answer(data).catch((error) => {
      // A rejected promise would leave the page waiting; an error of the worker is told to it.
      setTimeout(() => {
        throw error;
      });
    });
  };
  self.postMessage({ says: "loaded" });
}
