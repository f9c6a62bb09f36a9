/** Streams: files and long texts in chunk records (docs/protocol.md, section 8). */
import { type Bytes, concat, equal, isZero, wipe } from "./bytes.ts";
import { CHUNK_TEXT_SIZE, ChunkOpener, ChunkSealer, chunksFor, padded, type StreamSecrets } from "./chunk.ts";
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
import { HASH_SIZE, sha256 } from "./hashing.ts";
import { CHUNK_LIMIT } from "./state.ts";

/** Writes one stream, as its data come. No more than two chunks are in memory at any time. */
export class StreamWriter {
  readonly #secrets: StreamSecrets;
  readonly #sealer: ChunkSealer;
  readonly #put: (record: Bytes) => Promise<void>;
  readonly #files: FileEntry[] = [];
  readonly #hashes = new Hashes();
  // The chunk that is complete waits until it is known not to be the last.
  #complete: Bytes | null = null;
  #filling = new Uint8Array(CHUNK_TEXT_SIZE);
  #filled = 0;
  // Chunks begun, and records put.
  #begun = 0;
  #written = 0;

  private constructor(secrets: StreamSecrets, sealer: ChunkSealer, put: (record: Bytes) => Promise<void>) {
    this.#secrets = secrets;
    this.#sealer = sealer;
    this.#put = put;
  }

  /** `put` gets each chunk record in order. */
  static async begin(secrets: StreamSecrets, put: (record: Bytes) => Promise<void>): Promise<StreamWriter> {
    return new StreamWriter(secrets, await ChunkSealer.begin(secrets), put);
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
    return { key, nonce, chunks, digest: await this.#hashes.digest(), part: reference };
  }

  /** Takes what is left of the text out of memory; also for whoever gives up half-way. */
  wipe(): void {
    wipe(this.#filling);
    this.#complete?.fill(0);
    this.#sealer.wipe();
  }

  async #writePart(part: Uint8Array): Promise<Part> {
    if (part.length === 0 || part.length > PART_LIMIT) {
      throw new TooLarge();
    }
    const chunk = this.#begun;
    await this.#write(part);
    await this.#endPiece();
    return { size: part.length, chunk, digest: await sha256(concat(part)) };
  }

  async #write(data: Uint8Array): Promise<void> {
    for (let offset = 0; offset < data.length; ) {
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
    const record = await this.#sealer.seal(this.#written, last, plaintext);
    wipe(plaintext);
    this.#complete = null;
    this.#written += 1;
    this.#hashes.add(await sha256(record));
    await this.#put(record);
  }
}

/** The hashes of chunk records in order, of which a stream's digest is made. */
class Hashes {
  #joined = new Uint8Array(64 * HASH_SIZE);
  #size = 0;

  add(hash: Uint8Array): void {
    if (this.#size === this.#joined.length) {
      const longer = new Uint8Array(2 * this.#size);
      longer.set(this.#joined);
      this.#joined = longer;
    }
    this.#joined.set(hash, this.#size);
    this.#size += HASH_SIZE;
  }

  async digest(): Promise<Bytes> {
    return await sha256(this.#joined.subarray(0, this.#size));
  }
}

/** Gets the record of chunk `index`, or `null` where there is none. */
export type FetchChunk = (index: number) => Promise<Bytes | null>;

/** Reads one stream, whose every byte may have been replaced by somebody else who may read it. */
export class StreamReader {
  readonly #reference: StreamReference;
  readonly #opener: ChunkOpener;

  private constructor(reference: StreamReference, opener: ChunkOpener) {
    this.#reference = reference;
    this.#opener = opener;
  }

  /** Throws `StreamMalformed` where the part reaches beyond the chunks. */
  static async begin(reference: StreamReference): Promise<StreamReader> {
    const { part, chunks, key } = reference;
    if (part !== null && part.chunk + chunksFor(part.size) > chunks) {
      throw new StreamMalformed();
    }
    return new StreamReader(reference, await ChunkOpener.begin(key));
  }

  /** Where chunk `index` lies. */
  async address(index: number): Promise<Bytes> {
    return await this.#opener.address(index);
  }

  /** The bytes of chunk `index`, zeros behind its piece too. Throws `StreamAltered`. */
  async open(index: number, record: Bytes | null): Promise<Bytes> {
    return await this.#opener.open(index, index === this.#reference.chunks - 1, record);
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
      const plaintext = await this.open(index, await fetch(index));
      spelled.set(plaintext.subarray(0, part.size - offset), offset);
      rest = plaintext.subarray(part.size - offset);
    }
    if (!equal(await sha256(spelled), part.digest) || rest.some((byte) => byte !== 0)) {
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
    const hashes = new Hashes();
    let [piece, left] = [0, pieces[0] ?? 0];
    for (let index = 0; index < this.#reference.chunks; index++) {
      const record = await fetch(index);
      const plaintext = await this.open(index, record);
      hashes.add(await sha256(record as Bytes));
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
    if (!equal(await hashes.digest(), this.#reference.digest)) {
      throw new StreamAltered();
    }
  }

  wipe(): void {
    this.#opener.wipe();
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
