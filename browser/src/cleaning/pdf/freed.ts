/**
 * Objects that a later version of a file declared free (ISO 32000-2, 7.5.4). Their bytes are still there, the library
 * reads them, and whatever still points to them would show again what somebody had deleted.
 */
import { PDFArray, type PDFContext, PDFDict, PDFNumber, PDFRawStream } from "@cantoo/pdf-lib";
import { contentOf, nameIn, objectIn } from "./document.ts";

const ROW = /[\s\0]*(\d+)[\s\0]+(\d+)(?:[\s\0]+([nf])(?![a-z]))?/y;

/** A part of a table: where it is in the file, and what it says of each object. */
interface Section {
  readonly at: number;
  readonly free: readonly number[];
  readonly used: readonly number[];
}

/** Takes out of `context` what the newest table that speaks of it calls free. `text` is the file, a character a byte. */
export function deleteFreed(context: PDFContext, text: string): void {
  const freed = new Set<number>();
  const sections = [...tables(text), ...streams(context, text)].sort((one, other) => one.at - other.at);
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

/** Tables in plain text, from the word `xref` to the word `trailer`. */
function* tables(text: string): Generator<Section> {
  for (let at = text.indexOf("xref"); at >= 0; at = text.indexOf("xref", at + 4)) {
    const [free, used]: [number[], number[]] = [[], []];
    let number = 0;
    ROW.lastIndex = at + 4;
    let end = ROW.lastIndex;
    for (let row = ROW.exec(text); row !== null; row = ROW.exec(text)) {
      end = ROW.lastIndex;
      if (row[3] === undefined) {
        number = Number(row[1]);
      } else {
        (row[3] === "f" ? free : used).push(number);
        number += 1;
      }
    }
    const trailer = text.slice(end, text.indexOf("startxref", end));
    if (/^\s*trailer/.test(trailer)) {
      // Beside such a table stands a stream for newer readers, which uses what the table hides from older ones.
      yield { at, free: trailer.includes("/XRefStm") ? [] : free, used };
    }
  }
}

function* streams(context: PDFContext, text: string): Generator<Section> {
  for (const [ref, object] of context.enumerateIndirectObjects()) {
    if (object instanceof PDFRawStream && nameIn(object.dict, "Type") === "XRef") {
      yield { at: text.lastIndexOf(`${ref.objectNumber} ${ref.generationNumber} obj`), ...rowsOf(object) };
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
  const [toLeft, toAbove, toCorner] = [left, above, corner].map((one) => Math.abs(expected - one)) as [number, number, number];
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
