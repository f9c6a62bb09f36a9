/** Reading a file piece by piece, so that its size does not matter. */
import type { Bytes } from "../protocol/bytes.ts";
import { FileBroken } from "./errors.ts";

const WINDOW = 1 << 18;

export class Slices {
  readonly size: number;
  readonly #blob: Blob;
  #window: Bytes = new Uint8Array(0);
  #from = 0;

  constructor(blob: Blob) {
    this.#blob = blob;
    this.size = blob.size;
  }

  /** The bytes from `from` to before `to`. Throws `FileBroken` where the file is shorter. */
  async bytes(from: number, to: number): Promise<Bytes> {
    if (to > this.size || from > to) {
      throw new FileBroken();
    }
    if (from < this.#from || to > this.#from + this.#window.length) {
      const end = Math.min(this.size, Math.max(to, from + WINDOW));
      this.#window = new Uint8Array(await this.#blob.slice(from, end).arrayBuffer());
      this.#from = from;
    }
    return this.#window.subarray(from - this.#from, to - this.#from);
  }

  /** Up to a window of bytes from `from` on; none at the end. */
  async some(from: number): Promise<Bytes> {
    return await this.bytes(from, Math.min(this.size, from + WINDOW));
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes as one character each. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192) as unknown as number[]); // faster than `...`
  }
  return text;
}

/** Where a text of ASCII stands in bytes. */
export function* placesOf(bytes: Uint8Array, text: string): Generator<number> {
  const wanted = ascii(text);
  for (let at = bytes.indexOf(wanted[0] as number); at >= 0; at = bytes.indexOf(wanted[0] as number, at + 1)) {
    if (wanted.every((byte, offset) => bytes[at + offset] === byte)) {
      yield at;
    }
  }
}

/** Text in UTF-8, or in Latin-1 where it is not UTF-8. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

/** Whether `bytes` begin with the characters of `start`. */
export function startsWith(bytes: Uint8Array, start: string): boolean {
  return bytes.length >= start.length && [...start].every((letter, at) => bytes[at] === letter.charCodeAt(0));
}

/** The characters of `text` below U+0100 as a byte each. */
export function ascii(text: string): Bytes {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
