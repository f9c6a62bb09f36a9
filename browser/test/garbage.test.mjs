// What was sent and lies in memory still: who sends much lets the collector catch up, and nobody waits for long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Garbage } from "./protocol.mjs";

const MIB = 1 << 20;

/** Whether there is anything to wait for. */
async function isWaiting(garbage) {
  const later = new Promise((resolve) => setImmediate(resolve, true));
  return await Promise.race([garbage.collected().then(() => false), later]);
}

/** What is done where the collector never comes. */
async function withoutCollector(action) {
  const real = globalThis.FinalizationRegistry;
  globalThis.FinalizationRegistry = class {
    register() {}
  };
  try {
    await action();
  } finally {
    globalThis.FinalizationRegistry = real;
  }
}

test("who sends little does not wait", async () => {
  const garbage = new Garbage();
  garbage.add(MIB);
  assert.ok(!(await isWaiting(garbage)));
});

test("who sends much waits, and the collector comes", async () => {
  const garbage = new Garbage();
  garbage.add(1024 * MIB);
  assert.ok(await isWaiting(garbage));
  // It may be late on a busy machine; it is asked again then.
  for (let time = 0; time < 8 && garbage.bytes > 0; time++) {
    await garbage.collected();
  }
  assert.equal(garbage.bytes, 0);
});

test("where the collector does not come, the wait ends, and the next one is after twice as much", async () => {
  await withoutCollector(async () => {
    const garbage = new Garbage();
    garbage.add(3 * MIB);
    assert.ok(await isWaiting(garbage));
    await garbage.collected();
    assert.ok(!(await isWaiting(garbage)));
    garbage.add(MIB);
    assert.ok(!(await isWaiting(garbage)));
    garbage.add(MIB);
    assert.ok(await isWaiting(garbage));
    await garbage.collected();
  });
});

test("where the collector does not come, little memory is asked for, and none that is refused is missed", async () => {
  const real = globalThis.ArrayBuffer;
  let asked = 0;
  globalThis.ArrayBuffer = class extends real {
    constructor(size) {
      super(0);
      asked += size;
      throw new RangeError();
    }
  };
  try {
    await withoutCollector(async () => {
      const garbage = new Garbage();
      garbage.add(1024 * MIB);
      await garbage.collected();
    });
  } finally {
    globalThis.ArrayBuffer = real;
  }
  assert.equal(asked, 512 * MIB);
});
