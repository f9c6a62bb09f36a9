/**
 * Objects that a later version of a file declared free (ISO 32000-2, 7.5.4). Their bytes are still there, the library
 * reads them, and whatever still points to them would show again what somebody had deleted.
 */
import { PDFArray, type PDFContext, PDFDict, PDFNumber, PDFRawStream } from "@cantoo/pdf-lib";
import { latin1, placesOf } from "../slices.ts";
import { contentOf, nameIn, objectIn } from "./document.ts";

const ROW = /[\s\0]*(\d+)[\s\0]+(\d+)(?:[\s\0]+([nf])(?![a-z]))?/y;

/** A table of a million objects has 20 bytes for each. */
const TABLE_LIMIT = 32 << 20;

const SPACE = 0x20;

/** A part of a table: where it is in the file, and what it says of each object. */
interface Section {
  readonly at: number;
  readonly free: readonly number[];
  readonly used: readonly number[];
}

/** Takes out of `context`, which is what `bytes` hold, what the newest table that speaks of it calls free. */
export function deleteFreed(context: PDFContext, bytes: Uint8Array): void {
  const freed = new Set<number>();
  const sections = [...tables(bytes), ...streams(context, bytes)].sort((one, other) => one.at - other.at);
  for (const { free, used } of sections) {
    free.forEach((number) => freed.add(number));
    used.forEach((number) => freed.delete(number));
  }
  for (const [ref] of context.enumerateIndirectObjects()) {
    if (freed.has(ref.objectNumber)) {
      context.delete(ref);
    }
  }
}

/** Tables in plain text, from the word `xref` to the word `trailer`, and the trailer to `startxref`. */
function* tables(bytes: Uint8Array): Generator<Section> {
  for (const at of placesOf(bytes, "xref")) {
    if ((bytes[at - 1] ?? SPACE) > SPACE) {
      continue; // the end of `startxref`
    }
    const behind = bytes.subarray(at + 4);
    const [end] = placesOf(behind.subarray(0, TABLE_LIMIT), "startxref");
    const text = latin1(behind.subarray(0, end ?? 0));
    const [free, used]: [number[], number[]] = [[], []];
    let number = 0;
    let read = 0;
    ROW.lastIndex = 0;
    for (let row = ROW.exec(text); row !== null; row = ROW.exec(text)) {
      read = ROW.lastIndex;
      if (row[3] === undefined) {
        number = Number(row[1]);
      } else {
        (row[3] === "f" ? free : used).push(number);
        number += 1;
      }
    }
    const trailer = text.slice(read);
    if (/^\s*trailer/.test(trailer)) {
      // Beside such a table stands a stream for newer readers, which uses what the table hides from older ones.
      yield { at, free: trailer.includes("/XRefStm") ? [] : free, used };
    }
  }
}

function* streams(context: PDFContext, bytes: Uint8Array): Generator<Section> {
  for (const [ref, object] of context.enumerateIndirectObjects()) {
    if (object instanceof PDFRawStream && nameIn(object.dict, "Type") === "XRef") {
      const places = placesOf(bytes, `${ref.objectNumber} ${ref.generationNumber} obj`);
      yield { at: [...places].at(-1) ?? 0, ...rowsOf(object) };
    }
  }
}

function rowsOf(stream: PDFRawStream): Omit<Section, "at"> {
  const [free, used]: [number[], number[]] = [[], []];
  const [first = 0, second = 0, third = 0] = numbersIn(stream.dict, "W");
  const width = first + second + third;
  const ranges = numbersIn(stream.dict, "Index");
  const rows = unpredicted(contentOf(stream) ?? new Uint8Array(0), objectIn(stream.dict, "DecodeParms"), width);
  let at = 0;
  for (let index = 0; index < Math.max(ranges.length, 2); index += 2) {
    const from = ranges[index] ?? 0;
    const count = ranges[index + 1] ?? Number.POSITIVE_INFINITY;
    for (let number = from; width > 0 && number < from + count && at + width <= rows.length; number += 1, at += width) {
      const kind = first === 0 ? 1 : rows.subarray(at, at + first).reduce((whole, byte) => whole * 256 + byte, 0);
      (kind === 0 ? free : used).push(number);
    }
  }
  return { free, used };
}

/** Rows as they were before each was written as its difference from others (predictors of PNG). */
function unpredicted(bytes: Uint8Array, parameters: unknown, width: number): Uint8Array {
  const predictor = parameters instanceof PDFDict ? Number(String(objectIn(parameters, "Predictor") ?? 1)) : 1;
  if (predictor < 10) {
    return predictor === 1 ? bytes : new Uint8Array(0);
  }
  const rows = new Uint8Array(Math.floor(bytes.length / (width + 1)) * width);
  for (let at = 0; at < rows.length; at += 1) {
    const [row, column] = [Math.floor(at / width), at % width];
    const start = row * (width + 1);
    const left = column > 0 ? (rows[at - 1] as number) : 0;
    const above = row > 0 ? (rows[at - width] as number) : 0;
    const corner = row > 0 && column > 0 ? (rows[at - width - 1] as number) : 0;
    const guesses = [0, left, above, (left + above) >> 1, nearest(left, above, corner)];
    rows[at] = (bytes[start + 1 + column] as number) + (guesses[bytes[start] as number] ?? 0);
  }
  return rows;
}

/** Which of three neighbours is nearest to what they lead to expect (Paeth). */
function nearest(left: number, above: number, corner: number): number {
  const expected = left + above - corner;
  const [toLeft, toAbove, toCorner] = [left, above, corner].map((one) => Math.abs(expected - one)) as [
    number,
    number,
    number,
  ];
  if (toLeft <= toAbove && toLeft <= toCorner) {
    return left;
  }
  return toAbove <= toCorner ? above : corner;
}

function numbersIn(dict: PDFDict, key: string): number[] {
  const list = objectIn(dict, key);
  const items = list instanceof PDFArray ? list.asArray() : [];
  return items.map((item) => (item instanceof PDFNumber ? item.asNumber() : 0));
}
