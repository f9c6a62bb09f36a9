/** Passes, by which a shelf knows who asks for its listing (docs/protocol.md, section 9). */
import { type Bytes, randomBytes, toHex } from "./bytes.ts";
import { SignatureInvalid } from "./errors.ts";
import type { Field } from "./hashing.ts";
import { LABELS } from "./labels.ts";
import { sign, verify } from "./signing.ts";

export const PASS_NONCE_SIZE = 16;

export interface Pass {
  /** The query of the address, without its "?". */
  readonly query: string;
  /** In Unix seconds. */
  readonly time: number;
  /** 16 bytes, good once. */
  readonly nonce: Uint8Array;
}

/** The header `Whistle-Pass` of one request for a listing. */
export function passHeader(person: number, secret: Uint8Array, site: Uint8Array, query: string, time: number): string {
  const pass: Pass = { query, time, nonce: randomBytes(PASS_NONCE_SIZE) };
  return `${person}:${time}:${toHex(pass.nonce)}:${toHex(signPass(pass, secret, site))}`;
}

/** A person's signature of a pass. */
export function signPass(pass: Pass, secret: Uint8Array, site: Uint8Array): Bytes {
  return sign(secret, ...fieldsOf(pass, site));
}

/** Throws `SignatureInvalid` unless `key` signed the pass. Whether its time is now, its reader knows. */
export function checkPass(pass: Pass, signature: Uint8Array, key: Uint8Array, site: Uint8Array): void {
  if (pass.nonce.length !== PASS_NONCE_SIZE || !Number.isSafeInteger(pass.time) || pass.time < 0) {
    throw new SignatureInvalid();
  }
  verify(key, signature, ...fieldsOf(pass, site));
}

function fieldsOf({ query, time, nonce }: Pass, site: Uint8Array): readonly Field[] {
  return [LABELS.listing, site, "GET", query, time, nonce];
}
