// What the pages do without a page: words while they are typed, names of files, and the bundles that browsers load.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { bundle, compressed, ENTRIES, files } from "../build.mjs";
import { listOf, lists, protocol } from "./protocol.mjs";

const { candidates, completed, onlyCandidate, typedWords, unknownPlaces, wordAt } = await loaded("completion.ts");
const { savedName } = await loaded("saving.ts");

const LIMIT = 130_000;

async function loaded(name) {
  const place = await mkdtemp(join(tmpdir(), "whistle-"));
  try {
    const file = join(place, "module.mjs");
    await writeFile(file, await bundle(`src/pages/${name}`));
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(place, { recursive: true });
  }
}

/** What is suggested for the word at the end of a text. */
function suggested(text, from = lists) {
  const words = typedWords(text);
  const current = wordAt(words, text.length);
  return current === undefined ? [] : candidates(current, words, from).map(({ word }) => word);
}

test("words are found between numbers, stops and lines, and Chinese ones without spaces", () => {
  assert.deepEqual(
    typedWords("1. Abandon\n2) ÁBACO,3 zoo").map(({ folded }) => folded),
    ["abandon", "abaco", "zoo"],
  );
  assert.deepEqual(typedWords("的一是").map(({ start, end }) => [start, end]), [[0, 1], [1, 2], [2, 3]]);
  assert.deepEqual(typedWords(" 12 "), []);
});

test("the places are those that the receipt's own reader counts", () => {
  const words = protocol.Receipt.create().words(listOf("english"));
  const text = words.map((word, at) => (at === 6 ? "xyzzy" : word)).join(" ");
  assert.throws(() => protocol.readReceipt(text, lists), (error) => error.place === 7);
  assert.deepEqual(unknownPlaces(typedWords(text), 0, lists), [7]);
});

test("a word that is being typed is not unknown while something begins like it", () => {
  assert.deepEqual(unknownPlaces(typedWords("zoo aband"), 9, lists), []);
  assert.deepEqual(unknownPlaces(typedWords("zoo aband"), 3, lists), [2]);
  assert.deepEqual(unknownPlaces(typedWords("zoo abandq"), 10, lists), [2]);
});

test("every word of every language is known as its list has it, in capitals, and without accents", () => {
  for (const list of lists) {
    for (const word of list.words) {
      for (const typed of [word, word.toUpperCase(), word.normalize("NFD"), protocol.fold(word)]) {
        assert.deepEqual(unknownPlaces(typedWords(typed), 0, [list]), [], `${list.language} ${typed}`);
      }
    }
  }
});

test("a beginning is completed in the language of the other words", () => {
  assert.ok(suggested("ab").length > 1);
  assert.deepEqual(suggested("zoo zone aban"), ["abandon"]);
  assert.ok(suggested("zèbre aband".normalize("NFC")).every((word) => listOf("french").words.includes(word)));
  assert.deepEqual(suggested("a"), []);
  assert.deepEqual(suggested("abandon "), []);
});

test("four letters of an English word are enough", () => {
  for (const word of listOf("english").words) {
    const [typed] = typedWords(word.slice(0, 4));
    const found = candidates(typed, [typed], [listOf("english")]).map((candidate) => candidate.word);
    assert.ok(found.includes(word), word);
  }
});

test("only a beginning that can be nothing else is completed by itself", () => {
  const only = (text) => {
    const words = typedWords(text);
    return onlyCandidate(words.at(-1), words, [listOf("english")])?.word;
  };
  assert.equal(only("aban"), "abandon");
  assert.equal(only("add"), undefined); // is a word, and begins "addict" and "address"
  assert.equal(only("abandon"), undefined);
  assert.equal(only("ab"), undefined);
  assert.equal(only("xyz"), undefined);
});

test("completing leaves the rest as it is, and one space behind the word", () => {
  const text = "zoo aban zone";
  const words = typedWords(text);
  const [candidate] = candidates(words[1], words, lists);
  assert.deepEqual(completed(text, words[1], candidate), { text: "zoo abandon zone", caret: 12 });
  assert.deepEqual(completed("aban", typedWords("aban")[0], candidate), { text: "abandon ", caret: 8 });
});

test("a file is saved under the name that is seen", () => {
  assert.equal(savedName("документ.pdf"), "документ.pdf");
  assert.equal(savedName("a\u202efdp.exe"), "a_fdp.exe");
  assert.equal(savedName("../../etc/passwd"), ".._.._etc_passwd");
  assert.equal(savedName("\u0000\u2066"), "__");
  assert.equal(savedName(""), "file");
});

test("the core bundle of the pages stays small", async () => {
  const size = compressed(await bundle(ENTRIES["pages.js"]));
  assert.ok(size <= LIMIT, `${size} bytes compressed`);
});

test("building again gives the same bytes, and every file is one that the site serves", async () => {
  const [once, again] = [await files(), await files()];
  assert.deepEqual([...once.keys()].sort(), [...again.keys()].sort());
  for (const [name, contents] of once) {
    assert.ok(Buffer.from(contents).equals(Buffer.from(again.get(name))), name);
    assert.match(name, /^(words\/)?[a-z_]+\.(js|json)$/);
  }
  assert.equal([...once.keys()].filter((name) => name.startsWith("words/")).length, lists.length);
});

test("no bundle makes code or HTML from text, keeps anything, or speaks to another place", async () => {
  for (const entry of Object.values(ENTRIES)) {
    const code = Buffer.from(await bundle(entry)).toString("utf8");
    for (const forbidden of [
      /\beval\s*\(/,
      /new Function\b/,
      /WebAssembly/,
      /\b(inner|outer)HTML\b/,
      /insertAdjacentHTML|document\.write|DOMParser|createContextualFragment/,
      /\b(local|session)Storage\b|indexedDB|document\.cookie|serviceWorker/,
      /pushState|replaceState/,
      /sendBeacon|EventSource|WebSocket/,
    ]) {
      assert.ok(!forbidden.test(code), `${entry}: ${forbidden}`);
    }
    assert.ok(!/^import\b|[;}]import[ {*"]/.test(code), `${entry} imports something`);
  }
});
