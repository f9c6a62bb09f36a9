/** Looking for texts in a cleaned file, in every spelling that file formats use. */
import { utf8 } from "../protocol/bytes.ts";

/** Shorter texts are in every file by chance. */
const SHORTEST = 6;
const WINDOW = 1 << 20;

interface Pattern {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Finds any of many texts in one pass: as UTF-8, as UTF-16 of both orders, and each of them in hexadecimal. */
export class Search {
  readonly found = new Set<string>();
  readonly #patterns = new Map<number, Pattern[]>();
  readonly #first = new Uint8Array(1 << 16);
  #longest = 1;

  constructor(texts: Iterable<string>) {
    for (const text of texts) {
      const plain = utf8(text);
      if (plain.length >= SHORTEST) {
        const wide = utf16(text);
        const spellings = [plain, wide, swapped(wide)];
        spellings.push(...spellings.flatMap((bytes) => [utf8(hex(bytes)), utf8(hex(bytes).toUpperCase())]));
        spellings.forEach((bytes) => this.#add({ text, bytes }));
      }
    }
  }

  #add(pattern: Pattern): void {
    const start = at(pattern.bytes, 0) | (at(pattern.bytes, 1) << 8);
    this.#first[start] = 1;
    this.#patterns.set(start, [...(this.#patterns.get(start) ?? []), pattern]);
    this.#longest = Math.max(this.#longest, pattern.bytes.length);
  }

  /** Adds to `found` what is in `bytes`. */
  bytes(bytes: Uint8Array): void {
    for (let place = 0; place + 1 < bytes.length; place += 1) {
      const start = at(bytes, place) | (at(bytes, place + 1) << 8);
      if (this.#first[start] === 1) {
        for (const { text, bytes: wanted } of this.#patterns.get(start) ?? []) {
          if (isAt(bytes, place, wanted)) {
            this.found.add(text);
          }
        }
      }
    }
  }

  /** Adds to `found` what is in a file, of which only a megabyte is in memory at a time. */
  async blob(blob: Blob): Promise<void> {
    for (let from = 0; from < blob.size && this.#patterns.size > 0; from += WINDOW) {
      this.bytes(new Uint8Array(await blob.slice(from, from + WINDOW + this.#longest).arrayBuffer()));
    }
  }
}

function at(bytes: Uint8Array, place: number): number {
  return bytes[place] as number;
}

function isAt(bytes: Uint8Array, place: number, wanted: Uint8Array): boolean {
  for (let offset = 0; offset < wanted.length; offset += 1) {
    if (bytes[place + offset] !== wanted[offset]) {
      return false;
    }
  }
  return true;
}

/** UTF-16, the high byte first. */
function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let index = 0; index < text.length; index += 1) {
    bytes[2 * index] = text.charCodeAt(index) >> 8;
    bytes[2 * index + 1] = text.charCodeAt(index) & 0xff;
  }
  return bytes;
}

function swapped(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, index) => at(bytes, index ^ 1));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
