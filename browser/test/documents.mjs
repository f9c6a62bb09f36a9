// PDFs that carry everything a program or a person leaves in them, made from nothing.
import { deflateSync } from "node:zlib";
import { fullJpeg, XMP } from "./cleaning.mjs";

const latin1 = (text) => Buffer.from(text, "latin1");

/** A stream object: the entries of its dictionary, and its bytes. */
export function stream(entries, bytes) {
  const content = Buffer.from(bytes);
  return Buffer.concat([
    latin1(`<< ${entries} /Length ${content.length} >>\nstream\n`),
    content,
    latin1("\nendstream"),
  ]);
}

/** `objects` by number, behind `before`, and a table of them and of `free` ones. `trailer` is the inside of a dictionary. */
export function pdf(objects, trailer = "", before = latin1("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), free = []) {
  const parts = [before];
  let size = before.length;
  const places = {};
  for (const [number, body] of Object.entries(objects)) {
    const whole = Buffer.concat([
      latin1(`${number} 0 obj\n`),
      Buffer.isBuffer(body) ? body : Buffer.from(body),
      latin1("\nendobj\n"),
    ]);
    places[number] = size;
    size += whole.length;
    parts.push(whole);
  }
  const rows = Object.entries(places).map(([number, at]) => `${number} 1\n${String(at).padStart(10, "0")} 00000 n \n`);
  rows.push(...free.map((number) => `${number} 1\n0000000000 00001 f \n`));
  const last = Math.max(...Object.keys(objects).map(Number));
  const table = `xref\n0 1\n0000000000 65535 f \n${rows.join("")}trailer\n<< /Size ${last + 1} /Root 1 0 R ${trailer} >>\n`;
  return Buffer.concat([...parts, latin1(`${table}startxref\n${size}\n%%EOF\n`)]);
}

export const DRAWING = "BT /F1 24 Tf 72 720 Td (Visible words on the page) Tj ET";

const PAGE = "/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >>";
const FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";

/** A document of one page and nothing more. */
export function bare(more = {}) {
  return {
    1: "<< /Type /Catalog /Pages 2 0 R >>",
    2: "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    3: `<< ${PAGE} >>`,
    4: stream("", DRAWING),
    5: FONT,
    ...more,
  };
}

const utf16 = (text) => `<feff${Buffer.from(text, "utf16le").swap16().toString("hex")}>`;

/** What stands in the document below as text, and must not afterwards. */
export const SECRETS = [
  "Ana Author",
  "Quarterly Draft",
  "secret keyword",
  "TextTool 9",
  "PrintTool 3",
  "D:20261120094107",
  "D:20261121100000",
  "Harbour Holding",
  "xmp.did:aa11bb22",
  "Ana & Bo Xmp",
  "payroll.xlsx",
  "salaries of all",
  "app.alert",
  "Ana Annotator",
  "D:20261119",
  "note-id-77",
  "C:\\\\Users\\\\ana",
  "file:///home/ana",
  "Adobe Private",
  "http://intranet.example/page",
  "Ana Signer",
  "D:20261118",
  "layer by Ana",
  "Harbour Optics",
  "CommentTool",
  "XFA packet of ana",
  "earlier words",
  "orphaned words",
  "f00dfeed00112233",
  "attached to a note",
  "Rotterdam",
  "collected by",
  "OpiServer",
];

/** A document with everything in it: objects by number, and the inside of its trailer. */
export function full() {
  const objects = bare({
    1: `<< /Type /Catalog /Pages 2 0 R /Metadata 10 0 R /Lang (en-GB) /PieceInfo << /Acme << /LastModified (D:20261119000000) /Private (Adobe Private) >> >>
      /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> /AA << /WC << /S /JavaScript /JS 21 0 R >> >>
      /Names << /EmbeddedFiles << /Names [(payroll.xlsx) 11 0 R] >> /JavaScript << /Names [(first) 20 0 R] >>
        /Dests << /Names [(chapter) [3 0 R /Fit]] >> /URLS << /Names [(http://intranet.example/page) << >>] >> >>
      /AcroForm << /Fields [30 0 R 31 0 R] /XFA [(template) 32 0 R] /SigFlags 3 /DA (/F1 0 Tf) >>
      /Outlines 40 0 R /OCProperties << /OCGs [41 0 R] /D << /Order [41 0 R] /Creator (layer by Ana) >> >>
      /SpiderInfo << /V 1.25 /C [<< /URL (http://intranet.example/page) >>] >> /AF [11 0 R] /Collection << /D (collected by) >>
      /AcmePrivate (Harbour Holding) /Perms << /DocMDP 33 0 R >> >>`,
    3: `<< ${PAGE.replace("/Font", "/XObject << /Im0 50 0 R /AA 51 0 R /Metadata 52 0 R >> /Properties << /MC0 << /Metadata 10 0 R >> >> /Font")}
      /Annots [60 0 R 61 0 R 62 0 R 63 0 R 64 0 R 30 0 R 31 0 R] /Thumb 53 0 R /LastModified (D:20261119000001)
      /Metadata 10 0 R /PieceInfo << /Acme << /Private (Adobe Private) >> >> /AA << /O 20 0 R >> /ID (f00dfeed00112233) >>`,
    4: stream("/Filter /FlateDecode", deflateSync(latin1(DRAWING))),
    7: `<< /Author (Ana Author) /Title ${utf16("Quarterly Draft")} /Subject (salaries of all) /Keywords (secret keyword) /Creator (TextTool 9)
      /Producer (PrintTool 3) /CreationDate (D:20261120094107Z) /ModDate (D:20261121100000Z) /Company (Harbour Holding) >>`,
    10: stream("/Type /Metadata /Subtype /XML", XMP),
    11: "<< /Type /Filespec /F (payroll.xlsx) /UF (payroll.xlsx) /Desc (salaries of all) /EF << /F 12 0 R >> >>",
    12: stream("/Type /EmbeddedFile /Params << /ModDate (D:20261119000002) >>", "salaries of all"),
    13: "<< /Type /Filespec /F (attached to a note.doc) /EF << /F 12 0 R >> >>",
    20: "<< /S /JavaScript /JS (app.alert\\(2\\)) >>",
    21: stream("", "app.alert(3)"),
    30: `<< /Type /Annot /Subtype /Widget /FT /Tx /T (name of the field) /V (typed into it) /Rect [0 0 9 9] /M (D:20261119000003)
      /AA << /K 20 0 R >> >>`,
    31: "<< /Type /Annot /Subtype /Widget /FT /Sig /T (signature field) /V 33 0 R /Rect [0 0 9 9] >>",
    32: stream("", "XFA packet of ana"),
    33: `<< /Type /Sig /Name (Ana Signer) /M (D:20261118000000) /Reason (salaries of all) /ByteRange [0 1 2 3] /Contents <30820000> >>`,
    40: "<< /Type /Outlines /First 42 0 R /Last 42 0 R /Count 1 >>",
    41: "<< /Type /OCG /Name (Layer) /Usage << /CreatorInfo << /Creator (layer by Ana) /Subtype /Artwork >> >> >>",
    42: "<< /Title (Chapter) /Parent 40 0 R /A << /S /Launch /F (C:\\\\Users\\\\ana\\\\plan.exe) >> >>",
    50: stream(
      "/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode /Metadata 10 0 R /OPI << /V (OpiServer) >>",
      fullJpeg(),
    ),
    51: stream(
      "/Type /XObject /Subtype /Form /BBox [0 0 1 1] /LastModified (D:20261119000004) /PieceInfo << /Acme << /Private (Adobe Private) >> >>",
      "0 0 1 1 re f",
    ),
    52: stream("/Type /XObject /Subtype /Form /BBox [0 0 1 1]", "1 0 0 rg"),
    53: stream("/Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8", "T"),
    60: `<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (what the note says) /T (Ana Annotator) /M (D:20261119000005)
      /CreationDate (D:20261119000006) /NM (note-id-77) /Subj (Ana Annotator) /AAPL:AKExtras (Harbour Holding) /Popup 65 0 R >>`,
    61: "<< /Type /Annot /Subtype /FileAttachment /Rect [0 0 9 9] /FS 13 0 R /T (Ana Annotator) >>",
    62: "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (https://example.org/) >> /NM (note-id-77) >>",
    63: "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (file:///home/ana/plan.pdf) >> >>",
    64: "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /Dest [3 0 R /Fit] /A << /S /GoTo /D (chapter) /Next 20 0 R >> >>",
    65: "<< /Type /Annot /Subtype /Popup /Rect [0 0 9 9] /Parent 60 0 R /T (Ana Annotator) >>",
    70: stream("", "orphaned words"),
  });
  return [objects, "/Info 7 0 R /ID [<f00dfeed00112233> <f00dfeed00112233>]"];
}

/** The document above, as it was before somebody saved it again, and what they changed behind it. */
export function fullWithHistory() {
  const [objects, trailer] = full();
  const before = pdf({ ...objects, 4: stream("", "BT (earlier words) Tj ET") }, trailer);
  return pdf({ 4: objects[4] }, trailer, before);
}
