/** What a file tells beside what it shows. */

/** What can be found, and what its value is; where there is no better one, what its part is called. */
export const FINDINGS = [
  "camera", // maker and model
  "lens", // model
  "serial-number", // of a camera or lens
  "maker-notes", // bytes of what only the maker of the camera can read
  "place", // latitude and longitude in degrees, or a name
  "author", // a name
  "copyright", // a text
  "title", // a text
  "description", // a text
  "comment", // a text
  "keywords", // a text
  "software", // name and version
  "computer", // its name
  "date", // as it is written there
  "identifier", // of this file, its model, or the device
  "thumbnail", // bytes of a small picture, which may show what was cut off
  "preview", // bytes of other pictures or films inside
  "exif", // bytes
  "xmp", // bytes
  "iptc", // bytes
  "content-credentials", // bytes of a signed history (C2PA)
  "editing-history", // number of steps
  "colour-profile", // its name
  "resolution", // none
  "trailing-data", // bytes behind the end of the file
  "unknown-part", // name of a part that nothing here knows
  "property", // name and value
  "embedded-file", // its name
  "script", // number
  "action", // what it does when the file is opened or used
  "link-to-file", // a path on somebody's disk
  "note-author", // a name
  "signature", // a name
  "form-data", // bytes of a second form inside (XFA)
  "application-data", // name of the program that left it
  "layer-author", // a name
  "web-source", // where it was taken from
  "earlier-version", // number of earlier states that are still in the file
  "unused-parts", // number of parts that nothing shows
  "picture-data", // number of pictures inside that carry data of their own
] as const;

/** What stays, and why. `null` means that it holds for every file of the kind. */
export const LEFT = [
  "orientation", // the number of EXIF, without which the picture would lie on its side
  "neutral-profile", // name of the colours; what tells the device was taken out
  "colours-changed", // name of the profile that was taken out: colours may look a little different
  "animation", // number of pictures
  "still-there", // a value that was removed, and that the file says again in what it shows
  "notes", // number of notes, marks and form fields, with their text
  "media", // number of films, sounds and models inside
  "layers", // number of layers, some of which may be hidden
  "link", // number of links to pages
  "language", // tag of the language of the document
  "picture-profile", // number of colour profiles
  "other-pictures", // number of pictures inside whose own data could not be looked at
  "shown", // what the picture or the text shows
  "sensor-noise", // noise in which a camera can be recognised
  "compression", // how it was compressed can tell model or program
  "printer-dots", // marks of colour printers in what was scanned
  "watermark", // marks that are hidden in what is shown
  "writing-style",
  "fonts", // fonts can tell a system
  "hidden-text", // text under pictures, or outside the page
] as const;

export type FoundKey = (typeof FINDINGS)[number];
export type LeftKey = (typeof LEFT)[number];

export interface Finding<Key = FoundKey> {
  readonly key: Key;
  readonly value: string | null;
}

/** What a file carries: `findings` can be taken out, `left` cannot. */
export interface Inspected {
  readonly findings: readonly Finding[];
  readonly left: readonly Finding<LeftKey>[];
}

/** A cleaned file. What it could not be rid of is in `left`. */
export interface Cleaned {
  readonly blob: Blob;
  readonly removed: readonly Finding[];
  readonly left: readonly Finding<LeftKey>[];
}

const VALUE_LIMIT = 500;
const FINDING_LIMIT = 2_000;

/** Collects what is found, each only once. */
export class Findings {
  readonly found: Finding[] = [];
  readonly left: Finding<LeftKey>[] = [];
  /** Texts that the cleaned file must not hold. */
  readonly traces = new Set<string>();
  readonly #known = new Set<string>();

  /** A text of the file, shown and searched for afterwards; empty ones tell nothing. */
  text(key: FoundKey, ...parts: readonly string[]): void {
    const texts = parts.map((part) => part.replaceAll("\0", "").trim()).filter((part) => part !== "");
    if (texts.length > 0) {
      this.add(key, texts.join(" "));
      for (const text of texts.slice(0, FINDING_LIMIT)) {
        this.traces.add(text.slice(0, VALUE_LIMIT));
      }
    }
  }

  /** Something that is not text of the file: a number, a size in bytes, or nothing. */
  add(key: FoundKey, value: string | number | null = null): void {
    const shown = value === null ? null : String(value).slice(0, VALUE_LIMIT);
    const name = `${key} ${shown}`;
    if (!this.#known.has(name) && this.#known.size < FINDING_LIMIT) {
      this.#known.add(name);
      this.found.push({ key, value: shown });
    }
  }

  leave(key: LeftKey, value: string | number | null = null): void {
    this.left.push({ key, value: value === null ? null : String(value).slice(0, VALUE_LIMIT) });
  }
}
