import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { WatchedSource } from "../site/watched-source.js";
import { Missing } from "../verify/fault.js";
import { httpSource } from "../verify/source.js";
import { cannotTell, refuses } from "./support/refused.js";

let server;
let source;
const answers = new Map();
const asked = [];

before(async () => {
  server = createServer((request, response) => {
    asked.push(request);
    (answers.get(request.url) ?? ((_, to) => to.writeHead(404).end()))(request, response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  source = httpSource(`http://127.0.0.1:${server.address().port}/log/`);
});
after(() => {
  server.close();
  server.closeAllConnections();
});

function answer(path, act) {
  answers.set(`/log/${path}`, act);
}

test("a file is read below the prefix, without cookies or a referrer", async () => {
  answer("checkpoint", (_, response) => response.end("hello"));
  assert.equal(new TextDecoder().decode(await source.get("checkpoint", { max: 5, fresh: true })), "hello");
  const { headers } = asked.at(-1);
  assert.deepEqual([headers.cookie, headers.referer, headers.authorization], [undefined, undefined, undefined]);
});

test("the last bytes alone are asked for where they are enough, and taken as they come", async () => {
  answer("bundle", ({ headers }, response) => (headers.range === "bytes=-3" ? response.writeHead(206, { "content-range": "bytes 2-4/5", "content-length": 3 }).end("llo") : response.end("hello")));
  assert.equal(new TextDecoder().decode(await source.get("bundle", { max: 5, last: 3 })), "llo");
  assert.equal(new TextDecoder().decode(await source.get("bundle", { max: 5, last: 4 })), "hello");
  await source.get("bundle", { max: 5 });
  assert.equal(asked.at(-1).headers.range, undefined);
});

test("a file that never changes may come from a cache, a state never, and what is wanted anew not this time", async () => {
  const modes = [];
  const noting = httpSource("x/", async (_, { cache }) => {
    modes.push(cache);
    return new Response("x");
  });
  for (const options of [{}, { fresh: true }, { anew: true }, { fresh: true, anew: true }]) await noting.get("a", { max: 5, ...options });
  assert.deepEqual(modes, ["default", "no-store", "reload", "no-store"]);
});

test("an empty answer is no file: what is served in place of one can't be told", async () => {
  answer("empty", (_, response) => response.end());
  await cannotTell(() => source.get("empty", { max: 5 }), "empty");
});

test("a page in place of a file can't be told, whatever its status; a page that is asked for can be had", async () => {
  const page = (_, response) => response.writeHead(200, { "content-type": "Text/HTML; charset=utf-8" }).end("<h1>Wartung</h1>");
  for (const path of ["checkpoint", "ledger.vkey", "tile/0/000", "reports/2026-W44/index.html"]) answer(path, page);
  for (const path of ["checkpoint", "ledger.vkey", "tile/0/000"]) {
    await cannotTell(() => source.get(path, { max: 5 }), path);
    await assert.rejects(() => source.get(path, { max: 1_000 }), /a web page in place of the file/);
  }
  assert.equal((await source.get("reports/2026-W44/index.html", { max: 1_000 })).length, 16);
});

test("404 and 410 are missing; 403, 401 and 500 can't be told", async () => {
  await assert.rejects(() => source.get("nothing", { max: 5 }), Missing);
  answer("gone", (_, response) => response.writeHead(410).end());
  await assert.rejects(() => source.get("gone", { max: 5 }), Missing);
  for (const status of [401, 403, 500, 503]) {
    answer("no", (_, response) => response.writeHead(status).end("no"));
    await cannotTell(() => source.get("no", { max: 5 }), String(status));
    const says = status < 500 ? /does not show this to the public/ : /did not answer with the file/;
    await assert.rejects(() => source.get("no", { max: 5 }), says);
  }
});

test("an answer that is longer than it can be is refused, and not read to its end", async () => {
  let sent = 0;
  answer("endless", (_, response) => {
    const go = () => {
      while (!response.destroyed && sent < 500 && response.write(Buffer.alloc(100_000))) sent += 1;
      sent += 1;
      if (sent < 500) response.once("drain", go);
    };
    go();
    response.on("close", () => response.destroy());
  });
  await refuses(() => source.get("endless", { max: 1_000 }), "endless");
  assert.ok(sent < 500, `${sent} pieces were sent`);
});

test("an answer that breaks off can't be told", async () => {
  answer("cut", (_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("only this");
    setTimeout(() => response.destroy(), 20);
  });
  await cannotTell(() => source.get("cut", { max: 1_000 }), "cut");
});

test("fewer bytes than were announced can't be told, also where the platform does not notice", async () => {
  const short = async () => new Response(new Uint8Array(9), { headers: { "content-length": "100" } });
  await cannotTell(() => httpSource("x/", short).get("a", { max: 1_000 }), "short");
  const compressed = async () => new Response(new Uint8Array(100), { headers: { "content-length": "9", "content-encoding": "gzip" } });
  assert.equal((await httpSource("x/", compressed).get("a", { max: 1_000 })).length, 100);
});

test("a server that keeps silent is waited for so long, from its last word on", { timeout: 5_000 }, async () => {
  const { port } = server.address();
  const impatient = httpSource(`http://127.0.0.1:${port}/log/`, undefined, { silenceMs: 150 });
  const closed = [];
  const silent = (begin) => (_, response) => {
    response.on("close", () => closed.push(true));
    if (begin) response.write("half of it, and then ");
  };
  for (const begin of [false, true]) {
    answer("silent", silent(begin));
    await cannotTell(() => impatient.get("silent", { max: 1_000 }), "silent");
    await assert.rejects(() => impatient.get("silent", { max: 1_000 }), /kept silent for too long/);
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(closed.length, 4, "nobody listens to it any more");
  // Slow is not silent: neither before the first word …
  answer("slow", (_, response) => {
    setTimeout(() => response.flushHeaders(), 100);
    setTimeout(() => response.end("x"), 200);
  });
  assert.equal((await impatient.get("slow", { max: 1_000 })).length, 1);
  // … nor between them.
  answer("slow", (_, response) => {
    let sent = 0;
    const timer = setInterval(() => {
      response.write("x");
      sent += 1;
      if (sent < 8) return;
      clearInterval(timer);
      response.end();
    }, 50);
  });
  assert.equal((await impatient.get("slow", { max: 1_000 })).length, 8);
});

test("reading that is stopped while the server keeps silent ends at once, and says that it was stopped", { timeout: 5_000 }, async () => {
  for (const begin of [false, true]) {
    answer("silent", (_, response) => begin && response.write("x"));
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    await assert.rejects(() => source.get("silent", { max: 1_000, signal: abort.signal }), /reading was stopped/);
  }
});

test("a server that asks for patience was away; one that does not have a file, or does not show it, has answered", async () => {
  for (const [status, wasAway] of [[401, false], [403, false], [404, false], [410, false], [400, true], [408, true], [421, true], [425, true], [429, true], [500, true], [503, true]]) {
    answer("watched", (_, response) => response.writeHead(status).end());
    const watched = new WatchedSource(source);
    await cannotTell(() => watched.get("watched", { max: 5 }), String(status));
    assert.equal(watched.wasAway, wasAway, String(status));
    watched.reset();
    assert.equal(watched.wasAway, false);
  }
});

test("a server that is not there, and reading that was stopped, can't be told", async () => {
  await cannotTell(() => httpSource("http://127.0.0.1:1/").get("a", { max: 1 }), "nobody");
  await assert.rejects(() => source.get("bundle", { max: 5, signal: AbortSignal.abort() }), /reading was stopped/);
});
