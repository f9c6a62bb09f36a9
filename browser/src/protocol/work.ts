/** Proof of work, which each `POST` to a shelf carries (docs/protocol.md, section 9). */
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, concat } from "./bytes.ts";
import { WorkMissing } from "./errors.ts";
import { frame, HASH_SIZE } from "./hashing.ts";
import { LABELS } from "./labels.ts";

export const WORK_NONCE_SIZE = 8;
const BITS_OF_A_BYTE = 8;

/** One request: work for it is good for no other. */
export interface WorkFor {
  readonly challenge: Uint8Array;
  readonly path: string;
  /** SHA-256 of the body. */
  readonly digest: Uint8Array;
  /** How many zero bits are asked. */
  readonly bits: number;
}

/** Throws `WorkMissing` unless `nonce` is work for the request. */
export function checkWork(request: WorkFor, nonce: Uint8Array): void {
  const isThere = nonce.length === WORK_NONCE_SIZE;
  if (!isThere || zeroBits(sha256(concat(prefixOf(request), nonce))) < request.bits) {
    throw new WorkMissing();
  }
}

/**
 * Nonces from `from` on, as many as `tries`: one that is work for the request, or `null`.
 * A page searches in pieces, so that it stays alive meanwhile.
 */
export function searchWork(request: WorkFor, from: number, tries: number): Bytes | null {
  // All but the nonce is hashed once, and each try goes on from there.
  const before = sha256.create().update(prefixOf(request));
  const state = before.clone();
  const found = new Uint8Array(HASH_SIZE);
  const nonce = new Uint8Array(WORK_NONCE_SIZE);
  const view = new DataView(nonce.buffer);
  for (let candidate = from; candidate < from + tries; candidate++) {
    view.setUint32(0, candidate % 2 ** 32, true);
    view.setUint32(4, Math.floor(candidate / 2 ** 32), true);
    before._cloneInto(state).update(nonce).digestInto(found);
    if (zeroBits(found) >= request.bits) {
      return nonce;
    }
  }
  return null;
}

/** What is hashed before the nonce: the fields before it, and its length. */
function prefixOf({ challenge, path, digest }: WorkFor): Bytes {
  const framed = frame([LABELS.work, challenge, path, digest, new Uint8Array(WORK_NONCE_SIZE)]);
  return framed.subarray(0, framed.length - WORK_NONCE_SIZE);
}

/** How many zero bits the big-endian number begins with. */
function zeroBits(number: Uint8Array): number {
  const first = number.findIndex((byte) => byte !== 0);
  if (first === -1) {
    return BITS_OF_A_BYTE * number.length;
  }
  return BITS_OF_A_BYTE * first + Math.clz32(number[first] as number) - 3 * BITS_OF_A_BYTE;
}
