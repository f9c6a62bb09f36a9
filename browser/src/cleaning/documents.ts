/*! @cantoo/pdf-lib (MIT, © Andrew Dillon and others), fflate (MIT, © Arjun Barrett), tslib (0BSD, © Microsoft) */
/**
 * Taking out of a PDF what it carries beside its pages. An entry of its own, loaded when a document is chosen.
 *
 * The document is written anew from what its pages can reach, so earlier versions and whatever nothing shows are gone.
 * Then it is read again: every page must be drawn by the very same bytes, nothing that goes may be there, and every
 * text that was taken out is looked for.
 */
import { PDFDict, PDFHexString, PDFName, type PDFObject, PDFRawStream, PDFString } from "@cantoo/pdf-lib";
import { equal, utf8 } from "../protocol/bytes.ts";
import { CleaningFailed, NotCleanable } from "./errors.ts";
import { type Cleaned, Findings, type Inspected, type LeftKey } from "./finding.ts";
import { kindOf } from "./kind.ts";
import { Copy } from "./pdf/copying.ts";
import {
  contentOf,
  drawingOf,
  nameIn,
  objectIn,
  open,
  type PdfDocument,
  reachable,
  textIn,
  textOf,
} from "./pdf/document.ts";
import { Removal } from "./pdf/removal.ts";
import { PROPERTIES } from "./pdf/rules.ts";
import { Search } from "./search.ts";

export { CleaningError } from "./errors.ts";
export { type Cleaned, FINDINGS, type Finding, type Inspected, LEFT } from "./finding.ts";
export { DOCUMENT_LIMIT } from "./pdf/document.ts";

/** What nobody can take out of a document. */
const ALWAYS: readonly LeftKey[] = ["shown", "writing-style", "fonts", "hidden-text", "watermark", "printer-dots"];

/** What a document carries. Throws `CleaningError`. */
export async function inspect(blob: Blob): Promise<Inspected> {
  const { findings } = await read(blob);
  return { findings: findings.found, left: left(findings) };
}

/** A document whose pages look the same, and that carries nothing more. Throws `CleaningError`; `blob` stays. */
export async function clean(blob: Blob): Promise<Cleaned> {
  const { document, findings, copy } = await read(blob);
  const cleaned = new Blob([(await copy.bytes()).slice()], { type: "application/pdf" });
  const again = await read(cleaned);
  if (again.findings.found.length > 0 || !looksTheSame(document, again.document)) {
    throw new CleaningFailed();
  }
  searched(again.document, findings.traces).forEach((text) => findings.leave("still-there", text));
  return { blob: cleaned, removed: findings.found, left: left(findings) };
}

interface Read {
  readonly document: PdfDocument;
  readonly findings: Findings;
  readonly copy: Copy;
}

async function read(blob: Blob): Promise<Read> {
  if ((await kindOf(blob)) !== "pdf") {
    throw new NotCleanable();
  }
  const document = await open(blob);
  if (String(objectIn(document.catalog, "NeedsRendering")) === "true") {
    throw new NotCleanable(); // its pages are made by a program inside
  }
  const findings = new Findings();
  const removal = new Removal(document, findings);
  const copy = new Copy(document, removal, findings);
  addProperties(document, findings);
  await copy.make();
  removal.count();
  addHistory(document, findings);
  if (copy.pictures > 0) {
    findings.add("picture-data", copy.pictures);
  }
  addLeft(document, findings, copy);
  return { document, findings, copy };
}

function addProperties({ context }: PdfDocument, findings: Findings): void {
  const properties = context.lookup(context.trailerInfo.Info);
  if (properties instanceof PDFDict) {
    for (const name of properties.keys().map((key) => key.decodeText())) {
      const key = PROPERTIES[name];
      const value = textIn(properties, name);
      if (key === undefined) {
        findings.text("property", name, value);
        findings.traces.delete(name);
      } else {
        findings.text(key, value);
      }
    }
  }
  for (const identifier of [...reachable(context, [context.trailerInfo.ID])]) {
    if (identifier instanceof PDFString || identifier instanceof PDFHexString) {
      findings.text(
        "identifier",
        Array.from(identifier.asBytes(), (byte) => byte.toString(16).padStart(2, "0")).join(""),
      );
    }
  }
}

/** Earlier versions, and objects that nothing shows. */
function addHistory({ ends, trailing, context, catalogAt }: PdfDocument, findings: Findings): void {
  const all = context.enumerateIndirectObjects();
  const isLinearized = all.some(([, object]) => object instanceof PDFDict && object.has(PDFName.of("Linearized")));
  const versions = ends - (isLinearized ? 1 : 0);
  if (versions > 1) {
    findings.add("earlier-version", versions - 1);
  }
  if (trailing > 0) {
    findings.add("trailing-data", trailing);
  }
  const reached = new Set<PDFObject>(reachable(context, [catalogAt, context.trailerInfo.Info, context.trailerInfo.ID]));
  const unused = all.filter(([, object]) => !reached.has(object) && isContent(object));
  if (unused.length > 0) {
    findings.add("unused-parts", unused.length);
  }
}

/** Whether an object is more than what a file is held together with. */
function isContent(object: PDFObject): boolean {
  if (object instanceof PDFRawStream) {
    return !["ObjStm", "XRef"].includes(nameIn(object.dict, "Type") ?? "");
  }
  return object instanceof PDFDict && !object.has(PDFName.of("Linearized"));
}

function addLeft(document: PdfDocument, findings: Findings, copy: Copy): void {
  const counts = new Map<LeftKey, number>([["other-pictures", copy.otherPictures]]);
  for (const object of reachable(document.context, [document.catalogAt])) {
    const key = leftKeyOf(object);
    if (key !== null) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  for (const [key, count] of counts) {
    if (count > 0) {
      findings.leave(key, count);
    }
  }
  const language = textIn(document.catalog, "Lang");
  if (language !== "") {
    findings.leave("language", language);
  }
}

function leftKeyOf(object: PDFObject): LeftKey | null {
  if (object instanceof PDFRawStream) {
    const isProfile = nameIn(object.dict, "Type") === undefined && objectIn(object.dict, "N") !== undefined;
    return isProfile ? "picture-profile" : null;
  }
  if (!(object instanceof PDFDict)) {
    return null;
  }
  if (nameIn(object, "Type") === "OCG") {
    return "layers";
  }
  const subtype = nameIn(object, "Subtype");
  if (subtype === undefined || objectIn(object, "Rect") === undefined || subtype === "FileAttachment") {
    return null;
  }
  if (["Sound", "Movie", "Screen", "RichMedia", "3D"].includes(subtype)) {
    return "media";
  }
  return subtype === "Link" ? "link" : "notes";
}

function looksTheSame(one: PdfDocument, other: PdfDocument): boolean {
  return (
    one.pages.length === other.pages.length &&
    one.pages.every((page, index) => {
      const [before, after] = [drawingOf(page), drawingOf(other.pages[index] as PDFDict)];
      return before.length === after.length && before.every((piece, at) => equal(piece, after[at] as Uint8Array));
    })
  );
}

/** Which of the texts a cleaned document still says, compressed or not. */
function searched(document: PdfDocument, texts: Iterable<string>): Set<string> {
  const search = new Search(texts);
  search.bytes(document.bytes);
  for (const object of reachable(document.context, [document.catalogAt])) {
    if (object instanceof PDFRawStream && nameIn(object.dict, "Subtype") !== "Image") {
      search.bytes(contentOf(object) ?? new Uint8Array(0));
    } else {
      search.bytes(utf8(textOf(object)));
    }
  }
  return search.found;
}

function left(findings: Findings): Inspected["left"] {
  return [...findings.left, ...ALWAYS.map((key) => ({ key, value: null }))];
}
