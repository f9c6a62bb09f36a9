/** What a reader believes of a record, and in which order it asks (docs/protocol.md, sections 6 and 10). */
import { type Bytes, concat, equal, toHex } from "./bytes.ts";
import { type Author, authorOf, type Directory } from "./directory.ts";
import { ReadersRejected, RecordMisplaced, StreamKeyReused } from "./errors.ts";
import { type Field, hash } from "./hashing.ts";
import type { Identity } from "./keys.ts";
import { LABELS } from "./labels.ts";
import {
  type Body,
  type Contact,
  decodeBody,
  type Event,
  expectKind,
  INVENTORY_ENTRY_SIZE,
  type Inventory,
  type Message,
  type Reply,
  type Withdraw,
} from "./message.ts";
import { burnHashOf, RECORD_SIZE } from "./record.ts";
import { checkSender, type Opened, open } from "./sealing.ts";
import { verify } from "./signing.ts";
import { DOWN, type Source, Thread, UP } from "./thread.ts";

/** Somebody of the organisation. */
export interface Reader {
  readonly person: number;
  readonly identity: Identity;
}

/** A message that held against every check, and what names its record. */
export interface Read<B extends Body> {
  readonly body: B;
  readonly commitment: Uint8Array;
}

/** A reply or an act, and who wrote it. */
export interface Authored<B extends Body> extends Read<B> {
  readonly author: Author;
}

const FROM_SOURCE = { role: "source", person: 0 } as const;

/** A `message` or `withdraw` of a source. */
export function readFromSource(bytes: Uint8Array, reader: Reader, site: Uint8Array): Read<Message | Withdraw> {
  const opened = open(bytes, reader.identity);
  const body = expectKind(decodeBody(opened.json), "message", "withdraw");
  const thread = new Thread(body.thread, body.recipient);
  if (!equal(opened.record.address, thread.address(UP, body.index))) {
    throw new RecordMisplaced();
  }
  checkSender(opened, site, FROM_SOURCE, body.recipient, reader.identity);
  checkNamed(reader.person, body.readers);
  return { body, commitment: opened.record.commitment };
}

/** Contact details. Where they must lie, the source alone knows. */
export function readContact(bytes: Uint8Array, reader: Reader, site: Uint8Array): Read<Contact> {
  const opened = open(bytes, reader.identity);
  const body = expectKind(decodeBody(opened.json), "contact");
  checkSender(opened, site, FROM_SOURCE, body.recipient, reader.identity);
  checkNamed(reader.person, body.readers);
  return { body, commitment: opened.record.commitment };
}

/** A reply in `thread`, by one of its readers. Whether its readers may read it, `checkReaders` says. */
export function readReply(bytes: Uint8Array, reader: Reader, thread: Thread, directory: Directory): Authored<Reply> {
  const read = openReply(bytes, reader.identity, thread, directory);
  checkNamed(read.body.author, read.body.readers);
  checkNamed(reader.person, read.body.readers);
  return read;
}

/** A reply to the source herself, who must also be able to burn it. `checkReadersAsSource` comes after. */
export function readReplyAsSource(bytes: Uint8Array, source: Source, directory: Directory): Authored<Reply> {
  const read = openReply(bytes, source.identity, source.thread, directory);
  checkNamed(read.body.author, read.body.readers);
  const tokens = source.replyTokens(read.author.statement.recipient);
  const token = tokens.burn(read.opened.record.address);
  tokens.wipe();
  if (!equal(read.opened.record.burnHash, burnHashOf(token))) {
    throw new RecordMisplaced();
  }
  return read;
}

interface OpenedReply extends Authored<Reply> {
  readonly opened: Opened;
}

function openReply(bytes: Uint8Array, identity: Identity, thread: Thread, directory: Directory): OpenedReply {
  const opened = open(bytes, identity);
  const body = expectKind(decodeBody(opened.json), "reply");
  if (!equal(opened.record.address, thread.address(DOWN, body.index))) {
    throw new RecordMisplaced();
  }
  const author = provenAuthor(opened, body, identity, directory);
  return { body, author, commitment: opened.record.commitment, opened };
}

/** A list of readers that the source named, and the message that names it. */
export interface ListOfReaders {
  readonly index: number;
  readonly commitment: Uint8Array;
  readonly readers: readonly number[];
}

/**
 * Throws `ReadersRejected` unless the reply's readers are within the list of the newest message that it echoes.
 * `lists` are those of the messages that this reader opened.
 */
export function checkReaders(reply: Reply, lists: readonly ListOfReaders[]): void {
  const echo = reply.echoes[reply.echoes.length - 1];
  const named = lists.find(
    ({ index, commitment }) => echo !== undefined && index === echo[0] && equal(commitment, echo[1]),
  );
  if (named === undefined || !isWithin(reply.readers, named.readers)) {
    throw new ReadersRejected();
  }
}

/**
 * The same for the source, who knows her lists from her states.
 *
 * `newest` is the list in force, or `null` where none is known. Only where it does not hold the reply's readers, `find`
 * is asked for the list of the message echoed; `null` says that it is no longer stored. Returns whether the readers
 * could be checked at all. Throws `ReadersRejected`.
 */
export async function checkReadersAsSource(
  reply: Reply,
  newest: readonly number[] | null,
  find: (index: number) => Promise<ListOfReaders | null>,
): Promise<boolean> {
  if (newest !== null && isWithin(reply.readers, newest)) {
    return true;
  }
  const echo = reply.echoes[reply.echoes.length - 1];
  const named = echo === undefined ? null : await find(echo[0]);
  if (echo !== undefined && named === null) {
    return false;
  }
  checkReaders(reply, named === null ? [] : [named]);
  return true;
}

/** Notices when two messages name one stream: the second could put other words under the first one's files. */
export class StreamKeys {
  readonly #messages = new Map<string, string>();

  /** Throws `StreamKeyReused`. A message that is read again is no other message. */
  meet(streamKey: Uint8Array, commitment: Uint8Array): void {
    const message = toHex(commitment);
    const first = this.#messages.get(toHex(streamKey)) ?? message;
    if (first !== message) {
      throw new StreamKeyReused();
    }
    this.#messages.set(toHex(streamKey), message);
  }

  get size(): number {
    return this.#messages.size;
  }
}

/** An `event` or `inventory`. */
export function readAct(bytes: Uint8Array, reader: Reader, directory: Directory): Authored<Event | Inventory> {
  const opened = open(bytes, reader.identity);
  const body = expectKind(decodeBody(opened.json), "event", "inventory");
  const author = provenAuthor(opened, body, reader.identity, directory);
  const fields = body.kind === "event" ? eventFields(body, directory.site) : inventoryFields(body, directory.site);
  verify(author.person.signing, body.signature, ...fields);
  if (body.kind === "event") {
    checkNamed(reader.person, body.audience);
    checkNamed(body.author, body.audience);
  }
  return { body, author, commitment: opened.record.commitment };
}

/** What the next event of the same chain names as the one before. */
export function hashOfEvent(event: Event, site: Uint8Array): Bytes {
  return hash(...eventFields(event, site), event.signature);
}

/** What an event's signature is over. */
export function eventFields(event: Omit<Event, "signature">, site: Uint8Array): readonly Field[] {
  const audience = concat(...event.audience.map((person) => Uint8Array.of(person & 255, person >> 8)));
  const { author, counter, previous, day, payload } = event;
  const before = previous ?? new Uint8Array(0);
  return [LABELS.event, site, event.case, author, audience, counter, before, day, payload];
}

/** What an inventory's signature is over. */
export function inventoryFields(inventory: Omit<Inventory, "signature">, site: Uint8Array): readonly Field[] {
  const { author, day, part, parts, entries } = inventory;
  return [LABELS.inventory, site, author, day, part, parts, entries];
}

/** What names a record in an inventory. */
export function inventoryEntry(record: Uint8Array): Bytes {
  if (record.length !== RECORD_SIZE) {
    throw new RangeError("An entry names a whole record.");
  }
  return hash(LABELS.inventoryEntry, record).slice(0, INVENTORY_ENTRY_SIZE);
}

/** The author that a body names, proven first by the statement and then by the authenticator. */
function provenAuthor(
  opened: Opened,
  body: Reply | Event | Inventory,
  identity: Identity,
  directory: Directory,
): Author {
  const author = authorOf(directory, body.statement, body.author, body.day);
  const { person, statement } = author;
  checkSender(opened, directory.site, { role: person.role, person: person.id }, statement.recipient, identity);
  return author;
}

function checkNamed(person: number, people: readonly number[]): void {
  if (!people.includes(person)) {
    throw new ReadersRejected();
  }
}

function isWithin(people: readonly number[], list: readonly number[]): boolean {
  return people.every((person) => list.includes(person));
}
