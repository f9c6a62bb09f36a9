/** Every kind of message, read and written (docs/protocol.md, sections 6 and 10). */
import { type Bytes, compare } from "./bytes.ts";
import { decode, encode, type Json } from "./canonical.ts";
import { content, fit, streamReference } from "./content.ts";
import { BodyMalformed, KeyRejected, UnknownKind } from "./errors.ts";
import {
  bytes,
  CHANNEL_LIMIT,
  type Codec,
  day,
  INDEX_LIMIT,
  integer,
  isAscending,
  isObject,
  language,
  list,
  nullable,
  type Of,
  oneOf,
  PERSON_LIMIT,
  pair,
  people,
  struct,
  text,
  where,
} from "./fields.ts";
import { RECIPIENT_SIZE, Recipient } from "./keys.ts";
import { COMMITMENT_SIZE } from "./record.ts";
import { SIGNATURE_SIZE, signed } from "./signing.ts";
import { THREAD_KEY_SIZE } from "./thread.ts";

export const REFERENCE_SIZE = 16;
export const CASE_SIZE = 32;
export const ECHO_LIMIT = 64;
export const WITHDRAW_LIMIT = 200;
export const INVENTORY_ENTRY_SIZE = 8;
export const INVENTORY_LIMIT = 800;

const UNKNOWN = "unknown";

const index = integer(0, INDEX_LIMIT);
const channel = integer(1, CHANNEL_LIMIT);
export const person = integer(1, PERSON_LIMIT);
const commitment = bytes(COMMITMENT_SIZE);

/** A Recipient in a document: checked before anybody can use it. */
export const recipient: Codec<Recipient> = {
  read: (json) => {
    try {
      return new Recipient(bytes(RECIPIENT_SIZE).read(json));
    } catch (error) {
      throw error instanceof KeyRejected ? new BodyMalformed() : error;
    }
  },
  write: (value) => bytes(RECIPIENT_SIZE).write(value.bytes),
};

/** A commitment; "unknown" where the source could not verify the message before; `null` where there is none. */
const previous: Codec<Bytes | typeof UNKNOWN | null> = {
  read: (json) => (json === UNKNOWN ? UNKNOWN : nullable(commitment).read(json)),
  write: (value) => (value === UNKNOWN ? UNKNOWN : nullable(commitment).write(value)),
};

const opening = { recipient, thread: bytes(THREAD_KEY_SIZE), index, previous, day, language, channel, readers: people };

function followsOn(value: { readonly index: number; readonly previous: Bytes | string | null }): boolean {
  return (value.index === 0) === (value.previous === null);
}

const message = where(
  struct({
    kind: oneOf("message"),
    ...opening,
    reference: nullable(bytes(REFERENCE_SIZE)),
    content: nullable(content),
    stream: nullable(streamReference),
  }),
  (value) => followsOn(value) && fit(value.content, value.stream),
);

const withdraw = where(
  struct({ kind: oneOf("withdraw"), ...opening, commitments: list(commitment, WITHDRAW_LIMIT) }),
  followsOn,
);

const reply = where(
  struct({
    kind: oneOf("reply"),
    index,
    day,
    language,
    author: person,
    statement: signed,
    readers: people,
    echoes: where(list(pair(index, commitment), ECHO_LIMIT), (echoes) => isAscending(echoes.map(([at]) => at))),
    content: nullable(content),
    stream: nullable(streamReference),
  }),
  (value) => fit(value.content, value.stream),
);

const contact = struct({
  kind: oneOf("contact"),
  recipient,
  reference: bytes(REFERENCE_SIZE),
  day,
  language,
  channel,
  readers: people,
  text: text(),
});

const event = struct({
  kind: oneOf("event"),
  case: bytes(CASE_SIZE),
  author: person,
  statement: signed,
  audience: people,
  counter: integer(0),
  previous: nullable(bytes(COMMITMENT_SIZE)),
  day,
  payload: bytes(),
  signature: bytes(SIGNATURE_SIZE),
});

const inventory = where(
  struct({
    kind: oneOf("inventory"),
    author: person,
    statement: signed,
    day,
    part: integer(0),
    parts: integer(1, INDEX_LIMIT),
    entries: where(bytes(), areEntries),
    signature: bytes(SIGNATURE_SIZE),
  }),
  ({ part, parts }) => part < parts,
);

function areEntries(joined: Uint8Array): boolean {
  const count = joined.length / INVENTORY_ENTRY_SIZE;
  if (!Number.isInteger(count) || count > INVENTORY_LIMIT) {
    return false;
  }
  const entry = (at: number): Uint8Array => joined.subarray(at * INVENTORY_ENTRY_SIZE, (at + 1) * INVENTORY_ENTRY_SIZE);
  return Array.from({ length: count }, (_, at) => at).every((at) => at === 0 || compare(entry(at - 1), entry(at)) <= 0);
}

export type Message = Of<typeof message>;
export type Withdraw = Of<typeof withdraw>;
export type Reply = Of<typeof reply>;
export type Contact = Of<typeof contact>;
export type Event = Of<typeof event>;
export type Inventory = Of<typeof inventory>;
export type Body = Message | Withdraw | Reply | Contact | Event | Inventory;
export type Kind = Body["kind"];

const CODECS = { message, withdraw, reply, contact, event, inventory } as { readonly [kind: string]: unknown };
const KINDS = new Map(Object.entries(CODECS)) as ReadonlyMap<string, Codec<Body>>;

/** The message that a body's JSON spells. Throws `BodyMalformed`, and `UnknownKind` for a kind that does not exist. */
export function decodeBody(spelled: Uint8Array): Body {
  const value = decode(spelled);
  return codecOf(value).read(value);
}

/** The one spelling of a message. Throws `BodyMalformed` for a message that no reader would take. */
export function encodeBody(body: Body): Bytes {
  return encode((KINDS.get(body.kind) as Codec<Body>).write(body));
}

/** The message, where it is of one of these kinds. Throws `UnknownKind` for one that belongs elsewhere. */
export function expectKind<K extends Kind>(body: Body, ...kinds: readonly K[]): Extract<Body, { readonly kind: K }> {
  if (!(kinds as readonly Kind[]).includes(body.kind)) {
    throw new UnknownKind();
  }
  return body as Extract<Body, { readonly kind: K }>;
}

function codecOf(value: Json): Codec<Body> {
  const kind = isObject(value) && Object.keys(value)[0] === "kind" ? value["kind"] : undefined;
  if (typeof kind !== "string") {
    throw new BodyMalformed();
  }
  const codec = KINDS.get(kind);
  if (codec === undefined) {
    throw new UnknownKind();
  }
  return codec;
}
