/** The published document, verified: whom a client may seal to today, and whom it must not (docs/protocol.md, 7). */
import { type Bytes, equal, toHex } from "./bytes.ts";
import {
  KeyringExpired,
  KeyringMalformed,
  KeyringRolledBack,
  type ProtocolError,
  RootSuperseded,
  SignatureInvalid,
  StatementRejected,
  UnsupportedVersion,
} from "./errors.ts";
import { bytes, type Day, integer, isAscending, list, type Of, PERSON_LIMIT, pair, struct, where } from "./fields.ts";
import { HASH_SIZE, hash } from "./hashing.ts";
import {
  type Channel,
  type Keyring,
  parsed,
  parseKeyring,
  type Person,
  readSuccession,
  type SignedSuccession,
  type Succession,
  signedSuccession,
  spelled,
  verifyKeyring,
} from "./keyring.ts";
import { LABELS } from "./labels.ts";
import { person } from "./message.ts";
import type { WordList } from "./receipt.ts";
import { VERSION } from "./record.ts";
import { checkRemembered, rowOfRoots } from "./roots.ts";
import { SIGNING_KEY_SIZE, type Signed, signed } from "./signing.ts";
import { currentStatements } from "./standing.ts";
import { checkDay, checkHolder, readStatement, type Statement } from "./statement.ts";
import { siteOf } from "./thread.ts";

export const FINGERPRINT_WORDS = 10;
const SUCCESSION_LIMIT = 1000;
const WORK_LIMIT = 40;
const WORD_BITS = 11n;

const published = struct({
  keyring: signed,
  successions: list(signedSuccession, SUCCESSION_LIMIT),
  statements: list(signed, PERSON_LIMIT),
  challenge: bytes(HASH_SIZE),
  work: integer(0, WORK_LIMIT),
});

const memory = struct({
  roots: where(list(bytes(SIGNING_KEY_SIZE), SUCCESSION_LIMIT + 1), (roots) => roots.length > 0),
  serial: integer(0),
  numbers: where(list(pair(person, integer(1)), PERSON_LIMIT), (numbers) => isAscending(numbers.map(([id]) => id))),
});

/** What a client remembers of an organisation, so that it notices when something seen before is missing. */
export type Memory = Of<typeof memory>;

export interface Author {
  readonly person: Person;
  readonly statement: Statement;
}

/** How a document is judged: on which day, and against what is known already. */
export interface Expectation {
  readonly today: Day;
  /** The organisation's name, where it is known from elsewhere than the document. */
  readonly site?: Uint8Array;
  readonly memory?: Memory;
}

/** A document that holds. There is no other way to have one than `readDirectory`. */
export interface Directory {
  readonly site: Bytes;
  /** The day it was judged on, which is the day of everything that is written by it. */
  readonly today: Day;
  readonly keyring: Keyring;
  /** From the first to the one in force. */
  readonly roots: readonly Bytes[];
  /** The people to whom may be sealed today. */
  readonly open: ReadonlyMap<number, Statement>;
  /** The others, with the reason. */
  readonly closed: ReadonlyMap<number, ProtocolError>;
  readonly memory: Memory;
  readonly challenge: Bytes;
  /** How many bits of work each request is asked for. */
  readonly work: number;
}

/** Throws `KeyringMalformed` for what is no memory. */
export function readMemory(file: Uint8Array): Memory {
  return parsed(memory, file);
}

export function writeMemory(value: Memory): Bytes {
  return spelled(memory, value);
}

/** The work that a document asks of requests. Nothing in it is verified: it is the site's own affair. */
export interface Work {
  readonly challenge: Bytes;
  readonly bits: number;
}

/** Throws `KeyringMalformed`. */
export function readWork(document: Uint8Array): Work {
  const { challenge, work } = parsed(published, document);
  return { challenge, bits: work };
}

/** The document, verified in the order of section 7, with the errors it names. */
export function readDirectory(document: Uint8Array, { today, site: pinned, memory: before }: Expectation): Directory {
  const { keyring: signedKeyring, successions, statements, challenge, work } = parsed(published, document);
  const keyring = parseKeyring(signedKeyring.payload);
  const site = siteOf(keyring.first_root);
  checkSite(site, pinned, before);
  const roots = rowOfRoots(keyring.first_root, verified(successions, site));
  checkRemembered(roots, before?.roots ?? []);
  checkRoot(signedKeyring, roots);
  checkKeyring(keyring, today, before);
  const { open, closed } = currentStatements(statements, keyring.people, {
    site,
    today,
    numbers: new Map(before?.numbers ?? []),
  });
  const kept = remember(roots, keyring, open, before);
  return { site, today, keyring, roots, open, closed, memory: kept, challenge, work };
}

function* verified(successions: readonly SignedSuccession[], site: Uint8Array): Iterable<Succession> {
  for (const succession of successions) {
    yield readSuccession(succession, site);
  }
}

/** The channel of this id, or `undefined`. */
export function channelOf({ keyring }: Directory, id: number): Channel | undefined {
  return keyring.channels.find((channel) => channel.id === id);
}

/** Somebody enrolled. Throws `StatementRejected` for anybody else. */
export function personOf({ keyring }: Directory, id: number): Person {
  const person = keyring.people.find((enrolled) => enrolled.id === id);
  if (person === undefined) {
    throw new StatementRejected();
  }
  return person;
}

/** Who reads reports of a channel, reviewers and oversight, whether or not they can be sealed to. As `peopleOf`. */
export function readersOf(directory: Directory, channel: number): readonly Person[] {
  return peopleOf(directory, channel).filter(({ role }) => role !== "custodian");
}

/** Who may be told who the source is. As `peopleOf`. */
export function custodiansOf(directory: Directory, channel: number): readonly Person[] {
  return peopleOf(directory, channel).filter(({ role }) => role === "custodian");
}

/** Everybody of a channel. Throws `KeyringMalformed` where there is no such channel. */
function peopleOf(directory: Directory, id: number): readonly Person[] {
  const channel = channelOf(directory, id);
  if (channel === undefined) {
    throw new KeyringMalformed();
  }
  return channel.people.map((person) => personOf(directory, person));
}

/**
 * The author of something dated `day`, by the statement that came with it.
 * Throws `StatementRejected`, `SignatureInvalid` and `StatementMalformed`.
 */
export function authorOf({ site, keyring }: Directory, signed: Signed, id: number, day: Day): Author {
  const person =
    keyring.people.find((enrolled) => enrolled.id === id) ??
    keyring.former.find((left) => left.person.id === id && day <= left.last)?.person;
  if (person === undefined) {
    throw new StatementRejected();
  }
  const statement = readStatement(signed, person.signing);
  checkHolder(statement, site, person);
  checkDay(statement, day);
  return { person, statement };
}

/** Ten words that people compare by another way than the site. `english` is the English list. */
export function fingerprintOf({ roots }: Pick<Directory, "roots">, english: WordList): readonly string[] {
  const [first, current] = [roots[0] as Bytes, roots[roots.length - 1] as Bytes];
  let bits = BigInt(`0x${toHex(hash(LABELS.fingerprint, first, current))}`);
  bits >>= BigInt(8 * HASH_SIZE) - WORD_BITS * BigInt(FINGERPRINT_WORDS);
  const words: string[] = [];
  for (let word = 0; word < FINGERPRINT_WORDS; word++) {
    words.unshift(english.words[Number(bits & ((1n << WORD_BITS) - 1n))] as string);
    bits >>= WORD_BITS;
  }
  return words;
}

function checkSite(site: Uint8Array, pinned: Uint8Array | undefined, before: Memory | undefined): void {
  const remembered = before === undefined ? undefined : siteOf(before.roots[0] as Bytes);
  for (const expected of [pinned, remembered]) {
    if (expected !== undefined && !equal(site, expected)) {
      throw new RootSuperseded();
    }
  }
}

function checkRoot(keyring: Signed, roots: readonly Bytes[]): void {
  try {
    verifyKeyring(keyring, roots[roots.length - 1] as Bytes);
  } catch (error) {
    throw error instanceof SignatureInvalid ? new RootSuperseded() : error;
  }
}

function checkKeyring(keyring: Keyring, today: Day, before: Memory | undefined): void {
  if (keyring.minimum_version > VERSION) {
    throw new UnsupportedVersion();
  }
  if (before !== undefined && keyring.serial < before.serial) {
    throw new KeyringRolledBack();
  }
  if (today < keyring.issued || today > keyring.expires) {
    throw new KeyringExpired();
  }
}

function remember(
  roots: readonly Bytes[],
  keyring: Keyring,
  open: ReadonlyMap<number, Statement>,
  before: Memory | undefined,
): Memory {
  const numbers = new Map(before?.numbers ?? []);
  for (const [id, { number }] of open) {
    numbers.set(id, number);
  }
  return { roots, serial: keyring.serial, numbers: [...numbers].sort(([one], [other]) => one - other) };
}
