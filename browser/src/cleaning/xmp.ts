/** XMP: an XML text that programs leave in pictures and documents (ISO 16684-1). */
import type { Findings, FoundKey } from "./finding.ts";
import { textOf } from "./slices.ts";

const LIMIT = 1 << 20;

const PROPERTIES: readonly (readonly [FoundKey, readonly string[]])[] = [
  ["camera", ["tiff:Make", "tiff:Model"]],
  ["lens", ["aux:Lens", "exifEX:LensModel"]],
  ["serial-number", ["aux:SerialNumber", "aux:LensSerialNumber", "exifEX:BodySerialNumber", "exifEX:LensSerialNumber"]],
  ["place", ["exif:GPSLatitude", "exif:GPSLongitude", "photoshop:City", "photoshop:State", "photoshop:Country"]],
  ["place", ["Iptc4xmpCore:Location"]],
  ["author", ["dc:creator", "pdf:Author", "aux:OwnerName", "exifEX:CameraOwnerName", "photoshop:AuthorsPosition"]],
  ["author", ["photoshop:CaptionWriter", "photoshop:Credit"]],
  ["copyright", ["dc:rights", "xmpRights:WebStatement"]],
  ["title", ["dc:title", "photoshop:Headline"]],
  ["description", ["dc:description"]],
  ["keywords", ["dc:subject", "pdf:Keywords", "lr:hierarchicalSubject"]],
  ["software", ["xmp:CreatorTool", "pdf:Producer", "tiff:Software", "stEvt:softwareAgent"]],
  ["date", ["xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate", "photoshop:DateCreated", "exif:DateTimeOriginal"]],
  ["identifier", ["xmpMM:DocumentID", "xmpMM:InstanceID", "xmpMM:OriginalDocumentID", "stRef:documentID"]],
  ["identifier", ["stRef:instanceID", "stEvt:instanceID"]],
];

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Adds what is worth showing; the size stands for the rest. */
export function readXmp(bytes: Uint8Array, findings: Findings): void {
  findings.add("xmp", bytes.length);
  const text = textOf(bytes.subarray(0, LIMIT));
  for (const [key, names] of PROPERTIES) {
    for (const value of names.flatMap((name) => [...valuesOf(text, name)])) {
      findings.text(key, value);
    }
  }
  const steps = text.split("stEvt:action").length - 1;
  if (steps > 0) {
    findings.add("editing-history", steps);
  }
}

/** The values of a property, whether it is written as an attribute or as an element. */
function* valuesOf(text: string, name: string): Generator<string> {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const behind = at + name.length;
    if (text.startsWith('="', behind)) {
      yield plain(text.slice(behind + 2, endOf(text, '"', behind + 2)));
    } else if (text[at - 1] === "<") {
      const close = endOf(text, `</${name}`, behind);
      yield plain(text.slice(endOf(text, ">", behind) + 1, close).replaceAll(/<[^<>]*>/g, " "));
      at = close;
    }
  }
}

function endOf(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from);
  return end < 0 ? text.length : end;
}

function plain(value: string): string {
  return value
    .replaceAll(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] as string)
    .replaceAll(/\s+/g, " ")
    .trim();
}
