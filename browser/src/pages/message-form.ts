/** The form for a message: what was written in it, and what is wrong with that. */
import type { Attachment, Draft } from "../source/index.ts";
import { ChosenFiles } from "./chosen-files.ts";
import type { View } from "./filling.ts";
import type { People } from "./people.ts";
import { countOf } from "./sentences.ts";
import type { Shown, Stage } from "./stage.ts";
import type { Steps } from "./steps.ts";

export interface Written {
  readonly draft: Draft;
  readonly attachments: readonly Attachment[];
}

export interface About {
  readonly channel: number;
  readonly people: People;
  /** The name of the questionnaire that a first report answers. */
  readonly questionnaire: string | null;
}

interface Fault {
  readonly field: string;
  readonly sentence: string;
}

export class MessageForm {
  /** Whether a message of the number that this one would have is stored already. */
  isStored = false;
  readonly #steps: Steps;
  readonly #stage: Stage;
  readonly #shown: Shown;
  readonly #form: HTMLFormElement;
  readonly #about: About;
  readonly #files: ChosenFiles;

  constructor(steps: Steps, stage: Stage, shown: Shown, about: About) {
    this.#steps = steps;
    this.#stage = stage;
    this.#shown = shown;
    this.#about = about;
    this.#form = shown.root.querySelector("form[data-act=send]") as HTMLFormElement;
    this.#files = new ChosenFiles(steps, this.#form);
    this.#form.addEventListener("input", ({ target }) => this.#unmark(target as HTMLElement));
  }

  /** What was written, or `null` where something has to be put right first; the page then says what. */
  read(): Written | null {
    const faults = this.#faults();
    this.#mark(faults);
    if (faults.length > 0) {
      const fields = faults.map(({ field, sentence }) => ({ field, wrong: sentence }));
      this.warn(this.#steps.say("look-below"), fields);
      return null;
    }
    const { channel, people, questionnaire } = this.#about;
    const contact = this.#contact;
    const draft = {
      text: this.#text,
      language: document.documentElement.lang,
      channel,
      readers: people.chosen(this.#form, { custodians: false }),
      answers: questionnaire === null ? null : { questionnaire, values: {} },
      contact,
      custodians: contact === null ? [] : people.chosen(this.#form, { custodians: true }),
    };
    return { draft, attachments: this.#files.attachments };
  }

  /** Says at the top of the page what is wrong. */
  warn(sentence: string, fields: readonly View[] = []): void {
    this.#stage.warn(this.#shown, sentence, fields);
  }

  /** Takes everything that was written out of the page. */
  wipe(): void {
    this.#form.reset();
    for (const field of this.#form.querySelectorAll("textarea")) {
      field.value = "";
    }
    this.#files.wipe();
  }

  get #text(): string {
    return this.#field("text").value;
  }

  get #contact(): string | null {
    const field = this.#form.querySelector<HTMLTextAreaElement>("#contact");
    return field === null || field.value.trim() === "" ? null : field.value;
  }

  #field(id: string): HTMLTextAreaElement {
    return this.#form.querySelector(`#${id}`) as HTMLTextAreaElement;
  }

  #faults(): readonly Fault[] {
    const { people } = this.#about;
    const faults: Fault[] = [];
    if (people.chosen(this.#form, { custodians: false }).length === 0) {
      faults.push({ field: "who", sentence: this.#steps.say("nobody-left") });
    }
    if (this.#text.trim() === "") {
      faults.push({ field: "text", sentence: this.#steps.say("text-missing") });
    }
    faults.push(...this.#lengthFault("text", this.#text), ...this.#lengthFault("contact", this.#contact ?? ""));
    if (this.#contact !== null && people.chosen(this.#form, { custodians: true }).length === 0) {
      faults.push({ field: "contact", sentence: this.#steps.say("nobody-for-contact") });
    }
    return faults;
  }

  #lengthFault(field: string, text: string): readonly Fault[] {
    const limit = Number(this.#steps.say(`${field}-limit`));
    const length = [...text].length;
    const counted = { length: countOf(length), limit: countOf(limit) };
    return length > limit ? [{ field, sentence: this.#steps.say("too-long", counted) }] : [];
  }

  /** Says beside each field what is wrong with it, and takes away what was said before. */
  #mark(faults: readonly Fault[]): void {
    for (const said of this.#form.querySelectorAll("[id$=-wrong]")) {
      said.remove();
    }
    for (const { field, sentence } of faults) {
      const hint = this.#form.querySelector(`#${field}-hint`);
      hint?.after(this.#steps.step("wrong", { field, sentence }));
    }
    for (const field of this.#form.querySelectorAll("textarea")) {
      const wrong = faults.some((fault) => fault.field === field.id);
      describe(field, wrong);
      const details = field.closest("details");
      if (wrong && details !== null) {
        details.open = true;
      }
    }
  }

  /** What is being put right is not called wrong any more. */
  #unmark(field: HTMLElement): void {
    const isBox = field instanceof HTMLInputElement && field.type === "checkbox";
    this.#form.querySelector(`#${isBox ? "who" : field.id}-wrong`)?.remove();
    if (field instanceof HTMLTextAreaElement) {
      describe(field, false);
    }
  }
}

function describe(field: HTMLTextAreaElement, wrong: boolean): void {
  field.setAttribute("aria-invalid", String(wrong));
  field.setAttribute("aria-describedby", `${field.id}-hint${wrong ? ` ${field.id}-wrong` : ""}`);
}
