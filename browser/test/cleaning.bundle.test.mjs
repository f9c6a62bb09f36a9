// The cleaners as files of a site: the same bytes every time, and nothing in them that a strict policy forbids.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bundle, compressed } from "../build.mjs";

// What they weighed when they were last looked at, and a tenth more: whoever adds to it should notice.
const WEIGHTS = { pictures: 24_000, documents: 60_000, kind: 400 };

for (const [name, weight] of Object.entries(WEIGHTS)) {
  test(`the bundle of ${name} is the same every time, light, and makes no code out of text`, async () => {
    const contents = await bundle(`src/cleaning/${name}.ts`);
    const text = Buffer.from(contents).toString();
    assert.ok(Buffer.from(await bundle(`src/cleaning/${name}.ts`)).equals(Buffer.from(contents)));
    assert.ok(compressed(contents) < weight, String(compressed(contents)));
    for (const forbidden of [
      /\beval\(/,
      /new Function\b/,
      /WebAssembly/,
      /\bimport\(/,
      /fetch\(/,
      /XMLHttpRequest/,
      /innerHTML/,
    ]) {
      assert.doesNotMatch(text, forbidden);
    }
  });
}
