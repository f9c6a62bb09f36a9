/** Asking the shelf in calls of one size, whatever is asked (docs/protocol.md, section 9). */
import { type Bytes, equal, randomBytes, shuffle, toHex } from "../protocol/bytes.ts";
import { ADDRESS_SIZE, RECORD_SIZE } from "../protocol/record.ts";
import type { Courier } from "./courier.ts";
import { BURN_COUNT, FETCH_COUNT, LOOK_COUNT } from "./wire.ts";

/** For each of at most 128 addresses whether it is in use, in one call. */
export async function look(
  courier: Courier,
  addresses: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<readonly boolean[]> {
  const asked = filled(addresses, LOOK_COUNT);
  const used = placed(asked, await courier.look(asked, signal));
  return addresses.map((address) => used(address));
}

/** For each of at most 8 addresses the record there, in one call; `null` where none is. */
export async function fetch(
  courier: Courier,
  addresses: readonly Uint8Array[],
  signal?: AbortSignal,
): Promise<readonly (Bytes | null)[]> {
  const asked = filled(addresses, FETCH_COUNT);
  const answered = placed(asked, await courier.fetch(asked, signal));
  return addresses.map((address) => {
    const bytes = answered(address);
    return bytes.length === RECORD_SIZE && equal(bytes.subarray(0, ADDRESS_SIZE), address) ? bytes : null;
  });
}

/** Burns whatever the tokens burn, eight at a time. */
export async function burn(
  courier: Courier,
  tokens: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  let batch: Uint8Array[] = [];
  for await (const token of tokens) {
    batch.push(token);
    if (batch.length === BURN_COUNT) {
      await courier.burn(filled(batch, BURN_COUNT), signal);
      batch = [];
    }
  }
  if (batch.length > 0) {
    await courier.burn(filled(batch, BURN_COUNT), signal);
  }
}

/** `items` in lists of `size`, the last of which may be shorter. */
export function* batches<Item>(items: Iterable<Item>, size: number): Generator<readonly Item[]> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) {
    yield batch;
  }
}

/** `values` and as many random ones as make `count`, in an order that tells nothing. */
function filled(values: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  const all = [...values];
  while (all.length < count) {
    all.push(randomBytes(ADDRESS_SIZE));
  }
  return shuffle(all);
}

/** Finds the answer to an address. */
function placed<Answer>(asked: readonly Uint8Array[], answers: readonly Answer[]): (address: Uint8Array) => Answer {
  const answer = new Map(asked.map((address, place) => [toHex(address), answers[place] as Answer]));
  return (address) => answer.get(toHex(address)) as Answer;
}
