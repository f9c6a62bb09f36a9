/** The commit point of whatever a source says: one record at the first free index of its thread. */
import { fetch, look } from "../courier/asking.ts";
import type { Courier } from "../courier/courier.ts";
import { AddressTaken } from "../courier/errors.ts";
import { breathe } from "../courier/pausing.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { encodeBody, type Message, type Withdraw } from "../protocol/message.ts";
import { burnHashOf } from "../protocol/record.ts";
import { type SealedRecord, seal } from "../protocol/sealing.ts";
import { STREAM_NONCE_SIZE } from "../protocol/state.ts";
import type { Statement } from "../protocol/statement.ts";
import { type Source as SourceKeys, UP } from "../protocol/thread.ts";
import { AlreadySent } from "./errors.ts";
import { judgeOwn } from "./judging.ts";
import { WINDOW } from "./survey.ts";

/** The newest message that was verified, if any: its index, and its commitment. */
export interface Newest {
  readonly newest: number | null;
  readonly commitment: Uint8Array | null;
}

/**
 * Puts one record upwards, at `index` or, where a stranger lies there, at the next free one.
 *
 * Every step can be asked for again after a `CourierError`, a `ShelfError` or an abort: the same bytes are put again.
 */
export class Commit {
  readonly #courier: Courier;
  readonly #keys: SourceKeys;
  readonly #readers: readonly Statement[];
  #index: number;
  // Indices that a dropped reader may have filled with rubbish before we give up: as many as one look shows.
  #attempts = WINDOW;
  #reserved = false;
  #record: SealedRecord | null = null;

  constructor(courier: Courier, keys: SourceKeys, readers: readonly Statement[], index: number) {
    this.#courier = courier;
    this.#keys = keys;
    this.#readers = readers;
    this.#index = index;
  }

  get index(): number {
    return this.#index;
  }

  /** Makes sure that the index is free, before anything is stored. Throws `AlreadySent`. */
  async reserve(signal?: AbortSignal): Promise<void> {
    while (!this.#reserved) {
      const [taken] = await look(this.#courier, [this.#address], signal);
      if (taken) {
        await this.#stepOver(signal);
      } else {
        this.#reserved = true;
      }
    }
  }

  /** Puts what `bodyAt` says for an index. Throws `AlreadySent` if one of ours came in between. */
  async put(bodyAt: (index: number) => Message | Withdraw, signal?: AbortSignal): Promise<SealedRecord> {
    for (;;) {
      if (this.#record === null) {
        await breathe();
        this.#record = this.#seal(bodyAt(this.#index));
      }
      try {
        await this.#courier.putMessage(this.#record.bytes, signal);
        return this.#record;
      } catch (error) {
        if (!(error instanceof AddressTaken)) {
          throw error;
        }
      }
      await this.#stepOver(signal);
    }
  }

  /** Goes on to the next index if a stranger's record lies here. Throws `AlreadySent` if it is our own. */
  async #stepOver(signal: AbortSignal | undefined): Promise<void> {
    const [record] = await fetch(this.#courier, [this.#address], signal);
    if (record && this.#isOurs(record)) {
      throw new AlreadySent(this.#index);
    }
    this.#attempts -= 1;
    if (this.#attempts === 0) {
      throw new AddressTaken();
    }
    this.#index += 1;
    this.#record = null;
  }

  get #address(): Uint8Array {
    return this.#keys.thread.address(UP, this.#index);
  }

  #seal(body: Message | Withdraw): SealedRecord {
    const { identity, stateKey } = this.#keys;
    const address = this.#address;
    const isMessage = body.kind === "message";
    const token = isMessage ? this.#keys.burnMessage(address) : this.#keys.burnWithdraw(address);
    const stream = isMessage ? body.stream : null;
    const { channel, readers } = body;
    const streamNonce = stream?.nonce ?? new Uint8Array(STREAM_NONCE_SIZE);
    return seal(encodeBody(body), {
      site: this.#keys.site,
      address,
      burnHash: burnHashOf(token),
      sender: { role: "source", person: 0 },
      identity,
      readers: this.#readers.map(({ recipient }) => recipient),
      own: { state: { channel, readers, chunks: stream?.chunks ?? 0, streamNonce }, stateKey },
    });
  }

  #isOurs(record: Uint8Array): boolean {
    try {
      judgeOwn(record, this.#index, this.#keys);
      return true;
    } catch (error) {
      if (error instanceof ProtocolError) {
        return false;
      }
      throw error;
    }
  }
}

/** The commitment of the message before `index` if the newest is that one, as a body states it. */
export function previousOf(index: number, { newest, commitment }: Newest): Message["previous"] {
  if (index === 0) {
    return null;
  }
  return newest === index - 1 && commitment !== null ? (commitment as Message["previous"]) : "unknown";
}
