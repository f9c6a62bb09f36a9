/** What goes into a stream, end to end: the files, and the content where it does not fit the body. */
import { type Bytes, wipe } from "../protocol/bytes.ts";
import { CHUNK_TEXT_SIZE, chunksFor, padded } from "../protocol/chunk.ts";
import {
  FILE_LIMIT,
  FILE_NAME_LIMIT,
  FILE_TYPE_LIMIT,
  type FileEntry,
  PART_LIMIT,
  type Part,
} from "../protocol/content.ts";
import { TooLarge } from "../protocol/errors.ts";
import { text } from "../protocol/fields.ts";
import { sha256 } from "../protocol/hashing.ts";
import { CHUNK_LIMIT } from "../protocol/state.ts";
import { type Attachment, sentName, sentType } from "./draft.ts";
import { SendingBroken } from "./errors.ts";

interface Piece {
  /** The first chunk. */
  readonly chunk: number;
  readonly size: number;
  /** The bytes from `from` to before `to`. */
  readonly read: (from: number, to: number) => Promise<Bytes>;
}

const ZEROS = new Uint8Array(CHUNK_TEXT_SIZE);

/** Where everything lies in a stream is known before any of it is read, as files tell their size. */
export class Pieces {
  readonly files: readonly FileEntry[];
  readonly #pieces: Piece[] = [];
  #part: Bytes | null = null;

  /** Throws `TooLarge` for more files, longer names or types, or more bytes than the protocol allows. */
  constructor(attachments: readonly Attachment[]) {
    if (attachments.length > FILE_LIMIT) {
      throw new TooLarge();
    }
    this.files = attachments.map((attachment) => {
      const [name, type, size] = [sentName(attachment), sentType(attachment), attachment.blob.size];
      if (!fits(name, FILE_NAME_LIMIT) || !fits(type, FILE_TYPE_LIMIT)) {
        throw new TooLarge();
      }
      return { name, type, size, chunk: this.#add(size, (from, to) => slice(attachment.blob, from, to)) };
    });
  }

  /** Puts the content behind the files. Throws `TooLarge`. */
  async addPart(spelled: Bytes): Promise<Part> {
    if (spelled.length > PART_LIMIT) {
      throw new TooLarge();
    }
    this.#part = spelled;
    const chunk = this.#add(spelled.length, async (from, to) => spelled.slice(from, to));
    return { size: spelled.length, chunk, digest: await sha256(spelled) };
  }

  /** How many chunks the stream has, zeros at its end too; 0 where there is nothing to put into one. */
  get chunks(): number {
    return this.#pieces.length === 0 ? 0 : padded(this.#used);
  }

  /** The plaintexts of the chunks from `from` to before `to`, for the caller to wipe. Throws `SendingBroken`. */
  async read(from: number, to: number): Promise<readonly Bytes[]> {
    const plaintexts: Bytes[] = Array.from({ length: to - from }, () => ZEROS);
    for (const { chunk, size, read } of this.#pieces) {
      const [first, end] = [Math.max(from, chunk), Math.min(to, chunk + chunksFor(size))];
      if (first < end) {
        const offset = (first - chunk) * CHUNK_TEXT_SIZE;
        const bytes = await read(offset, Math.min(size, (end - chunk) * CHUNK_TEXT_SIZE));
        cut(bytes).forEach((plaintext, place) => {
          plaintexts[first - from + place] = plaintext;
        });
      }
    }
    return plaintexts;
  }

  /** Takes the content out of memory. */
  wipe(): void {
    this.#part?.fill(0);
  }

  get #used(): number {
    const last = this.#pieces.at(-1);
    return last === undefined ? 0 : last.chunk + chunksFor(last.size);
  }

  /** Adds a piece behind the others and returns its first chunk. */
  #add(size: number, read: Piece["read"]): number {
    const chunk = this.#used;
    if (chunk + chunksFor(size) > CHUNK_LIMIT) {
      throw new TooLarge();
    }
    this.#pieces.push({ chunk, size, read });
    return chunk;
  }
}

/** Throws `SendingBroken` for a file that was changed, moved, or lies on a medium that is gone. */
async function slice(blob: Blob, from: number, to: number): Promise<Bytes> {
  let bytes: Bytes;
  try {
    bytes = new Uint8Array(await blob.slice(from, to).arrayBuffer());
  } catch {
    throw new SendingBroken();
  }
  if (bytes.length !== to - from) {
    throw new SendingBroken();
  }
  return bytes;
}

/** `bytes` in pieces of a chunk, without copies but for a last one that needs zeros behind it. */
function cut(bytes: Bytes): readonly Bytes[] {
  const plaintexts: Bytes[] = [];
  for (let offset = 0; offset < bytes.length; offset += CHUNK_TEXT_SIZE) {
    plaintexts.push(bytes.subarray(offset, offset + CHUNK_TEXT_SIZE));
  }
  const last = plaintexts.at(-1);
  if (last !== undefined && last.length < CHUNK_TEXT_SIZE) {
    const whole = new Uint8Array(CHUNK_TEXT_SIZE);
    whole.set(last);
    wipe(last);
    plaintexts[plaintexts.length - 1] = whole;
  }
  return plaintexts;
}

function fits(value: string, limit: number): boolean {
  try {
    text(limit).write(value);
    return true;
  } catch {
    return false;
  }
}
