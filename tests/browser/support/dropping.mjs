// Files that are given to a page, as people give them.

/** Chooses a file in the field `#id`: `bytes` under a name, or paths. */
export function choose(page, id, name, bytes) {
  return page.setInputFiles(`#${id}`, { name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });
}

/** Drops a file on the place for files. `bytes`: its content, or a number: so many zeros. */
export function drop(page, name, bytes) {
  const content = typeof bytes === 'number' ? bytes : [...bytes];
  return page.evaluate(
    ([fileName, given]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(given)], fileName));
      document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    },
    [name, content],
  );
}

/** What Verify says of a file: its outcome, and the steps by their titles. */
export async function verified(page, bytes, name = 'file') {
  await page.evaluate(() => document.querySelector('main [role=region]')?.replaceChildren());
  await choose(page, 'file', name, bytes);
  return toldOf(page);
}

/** What stands on Verify when it has looked. */
export async function toldOf(page) {
  const section = page.locator('main [role=region] section');
  await section.first().waitFor();
  return {
    outcome: (await section.locator('.result').count()) === 0 ? null : await section.locator('.result').first().getAttribute('data-outcome'),
    text: await section.first().innerText(),
    failed: await section.locator('.steps li[data-outcome=failed] .step-title').allInnerTexts(),
    steps: await section.locator('.steps li').evaluateAll((items) => items.map((item) => item.dataset.outcome)),
  };
}
