/**
 * PNG (third edition): chunks. Those with pixels are neither loaded nor changed.
 *
 * Chunks that change how the picture looks stay, those of an animation among them; all others go, known or not. How the
 * picture is turned, how its pixels are shaped and a profile of colours that is needed are written anew.
 */
import { Deflate } from "pako";
import { type Bytes, concat } from "../protocol/bytes.ts";
import { FileBroken, NotCleanable } from "./errors.ts";
import { orientationOnly, readExif } from "./exif.ts";
import type { Findings, FoundKey } from "./finding.ts";
import { replaceProfile } from "./icc.ts";
import { inflated } from "./inflating.ts";
import type { Span } from "./jpeg.ts";
import { ascii, latin1, Slices, textOf, viewOf } from "./slices.ts";
import { readXmp } from "./xmp.ts";

const SIGNATURE_SIZE = 8;
const CHUNK_LIMIT = 1_000_000;
/** Larger ones are removed all the same; only their value is not shown. */
const READ_LIMIT = 1 << 22;

const NEEDED = new Set([
  ...["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "sRGB", "sBIT", "bKGD", "cICP"],
  ...["mDCV", "mDCv", "cLLI", "cLLi", "acTL", "fcTL", "fdAT"],
]);

/** White, red, green and blue of sRGB, and of Display P3. */
const USUAL_COLOURS = new Set([
  "31270,32900,64000,33000,30000,60000,15000,6000",
  "31270,32900,68000,32000,26500,69000,15000,6000",
]);

const KEYWORDS: Readonly<Record<string, FoundKey>> = {
  title: "title",
  author: "author",
  artist: "author",
  description: "description",
  copyright: "copyright",
  software: "software",
  source: "camera",
  comment: "comment",
  "creation time": "date",
  "date:create": "date",
  "date:modify": "date",
  "date:timestamp": "date",
};

export interface Png {
  /** What is written behind the first chunk, which has the size of the picture. */
  readonly added: Bytes;
  readonly spans: readonly Span[];
}

/** Adds what the file carries; returns what stays of it. Throws `FileBroken` and `NotCleanable`. */
export async function readPng(blob: Blob, findings: Findings): Promise<Png> {
  const reader = new Reader(new Slices(blob), findings);
  const end = await reader.read();
  if (end < blob.size) {
    findings.add("trailing-data", blob.size - end);
  }
  return { added: concat(...reader.added), spans: reader.spans };
}

class Reader {
  readonly spans: Span[] = [];
  readonly added: Bytes[] = [];
  readonly #slices: Slices;
  readonly #findings: Findings;
  #pixels = false;

  constructor(slices: Slices, findings: Findings) {
    this.#slices = slices;
    this.#findings = findings;
  }

  /** Reads every chunk; returns where the picture ends. */
  async read(): Promise<number> {
    let at = SIGNATURE_SIZE;
    for (let count = 0; count < CHUNK_LIMIT; count += 1) {
      const head = await this.#slices.bytes(at, at + 8);
      const size = viewOf(head).getUint32(0);
      const name = latin1(head.subarray(4));
      const end = at + 12 + size;
      if (!/^[A-Za-z]{4}$/.test(name) || end > this.#slices.size || (name === "IHDR") !== (count === 0)) {
        throw new FileBroken();
      }
      await this.#chunk(name, at + 8, size, [at, end]);
      if (name === "IEND") {
        if (!this.#pixels || size > 0) {
          throw new FileBroken();
        }
        return end;
      }
      at = end;
    }
    throw new FileBroken();
  }

  async #chunk(name: string, from: number, size: number, span: Span): Promise<void> {
    this.#pixels ||= name === "IDAT";
    if (name === "acTL" && size === 8) {
      this.#findings.leave("animation", viewOf(await this.#slices.bytes(from, from + 4)).getUint32(0));
    }
    if (NEEDED.has(name) || (name === "cHRM" && (await this.#isUsual(from, size)))) {
      this.spans.push(span);
    } else if (isCritical(name)) {
      throw new NotCleanable();
    } else {
      this.#remove(name, await this.#slices.bytes(from, from + Math.min(size, READ_LIMIT)), size);
    }
  }

  async #isUsual(from: number, size: number): Promise<boolean> {
    if (size !== 32) {
      return false;
    }
    const view = viewOf(await this.#slices.bytes(from, from + size));
    return USUAL_COLOURS.has(Array.from({ length: 8 }, (_, index) => view.getUint32(4 * index)).join());
  }

  #remove(name: string, data: Uint8Array, size: number): void {
    switch (name) {
      case "tEXt":
      case "zTXt":
      case "iTXt":
        return this.#text(name, data);
      case "tIME":
        return this.#findings.text("date", timeOf(data));
      case "eXIf":
        return this.#exif(data);
      case "iCCP":
        return this.#profile(data);
      case "pHYs":
        return this.#shape(data);
      case "cHRM":
        this.#findings.leave("colours-changed", "cHRM");
        return this.#findings.add("colour-profile", "cHRM");
      case "caBX":
        return this.#findings.add("content-credentials", size);
      default:
        return this.#findings.add("unknown-part", name);
    }
  }

  #exif(data: Uint8Array): void {
    const orientation = readExif(data, this.#findings);
    if (orientation !== 1) {
      this.#findings.leave("orientation", orientation);
      this.added.push(chunk("eXIf", orientationOnly(orientation)));
    }
  }

  #profile(data: Uint8Array): void {
    const [, , compressed] = fields(data, 1, 1);
    const profile = inflated(compressed, READ_LIMIT);
    const neutral = replaceProfile(profile ?? new Uint8Array(0), this.#findings);
    if (neutral !== null) {
      const deflate = new Deflate({ level: 9 });
      deflate.push(neutral, true);
      this.added.push(chunk("iCCP", ascii("profile\0\0"), deflate.result));
    }
  }

  /** Only the shape of a pixel is needed, not its size. */
  #shape(data: Uint8Array): void {
    const view = viewOf(data);
    const known = data.length === 9;
    if (known && view.getUint32(0) !== view.getUint32(4)) {
      this.added.push(chunk("pHYs", data.subarray(0, 8), Uint8Array.of(0)));
    }
    if (!known || data[8] !== 0 || view.getUint32(0) === view.getUint32(4)) {
      this.#findings.add("resolution");
    }
  }

  #text(name: string, data: Uint8Array): void {
    const [keyword, head, rest] = name === "iTXt" ? international(data) : fields(data, 1, name === "zTXt" ? 1 : 0);
    const isCompressed = name === "zTXt" || head[0] === 1;
    const value = isCompressed ? inflated(rest, READ_LIMIT) : rest;
    const key = KEYWORDS[keyword.toLowerCase()];
    if (value === null) {
      this.#findings.text("property", keyword);
    } else if (keyword === "XML:com.adobe.xmp") {
      readXmp(value, this.#findings);
    } else if (keyword.startsWith("Raw profile type ")) {
      this.#findings.add(/exif|app1/i.test(keyword) ? "exif" : "iptc", value.length);
      this.#findings.traces.add(latin1(value.subarray(0, 100)).trim());
    } else if (key !== undefined) {
      this.#findings.text(key, textOf(value));
    } else {
      this.#findings.text("property", keyword, textOf(value));
    }
  }
}

/** The lower case of the first letter says that a picture can be shown without the chunk. */
function isCritical(name: string): boolean {
  return name[0] === name[0]?.toUpperCase();
}

/** Text up to the first zero, so many bytes, and the rest. */
function fields(data: Uint8Array, zeros: number, bytes: number): readonly [string, Uint8Array, Uint8Array] {
  const end = data.indexOf(0) < 0 ? data.length : data.indexOf(0);
  const from = end + zeros;
  return [textOf(data.subarray(0, end)), data.subarray(from, from + bytes), data.subarray(from + bytes)];
}

/** Keyword, whether the text is compressed and how, and the text; language and translated keyword stand between. */
function international(data: Uint8Array): readonly [string, Uint8Array, Uint8Array] {
  const [keyword, head, behind] = fields(data, 1, 2);
  return [keyword, head, fields(fields(behind, 1, 0)[2], 1, 0)[2]];
}

function timeOf(data: Uint8Array): string {
  if (data.length !== 7) {
    return "";
  }
  const [month, day, hour, minute, second] = Array.from(data.subarray(2), (part) => String(part).padStart(2, "0"));
  return `${viewOf(data).getUint16(0)}-${month}-${day} ${hour}:${minute}:${second}`;
}

function chunk(name: string, ...parts: readonly Uint8Array[]): Bytes {
  const body = concat(ascii(name), ...parts);
  const size = new Uint8Array(4);
  viewOf(size).setUint32(0, body.length - 4);
  const sum = new Uint8Array(4);
  viewOf(sum).setUint32(0, crc32(body));
  return concat(size, body, sum);
}

/** The checksum of PNG, annex D. */
export function crc32(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
  }
  return (sum ^ 0xffffffff) >>> 0;
}
