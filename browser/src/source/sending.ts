/** Sending a message: its files first, the message last (docs/protocol.md, sections 8 and 9). */
import { type Bytes, isZero, randomBytes } from "../protocol/bytes.ts";
import { ChunkSealer } from "../protocol/chunk.ts";
import {
  type Content,
  DIGEST_SIZE,
  encodeContent,
  type Part,
  STREAM_KEY_SIZE,
  type StreamReference,
} from "../protocol/content.ts";
import { personOf, readersOf } from "../protocol/directory.ts";
import { TooLarge } from "../protocol/errors.ts";
import { encodeBody, type Message } from "../protocol/message.ts";
import { BODY_TEXT_LIMIT, pack } from "../protocol/packing.ts";
import { RECORD_SIZE } from "../protocol/record.ts";
import { STREAM_NONCE_SIZE } from "../protocol/state.ts";
import type { Statement } from "../protocol/statement.ts";
import { Commit, type Newest, previousOf } from "./committing.ts";
import { ContactDetails } from "./contact.ts";
import type { Desk } from "./desk.ts";
import { type Attachment, checkDraft, type Draft, statementsOf } from "./draft.ts";
import { SendingBroken } from "./errors.ts";
import { OutgoingStream } from "./outgoing.ts";
import { Pieces } from "./pieces.ts";

// A few bytes that keys, nonces and digests may need more than others, after compression.
const SPARE = 128;
/** What was stored. */
export interface Sent {
  readonly index: number;
  readonly commitment: Uint8Array;
  /** The names of its readers. */
  readonly readers: readonly string[];
}

/** How much of a message is stored, in bytes that travel. */
export interface Progress {
  readonly sent: number;
  readonly total: number;
}

export interface SendOptions {
  readonly progress?: ((progress: Progress) => void) | undefined;
  /** Aborting it pauses: `send` throws its reason, and goes on when it is called again. */
  readonly signal?: AbortSignal | undefined;
}

interface Stream {
  readonly key: Bytes;
  readonly nonce: Bytes;
  readonly chunks: number;
  readonly part: Part | null;
  readonly outgoing: OutgoingStream;
}

/**
 * One message on its way.
 *
 * `send` may be called again after a `CourierError`, a `ShelfError` or an abort: it goes on where it stopped, with the
 * same bytes.
 */
export class Sending {
  readonly #desk: Desk;
  readonly #draft: Draft;
  readonly #newest: Newest;
  readonly #readers: readonly Statement[];
  readonly #contact: ContactDetails | null;
  readonly #commit: Commit;
  #content: Content | null;
  #stream: Stream | null = null;
  #streamReference: StreamReference | null = null;
  #sentBytes = 0;
  #sent: Sent | null = null;
  #wiped = false;
  // The call of `send` before, if it has not ended yet.
  #before: Promise<unknown> = Promise.resolve();

  private constructor(desk: Desk, draft: Draft, index: number, newest: Newest) {
    checkDraft(draft);
    const { directory } = desk;
    this.#desk = desk;
    this.#draft = draft;
    this.#newest = newest;
    this.#readers = statementsOf(directory, draft.readers, readersOf(directory, draft.channel));
    const { contact = null } = draft;
    this.#contact = contact === null ? null : new ContactDetails(desk, draft, contact);
    this.#commit = new Commit(desk.courier, desk.keys, this.#readers, index);
    this.#content = { text: draft.text, answers: draft.answers ?? null, files: [] };
    encodeBody(this.#body(index));
  }

  /** Checks everything that can be checked before anything is put. Throws as `Source.prepare`. */
  static async prepare(
    desk: Desk,
    draft: Draft,
    attachments: readonly Attachment[],
    index: number,
    newest: Newest,
  ): Promise<Sending> {
    const sending = new Sending(desk, draft, index, newest);
    await sending.#layOut(new Pieces(attachments));
    return sending;
  }

  /** The index that the message has, or will have as far as is known. */
  get index(): number {
    return this.#commit.index;
  }

  /** How many bytes travel in all, as `Progress.total`. */
  get total(): number {
    const records = (this.#stream?.chunks ?? 0) + (this.#contact === null ? 0 : 1) + 1;
    return records * RECORD_SIZE;
  }

  /** Puts what is not put yet. Throws `AlreadySent`, `SendingBroken`, all of a courier, and the reason of an abort. */
  async send(options: SendOptions = {}): Promise<Sent> {
    // Whoever goes on right after a pause may come before the pause has come to its end.
    const running = this.#before.then(() => this.#send(options));
    this.#before = running.catch(() => undefined);
    return await running;
  }

  /** Takes keys, text and unsent chunks out of memory; `send` then throws `SendingBroken`. */
  wipe(): void {
    this.#wiped = true;
    this.#stream?.outgoing.wipe();
    this.#stream?.key.fill(0);
    this.#content = null;
  }

  async #send({ progress, signal }: SendOptions): Promise<Sent> {
    if (this.#sent !== null) {
      return this.#sent;
    }
    if (this.#wiped) {
      throw new SendingBroken();
    }
    const onStored = (bytes: number): void => {
      this.#sentBytes += bytes;
      progress?.({ sent: this.#sentBytes, total: this.total });
    };
    onStored(0);
    await this.#commit.reserve(signal);
    await this.#putStream(onStored, signal);
    if (await this.#contact?.put(signal)) {
      onStored(RECORD_SIZE);
    }
    const { commitment } = await this.#commit.put((index) => this.#body(index), signal);
    onStored(RECORD_SIZE);
    const readers = this.#readers.map(({ person }) => personOf(this.#desk.directory, person).name);
    this.#sent = { index: this.#commit.index, commitment, readers };
    return this.#sent;
  }

  // --- files and long texts

  /** Decides what goes into the body and what into a stream. */
  async #layOut(pieces: Pieces): Promise<void> {
    const content: Content = { ...(this.#content as Content), files: pieces.files };
    const fits = this.#fits(content, pieces.chunks);
    const part = fits ? null : await pieces.addPart(encodeContent(content));
    this.#content = fits ? content : null;
    if (pieces.chunks === 0) {
      return;
    }
    const [key, nonce] = [randomBytes(STREAM_KEY_SIZE), streamNonce()];
    const { courier, keys } = this.#desk;
    const sealer = await ChunkSealer.begin({ key, nonce, burnTokens: keys.burnChunks(nonce) });
    const outgoing = new OutgoingStream(courier, sealer, pieces);
    this.#stream = { key, nonce, chunks: pieces.chunks, part, outgoing };
  }

  /** Whether `content` fits the body, with a stream of so many chunks; its digest is not known before it is sealed. */
  #fits(content: Content, chunks: number): boolean {
    const digest = randomBytes(DIGEST_SIZE);
    const stream =
      chunks === 0 ? null : { key: randomBytes(STREAM_KEY_SIZE), nonce: streamNonce(), chunks, digest, part: null };
    let packed: Bytes;
    try {
      packed = pack(encodeBody({ ...this.#body(this.#commit.index), content, stream }));
    } catch (error) {
      if (error instanceof TooLarge) {
        return false;
      }
      throw error;
    }
    return new DataView(packed.buffer).getUint32(0, true) + SPARE <= BODY_TEXT_LIMIT;
  }

  async #putStream(onStored: (bytes: number) => void, signal: AbortSignal | undefined): Promise<void> {
    if (this.#stream === null || this.#streamReference !== null) {
      return;
    }
    const { key, nonce, chunks, part, outgoing } = this.#stream;
    await outgoing.put(onStored, signal);
    this.#streamReference = { key, nonce, chunks, digest: await outgoing.digest(), part };
  }

  // --- the message

  /** Throws `SendingBroken` after `wipe`: a key of zeros must not travel. */
  #body(index: number): Message {
    if (this.#wiped) {
      throw new SendingBroken();
    }
    const { keys, directory } = this.#desk;
    const { language, channel } = this.#draft;
    return {
      kind: "message",
      recipient: keys.identity.recipient,
      thread: keys.thread.key as Bytes,
      index,
      previous: previousOf(index, this.#newest),
      day: directory.today,
      language,
      channel,
      readers: this.#readers.map(({ person }) => person),
      reference: this.#contact?.reference ?? null,
      content: this.#content,
      stream: this.#streamReference,
    };
  }
}

/** 8 random bytes, not all zero: zeros stand for no stream. */
function streamNonce(): Bytes {
  for (;;) {
    const nonce = randomBytes(STREAM_NONCE_SIZE);
    if (!isZero(nonce)) {
      return nonce;
    }
  }
}
