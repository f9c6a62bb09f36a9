/** Words of a receipt while they are typed: which one is meant, and which one cannot be meant. Looks at nothing else. */
import { fold, type WordList } from "../protocol/index.ts";

/** A word in a text: from where to where, and without capitals and accents. */
export interface Typed {
  readonly start: number;
  readonly end: number;
  readonly folded: string;
}

/** A word of a list that may be meant. */
export interface Candidate {
  readonly language: string;
  readonly word: string;
}

const WORD = /[\p{L}\p{M}]+/gu;
const CHARACTERS = /^[\u4e00-\u9fff]+$/u;
const CANDIDATES = 6;
const SHORTEST_BEGINNING = 2;

/** The words of a text. Chinese ones are a character each, and need no space between them. */
export function typedWords(text: string): readonly Typed[] {
  return [...text.matchAll(WORD)].flatMap(({ 0: word, index: start }) => {
    if (CHARACTERS.test(word)) {
      return [...word].map((character, at) => ({ start: start + at, end: start + at + 1, folded: fold(character) }));
    }
    return [{ start, end: start + word.length, folded: fold(word) }];
  });
}

/** The word that ends where the caret stands, if one does. */
export function wordAt(words: readonly Typed[], caret: number): Typed | undefined {
  return words.find(({ end }) => end === caret);
}

/**
 * The places, from 1, of the words that are in no list. A word that is being typed counts only when nothing in a list
 * begins like it.
 */
export function unknownPlaces(words: readonly Typed[], caret: number, lists: readonly WordList[]): readonly number[] {
  const current = wordAt(words, caret);
  return words.flatMap((word, at) => {
    const known = isKnown(word, lists) || (word === current && beginnings(word, lists).length > 0);
    return known ? [] : [at + 1];
  });
}

/** What `word` may become: from the languages that the other words are in, or from all where they say nothing. */
export function candidates(word: Typed, words: readonly Typed[], lists: readonly WordList[]): readonly Candidate[] {
  if (word.folded.length < SHORTEST_BEGINNING) {
    return [];
  }
  const others = words.filter((other) => other !== word && isKnown(other, lists));
  const fitting = lists.filter((list) => others.every(({ folded }) => list.placeOf(folded) !== undefined));
  return beginnings(word, fitting.length > 0 ? fitting : lists).slice(0, CANDIDATES);
}

/** The one word that is meant by a beginning that is none itself, or `undefined`. */
export function onlyCandidate(
  word: Typed,
  words: readonly Typed[],
  lists: readonly WordList[],
): Candidate | undefined {
  const [only, ...others] = candidates(word, words, lists);
  return others.length === 0 && !isKnown(word, lists) ? only : undefined;
}

/** `text` with `candidate` in place of `word` and a space behind it, and where the caret then stands. */
export function completed(text: string, word: Typed, { word: whole }: Candidate): { text: string; caret: number } {
  const rest = text.slice(word.end);
  const before = `${text.slice(0, word.start)}${whole} `;
  return { text: before + rest.replace(/^\s/u, ""), caret: before.length };
}

function isKnown({ folded }: Typed, lists: readonly WordList[]): boolean {
  return lists.some((list) => list.placeOf(folded) !== undefined);
}

function beginnings({ folded }: Typed, lists: readonly WordList[]): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  for (const list of lists) {
    for (const word of list.words) {
      if (fold(word).startsWith(folded)) {
        found.set(word, { language: list.language, word });
      }
    }
  }
  return [...found.values()];
}
