/** Sending a message: its files first, the message last (docs/protocol.md, sections 8 and 9). */

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
  readonly progress?: (progress: Progress) => void;
  /** Aborting it pauses: `send` throws its reason, and goes on when it is called again. */
  readonly signal?: AbortSignal;
}

/**
 * One message on its way.
 *
 * `send` may be called again after a `CourierError`, a `ShelfError` or an abort: it goes on where it stopped, with the
 * same bytes.
 */
export interface Sending {
  /** The index that the message has, or will have as far as is known. */
  readonly index: number;
  /** How many bytes travel in all, as `Progress.total`. */
  readonly total: number;
  /** Throws `AlreadySent`, `SendingBroken`, and all of a courier. */
  send(options?: SendOptions): Promise<Sent>;
  /** Takes keys, text and unsent chunks out of memory; `send` is not to be called any more. */
  wipe(): void;
}
