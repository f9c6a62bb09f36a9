/** Sending a message: its files first, the message last (docs/protocol.md, sections 8 and 9). */
import type { Courier } from "../courier/courier.ts";
import { AddressTaken } from "../courier/errors.ts";
import { breathe } from "../courier/pausing.ts";
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
import { custodiansOf, type Directory, personOf, readersOf } from "../protocol/directory.ts";
import { TooLarge } from "../protocol/errors.ts";
import { encodeBody, type Message, REFERENCE_SIZE } from "../protocol/message.ts";
import { BODY_TEXT_LIMIT, pack } from "../protocol/packing.ts";
import { burnHashOf, RECORD_SIZE } from "../protocol/record.ts";
import { seal } from "../protocol/sealing.ts";
import { STREAM_NONCE_SIZE } from "../protocol/state.ts";
import type { Statement } from "../protocol/statement.ts";
import type { Source as SourceKeys } from "../protocol/thread.ts";
import { Commit, type Newest, previousOf } from "./committing.ts";
import { type Attachment, checkDraft, type Draft, statementsOf } from "./draft.ts";
import { SendingBroken } from "./errors.ts";
import { OutgoingStream } from "./outgoing.ts";
import { Pieces } from "./pieces.ts";

// A few bytes that keys, nonces and digests may need more than others, after compression.
const SPARE = 128;
/** How many contact records may lie where the next would, left behind by attempts that did not come to their end. */
export const CONTACT_ATTEMPTS = 16;

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

/** What a message is made with. */
export interface Desk {
  readonly courier: Courier;
  readonly directory: Directory;
  readonly keys: SourceKeys;
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
  readonly #custodians: readonly Statement[];
  readonly #reference: Bytes | null;
  readonly #commit: Commit;
  #content: Content | null;
  #stream: Stream | null = null;
  #streamReference: StreamReference | null = null;
  // Where the contact details go next; whether they are stored; and their record.
  #contactIndex = 0;
  #contactStored: boolean;
  #contact: Bytes | null = null;
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
    this.#contactStored = hasNoContact(draft);
    this.#reference = this.#contactStored ? null : randomBytes(REFERENCE_SIZE);
    this.#custodians = this.#contactStored
      ? []
      : statementsOf(directory, draft.custodians ?? [], custodiansOf(directory, draft.channel));
    this.#commit = new Commit(desk.courier, desk.keys, this.#readers, index);
    this.#content = { text: draft.text, answers: draft.answers ?? null, files: [] };
    encodeBody(this.#body(index));
    if (!this.#contactStored) {
      pack(this.#contactJson());
    }
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
    const records = (this.#stream?.chunks ?? 0) + (this.#reference === null ? 0 : 1) + 1;
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
    this.#contact = null;
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
    await this.#putContact(onStored, signal);
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
    const tokens = keys.burnChunks(nonce);
    const sealer = await ChunkSealer.begin({ key, nonce, burnToken: (index) => tokens.at(index) });
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

  // --- contact details

  async #putContact(onStored: (bytes: number) => void, signal: AbortSignal | undefined): Promise<void> {
    while (!this.#contactStored) {
      if (this.#contact === null) {
        await breathe();
        this.#contact = this.#sealContact();
      }
      try {
        await this.#desk.courier.putMessage(this.#contact, signal);
        this.#contactStored = true;
        onStored(RECORD_SIZE);
      } catch (error) {
        if (!(error instanceof AddressTaken) || this.#contactIndex === CONTACT_ATTEMPTS - 1) {
          throw error;
        }
        this.#contactIndex += 1;
        this.#contact = null;
      }
    }
  }

  #sealContact(): Bytes {
    const { keys } = this.#desk;
    const identity = keys.contactIdentity();
    const { bytes } = seal(this.#contactJson(), {
      site: keys.site,
      address: keys.contactAddress(this.#contactIndex),
      burnHash: burnHashOf(keys.burnContact(this.#contactIndex)),
      sender: { role: "source", person: 0 },
      identity,
      readers: this.#custodians.map(({ recipient }) => recipient),
    });
    identity.wipe();
    return bytes;
  }

  #contactJson(): Bytes {
    const { keys, directory } = this.#desk;
    const { language, channel, contact } = this.#draft;
    const identity = keys.contactIdentity();
    const json = encodeBody({
      kind: "contact",
      recipient: identity.recipient,
      reference: this.#reference as Bytes,
      day: directory.today,
      language,
      channel,
      readers: this.#custodians.map(({ person }) => person),
      text: contact as string,
    });
    identity.wipe();
    return json;
  }

  // --- the message

  #body(index: number): Message {
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
      reference: this.#reference,
      content: this.#content,
      stream: this.#streamReference,
    };
  }
}

function hasNoContact({ contact = null }: Draft): boolean {
  return contact === null;
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
