/**
 * JSON in one spelling, that of `JSON.stringify` (docs/protocol.md, section 6).
 *
 * What was read is written again and compared. That one rule refuses white space, floats, `-0`, exponents, duplicate
 * names and escapes that are not needed; what it lets through, because `JSON.stringify` would write it too, is checked
 * on its own.
 */
import { type Bytes, utf8 } from "./bytes.ts";
import { BodyMalformed } from "./errors.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** How many objects and lists may be inside each other, the outermost and an empty innermost included. */
export const JSON_DEPTH = 8;
/** How many `[`, `{` and `,` there may be outside strings: more values than any honest document has. */
export const JSON_MARK_LIMIT = 262_144;

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LONE_SURROGATE = /\p{Surrogate}/u;
const ONLY_DIGITS = /^[0-9]+$/;
const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, OPEN_OBJECT] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b];

/** The value that `bytes` spell. Throws `BodyMalformed`. */
export function decode(bytes: Uint8Array): Json {
  checkMarks(bytes);
  let text: string;
  let value: Json;
  try {
    text = STRICT_UTF8.decode(bytes);
    value = JSON.parse(text) as Json;
  } catch {
    throw new BodyMalformed();
  }
  // The depth is checked first: to write a value of great depth again would overflow the stack.
  check(value, 0);
  if (JSON.stringify(value) !== text) {
    throw new BodyMalformed();
  }
  return value;
}

/** The one spelling of `value`. Throws `BodyMalformed` for a value that no decoder would take. */
export function encode(value: Json): Bytes {
  check(value, 0);
  const bytes = utf8(JSON.stringify(value));
  checkMarks(bytes);
  return bytes;
}

/** Counts before an object is made of any value: a hostile part of 16 MiB has room for millions. */
function checkMarks(bytes: Uint8Array): void {
  let marks = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      inString = !inString;
    } else if (inString) {
      at += byte === BACKSLASH ? 1 : 0;
    } else if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) {
      marks += 1;
      refuseIf(marks > JSON_MARK_LIMIT);
    }
  }
}

function check(value: Json, depth: number): void {
  if (typeof value === "number") {
    // `-0` is caught by comparing; 2^53 − 1 is `JSON_INTEGER_LIMIT`.
    refuseIf(!Number.isSafeInteger(value) || value < 0);
  } else if (typeof value === "string") {
    refuseIf(LONE_SURROGATE.test(value));
  } else if (typeof value === "object" && value !== null) {
    refuseIf(depth === JSON_DEPTH);
    for (const [name, inner] of Object.entries(value)) {
      refuseIf(!Array.isArray(value) && (ONLY_DIGITS.test(name) || LONE_SURROGATE.test(name)));
      check(inner as Json, depth + 1);
    }
  }
}

function refuseIf(wrong: boolean): void {
  if (wrong) {
    throw new BodyMalformed();
  }
}
