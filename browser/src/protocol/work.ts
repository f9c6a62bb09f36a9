/** Proof of work, which each `POST` to a shelf carries (docs/protocol.md, section 9). */
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, concat } from "./bytes.ts";
import { WorkMissing } from "./errors.ts";
import { frame } from "./hashing.ts";
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
 * Nonces from `from` on, as many as `tries`: the first that is work for the request, or `null`.
 *
 * A page searches in pieces, so that it stays alive meanwhile. The browser's own SHA-256 tries a nonce in a few
 * microseconds; without JIT, JavaScript takes hundreds. `subtle` is given by tests that want the one or the other.
 */
export async function searchWork(
  request: WorkFor,
  from: number,
  tries: number,
  subtle: SubtleCrypto | null = globalThis.crypto?.subtle ?? null,
): Promise<Bytes | null> {
  const prefix = prefixOf(request);
  const hashes = subtle === null ? inJavaScript(prefix, from, tries) : await byBrowser(prefix, from, tries, subtle);
  const place = hashes.findIndex((hash) => zeroBits(hash) >= request.bits);
  return place === -1 ? null : writeNonce(new Uint8Array(WORK_NONCE_SIZE), from + place);
}

function inJavaScript(prefix: Bytes, from: number, tries: number): readonly Uint8Array[] {
  // All but the nonce is hashed once, and each try goes on from there.
  const before = sha256.create().update(prefix);
  const nonce = new Uint8Array(WORK_NONCE_SIZE);
  return Array.from({ length: tries }, (_, place) => before.clone().update(writeNonce(nonce, from + place)).digest());
}

async function byBrowser(prefix: Bytes, from: number, tries: number, subtle: SubtleCrypto): Promise<readonly Uint8Array[]> {
  const asked = concat(prefix, new Uint8Array(WORK_NONCE_SIZE));
  const nonce = asked.subarray(prefix.length);
  const hashes = Array.from({ length: tries }, (_, place) => {
    writeNonce(nonce, from + place);
    // It is copied before the call returns.
    return subtle.digest("SHA-256", asked);
  });
  return (await Promise.all(hashes)).map((hash) => new Uint8Array(hash));
}

function writeNonce(nonce: Bytes, number: number): Bytes {
  const view = new DataView(nonce.buffer, nonce.byteOffset);
  view.setUint32(0, number % 2 ** 32, true);
  view.setUint32(4, Math.floor(number / 2 ** 32), true);
  return nonce;
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
