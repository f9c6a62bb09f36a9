/** Recipients, to whom things are sealed, and the Identities that open them (docs/protocol.md, section 3). */
import { x25519 } from "@noble/curves/ed25519.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { type Bytes, concat, equal, fromBase64, isZero, randomBytes, toBase64, wipe } from "./bytes.ts";
import { KeyRejected } from "./errors.ts";

export const X25519_SIZE = 32;
export const MLKEM_SEED_SIZE = 64;
export const MLKEM_PUBLIC_SIZE = 1184;
export const MLKEM_CIPHERTEXT_SIZE = 1088;
export const RECIPIENT_SIZE = X25519_SIZE + MLKEM_PUBLIC_SIZE;
export const IDENTITY_SIZE = X25519_SIZE + MLKEM_SEED_SIZE;

const RECIPIENT_PREFIX = "whistle-recipient-1:";
const IDENTITY_PREFIX = "whistle-identity-1:";
const MLKEM_MODULUS = 3329;
// An encapsulation key is 3 × 256 coefficients of 12 bits, two in three bytes, and a seed of 32 bytes.
const MLKEM_COEFFICIENTS_SIZE = 1152;
const FIELD_PRIME = (1n << 255n) - 19n;

/** A public key that passed every check. There is no other way to have one. */
export class Recipient {
  /** 1,216 bytes: X25519 ‖ ML-KEM-768. */
  readonly bytes: Bytes;

  /** Throws `KeyRejected` for bytes that are no key, or a second spelling of one. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== RECIPIENT_SIZE || !hasGoodPoint(bytes) || !hasGoodCoefficients(bytes)) {
      throw new KeyRejected();
    }
    this.bytes = concat(bytes);
  }

  /** The Recipient that `text` prints. Throws `KeyRejected`. */
  static parse(text: string): Recipient {
    return new Recipient(unprinted(text, RECIPIENT_PREFIX));
  }

  get x25519(): Bytes {
    return this.bytes.subarray(0, X25519_SIZE);
  }

  get mlkem(): Bytes {
    return this.bytes.subarray(X25519_SIZE);
  }

  equals(other: Recipient): boolean {
    return equal(this.bytes, other.bytes);
  }

  toString(): string {
    return RECIPIENT_PREFIX + toBase64(this.bytes);
  }
}

/** A secret key. It prints as nothing unless asked for `print`. */
export class Identity {
  readonly #bytes: Bytes;
  readonly #decapsulationKey: Uint8Array;
  readonly recipient: Recipient;

  /** Takes the bytes over: to wipe the Identity wipes them. Throws `KeyRejected` for another size than 96. */
  constructor(bytes: Bytes) {
    if (bytes.length !== IDENTITY_SIZE) {
      throw new KeyRejected();
    }
    this.#bytes = bytes;
    const { publicKey, secretKey } = ml_kem768.keygen(bytes.subarray(X25519_SIZE));
    this.#decapsulationKey = secretKey;
    this.recipient = new Recipient(concat(x25519.getPublicKey(this.#scalar), publicKey));
  }

  static create(): Identity {
    return new Identity(randomBytes(IDENTITY_SIZE));
  }

  /** The Identity that `text` prints. Throws `KeyRejected`. */
  static parse(text: string): Identity {
    return new Identity(unprinted(text, IDENTITY_PREFIX));
  }

  get bytes(): Bytes {
    return this.#bytes;
  }

  get #scalar(): Bytes {
    return this.#bytes.subarray(0, X25519_SIZE);
  }

  /** Raw X25519 with the point of `recipient`: 32 bytes that both ends have. */
  sharedSecret(recipient: Recipient): Uint8Array {
    return x25519.getSharedSecret(this.#scalar, recipient.x25519);
  }

  /** Raw X25519 with a point that came in a slot, or `null` where it is of low order. */
  sharedSecretWithPoint(point: Uint8Array): Uint8Array | null {
    return agree(this.#scalar, point);
  }

  /** The ML-KEM secret of a ciphertext. FIPS 203 gives another one, and no error, for one that is not for this key. */
  decapsulate(ciphertext: Uint8Array): Uint8Array {
    return ml_kem768.decapsulate(ciphertext, this.#decapsulationKey);
  }

  /** The printed secret, for whoever keeps it. */
  print(): string {
    return IDENTITY_PREFIX + toBase64(this.#bytes);
  }

  wipe(): void {
    wipe(this.#bytes, this.#decapsulationKey);
  }

  toString(): string {
    return "Identity(hidden)";
  }

  toJSON(): string {
    return this.toString();
  }
}

/** X25519 of RFC 7748, or `null` where the result says nothing but that the point is of low order. */
export function agree(scalar: Uint8Array, point: Uint8Array): Uint8Array | null {
  try {
    const shared = x25519.getSharedSecret(scalar, point);
    return isZero(shared) ? null : shared;
  } catch {
    return null;
  }
}

function hasGoodPoint(bytes: Uint8Array): boolean {
  const point = bytes.subarray(0, X25519_SIZE);
  const value = point.reduceRight((joined, byte) => (joined << 8n) | BigInt(byte), 0n);
  // The scalar does not matter: a point of low order gives zero with each, since all are multiples of eight.
  return value < FIELD_PRIME && agree(new Uint8Array(X25519_SIZE), point) !== null;
}

function hasGoodCoefficients(bytes: Uint8Array): boolean {
  const key = bytes.subarray(X25519_SIZE);
  for (let index = 0; index < MLKEM_COEFFICIENTS_SIZE; index += 3) {
    const [low, middle, high] = key.subarray(index, index + 3) as unknown as [number, number, number];
    if ((low | ((middle & 15) << 8)) >= MLKEM_MODULUS || ((middle >> 4) | (high << 4)) >= MLKEM_MODULUS) {
      return false;
    }
  }
  return true;
}

function unprinted(text: string, prefix: string): Bytes {
  const bytes = text.startsWith(prefix) ? fromBase64(text.slice(prefix.length)) : null;
  if (bytes === null) {
    throw new KeyRejected();
  }
  return bytes;
}
