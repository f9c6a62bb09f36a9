/** What a journey through the pages needs: the page, the texts, the way to the shelf; and what it must forget. */
import { type Directory, type Memory, readDirectory } from "../protocol/index.ts";
import { type Courier, HttpCourier } from "../source/index.ts";
import { Leaving } from "./leaving.ts";
import { Stage } from "./stage.ts";
import type { Steps } from "./steps.ts";
import { WordLists } from "./words.ts";

/** Anything that holds a secret. */
interface Wipeable {
  wipe(): void;
}

const DAY_LENGTH = "YYYY-MM-DD".length;

export class Visitor {
  readonly steps: Steps;
  readonly stage: Stage;
  readonly words: WordLists;
  readonly courier: Courier = new HttpCourier(location.origin);
  readonly leaving: Leaving;
  readonly #secrets = new Set<Wipeable>();
  readonly #status: HTMLElement;
  #memory: Memory | null = null;

  constructor(steps: Steps, main: HTMLElement) {
    this.steps = steps;
    this.stage = new Stage(main, steps);
    this.words = new WordLists(new URL("words/", import.meta.url));
    this.leaving = new Leaving(steps, () => this.forget());
    this.#status = document.createElement("p");
    this.#status.className = "status";
    this.#status.setAttribute("role", "status");
    main.after(this.#status);
    main.addEventListener("input", (event) => this.#noticed(event.target));
  }

  /** The published document as it is now, verified today. What was seen before must not be missing from it. */
  async directory(): Promise<Directory> {
    const document = await this.courier.keyring();
    const today = new Date().toISOString().slice(0, DAY_LENGTH);
    const known = this.#memory === null ? {} : { memory: this.#memory };
    const directory = readDirectory(document, { today, ...known });
    this.#memory = directory.memory;
    return directory;
  }

  /** Says what is being done until it is done. Nothing on the page can be pressed meanwhile but the way out. */
  async busy<Result>(sentence: string, work: () => Promise<Result>): Promise<Result> {
    this.say(this.steps.say(sentence));
    this.stage.freeze(true);
    try {
      return await work();
    } finally {
      this.stage.freeze(false);
      this.say("");
    }
  }

  /** Says something that is read out, without taking anybody away from where they are. */
  say(sentence: string): void {
    this.#status.textContent = sentence;
  }

  /** Says something that stays until somebody does the next thing. */
  tell(sentence: string): void {
    this.say(sentence);
    for (const next of ["pointerdown", "keydown"]) {
      addEventListener(next, () => this.#status.textContent === sentence && this.say(""), { once: true });
    }
  }

  /** Remembers a secret until it is forgotten. */
  keep<Secret extends Wipeable>(secret: Secret): Secret {
    this.#secrets.add(secret);
    return secret;
  }

  /** Overwrites every secret. */
  forget(): void {
    for (const secret of this.#secrets) {
      secret.wipe();
    }
    this.#secrets.clear();
  }

  #noticed(field: EventTarget | null): void {
    const written = field instanceof HTMLTextAreaElement && (field.name === "text" || field.name === "contact");
    if (written || (field instanceof HTMLInputElement && field.type === "file")) {
      this.leaving.unsent = true;
    }
  }
}
