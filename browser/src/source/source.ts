/** The source, with its receipt in hand. */
import type { Courier } from "../courier/courier.ts";
import type { Bytes } from "../protocol/bytes.ts";
import type { FileEntry } from "../protocol/content.ts";
import type { Directory } from "../protocol/directory.ts";
import type { Receipt } from "../protocol/receipt.ts";
import type { Attachment, Draft } from "./draft.ts";
import type { Sending } from "./sending.ts";
import type { ReceivedReply, Visit } from "./visit.ts";
import type { Withdrawn } from "./withdrawing.ts";

export interface WithdrawOptions {
  readonly alsoReplies?: boolean;
  readonly signal?: AbortSignal;
}

/** Everything that can be done with a receipt. Every method may throw what a `Courier` throws. */
export class Source {
  /** The receipt stays the caller's until `wipe`. The day of everything is `directory.today`. */
  constructor(courier: Courier, directory: Directory, receipt: Receipt) {
    void courier;
    void directory;
    void receipt;
  }

  /** What lies in the thread, with the newest 7 replies, or the newest 7 below index `before`. Throws `NothingFound`. */
  async visit(_before: number | null = null, _signal?: AbortSignal): Promise<Visit> {
    throw new Error("to come");
  }

  /** `reply` with its content. Throws `StreamMalformed`, `StreamAltered` and `BodyMalformed`. */
  async load(_reply: ReceivedReply, _signal?: AbortSignal): Promise<ReceivedReply> {
    throw new Error("to come");
  }

  /** The bytes of a file of a loaded reply, chunk by chunk. Throws `StreamMalformed` and `StreamAltered`. */
  file(_reply: ReceivedReply, _file: FileEntry, _signal?: AbortSignal): AsyncIterable<Bytes> {
    throw new Error("to come");
  }

  /**
   * The message, checked, ready to `send`; nothing has been put yet.
   *
   * Throws `BodyMalformed`, `TooLarge`, `NobodyToRead`, and `ReaderUnavailable` for somebody chosen to whom nothing can be
   * sealed today.
   */
  async prepare(
    _draft: Draft,
    _attachments: readonly Attachment[] = [],
    _visit: Visit | null = null,
    _index: number | null = null,
  ): Promise<Sending> {
    throw new Error("to come");
  }

  /** Throws `NothingFound`, `NobodyToRead` and `ReaderUnavailable`, and then nothing was burned. */
  async withdraw(_readers: readonly number[], _language: string, _options: WithdrawOptions = {}): Promise<Withdrawn> {
    throw new Error("to come");
  }

  /** Takes every key out of memory, the receipt too. */
  wipe(): void {}
}
