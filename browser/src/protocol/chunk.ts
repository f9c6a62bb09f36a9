/** Chunk records: one piece of a stream, sealed (docs/protocol.md, section 8). */
import { type Bytes, equal } from "./bytes.ts";
import { type ChunkCipher, chunkCipher } from "./cipher.ts";
import { StreamAltered } from "./errors.ts";
import { keyedHash } from "./hashing.ts";
import { LABELS } from "./labels.ts";
import { ADDRESS_SIZE, BURN_HASH_SIZE, burnHashOf, RECORD_SIZE } from "./record.ts";
import { CHUNK_MINIMUM } from "./state.ts";

export const CHUNK_TEXT_SIZE = 32_688;

const NONCE_SIZE = 12;
const ASSOCIATED_SIZE = ADDRESS_SIZE + BURN_HASH_SIZE;

/** How many chunks a stream of `used` chunks has: few enough numbers that they tell little of a size. */
export function padded(used: number): number {
  if (used <= CHUNK_MINIMUM) {
    return CHUNK_MINIMUM;
  }
  const exponent = Math.floor(Math.log2(used));
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
  return Math.ceil(used / step) * step;
}

/** How many chunks a piece of so many bytes takes. */
export function chunksFor(size: number): number {
  return Math.ceil(size / CHUNK_TEXT_SIZE);
}

/** Where chunk `index` of a stream lies. */
export function chunkAddress(streamKey: Uint8Array, index: number): Bytes {
  return keyedHash(streamKey, LABELS.chunkAddress, index);
}

/** The AES key of a stream's chunks. */
async function cipherOf(streamKey: Uint8Array): Promise<ChunkCipher> {
  return await chunkCipher(keyedHash(streamKey, LABELS.chunkKey));
}

/** The index and whether it is the last: a chunk that was cut off, moved or added does not decrypt. */
function nonceOf(index: number, last: boolean): Bytes {
  const nonce = new Uint8Array(NONCE_SIZE);
  new DataView(nonce.buffer).setUint32(NONCE_SIZE - 5, index);
  nonce[NONCE_SIZE - 1] = last ? 1 : 0;
  return nonce;
}

export interface StreamSecrets {
  /** 32 random bytes, for one stream. */
  readonly key: Bytes;
  /** 8 random bytes, not all zero. */
  readonly nonce: Bytes;
  /** The token that burns chunk `index`. */
  readonly burnToken: (index: number) => Uint8Array;
}

/**
 * Makes the chunk records of one stream, in any order.
 *
 * Who uses it gives each index one plaintext and no other: two under one nonce would give away both.
 */
export class ChunkSealer {
  readonly #secrets: StreamSecrets;
  readonly #cipher: ChunkCipher;

  private constructor(secrets: StreamSecrets, cipher: ChunkCipher) {
    this.#secrets = secrets;
    this.#cipher = cipher;
  }

  static async begin(secrets: StreamSecrets): Promise<ChunkSealer> {
    return new ChunkSealer(secrets, await cipherOf(secrets.key));
  }

  /** The record of chunk `index`, which holds the 32,688 bytes of `plaintext`. */
  async seal(index: number, last: boolean, plaintext: Bytes): Promise<Bytes> {
    const record = new Uint8Array(RECORD_SIZE);
    record.set(chunkAddress(this.#secrets.key, index));
    record.set(burnHashOf(this.#secrets.burnToken(index)), ADDRESS_SIZE);
    const associated = record.subarray(0, ASSOCIATED_SIZE);
    record.set(await this.#cipher.encrypt(nonceOf(index, last), associated, plaintext), ASSOCIATED_SIZE);
    return record;
  }

  wipe(): void {
    this.#cipher.wipe();
  }
}

/** Opens the chunk records of one stream, in any order. */
export class ChunkOpener {
  readonly #key: Uint8Array;
  readonly #cipher: ChunkCipher;

  private constructor(key: Uint8Array, cipher: ChunkCipher) {
    this.#key = key;
    this.#cipher = cipher;
  }

  static async begin(key: Uint8Array): Promise<ChunkOpener> {
    return new ChunkOpener(key, await cipherOf(key));
  }

  /** The bytes of chunk `index`. Throws `StreamAltered` for a record that is missing, elsewhere, or changed. */
  async open(index: number, last: boolean, record: Bytes | null): Promise<Bytes> {
    const isThere = record !== null && record.length === RECORD_SIZE;
    if (!isThere || !equal(record.subarray(0, ADDRESS_SIZE), chunkAddress(this.#key, index))) {
      throw new StreamAltered();
    }
    const [associated, sealed] = [record.subarray(0, ASSOCIATED_SIZE), record.subarray(ASSOCIATED_SIZE)];
    return await this.#cipher.decrypt(nonceOf(index, last), associated, sealed);
  }

  wipe(): void {
    this.#cipher.wipe();
  }
}
