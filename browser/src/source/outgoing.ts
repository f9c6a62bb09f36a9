/**
 * The chunks of a message on their way: read, sealed and put, a few at a time (docs/protocol.md, section 8).
 *
 * Blocks of 32 neighbours are read in an order of chance. Four of them at a time are sealed, and their chunks mixed and
 * put in requests of 32, several at once, while the next four are sealed. Some ten megabytes are in memory, however long
 * the files are.
 */
import { batches } from "../courier/asking.ts";
import type { Courier } from "../courier/courier.ts";
import { allTogether } from "../courier/pausing.ts";
import { PUT_CHUNK_LIMIT } from "../courier/wire.ts";
import { type Bytes, shuffle, wipe } from "../protocol/bytes.ts";
import type { ChunkSealer } from "../protocol/chunk.ts";
import { HASH_SIZE, sha256 } from "../protocol/hashing.ts";
import { RECORD_SIZE } from "../protocol/record.ts";
import type { Pieces } from "./pieces.ts";

const BLOCK = 32;
const BLOCKS_AT_ONCE = 4;
/** Requests under way at the same time. More bring nothing, even where an answer takes a second. */
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
      const blocks = this.#blocks.slice(0, BLOCKS_AT_ONCE);
      const records = (await Promise.all(blocks.map((block) => this.#seal(block)))).flat();
      this.#blocks.splice(0, blocks.length);
      this.#waiting.push(...batches(shuffle(records), PUT_CHUNK_LIMIT));
    } catch (error) {
      this.#broken = error;
    } finally {
      this.#sealing = null;
    }
  }

  async #seal(block: number): Promise<readonly Bytes[]> {
    const { chunks } = this.#pieces;
    const first = block * BLOCK;
    const plaintexts = await this.#pieces.read(first, Math.min(chunks, first + BLOCK));
    return await Promise.all(
      plaintexts.map(async (plaintext, place) => {
        const index = first + place;
        const record = await this.#sealer.seal(index, index === chunks - 1, plaintext);
        wipe(plaintext);
        this.#hashes.set(await sha256(record), index * HASH_SIZE);
        return record;
      }),
    );
  }
}
