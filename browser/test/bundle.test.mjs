// The bundle itself: small, the same each time, and free of what a strict policy of a page forbids.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bundle } from "../build.mjs";
import { protocol } from "./protocol.mjs";

const LIMIT = 130_000;
const code = Buffer.from(await bundle()).toString("utf8");

test("the core stays small", () => {
  const size = gzipSync(code, { level: 9 }).length;
  assert.ok(size < LIMIT, `${size} bytes compressed`);
});

test("building again gives the same bytes", async () => {
  assert.equal(Buffer.from(await bundle()).toString("utf8"), code);
});

test("nothing in it makes code from text, runs WebAssembly, speaks to the console or to the network", () => {
  for (const forbidden of [
    /\beval\s*\(/,
    /new Function\b/,
    /WebAssembly/,
    /console\./,
    /\bfetch\(/,
    /XMLHttpRequest/,
    /import\s*\(/,
  ]) {
    assert.ok(!forbidden.test(code), `${forbidden}`);
  }
  assert.ok(!/^import\b|[;}]import[ {*"]/.test(code), "it imports something");
});

test("every error of section 12 exists under its name, and nothing else is thrown by that name", async () => {
  const text = await readFile(new URL("../../docs/protocol.md", import.meta.url), "utf8");
  const section = text.slice(text.indexOf("\n## 12. Errors"), text.indexOf("\n## 13. Limits"));
  const named = [...section.matchAll(/^\| `(\w+)` \| (?:a kind of `(\w+)`)?/gm)].map(([, name, kind]) => [name, kind]);
  assert.ok(named.length > 25);
  // Those of the manifest belong to whoever checks a site from outside: its own code cannot.
  for (const [name, kind] of named.filter(([name]) => !name.startsWith("Manifest"))) {
    const error = new protocol[name](1);
    assert.equal(error.name, name);
    assert.ok(error instanceof protocol[kind ?? "ProtocolError"], name);
    assert.ok(error.message.length > 10, name);
  }
});

test("every size and label of section 2 is the one in the text", async () => {
  const text = await readFile(new URL("../../docs/protocol.md", import.meta.url), "utf8");
  const sizes = [...text.matchAll(/^\| `([A-Z0-9_]+)` \| (\d+) \|/gm)];
  // Those of the shelf's interface belong to whoever speaks HTTP.
  const elsewhere = new Set([
    "STATEMENT_DAYS",
    "LOOK_COUNT",
    "LOOK_ANSWER_SIZE",
    "FETCH_COUNT",
    "BURN_COUNT",
    "PUT_CHUNK_LIMIT",
  ]);
  for (const [, name, value] of sizes) {
    if (!elsewhere.has(name)) {
      assert.equal(protocol[name], Number(value), name);
    }
  }
  const labels = [...text.matchAll(/^\| `[A-Z0-9_]+` \| `(whistle\/1\/[^`]+)` \|/gm)].map(([, label]) => label);
  assert.deepEqual(Object.values(protocol.LABELS), labels);
});
