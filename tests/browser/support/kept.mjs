// What a browser keeps of a key file, and what leaves it: nothing may.

import assert from 'node:assert/strict';

/** Every text of the file that is long enough to be a key, as it stands there and in other spellings of its bytes. */
function secretsOf(keys) {
  const texts = [...keys.toString().matchAll(/"([^"]{20,})"/g)].map(([, text]) => text).filter((text) => /^[0-9a-zA-Z+/=_-]+$/.test(text) && !/^einsicht/.test(text));
  assert.ok(texts.length > 0, 'a key file has keys');
  return texts.flatMap((text) => {
    const bytes = Buffer.from(text, /^[0-9a-f]+$/.test(text) ? 'hex' : 'base64');
    return [text, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')];
  });
}

/** Fails if anything of the keys is in a request, a storage, a cookie, a cache, a database, or the address. */
export async function assertKept(page, context, requests, keys) {
  const secrets = secretsOf(keys);
  const stored = await page.evaluate(async () => ({
    local: Object.entries(localStorage),
    session: Object.entries(sessionStorage),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    caches: await caches.keys(),
    registrations: (await navigator.serviceWorker.getRegistrations()).length,
    address: location.href,
    state: JSON.stringify(globalThis.history.state),
    title: document.title,
    html: document.documentElement.outerHTML,
  }));
  const sent = requests.map((request) => [request.url(), JSON.stringify(request.headers()), request.postData()].join('\n'));
  const all = JSON.stringify([stored, sent, await context.cookies()]);
  for (const secret of secrets) assert.ok(!all.includes(secret), 'a key is where it must not be');
  const { local, session, databases, caches: cached, registrations } = stored;
  assert.equal(local.length, 1, 'what was verified is the one thing that is stored');
  assert.match(local[0][1], /"einsicht-site\/v1"/);
  assert.deepEqual({ session, databases, cached, registrations }, { session: [], databases: [], cached: [], registrations: 0 });
}
