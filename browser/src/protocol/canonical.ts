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

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LONE_SURROGATE = /\p{Surrogate}/u;
const ONLY_DIGITS = /^[0-9]+$/;

/** The value that `bytes` spell. Throws `BodyMalformed`. */
export function decode(bytes: Uint8Array): Json {
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
  return utf8(JSON.stringify(value));
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
