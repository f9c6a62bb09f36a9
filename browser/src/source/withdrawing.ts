/** Taking everything back: first it is said, then it is burned (docs/protocol.md, section 9). */
import { batches, burn, fetch } from "../courier/asking.ts";
import { breathe } from "../courier/pausing.ts";
import { FETCH_COUNT } from "../courier/wire.ts";
import type { Bytes } from "../protocol/bytes.ts";
import { readersOf } from "../protocol/directory.ts";
import { ProtocolError, RecordMalformed } from "../protocol/errors.ts";
import { WITHDRAW_LIMIT, type Withdraw } from "../protocol/message.ts";
import type { Row } from "../protocol/row.ts";
import type { Statement } from "../protocol/statement.ts";
import { DOWN, type Direction, UP } from "../protocol/thread.ts";
import { Commit, type Newest, previousOf } from "./committing.ts";
import { CONTACT_ATTEMPTS } from "./contact.ts";
import type { Desk } from "./desk.ts";
import { statementsOf } from "./draft.ts";
import { NothingFound } from "./errors.ts";
import { type Found, judgeOwn, judgeReply, type Own } from "./judging.ts";
import { survey } from "./survey.ts";
import type { Problem } from "./visit.ts";

/** What was taken back and burned: indices of messages and of replies; `problems` are records left as they are. */
export interface Withdrawn {
  readonly messages: readonly number[];
  readonly replies: readonly number[];
  readonly problems: readonly Problem[];
}

/** One withdrawal. It may be done again after any failure, and then takes back what is left. */
export class Withdrawing {
  readonly #desk: Desk;
  readonly #language: string;
  readonly #signal: AbortSignal | undefined;
  readonly #problems: Problem[] = [];

  constructor(desk: Desk, language: string, signal?: AbortSignal) {
    this.#desk = desk;
    this.#language = language;
    this.#signal = signal;
  }

  /** Tells `readers`, then burns. Throws as `Source.withdraw`. */
  async withdraw(readers: readonly number[], alsoReplies: boolean): Promise<Withdrawn> {
    const { courier, keys, directory } = this.#desk;
    const { up, down } = await survey(courier, keys.thread, this.#signal);
    const own = await this.#read(UP, up, (bytes, index) => judgeOwn(bytes, index, keys));
    const messages = own.filter(({ withdraw }) => !withdraw);
    const replies = alsoReplies ? await this.#read(DOWN, down, (bytes) => judgeReply(bytes, keys, directory)) : [];
    if (own.length === 0 && down.length === 0) {
      throw new NothingFound();
    }
    const newest = own.at(-1);
    if (messages.length > 0 && newest !== undefined) {
      await this.#tell(readers, messages, newest, (up.at(-1) ?? -1) + 1);
    }
    // The record that tells of a stream goes after the stream, or a failure would leave chunks nobody can name.
    for (const message of messages) {
      await burn(courier, this.#tokens(message), this.#signal);
    }
    for (const reply of replies) {
      await burn(courier, this.#replyTokens(reply), this.#signal);
    }
    await burn(courier, this.#contactTokens(), this.#signal);
    return {
      messages: messages.map(({ index }) => index),
      replies: replies.map(({ read }) => read.body.index),
      problems: this.#problems,
    };
  }

  /** The records of these indices that hold; the others are told. */
  async #read<Judged>(
    direction: Direction,
    indices: readonly number[],
    judge: (bytes: Bytes, index: number) => Judged,
  ): Promise<readonly Judged[]> {
    const { courier, keys } = this.#desk;
    const found: Judged[] = [];
    for (const batch of batches(indices, FETCH_COUNT)) {
      const addresses = batch.map((index) => keys.thread.address(direction, index));
      const records = await fetch(courier, addresses, this.#signal);
      for (const [place, index] of batch.entries()) {
        await breathe();
        try {
          found.push(judge(there(records[place]), index));
        } catch (error) {
          if (!(error instanceof ProtocolError)) {
            throw error;
          }
          this.#problems.push({ ours: direction === UP, index, error });
        }
      }
    }
    return found;
  }

  // --- telling

  /** Puts a withdraw that lists the commitments of `messages`, in as many records as it needs. */
  async #tell(readers: readonly number[], messages: readonly Own[], newest: Own, first: number): Promise<void> {
    const { courier, directory, keys } = this.#desk;
    const { channel } = newest.state;
    const statements = statementsOf(directory, readers, readersOf(directory, channel));
    let last: Newest = { newest: newest.index, commitment: newest.commitment };
    let index = first;
    for (const batch of batches(messages, WITHDRAW_LIMIT)) {
      const commit = new Commit(courier, keys, statements, index);
      await commit.reserve(this.#signal);
      const before = last;
      const { commitment } = await commit.put((at) => this.#body(at, before, channel, statements, batch), this.#signal);
      last = { newest: commit.index, commitment };
      index = commit.index + 1;
    }
  }

  #body(
    index: number,
    last: Newest,
    channel: number,
    statements: readonly Statement[],
    messages: readonly Own[],
  ): Withdraw {
    const { keys, directory } = this.#desk;
    return {
      kind: "withdraw",
      recipient: keys.identity.recipient,
      thread: keys.thread.key as Bytes,
      index,
      previous: previousOf(index, last),
      day: directory.today,
      language: this.#language,
      channel,
      readers: statements.map(({ person }) => person),
      commitments: messages.map(({ commitment }) => commitment as Bytes),
    };
  }

  // --- burning

  /** What burns a message: its chunks, then itself. */
  async *#tokens({ record, state }: Own): AsyncGenerator<Uint8Array> {
    yield* first(state.chunks, this.#desk.keys.burnChunks(state.streamNonce));
    yield this.#desk.keys.burnMessage(record.address);
  }

  /** What burns a reply: its chunks, then itself. */
  async *#replyTokens({ read: { body, author }, address }: Found): AsyncGenerator<Uint8Array> {
    const tokens = this.#desk.keys.replyTokens(author.statement.recipient);
    try {
      if (body.stream !== null) {
        yield* first(body.stream.chunks, tokens.burnChunks(body.stream.nonce));
      }
      yield tokens.burn(address);
    } finally {
      tokens.wipe();
    }
  }

  *#contactTokens(): Generator<Uint8Array> {
    for (let index = 0; index < CONTACT_ATTEMPTS; index++) {
      yield this.#desk.keys.burnContact(index);
    }
  }
}

async function* first(count: number, row: Row): AsyncGenerator<Uint8Array> {
  try {
    for (let index = 0; index < count; index++) {
      yield await row.at(index);
    }
  } finally {
    row.wipe();
  }
}

function there(record: Bytes | null | undefined): Bytes {
  if (record === null || record === undefined) {
    throw new RecordMalformed();
  }
  return record;
}
