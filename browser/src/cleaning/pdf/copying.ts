/** A new PDF out of what stays of another: only what its pages can reach, in a new order, without a history. */
import {
  PDFArray,
  PDFContext,
  PDFDict,
  PDFHexString,
  PDFName,
  PDFNull,
  type PDFObject,
  PDFRawStream,
  PDFRef,
  PDFString,
  PDFWriter,
} from "@cantoo/pdf-lib";
import { concat } from "../../protocol/bytes.ts";
import { CleaningError } from "../errors.ts";
import { Findings } from "../finding.ts";
import { readJpeg } from "../jpeg.ts";
import { filtersOf, nameIn, type PdfDocument, resolved } from "./document.ts";
import type { Removal } from "./removal.ts";

const OBJECTS_AT_A_TIME = 500;

export class Copy {
  /** Pictures inside that carried something. */
  pictures = 0;
  /** Pictures inside whose own data could not be looked at. */
  otherPictures = 0;
  readonly #from: PdfDocument;
  readonly #to = PDFContext.create();
  readonly #removal: Removal;
  readonly #findings: Findings;
  readonly #places = new Map<PDFObject, PDFRef>();
  readonly #open: [PDFObject, PDFRef][] = [];

  constructor(from: PdfDocument, removal: Removal, findings: Findings) {
    this.#from = from;
    this.#removal = removal;
    this.#findings = findings;
  }

  /** Copies everything that stays. */
  async make(): Promise<void> {
    this.#to.header = this.#from.context.header;
    this.#to.trailerInfo.Root = this.#placeOf(this.#from.catalog);
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      const [object, place] = next;
      this.#to.assign(place, object instanceof PDFRawStream ? await this.#stream(object) : this.#inner(object));
    }
  }

  async bytes(): Promise<Uint8Array> {
    return await PDFWriter.forContext(this.#to, OBJECTS_AT_A_TIME).serializeToBuffer();
  }

  #placeOf(object: PDFObject): PDFRef {
    const known = this.#places.get(object);
    if (known !== undefined) {
      return known;
    }
    const place = this.#to.nextRef();
    this.#places.set(object, place);
    this.#open.push([object, place]);
    return place;
  }

  /** The copy of an object inside another, or `null` where it does not stay. */
  #copied(object: PDFObject): PDFObject | null {
    const target = resolved(this.#from.context, object);
    if (target === undefined || target === PDFNull || this.#removal.removes(target)) {
      return null;
    }
    const isShared = object instanceof PDFRef && (target instanceof PDFDict || target instanceof PDFArray);
    return isShared || target instanceof PDFRawStream ? this.#placeOf(target) : this.#inner(target);
  }

  #inner(object: PDFObject): PDFObject {
    if (object instanceof PDFDict) {
      return this.#dict(object);
    }
    if (object instanceof PDFArray) {
      return this.#array(object);
    }
    if (object instanceof PDFString) {
      return PDFString.of(object.asString());
    }
    return object instanceof PDFHexString ? PDFHexString.of(object.asString()) : object;
  }

  #dict(dict: PDFDict, isStream = false): PDFDict {
    const copy = PDFDict.withContext(this.#to);
    for (const [name, value] of dict.entries()) {
      const key = name.decodeText();
      const target = resolved(this.#from.context, value);
      if (this.#removal.keeps(dict, key, target) && !(isStream && !this.#removal.keepsOfStream(key))) {
        const copied = key === "Names" && target instanceof PDFArray ? this.#pairs(target) : this.#copied(value);
        if (copied !== null) {
          copy.set(name, copied);
        }
      }
    }
    return copy;
  }

  #array(array: PDFArray): PDFArray {
    const copy = PDFArray.withContext(this.#to);
    const isList = array.asArray().every((item) => resolved(this.#from.context, item) instanceof PDFDict);
    for (const item of array.asArray()) {
      const copied = this.#copied(item);
      if (copied !== null) {
        copy.push(copied);
      } else if (!isList) {
        copy.push(PDFNull); // what stands behind keeps its place
      }
    }
    return copy;
  }

  /** A list of names and what they name, from which both go together. */
  #pairs(array: PDFArray): PDFArray {
    const copy = PDFArray.withContext(this.#to);
    for (let index = 0; index + 1 < array.size(); index += 2) {
      const [name, value] = [this.#copied(array.get(index)), this.#copied(array.get(index + 1))];
      if (name !== null && value !== null) {
        copy.push(name);
        copy.push(value);
      }
    }
    return copy;
  }

  async #stream(stream: PDFRawStream): Promise<PDFRawStream> {
    return PDFRawStream.of(this.#dict(stream.dict, true), await this.#content(stream));
  }

  async #content(stream: PDFRawStream): Promise<Uint8Array> {
    const filters = filtersOf(stream);
    if (filters.length === 1 && filters[0] === "DCTDecode") {
      return await this.#picture(stream.contents);
    }
    if (
      nameIn(stream.dict, "Subtype") === "Image" &&
      filters.some((one) => one === "DCTDecode" || one === "JPXDecode")
    ) {
      this.otherPictures += 1;
    }
    return stream.contents;
  }

  async #picture(contents: Uint8Array): Promise<Uint8Array> {
    const own = new Findings();
    try {
      const { head, spans } = await readJpeg(new Blob([contents.slice()]), own, "as it is");
      if (own.found.length === 0) {
        return contents;
      }
      this.pictures += 1;
      own.found.forEach(({ key, value }) => this.#findings.add(key, value));
      own.traces.forEach((trace) => this.#findings.traces.add(trace));
      return concat(head, ...spans.map(([from, to]) => contents.subarray(from, to)));
    } catch (error) {
      if (!(error instanceof CleaningError)) {
        throw error;
      }
      this.otherPictures += 1;
      return contents;
    }
  }
}

/** The names of the entries of a dictionary. */
export function keysOf(dict: PDFDict): string[] {
  return dict.keys().map((name: PDFName) => name.decodeText());
}
