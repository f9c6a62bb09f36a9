/** Slots: 64 bytes for one Recipient under X25519 and ML-KEM-768 together (docs/protocol.md, section 5). */
import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { blake2b } from "@noble/hashes/blake2.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { type Bytes, concat, randomBytes, shuffle, wipe } from "./bytes.ts";
import { NotForMe, RecordMalformed, SlotsAmbiguous } from "./errors.ts";
import { keyedHash } from "./hashing.ts";
import { type Identity, MLKEM_CIPHERTEXT_SIZE, type Recipient, X25519_SIZE } from "./keys.ts";
import { LABELS } from "./labels.ts";

export const SLOT_PAYLOAD_SIZE = 64;
export const SLOT_SIZE = 1216;
export const SLOT_COUNT = 16;
export const SLOTS_SIZE = SLOT_COUNT * SLOT_SIZE;

const TAG_SIZE = 16;
const NONCE_SIZE = 24;
const INNER_SIZE = MLKEM_CIPHERTEXT_SIZE + SLOT_PAYLOAD_SIZE + TAG_SIZE;
// "expand 32-byte k", the constant of Salsa20, as the words that hsalsa takes.
const SIGMA = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);

/** What one slot is to hold, and for whom. */
export interface Addressed {
  readonly recipient: Recipient;
  /** 64 bytes. */
  readonly payload: Uint8Array;
}

/**
 * Sixteen slots in an order of chance, those that nobody needs filled with what nobody can open.
 * Throws `RecordMalformed` for more than sixteen, two for one Recipient, or a payload of another size.
 */
export function sealSlots(addressed: readonly Addressed[]): Bytes {
  const keys = new Set(addressed.map(({ recipient }) => recipient.toString()));
  if (addressed.length > SLOT_COUNT || keys.size !== addressed.length) {
    throw new RecordMalformed();
  }
  const slots = addressed.map(sealSlot);
  while (slots.length < SLOT_COUNT) {
    slots.push(unusedSlot());
  }
  shuffle(slots);
  return concat(...slots);
}

/**
 * The 64 bytes for `identity` among sixteen slots (19,456 bytes). All are tried, so that time does not tell which fits.
 * Throws `RecordMalformed` for another size, `NotForMe` and `SlotsAmbiguous`.
 */
export function openSlots(slots: Uint8Array, identity: Identity): Uint8Array {
  if (slots.length !== SLOTS_SIZE) {
    throw new RecordMalformed();
  }
  const opened: Uint8Array[] = [];
  for (let index = 0; index < SLOT_COUNT; index++) {
    const payload = openSlot(slots.subarray(index * SLOT_SIZE, (index + 1) * SLOT_SIZE), identity);
    if (payload !== null) {
      opened.push(payload);
    }
  }
  const [only] = opened;
  if (only === undefined) {
    throw new NotForMe();
  }
  if (opened.length > 1) {
    wipe(...opened);
    throw new SlotsAmbiguous();
  }
  return only;
}

function sealSlot({ recipient, payload }: Addressed): Bytes {
  if (payload.length !== SLOT_PAYLOAD_SIZE) {
    throw new RecordMalformed();
  }
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(recipient.mlkem);
  const key = keyedHash(sharedSecret, LABELS.slot, cipherText, recipient.bytes);
  // The key was made for this one box, so the nonce may be zeros.
  const box = xsalsa20poly1305(key, new Uint8Array(NONCE_SIZE)).encrypt(payload);
  wipe(sharedSecret, key);
  return sealBox(concat(cipherText, box), recipient.x25519);
}

function openSlot(slot: Uint8Array, identity: Identity): Uint8Array | null {
  const inner = openBox(slot, identity);
  if (inner === null) {
    return null;
  }
  const ciphertext = inner.subarray(0, MLKEM_CIPHERTEXT_SIZE);
  const secret = identity.decapsulate(ciphertext);
  const key = keyedHash(secret, LABELS.slot, ciphertext, identity.recipient.bytes);
  const payload = decrypted(key, new Uint8Array(NONCE_SIZE), inner.subarray(MLKEM_CIPHERTEXT_SIZE));
  wipe(secret, key);
  return payload;
}

/** The same to everybody as a slot for somebody else: its key was thrown away. */
function unusedSlot(): Bytes {
  const scalar = randomBytes(X25519_SIZE);
  const slot = sealBox(randomBytes(INNER_SIZE), x25519.getPublicKey(scalar));
  wipe(scalar);
  return slot;
}

/** libsodium's `crypto_box_seal`: a box from a key of the moment, whose public half goes in front. */
function sealBox(plaintext: Uint8Array, point: Uint8Array): Bytes {
  const scalar = randomBytes(X25519_SIZE);
  const sender = x25519.getPublicKey(scalar);
  const shared = x25519.getSharedSecret(scalar, point);
  const key = boxKey(shared);
  const sealed = concat(sender, xsalsa20poly1305(key, boxNonce(sender, point)).encrypt(plaintext));
  wipe(scalar, shared, key);
  return sealed;
}

function openBox(sealed: Uint8Array, identity: Identity): Uint8Array | null {
  const sender = sealed.subarray(0, X25519_SIZE);
  const shared = identity.sharedSecretWithPoint(sender);
  if (shared === null) {
    return null;
  }
  const key = boxKey(shared);
  const plaintext = decrypted(key, boxNonce(sender, identity.recipient.x25519), sealed.subarray(X25519_SIZE));
  wipe(shared, key);
  return plaintext;
}

function boxNonce(sender: Uint8Array, receiver: Uint8Array): Uint8Array {
  return blake2b(concat(sender, receiver), { dkLen: NONCE_SIZE });
}

/** HSalsa20 of the shared secret, which turns the coordinate of a point into a key. */
function boxKey(shared: Uint8Array): Bytes {
  const input = wordsOf(shared);
  const output = new Uint32Array(8);
  hsalsa(SIGMA, input, new Uint32Array(4), output);
  const key = new Uint8Array(32);
  const view = new DataView(key.buffer);
  output.forEach((word, index) => view.setUint32(4 * index, word, true));
  wipe(input, output);
  return key;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(4 * index, true));
}

function decrypted(key: Uint8Array, nonce: Uint8Array, box: Uint8Array): Uint8Array | null {
  try {
    return xsalsa20poly1305(key, nonce).decrypt(box);
  } catch {
    return null;
  }
}
