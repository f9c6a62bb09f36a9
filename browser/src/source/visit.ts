/** What a source finds with its receipt (docs/protocol.md, section 9). */
import type { Content, FileEntry, StreamReference } from "../protocol/content.ts";
import type { ProtocolError } from "../protocol/errors.ts";
import type { Day } from "../protocol/fields.ts";

/** A record that was skipped because it does not hold: of the source's own, or a reply, and why. */
export interface Problem {
  readonly ours: boolean;
  readonly index: number;
  readonly error: ProtocolError;
}

/** A reply that was verified: who wrote it, when, and what. */
export interface ReceivedReply {
  readonly index: number;
  readonly day: Day;
  readonly language: string;
  /** The name of who wrote it. */
  readonly author: string;
  /** The names of all who read it. */
  readonly readers: readonly string[];
  /** `null` where the text was too long for one record and waits on the shelf: `Source.load` gets it. */
  readonly content: Content | null;
  readonly stream: StreamReference | null;
  /** Its readers could not be checked, because the message that it answers is no longer stored. */
  readonly doubt: boolean;
}

/** The files of a reply; none before its content was loaded. */
export function filesOf(reply: ReceivedReply): readonly FileEntry[] {
  return reply.content?.files ?? [];
}

/** What one look and one fetch told. */
export interface Visit {
  /** The indices of the source's messages that lie on the shelf, ascending. */
  readonly stored: readonly number[];
  /** Where the next message goes. */
  readonly nextIndex: number;
  /** The newest message that was verified, or `null` where none was; with it come the next five. */
  readonly newest: number | null;
  readonly commitment: Uint8Array | null;
  readonly withdrawn: boolean;
  readonly channel: number | null;
  /** The list in force. */
  readonly readers: readonly number[] | null;
  /** Whom to preselect for the next message: nobody where the list in force may not be the newest one. */
  readonly preselected: readonly number[];
  /** The names of those who confirmed, in a verified reply, that they opened the newest message. */
  readonly receivedBy: readonly string[];
  /** Newest first. */
  readonly replies: readonly ReceivedReply[];
  /** Where other replies lie before these: what to give to `Source.visit` next. */
  readonly older: number | null;
  readonly problems: readonly Problem[];
}
