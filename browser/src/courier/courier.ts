/** The small interface that everybody who reaches a shelf is given (docs/protocol.md, section 9). */
import type { Bytes } from "../protocol/bytes.ts";

/**
 * Carries bytes and knows nothing of what is in them. Every method may throw a `CourierError` or a `ShelfError`; where
 * a signal is given, the reason of an abort; and nothing else.
 */
export interface Courier {
  /** The published document as the site shows it now, unverified. */
  keyring(signal?: AbortSignal): Promise<Bytes>;

  /** Put one record, durably. The identical record again is fine; throws `AddressTaken` for another one there. */
  putMessage(record: Uint8Array, signal?: AbortSignal): Promise<void>;

  /** Put 1 to 32 chunks in one durable step; throws `AddressTaken`, and stores none of them, where one clashes. */
  putChunks(records: readonly Bytes[], signal?: AbortSignal): Promise<void>;

  /** For each of exactly 128 addresses whether a record lies there, on either shelf. */
  look(addresses: readonly Uint8Array[], signal?: AbortSignal): Promise<readonly boolean[]>;

  /** For each of exactly 8 addresses the 32,768 bytes there, or random bytes where nothing is. */
  fetch(addresses: readonly Uint8Array[], signal?: AbortSignal): Promise<readonly Bytes[]>;

  /** Remove what has the burn hash of one of exactly 8 tokens; the answer never tells whether there was any. */
  burn(tokens: readonly Uint8Array[], signal?: AbortSignal): Promise<void>;
}
