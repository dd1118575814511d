// The modules of the site and of this folder at a port of their own, for what is measured without the pages around it:
// the pages' policy would not let a worker of another kind in.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8" };
const ROOTS = { web: new URL("../../web/", import.meta.url), bench: new URL("./", import.meta.url) };

/**
 * @returns {Promise<{url: string, close: () => void}>} `url` ends with a slash; `web/` and `bench/` lie below it, and an
 *   empty page at it
 */
export async function serveModules() {
  const server = createServer(async (request, response) => {
    const [, root, path] = /^\/(web|bench)\/((?:[\w-]+\/)*[\w-]+\.js)$/.exec(request.url) ?? [];
    if (request.url === "/") response.writeHead(200, { "content-type": TYPES.html }).end("<!DOCTYPE html><title>Bench</title>");
    else if (path === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "content-type": TYPES.js }).end(await readFile(fileURLToPath(new URL(path, ROOTS[root]))));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
