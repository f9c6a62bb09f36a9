/**
 * A courier over `fetch`, to the site that the page came from (docs/protocol.md, section 9).
 *
 * It sends what the interface needs and nothing that tells one visitor from another: no cookie, and nothing that the
 * browser would keep. It follows no redirect, and believes no answer of a wrong size.
 */
import { type Bytes, concat, toHex } from "../protocol/bytes.ts";
import { readWork, type Work } from "../protocol/directory.ts";
import { KeyringMalformed } from "../protocol/errors.ts";
import { sha256 } from "../protocol/hashing.ts";
import { RECORD_SIZE } from "../protocol/record.ts";
import type { Courier } from "./courier.ts";
import {
  AddressTaken,
  AnswerMalformed,
  CourierError,
  Refused,
  ShelfError,
  ShelfFull,
  ShelfUnavailable,
  Unreachable,
} from "./errors.ts";
import { Garbage } from "./garbage.ts";
import { wait, within } from "./pausing.ts";
import * as wire from "./wire.ts";
import { solve } from "./working.ts";

export interface HttpCourierOptions {
  /** Milliseconds to wait before the same bytes are sent again. */
  readonly pause?: number;
  /** Milliseconds after which a request without an answer is given up. */
  readonly patience?: number;
}

// How often the same bytes are sent when the site does not answer, or says that it cannot store now.
const ATTEMPTS = 3;
const PAUSE = 2000;
// A megabyte through a slow circuit of Tor takes minutes.
const PATIENCE = 300_000;

/** The site wants other work than it got: perhaps for another day. */
class Forbidden extends Refused {}

const ERRORS: ReadonlyMap<number, new () => CourierError | ShelfError> = new Map<
  number,
  new () => CourierError | ShelfError
>([
  [400, Refused],
  [401, Refused],
  [403, Forbidden],
  [409, AddressTaken],
  [413, Refused],
  [503, ShelfUnavailable],
  [507, ShelfFull],
]);

interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body: Bytes | null;
  readonly headers: Record<string, string>;
  /** How many bytes an answer has at most. */
  readonly limit: number;
}

/** A `Courier` to one site. Several calls may be under way at the same time. */
export class HttpCourier implements Courier {
  readonly #base: string;
  readonly #pause: number;
  readonly #patience: number;
  readonly #garbage = new Garbage();
  #work: Work | null = null;

  /** `base` is the origin of the site: `location.origin` in a page. */
  constructor(base: string, { pause = PAUSE, patience = PATIENCE }: HttpCourierOptions = {}) {
    this.#base = base;
    this.#pause = pause;
    this.#patience = patience;
  }

  async keyring(signal?: AbortSignal): Promise<Bytes> {
    const call = {
      method: "GET",
      path: wire.KEYRING_PATH,
      body: null,
      headers: {},
      limit: wire.PUBLISHED_LIMIT,
    } as const;
    const document = await this.#call(call, signal);
    this.#work = workAskedBy(document);
    return document;
  }

  async putMessage(record: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#post(wire.MESSAGES_PATH, concat(record), 0, signal);
  }

  async putChunks(records: readonly Bytes[], signal?: AbortSignal): Promise<void> {
    await this.#post(wire.CHUNKS_PATH, joined(records), 0, signal);
  }

  async look(addresses: readonly Uint8Array[], signal?: AbortSignal): Promise<readonly boolean[]> {
    const answer = await this.#post(wire.LOOK_PATH, concat(...addresses), wire.LOOK_ANSWER_SIZE, signal);
    return addresses.map((_, place) => (((answer[place >> 3] as number) >> (place & 7)) & 1) === 1);
  }

  async fetch(addresses: readonly Uint8Array[], signal?: AbortSignal): Promise<readonly Bytes[]> {
    const size = wire.FETCH_COUNT * RECORD_SIZE;
    const answer = await this.#post(wire.FETCH_PATH, concat(...addresses), size, signal);
    return addresses.map((_, place) => answer.slice(place * RECORD_SIZE, (place + 1) * RECORD_SIZE));
  }

  async burn(tokens: readonly Uint8Array[], signal?: AbortSignal): Promise<void> {
    await this.#post(wire.BURN_PATH, concat(...tokens), 0, signal);
  }

  /** The answer, of exactly `size` bytes. Where the work was for a day that has passed, it is done once more. */
  async #post(path: string, body: Bytes, size: number, signal: AbortSignal | undefined): Promise<Bytes> {
    const digest = await sha256(body);
    const asked = this.#work ?? (await this.#askWork(signal));
    let answer: Bytes;
    try {
      answer = await this.#postWith(asked, digest, path, body, size, signal);
    } catch (error) {
      const anew = error instanceof Forbidden ? await this.#askWork(signal) : asked;
      if (toHex(anew.challenge) === toHex(asked.challenge) && anew.bits === asked.bits) {
        throw error;
      }
      answer = await this.#postWith(anew, digest, path, body, size, signal);
    }
    if (answer.length !== size) {
      throw new AnswerMalformed();
    }
    return answer;
  }

  async #askWork(signal: AbortSignal | undefined): Promise<Work> {
    await this.keyring(signal);
    return this.#work as Work;
  }

  async #postWith(
    { challenge, bits }: Work,
    digest: Bytes,
    path: string,
    body: Bytes,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<Bytes> {
    const nonce = await solve({ challenge, path, digest, bits }, signal);
    await this.#garbage.collected();
    this.#garbage.add(body.length);
    const headers = { [wire.WORK_HEADER]: toHex(nonce), "Content-Type": wire.OCTETS };
    return await this.#call({ method: "POST", path, body, headers, limit }, signal);
  }

  /** The answer; the same bytes are sent again while the site is unwell. */
  async #call(call: Call, signal: AbortSignal | undefined): Promise<Bytes> {
    for (let left = ATTEMPTS - 1; ; left--) {
      try {
        return await within(this.#patience, new Unreachable(), signal, (either) => this.#ask(call, either));
      } catch (error) {
        if (left === 0 || !(error instanceof Unreachable || error instanceof ShelfUnavailable)) {
          throw error;
        }
      }
      await wait(this.#pause, signal);
    }
  }

  async #ask({ method, path, body, headers, limit }: Call, signal: AbortSignal): Promise<Bytes> {
    try {
      const response = await fetch(this.#base + path, {
        method,
        body,
        headers,
        signal,
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
      });
      return await answerOf(response, limit);
    } catch (error) {
      if (error instanceof CourierError || error instanceof ShelfError) {
        throw error;
      }
      signal.throwIfAborted();
      throw new Unreachable();
    }
  }
}

/** The records end to end; without a copy where that is how they lie already. */
function joined(records: readonly Bytes[]): Bytes {
  const [first] = records;
  const size = records.length * RECORD_SIZE;
  const follows = (record: Bytes, place: number): boolean =>
    record.buffer === first?.buffer && record.byteOffset === first.byteOffset + place * RECORD_SIZE;
  return first !== undefined && records.every(follows)
    ? new Uint8Array(first.buffer, first.byteOffset, size)
    : concat(...records);
}

async function answerOf(response: Response, limit: number): Promise<Bytes> {
  if (response.status !== 200 && response.status !== 204) {
    // What it still has to say is not waited for.
    await response.body?.cancel();
    throw new (ERRORS.get(response.status) ?? AnswerMalformed)();
  }
  const pieces: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
    size += read.value.length;
    if (size > limit) {
      await reader?.cancel();
      throw new AnswerMalformed();
    }
    pieces.push(read.value);
  }
  return concat(...pieces);
}

function workAskedBy(document: Bytes): Work {
  try {
    const work = readWork(document);
    if (work.bits <= wire.WORK_LIMIT) {
      return work;
    }
  } catch (error) {
    if (!(error instanceof KeyringMalformed)) {
      throw error;
    }
  }
  throw new AnswerMalformed();
}
