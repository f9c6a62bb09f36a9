/** Ed25519 over framed fields, and payloads that travel as the bytes that were signed (docs/protocol.md, 2 and 7). */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, equal } from "./bytes.ts";
import { KeyRejected, SignatureInvalid } from "./errors.ts";
import { bytes, type Of, struct } from "./fields.ts";
import { type Field, frame } from "./hashing.ts";

export const SIGNATURE_SIZE = 64;
export const SIGNING_KEY_SIZE = 32;

const HALF = SIGNATURE_SIZE / 2;
const { BASE, Fn } = ed25519.Point;

/** A document as it was signed. Who uses anything inside verifies first. */
export const signed = struct({ payload: bytes(), signature: bytes(SIGNATURE_SIZE) });
export type Signed = Of<typeof signed>;

/** `sign(secret; fields)`: 64 bytes. `secret` is the 32 bytes of RFC 8032. */
export function sign(secret: Uint8Array, ...fields: readonly Field[]): Bytes {
  return concat(ed25519.sign(frame(fields), secret));
}

/** The public key of a secret one. */
export function publicKeyOf(secret: Uint8Array): Bytes {
  return concat(ed25519.getPublicKey(secret));
}

/**
 * Throws `SignatureInvalid` unless `signature` is `key`'s over the fields, and `KeyRejected` for a key of another size.
 *
 * As libsodium does it, and not as noble's own `verify`: without the cofactor, and with neither key nor commitment of
 * low order. Two programs that differ here would disagree about documents that somebody made for that.
 */
export function verify(key: Uint8Array, signature: Uint8Array, ...fields: readonly Field[]): void {
  if (key.length !== SIGNING_KEY_SIZE) {
    throw new KeyRejected();
  }
  if (signature.length !== SIGNATURE_SIZE || !holds(key, signature, frame(fields))) {
    throw new SignatureInvalid();
  }
}

function holds(key: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
  const commitment = signature.subarray(0, HALF);
  const scalar = littleEndian(signature.subarray(HALF));
  if (scalar >= Fn.ORDER) {
    return false;
  }
  try {
    const point = ed25519.Point.fromBytes(concat(key), false);
    const challenge = Fn.create(littleEndian(sha512(concat(commitment, key, message))));
    const expected = BASE.multiplyUnsafe(scalar).subtract(point.multiplyUnsafe(challenge));
    return !point.isSmallOrder() && !expected.isSmallOrder() && equal(expected.toBytes(), commitment);
  } catch {
    // The bytes of the key are no point, or a second spelling of one.
    return false;
  }
}

function littleEndian(number: Uint8Array): bigint {
  return number.reduceRight((joined, byte) => (joined << 8n) | BigInt(byte), 0n);
}
