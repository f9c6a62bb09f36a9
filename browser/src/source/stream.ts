/** Reading the files of a reply: nothing is given out before the whole stream was found to be the right one. */
import { fetch } from "../courier/asking.ts";
import type { Courier } from "../courier/courier.ts";
import { breathe } from "../courier/pausing.ts";
import { FETCH_COUNT } from "../courier/wire.ts";
import { type Bytes, equal } from "../protocol/bytes.ts";
import { CHUNK_TEXT_SIZE } from "../protocol/chunk.ts";
import type { Content, FileEntry, StreamReference } from "../protocol/content.ts";
import { StreamAltered } from "../protocol/errors.ts";
import { HASH_SIZE, sha256 } from "../protocol/hashing.ts";
import { type FetchChunk, StreamReader } from "../protocol/stream.ts";

/** The chunks of one reply, fetched eight at a time; only their hashes stay in memory. */
export class ReplyStream {
  readonly #courier: Courier;
  readonly #reference: StreamReference;
  readonly #signal: AbortSignal | undefined;

  constructor(courier: Courier, reference: StreamReference, signal?: AbortSignal) {
    this.#courier = courier;
    this.#reference = reference;
    this.#signal = signal;
  }

  /** Text, answers and table of files from the part. Throws `StreamMalformed`, `StreamAltered` and `BodyMalformed`. */
  async content(): Promise<Content> {
    const reader = await StreamReader.begin(this.#reference);
    try {
      const { part } = this.#reference;
      const end = part === null ? 0 : part.chunk + Math.ceil(part.size / CHUNK_TEXT_SIZE);
      return await reader.readPart(this.#chunksBelow(end, reader));
    } finally {
      reader.wipe();
    }
  }

  /**
   * The bytes of a file, chunk by chunk. The whole stream is fetched and verified first, and the file is then fetched
   * again: so nothing is given out that was not verified, and little is in memory. Throws `StreamMalformed` and
   * `StreamAltered`.
   */
  async *read(file: FileEntry, files: readonly FileEntry[]): AsyncGenerator<Bytes, void> {
    const reader = await StreamReader.begin(this.#reference);
    try {
      const hashes = await this.#verify(reader, files);
      const end = file.chunk + Math.ceil(file.size / CHUNK_TEXT_SIZE);
      const chunkAt = this.#chunksBelow(end, reader);
      for (let index = file.chunk; index < end; index++) {
        const record = await chunkAt(index);
        const hash = hashes.subarray(index * HASH_SIZE, (index + 1) * HASH_SIZE);
        if (record === null || !equal(await sha256(record), hash)) {
          throw new StreamAltered();
        }
        const left = file.size - (index - file.chunk) * CHUNK_TEXT_SIZE;
        yield (await reader.open(index, record)).subarray(0, left);
      }
    } finally {
      reader.wipe();
    }
  }

  /** The hashes of all chunk records, which are as the message says. */
  async #verify(reader: StreamReader, files: readonly FileEntry[]): Promise<Bytes> {
    const { chunks } = this.#reference;
    const hashes = new Uint8Array(chunks * HASH_SIZE);
    const chunkAt = this.#chunksBelow(chunks, reader);
    const kept: FetchChunk = async (index) => {
      const record = await chunkAt(index);
      if (record !== null) {
        hashes.set(await sha256(record), index * HASH_SIZE);
      }
      return record;
    };
    await reader.readFiles(files, kept, async () => undefined);
    return hashes;
  }

  /** Gets chunk after chunk below `end`, eight of them in each call. */
  #chunksBelow(end: number, reader: StreamReader): FetchChunk {
    let [first, fetched]: [number, readonly (Bytes | null)[]] = [0, []];
    return async (index) => {
      await breathe();
      if (index < first || index >= first + fetched.length) {
        const length = Math.min(FETCH_COUNT, end - index);
        const addresses = await Promise.all(Array.from({ length }, (_, place) => reader.address(index + place)));
        [first, fetched] = [index, await fetch(this.#courier, addresses, this.#signal)];
      }
      return fetched[index - first] ?? null;
    };
  }
}
