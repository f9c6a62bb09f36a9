/** A visit with a receipt: what lies in the thread, judged and put together (docs/protocol.md, section 9). */
import { batches, fetch } from "../courier/asking.ts";
import type { Courier } from "../courier/courier.ts";
import { breathe } from "../courier/pausing.ts";
import { FETCH_COUNT } from "../courier/wire.ts";
import { type Bytes, equal } from "../protocol/bytes.ts";
import type { Directory } from "../protocol/directory.ts";
import { ProtocolError, RecordMalformed } from "../protocol/errors.ts";
import type { Reply } from "../protocol/message.ts";
import { type Authored, StreamKeys } from "../protocol/reading.ts";
import { DOWN, type Source as SourceKeys, UP } from "../protocol/thread.ts";
import { NothingFound } from "./errors.ts";
import { judgeOwn, judgeReply, type Own, readersHold, received } from "./judging.ts";
import { type Occupied, survey } from "./survey.ts";
import type { Problem, ReceivedReply, Visit } from "./visit.ts";

const REPLIES = FETCH_COUNT - 1;
// Somebody who was a reader once can fill a thread with rubbish; a visit gives up on it after so many more fetches.
const FURTHER_FETCHES = 16;

/** One visit in the making: a look, a fetch, and further fetches only where something does not hold. */
export class Visiting {
  readonly #courier: Courier;
  readonly #keys: SourceKeys;
  readonly #directory: Directory;
  readonly #signal: AbortSignal | undefined;
  readonly #own = new Map<number, Own>();
  readonly #verified = new Map<number, Authored<Reply>>();
  readonly #problems: Problem[] = [];

  constructor(courier: Courier, keys: SourceKeys, directory: Directory, signal?: AbortSignal) {
    this.#courier = courier;
    this.#keys = keys;
    this.#directory = directory;
    this.#signal = signal;
  }

  /** What lies in the thread, with the newest replies below index `before`. Throws `NothingFound`. */
  async visit(before: number | null): Promise<Visit> {
    const occupied = await survey(this.#courier, this.#keys.thread, this.#signal);
    const ups = [...occupied.up].reverse();
    const downs = occupied.down.filter((index) => before === null || index < before).reverse();
    await this.#take(ups.slice(0, 1), downs.slice(0, REPLIES));
    if (ups.length === 0 && occupied.down.length === 0) {
      throw new NothingFound();
    }
    const tried = REPLIES + (await this.#search(ups.slice(1), downs.slice(REPLIES)));
    const newest = highestOf(this.#own);
    const replies = await this.#judge(newest, occupied);
    const older = downs.length > tried ? (downs[tried - 1] ?? null) : null;
    return this.#visit(occupied, newest, replies, older);
  }

  /** Fetches further while the newest message or some of the replies do not hold; returns how many replies more. */
  async #search(ups: readonly number[], downs: readonly number[]): Promise<number> {
    let [up, down] = [0, 0];
    for (let left = FURTHER_FETCHES; left > 0; left--) {
      const missing = downs.slice(down, down + this.#missing());
      const sought = this.#own.size > 0 ? [] : ups.slice(up, up + FETCH_COUNT - missing.length);
      if (missing.length + sought.length === 0) {
        break;
      }
      await this.#take(sought, missing);
      up += sought.length;
      down += missing.length;
    }
    return down;
  }

  /** How many replies are to be fetched in place of those that do not hold. */
  #missing(): number {
    return this.#problems.some(({ ours }) => !ours) ? REPLIES - this.#verified.size : 0;
  }

  /** Fetches these indices upwards and downwards, at most 8 together, and opens them. */
  async #take(ups: readonly number[], downs: readonly number[]): Promise<void> {
    const { thread } = this.#keys;
    const addresses = [
      ...ups.map((index) => thread.address(UP, index)),
      ...downs.map((index) => thread.address(DOWN, index)),
    ];
    const records = await fetch(this.#courier, addresses, this.#signal);
    for (const [place, index] of ups.entries()) {
      await this.#open(true, index, () => {
        this.#own.set(index, judgeOwn(there(records[place]), index, this.#keys));
      });
    }
    for (const [place, index] of downs.entries()) {
      await this.#open(false, index, () => {
        this.#verified.set(index, judgeReply(there(records[ups.length + place]), this.#keys, this.#directory).read);
      });
    }
  }

  /** Opens one record. What the protocol refuses about it is told, and the others go on. */
  async #open(ours: boolean, index: number, action: () => void | Promise<void>): Promise<void> {
    await breathe();
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      this.#problems.push({ ours, index, error });
    }
  }

  /** The replies whose readers and streams hold, newest first; the messages they answer are fetched for it. */
  async #judge(newest: Own | null, occupied: Occupied): Promise<readonly ReceivedReply[]> {
    await this.#fetchEchoed(newest, occupied);
    const replies: ReceivedReply[] = [];
    const streams = new StreamKeys();
    for (const [index, read] of [...this.#verified].sort(([one], [other]) => one - other)) {
      await this.#open(false, index, async () => {
        const holds = await readersHold(read.body, newest, this.#own);
        if (read.body.stream !== null) {
          streams.meet(read.body.stream.key, read.commitment);
        }
        replies.unshift(received(read, this.#directory, !holds));
      });
    }
    return replies;
  }

  async #fetchEchoed(newest: Own | null, occupied: Occupied): Promise<void> {
    const allowed = newest?.state.readers ?? [];
    const failed = this.#problems.filter(({ ours }) => ours).map(({ index }) => index);
    const needed = new Set<number>();
    for (const { body } of this.#verified.values()) {
      const echo = body.echoes.at(-1);
      if (echo !== undefined && !body.readers.every((id) => allowed.includes(id))) {
        needed.add(echo[0]);
      }
    }
    const wanted = occupied.up.filter((at) => needed.has(at) && !this.#own.has(at) && !failed.includes(at));
    for (const batch of batches(wanted, FETCH_COUNT)) {
      await this.#take(batch, []);
    }
  }

  #visit(occupied: Occupied, newest: Own | null, replies: readonly ReceivedReply[], older: number | null): Visit {
    const shown = replies.map(({ index }) => this.#verified.get(index) as Authored<Reply>);
    const echoed = shown.flatMap(({ body }) => body.echoes.map(([index]) => index));
    const highest = Math.max(-1, ...occupied.up, ...echoed);
    // An echo beyond what was looked at would send the next message where nobody finds it again.
    const next = Math.max(-1, ...occupied.up, ...echoed.filter((index) => index < occupied.seen)) + 1;
    const confirmed = shown.filter(({ body }) => newest !== null && isEchoed(newest, body));
    return {
      stored: occupied.up,
      nextIndex: next,
      newest: newest?.index ?? null,
      commitment: newest?.commitment ?? null,
      withdrawn: newest?.withdraw ?? false,
      channel: newest?.state.channel ?? null,
      readers: newest?.state.readers ?? null,
      preselected: newest !== null && newest.index >= highest ? newest.state.readers : [],
      receivedBy: [...new Set(confirmed.map(({ author }) => author.person.name))],
      replies,
      older,
      problems: this.#problems,
    };
  }
}

function highestOf(own: ReadonlyMap<number, Own>): Own | null {
  return own.get(Math.max(...own.keys())) ?? null;
}

function isEchoed({ index, commitment }: Own, reply: Reply): boolean {
  return reply.echoes.some((echo) => echo[0] === index && equal(echo[1], commitment));
}

/** The record; throws `RecordMalformed` where the shelf gave other bytes for an address in use. */
function there(record: Bytes | null | undefined): Bytes {
  if (record === null || record === undefined) {
    throw new RecordMalformed();
  }
  return record;
}
