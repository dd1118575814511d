/**
 * Worker: looks through the months of a key file. The file is read here, and the keys never leave. `done` has what was
 * found, or a fault.
 */

import { httpSource } from "../../verify/source.js";
import { Scan } from "../scan.js";
import { serve } from "./serve.js";

let scan = null;
let file = null;
let last = { done: 0, of: 0 };

serve({
  begin(message) {
    file = message.file;
    scan = new Scan(httpSource(message.prefix), { key: message.key, kept: message.kept, toTheEnd: message.toTheEnd });
  },

  async run(onProgress) {
    const unread = file;
    file = null;
    const end = await scan.run(unread, (progress) => {
      last = progress;
      onProgress(progress);
    });
    return end.says === "stopped" ? { ...end, ...last } : end;
  },

  stop() {
    scan?.stop();
  },
});
