// Every vector of tests/vectors: what must be accepted gives exactly that, what must be refused its very error.
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { describe, test } from "node:test";
import { operations, streamOperations } from "./operations.mjs";
import { vectorsOf } from "./protocol.mjs";

// These two hold records and documents that the others speak of.
const SHARED = new Set(["records", "documents"]);
// Code that a server has changed does not check itself: a manifest is for whoever checks a site from outside.
const OUTSIDE = new Set(["manifest"]);

const files = (await readdir(new URL("../../tests/vectors", import.meta.url)))
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.slice(0, -".json".length))
  .filter((name) => !SHARED.has(name) && !OUTSIDE.has(name));

for (const file of files) {
  const { about, streams, vectors } = await vectorsOf(file);
  const known = streams === undefined ? operations : { ...operations, ...streamOperations(streams) };
  describe(`${file}: ${about}`, () => {
    for (const { name, do: operation, given, gives, error } of vectors) {
      test(`${operation}: ${name}`, async () => {
        const outcome = await attempt(known[operation], given);
        assert.deepEqual(outcome, error === undefined ? { gives } : { error });
      });
    }
  });
}

async function attempt(operation, given) {
  try {
    return { gives: await operation(given) };
  } catch (error) {
    if (!("name" in error) || error.name.endsWith("TypeError")) {
      throw error;
    }
    return { error: error.name };
  }
}
