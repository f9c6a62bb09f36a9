/** The one way in which fields are joined, hashed and authenticated (docs/protocol.md, section 2). */
import { blake2b } from "@noble/hashes/blake2.js";
import { sha256 as sha256InJavaScript } from "@noble/hashes/sha2.js";
import { type Bytes, concat, utf8 } from "./bytes.ts";

/** Bytes as they are, text as UTF-8, an integer from 0 to 2^53 − 1 as eight bytes. */
export type Field = Uint8Array | string | number;

export const HASH_SIZE = 32;
const LENGTH_SIZE = 8;

/** `L(…)`: each field behind its length, so that no two lists of fields give the same bytes. */
export function frame(fields: readonly Field[]): Bytes {
  return concat(...pieces(fields));
}

/** `H(…)`: BLAKE2b, 32 bytes, without a key. */
export function hash(...fields: readonly Field[]): Bytes {
  return digest(fields, undefined, HASH_SIZE);
}

/** `H[key](…)`, by BLAKE2b's own keying. */
export function keyedHash(key: Uint8Array, ...fields: readonly Field[]): Bytes {
  return digest(fields, key, HASH_SIZE);
}

/** `H[key, size](…)`: `size` is BLAKE2b's digest length, so a shorter hash is no prefix of a longer one. */
export function keyedHashOf(size: number, key: Uint8Array, ...fields: readonly Field[]): Bytes {
  return digest(fields, key, size);
}

/** `H[key](fields…, i)` for many integers `i`: all but the last field is hashed once. */
export class HashRow {
  readonly #before: ReturnType<typeof blake2b.create>;
  readonly #state: ReturnType<typeof blake2b.create>;
  readonly #last = new Uint8Array(2 * LENGTH_SIZE);
  readonly #view = new DataView(this.#last.buffer);

  constructor(key: Uint8Array, ...fields: readonly Field[]) {
    this.#before = blake2b.create({ dkLen: HASH_SIZE, key }).update(frame(fields));
    this.#state = this.#before.clone();
    this.#last[0] = LENGTH_SIZE;
  }

  at(index: number): Bytes {
    this.#view.setUint32(LENGTH_SIZE, index % 2 ** 32, true);
    this.#view.setUint32(LENGTH_SIZE + 4, Math.floor(index / 2 ** 32), true);
    const result = new Uint8Array(HASH_SIZE);
    this.#before._cloneInto(this.#state).update(this.#last).digestInto(result);
    return result;
  }

  wipe(): void {
    this.#before.destroy();
    this.#state.destroy();
  }
}

/** SHA-256 by the browser where it has one, which a page that came without TLS has not: of files and whole requests. */
export async function sha256(
  data: Bytes,
  subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle,
): Promise<Bytes> {
  return subtle === undefined ? concat(sha256InJavaScript(data)) : new Uint8Array(await subtle.digest("SHA-256", data));
}

// The fields go in one by one and not joined, so that no second copy of a secret one is made.
function digest(fields: readonly Field[], key: Uint8Array | undefined, size: number): Bytes {
  const state = blake2b.create(key === undefined ? { dkLen: size } : { dkLen: size, key });
  for (const piece of pieces(fields)) {
    state.update(piece);
  }
  const result = new Uint8Array(size);
  result.set(state.digest());
  state.destroy();
  return result;
}

function* pieces(fields: readonly Field[]): Generator<Uint8Array> {
  for (const field of fields) {
    const bytes = typeof field === "number" ? u64(field) : typeof field === "string" ? utf8(field) : field;
    yield u64(bytes.length);
    yield bytes;
  }
}

function u64(value: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError("A field is an integer from 0 to 2^53 - 1.");
  }
  const bytes = new Uint8Array(LENGTH_SIZE);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}
