/** What Photoshop and news agencies leave in a picture: 8BIM resources, and IPTC-IIM inside them. */
import type { Findings, FoundKey } from "./finding.ts";
import { startsWith, textOf, viewOf } from "./slices.ts";

const IPTC = 0x0404;
const THUMBNAILS = [0x0409, 0x040c];

const DATASETS: Readonly<Record<number, FoundKey>> = {
  5: "title",
  25: "keywords",
  55: "date",
  60: "date",
  65: "software",
  80: "author",
  85: "author",
  90: "place",
  92: "place",
  95: "place",
  101: "place",
  105: "title",
  110: "author",
  115: "author",
  116: "copyright",
  118: "author",
  120: "description",
  122: "author",
};

/** Adds what a row of resources tells; reads as far as it is one. */
export function readPhotoshop(bytes: Uint8Array, findings: Findings): void {
  findings.add("iptc", bytes.length);
  const view = viewOf(bytes);
  for (let at = 0; at + 12 <= bytes.length && startsWith(bytes.subarray(at), "8BIM");) {
    const id = view.getUint16(at + 4);
    const name = (bytes[at + 6] as number) + 1;
    const sizeAt = at + 6 + name + (name % 2);
    if (sizeAt + 4 > bytes.length) {
      return;
    }
    const size = view.getUint32(sizeAt);
    const value = bytes.subarray(sizeAt + 4, sizeAt + 4 + size);
    if (id === IPTC) {
      readIptc(value, findings);
    } else if (THUMBNAILS.includes(id)) {
      findings.add("thumbnail", value.length);
    }
    at = sizeAt + 4 + size + (size % 2);
  }
}

function readIptc(bytes: Uint8Array, findings: Findings): void {
  const view = viewOf(bytes);
  for (let at = 0; at + 5 <= bytes.length && bytes[at] === 0x1c;) {
    const size = view.getUint16(at + 3);
    const key = bytes[at + 1] === 2 ? DATASETS[bytes[at + 2] as number] : undefined;
    if (key !== undefined) {
      findings.text(key, textOf(bytes.subarray(at + 5, at + 5 + size)));
    }
    at += 5 + size;
  }
}
