/** A message on its way: how far it is, a pause, and going on after a connection was lost. */
import { type Progress, type Sending, type Sent, ShelfFull } from "../source/index.ts";
import { isPassing, sentenceOf, sizeOf } from "./sentences.ts";
import type { Shown } from "./stage.ts";
import type { Visitor } from "./visitor.ts";

/** Milliseconds: what is sent faster than that needs no page of its own. */
const UNNOTICED = 1_000;
const TRY_AGAIN_AFTER = [5_000, 15_000, 30_000];

type Event =
  | { readonly kind: "sent"; readonly sent: Sent }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "act"; readonly name: string }
  | { readonly kind: "time" };

type State = "running" | "stopped";

/**
 * Sends, whatever happens in between, and returns what was stored; `null` where somebody went back to change something.
 * Throws what no waiting mends: `AlreadySent`, `SendingBroken`, and what is not foreseen.
 */
export async function post(visitor: Visitor, sending: Sending): Promise<Sent | null> {
  return await new Posting(visitor, sending).post();
}

class Posting {
  readonly #visitor: Visitor;
  readonly #sending: Sending;
  readonly #shown: Shown;
  #pausing = new AbortController();
  #running: Promise<Event> | null = null;
  #failures = 0;

  constructor(visitor: Visitor, sending: Sending) {
    this.#visitor = visitor;
    this.#sending = sending;
    this.#shown = visitor.stage.make("sending", { now: visitor.steps.say("sending-now") });
  }

  async post(): Promise<Sent | null> {
    this.#go();
    let event = await this.#visitor.busy("sealing", async () => await Promise.race([this.#result(), after(UNNOTICED)]));
    if (event.kind !== "sent") {
      this.#visitor.stage.show(this.#shown);
    }
    for (;;) {
      switch (event.kind) {
        case "sent":
          return event.sent;
        case "failed":
          this.#lost(event.error);
          break;
        case "act":
          if (event.name === "change") {
            return null;
          }
          await (event.name === "pause" ? this.#pause() : this.#resume());
          break;
        case "time":
          this.#resume();
      }
      event = await this.#next();
    }
  }

  /** The next thing that happens: an end, something that somebody does, or the time to try again. */
  async #next(): Promise<Event> {
    const act = this.#visitor.stage.next().then(({ name }): Event => ({ kind: "act", name }));
    const others = this.#running === null ? (this.#failures > 0 ? [this.#retry()] : []) : [this.#running];
    return await Promise.race([act, ...others]);
  }

  #go(): void {
    this.#pausing = new AbortController();
    const { signal } = this.#pausing;
    const progress = (now: Progress): void => this.#progress(now);
    this.#running = this.#sending.send({ progress, signal }).then(
      (sent): Event => ({ kind: "sent", sent }),
      (error: unknown): Event => ({ kind: "failed", error }),
    );
  }

  async #result(): Promise<Event> {
    return await (this.#running as Promise<Event>);
  }

  async #pause(): Promise<void> {
    this.#pausing.abort();
    await this.#running;
    this.#running = null;
    this.#failures = 0;
    this.#become("stopped", this.#visitor.steps.say("sending-paused"));
  }

  #resume(): void {
    if (this.#running === null) {
      this.#go();
      this.#become("running", this.#visitor.steps.say("sending-now"));
    }
  }

  /** Throws what trying again does not mend. */
  #lost(error: unknown): void {
    if (!isPassing(error)) {
      throw error;
    }
    this.#running = null;
    this.#failures += 1;
    const { steps } = this.#visitor;
    const isFull = error instanceof ShelfFull;
    const sentence = isFull ? steps.say("sending-full") : steps.say("sending-lost", { reason: sentenceOf(steps, error) });
    this.#become("stopped", sentence);
  }

  async #retry(): Promise<Event> {
    const wait = TRY_AGAIN_AFTER[Math.min(this.#failures, TRY_AGAIN_AFTER.length) - 1] as number;
    const online = new Promise<Event>((resolve) =>
      window.addEventListener("online", () => resolve({ kind: "time" }), { once: true }),
    );
    return await Promise.race([after(wait), online]);
  }

  #become(state: State, sentence: string): void {
    const { root } = this.#shown;
    for (const element of root.querySelectorAll<HTMLElement>("[data-state]")) {
      element.hidden = element.dataset["state"] !== state;
    }
    const now = root.querySelector("#sending-now");
    if (now !== null && now.textContent !== sentence) {
      now.textContent = sentence;
    }
    if (document.activeElement === document.body || document.activeElement?.closest("[hidden]") != null) {
      root.querySelector<HTMLElement>(`[data-state=${state}] input`)?.focus();
    }
  }

  #progress({ sent, total }: Progress): void {
    const { root } = this.#shown;
    const bar = root.querySelector<HTMLProgressElement>("progress");
    const said = root.querySelector("#progress-said");
    if (bar !== null && said !== null) {
      bar.max = total;
      bar.value = sent;
      said.textContent = this.#visitor.steps.say("progress", { sent: sizeOf(sent), total: sizeOf(total) });
    }
  }
}

async function after(milliseconds: number): Promise<Event> {
  return await new Promise((resolve) => setTimeout(() => resolve({ kind: "time" }), milliseconds));
}
