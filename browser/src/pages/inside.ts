/** What is written inside a chosen file, and the offer to take it out. Whoever chose the file decides. */
import type { Cleaned, Finding, Inspected } from "../cleaning/finding.ts";
import { type Kind, kindOf } from "../cleaning/kind.ts";
import type { Chosen } from "./chosen-files.ts";
import type { View } from "./filling.ts";
import type { Steps } from "./steps.ts";

interface Cleaner {
  inspect(blob: Blob): Promise<Inspected>;
  clean(blob: Blob): Promise<Cleaned>;
}

const REFUSALS = ["NotCleanable", "FileBroken", "FileEncrypted", "FileTooLarge", "CleaningFailed"];

export class Inside {
  readonly #steps: Steps;
  readonly #chosen: Chosen;
  readonly #place: HTMLElement;
  #kind: Kind | null = null;

  constructor(steps: Steps, chosen: Chosen, place: HTMLElement) {
    this.#steps = steps;
    this.#chosen = chosen;
    this.#place = place;
  }

  /** Offers to look inside, where that is possible. */
  async offer(): Promise<void> {
    this.#kind = await kindOf(this.#chosen.file).catch(() => null);
    this.#show(this.#kind === null ? { opaque: true } : { offered: true });
  }

  async #look(): Promise<void> {
    const { findings, left } = await (await this.#cleaner()).inspect(this.#chosen.file);
    this.#show({ found: this.#said("found", findings), nothing: findings.length === 0, left: this.#said("left", left) });
  }

  async #clean(): Promise<void> {
    const { blob, removed, left } = await (await this.#cleaner()).clean(this.#chosen.file);
    this.#chosen.cleaned = blob;
    this.#show({ removed: this.#said("found", removed), left: this.#said("left", left) });
  }

  async #undo(): Promise<void> {
    this.#chosen.cleaned = null;
    await this.#look();
  }

  /** Both cleaners are fetched, whichever is needed: nobody learns what kind of file it is. */
  async #cleaner(): Promise<Cleaner> {
    const load = (name: string): Promise<unknown> => import(new URL(name, import.meta.url).href);
    const [pictures, documents] = await Promise.all([load("pictures.js"), load("documents.js")]);
    return (this.#kind === "pdf" ? documents : pictures) as Cleaner;
  }

  #show(view: View): void {
    const hadFocus = this.#place.contains(document.activeElement);
    this.#place.replaceChildren(this.#steps.step("inside", view));
    const ways: readonly [string, () => Promise<void>][] = [
      ["look", () => this.#look()],
      ["clean", () => this.#clean()],
      ["undo", () => this.#undo()],
    ];
    for (const [name, way] of ways) {
      const button = this.#place.querySelector<HTMLButtonElement>(`[data-inside=${name}]`);
      button?.addEventListener("click", () => void this.#go(button, way));
    }
    if (hadFocus) {
      this.#place.tabIndex = -1;
      this.#place.focus();
    }
  }

  async #go(button: HTMLButtonElement, way: () => Promise<void>): Promise<void> {
    if (this.#place.getAttribute("aria-busy") === "true") {
      return;
    }
    this.#place.setAttribute("aria-busy", "true");
    button.setAttribute("aria-disabled", "true");
    try {
      await way();
    } catch (error) {
      this.#show({ failed: this.#reason(error), offered: !isRefusal(error) });
    } finally {
      this.#place.removeAttribute("aria-busy");
    }
  }

  #said(list: "found" | "left", findings: readonly Finding<string>[]): readonly View[] {
    return findings.map(({ key, value }) => ({ what: this.#steps.say(`${list}-${key}`, { value: value ?? "" }) }));
  }

  /** Errors of a cleaner that was loaded later are known by their names. Throws what is none of them. */
  #reason(error: unknown): string {
    if (isRefusal(error)) {
      return this.#steps.say((error as Error).name);
    }
    if (error instanceof TypeError) {
      return this.#steps.say("cleaners-missing"); // as browsers call what they cannot import
    }
    throw error;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && REFUSALS.includes(error.name);
}
