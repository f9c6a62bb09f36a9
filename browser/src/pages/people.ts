/** Who can read, as the verified keyring has it: everybody by name, and each to be shut out. */
import { type Directory, StatementRejected } from "../protocol/index.ts";
import { type Choice, choices, NobodyToRead } from "../source/index.ts";
import type { View } from "./filling.ts";
import type { Steps } from "./steps.ts";

export class People {
  readonly all: readonly Choice[];

  /** Those of `channel`. Throws `KeyringMalformed` for a channel that does not exist. */
  constructor(directory: Directory, channel: number) {
    this.all = choices(directory, channel);
  }

  /** The readers of reports to whom can be sealed today. Throws `NobodyToRead` where there is none. */
  checkOpen(): void {
    if (this.#open(false).length === 0) {
      throw new NobodyToRead();
    }
  }

  /** The ids of those whom `form` shows and who are not ticked in it: of readers, or of custodians. */
  chosen(form: HTMLFormElement, { custodians }: { readonly custodians: boolean }): readonly number[] {
    const boxes = [...form.querySelectorAll<HTMLInputElement>("input[name=excluded]")];
    const excluded = new Set(boxes.filter(({ checked }) => checked).map(({ value }) => Number(value)));
    return this.#open(custodians)
      .map(({ person }) => person.id)
      .filter((id) => !excluded.has(id));
  }

  /** Ticks everybody who can be written to but those in `preselected`. */
  static tick(root: ParentNode, preselected: readonly number[]): void {
    for (const box of root.querySelectorAll<HTMLInputElement>("input[name=excluded]")) {
      box.checked = !preselected.includes(Number(box.value));
    }
  }

  /** The ids of the custodians to whom can be sealed today. */
  get custodians(): readonly number[] {
    return this.#open(true).map(({ person }) => person.id);
  }

  view(steps: Steps): View {
    const rows = (custodian: boolean): readonly View[] =>
      this.all.filter((one) => one.custodian === custodian).map((one) => rowOf(steps, one));
    const custodians = this.#open(true);
    return {
      readers: rows(false),
      custodians: rows(true),
      custodians_open: custodians.length > 0,
      several_custodians: this.all.filter(({ custodian }) => custodian).length > 1,
      custodian_names: custodians.map(({ person }) => person.name).join(", "),
    };
  }

  #open(custodians: boolean): readonly Choice[] {
    return this.all.filter(({ closed, custodian }) => closed === null && custodian === custodians);
  }
}

function rowOf(steps: Steps, { person, closed }: Choice): View {
  return {
    id: person.id,
    name: person.name,
    role: steps.say(`role-${person.role}`),
    open: closed === null,
    closed: closed === null ? null : steps.say(closed instanceof StatementRejected ? "lapsed" : "untrusted"),
  };
}
