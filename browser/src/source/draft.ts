/** What a source wants to say, and to whom (docs/protocol.md, section 6). */
import { type Directory, custodiansOf, readersOf } from "../protocol/directory.ts";
import type { Content } from "../protocol/content.ts";
import type { ProtocolError } from "../protocol/errors.ts";
import type { Person } from "../protocol/keyring.ts";

export type Answers = NonNullable<Content["answers"]>;

/** A file to be sent: its name as its owner sees it, its media type, and its bytes, which are read in slices. */
export interface Attachment {
  readonly name: string;
  readonly type: string;
  readonly blob: Blob;
}

/** A message as its source wrote it. */
export interface Draft {
  readonly text: string;
  /** The language of the text: `en`, `zh-Hant`. */
  readonly language: string;
  readonly channel: number;
  /** The person ids that the source chose out of `readersOf(directory, channel)`; nobody else reads it. */
  readonly readers: readonly number[];
  readonly answers?: Answers | null;
  /** Goes to the people in `custodians` alone. */
  readonly contact?: string | null;
  /** Out of `custodiansOf(directory, channel)`. */
  readonly custodians?: readonly number[];
}

/** A person of a channel whom the source may choose, and whether to show them as chosen. */
export interface Choice {
  readonly person: Person;
  /** Why nobody can write to them at the moment; such a person is shown, with the reason, unselected. */
  readonly closed: ProtocolError | null;
  readonly selected: boolean;
  /** Reads contact details only, and no reports. */
  readonly custodian: boolean;
}

/**
 * Everybody of `channel`, readers of reports first, so that the source can choose who reads.
 *
 * `selected` are the ids to preselect: for a follow-up those of `Visit.preselected`. `null`, for a first report, preselects
 * everybody who can be written to. Throws `KeyringMalformed` for a channel that does not exist.
 */
export function choices(
  directory: Directory,
  channel: number,
  selected: readonly number[] | null = null,
): readonly Choice[] {
  return [...readersOf(directory, channel), ...custodiansOf(directory, channel)].map((person) => {
    const closed = directory.closed.get(person.id) ?? null;
    return {
      person,
      closed,
      selected: closed === null && (selected === null || selected.includes(person.id)),
      custodian: person.role === "custodian",
    };
  });
}
