// What must not show itself, does not: in print, in JSON, in errors, in the console.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { newSource } from "./people.mjs";
import { listOf, lists, protocol as p } from "./protocol.mjs";

const english = listOf("english");

function assertHidden(secret, bytes) {
  for (const shown of [`${secret}`, JSON.stringify({ secret }), inspect(secret, { depth: 9, showHidden: true })]) {
    for (const form of [p.toBase64(bytes), p.toHex(bytes), [...bytes].join(", "), [...bytes].slice(0, 8).join(",")]) {
      assert.ok(!shown.includes(form), shown);
    }
  }
}

test("receipts, identities and sources do not print themselves", () => {
  const receipt = p.Receipt.create();
  assertHidden(receipt, receipt.bytes);
  const identity = p.Identity.create();
  assertHidden(identity, identity.bytes);
  const shared = identity.sharedSecret(p.Identity.create().recipient);
  assertHidden(new p.ReplyTokens(shared), shared);
  const source = new p.Source(receipt, new Uint8Array(32));
  assertHidden(source, receipt.bytes);
  assertHidden(source, source.stateKey);
  assertHidden(source, source.thread.key);
});

test("no error holds a word of a receipt", () => {
  const words = p.Receipt.create().words(english);
  const start = words.slice(0, 11);
  const unfitting = english.words.find((word) => !accepts([...start, word]));
  for (const attempt of [start, [...start, "harbuor"], [...start, unfitting]]) {
    const error = refusalOf(attempt);
    assert.ok(error instanceof p.ReceiptError);
    const fields = { ...error, cause: error.cause };
    const told = new Set(`${JSON.stringify(fields)} ${error.message}`.toLowerCase().match(/\p{L}+/gu));
    const usual = new Set(
      `${new p.WrongChecksum().message} ${new p.UnknownWord(1).message}`.toLowerCase().match(/\p{L}+/gu),
    );
    assert.deepEqual(
      attempt.filter((word) => told.has(word) && !usual.has(word)),
      [],
    );
  }
});

function refusalOf(words) {
  try {
    p.readReceipt(words.join(" "), lists);
  } catch (error) {
    return error;
  }
  return null;
}

function accepts(words) {
  try {
    p.readReceipt(words.join(" "), [english]);
    return true;
  } catch {
    return false;
  }
}

test("an unknown word is told by its place", () => {
  const words = [...p.Receipt.create().words(english)];
  words[4] = "wrnog";
  assert.throws(() => p.readReceipt(words.join(" "), lists), { name: "UnknownWord", place: 5 });
});

test("every receipt comes back from its words, in every language, however it is written", () => {
  for (const list of lists) {
    const receipt = p.Receipt.create();
    const words = receipt.words(list);
    for (const text of [
      words.join(" "),
      words.join("\n").toUpperCase(),
      words.map((word, at) => `${at + 1}. ${word},`).join(" "),
    ]) {
      const read = p.readReceipt(text, lists, list.language);
      assert.deepEqual(read.bytes, receipt.bytes, list.language);
    }
  }
});

test("what is wiped is gone", () => {
  const receipt = p.Receipt.create();
  const source = new p.Source(receipt, new Uint8Array(32));
  const held = [receipt.bytes, source.stateKey, source.thread.key, source.identity.bytes];
  source.wipe();
  assert.ok(held.every((bytes) => bytes.every((byte) => byte === 0)));
});

test("nothing is written to the console", async () => {
  const methods = ["log", "info", "warn", "error", "debug", "trace"];
  const before = methods.map((method) => console[method]);
  const said = [];
  for (const method of methods) {
    console[method] = (...words) => void said.push(words);
  }
  try {
    const source = newSource(new Uint8Array(32));
    assert.throws(() => p.open(p.decoy(), source.identity), p.ProtocolError);
    assert.throws(() => p.readReceipt("zoo", lists), p.ProtocolError);
  } finally {
    methods.forEach((method, index) => {
      console[method] = before[index];
    });
  }
  assert.deepEqual(said, []);
});
