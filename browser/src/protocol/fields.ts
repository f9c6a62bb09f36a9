/**
 * The fields that documents of this protocol are made of (docs/protocol.md, section 6).
 *
 * A codec reads a JSON value into what a program works with and writes it back. Each table of the protocol is one
 * `struct` of codecs, in the order of the table, so that reader and writer cannot disagree. Whatever a codec refuses is
 * `BodyMalformed`; documents that name another error map it with `within`.
 */
import { type Bytes, fromBase64, toBase64, utf8 } from "./bytes.ts";
import type { Json } from "./canonical.ts";
import { BodyMalformed, KeyRejected, type ProtocolError } from "./errors.ts";

export interface Codec<Value> {
  readonly read: (json: Json) => Value;
  readonly write: (value: Value) => Json;
}

/** What a codec reads. */
export type Of<C> = C extends Codec<infer Value> ? Value : never;

/** A day in UTC as `YYYY-MM-DD`. Such texts are in the order of the days they name. */
export type Day = string;

export const JSON_INTEGER_LIMIT = Number.MAX_SAFE_INTEGER;
export const READER_LIMIT = 15;
export const PERSON_LIMIT = 65_535;
export const CHANNEL_LIMIT = 65_535;
export const INDEX_LIMIT = 2 ** 32 - 1;

const DAY_FORM = /^\d{4}-\d{2}-\d{2}$/;
const LANGUAGE_FORM = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$/;
const MILLISECONDS_OF_A_DAY = 86_400_000;

/** Do `action`; what it finds malformed is of the kind `Malformed` names. */
export function within<Result>(Malformed: new () => ProtocolError, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof BodyMalformed || error instanceof KeyRejected) {
      throw new Malformed();
    }
    throw error;
  }
}

export function refuseUnless(right: boolean): asserts right {
  if (!right) {
    throw new BodyMalformed();
  }
}

/** A codec for values that are in JSON what they are in a program, where `holds` says so. */
function plain<Value extends Json>(holds: (json: Json) => boolean): Codec<Value> {
  const checked = (json: Json): Json => {
    refuseUnless(holds(json));
    return json;
  };
  return { read: (json) => checked(json) as Value, write: checked };
}

export const json: Codec<Json> = plain(() => true);

export function integer(lowest: number, highest: number = JSON_INTEGER_LIMIT): Codec<number> {
  return plain((json) => Number.isSafeInteger(json) && (json as number) >= lowest && (json as number) <= highest);
}

/** A string of at most `limit` bytes in UTF-8, and not fewer than `minimum`. */
export function text(limit = Number.POSITIVE_INFINITY, minimum = 0): Codec<string> {
  return plain((json) => {
    const size = typeof json === "string" ? utf8(json).length : -1;
    return size >= minimum && size <= limit;
  });
}

export function matching(form: RegExp): Codec<string> {
  return plain((json) => typeof json === "string" && form.test(json));
}

export function oneOf<Value extends string>(...values: readonly Value[]): Codec<Value> {
  return plain((json) => (values as readonly Json[]).includes(json));
}

/** Bytes in base64: exactly `size` of them, or any number where it is not given. */
export function bytes(size?: number): Codec<Bytes> {
  return {
    read: (json) => {
      const read = typeof json === "string" ? fromBase64(json) : null;
      refuseUnless(read !== null && (size === undefined || read.length === size));
      return read;
    },
    write: (value) => {
      refuseUnless(size === undefined || value.length === size);
      return toBase64(value);
    },
  };
}

export const day: Codec<Day> = plain((json) => typeof json === "string" && isDay(json));
export const language: Codec<string> = matching(LANGUAGE_FORM);

export function nullable<Value>(inner: Codec<Value>): Codec<Value | null> {
  return {
    read: (json) => (json === null ? null : inner.read(json)),
    write: (value) => (value === null ? null : inner.write(value)),
  };
}

export function list<Value>(inner: Codec<Value>, limit: number): Codec<readonly Value[]> {
  return {
    read: (json) => {
      refuseUnless(Array.isArray(json) && json.length <= limit);
      return (json as readonly Json[]).map(inner.read);
    },
    write: (values) => {
      refuseUnless(values.length <= limit);
      return values.map(inner.write);
    },
  };
}

/** `inner`, where `holds` is true of the value as well, in both directions. */
export function where<Value>(inner: Codec<Value>, holds: (value: Value) => boolean): Codec<Value> {
  const checked = (value: Value): Value => {
    refuseUnless(holds(value));
    return value;
  };
  return { read: (json) => checked(inner.read(json)), write: (value) => inner.write(checked(value)) };
}

/** Person ids, ascending, each once. */
export const people: Codec<readonly number[]> = where(list(integer(1, PERSON_LIMIT), READER_LIMIT), isAscending);

/** An object with exactly these fields, in this order. */
export function struct<Value extends object>(shape: {
  readonly [Name in keyof Value]: Codec<Value[Name]>;
}): Codec<Readonly<Value>> {
  const fields = Object.entries(shape) as readonly (readonly [string, Codec<unknown>])[];
  return {
    read: (json) => {
      refuseUnless(isObject(json));
      const names = Object.keys(json);
      refuseUnless(names.length === fields.length && fields.every(([name], index) => names[index] === name));
      return Object.fromEntries(fields.map(([name, field]) => [name, field.read(json[name] as Json)])) as Value;
    },
    write: (value) =>
      Object.fromEntries(fields.map(([name, field]) => [name, field.write(value[name as keyof Value])])) as Json,
  };
}

/** A list of exactly two values. */
export function pair<First, Second>(first: Codec<First>, second: Codec<Second>): Codec<readonly [First, Second]> {
  return {
    read: (json) => {
      refuseUnless(Array.isArray(json) && json.length === 2);
      return [first.read(json[0] as Json), second.read(json[1] as Json)];
    },
    write: ([one, other]) => [first.write(one), second.write(other)],
  };
}

export function isObject(json: Json): json is { readonly [name: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** Whether each number is above the one before. */
export function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || (values[index - 1] as number) < value);
}

/** How many days there are from `first` to `last`, both included; 0 or less where `last` is before `first`. */
export function daysBetween(first: Day, last: Day): number {
  return (midnight(last) - midnight(first)) / MILLISECONDS_OF_A_DAY + 1;
}

function isDay(text: string): boolean {
  if (!DAY_FORM.test(text) || text < "0001") {
    return false;
  }
  const time = midnight(text);
  // Some engines take 30 February for 1 March; written again, it shows.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function midnight(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`);
}
