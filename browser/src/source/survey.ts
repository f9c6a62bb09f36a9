/** Where the messages of a thread lie (docs/protocol.md, section 9). */
import { look } from "../courier/asking.ts";
import type { Courier } from "../courier/courier.ts";
import { LOOK_COUNT } from "../courier/wire.ts";
import { DOWN, type Thread, UP } from "../protocol/thread.ts";

/** How many indices of each direction one look asks for. */
export const WINDOW = LOOK_COUNT / 2;
// A window that is in use this close to its end is followed by another look.
const NEAR_END = 8;

/** The indices in use in each direction, ascending, among the first `seen` of each. */
export interface Occupied {
  readonly up: readonly number[];
  readonly down: readonly number[];
  readonly seen: number;
}

/**
 * Looks at a thread from its beginning until the end of what is in use.
 *
 * There is one look for the first 64 indices of each direction, and another as long as one of the last 8 of either is
 * in use; a thread without anything upwards in its first 64 is looked at once more, as its oldest may have expired.
 */
export async function survey(courier: Courier, thread: Thread, signal?: AbortSignal): Promise<Occupied> {
  const [up, down]: [number[], number[]] = [[], []];
  for (let seen = 0; ; ) {
    const window = Array.from({ length: WINDOW }, (_, place) => seen + place);
    const addresses = [UP, DOWN].flatMap((way) => window.map((index) => thread.address(way as 0 | 1, index)));
    const used = await look(courier, addresses, signal);
    up.push(...window.filter((_, place) => used[place]));
    down.push(...window.filter((_, place) => used[WINDOW + place]));
    seen += WINDOW;
    const nearEnd = Math.max(up.at(-1) ?? -1, down.at(-1) ?? -1) >= seen - NEAR_END;
    if (!nearEnd && (up.length > 0 || seen > WINDOW)) {
      return { up, down, seen };
    }
  }
}
