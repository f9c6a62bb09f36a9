/** Byte strings: joining, comparing, wiping, and base64 in its one spelling (docs/protocol.md, section 2). */

/** Bytes in a buffer of their own, which the browser's cryptography asks for. */
export type Bytes = Uint8Array<ArrayBuffer>;

const UTF8 = new TextEncoder();
// How many bytes become characters at once; more arguments than this overflow the stack of some engines.
const BASE64_STEP = 8192;

/** `text` in UTF-8. A lone surrogate would become U+FFFD here; whoever lets people's text in checks before. */
export function utf8(text: string): Bytes {
  return UTF8.encode(text);
}

/** `size` bytes of chance, from the platform's own source. At most 65,536. */
export function randomBytes(size: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** A whole number of chance from 0 to below `bound`, each as likely. At most 2^32. */
export function randomBelow(bound: number): number {
  const limit = Math.floor(2 ** 32 / bound) * bound;
  for (;;) {
    const [drawn] = crypto.getRandomValues(new Uint32Array(1));
    if (drawn !== undefined && drawn < limit) {
      return drawn % bound;
    }
  }
}

/** Puts `items` into an order of chance, each as likely, and returns them. */
export function shuffle<Item>(items: Item[]): Item[] {
  for (let index = items.length - 1; index > 0; index--) {
    const other = randomBelow(index + 1);
    [items[index], items[other]] = [items[other] as Item, items[index] as Item];
  }
  return items;
}

/** `a ‖ b ‖ …` */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Whether two byte strings are the same; how long it takes tells their sizes and nothing else. */
export function equal(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) {
    return false;
  }
  let difference = 0;
  for (let index = 0; index < left.length; index++) {
    difference |= (left[index] as number) ^ (right[index] as number);
  }
  return difference === 0;
}

/** Whether every byte is zero, in a time that depends on the size alone. */
export function isZero(bytes: Uint8Array): boolean {
  let seen = 0;
  for (const byte of bytes) {
    seen |= byte;
  }
  return seen === 0;
}

/** Which of two byte strings of one size comes first: below 0, 0, or above 0. */
export function compare(left: Uint8Array, right: Uint8Array): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) {
      return difference;
    }
  }
  return left.length - right.length;
}

/**
 * Overwrite secrets that are no longer needed. An engine may have made copies that nobody can reach; this takes away
 * those that we hold.
 */
export function wipe(...secrets: readonly (Uint8Array | Uint32Array)[]): void {
  for (const secret of secrets) {
    secret.fill(0);
  }
}

/** Base64 after RFC 4648, section 4, with padding. */
export function toBase64(bytes: Uint8Array): string {
  let characters = "";
  for (let offset = 0; offset < bytes.length; offset += BASE64_STEP) {
    characters += String.fromCharCode(...bytes.subarray(offset, offset + BASE64_STEP));
  }
  return btoa(characters);
}

/** The bytes of `text`, or `null` where an encoder would have written it differently. */
export function fromBase64(text: string): Bytes | null {
  let characters: string;
  try {
    characters = atob(text);
  } catch {
    return null;
  }
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < characters.length; index++) {
    bytes[index] = characters.charCodeAt(index);
  }
  return toBase64(bytes) === text ? bytes : null;
}

/** Small hexadecimal digits, two for each byte. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
