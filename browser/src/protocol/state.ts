/** What a source leaves for itself in each of its records (docs/protocol.md, section 5). */
import { type Bytes, concat, equal, isZero } from "./bytes.ts";
import { StateAltered } from "./errors.ts";
import { CHANNEL_LIMIT, isAscending, PERSON_LIMIT, READER_LIMIT } from "./fields.ts";
import { keyedHashOf } from "./hashing.ts";
import { LABELS } from "./labels.ts";

export const STATE_SIZE = 48;
export const STATE_MAC_SIZE = 16;
export const STREAM_NONCE_SIZE = 8;
export const CHUNK_MINIMUM = 8;
export const CHUNK_LIMIT = 2 ** 20;

const CHUNKS_OFFSET = 2;
const NONCE_OFFSET = 6;
const READERS_OFFSET = 14;
const ZEROS_OFFSET = 44;

export interface State {
  readonly channel: number;
  /** How many chunks the stream has; 0 for no stream. */
  readonly chunks: number;
  /** 8 bytes; zeros for no stream. */
  readonly streamNonce: Uint8Array;
  readonly readers: readonly number[];
}

/** `state ‖ MAC`: the 64 bytes of the source's own slot. Throws `StateAltered` for one that she would not read. */
export function sealState(state: State, stateKey: Uint8Array, header: Uint8Array, commitment: Uint8Array): Bytes {
  if (!isPlausible(state) || state.readers.length > READER_LIMIT) {
    throw new StateAltered();
  }
  const packed = new Uint8Array(STATE_SIZE);
  const view = new DataView(packed.buffer);
  view.setUint16(0, state.channel, true);
  view.setUint32(CHUNKS_OFFSET, state.chunks, true);
  packed.set(state.streamNonce, NONCE_OFFSET);
  state.readers.forEach((person, index) => view.setUint16(READERS_OFFSET + 2 * index, person, true));
  return concat(packed, macOf(packed, stateKey, header, commitment));
}

/** The state in the 64 bytes of a slot. Throws `StateAltered`. */
export function openState(
  payload: Uint8Array,
  stateKey: Uint8Array,
  header: Uint8Array,
  commitment: Uint8Array,
): State {
  const packed = payload.subarray(0, STATE_SIZE);
  const mac = macOf(packed, stateKey, header, commitment);
  // The MAC first: nothing is believed, or looked at, that the source did not write.
  if (payload.length !== STATE_SIZE + STATE_MAC_SIZE || !equal(payload.subarray(STATE_SIZE), mac)) {
    throw new StateAltered();
  }
  const view = new DataView(packed.buffer, packed.byteOffset, STATE_SIZE);
  const people = Array.from({ length: READER_LIMIT }, (_, index) => view.getUint16(READERS_OFFSET + 2 * index, true));
  const readers = people.filter((person) => person !== 0);
  const state: State = {
    channel: view.getUint16(0, true),
    chunks: view.getUint32(CHUNKS_OFFSET, true),
    streamNonce: packed.slice(NONCE_OFFSET, READERS_OFFSET),
    readers,
  };
  const hasGap = people.slice(0, readers.length).includes(0);
  if (hasGap || !isZero(packed.subarray(ZEROS_OFFSET)) || !isPlausible(state)) {
    throw new StateAltered();
  }
  return state;
}

function isPlausible({ channel, chunks, streamNonce, readers }: State): boolean {
  const hasStream = chunks >= CHUNK_MINIMUM && chunks <= CHUNK_LIMIT;
  return (
    channel >= 1 &&
    channel <= CHANNEL_LIMIT &&
    streamNonce.length === STREAM_NONCE_SIZE &&
    (hasStream || (chunks === 0 && isZero(streamNonce))) &&
    isAscending(readers) &&
    readers.every((person) => person >= 1 && person <= PERSON_LIMIT)
  );
}

function macOf(packed: Uint8Array, stateKey: Uint8Array, header: Uint8Array, commitment: Uint8Array): Bytes {
  return keyedHashOf(STATE_MAC_SIZE, stateKey, LABELS.state, header, commitment, packed);
}
