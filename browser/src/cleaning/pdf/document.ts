/** A PDF (ISO 32000-2) as a graph of objects, read by @cantoo/pdf-lib. */
import {
  PDFArray,
  type PDFContext,
  PDFDict,
  PDFHexString,
  PDFName,
  type PDFObject,
  PDFParser,
  PDFRawStream,
  PDFRef,
  PDFString,
} from "@cantoo/pdf-lib";
import type { Bytes } from "../../protocol/bytes.ts";
import { FileBroken, FileEncrypted, FileTooLarge } from "../errors.ts";
import { inflated } from "../inflating.ts";
import { latin1, placesOf } from "../slices.ts";
import { refuseBombs } from "./bombs.ts";
import { deleteFreed } from "./freed.ts";

/** A document is loaded whole, and takes several times its size. */
export const DOCUMENT_LIMIT = 64 << 20;

const END = "%%EOF";
const SPACE = 0x20;
const OBJECTS_AT_A_TIME = 500;
const REFERENCES_IN_A_ROW = 32;
const PAGE_LIMIT = 100_000;
const STREAM_LIMIT = 64 << 20;

export interface PdfDocument {
  readonly bytes: Bytes;
  /** How many times the file was finished: once, and again for each change that was put behind it. */
  readonly ends: number;
  /** Bytes behind the last end. */
  readonly trailing: number;
  readonly context: PDFContext;
  readonly catalog: PDFDict;
  readonly catalogAt: PDFRef;
  readonly pages: readonly PDFDict[];
}

/** Throws `FileTooLarge`, `FileEncrypted` and `FileBroken`. */
export async function open(blob: Blob): Promise<PdfDocument> {
  if (blob.size > DOCUMENT_LIMIT) {
    throw new FileTooLarge(DOCUMENT_LIMIT);
  }
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const context = await parsed(bytes);
  const { Root: catalogAt, Encrypt: encryption } = context.trailerInfo;
  if (encryption !== undefined) {
    throw new FileEncrypted();
  }
  const catalog = resolved(context, catalogAt);
  if (!(catalogAt instanceof PDFRef) || !(catalog instanceof PDFDict) || nameIn(catalog, "Type") !== "Catalog") {
    throw new FileBroken();
  }
  const ends = [...placesOf(bytes, "startxref")].length;
  const trailing = behindEnd(bytes)?.filter((byte) => byte > SPACE).length ?? 0;
  return { bytes, ends, trailing, context, catalog, catalogAt, pages: pagesOf(context, catalog) };
}

/** What stands behind the last mark of an end; `null` where there is none. */
function behindEnd(bytes: Bytes): Bytes | null {
  const end = [...placesOf(bytes, END)].at(-1);
  return end === undefined ? null : bytes.subarray(end + END.length);
}

async function parsed(bytes: Bytes): Promise<PDFContext> {
  try {
    const behind = behindEnd(bytes);
    // Objects behind the end are of a version that was never finished, and that no reader shows.
    refuseUnless(behind !== null && [...placesOf(behind, " obj")].length === 0);
    refuseBombs();
    const context = await PDFParser.forBytesWithOptions(bytes, OBJECTS_AT_A_TIME, true).parseDocument();
    deleteFreed(context, bytes);
    return context;
  } catch {
    // Whatever the library throws: what it cannot read, it may not be able to read because it is encrypted.
    throw [...placesOf(bytes, "/Encrypt")].length > 0 ? new FileEncrypted() : new FileBroken();
  }
}

function refuseUnless(right: boolean): void {
  if (!right) {
    throw new FileBroken();
  }
}

/** The pages in their order. A tree that does not have as many as it says is a file that was cut off. */
function pagesOf(context: PDFContext, catalog: PDFDict): PDFDict[] {
  const pages: PDFDict[] = [];
  const seen = new Set<PDFObject>();
  const open: PDFObject[] = [objectIn(catalog, "Pages")].filter((node) => node !== undefined);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (!(node instanceof PDFDict) || seen.has(node) || pages.length > PAGE_LIMIT) {
      throw new FileBroken();
    }
    seen.add(node);
    const kids = objectIn(node, "Kids");
    if (kids instanceof PDFArray) {
      open.push(
        ...kids
          .asArray()
          .map((kid) => found(resolved(context, kid)))
          .reverse(),
      );
    } else {
      pages.push(node);
    }
  }
  const root = objectIn(catalog, "Pages");
  const count = root instanceof PDFDict ? String(objectIn(root, "Count")) : "";
  if (pages.length === 0 || count !== String(pages.length)) {
    throw new FileBroken();
  }
  return pages;
}

function found(node: PDFObject | undefined): PDFObject {
  if (node === undefined) {
    throw new FileBroken();
  }
  return node;
}

/** What a reference stands for, however many there are in a row. */
export function resolved(context: PDFContext, object: PDFObject | undefined): PDFObject | undefined {
  let current = object;
  for (let steps = 0; current instanceof PDFRef; steps += 1) {
    if (steps === REFERENCES_IN_A_ROW) {
      return undefined;
    }
    current = context.lookup(current);
  }
  return current;
}

export function objectIn(dict: PDFDict, key: string): PDFObject | undefined {
  return resolved(dict.context, dict.get(PDFName.of(key)));
}

export function nameIn(dict: PDFDict, key: string): string | undefined {
  const value = objectIn(dict, key);
  return value instanceof PDFName ? value.decodeText() : undefined;
}

/** The text of a string in a dictionary; empty where there is none. */
export function textIn(dict: PDFDict, key: string): string {
  return textOf(objectIn(dict, key));
}

/** The text of a string; empty for every other object. */
export function textOf(object: PDFObject | undefined): string {
  if (!(object instanceof PDFString || object instanceof PDFHexString)) {
    return "";
  }
  try {
    return object.decodeText();
  } catch {
    return latin1(object.asBytes());
  }
}

/** What a stream holds where it is not compressed, or in the usual way; `null` where it is otherwise. */
export function contentOf(stream: PDFRawStream): Uint8Array | null {
  const filters = filtersOf(stream);
  if (filters.length === 0) {
    return stream.contents;
  }
  return filters.length === 1 && filters[0] === "FlateDecode" ? inflated(stream.contents, STREAM_LIMIT) : null;
}

export function filtersOf(stream: PDFRawStream): string[] {
  const filter = objectIn(stream.dict, "Filter");
  const all = filter instanceof PDFArray ? filter.asArray() : [filter];
  return all
    .map((one) => resolved(stream.dict.context, one))
    .filter((one) => one instanceof PDFName)
    .map((name) => name.decodeText());
}

/** The bytes that a page is drawn with, piece by piece. */
export function drawingOf(page: PDFDict): Uint8Array[] {
  const contents = objectIn(page, "Contents");
  const pieces = contents instanceof PDFArray ? contents.asArray() : [contents];
  return pieces
    .map((piece) => resolved(page.context, piece))
    .filter((piece) => piece instanceof PDFRawStream)
    .map((piece) => piece.contents);
}

/** Every object that can be reached from `start`, each once, those inside others too. */
export function* reachable(context: PDFContext, start: readonly (PDFObject | undefined)[]): Generator<PDFObject> {
  const seen = new Set<PDFObject>();
  const open = [...start];
  while (open.length > 0) {
    const object = resolved(context, open.pop());
    if (object === undefined || seen.has(object)) {
      continue;
    }
    yield object;
    if (object instanceof PDFRawStream) {
      seen.add(object);
      open.push(object.dict);
    } else if (object instanceof PDFDict) {
      seen.add(object);
      object.entries().forEach(([, value]) => open.push(value));
    } else if (object instanceof PDFArray) {
      seen.add(object);
      object.asArray().forEach((value) => open.push(value));
    }
  }
}
