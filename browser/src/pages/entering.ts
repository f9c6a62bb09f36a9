/** Entering twelve words: completed while they are typed, marked at once where no list has them, checked at the end. */
import { AmbiguousReceipt, type Receipt, readReceipt, type WordList, WrongChecksum } from "../protocol/index.ts";
import { type Candidate, candidates, completed, onlyCandidate, type Typed, typedWords, unknownPlaces, wordAt } from "./completion.ts";
import { isForeseen, sentenceOf } from "./sentences.ts";
import type { Shown } from "./stage.ts";
import type { Visitor } from "./visitor.ts";

const WORDS = 12;

/** The tags of the languages whose lists have other names. */
const TAGS: { readonly [language: string]: string } = {
  chinese_simplified: "zh-Hans",
  chinese_traditional: "zh-Hant",
  czech: "cs",
  english: "en",
  french: "fr",
  italian: "it",
  japanese: "ja",
  korean: "ko",
  portuguese: "pt",
  russian: "ru",
  spanish: "es",
  turkish: "tr",
};

export class Entering {
  readonly #visitor: Visitor;
  #shown: Shown;
  #lists: readonly WordList[] = [];

  constructor(visitor: Visitor, shown: Shown = visitor.stage.make("enter")) {
    this.#visitor = visitor;
    this.#shown = shown;
    this.#watch();
  }

  /** Asks until the words are a receipt. Where they are one in several languages, it asks in which they are written. */
  async receipt(): Promise<Receipt> {
    for (;;) {
      await this.#visitor.stage.ask(this.#shown);
      try {
        const lists = await this.#visitor.busy("looking", () => this.#visitor.words.all());
        return readReceipt(this.#field.value, lists, this.#language);
      } catch (error) {
        if (!isForeseen(error)) {
          throw error;
        }
        if (error instanceof AmbiguousReceipt) {
          this.#askLanguage();
        }
        this.warn(error);
      }
    }
  }

  /** Says why nothing was found with the words; they stay where they are. */
  warn(error: Error): void {
    const sentence = sentenceOf(this.#visitor.steps, error);
    this.#visitor.stage.show(this.#shown);
    this.#visitor.stage.warn(this.#shown, sentence);
  }

  /** Takes the words out of the page. */
  wipe(): void {
    this.#field.value = "";
    this.#said.replaceChildren();
  }

  get #field(): HTMLTextAreaElement {
    return this.#shown.root.querySelector("#receipt") as HTMLTextAreaElement;
  }

  get #said(): HTMLElement {
    return this.#shown.root.querySelector("#receipt-said") as HTMLElement;
  }

  get #language(): string | null {
    return this.#shown.root.querySelector<HTMLInputElement>("input[name=wordlist]:checked")?.value ?? null;
  }

  #watch(): void {
    const field = this.#field;
    field.after(this.#visitor.steps.step("receipt-said"));
    field.addEventListener("input", (event) => this.#typed((event as InputEvent).data));
    // Fetched while somebody begins to type; where that fails, it is tried again at the end.
    this.#visitor.words.all().then(
      (lists) => {
        this.#lists = lists;
        this.#typed(null);
      },
      () => undefined,
    );
  }

  /** `added` is what the last key added to the text, if it was a key. */
  #typed(added: string | null): void {
    const field = this.#field;
    const words = typedWords(field.value);
    const ended = added !== null && /^\s$/u.test(added) ? wordAt(words, field.selectionStart - 1) : undefined;
    const meant = ended === undefined ? undefined : onlyCandidate(ended, words, this.#lists);
    if (ended !== undefined && meant !== undefined) {
      this.#complete(ended, meant);
      return;
    }
    this.#tell(words, field.selectionStart);
  }

  #complete(word: Typed, candidate: Candidate): void {
    const field = this.#field;
    const { text, caret } = completed(field.value, word, candidate);
    field.value = text;
    field.focus();
    field.setSelectionRange(caret, caret);
    this.#tell(typedWords(text), caret);
  }

  /** Shows how many words there are, those that cannot be right, and what the one that is being typed may become. */
  #tell(words: readonly Typed[], caret: number): void {
    const { wrong, sentence } = this.#standing(words, caret);
    this.#field.setAttribute("aria-invalid", String(wrong));
    const said = this.#said.querySelector(".so-far") as HTMLElement;
    if (said.textContent !== sentence) {
      said.textContent = sentence;
      said.classList.toggle("wrong", wrong);
    }
    this.#suggest(words, caret);
  }

  #standing(words: readonly Typed[], caret: number): { readonly wrong: boolean; readonly sentence: string } {
    const { steps } = this.#visitor;
    const [position] = this.#lists.length === 0 ? [] : unknownPlaces(words, caret, this.#lists);
    if (position !== undefined) {
      return { wrong: true, sentence: steps.say("word-unknown", { position }) };
    }
    if (words.length === WORDS && this.#lists.length > 0) {
      return this.#verdict();
    }
    const sentence = words.length === 0 ? "" : steps.say("words-so-far", { count: words.length });
    return { wrong: false, sentence };
  }

  /** What is to be said of twelve words, each of which exists or begins one. */
  #verdict(): { readonly wrong: boolean; readonly sentence: string } {
    const { steps } = this.#visitor;
    try {
      readReceipt(this.#field.value, this.#lists, this.#language).wipe();
      return { wrong: false, sentence: steps.say("words-complete") };
    } catch (error) {
      if (error instanceof WrongChecksum) {
        return { wrong: true, sentence: sentenceOf(steps, error) };
      }
      return { wrong: false, sentence: steps.say("words-so-far", { count: WORDS }) };
    }
  }

  #suggest(words: readonly Typed[], caret: number): void {
    const current = wordAt(words, caret);
    const found = current === undefined ? [] : candidates(current, words, this.#lists);
    const place = this.#said.querySelector(".suggested") as HTMLElement;
    const meant = found.length === 1 && found[0]?.word.length === current?.folded.length;
    if (current === undefined || found.length === 0 || meant) {
      place.replaceChildren();
      return;
    }
    const view = found.map(({ language, word }) => ({ language: TAGS[language] ?? "", word }));
    place.replaceChildren(this.#visitor.steps.step("completions", { completions: view }));
    for (const [at, button] of place.querySelectorAll("button").entries()) {
      button.addEventListener("click", () => this.#complete(current, found[at] as Candidate));
    }
  }

  /** The same step once more, with the languages to choose from. */
  #askLanguage(): void {
    const typed = this.#field.value;
    const { steps, stage } = this.#visitor;
    const titled = this.#lists.filter((list) => isReceiptIn(typed, list));
    const wordlists = titled.map(({ language: name }) => ({ name, title: steps.say(`language-${name}`) }));
    this.#shown = stage.make("enter", { wordlists });
    this.#field.value = typed;
    this.#watch();
  }
}

function isReceiptIn(text: string, list: WordList): boolean {
  try {
    readReceipt(text, [list]).wipe();
    return true;
  } catch {
    return false;
  }
}
