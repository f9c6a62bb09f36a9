/** Chunk records: one piece of a stream, sealed (docs/protocol.md, section 8). */
import { type Bytes, equal } from "./bytes.ts";
import { type ChunkCipher, chunkCipher } from "./cipher.ts";
import { StreamAltered } from "./errors.ts";
import { keyedHash } from "./hashing.ts";
import { LABELS } from "./labels.ts";
import { ADDRESS_SIZE, BURN_HASH_SIZE, burnHashOfChunk, RECORD_SIZE } from "./record.ts";
import { Row } from "./row.ts";
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

/** Where the chunks of a stream lie. */
export function chunkAddresses(streamKey: Uint8Array): Row {
  return new Row(streamKey, [LABELS.chunkAddress]);
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
  /** The tokens that burn its chunks. */
  readonly burnTokens: Row;
}

/**
 * Makes the chunk records of one stream, in any order.
 *
 * Who uses it gives each index one plaintext and no other: two under one nonce would give away both.
 */
export class ChunkSealer {
  readonly #addresses: Row;
  readonly #burnTokens: Row;
  readonly #cipher: ChunkCipher;

  private constructor({ key, burnTokens }: StreamSecrets, cipher: ChunkCipher) {
    this.#addresses = chunkAddresses(key);
    this.#burnTokens = burnTokens;
    this.#cipher = cipher;
  }

  static async begin(secrets: StreamSecrets): Promise<ChunkSealer> {
    return new ChunkSealer(secrets, await cipherOf(secrets.key));
  }

  /**
   * The record of chunk `index`, which holds the 32,688 bytes of `plaintext`, in a buffer of its own or in `record`: to
   * allocate thousands of buffers takes longer than to seal into them.
   */
  async seal(index: number, last: boolean, plaintext: Bytes, record = new Uint8Array(RECORD_SIZE)): Promise<Bytes> {
    record.set(await this.#addresses.at(index));
    record.set(await burnHashOfChunk(await this.#burnTokens.at(index)), ADDRESS_SIZE);
    const associated = record.subarray(0, ASSOCIATED_SIZE);
    record.set(await this.#cipher.encrypt(nonceOf(index, last), associated, plaintext), ASSOCIATED_SIZE);
    return record;
  }

  wipe(): void {
    this.#addresses.wipe();
    this.#burnTokens.wipe();
    this.#cipher.wipe();
  }
}

/** Opens the chunk records of one stream, in any order. */
export class ChunkOpener {
  readonly #addresses: Row;
  readonly #cipher: ChunkCipher;

  private constructor(key: Uint8Array, cipher: ChunkCipher) {
    this.#addresses = chunkAddresses(key);
    this.#cipher = cipher;
  }

  static async begin(key: Uint8Array): Promise<ChunkOpener> {
    return new ChunkOpener(key, await cipherOf(key));
  }

  /** Where chunk `index` lies. */
  async address(index: number): Promise<Bytes> {
    return await this.#addresses.at(index);
  }

  /** The bytes of chunk `index`. Throws `StreamAltered` for a record that is missing, elsewhere, or changed. */
  async open(index: number, last: boolean, record: Bytes | null): Promise<Bytes> {
    const isThere = record !== null && record.length === RECORD_SIZE;
    if (!isThere || !equal(record.subarray(0, ADDRESS_SIZE), await this.address(index))) {
      throw new StreamAltered();
    }
    const [associated, sealed] = [record.subarray(0, ASSOCIATED_SIZE), record.subarray(ASSOCIATED_SIZE)];
    return await this.#cipher.decrypt(nonceOf(index, last), associated, sealed);
  }

  wipe(): void {
    this.#addresses.wipe();
    this.#cipher.wipe();
  }
}
