/** What the pages say of errors and numbers, in the reader's language. */
import { ProtocolError, UnknownWord } from "../protocol/index.ts";
import { AlreadySent, CourierError, ReaderUnavailable, ShelfError, SourceError } from "../source/index.ts";
import type { Steps } from "./steps.ts";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
const STEP = 1000;

/** Whether this is an error that a source can meet without any fault of the page's own. */
export function isForeseen(error: unknown): error is Error {
  return [ProtocolError, CourierError, ShelfError, SourceError].some((kind) => error instanceof kind);
}

/** Whether asking again may help. */
export function isPassing(error: unknown): error is Error {
  return error instanceof CourierError || error instanceof ShelfError;
}

/** The sentence for a foreseen error. */
export function sentenceOf(steps: Steps, error: Error): string {
  if (error instanceof UnknownWord) {
    return steps.say("word-unknown", { position: error.place });
  }
  if (error instanceof ReaderUnavailable) {
    return steps.say("readers-gone", { names: error.names.join(", ") });
  }
  if (error instanceof AlreadySent) {
    return steps.say("already", { number: error.number, next: error.number + 1 });
  }
  return steps.knows(error.name) ? steps.say(error.name) : error.message;
}

/** A size as people write it: `1.2 MB`. */
export function sizeOf(bytes: number): string {
  const power = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(STEP)), UNITS.length - 1);
  const unitDisplay = power === 0 ? "long" : "short";
  const maximumFractionDigits = power < 2 ? 0 : 1;
  const options = { style: "unit", unit: UNITS[power] as string, unitDisplay, maximumFractionDigits } as const;
  return new Intl.NumberFormat(document.documentElement.lang, options).format(bytes / STEP ** power);
}

/** A number with marks between its thousands. */
export function countOf(count: number): string {
  return new Intl.NumberFormat(document.documentElement.lang).format(count);
}
