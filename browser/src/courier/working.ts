/** Doing the work that the site asks of each request, in pieces too short for anybody to notice. */
import type { Bytes } from "../protocol/bytes.ts";
import { searchWork, type WorkFor } from "../protocol/work.ts";
import { breathe } from "./pausing.ts";

// A page that stands still for less than this still feels alive.
const PIECE_MILLISECONDS = 12;
const TRIES = 64;

/** A nonce that is work for the request: 2^bits tries on average. Throws the reason of an abort. */
export async function solve(request: WorkFor, signal?: AbortSignal): Promise<Bytes> {
  let from = 0;
  for (;;) {
    signal?.throwIfAborted();
    const begun = performance.now();
    do {
      const nonce = await searchWork(request, from, TRIES);
      if (nonce !== null) {
        return nonce;
      }
      from += TRIES;
    } while (performance.now() - begun < PIECE_MILLISECONDS);
    await breathe();
  }
}
