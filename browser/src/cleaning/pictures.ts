/**
 * Taking out of JPEG and PNG what they carry beside the picture. An entry of its own, loaded when a picture is chosen.
 *
 * Pixels are never loaded: what stays of a file is a row of slices of it. Every cleaned file is read again and searched
 * for everything that was taken out.
 */
import { CleaningFailed, NotCleanable } from "./errors.ts";
import { type Cleaned, Findings, type Inspected, type LeftKey } from "./finding.ts";
import { readJpeg, type Span } from "./jpeg.ts";
import { kindOf } from "./kind.ts";
import { readPng } from "./png.ts";
import { Search } from "./search.ts";

export { CleaningError } from "./errors.ts";
export { type Cleaned, FINDINGS, type Finding, type Inspected, LEFT } from "./finding.ts";
export { type Kind, kindOf } from "./kind.ts";

/** What nobody can take out of a picture. */
const ALWAYS: readonly LeftKey[] = ["shown", "sensor-noise", "compression", "printer-dots", "watermark"];

/** What a picture carries. Throws `CleaningError`. */
export async function inspect(blob: Blob): Promise<Inspected> {
  const { findings } = await read(blob);
  return { findings: findings.found, left: left(findings) };
}

/** A picture that looks the same and carries nothing more. Throws `CleaningError`; `blob` stays as it was. */
export async function clean(blob: Blob): Promise<Cleaned> {
  const { findings, parts, type } = await read(blob);
  const cleaned = new Blob(parts, { type });
  const again = await read(cleaned);
  if (again.findings.found.length > 0) {
    throw new CleaningFailed();
  }
  const search = new Search(findings.traces);
  await search.blob(cleaned);
  search.found.forEach((text) => findings.leave("still-there", text));
  return { blob: cleaned, removed: findings.found, left: left(findings) };
}

interface Read {
  readonly findings: Findings;
  readonly parts: BlobPart[];
  readonly type: string;
}

async function read(blob: Blob): Promise<Read> {
  const findings = new Findings();
  const kind = await kindOf(blob);
  if (kind === "jpeg") {
    const { head, spans } = await readJpeg(blob, findings, "turned");
    return { findings, parts: [head, ...sliced(blob, spans)], type: "image/jpeg" };
  }
  if (kind === "png") {
    const { added, spans } = await readPng(blob, findings);
    const [header, ...rest] = spans as [Span, ...Span[]];
    return { findings, parts: [blob.slice(0, header[1]), added, ...sliced(blob, rest)], type: "image/png" };
  }
  throw new NotCleanable();
}

/** Slices of a file; those that touch are one. */
function sliced(blob: Blob, spans: readonly Span[]): Blob[] {
  const joined: [number, number][] = [];
  for (const [from, to] of spans) {
    const last = joined.at(-1);
    if (last !== undefined && last[1] === from) {
      last[1] = to;
    } else {
      joined.push([from, to]);
    }
  }
  return joined.map(([from, to]) => blob.slice(from, to));
}

function left(findings: Findings): Inspected["left"] {
  return [...findings.left, ...ALWAYS.map((key) => ({ key, value: null }))];
}
