/** Saving a file of an answer, after the whole of it was found to be right. */

/** Marks without a shape of their own, among them those that turn the direction of writing: they disguise names. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/gu;

/** Hands the bytes to the browser under `name`. It is never opened in the page, whatever it is. */
export async function save(pieces: AsyncIterable<Uint8Array<ArrayBuffer>>, name: string): Promise<void> {
  const parts: Blob[] = [];
  for await (const piece of pieces) {
    // Browsers keep what is in a Blob where it does not fill the memory of the page.
    parts.push(new Blob([piece]));
  }
  const address = URL.createObjectURL(new Blob(parts, { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = savedName(name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** `name` as it is seen. */
export function savedName(name: string): string {
  return name.replace(UNSEEN, "_") || "file";
}
