/** Sealing a body into a record, and opening it again (docs/protocol.md, section 5). */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { type Bytes, concat, equal, randomBytes, wipe } from "./bytes.ts";
import { RecordAltered, SenderUnproven } from "./errors.ts";
import { keyedHash } from "./hashing.ts";
import type { Identity, Recipient } from "./keys.ts";
import { LABELS } from "./labels.ts";
import { pack, unpack } from "./packing.ts";
import { headerOf, MessageRecord } from "./record.ts";
import { type Addressed, openSlots, sealSlots } from "./slots.ts";
import { openState, type State, sealState } from "./state.ts";

export const CONTENT_KEY_SIZE = 32;
export const AUTHENTICATOR_SIZE = 32;

// A content key seals one body and never another, so its nonce may be zeros.
const NONCE = new Uint8Array(24);

/** In the order of their numbers: `ROLES.indexOf` is what authenticators name. */
export const ROLES = ["source", "reviewer", "custodian", "oversight"] as const;
export type Role = (typeof ROLES)[number];

/** Who a record says it is from. */
export interface Sender {
  readonly role: Role;
  /** The person's id; 0 stands for the source. */
  readonly person: number;
}

export interface Envelope {
  readonly site: Uint8Array;
  readonly address: Uint8Array;
  readonly burnHash: Uint8Array;
  readonly sender: Sender;
  readonly identity: Identity;
  readonly readers: readonly Recipient[];
  /** For a `message` or `withdraw` of a source: what it leaves for itself. */
  readonly own?: { readonly state: State; readonly stateKey: Uint8Array };
}

export interface SealedRecord {
  readonly bytes: Bytes;
  readonly commitment: Bytes;
}

/** What a reader has in hand once a record is open, before anything in it is believed. */
export interface Opened {
  readonly record: MessageRecord;
  /** The JSON of the body, as it was written. */
  readonly json: Bytes;
  readonly contentKey: Uint8Array;
  /** Whom it proves as the sender is not known before the body is read. */
  readonly authenticator: Uint8Array;
}

/** A record that holds `json` for its readers. Throws `TooLarge` and `RecordMalformed`. */
export function seal(json: Uint8Array, envelope: Envelope): SealedRecord {
  const header = headerOf(envelope.address, envelope.burnHash);
  const body = pack(json);
  const contentKey = randomBytes(CONTENT_KEY_SIZE);
  const commitment = keyedHash(contentKey, LABELS.commitment, header, body);
  const slots = sealSlots(addressed(envelope, contentKey, header, commitment));
  const associated = concat(header, commitment, slots);
  const bytes = concat(associated, xchacha20poly1305(contentKey, NONCE, associated).encrypt(body));
  wipe(contentKey, body);
  return { bytes, commitment };
}

/** What `identity` finds in the record. Throws as section 5 orders it; the kind of body is for others to read. */
export function open(bytes: Uint8Array, identity: Identity): Opened {
  const record = new MessageRecord(bytes);
  const payload = openSlots(record.slots, identity);
  const contentKey = payload.subarray(0, CONTENT_KEY_SIZE);
  return { record, json: openBody(record, contentKey), contentKey, authenticator: payload.subarray(CONTENT_KEY_SIZE) };
}

/** The JSON of a record whose content key is known. Throws `RecordAltered` and `BodyMalformed`. */
export function openBody(record: MessageRecord, contentKey: Uint8Array): Bytes {
  let body: Uint8Array;
  try {
    body = xchacha20poly1305(contentKey, NONCE, record.associated).decrypt(record.body);
  } catch {
    throw new RecordAltered();
  }
  // The cipher alone does not commit: a reader could put other words under the same slots.
  if (!equal(keyedHash(contentKey, LABELS.commitment, record.header, body), record.commitment)) {
    throw new RecordAltered();
  }
  return unpack(body);
}

/** What the source left for itself. She reads no body. Throws as `open` does, and `StateAltered`. */
export function openOwn(bytes: Uint8Array, identity: Identity, stateKey: Uint8Array): State {
  const record = new MessageRecord(bytes);
  return openState(openSlots(record.slots, identity), stateKey, record.header, record.commitment);
}

/** Throws `SenderUnproven` unless `opened` came from `sender`, whose Recipient is `from`, to `reader`. */
export function checkSender(opened: Opened, site: Uint8Array, sender: Sender, from: Recipient, reader: Identity): void {
  const { header, commitment } = opened.record;
  const shared = reader.sharedSecret(from);
  const proof = authenticatorOf(shared, { site, header, commitment, sender, from, to: reader.recipient });
  wipe(shared);
  if (!equal(proof, opened.authenticator)) {
    throw new SenderUnproven();
  }
}

function addressed(
  envelope: Envelope,
  contentKey: Uint8Array,
  header: Uint8Array,
  commitment: Uint8Array,
): readonly Addressed[] {
  const { site, sender, identity, readers, own } = envelope;
  const from = identity.recipient;
  const slots: Addressed[] = readers.map((to) => {
    const shared = identity.sharedSecret(to);
    const proof = authenticatorOf(shared, { site, header, commitment, sender, from, to });
    wipe(shared);
    return { recipient: to, payload: concat(contentKey, proof) };
  });
  if (own !== undefined) {
    slots.push({ recipient: from, payload: sealState(own.state, own.stateKey, header, commitment) });
  }
  return slots;
}

interface Claim {
  readonly site: Uint8Array;
  readonly header: Uint8Array;
  readonly commitment: Uint8Array;
  readonly sender: Sender;
  readonly from: Recipient;
  readonly to: Recipient;
}

function authenticatorOf(shared: Uint8Array, { site, header, commitment, sender, from, to }: Claim): Bytes {
  const role = ROLES.indexOf(sender.role);
  return keyedHash(shared, LABELS.authenticator, site, header, commitment, role, sender.person, from.bytes, to.bytes);
}
