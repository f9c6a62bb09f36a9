/** Which parts of a PDF tell something beside what its pages show, and what they tell. */
import type { FoundKey } from "../finding.ts";

/**
 * What the catalog, a page and so on may have; everything else goes, known or not.
 */
export const KEPT: Readonly<Record<"catalog" | "page" | "pages" | "names" | "form", ReadonlySet<string>>> = {
  catalog: new Set([
    ...["Type", "Version", "Pages", "PageLabels", "Names", "Dests", "ViewerPreferences", "PageLayout", "PageMode"],
    ...["Outlines", "OpenAction", "AcroForm", "StructTreeRoot", "MarkInfo", "Lang", "OCProperties", "OutputIntents"],
  ]),
  page: new Set([
    ...["Type", "Parent", "Resources", "MediaBox", "CropBox", "BleedBox", "TrimBox", "ArtBox", "BoxColorInfo"],
    ...["Contents", "Rotate", "Group", "Annots", "Dur", "Trans", "StructParents", "Tabs", "UserUnit"],
  ]),
  pages: new Set(["Type", "Parent", "Kids", "Count", "Resources", "MediaBox", "CropBox", "Rotate"]),
  names: new Set(["Dests", "AP"]),
  form: new Set(["Fields", "DR", "DA", "Q", "CO", "NeedAppearances"]),
};

/** What something that goes is called, where that is worth more than the name of the part. */
export const CALLED: Readonly<Record<string, FoundKey>> = {
  Metadata: "xmp",
  PieceInfo: "application-data",
  LastModified: "date",
  Thumb: "thumbnail",
  AA: "action",
  OpenAction: "action",
  JavaScript: "script",
  EmbeddedFiles: "embedded-file",
  AF: "embedded-file",
  Collection: "embedded-file",
  XFA: "form-data",
  Perms: "signature",
  DSS: "signature",
  SigFlags: "signature",
  SpiderInfo: "web-source",
  URLS: "web-source",
  IDS: "web-source",
  ID: "identifier",
  CreatorInfo: "layer-author",
};

/** Gone from wherever they are, if they are what they are called: names of fonts and pictures could be the same. */
export const ANYWHERE: Readonly<Record<string, "dictionary" | "text" | "stream">> = {
  PieceInfo: "dictionary",
  LastModified: "text",
  CreatorInfo: "dictionary",
  OPI: "dictionary",
  Metadata: "stream",
};

/** Gone from notes, marks, links and fields. */
export const FROM_ANNOTATIONS: Readonly<Record<string, FoundKey>> = {
  M: "date",
  NM: "identifier",
  CreationDate: "date",
  AA: "action",
  AF: "embedded-file",
};

/** Gone from those as well, but for fields and links, where they mean something else. */
export const FROM_NOTES: Readonly<Record<string, FoundKey>> = { T: "note-author", Subj: "note-author" };

/** Actions that run code, reach out of the document, or tell where on a disk something was. */
export const ACTIONS: ReadonlySet<string> = new Set([
  ...["JavaScript", "Launch", "SubmitForm", "ImportData", "GoToR", "GoToE", "Thread"],
]);

export const PROPERTIES: Readonly<Record<string, FoundKey>> = {
  Title: "title",
  Author: "author",
  Subject: "description",
  Keywords: "keywords",
  Creator: "software",
  Producer: "software",
  CreationDate: "date",
  ModDate: "date",
};
