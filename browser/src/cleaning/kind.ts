/** Which cleaner a file needs. Small, so that a page can ask before it loads one. */
import { latin1 } from "./slices.ts";

export type Kind = "jpeg" | "png" | "pdf";

/** Where a reader of PDF still looks for its mark. */
const PDF_START = 1024;

/** The kind of a file by its first bytes, whatever its name or type say; `null` where it cannot be cleaned. */
export async function kindOf(blob: Blob): Promise<Kind | null> {
  const start = latin1(new Uint8Array(await blob.slice(0, PDF_START).arrayBuffer()));
  if (start.startsWith("\xff\xd8\xff")) {
    return "jpeg";
  }
  if (start.startsWith("\x89PNG\r\n\x1a\n")) {
    return "png";
  }
  return start.includes("%PDF-") ? "pdf" : null;
}
