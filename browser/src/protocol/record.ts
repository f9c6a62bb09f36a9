/** The 32,768 bytes that a shelf keeps (docs/protocol.md, section 5). */
import { sha256 as sha256InJavaScript } from "@noble/hashes/sha2.js";
import { type Bytes, concat, randomBytes } from "./bytes.ts";
import { RecordMalformed, UnsupportedVersion } from "./errors.ts";
import { frame, HASH_SIZE, sha256 } from "./hashing.ts";
import { LABELS } from "./labels.ts";
import { SLOTS_SIZE, sealSlots } from "./slots.ts";

export const VERSION = 1;
export const RECORD_SIZE = 32_768;
export const ADDRESS_SIZE = 32;
export const BURN_HASH_SIZE = 32;
export const BURN_TOKEN_SIZE = 32;
export const HEADER_SIZE = 65;
export const COMMITMENT_SIZE = 32;
export const SEALED_SIZE = RECORD_SIZE - ADDRESS_SIZE - BURN_HASH_SIZE;
export const BODY_CIPHERTEXT_SIZE = 13_215;

const BEFORE_TOKEN = frame([LABELS.burnHash, new Uint8Array(BURN_TOKEN_SIZE)]).subarray(0, -BURN_TOKEN_SIZE);
const SLOTS_OFFSET = HEADER_SIZE + COMMITMENT_SIZE;
const BODY_OFFSET = SLOTS_OFFSET + SLOTS_SIZE;

/** A record of this size and version. What is in it, nobody has looked at yet. */
export class MessageRecord {
  readonly bytes: Uint8Array;

  /** Throws `RecordMalformed` for another size, `UnsupportedVersion` for another version. */
  constructor(bytes: Uint8Array) {
    if (bytes.length !== RECORD_SIZE) {
      throw new RecordMalformed();
    }
    if (bytes[HEADER_SIZE - 1] !== VERSION) {
      throw new UnsupportedVersion();
    }
    this.bytes = bytes;
  }

  get address(): Uint8Array {
    return this.bytes.subarray(0, ADDRESS_SIZE);
  }

  get burnHash(): Uint8Array {
    return this.bytes.subarray(ADDRESS_SIZE, ADDRESS_SIZE + BURN_HASH_SIZE);
  }

  /** Address, burn hash and version. */
  get header(): Uint8Array {
    return this.bytes.subarray(0, HEADER_SIZE);
  }

  get commitment(): Uint8Array {
    return this.bytes.subarray(HEADER_SIZE, SLOTS_OFFSET);
  }

  get slots(): Uint8Array {
    return this.bytes.subarray(SLOTS_OFFSET, BODY_OFFSET);
  }

  /** Everything before the body: what the body is bound to. */
  get associated(): Uint8Array {
    return this.bytes.subarray(0, BODY_OFFSET);
  }

  get body(): Uint8Array {
    return this.bytes.subarray(BODY_OFFSET);
  }
}

/** Address ‖ burn hash ‖ version. Throws `RecordMalformed` for parts of another size. */
export function headerOf(address: Uint8Array, burnHash: Uint8Array): Bytes {
  if (address.length !== ADDRESS_SIZE || burnHash.length !== BURN_HASH_SIZE) {
    throw new RecordMalformed();
  }
  return concat(address, burnHash, Uint8Array.of(VERSION));
}

/** What a record shows of the token that burns it. Throws `RecordMalformed` for another size than 32. */
export function burnHashOf(token: Uint8Array): Bytes {
  return concat(sha256InJavaScript(framedToken(token)));
}

/** The same by the browser where it can, for the many of a stream. Throws `RecordMalformed`. */
export async function burnHashOfChunk(token: Uint8Array): Promise<Bytes> {
  return await sha256(framedToken(token));
}

function framedToken(token: Uint8Array): Bytes {
  if (token.length !== BURN_TOKEN_SIZE) {
    throw new RecordMalformed();
  }
  return concat(BEFORE_TOKEN, token);
}

/** A record that means nothing, and looks like every other. */
export function decoy(): Bytes {
  return concat(
    headerOf(randomBytes(ADDRESS_SIZE), randomBytes(BURN_HASH_SIZE)),
    randomBytes(HASH_SIZE),
    sealSlots([]),
    randomBytes(BODY_CIPHERTEXT_SIZE),
  );
}
