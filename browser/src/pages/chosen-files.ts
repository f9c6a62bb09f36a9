/** The files that somebody chose: shown one by one, each to be left out or looked into before it is sent. */
import type { Attachment } from "../source/index.ts";
import { Inside } from "./inside.ts";
import { sizeOf } from "./sentences.ts";
import type { Steps } from "./steps.ts";

/** A file as it will be sent. */
export interface Chosen {
  readonly file: File;
  /** In place of the file, where it was cleaned. */
  cleaned: Blob | null;
}

export class ChosenFiles {
  readonly #steps: Steps;
  /** Nothing where the site takes no files. */
  readonly #list: HTMLElement | null;
  readonly #chosen = new Set<Chosen>();

  /** Watches the field for files of `form`. */
  constructor(steps: Steps, form: HTMLFormElement) {
    this.#steps = steps;
    this.#list = form.querySelector<HTMLElement>("#files");
    const field = form.querySelector<HTMLInputElement>("input[type=file]");
    field?.addEventListener("change", () => {
      for (const file of field.files ?? []) {
        this.#add(file);
      }
      // The same file can be chosen again after it was left out.
      field.value = "";
    });
  }

  get attachments(): readonly Attachment[] {
    return [...this.#chosen].map(({ file, cleaned }) => ({
      name: file.name,
      type: file.type,
      blob: cleaned ?? file,
    }));
  }

  /** Forgets all of them. */
  wipe(): void {
    this.#chosen.clear();
    this.#list?.replaceChildren();
  }

  #add(file: File): void {
    const chosen: Chosen = { file, cleaned: null };
    this.#chosen.add(chosen);
    const row = this.#steps.step("file", { name: file.name, size: sizeOf(file.size) }).firstElementChild as HTMLElement;
    row.querySelector("[data-file=remove]")?.addEventListener("click", () => {
      this.#chosen.delete(chosen);
      row.remove();
      document.getElementById("file")?.focus();
    });
    this.#list?.append(row);
    void new Inside(this.#steps, chosen, row.querySelector(".inside") as HTMLElement).offer();
  }
}
