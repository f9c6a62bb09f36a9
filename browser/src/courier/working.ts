/** Doing the work that the site asks of each request, in pieces too short for anybody to notice. */
import type { Bytes } from "../protocol/bytes.ts";
import { searchWork, type WorkFor } from "../protocol/work.ts";
import { breathe } from "./pausing.ts";

// A page that stands still for less than this still feels alive.
const PIECE_MILLISECONDS = 12;
const TRIES = 64;

// So often each way is tried before one is chosen: code is slow until the browser has compiled it.
const PROBES = 4;

/** One of the ways to search, and how quick it was at its best. */
class Way {
  readonly #subtle: SubtleCrypto | null;
  #searches = 0;
  #best = Number.POSITIVE_INFINITY;

  constructor(subtle: SubtleCrypto | null) {
    this.#subtle = subtle;
  }

  /** Milliseconds for a search of `TRIES` nonces, at best; 0 as long as that is not known. */
  get pace(): number {
    return this.#searches < PROBES ? 0 : this.#best;
  }

  async search(request: WorkFor, from: number): Promise<Bytes | null> {
    const begun = performance.now();
    const nonce = await searchWork(request, from, TRIES, this.#subtle);
    this.#best = Math.min(this.#best, performance.now() - begun);
    this.#searches += 1;
    return nonce;
  }
}

// JavaScript is quicker by far where it is compiled, and the browser's own hash where it is not. No browser says which it
// is, so both are tried. Where the clock is too coarse to tell, the browser's own goes on: it is never very slow.
const SUBTLE = globalThis.crypto?.subtle;
const WAYS = (SUBTLE === undefined ? [null] : [SUBTLE, null]).map((subtle) => new Way(subtle));

/** A nonce that is work for the request: 2^bits tries on average. Throws the reason of an abort. */
export async function solve(request: WorkFor, signal?: AbortSignal): Promise<Bytes> {
  let from = 0;
  for (;;) {
    signal?.throwIfAborted();
    const begun = performance.now();
    do {
      const nonce = await quickest().search(request, from);
      if (nonce !== null) {
        return nonce;
      }
      from += TRIES;
    } while (performance.now() - begun < PIECE_MILLISECONDS);
    await breathe();
  }
}

function quickest(): Way {
  return WAYS.reduce((best, way) => (way.pace < best.pace ? way : best));
}
