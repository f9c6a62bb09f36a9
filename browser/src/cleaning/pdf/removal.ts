/** Deciding, object by object, what of a PDF stays; and keeping account of what does not. */
import { PDFArray, PDFDict, PDFHexString, PDFName, type PDFObject, PDFRawStream, PDFString } from "@cantoo/pdf-lib";
import type { Findings, FoundKey } from "../finding.ts";
import { readXmp } from "../xmp.ts";
import { contentOf, nameIn, objectIn, type PdfDocument, textIn, textOf } from "./document.ts";
import { ACTIONS, ANYWHERE, CALLED, FROM_ANNOTATIONS, FROM_NOTES, KEPT } from "./rules.ts";

const FILE_LINK = /^file:/i;
/** Keys of programs' own, such as `AAPL:Keywords`. */
const OWN_KEY = /^[A-Z]{2,4}[:_]/;
/** Entries of a stream that say that its bytes are in another file. */
const ELSEWHERE = new Set(["F", "FFilter", "FDecodeParms", "DL", "Length"]);

const SHAPES = new Map([
  ["Page", KEPT.page],
  ["Pages", KEPT.pages],
]);

export class Removal {
  readonly #findings: Findings;
  readonly #shapes: ReadonlyMap<PDFObject | undefined, ReadonlySet<string>>;
  readonly #scripts = new Set<PDFObject>();

  constructor(document: PdfDocument, findings: Findings) {
    this.#findings = findings;
    this.#shapes = new Map([
      [document.catalog, KEPT.catalog],
      [objectIn(document.catalog, "Names"), KEPT.names],
      [objectIn(document.catalog, "AcroForm"), KEPT.form],
    ]);
  }

  /** To be called at the end. */
  count(): void {
    if (this.#scripts.size > 0) {
      this.#findings.add("script", this.#scripts.size);
    }
  }

  /** Whether an object goes wherever it is spoken of. */
  removes(object: PDFObject): boolean {
    if (object instanceof PDFRawStream) {
      return this.#removesStream(object);
    }
    return object instanceof PDFDict && this.#removesDict(object);
  }

  #removesStream(stream: PDFRawStream): boolean {
    const type = nameIn(stream.dict, "Type");
    if (type === "Metadata") {
      readXmp(contentOf(stream) ?? stream.contents, this.#findings);
    } else if (type === "EmbeddedFile") {
      this.#findings.add("embedded-file", type);
    }
    return type === "Metadata" || type === "EmbeddedFile";
  }

  #removesDict(dict: PDFDict): boolean {
    const type = nameIn(dict, "Type");
    if (type === "Filespec" || type === "F" || isOfFiles(objectIn(dict, "EF"))) {
      return this.#file(dict);
    }
    if (nameIn(dict, "Subtype") === "FileAttachment" && objectIn(dict, "Rect") !== undefined) {
      this.#findings.text("note-author", textIn(dict, "T"));
      const file = objectIn(dict, "FS");
      return file instanceof PDFDict ? this.#file(file) : true;
    }
    if (type === "Sig" || type === "DocTimeStamp" || (textIn(dict, "Contents") && objectIn(dict, "ByteRange"))) {
      return this.#signature(dict);
    }
    return type !== "StructElem" && this.#action(dict);
  }

  #file(dict: PDFDict): true {
    const key: FoundKey = objectIn(dict, "EF") === undefined ? "link-to-file" : "embedded-file";
    const names = [textIn(dict, "UF"), textIn(dict, "F")];
    this.#findings.add(key, names.find((name) => name !== "") ?? "EF");
    [...names, textIn(dict, "Desc")].filter((name) => name !== "").forEach((name) => this.#findings.traces.add(name));
    return true;
  }

  #signature(dict: PDFDict): true {
    this.#findings.add("signature", textIn(dict, "Name") || "Sig");
    for (const key of ["Name", "Reason", "Location", "ContactInfo"]) {
      this.#findings.text("signature", textIn(dict, key));
    }
    this.#findings.text("date", textIn(dict, "M"));
    return true;
  }

  #action(dict: PDFDict): boolean {
    const kind = nameIn(dict, "S");
    if (kind === "JavaScript" || (kind === "Rendition" && objectIn(dict, "JS") !== undefined)) {
      this.#scripts.add(dict);
      return true;
    }
    const link = kind === "URI" ? textIn(dict, "URI") : "";
    if (FILE_LINK.test(link)) {
      this.#findings.text("link-to-file", link);
      return true;
    }
    if (kind === undefined || !ACTIONS.has(kind)) {
      return false;
    }
    const target = objectIn(dict, "F");
    this.#findings.add("action", kind);
    this.#findings.text("link-to-file", target instanceof PDFDict ? textIn(target, "F") : textOf(target));
    return true;
  }

  /** Whether an entry of a dictionary stays, as far as its key tells. */
  keeps(dict: PDFDict, key: string, value: PDFObject | undefined): boolean {
    const kept = this.#shapes.get(dict) ?? SHAPES.get(nameIn(dict, "Type") ?? "");
    if (kept !== undefined && !kept.has(key)) {
      this.#gone(CALLED[key] ?? "unknown-part", key, value);
      return false;
    }
    const kind = ANYWHERE[key];
    if (kind !== undefined && isA(kind, value)) {
      this.#gone(CALLED[key] ?? "unknown-part", key, value);
      return false;
    }
    return this.#keepsInside(dict, key, value);
  }

  #keepsInside(dict: PDFDict, key: string, value: PDFObject | undefined): boolean {
    const subtype = nameIn(dict, "Subtype");
    const isAnnotation = subtype !== undefined && objectIn(dict, "Rect") instanceof PDFArray;
    const isField = nameIn(dict, "FT") !== undefined || subtype === "Widget";
    const isNote = isAnnotation && subtype !== "Widget" && subtype !== "Link";
    const called =
      (isAnnotation || isField ? FROM_ANNOTATIONS[key] : undefined) ??
      (isNote ? FROM_NOTES[key] : undefined) ??
      (isAnnotation && OWN_KEY.test(key) ? "unknown-part" : undefined) ??
      (isLayers(dict) && key === "Creator" && textOf(value) !== "" ? "layer-author" : undefined) ??
      (subtype === "Image" && key === "ID" ? "identifier" : undefined) ??
      (subtype === "Form" && key === "Ref" ? "link-to-file" : undefined);
    if (called !== undefined) {
      this.#gone(called, key, value);
    }
    return called === undefined;
  }

  /** Whether an entry of the dictionary of a stream stays: the length is counted anew. */
  keepsOfStream(key: string): boolean {
    return !ELSEWHERE.has(key);
  }

  #gone(called: FoundKey, key: string, value: PDFObject | undefined): void {
    const text = textOf(value);
    if (called === "unknown-part") {
      this.#findings.add(called, key);
    } else if (text !== "") {
      this.#findings.text(called, text);
    } else if (called === "application-data" && value instanceof PDFDict) {
      this.#findings.text(
        called,
        value
          .keys()
          .map((name) => name.decodeText())
          .join(", "),
      );
    } else if (value instanceof PDFRawStream && called === "xmp") {
      readXmp(contentOf(value) ?? value.contents, this.#findings);
    } else if (value instanceof PDFRawStream) {
      this.#findings.add(called, value.contents.length);
    } else if (called === "layer-author" && value instanceof PDFDict) {
      this.#findings.text(called, textIn(value, "Creator"));
    } else if ((called !== "script" && called !== "embedded-file") || !this.#tellsInside(value)) {
      this.#findings.add(called, key);
    }
    this.#tellsInside(value);
  }

  /** What is named inside of something that goes is told, too: files and scripts above all. Returns whether any was. */
  #tellsInside(value: PDFObject | undefined): boolean {
    const open = [value];
    const seen = new Set<PDFObject>();
    let told = false;
    while (open.length > 0) {
      const object = open.pop();
      if (object === undefined || seen.has(object)) {
        continue;
      }
      seen.add(object);
      if (object instanceof PDFArray) {
        open.push(...object.asArray().map((_, index) => object.lookup(index)));
      } else if (object instanceof PDFDict && this.#removesDict(object)) {
        told = true;
      } else if (object instanceof PDFDict) {
        const inner = ["Names", "Kids", "EmbeddedFiles", "JavaScript", "O", "C", "S", "P", "K", "D", "WC", "WS"];
        open.push(...inner.map((key) => objectIn(object, key)));
      }
    }
    return told;
  }
}

function isA(kind: "dictionary" | "text" | "stream", value: PDFObject | undefined): boolean {
  switch (kind) {
    case "dictionary":
      return value instanceof PDFDict && nameIn(value, "Type") === undefined;
    case "text":
      return value instanceof PDFString || value instanceof PDFHexString;
    case "stream":
      return (
        value instanceof PDFRawStream &&
        nameIn(value.dict, "Subtype") !== "Image" &&
        nameIn(value.dict, "Subtype") !== "Form"
      );
  }
}

/** Whether an object holds the bytes of other files. Fonts and pictures may have any name, and be called like it. */
function isOfFiles(object: PDFObject | undefined): boolean {
  return (
    object instanceof PDFDict &&
    object.keys().length > 0 &&
    object.keys().every((name) => object.lookup(name) instanceof PDFRawStream)
  );
}

/** Whether a dictionary says which layers are shown. */
function isLayers(dict: PDFDict): boolean {
  return ["Order", "ON", "OFF", "BaseState"].some((key) => dict.has(PDFName.of(key)));
}
