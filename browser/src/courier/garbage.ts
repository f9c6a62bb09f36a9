/**
 * Bodies of requests that nobody needs any more and that are in memory still.
 *
 * A browser's collector goes by what a page allocates, and does not count the browser's own copy of each body: Chromium
 * lets a hundred megabytes of them lie about while a file is sent. So who sends much lets the collector catch up.
 */
import { breathe } from "./pausing.ts";

/** How many bytes may be sent before the collector is waited for; more where it does not come. */
const LIMIT = 1 << 21;
// Memory that is asked for and never touched costs nothing but addresses, and makes Chromium's collector come: measured,
// mostly after ten times as much as this; with no more than sixteen times it came too seldom.
const ASKED = 1 << 24;
const ASKS = 32;
// Milliseconds.
const PATIENCE = 200;

/** What was sent over one courier since the collector came. */
export class Garbage {
  #bytes = 0;
  #limit = LIMIT;
  #collecting: Promise<void> | null = null;
  readonly #registry = new FinalizationRegistry<number>((size) => {
    this.#bytes -= size;
  });

  /** How many bytes were sent since. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts the body of a request, of so many bytes. */
  add(size: number): void {
    this.#bytes += size;
    // Not an object of the language alone: those go sooner, in a round that leaves the browser's own in place.
    this.#registry.register(new Event("sent"), size);
  }

  /** Waits until the collector has come, if much was sent; a moment at most, and more seldom where that is in vain. */
  async collected(): Promise<void> {
    if (this.#bytes > this.#limit) {
      this.#collecting ??= this.#collect();
      await this.#collecting;
    }
  }

  async #collect(): Promise<void> {
    const end = performance.now() + PATIENCE;
    for (let asks = 0; this.#bytes > this.#limit && performance.now() < end; asks++) {
      if (asks < ASKS) {
        ask();
      }
      await breathe();
    }
    this.#limit = this.#bytes > this.#limit ? this.#limit * 2 : LIMIT;
    this.#collecting = null;
  }
}

function ask(): void {
  try {
    new ArrayBuffer(ASKED);
  } catch {
    // There is no room for it: the collector has been there.
  }
}
