/** The lists of words, fetched when they are needed: files beside the script. */
import { WordList } from "../protocol/index.ts";
import { Unreachable } from "../source/index.ts";

const ENGLISH = "english";
const LANGUAGES = [
  ENGLISH,
  "chinese_simplified",
  "chinese_traditional",
  "czech",
  "french",
  "italian",
  "japanese",
  "korean",
  "portuguese",
  "russian",
  "spanish",
  "turkish",
];

export class WordLists {
  readonly #base: string;
  readonly #lists = new Map<string, Promise<WordList>>();

  /** `base` is the address of the folder in which the lists lie. */
  constructor(base: URL) {
    this.#base = base.href;
  }

  /** The list that receipts are shown in. Throws `Unreachable`. */
  async english(): Promise<WordList> {
    return await this.#list(ENGLISH);
  }

  /**
   * Those of every language, as a receipt may be written in any. Throws `Unreachable`.
   * Always all of them: which one is fetched must not tell anybody whose language it is.
   */
  async all(): Promise<readonly WordList[]> {
    return await Promise.all(LANGUAGES.map((language) => this.#list(language)));
  }

  async #list(language: string): Promise<WordList> {
    const known = this.#lists.get(language) ?? this.#fetch(language);
    this.#lists.set(language, known);
    try {
      return await known;
    } catch {
      this.#lists.delete(language);
      throw new Unreachable();
    }
  }

  async #fetch(language: string): Promise<WordList> {
    const answer = await fetch(new URL(`${language}.json`, this.#base), {
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
    });
    return new WordList(language, (await answer.json()) as readonly string[]);
  }
}
