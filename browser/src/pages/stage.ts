/** Where steps are shown: the page's `main`. Knows nothing of what they are about. */
import type { View } from "./filling.ts";
import type { Steps } from "./steps.ts";

/** What somebody did: the name of it (`data-act`), and the form it was done with, if any. */
export interface Act {
  readonly name: string;
  readonly form: HTMLFormElement | null;
  readonly element: HTMLElement;
}

/**
 * A step on the page. It stays as it is, with all that was typed, while another one is shown in its place. It has no
 * title of its own: browsers keep the title of a page in their history, which must not tell what was done on it.
 */
export interface Shown {
  readonly root: HTMLElement;
}

export class Stage {
  readonly #main: HTMLElement;
  readonly #steps: Steps;
  #frozen = false;
  #waiting: ((act: Act) => void) | null = null;

  constructor(main: HTMLElement, steps: Steps) {
    this.#main = main;
    this.#steps = steps;
    main.addEventListener("submit", (event) => this.#submitted(event));
    main.addEventListener("click", (event) => this.#clicked(event));
  }

  /** Takes what is on the page now as a step, without touching it: somebody may be writing in it. */
  adopt(): Shown {
    return { root: this.#main.firstElementChild as HTMLElement };
  }

  /** A step, not yet on the page. */
  make(name: string, view: View = {}): Shown {
    const root = document.createElement("div");
    root.append(this.#steps.step(name, view));
    return { root };
  }

  /** Puts a step on the page and takes readers of the screen to its heading. */
  show(shown: Shown): void {
    this.#main.replaceChildren(shown.root);
    window.scrollTo(0, 0);
    const heading = shown.root.querySelector("h1");
    if (heading !== null) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  }

  /** Keeps everything in a step from being pressed, or lets it. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    mark(this.#main, "aria-busy", frozen);
    for (const button of this.#main.querySelectorAll("input[type=submit], button")) {
      mark(button, "aria-disabled", frozen);
    }
  }

  /** Shows a warning at the top of a step, in place of the one before, and takes readers of the screen to it. */
  warn({ root }: Shown, sentence: string, fields: readonly View[] = []): void {
    const warning = this.#steps.step("warning", { sentence, fields });
    const box = warning.firstElementChild as HTMLElement;
    box.classList.add("top");
    root.querySelector(".box.top")?.remove();
    root.querySelector("h1")?.after(warning);
    box.focus();
    box.scrollIntoView({ block: "nearest" });
  }

  /** Shows a step and waits for the next thing that somebody does in it. */
  async ask(shown: Shown): Promise<Act> {
    if (!this.#main.contains(shown.root)) {
      this.show(shown);
    }
    return await this.next();
  }

  /** Waits for the next thing that somebody does. Who waited before waits no longer. */
  async next(): Promise<Act> {
    return await new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  #submitted(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const name = event.submitter?.dataset["act"] ?? form.dataset["act"];
    this.#done(name, form, (event.submitter ?? form) as HTMLElement);
  }

  #clicked(event: MouseEvent): void {
    const pressed = event.target instanceof Element ? event.target.closest<HTMLElement>("a, button") : null;
    const place = pressed?.getAttribute("href");
    if (place?.startsWith("#") === true) {
      event.preventDefault(); // a place in the page would become an entry of the history
      this.#goTo(place.slice(1));
    }
    if (pressed?.dataset["act"] !== undefined && pressed.closest("form")?.contains(pressed) !== true) {
      event.preventDefault();
      this.#done(pressed.dataset["act"], null, pressed);
    }
  }

  #goTo(id: string): void {
    const found = document.getElementById(id);
    if (found !== null) {
      found.tabIndex = found.matches("input, textarea") ? 0 : -1;
      found.focus();
      found.scrollIntoView({ block: "start" });
    }
  }

  #done(name: string | undefined, form: HTMLFormElement | null, element: HTMLElement): void {
    const waiting = this.#waiting;
    if (name !== undefined && waiting !== null && !this.#frozen) {
      this.#waiting = null;
      waiting({ name, form, element });
    }
  }
}

function mark(element: Element, attribute: string, holds: boolean): void {
  if (holds) {
    element.setAttribute(attribute, "true");
  } else {
    element.removeAttribute(attribute);
  }
}
