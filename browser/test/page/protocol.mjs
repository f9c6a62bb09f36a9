// What ../protocol.mjs gives to Node's tests, in a page: the very bundle, word lists and vectors, fetched.
import * as protocol from "/protocol.js";

export { protocol };

async function json(path) {
  return await (await fetch(path)).json();
}

const languages = await json("/languages.json");
export const lists = await Promise.all(
  languages.map(async (language) => new protocol.WordList(language, await json(`/words/${language}.json`))),
);

export function listOf(language) {
  return lists.find((list) => list.language === language);
}

export async function vectorsOf(name) {
  return await json(`/vectors/${name}.json`);
}

export const records = await vectorsOf("records");
export const documents = await vectorsOf("documents");

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
