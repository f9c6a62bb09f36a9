/** Leaving the page: with a warning where something would be lost, in a hurry without one, and never with a trace. */
import type { Steps } from "./steps.ts";

const TWICE_WITHIN = 1000;

export class Leaving {
  readonly #neutral: string;
  readonly #forget: () => void;
  #unsent = false;
  #escaped = Number.NEGATIVE_INFINITY;

  /** `forget` takes every secret out of memory. */
  constructor(steps: Steps, forget: () => void) {
    this.#neutral = steps.say("neutral-site");
    this.#forget = forget;
    window.addEventListener("beforeunload", (event) => this.#warn(event));
    window.addEventListener("pagehide", () => this.#clear());
    // A page that comes back out of the browser's memory is an empty one, and begins anew.
    window.addEventListener("pageshow", (event) => event.persisted && location.reload());
    window.addEventListener("keydown", (event) => this.#pressed(event), { capture: true });
    this.#offer(steps);
  }

  /** Whether something was written that nobody has received. */
  get unsent(): boolean {
    return this.#unsent;
  }

  set unsent(unsent: boolean) {
    this.#unsent = unsent;
  }

  /** Clears the page at once and goes to a place that anybody could have open; no way leads back. */
  leaveNow(): void {
    this.#unsent = false;
    this.#clear();
    location.replace(this.#neutral);
  }

  /** To the first page of the site, in a document that knows nothing. */
  toStart(): void {
    this.#unsent = false;
    this.#forget();
    location.replace("/");
  }

  #clear(): void {
    this.#forget();
    for (const field of document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")) {
      field.value = "";
    }
    document.body.replaceChildren();
    document.title = "\u00a0";
  }

  /** Once for everything that was written: whoever wants to go after that is not held. */
  #warn(event: BeforeUnloadEvent): void {
    if (this.#unsent) {
      this.#unsent = false;
      event.preventDefault();
    }
  }

  #pressed(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.isComposing || event.repeat) {
      return;
    }
    if (event.timeStamp - this.#escaped < TWICE_WITHIN) {
      event.preventDefault();
      this.leaveNow();
    }
    this.#escaped = event.timeStamp;
  }

  #offer(steps: Steps): void {
    document.querySelector("header")?.append(steps.step("leave"));
    document.getElementById("leave")?.addEventListener("click", () => this.leaveNow());
  }
}
