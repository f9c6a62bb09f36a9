/**
 * The chunks of a message on their way: read, sealed and put, a few at a time (docs/protocol.md, section 8).
 *
 * Blocks of 128 neighbours are read in an order of chance. One at a time is sealed, and its chunks mixed and put in
 * requests of 32, several at once, while the next one is sealed and the two after it read. Some twenty megabytes are in
 * memory, however long the files are.
 */
import { batches } from "../courier/asking.ts";
import type { Courier } from "../courier/courier.ts";
import { allTogether, breathe } from "../courier/pausing.ts";
import { PUT_CHUNK_LIMIT } from "../courier/wire.ts";
import { type Bytes, shuffle, wipe } from "../protocol/bytes.ts";
import type { ChunkSealer } from "../protocol/chunk.ts";
import { HASH_SIZE, sha256 } from "../protocol/hashing.ts";
import { RECORD_SIZE } from "../protocol/record.ts";
import { SendingBroken } from "./errors.ts";
import type { Pieces } from "./pieces.ts";

const BLOCK = 128;
/**
 * Requests under way at the same time. Measured: on lines of 1 and 2 MB/s, with answers after 0.3 and 0.6 s, two fill
 * the one and four the other; a faster line would gain a third with six, which is all that a browser opens to one site.
 */
const LANES = 4;
/** Blocks that are being read at the same time. Most of that is waiting, for other processes of the browser. */
const READING = 2;
/** Chunks that are being sealed at the same time, by the browser's own threads. */
const SEALING = 8;

/** The records of one request. */
type Batch = readonly Bytes[];

/** Goes on where it stopped when it is asked again, with the same bytes. */
export class OutgoingStream {
  readonly #courier: Courier;
  readonly #sealer: ChunkSealer;
  readonly #pieces: Pieces;
  readonly #hashes: Bytes;
  readonly #blocks: number[];
  // Sealed, and not known to be stored.
  readonly #waiting: Batch[] = [];
  #sealing: Promise<void> | null = null;
  // Of the first of the blocks.
  readonly #reading: Promise<readonly Bytes[]>[] = [];
  // Of requests that were answered. To allocate a megabyte anew takes a browser as long as to seal into it.
  readonly #spare: ArrayBuffer[] = [];
  #broken: unknown = null;

  constructor(courier: Courier, sealer: ChunkSealer, pieces: Pieces) {
    this.#courier = courier;
    this.#sealer = sealer;
    this.#pieces = pieces;
    this.#hashes = new Uint8Array(pieces.chunks * HASH_SIZE);
    this.#blocks = shuffle(Array.from({ length: Math.ceil(pieces.chunks / BLOCK) }, (_, block) => block));
  }

  /**
   * Puts what is not put yet; `onStored` hears of the bytes of each request that was answered.
   * Throws `SendingBroken` for ever after a file could not be read.
   */
  async put(onStored: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    await allTogether(LANES, signal, async (either) => {
      for (let batch = await this.#next(); batch !== undefined; batch = await this.#next()) {
        try {
          either.throwIfAborted();
          await this.#courier.putChunks(batch, either);
        } catch (error) {
          this.#waiting.unshift(batch);
          throw error;
        }
        onStored(batch.length * RECORD_SIZE);
        this.#spare.push((batch[0] as Bytes).buffer);
      }
    });
  }

  /** SHA-256 over the hashes of all chunk records in order; of worth only after `put`. */
  async digest(): Promise<Bytes> {
    return await sha256(this.#hashes);
  }

  /** Forgets what was not sent, and the key. */
  wipe(): void {
    this.#blocks.length = 0;
    for (const reading of this.#reading.splice(0)) {
      reading.then((plaintexts) => wipe(...plaintexts)).catch(() => undefined);
    }
    this.#waiting.length = 0;
    this.#spare.length = 0;
    this.#sealer.wipe();
    this.#pieces.wipe();
  }

  async #next(): Promise<Batch | undefined> {
    do {
      if (this.#waiting.length < LANES && this.#blocks.length > 0) {
        this.#sealing ??= this.#sealMore();
      }
      if (this.#waiting.length === 0) {
        await this.#sealing;
      }
      if (this.#broken !== null) {
        throw this.#broken;
      }
    } while (this.#waiting.length === 0 && (this.#sealing !== null || this.#blocks.length > 0));
    return this.#waiting.shift();
  }

  async #sealMore(): Promise<void> {
    try {
      this.#readAhead();
      const block = this.#blocks[0] as number;
      const plaintexts = await (this.#reading[0] as Promise<readonly Bytes[]>);
      if (this.#blocks.shift() !== block) {
        throw new SendingBroken(); // It was wiped meanwhile.
      }
      this.#reading.shift();
      this.#readAhead();
      this.#waiting.push(...(await this.#seal(block, plaintexts)));
    } catch (error) {
      this.#broken = error;
    } finally {
      this.#sealing = null;
    }
  }

  #readAhead(): void {
    for (const block of this.#blocks.slice(this.#reading.length, READING)) {
      const reading = this.#read(block);
      // Where it fails, that is found when it is waited for.
      reading.catch(() => undefined);
      this.#reading.push(reading);
    }
  }

  async #read(block: number): Promise<readonly Bytes[]> {
    return await this.#pieces.read(block * BLOCK, Math.min(this.#pieces.chunks, (block + 1) * BLOCK));
  }

  /** The records of a block, in an order of chance. */
  async #seal(block: number, plaintexts: readonly Bytes[]): Promise<readonly Batch[]> {
    const requests = [...batches(plaintexts, PUT_CHUNK_LIMIT)].map(({ length }) => this.#recordsOf(length));
    const places = shuffle(requests.flat());
    const pieces = plaintexts.entries();
    // Without Web Crypto the page itself does the work, and must come to its senses after each chunk.
    const isOurs = globalThis.crypto.subtle === undefined;
    const lane = async (): Promise<void> => {
      for (const [place, plaintext] of pieces) {
        if (isOurs) {
          await breathe();
        }
        await this.#sealChunk(block * BLOCK + place, plaintext, places[place] as Bytes);
      }
    };
    await Promise.all(Array.from({ length: isOurs ? 1 : SEALING }, lane));
    return requests;
  }

  async #sealChunk(index: number, plaintext: Bytes, place: Bytes): Promise<void> {
    const record = await this.#sealer.seal(index, index === this.#pieces.chunks - 1, plaintext, place);
    wipe(plaintext);
    this.#hashes.set(await sha256(record), index * HASH_SIZE);
  }

  /** So many records in one buffer. */
  #recordsOf(count: number): Batch {
    const buffer = this.#spare.pop() ?? new ArrayBuffer(PUT_CHUNK_LIMIT * RECORD_SIZE);
    return Array.from({ length: count }, (_, place) => new Uint8Array(buffer, place * RECORD_SIZE, RECORD_SIZE));
  }
}
