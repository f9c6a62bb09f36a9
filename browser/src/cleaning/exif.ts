/** EXIF: tables of tags in the form of TIFF 6.0 (JEITA CP-3451). Whatever the bytes are, reading never fails. */
import type { Bytes } from "../protocol/bytes.ts";
import type { Findings, FoundKey } from "./finding.ts";
import { latin1, textOf, viewOf } from "./slices.ts";
import { type Table, Tiff } from "./tiff.ts";

const MAKE = 0x010f;
const MODEL = 0x0110;
const ORIENTATION = 0x0112;
const THUMBNAIL_LENGTH = 0x0202;
const EXIF_TABLE = 0x8769;
const GPS_TABLE = 0x8825;
const MAKER_NOTE = 0x927c;
const USER_COMMENT = 0x9286;

/** Tags whose value is a text, in the tables of the picture and of EXIF. */
const TEXTS: Readonly<Record<number, FoundKey>> = {
  0x010d: "title",
  0x010e: "description",
  0x0131: "software",
  0x0132: "date",
  0x013b: "author",
  0x013c: "computer",
  0x8298: "copyright",
  0x9003: "date",
  0x9004: "date",
  0xa420: "identifier",
  0xa430: "author",
  0xa431: "serial-number",
  0xa433: "lens",
  0xa434: "lens",
  0xa435: "serial-number",
  0xa436: "title",
  0xa437: "author",
  0xa438: "author",
  0xa439: "software",
  0xa43a: "software",
  0xa43b: "software",
  0xa43c: "software",
};

/** Texts of Windows, in UTF-16. */
const WIDE_TEXTS: Readonly<Record<number, FoundKey>> = {
  0x9c9b: "title",
  0x9c9c: "comment",
  0x9c9d: "author",
  0x9c9e: "keywords",
  0x9c9f: "description",
};

/** Adds what a block of EXIF tells, and returns its orientation, 1 to 8. */
export function readExif(bytes: Uint8Array, findings: Findings): number {
  const tiff = new Tiff(bytes);
  const [picture, thumbnail] = tiff.tables();
  const orientation = tiff.number(picture?.get(ORIENTATION)) ?? 1;
  if (isOrientationOnly(bytes)) {
    return orientation;
  }
  findings.add("exif", bytes.length);
  findings.text("camera", textAt(picture, MAKE), textAt(picture, MODEL));
  const inner = tiff.inner(picture, EXIF_TABLE);
  for (const table of [picture, thumbnail, inner]) {
    addTexts(table, findings);
  }
  addPlace(tiff, tiff.inner(picture, GPS_TABLE), findings);
  const size = tiff.number(thumbnail?.get(THUMBNAIL_LENGTH));
  if (size !== undefined) {
    findings.add("thumbnail", size);
  }
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

/** A block of EXIF with nothing in it but how the picture is to be turned. */
export function orientationOnly(orientation: number): Bytes {
  const block = new Uint8Array(26);
  const view = viewOf(block);
  view.setUint32(0, 0x4d4d002a); // TIFF, the high byte first
  view.setUint32(4, 8); // where the table begins
  view.setUint16(8, 1);
  view.setUint16(10, ORIENTATION);
  view.setUint16(12, 3); // a number of two bytes
  view.setUint32(14, 1);
  view.setUint16(18, orientation);
  return block;
}

function isOrientationOnly(bytes: Uint8Array): boolean {
  return latin1(bytes) === latin1(orientationOnly(bytes[19] ?? 0));
}

function addTexts(table: Table | undefined, findings: Findings): void {
  for (const [tag, entry] of table ?? []) {
    const key = TEXTS[tag];
    const wide = WIDE_TEXTS[tag];
    if (key !== undefined) {
      findings.text(key, textOf(entry.value));
    } else if (wide !== undefined) {
      findings.text(wide, utf16(entry.value, true));
    } else if (tag === MAKER_NOTE) {
      findings.add("maker-notes", entry.value.length);
    } else if (tag === USER_COMMENT) {
      findings.text("comment", comment(entry.value));
    }
  }
}

function textAt(table: Table | undefined, tag: number): string {
  const entry = table?.get(tag);
  return entry === undefined ? "" : textOf(entry.value);
}

/** The first eight bytes say how the rest is written. */
function comment(value: Uint8Array): string {
  const rest = value.subarray(8);
  return latin1(value.subarray(0, 7)) === "UNICODE" ? utf16(rest, rest[0] !== 0) : textOf(rest);
}

function utf16(bytes: Uint8Array, littleEndian: boolean): string {
  return new TextDecoder(littleEndian ? "utf-16le" : "utf-16be").decode(bytes);
}

/** Latitude and longitude in degrees; date and name of the place where there are some. */
function addPlace(tiff: Tiff, table: Table | undefined, findings: Findings): void {
  const latitude = degrees(tiff, table, 2, "S");
  const longitude = degrees(tiff, table, 4, "W");
  if (latitude !== null && longitude !== null) {
    findings.add("place", `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`);
  } else if (table !== undefined && table.size > 1) {
    findings.add("place", "GPS");
  }
  findings.text("date", textAt(table, 29));
  for (const tag of [27, 28]) {
    const entry = table?.get(tag);
    findings.text("place", entry === undefined ? "" : comment(entry.value));
  }
}

function degrees(tiff: Tiff, table: Table | undefined, tag: number, negative: string): number | null {
  const parts = tiff.fractions(table?.get(tag));
  if (parts.length !== 3 || !parts.every(Number.isFinite)) {
    return null;
  }
  const [whole, minutes, seconds] = parts as [number, number, number];
  const size = whole + minutes / 60 + seconds / 3600;
  return textAt(table, tag - 1).startsWith(negative) ? -size : size;
}
