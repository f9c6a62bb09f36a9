// Streams: both ciphers give the same bytes, a writer keeps little in memory, and what is read is what was written.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { protocol as p } from "./protocol.mjs";

const fresh = (size) => new Uint8Array(randomBytes(size));

function secrets() {
  return { key: fresh(32), nonce: fresh(8), burnTokens: new p.Row(fresh(32), ["a test"]) };
}

async function written(files, part = null) {
  const chunks = [];
  const writer = await p.StreamWriter.begin(secrets(), async (record) => void chunks.push(record));
  for (const [name, ...pieces] of files) {
    await writer.addFile(name, "application/octet-stream", pieces);
  }
  const table = writer.files;
  const reference = await writer.finish(part === null ? null : p.encodeContent({ ...part, files: table }));
  return { chunks, table, reference };
}

async function readBack({ chunks, table, reference }) {
  const pieces = table.map(() => []);
  const reader = await p.StreamReader.begin(reference);
  await reader.readFiles(
    table,
    async (index) => chunks[index] ?? null,
    async (file, bytes) => void pieces[file].push(bytes),
  );
  return pieces.map((file) => p.concat(...file));
}

test("the browser's cipher and the one in JavaScript give the same bytes and refuse the same", async () => {
  const [key, nonce, associated, plaintext] = [fresh(32), fresh(12), fresh(64), fresh(p.CHUNK_TEXT_SIZE)];
  const browser = await p.chunkCipher(key.slice());
  const script = await withoutSubtle(() => p.chunkCipher(key.slice()));
  const sealed = await browser.encrypt(nonce, associated, plaintext);
  assert.deepEqual(await script.encrypt(nonce, associated, plaintext), sealed);
  for (const cipher of [browser, script]) {
    assert.deepEqual(await cipher.decrypt(nonce, associated, sealed), plaintext);
    const changed = sealed.slice();
    changed[100] ^= 1;
    await assert.rejects(cipher.decrypt(nonce, associated, changed), { name: "StreamAltered" });
  }
});

// A page without TLS has `crypto` and no `crypto.subtle`.
async function withoutSubtle(action) {
  const before = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  const bare = { getRandomValues: (bytes) => before.get.call(globalThis).getRandomValues(bytes) };
  Object.defineProperty(globalThis, "crypto", { value: bare, configurable: true });
  try {
    return await action();
  } finally {
    Object.defineProperty(globalThis, "crypto", before);
  }
}

test("a whole stream written without Web Crypto is read with it", async () => {
  const file = fresh(40_000);
  const stream = await withoutSubtle(() => written([["a", file]]));
  assert.deepEqual((await readBack(stream))[0], file);
});

test("files of every size around a chunk come back as they were, in whatever pieces they were given", async () => {
  const sizes = [0, 1, p.CHUNK_TEXT_SIZE - 1, p.CHUNK_TEXT_SIZE, p.CHUNK_TEXT_SIZE + 1, 3 * p.CHUNK_TEXT_SIZE, 0];
  const files = sizes.map(fresh);
  const cut = files.map((file, index) => [`${index}`, file.subarray(0, 7), file.subarray(7)]);
  const stream = await written(cut);
  assert.deepEqual(await readBack(stream), files);
  assert.equal(stream.chunks.length, stream.reference.chunks);
  assert.ok(stream.chunks.every((chunk) => chunk.length === p.RECORD_SIZE));
  const digests = stream.chunks.map((chunk) => createHash("sha256").update(chunk).digest());
  const whole = createHash("sha256").update(Buffer.concat(digests)).digest("base64");
  assert.equal(p.toBase64(stream.reference.digest), whole);
});

test("content in the stream is read from its own chunks alone", async () => {
  const text = "A long account. ".repeat(5000);
  const stream = await written([["a", fresh(70_000)]], { text, answers: null });
  const asked = [];
  const reader = await p.StreamReader.begin(stream.reference);
  const content = await reader.readPart(async (index) => {
    asked.push(index);
    return stream.chunks[index];
  });
  assert.equal(content.text, text);
  assert.deepEqual(asked, [3, 4, 5]);
  assert.deepEqual(content.files, stream.table);
});

test("a writer holds no more than two chunks, however long the file", async () => {
  const taken = { chunks: 0 };
  let given = 0;
  const writer = await p.StreamWriter.begin(secrets(), async () => void (taken.chunks += 1));
  async function* slowly() {
    for (; given < 40; given++) {
      assert.ok(given - taken.chunks <= 2, `${given} chunks given, ${taken.chunks} put`);
      yield new Uint8Array(p.CHUNK_TEXT_SIZE);
    }
  }
  await writer.addFile("long", "", slowly());
  assert.equal((await writer.finish()).chunks, taken.chunks);
});

test("no file is whole before the digest over all chunks holds", async () => {
  const stream = await written([["a", fresh(1000)]]);
  const other = { ...stream, reference: { ...stream.reference, digest: fresh(32) } };
  await assert.rejects(readBack(other), { name: "StreamAltered" });
  const missing = { ...stream, chunks: stream.chunks.slice(0, -1) };
  await assert.rejects(readBack(missing), { name: "StreamAltered" });
  const short = { ...stream, chunks: stream.chunks.map((chunk) => chunk.subarray(1)) };
  await assert.rejects(readBack(short), { name: "StreamAltered" });
});

test("what exceeds a limit is refused before anything of it is put", async () => {
  const writer = await p.StreamWriter.begin(secrets(), async () => assert.fail("something was put"));
  const tooLarge = { name: "TooLarge" };
  await assert.rejects(writer.addFile("ä".repeat(513), "", []), tooLarge);
  await assert.rejects(writer.addFile("a", "t".repeat(129), []), tooLarge);
  await assert.rejects(writer.finish(new Uint8Array(p.PART_LIMIT + 1)), tooLarge);
  writer.wipe();
});

test("a chunk at another address is refused, even where the digest was made to fit", async () => {
  const stream = await written([["a", fresh(1000)]]);
  const cipher = await p.chunkCipher(p.keyedHash(stream.reference.key, p.LABELS.chunkKey));
  const nonce = new Uint8Array(12);
  const plaintext = await cipher.decrypt(nonce, stream.chunks[0].slice(0, 64), stream.chunks[0].slice(64));
  const elsewhere = p.concat(fresh(32), stream.chunks[0].subarray(32, 64));
  const moved = p.concat(elsewhere, await cipher.encrypt(nonce, elsewhere, plaintext));
  const chunks = [moved, ...stream.chunks.slice(1)];
  const digests = chunks.map((chunk) => createHash("sha256").update(chunk).digest());
  const digest = new Uint8Array(createHash("sha256").update(Buffer.concat(digests)).digest());
  await assert.rejects(readBack({ ...stream, chunks, reference: { ...stream.reference, digest } }), {
    name: "StreamAltered",
  });
});
