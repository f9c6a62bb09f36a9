/** The steps of the site as data: templates and sentences, written once in Jinja, without anything secret in them. */
import { disarm } from "./disarming.ts";
import { filled, filledText, type View } from "./filling.ts";

const PATH = "/steps";
const ROOM_PATH = "/room";
const ATTEMPTS = 3;
const PAUSE = 1000;

/** The site's steps cannot be had, or lack something: a fault of the site. */
export class StepMissing extends Error {
  override readonly name: string = "StepMissing";
}

export class Steps {
  readonly #page: Document;

  constructor(page: Document) {
    this.#page = page;
  }

  /** Asks the site for them, more than once if it has to. Throws `StepMissing`. */
  static async load(): Promise<Steps> {
    for (let left = ATTEMPTS - 1; ; left--) {
      const page = await ask(PATH);
      if (page !== null) {
        return new Steps(page);
      }
      if (left === 0) {
        throw new StepMissing(PATH);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** The step of this name with values in it; nothing can send its forms anywhere. */
  step(name: string, view: View = {}): DocumentFragment {
    const fragment = filled(this.#template(name), view);
    disarm(fragment);
    return fragment;
  }

  /** A sentence in the reader's language. Throws `StepMissing`. */
  say(name: string, view: View = {}): string {
    const found = this.#page.getElementById(`say-${name}`);
    if (found === null) {
      throw new StepMissing(name);
    }
    return filledText((found.textContent ?? "").trim(), view);
  }

  /** Whether there is a sentence of this name. */
  knows(name: string): boolean {
    return this.#page.getElementById(`say-${name}`) !== null;
  }

  #template(name: string): HTMLTemplateElement {
    const found = this.#page.getElementById(`step-${name}`);
    if (found instanceof HTMLTemplateElement) {
      return found;
    }
    throw new StepMissing(name);
  }
}

/** Whether the site takes files now; where it does not say, sending them does. */
export async function takesFiles(): Promise<boolean> {
  const page = await ask(ROOM_PATH);
  return page?.querySelector<HTMLElement>("[data-files]")?.dataset["files"] !== "shut";
}

/** The page, or `null` where the site does not give it. */
async function ask(path: string): Promise<Document | null> {
  const request = new XMLHttpRequest();
  request.open("GET", path);
  // The browser reads the page itself: no text ever becomes HTML in a script, which the policy forbids.
  request.responseType = "document";
  await new Promise((resolve) => {
    request.addEventListener("loadend", resolve);
    request.send();
  });
  return request.status === 200 ? request.responseXML : null;
}
