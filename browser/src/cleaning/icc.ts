/**
 * Colour profiles (ICC.1). They say which device made a picture, when and by whom a screen was measured.
 *
 * A picture without a profile is taken for sRGB. So a profile of sRGB is not needed; those of the two other colour
 * spaces that cameras and telephones use are replaced by ours, which are the same for everybody; all others go, and
 * colours may change a little.
 */
import { type Bytes, concat } from "../protocol/bytes.ts";
import type { Findings } from "./finding.ts";
import { ascii, latin1, startsWith, viewOf } from "./slices.ts";

const HEADER_SIZE = 128;
const TAG_LIMIT = 100;
const CLOSE = 0.003;

interface Space {
  readonly name: string;
  /** X, Y, Z of red, green and blue, seen under D50. */
  readonly primaries: readonly (readonly [number, number, number])[];
  /** Gamma and, for a curve with a straight beginning, what follows it in a `para` of kind 3. */
  readonly curve: readonly number[];
}

const SPACES: readonly Space[] = [
  {
    name: "Display P3",
    primaries: [
      [0.51512, 0.2412, -0.00105],
      [0.29198, 0.69225, 0.04189],
      [0.1571, 0.06657, 0.78407],
    ],
    curve: [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045],
  },
  {
    name: "Adobe RGB (1998)",
    primaries: [
      [0.60974, 0.31111, 0.01947],
      [0.20528, 0.62567, 0.06087],
      [0.14919, 0.06322, 0.74457],
    ],
    curve: [2.19921875],
  },
];

/** Adds what a profile tells, and returns the neutral profile that takes its place, or `null` for none. */
export function replaceProfile(profile: Uint8Array, findings: Findings): Bytes | null {
  const tags = tagsOf(profile);
  const name = nameOf(tags.get("desc")).trim() || "ICC";
  const space = SPACES.find((one) => isOf(tags, one));
  if (space !== undefined) {
    const neutral = neutralProfile(space);
    findings.leave("neutral-profile", space.name);
    if (latin1(neutral) !== latin1(profile)) {
      findings.add("colour-profile", name);
    }
    return neutral;
  }
  findings.add("colour-profile", name);
  if (!name.includes("sRGB")) {
    findings.leave("colours-changed", name);
  }
  return null;
}

function tagsOf(profile: Uint8Array): Map<string, Uint8Array> {
  const tags = new Map<string, Uint8Array>();
  if (profile.length < HEADER_SIZE + 4) {
    return tags;
  }
  const view = viewOf(profile);
  const count = Math.min(view.getUint32(HEADER_SIZE), TAG_LIMIT);
  for (let at = HEADER_SIZE + 4; tags.size < count && at + 12 <= profile.length; at += 12) {
    const [from, size] = [view.getUint32(at + 4), view.getUint32(at + 8)];
    tags.set(latin1(profile.subarray(at, at + 4)), profile.subarray(from, from + size));
  }
  return tags;
}

function nameOf(tag: Uint8Array | undefined): string {
  if (tag !== undefined && startsWith(tag, "desc") && tag.length > 12) {
    return latin1(tag.subarray(12, 12 + viewOf(tag).getUint32(8))).replaceAll("\0", "");
  }
  if (tag !== undefined && startsWith(tag, "mluc") && tag.length >= 28) {
    const from = viewOf(tag).getUint32(24);
    return new TextDecoder("utf-16be").decode(tag.subarray(from, from + viewOf(tag).getUint32(20)));
  }
  return "";
}

function isOf(tags: ReadonlyMap<string, Uint8Array>, space: Space): boolean {
  const close = space.primaries.every((primary, index) => {
    const tag = tags.get(["rXYZ", "gXYZ", "bXYZ"][index] as string);
    return tag?.length === 20 && primary.every((part, at) => Math.abs(fixed(tag, 8 + 4 * at) - part) < CLOSE);
  });
  const curve = tags.get("rTRC");
  return close && curve !== undefined && gammaOf(curve) === (space.curve.length === 1 ? 2.2 : 2.4);
}

/** The gamma of a curve of one number, or of the curve of sRGB; `null` for others. */
function gammaOf(curve: Uint8Array): number | null {
  if (startsWith(curve, "curv") && curve.length >= 14 && viewOf(curve).getUint32(8) === 1) {
    return Math.round((viewOf(curve).getUint16(12) / 256) * 10) / 10;
  }
  return startsWith(curve, "para") && curve.length >= 16 ? Math.round(fixed(curve, 12) * 10) / 10 : null;
}

function fixed(bytes: Uint8Array, at: number): number {
  return viewOf(bytes).getInt32(at) / 65_536;
}

function neutralProfile(space: Space): Bytes {
  const curve = concat(ascii("para"), words(0, (space.curve.length === 1 ? 0 : 3) << 16), fixeds(space.curve));
  const white = xyz([0.9642, 1, 0.8249]);
  const tags: (readonly [string, Bytes])[] = [
    ["desc", plainText(space.name)],
    ["cprt", plainText("CC0")],
    ["wtpt", white],
    ...space.primaries.map((primary, index) => [`${"rgb"[index]}XYZ`, xyz(primary)] as const),
    ...[..."rgb"].map((colour) => [`${colour}TRC`, curve] as const),
  ];
  let from = HEADER_SIZE + 4 + 12 * tags.length;
  const table: Bytes[] = [];
  for (const [name, value] of tags) {
    table.push(concat(ascii(name), words(from, value.length)));
    from += value.length;
  }
  const header = concat(
    words(from, 0, 0x04000000),
    ascii("mntrRGB XYZ "),
    words(0x07d00001, 0x00010000, 0),
    ascii("acsp"),
    words(0, 0, 0, 0, 0, 0, 0),
    fixeds([0.9642, 1, 0.8249]),
    new Uint8Array(HEADER_SIZE - 80),
  );
  return concat(header, words(tags.length), ...table, ...tags.map(([, value]) => value));
}

function xyz(parts: readonly number[]): Bytes {
  return concat(ascii("XYZ "), words(0), fixeds(parts));
}

function plainText(text: string): Bytes {
  const wide = Uint8Array.from([...text].flatMap((letter) => [0, letter.charCodeAt(0)]));
  const padding = new Uint8Array((4 - (wide.length % 4)) % 4);
  return concat(ascii("mluc"), words(0, 1, 12), ascii("enUS"), words(wide.length, 28), wide, padding);
}

function fixeds(parts: readonly number[]): Bytes {
  return words(...parts.map((part) => Math.round(part * 65_536)));
}

function words(...numbers: readonly number[]): Bytes {
  const bytes = new Uint8Array(4 * numbers.length);
  numbers.forEach((number, index) => viewOf(bytes).setInt32(4 * index, number));
  return bytes;
}
