/** The source, with its receipt in hand. */
import type { Courier } from "../courier/courier.ts";
import type { Bytes } from "../protocol/bytes.ts";
import type { FileEntry } from "../protocol/content.ts";
import type { Directory } from "../protocol/directory.ts";
import type { Receipt } from "../protocol/receipt.ts";
import { Source as SourceKeys } from "../protocol/thread.ts";
import type { Desk } from "./desk.ts";
import type { Attachment, Draft } from "./draft.ts";
import { Sending } from "./sending.ts";
import { ReplyStream } from "./stream.ts";
import { filesOf, type ReceivedReply, type Visit } from "./visit.ts";
import { Visiting } from "./visiting.ts";
import { Withdrawing, type Withdrawn } from "./withdrawing.ts";

export interface WithdrawOptions {
  /** Burn the replies too. */
  readonly alsoReplies?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Everything that can be done with a receipt. Every method may throw what a `Courier` throws.
 *
 * The day of everything it writes, and by which it judges, is `directory.today`.
 */
export class Source {
  readonly #desk: Desk;

  /** Takes the receipt over: `wipe` wipes it. */
  constructor(courier: Courier, directory: Directory, receipt: Receipt) {
    this.#desk = { courier, directory, keys: new SourceKeys(receipt, directory.site) };
  }

  /**
   * What lies in the thread, with the newest 7 replies, or the newest 7 below index `before`.
   *
   * It takes the same calls whether or not anything waits: one look and one fetch, and more of them only for a thread
   * of more than 56 messages or where a record does not hold. Throws `NothingFound`.
   */
  async visit(before: number | null = null, signal?: AbortSignal): Promise<Visit> {
    const { courier, keys, directory } = this.#desk;
    return await new Visiting(courier, keys, directory, signal).visit(before);
  }

  /**
   * `reply` with its content, fetched where the text was too long for one record.
   * Throws `StreamMalformed`, `StreamAltered` and `BodyMalformed`.
   */
  async load(reply: ReceivedReply, signal?: AbortSignal): Promise<ReceivedReply> {
    if (reply.content !== null || reply.stream === null) {
      return reply;
    }
    return { ...reply, content: await new ReplyStream(this.#desk.courier, reply.stream, signal).content() };
  }

  /**
   * The bytes of a file of a loaded reply, chunk by chunk, in flat memory.
   *
   * The whole stream is fetched and verified before the first of them comes, and the file is then fetched again:
   * nothing that was not verified is given out. Throws `StreamMalformed` and `StreamAltered`.
   */
  async *file(reply: ReceivedReply, file: FileEntry, signal?: AbortSignal): AsyncGenerator<Bytes, void> {
    if (reply.stream !== null) {
      yield* new ReplyStream(this.#desk.courier, reply.stream, signal).read(file, filesOf(reply));
    }
  }

  /**
   * The message, checked, ready to `send`; nothing has been put yet, and no file has been read.
   *
   * A first report has no `visit`; a follow-up takes one made just before. `index` is the next free one, unless it is
   * given. Throws `BodyMalformed`, `TooLarge`, `NobodyToRead`, and `ReaderUnavailable` for somebody chosen to whom
   * nothing can be sealed today.
   */
  async prepare(
    draft: Draft,
    attachments: readonly Attachment[] = [],
    visit: Visit | null = null,
    index: number = visit?.nextIndex ?? 0,
  ): Promise<Sending> {
    const newest = visit ?? { newest: null, commitment: null };
    return await Sending.prepare(this.#desk, draft, attachments, index, newest);
  }

  /**
   * Tells `readers` that everything is taken back, and burns it: messages, files, contact details.
   *
   * The record that says so stays. After any failure, do it again. Throws `NothingFound`, `NobodyToRead` and
   * `ReaderUnavailable`, and then nothing was burned.
   */
  async withdraw(
    readers: readonly number[],
    language: string,
    { alsoReplies = false, signal }: WithdrawOptions = {},
  ): Promise<Withdrawn> {
    return await new Withdrawing(this.#desk, language, signal).withdraw(readers, alsoReplies);
  }

  /** Takes every key out of memory, and the receipt. Nothing else is to be called afterwards. */
  wipe(): void {
    this.#desk.keys.wipe();
  }
}
