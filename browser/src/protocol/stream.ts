/** Streams: files and long texts in chunk records (docs/protocol.md, section 8). */
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, equal, isZero, wipe } from "./bytes.ts";
import { type ChunkCipher, chunkCipher } from "./cipher.ts";
import {
  type Content,
  decodeContent,
  FILE_LIMIT,
  FILE_NAME_LIMIT,
  FILE_TYPE_LIMIT,
  type FileEntry,
  PART_LIMIT,
  type Part,
  type StreamReference,
} from "./content.ts";
import { StreamAltered, StreamMalformed, TooLarge } from "./errors.ts";
import { text } from "./fields.ts";
import { keyedHash } from "./hashing.ts";
import { LABELS } from "./labels.ts";
import { ADDRESS_SIZE, BURN_HASH_SIZE, burnHashOf, RECORD_SIZE } from "./record.ts";
import { CHUNK_LIMIT, CHUNK_MINIMUM } from "./state.ts";

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

/** The AES key of a stream's chunks. */
async function cipherOf(streamKey: Uint8Array): Promise<ChunkCipher> {
  return await chunkCipher(keyedHash(streamKey, LABELS.chunkKey));
}

/** Where chunk `index` of a stream lies. */
export function chunkAddress(streamKey: Uint8Array, index: number): Bytes {
  return keyedHash(streamKey, LABELS.chunkAddress, index);
}

/** The index and whether it is the last: a chunk that was cut off, moved or added does not decrypt. */
function nonceOf(index: number, last: boolean): Bytes {
  const nonce = new Uint8Array(NONCE_SIZE);
  new DataView(nonce.buffer).setUint32(NONCE_SIZE - 5, index);
  nonce[NONCE_SIZE - 1] = last ? 1 : 0;
  return nonce;
}

function chunksFor(size: number): number {
  return Math.ceil(size / CHUNK_TEXT_SIZE);
}

export interface StreamSecrets {
  /** 32 random bytes, for one stream. */
  readonly key: Bytes;
  /** 8 random bytes, not all zero. */
  readonly nonce: Bytes;
  /** The token that burns chunk `index`. */
  readonly burnToken: (index: number) => Uint8Array;
}

/** Writes one stream, as its data come. No more than two chunks are in memory at any time. */
export class StreamWriter {
  readonly #secrets: StreamSecrets;
  readonly #cipher: ChunkCipher;
  readonly #put: (record: Bytes) => Promise<void>;
  readonly #files: FileEntry[] = [];
  readonly #digest = sha256.create();
  // The chunk that is complete waits until it is known not to be the last.
  #complete: Bytes | null = null;
  #filling = new Uint8Array(CHUNK_TEXT_SIZE);
  #filled = 0;
  // Chunks begun, and records put.
  #begun = 0;
  #written = 0;

  private constructor(secrets: StreamSecrets, cipher: ChunkCipher, put: (record: Bytes) => Promise<void>) {
    this.#secrets = secrets;
    this.#cipher = cipher;
    this.#put = put;
  }

  /** `put` gets each chunk record in order. */
  static async begin(secrets: StreamSecrets, put: (record: Bytes) => Promise<void>): Promise<StreamWriter> {
    return new StreamWriter(secrets, await cipherOf(secrets.key), put);
  }

  /** Throws `TooLarge` where name, media type or stream would exceed its limit. */
  async addFile(
    name: string,
    type: string,
    data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<FileEntry> {
    if (this.#files.length === FILE_LIMIT || !fits(name, FILE_NAME_LIMIT) || !fits(type, FILE_TYPE_LIMIT)) {
      throw new TooLarge();
    }
    const chunk = this.#begun;
    let size = 0;
    for await (const piece of data) {
      size += piece.length;
      await this.#write(piece);
    }
    await this.#endPiece();
    const entry = { name, type, size, chunk };
    this.#files.push(entry);
    return entry;
  }

  /**
   * The table of files so far: who writes the content as the part needs it before the end.
   */
  get files(): readonly FileEntry[] {
    return [...this.#files];
  }

  /** Writes the part, where there is one, and the zeros behind it. Nothing can be added afterwards. */
  async finish(part: Uint8Array | null = null): Promise<StreamReference> {
    const reference = part === null ? null : await this.#writePart(part);
    const chunks = padded(this.#begun);
    while (this.#begun < chunks) {
      await this.#begin();
      await this.#endChunk();
    }
    await this.#flush(true);
    this.wipe();
    const { key, nonce } = this.#secrets;
    return { key, nonce, chunks, digest: concat(this.#digest.digest()), part: reference };
  }

  /** Takes what is left of the text out of memory; also for whoever gives up half-way. */
  wipe(): void {
    wipe(this.#filling);
    this.#complete?.fill(0);
    this.#cipher.wipe();
  }

  async #writePart(part: Uint8Array): Promise<Part> {
    if (part.length === 0 || part.length > PART_LIMIT) {
      throw new TooLarge();
    }
    const chunk = this.#begun;
    await this.#write(part);
    await this.#endPiece();
    return { size: part.length, chunk, digest: concat(sha256(part)) };
  }

  async #write(data: Uint8Array): Promise<void> {
    for (let offset = 0; offset < data.length;) {
      if (this.#filled === 0) {
        await this.#begin();
      }
      const piece = data.subarray(offset, offset + CHUNK_TEXT_SIZE - this.#filled);
      this.#filling.set(piece, this.#filled);
      this.#filled += piece.length;
      offset += piece.length;
      if (this.#filled === CHUNK_TEXT_SIZE) {
        await this.#endChunk();
      }
    }
  }

  async #endPiece(): Promise<void> {
    if (this.#filled > 0) {
      await this.#endChunk();
    }
  }

  async #begin(): Promise<void> {
    if (this.#begun === CHUNK_LIMIT) {
      throw new TooLarge();
    }
    await this.#flush(false);
    this.#begun += 1;
  }

  async #endChunk(): Promise<void> {
    this.#complete = this.#filling;
    this.#filling = new Uint8Array(CHUNK_TEXT_SIZE);
    this.#filled = 0;
  }

  async #flush(last: boolean): Promise<void> {
    const plaintext = this.#complete;
    if (plaintext === null) {
      return;
    }
    const index = this.#written;
    const burnHash = burnHashOf(this.#secrets.burnToken(index));
    const associated = concat(chunkAddress(this.#secrets.key, index), burnHash);
    const record = concat(associated, await this.#cipher.encrypt(nonceOf(index, last), associated, plaintext));
    wipe(plaintext);
    this.#complete = null;
    this.#written += 1;
    this.#digest.update(sha256(record));
    await this.#put(record);
  }
}

/** Gets the record of chunk `index`, or `null` where there is none. */
export type FetchChunk = (index: number) => Promise<Uint8Array | null>;

/** Reads one stream, whose every byte may have been replaced by somebody else who may read it. */
export class StreamReader {
  readonly #reference: StreamReference;
  readonly #cipher: ChunkCipher;

  private constructor(reference: StreamReference, cipher: ChunkCipher) {
    this.#reference = reference;
    this.#cipher = cipher;
  }

  /** Throws `StreamMalformed` where the part reaches beyond the chunks. */
  static async begin(reference: StreamReference): Promise<StreamReader> {
    const { part, chunks, key } = reference;
    if (part !== null && part.chunk + chunksFor(part.size) > chunks) {
      throw new StreamMalformed();
    }
    return new StreamReader(reference, await cipherOf(key));
  }

  /** Where chunk `index` lies. */
  address(index: number): Bytes {
    return chunkAddress(this.#reference.key, index);
  }

  /**
   * The content, where the stream has it. Its own digest is enough; the files need not be fetched for it.
   * Throws `StreamMalformed` where there is none, `StreamAltered` and `BodyMalformed`.
   */
  async readPart(fetch: FetchChunk): Promise<Content> {
    const { part } = this.#reference;
    if (part === null) {
      throw new StreamMalformed();
    }
    const spelled = new Uint8Array(part.size);
    let rest = new Uint8Array(0);
    for (let offset = 0; offset < part.size; offset += CHUNK_TEXT_SIZE) {
      const index = part.chunk + offset / CHUNK_TEXT_SIZE;
      const plaintext = await this.#open(index, await fetch(index));
      spelled.set(plaintext.subarray(0, part.size - offset), offset);
      rest = plaintext.subarray(part.size - offset);
    }
    if (!equal(sha256(spelled), part.digest) || rest.some((byte) => byte !== 0)) {
      throw new StreamAltered();
    }
    return decodeContent(spelled);
  }

  /**
   * Every file, chunk by chunk. `write` gets the number of the file in the table and the next bytes of it.
   *
   * No file is whole before this has ended: who may read can replace chunks, which only the digest over all shows.
   * Throws `StreamMalformed` before anything is fetched, and `StreamAltered`.
   */
  async readFiles(
    files: readonly FileEntry[],
    fetch: FetchChunk,
    write: (file: number, bytes: Bytes) => Promise<void>,
  ): Promise<void> {
    const pieces = layOut(files, this.#reference);
    const digest = sha256.create();
    let [piece, left] = [0, pieces[0] ?? 0];
    for (let index = 0; index < this.#reference.chunks; index++) {
      const record = await fetch(index);
      const plaintext = await this.#open(index, record);
      digest.update(sha256(record as Uint8Array));
      while (left === 0 && piece < pieces.length) {
        piece += 1;
        left = pieces[piece] ?? 0;
      }
      const used = Math.min(left, CHUNK_TEXT_SIZE);
      left -= used;
      // What belongs to no piece is zero: it must not carry anything that nobody is shown.
      if (!isZero(plaintext.subarray(used))) {
        throw new StreamAltered();
      }
      if (used > 0 && piece < files.length) {
        await write(piece, plaintext.slice(0, used));
      }
    }
    if (!equal(digest.digest(), this.#reference.digest)) {
      throw new StreamAltered();
    }
  }

  wipe(): void {
    this.#cipher.wipe();
  }

  async #open(index: number, record: Uint8Array | null): Promise<Bytes> {
    const isThere = record !== null && record.length === RECORD_SIZE;
    if (!isThere || !equal(record.subarray(0, ADDRESS_SIZE), this.address(index))) {
      throw new StreamAltered();
    }
    const last = index === this.#reference.chunks - 1;
    const associated = record.slice(0, ASSOCIATED_SIZE);
    return await this.#cipher.decrypt(nonceOf(index, last), associated, record.slice(ASSOCIATED_SIZE));
  }
}

/** The sizes of the pieces, end to end. Throws `StreamMalformed` where table and reference do not add up. */
function layOut(files: readonly FileEntry[], { part, chunks }: StreamReference): readonly number[] {
  const pieces = part === null ? files : [...files, part];
  let next = 0;
  for (const { chunk, size } of pieces) {
    if (chunk !== next) {
      throw new StreamMalformed();
    }
    next += chunksFor(size);
  }
  if (next > CHUNK_LIMIT || padded(next) !== chunks) {
    throw new StreamMalformed();
  }
  return pieces.map(({ size }) => size);
}

function fits(value: string, limit: number): boolean {
  try {
    text(limit).write(value);
    return true;
  } catch {
    return false;
  }
}
