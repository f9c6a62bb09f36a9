/** What a source wants to say, and to whom (docs/protocol.md, section 6). */
import { utf8 } from "../protocol/bytes.ts";
import { type Content, encodeContent } from "../protocol/content.ts";
import { custodiansOf, type Directory, readersOf } from "../protocol/directory.ts";
import { type ProtocolError, TooLarge } from "../protocol/errors.ts";
import type { Person } from "../protocol/keyring.ts";
import type { Statement } from "../protocol/statement.ts";
import { NobodyToRead, ReaderUnavailable } from "./errors.ts";

/** Text and answers together, in bytes of JSON: half of a part, whose other half is for the table of files. */
export const CONTENT_LIMIT = 8 * 2 ** 20;

const UNNAMED = "file";
const UNTYPED = "application/octet-stream";

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
 * `selected` are the ids to preselect: for a follow-up those of `Visit.preselected`. `null`, for a first report,
 * preselects everybody who can be written to. Throws `KeyringMalformed` for a channel that does not exist.
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

/** Throws `BodyMalformed` for text that is not Unicode, and `TooLarge` beyond 8 MiB. */
export function checkDraft({ text, answers = null }: Draft): void {
  if (encodeContent({ text, answers, files: [] }).length > CONTENT_LIMIT) {
    throw new TooLarge();
  }
}

/** The name that travels: without the folders before it, which may hold the name of their owner. */
export function sentName({ name }: Attachment): string {
  return wellFormed(name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1)) || UNNAMED;
}

/** The media type that travels. */
export function sentType({ type }: Attachment): string {
  return wellFormed(type) || UNTYPED;
}

/**
 * The current statement of everybody in `chosen`, each once, ascending by person id.
 *
 * Throws `NobodyToRead` for nobody, and `ReaderUnavailable`, by name, for everybody who is not among `people` or cannot
 * be sealed to today: nobody is skipped silently.
 */
export function statementsOf(
  directory: Directory,
  chosen: readonly number[],
  people: readonly Person[],
): readonly Statement[] {
  const names = new Map(people.map(({ id, name }) => [id, name]));
  const ids = [...new Set(chosen)].sort((one, other) => one - other);
  const missing = ids.filter((id) => !names.has(id) || !directory.open.has(id));
  if (missing.length > 0) {
    throw new ReaderUnavailable(missing.map((id) => names.get(id) ?? `${id}`));
  }
  if (ids.length === 0) {
    throw new NobodyToRead();
  }
  return ids.map((id) => directory.open.get(id) as Statement);
}

/** `text` with a replacement character for each lone surrogate, which some systems allow in names. */
function wellFormed(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(utf8(text));
}
