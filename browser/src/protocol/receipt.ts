/** Receipts: sixteen random bytes, and the twelve words that people keep (docs/protocol.md, section 3). */
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, randomBytes, wipe } from "./bytes.ts";
import { AmbiguousReceipt, ReceiptError, UnknownWord, WrongChecksum, WrongWordCount } from "./errors.ts";

export const RECEIPT_SIZE = 16;
export const RECEIPT_WORDS = 12;

const LIST_SIZE = 2048;
const WORD_BITS = 11;
const CHECKSUM_BITS = 4;
const MARKS = /\p{M}/gu;
const NO_LETTERS = /\P{L}+/u;
const WORDS_WITHOUT_SPACES = new RegExp(`^[\u4e00-\u9fff]{${RECEIPT_WORDS}}$`, "u");

/** A list of 2,048 words of one language. The lists are no part of this program: a page loads those it needs. */
export class WordList {
  /** Its name, as in docs/protocol.md, in small letters: `english`, `chinese_simplified`. */
  readonly language: string;
  readonly words: readonly string[];
  readonly #places: ReadonlyMap<string, number>;

  /** Throws `ReceiptError` for anything but 2,048 words that stay different without their accents. */
  constructor(language: string, words: readonly string[]) {
    this.language = language;
    this.words = words;
    this.#places = new Map(words.map((word, place) => [fold(word), place]));
    if (words.length !== LIST_SIZE || this.#places.size !== LIST_SIZE) {
      throw new ReceiptError();
    }
  }

  /** The place of a folded word, from 0, or `undefined`. */
  placeOf(folded: string): number | undefined {
    return this.#places.get(folded);
  }
}

/** The secret of a source. It shows itself to nobody who does not ask for `bytes` or `words`. */
export class Receipt {
  readonly #bytes: Bytes;

  /** Takes the bytes over: to wipe the receipt wipes them. Throws `ReceiptError` for another size. */
  constructor(bytes: Bytes) {
    if (bytes.length !== RECEIPT_SIZE) {
      throw new ReceiptError();
    }
    this.#bytes = bytes;
  }

  static create(): Receipt {
    return new Receipt(randomBytes(RECEIPT_SIZE));
  }

  get bytes(): Bytes {
    return this.#bytes;
  }

  /** Its twelve words in the language of `list`. */
  words(list: WordList): readonly string[] {
    let bits = (BigInt(bigEndian(this.#bytes)) << BigInt(CHECKSUM_BITS)) | BigInt(checksumOf(this.#bytes));
    const places: number[] = [];
    for (let word = 0; word < RECEIPT_WORDS; word++) {
      places.unshift(Number(bits & BigInt(LIST_SIZE - 1)));
      bits >>= BigInt(WORD_BITS);
    }
    return places.map((place) => list.words[place] as string);
  }

  wipe(): void {
    wipe(this.#bytes);
  }

  toString(): string {
    return "Receipt(hidden)";
  }

  toJSON(): string {
    return this.toString();
  }
}

/**
 * The receipt that a person wrote down as `text`.
 *
 * `lists` are those to try: all that exist, as a person need not know which one hers is; `language` names one of them.
 * Throws `WrongWordCount`, `UnknownWord`, `WrongChecksum`, `AmbiguousReceipt`, or `ReceiptError` where no list has the
 * name. No error holds a word.
 */
export function readReceipt(text: string, lists: readonly WordList[], language: string | null = null): Receipt {
  const tried = language === null ? lists : lists.filter((list) => list.language === language);
  if (tried.length === 0) {
    throw new ReceiptError();
  }
  const words = split(text);
  if (words.length !== RECEIPT_WORDS) {
    throw new WrongWordCount();
  }
  const attempts = tried.map((list) => words.map((word) => list.placeOf(word)));
  const known = attempts.filter((places): places is number[] => !places.includes(undefined));
  const found = distinct(known.map(receiptAt).filter((bytes) => bytes !== null));
  if (found.length > 1) {
    wipe(...found);
    throw new AmbiguousReceipt();
  }
  const [only] = found;
  if (only !== undefined) {
    return new Receipt(only);
  }
  throw known.length > 0 ? new WrongChecksum() : new UnknownWord(firstUnknown(attempts));
}

/** A word without capitals, accents and dots: what is the same to a person who writes it down by hand. */
export function fold(word: string): string {
  return word.normalize("NFKD").toLowerCase().replaceAll("ı", "i").replace(MARKS, "");
}

function split(text: string): readonly string[] {
  const pieces = fold(text)
    .split(NO_LETTERS)
    .filter((piece) => piece !== "");
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined && WORDS_WITHOUT_SPACES.test(first) ? [...first] : pieces;
}

/** The receipt of twelve places in a list, or `null` where its checksum does not fit. */
function receiptAt(places: readonly number[]): Bytes | null {
  const bits = places.reduce((joined, place) => (joined << BigInt(WORD_BITS)) | BigInt(place), 0n);
  const bytes = new Uint8Array(RECEIPT_SIZE);
  let rest = bits >> BigInt(CHECKSUM_BITS);
  for (let index = RECEIPT_SIZE - 1; index >= 0; index--) {
    bytes[index] = Number(rest & 255n);
    rest >>= 8n;
  }
  return Number(bits & BigInt(2 ** CHECKSUM_BITS - 1)) === checksumOf(bytes) ? bytes : null;
}

function checksumOf(bytes: Uint8Array): number {
  return (sha256(bytes)[0] as number) >> (8 - CHECKSUM_BITS);
}

function bigEndian(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function distinct(found: readonly Bytes[]): readonly Bytes[] {
  return [...new Map(found.map((bytes) => [bigEndian(bytes), bytes])).values()];
}

/** The place, from 1, of the first word that is missing from the list that knows most of them. */
function firstUnknown(attempts: readonly (readonly (number | undefined)[])[]): number {
  const missing = (places: readonly (number | undefined)[]): number => places.filter((at) => at === undefined).length;
  const best = attempts.reduce((before, after) => (missing(after) < missing(before) ? after : before));
  return best.indexOf(undefined) + 1;
}
