/**
 * The chunks of a message on their way: read, sealed and put, a few at a time (docs/protocol.md, section 8).
 *
 * Blocks of 128 neighbours are read in an order of chance. One at a time is sealed, and its chunks mixed and put in
 * requests of 32, several at once, while the next one is sealed and the one after it read. Some twenty megabytes are in
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
import type { Pieces } from "./pieces.ts";

const BLOCK = 128;
/**
 * Requests under way at the same time. Measured: on lines of 1 and 2 MB/s, with answers after 0.3 and 0.6 s, two fill
 * the one and four the other; a faster line would gain a third with six, which is all that a browser opens to one site.
 */
const LANES = 4;

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
  #reading: Promise<readonly Bytes[]> | null = null;
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
    this.#reading = null;
    this.#waiting.length = 0;
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
      const block = this.#blocks[0] as number;
      const plaintexts = await (this.#reading ?? this.#read(block));
      this.#blocks.shift();
      const [next] = this.#blocks;
      this.#reading = next === undefined ? null : this.#read(next);
      // Where it fails, that is found when it is waited for.
      this.#reading?.catch(() => undefined);
      this.#waiting.push(...batches(await this.#seal(block, plaintexts), PUT_CHUNK_LIMIT));
    } catch (error) {
      this.#broken = error;
    } finally {
      this.#sealing = null;
    }
  }

  async #read(block: number): Promise<readonly Bytes[]> {
    return await this.#pieces.read(block * BLOCK, Math.min(this.#pieces.chunks, (block + 1) * BLOCK));
  }

  /** The records of a block, in an order of chance. */
  async #seal(block: number, plaintexts: readonly Bytes[]): Promise<readonly Bytes[]> {
    const records = recordsOf(plaintexts.length);
    const places = shuffle([...records]);
    const last = this.#pieces.chunks - 1;
    // Without Web Crypto the page itself does the work, and must come to its senses after each chunk.
    const atOnce = globalThis.crypto.subtle === undefined ? 1 : PUT_CHUNK_LIMIT;
    for (const batch of batches(plaintexts.entries(), atOnce)) {
      await breathe();
      await Promise.all(
        batch.map(async ([place, plaintext]) => {
          const index = block * BLOCK + place;
          const record = await this.#sealer.seal(index, index === last, plaintext, places[place]);
          wipe(plaintext);
          this.#hashes.set(await sha256(record), index * HASH_SIZE);
        }),
      );
    }
    return records;
  }
}

/** So many records in one buffer. */
function recordsOf(count: number): readonly Bytes[] {
  const buffer = new Uint8Array(count * RECORD_SIZE);
  return Array.from({ length: count }, (_, place) => buffer.subarray(place * RECORD_SIZE, (place + 1) * RECORD_SIZE));
}
