/** Proof of work, which each `POST` to a shelf carries (docs/protocol.md, section 9). */
import type { Bytes } from "./bytes.ts";
import { WorkMissing } from "./errors.ts";
import { hash } from "./hashing.ts";
import { LABELS } from "./labels.ts";

export const WORK_NONCE_SIZE = 8;
const BITS_OF_A_BYTE = 8;

/** One request: work for it is good for no other. */
export interface WorkFor {
  readonly challenge: Uint8Array;
  readonly path: string;
  readonly body: Uint8Array;
  /** How many zero bits are asked. */
  readonly bits: number;
}

/** Throws `WorkMissing` unless `nonce` is work for the request. */
export function checkWork(request: WorkFor, nonce: Uint8Array): void {
  const isThere = nonce.length === WORK_NONCE_SIZE;
  if (!isThere || zeroBits(workHash(request, hash(LABELS.work, request.body), nonce)) < request.bits) {
    throw new WorkMissing();
  }
}

/**
 * Nonces from `from` on, as many as `tries`: one that is work for the request, or `null`.
 * A page searches in pieces, so that it stays alive meanwhile.
 */
export function searchWork(request: WorkFor, from: number, tries: number): Bytes | null {
  const bodyHash = hash(LABELS.work, request.body);
  const nonce = new Uint8Array(WORK_NONCE_SIZE);
  const view = new DataView(nonce.buffer);
  for (let candidate = from; candidate < from + tries; candidate++) {
    view.setBigUint64(0, BigInt(candidate), true);
    if (zeroBits(workHash(request, bodyHash, nonce)) >= request.bits) {
      return nonce;
    }
  }
  return null;
}

function workHash({ challenge, path }: WorkFor, bodyHash: Uint8Array, nonce: Uint8Array): Bytes {
  return hash(LABELS.work, challenge, path, bodyHash, nonce);
}

/** How many zero bits the big-endian number begins with. */
function zeroBits(number: Uint8Array): number {
  const first = number.findIndex((byte) => byte !== 0);
  if (first === -1) {
    return BITS_OF_A_BYTE * number.length;
  }
  return BITS_OF_A_BYTE * first + Math.clz32(number[first] as number) - 3 * BITS_OF_A_BYTE;
}
