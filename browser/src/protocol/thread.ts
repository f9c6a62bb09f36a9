/** What derives from a receipt: keys, addresses and burn tokens (docs/protocol.md, section 4). */
import { type Bytes, concat, wipe } from "./bytes.ts";
import { BodyMalformed } from "./errors.ts";
import { HashRow, hash, keyedHash, keyedHashOf } from "./hashing.ts";
import { Identity, MLKEM_SEED_SIZE, type Recipient } from "./keys.ts";
import { LABELS } from "./labels.ts";
import type { Receipt } from "./receipt.ts";
import { Row } from "./row.ts";

export const UP = 0;
export const DOWN = 1;
export type Direction = typeof UP | typeof DOWN;

export const THREAD_KEY_SIZE = 32;

/** The name of an organisation: a hash of the public key of its very first root. */
export function siteOf(firstRoot: Uint8Array): Bytes {
  return hash(LABELS.site, firstRoot);
}

/** Two endless rows of addresses, which the source and its readers can compute and nobody else can. */
export class Thread {
  readonly key: Uint8Array;
  readonly recipient: Recipient;
  readonly #rows: readonly HashRow[];

  /** Throws `BodyMalformed` for a key of another size, as a thread's key comes in a body. */
  constructor(key: Uint8Array, recipient: Recipient) {
    if (key.length !== THREAD_KEY_SIZE) {
      throw new BodyMalformed();
    }
    this.key = key;
    this.recipient = recipient;
    this.#rows = [UP, DOWN].map((direction) => new HashRow(key, LABELS.address, direction, recipient.bytes));
  }

  /** Where message `index` of a direction lies. The Recipient is in it, so nobody can answer into another's thread. */
  address(direction: Direction, index: number): Bytes {
    return (this.#rows[direction] as HashRow).at(index);
  }

  wipe(): void {
    wipe(this.key);
    for (const row of this.#rows) {
      row.wipe();
    }
  }
}

/** All that a source has: everything derives from the receipt and the organisation's name. */
export class Source {
  readonly identity: Identity;
  readonly thread: Thread;
  readonly stateKey: Bytes;
  readonly #burnKey: Bytes;
  readonly #receipt: Receipt;
  readonly site: Uint8Array;

  constructor(receipt: Receipt, site: Uint8Array) {
    this.#receipt = receipt;
    this.site = site;
    this.identity = this.#identityOf(LABELS.sourceX25519, LABELS.sourceMlkem);
    this.thread = new Thread(this.#derive(LABELS.threadKey), this.identity.recipient);
    this.stateKey = this.#derive(LABELS.stateKey);
    this.#burnKey = this.#derive(LABELS.burnKey);
  }

  /** The token that burns her message at an address. */
  burnMessage(address: Uint8Array): Bytes {
    return keyedHash(this.#burnKey, LABELS.burnRecord, address);
  }

  /** The token that burns her withdraw at an address; a label of its own lets her tell the two apart by burn hash. */
  burnWithdraw(address: Uint8Array): Bytes {
    return keyedHash(this.#burnKey, LABELS.burnWithdraw, address);
  }

  /** The tokens that burn the chunks of a stream of hers. */
  burnChunks(streamNonce: Uint8Array): Row {
    return new Row(this.#burnKey, [LABELS.burnChunk, streamNonce]);
  }

  /** The tokens of replies that the holder of `author` sealed to her. */
  replyTokens(author: Recipient): ReplyTokens {
    return new ReplyTokens(this.identity.sharedSecret(author));
  }

  /** The Identity that sends contact details; nothing in it leads to the thread. */
  contactIdentity(): Identity {
    return this.#identityOf(LABELS.contactX25519, LABELS.contactMlkem);
  }

  contactAddress(index: number): Bytes {
    return keyedHash(this.#receipt.bytes, LABELS.contactAddress, this.site, index);
  }

  burnContact(index: number): Bytes {
    return keyedHash(this.#receipt.bytes, LABELS.contactBurn, this.site, index);
  }

  /** Wipes the receipt as well. */
  wipe(): void {
    this.identity.wipe();
    this.#receipt.wipe();
    this.thread.wipe();
    wipe(this.stateKey, this.#burnKey);
  }

  toString(): string {
    return "Source(hidden)";
  }

  toJSON(): string {
    return this.toString();
  }

  #derive(label: string): Bytes {
    return keyedHash(this.#receipt.bytes, label, this.site);
  }

  #identityOf(x25519: string, mlkem: string): Identity {
    const scalar = this.#derive(x25519);
    const seed = keyedHashOf(MLKEM_SEED_SIZE, this.#receipt.bytes, mlkem, this.site);
    const identity = new Identity(concat(scalar, seed));
    wipe(scalar, seed);
    return identity;
  }
}

/** The tokens of a reply: either end of the shared secret can burn it. */
export class ReplyTokens {
  readonly #shared: Uint8Array;

  /** `shared` is raw X25519 of author and source. */
  constructor(shared: Uint8Array) {
    this.#shared = shared;
  }

  burn(address: Uint8Array): Bytes {
    return keyedHash(this.#shared, LABELS.burnRecord, address);
  }

  burnChunks(streamNonce: Uint8Array): Row {
    return new Row(this.#shared, [LABELS.burnChunk, streamNonce]);
  }

  wipe(): void {
    wipe(this.#shared);
  }

  toJSON(): string {
    return "ReplyTokens(hidden)";
  }
}
