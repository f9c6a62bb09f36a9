/**
 * JPEG (ITU-T T.81): segments, and between them the pixels, which are neither loaded nor changed.
 *
 * What a decoder needs stays; everything else goes, known or not. Three segments are written anew where they are
 * needed: how pixels are shaped (JFIF), how colours are stored (Adobe), how the picture is turned (EXIF).
 */
import { type Bytes, concat } from "../protocol/bytes.ts";
import { FileBroken, NotCleanable } from "./errors.ts";
import { orientationOnly, readExif } from "./exif.ts";
import type { Findings } from "./finding.ts";
import { replaceProfile } from "./icc.ts";
import { readPhotoshop } from "./iptc.ts";
import { ascii, latin1, Slices, startsWith, textOf, viewOf } from "./slices.ts";
import { readXmp } from "./xmp.ts";

const SEGMENT_LIMIT = 20_000;
const START = 0xd8;
const END = 0xd9;
const SCAN = 0xda;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP11 = 0xeb;
const APP13 = 0xed;
const APP14 = 0xee;
const COMMENT = 0xfe;
const EXIF = "Exif\0\0";
const PROFILE = "ICC_PROFILE\0";
const PROFILE_HEAD = 14;
const XMP = "http://ns.adobe.com/xap/1.0/\0";
const MORE_XMP = "http://ns.adobe.com/xmp/extension/\0";
const PHOTOSHOP = "Photoshop 3.0\0";

/** Frames, tables, restarts and scans: what a decoder reads. */
const NEEDED = new Set([
  ...[0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf],
  ...[0xc4, 0xcc, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, SCAN],
]);

/** A piece of the file that stays as it is: from one place to before another. */
export type Span = readonly [from: number, to: number];

export interface Jpeg {
  /** What is written before the spans. */
  readonly head: Bytes;
  readonly spans: readonly Span[];
}

/** Adds what the file carries; returns what stays of it. Throws `FileBroken` and `NotCleanable`. */
export async function readJpeg(blob: Blob, findings: Findings, turned: "turned" | "as it is"): Promise<Jpeg> {
  const reader = new Reader(new Slices(blob), findings);
  const end = await reader.read();
  if (end < blob.size) {
    findings.add("trailing-data", blob.size - end);
  }
  return { head: reader.head(turned), spans: reader.spans };
}

class Reader {
  readonly spans: Span[] = [];
  readonly #slices: Slices;
  readonly #findings: Findings;
  readonly #profile: Uint8Array[] = [];
  #shape: Bytes | null = null;
  #adobe: Bytes | null = null;
  #orientation = 1;

  constructor(slices: Slices, findings: Findings) {
    this.#slices = slices;
    this.#findings = findings;
  }

  /** Reads every segment; returns where the picture ends. */
  async read(): Promise<number> {
    let at = 2;
    let scans = 0;
    for (let count = 0; count < SEGMENT_LIMIT; count += 1) {
      const [mark, marker] = await this.#slices.bytes(at, at + 2);
      if (mark !== 0xff) {
        throw new FileBroken();
      }
      if (marker === 0xff) {
        at += 1; // filling
        continue;
      }
      if (marker === END) {
        return this.#ended(at, scans);
      }
      const size = viewOf(await this.#slices.bytes(at + 2, at + 4)).getUint16(0);
      if (size < 2) {
        throw new FileBroken();
      }
      let end = at + 2 + size;
      await this.#segment(marker as number, await this.#slices.bytes(at + 4, end));
      if (marker === SCAN) {
        scans += 1;
        end = await this.#endOfScan(end);
      }
      if (NEEDED.has(marker as number)) {
        this.spans.push([at, end]);
      }
      at = end;
    }
    throw new FileBroken();
  }

  #ended(at: number, scans: number): number {
    if (scans === 0) {
      throw new FileBroken();
    }
    this.spans.push([at, at + 2]);
    return at + 2;
  }

  /** The place of the first marker behind compressed pixels. */
  async #endOfScan(from: number): Promise<number> {
    for (let at = from; ;) {
      const bytes = await this.#slices.some(at);
      const mark = bytes.indexOf(0xff);
      if (mark < 0 && bytes.length === 0) {
        throw new FileBroken();
      }
      at += mark < 0 ? bytes.length : mark;
      if (mark >= 0) {
        const marker = (await this.#slices.bytes(at, at + 2))[1] as number;
        const isData = marker === 0 || (marker >= 0xd0 && marker <= 0xd7);
        if (!isData && marker !== 0xff) {
          return at;
        }
        at += isData ? 2 : 1;
      }
    }
  }

  async #segment(marker: number, payload: Uint8Array): Promise<void> {
    if (NEEDED.has(marker)) {
      return;
    }
    if (marker === COMMENT) {
      this.#findings.text("comment", textOf(payload));
    } else if (marker >= APP0 && marker <= 0xef) {
      this.#application(marker, payload);
    } else {
      throw new NotCleanable();
    }
  }

  #application(marker: number, payload: Uint8Array): void {
    if (marker === APP0 && startsWith(payload, "JFIF\0") && payload.length >= 14) {
      this.#jfif(payload);
    } else if (marker === APP14 && startsWith(payload, "Adobe") && payload.length >= 12) {
      this.#adobe = concat(ascii("Adobe\0\x64\0\0\0\0"), payload.subarray(11, 12));
    } else if (marker === APP1 && startsWith(payload, EXIF)) {
      this.#orientation = readExif(payload.subarray(EXIF.length), this.#findings);
    } else if (marker === APP1 && startsWith(payload, XMP)) {
      readXmp(payload.subarray(XMP.length), this.#findings);
    } else if (marker === APP1 && startsWith(payload, MORE_XMP)) {
      readXmp(payload.subarray(MORE_XMP.length), this.#findings);
    } else if (marker === APP2 && startsWith(payload, PROFILE) && payload.length > PROFILE_HEAD) {
      this.#profile.push(payload.slice());
    } else if (marker === APP2 && startsWith(payload, "MPF\0")) {
      this.#findings.add("preview", payload.length);
    } else if (marker === APP13 && startsWith(payload, PHOTOSHOP)) {
      readPhotoshop(payload.subarray(PHOTOSHOP.length), this.#findings);
    } else {
      this.#unknown(marker, payload);
    }
  }

  #unknown(marker: number, payload: Uint8Array): void {
    if (marker === APP11 && latin1(payload.subarray(0, 64)).includes("jumb")) {
      this.#findings.add("content-credentials", payload.length);
    } else if (marker === APP0 && startsWith(payload, "JFXX\0")) {
      this.#findings.add("thumbnail", payload.length);
    } else {
      const name = latin1(payload.subarray(0, 16)).match(/^[\x20-\x7e]{3,}/)?.[0] ?? "";
      this.#findings.add("unknown-part", `APP${marker - APP0} ${name}`.trim());
    }
  }

  /** Density tells printers and scanners; only the shape of a pixel is needed. */
  #jfif(payload: Uint8Array): void {
    const [units, across, down] = [payload[7], viewOf(payload).getUint16(8), viewOf(payload).getUint16(10)];
    const square = across === down;
    const shape = square ? [0, 1, 0, 1] : Array.from(payload.subarray(8, 12));
    this.#shape = Uint8Array.of(...ascii("JFIF\0\x01\x01\0"), ...shape, 0, 0);
    if (units !== 0 || (square && across !== 1)) {
      this.#findings.add("resolution");
    }
    if (payload.length > 14) {
      this.#findings.add("thumbnail", payload.length - 14);
    }
  }

  /** What is written anew. A document does not look at EXIF: its pictures are never `turned`. */
  head(turned: "turned" | "as it is"): Bytes {
    const parts = [Uint8Array.of(0xff, START)];
    if (this.#shape !== null) {
      parts.push(segment(APP0, this.#shape));
    }
    if (this.#orientation !== 1 && turned === "turned") {
      this.#findings.leave("orientation", this.#orientation);
      parts.push(segment(APP1, ascii(EXIF), orientationOnly(this.#orientation)));
    }
    const profile = this.#neutralProfile();
    if (profile !== null) {
      parts.push(segment(APP2, ascii(`${PROFILE}\x01\x01`), profile));
    }
    if (this.#adobe !== null) {
      parts.push(segment(APP14, this.#adobe));
    }
    return concat(...parts);
  }

  #neutralProfile(): Bytes | null {
    const ordered = this.#profile.sort((one, other) => (one[12] as number) - (other[12] as number));
    const whole = concat(...ordered.map((part) => part.subarray(PROFILE_HEAD)));
    return whole.length === 0 ? null : replaceProfile(whole, this.#findings);
  }
}

function segment(marker: number, ...parts: readonly Uint8Array[]): Bytes {
  const payload = concat(...parts);
  const size = payload.length + 2;
  return concat(Uint8Array.of(0xff, marker, size >> 8, size & 0xff), payload);
}
