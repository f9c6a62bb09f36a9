// The protocol, and what a source does with it, as a page gets them: bundled and minified, and nothing that the bundle does not give.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { bundle } from "../build.mjs";
import { DIGESTS, wordsOf } from "../words.mjs";

export const { protocol, source, Garbage } = await loaded();
export const lists = await Promise.all(
  Object.keys(DIGESTS).map(async (language) => new protocol.WordList(language, await wordsOf(language))),
);

export function listOf(language) {
  return lists.find((list) => list.language === language);
}

/** A file of vectors, from where every client of the protocol finds them. */
export async function vectorsOf(name) {
  return JSON.parse(await readFile(new URL(`../../tests/vectors/${name}.json`, import.meta.url), "utf8"));
}

export const records = await vectorsOf("records");
export const documents = await vectorsOf("documents");

/** Bytes of a vector: base64, pieces so many times each, or zeros or a record with bytes put into them. */
export function bytesOf(given) {
  if (typeof given === "string") {
    return new Uint8Array(Buffer.from(given, "base64"));
  }
  if (given.pieces !== undefined) {
    const pieces = given.pieces.map(([piece, times]) => [Buffer.from(piece, "base64"), times]);
    return new Uint8Array(Buffer.concat(pieces.map(([piece, times]) => Buffer.alloc(piece.length * times, piece))));
  }
  const bytes = given.record === undefined ? new Uint8Array(given.size) : bytesOf(records[given.record]);
  for (const [offset, put] of given.put ?? []) {
    bytes.set(bytesOf(put), offset);
  }
  return bytes;
}

export function base64(bytes) {
  return Buffer.from(bytes).toString("base64");
}

async function loaded() {
  const place = await mkdtemp(join(tmpdir(), "whistle-"));
  try {
    const file = join(place, "client.mjs");
    await writeFile(file, await bundle("test/client.ts"));
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(place, { recursive: true });
  }
}
