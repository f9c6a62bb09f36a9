// PDF: what is taken out, what stays, and that nothing else can happen.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deflateSync, inflateSync } from "node:zlib";
import { bytesOf, cleaner, damaged, fullJpeg, jpeg, uint32 } from "./cleaning.mjs";
import { bare, DRAWING, full, fullWithHistory, pdf, SECRETS, stream } from "./documents.mjs";

const { clean, DOCUMENT_LIMIT, FINDINGS, inspect, LEFT } = await cleaner("documents");

const keysOf = (list) => new Set(list.map(({ key }) => key));
const valuesOf = (list, key) => list.filter((one) => one.key === key).map(({ value }) => value);
const blobOf = (...parts) => new Blob(parts);

const SPACES = deflateSync(Buffer.alloc(33 << 20, " "));

/** The file, and everything compressed in it. */
function everything(bytes) {
  const parts = [bytes];
  for (let at = bytes.indexOf("stream\n"); at >= 0; at = bytes.indexOf("stream\n", at + 1)) {
    try {
      parts.push(inflateSync(bytes.subarray(at + 7), { finishFlush: 2 }));
    } catch {
      // not compressed
    }
  }
  return Buffer.concat(parts);
}

function absent(bytes, texts) {
  const whole = everything(bytes);
  const hex = whole.toString("latin1").toLowerCase();
  for (const text of texts) {
    const wide = Buffer.from(text, "utf16le");
    for (const spelled of [Buffer.from(text), wide, Buffer.from(wide).swap16()]) {
      assert.equal(whole.indexOf(spelled), -1, text);
      assert.equal(hex.includes(spelled.toString("hex")), false, text);
    }
  }
}

describe("a document with everything in it", async () => {
  const whole = fullWithHistory();
  const { blob, removed, left } = await clean(blobOf(whole));
  const cleaned = await bytesOf(blob);

  test("holds what it must not hold afterwards", () => {
    const text = everything(whole).toString("latin1");
    for (const secret of SECRETS.filter((one) => one !== "Quarterly Draft" && one !== "Ana & Bo Xmp")) {
      assert.ok(text.includes(secret), secret);
    }
  });

  test("tells what it carries, in words that people know", () => {
    for (const [key, value] of [
      ["author", "Ana Author"],
      ["author", "Ana & Bo Xmp"],
      ["title", "Quarterly Draft"],
      ["description", "salaries of all"],
      ["keywords", "secret keyword"],
      ["software", "TextTool 9"],
      ["software", "PrintTool 3"],
      ["date", "D:20261120094107Z"],
      ["property", "Company Harbour Holding"],
      ["identifier", "f00dfeed00112233"],
      ["embedded-file", "payroll.xlsx"],
      ["embedded-file", "attached to a note.doc"],
      ["note-author", "Ana Annotator"],
      ["identifier", "note-id-77"],
      ["signature", "Ana Signer"],
      ["layer-author", "layer by Ana"],
      ["action", "Launch"],
      ["earlier-version", "1"],
      ["link-to-file", "file:///home/ana/plan.pdf"],
      ["link-to-file", "C:\\Users\\ana\\plan.exe"],
      ["thumbnail", "1"],
      ["application-data", "Acme"],
      ["camera", "Harbour Optics HO-1 Pro"],
      ["picture-data", "1"],
      ["unused-parts", "1"],
    ]) {
      assert.ok(valuesOf(removed, key).includes(value), `${key}: ${valuesOf(removed, key)}`);
    }
    for (const key of ["xmp", "script", "form-data", "web-source", "unknown-part", "place", "action"]) {
      assert.ok(keysOf(removed).has(key), key);
    }
    removed.forEach(({ key, value }) => assert.ok(FINDINGS.includes(key) && value !== "", key));
    left.forEach(({ key }) => assert.ok(LEFT.includes(key), key));
  });

  test("is rid of all of it", async () => {
    absent(cleaned, SECRETS);
    assert.deepEqual((await inspect(blob)).findings, []);
    for (const name of [
      "/Info",
      "/ID",
      "/Type /Metadata",
      "/PieceInfo",
      "/JavaScript",
      "/Launch",
      "/EmbeddedFile",
      "/FileAttachment",
      "/XFA",
      "/Sig ",
      "/OPI",
    ]) {
      assert.equal(cleaned.includes(name), false, name);
    }
  });

  test("is drawn as before, from the version that was shown", () => {
    const text = everything(cleaned).toString("latin1");
    for (const kept of [
      DRAWING,
      "0 0 1 1 re f",
      "1 0 0 rg",
      "/AA ",
      "what the note says",
      "typed into it",
      "name of the field",
      "https://example.org/",
      "(Chapter)",
      "(chapter)",
      "/BaseFont /Helvetica",
      "/MediaBox [ 0 0 612 792 ]",
    ]) {
      assert.ok(text.includes(kept), kept);
    }
  });

  test("its picture keeps its pixels, and nothing else", () => {
    const at = cleaned.indexOf("\xff\xd8\xff", 0, "latin1");
    const picture = cleaned.subarray(at, cleaned.indexOf("\nendstream", at));
    assert.ok(picture.includes(jpeg().subarray(2, 80)));
    absent(picture, ["Exif", "Screen of Ana", "three seconds"]);
  });

  test("and what cannot be taken out is said", () => {
    for (const [key, value] of [
      ["notes", "4"],
      ["link", "3"],
      ["layers", "1"],
      ["language", "en-GB"],
      ["fonts", null],
      ["writing-style", null],
      ["hidden-text", null],
      ["shown", null],
    ]) {
      assert.deepEqual(valuesOf(left, key), [value], key);
    }
    assert.deepEqual(valuesOf(left, "still-there"), []);
    assert.equal(blob.type, "application/pdf");
  });

  test("cleaning it again changes nothing", async () => {
    const again = await clean(blob);
    assert.deepEqual(again.removed, []);
    assert.equal(everything(await bytesOf(again.blob)).includes(DRAWING), true);
  });
});

describe("what somebody deleted is not shown again", () => {
  const note = (text) => `<< /Type /Annot /Subtype /Text /Rect [0 0 9 9] /Contents (${text}) >>`;
  const first = bare({
    3: bare()[3].replace(">> >> >>", ">> >> /Annots [8 0 R 9 0 R] >>"),
    8: note("a note that stayed"),
    9: note("a note that was deleted"),
  });
  const saidBy = async (file) => everything(await bytesOf((await clean(blobOf(file))).blob)).toString("latin1");

  test("a table calls it free", async () => {
    const said = await saidBy(pdf({ 5: first[5] }, "", pdf(first), [9]));
    assert.ok(said.includes("a note that stayed") && !said.includes("a note that was deleted"));
  });

  test("a later version uses its number again", async () => {
    const freed = pdf({ 5: first[5] }, "", pdf(first), [9]);
    const said = await saidBy(pdf({ 9: note("a note that came back") }, "", freed));
    assert.ok(said.includes("a note that came back") && !said.includes("a note that was deleted"));
  });

  test("a stream with a table calls it free", async () => {
    const said = await saidBy(compressed({ ...first, 5: stream("", "") }, "", [9]));
    assert.ok(said.includes("a note that stayed") && !said.includes("a note that was deleted"));
  });

  test("a table for older readers hides what newer ones use", async () => {
    const said = await saidBy(pdf({ 5: first[5] }, "/XRefStm 99", pdf(first), [8, 9]));
    assert.ok(said.includes("a note that stayed"));
  });

  test("a change that was never finished", async () => {
    const unfinished = Buffer.concat([pdf(first), Buffer.from("9 0 obj\n(later)\nendobj\n")]);
    await assert.rejects(clean(blobOf(unfinished)), { name: "FileBroken" });
  });

  test("what stands behind the end is no part of the document", async () => {
    const { blob, removed } = await clean(blobOf(pdf(first), "hidden behind the end"));
    assert.deepEqual(valuesOf(removed, "trailing-data"), ["18"]);
    absent(await bytesOf(blob), ["hidden behind the end"]);
  });
});

describe("names of a program's own", () => {
  test("fonts and pictures may be called like what goes elsewhere", async () => {
    const names = [
      "PieceInfo",
      "LastModified",
      "Metadata",
      "CreatorInfo",
      "OPI",
      "EF",
      "JS",
      "S",
      "F",
      "FT",
      "M",
      "T",
      "ID",
      "AA",
      "NM",
      "ON",
      "Creator",
      "Contents",
      "ByteRange",
      "Ref",
      "XFA",
      "AF",
      "Thumb",
    ];
    const fonts = `/Font << /F1 5 0 R ${names.map((name) => `/${name} 5 0 R`).join(" ")}`;
    const { blob, removed } = await clean(blobOf(pdf(bare({ 3: bare()[3].replace("/Font << /F1 5 0 R", fonts) }))));
    assert.deepEqual(removed, []);
    const resources = (await bytesOf(blob)).toString("latin1").match(/\/Font <<\n([^>]*)>>/)[1];
    for (const name of names) {
      assert.match(resources, new RegExp(`/${name} \\d+ 0 R`));
    }
  });

  test("what goes takes its name with it", async () => {
    const names = "/Names << /Dests << /Names [(chapter) [3 0 R /Fit] (C:/ana/secret) << /S /Launch /F (x) >>] >> >>";
    const { blob } = await clean(blobOf(pdf(bare({ 1: `<< /Type /Catalog /Pages 2 0 R ${names} >>` }))));
    const cleaned = await bytesOf(blob);
    assert.ok(cleaned.includes("chapter") && !cleaned.includes("secret"));
  });

  test("names without files are told all the same", async () => {
    const names = "/Names << /EmbeddedFiles << /Names [] >> /JavaScript << >> >>";
    const { removed } = await clean(blobOf(pdf(bare({ 1: `<< /Type /Catalog /Pages 2 0 R ${names} >>` }))));
    assert.deepEqual(removed, [
      { key: "embedded-file", value: "EmbeddedFiles" },
      { key: "script", value: "JavaScript" },
    ]);
  });

  test("a signature that covers nothing is one as well", async () => {
    const field = "<< /FT /Sig /T (field) /V << /Type /DocTimeStamp /Name (Ana Signer) >> >>";
    const { blob, removed } = await clean(
      blobOf(pdf(bare({ 1: "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [8 0 R] >> >>", 8: field }))),
    );
    assert.ok(valuesOf(removed, "signature").includes("Ana Signer"));
    assert.equal((await bytesOf(blob)).includes("Ana Signer"), false);
  });
});

describe("what is left", () => {
  test("a text that was taken out and that the page says again is named", async () => {
    const objects = bare({
      4: stream("/Filter /FlateDecode", deflateSync(Buffer.from("BT (by Ana Author) Tj ET"))),
      7: "<< /Author (Ana Author) >>",
    });
    const { removed, left } = await clean(blobOf(pdf(objects, "/Info 7 0 R")));
    assert.deepEqual(valuesOf(removed, "author"), ["Ana Author"]);
    assert.deepEqual(valuesOf(left, "still-there"), ["Ana Author"]);
  });

  for (const [how, spelled] of Object.entries({
    "in UTF-16": "<feff0041006e006100200041007500740068006f0072>",
    "in octal": "(\\101na Author)",
    "in hexadecimal": "<416e6120417574686f72>",
  })) {
    test(`and so is one that a bookmark says ${how}`, async () => {
      const objects = bare({
        1: "<< /Type /Catalog /Pages 2 0 R /Outlines 8 0 R >>",
        7: "<< /Author (Ana Author) >>",
        8: "<< /First 9 0 R /Last 9 0 R >>",
        9: `<< /Title ${spelled} /Parent 8 0 R >>`,
      });
      const { left } = await clean(blobOf(pdf(objects, "/Info 7 0 R")));
      assert.deepEqual(valuesOf(left, "still-there"), ["Ana Author"]);
    });
  }

  test("a bare document stays as bare", async () => {
    const { blob, removed, left } = await clean(blobOf(pdf(bare())));
    assert.deepEqual(removed, []);
    assert.ok((await bytesOf(blob)).includes(DRAWING));
    assert.deepEqual(
      left.filter(({ value }) => value !== null),
      [],
    );
  });

  test("pictures whose data nothing here can read are counted", async () => {
    const image = "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8";
    const page =
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /XObject << /A 5 0 R /B 6 0 R /C 7 0 R >> >> >>";
    const { left } = await clean(
      blobOf(
        pdf(
          bare({
            3: page,
            5: stream(`${image} /Filter /JPXDecode`, "jP  "),
            6: stream(`${image} /Filter [/FlateDecode /DCTDecode]`, deflateSync(fullJpeg())),
            7: stream(`${image} /Filter /DCTDecode`, "no JPEG"),
          }),
        ),
      ),
    );
    assert.deepEqual(valuesOf(left, "other-pictures"), ["3"]);
  });
});

/** Rows as each differs from others, in every way that PNG knows. */
function predicted(rows) {
  const paeth = (left, above, corner) => {
    const expected = left + above - corner;
    return [left, above, corner].reduce((best, one) =>
      Math.abs(expected - one) < Math.abs(expected - best) ? one : best,
    );
  };
  return Buffer.concat(
    rows.map((row, number) => {
      const before = rows[number - 1] ?? Buffer.alloc(row.length);
      return Buffer.from([
        number % 5,
        ...row.map((byte, at) => {
          const [left, above, corner] = [row[at - 1] ?? 0, before[at], at > 0 ? before[at - 1] : 0];
          return byte - [0, left, above, (left + above) >> 1, paeth(left, above, corner)][number % 5];
        }),
      ]);
    }),
  );
}

/** The document with its objects in a compressed stream, as programs have written since PDF 1.5. */
function compressed(objects, trailer, free = []) {
  const [plain, streams] = [[], {}];
  for (const [number, body] of Object.entries(objects)) {
    if (Buffer.isBuffer(body)) {
      streams[number] = body;
    } else {
      plain.push([number, body]);
    }
  }
  let place = 0;
  const heads = plain.map(([number, body]) => {
    const head = `${number} ${place}`;
    place += Buffer.byteLength(body) + 1;
    return head;
  });
  const head = `${heads.join(" ")} `;
  const inside = Buffer.from(`${head}${plain.map(([, body]) => body).join("\n")}\n`);
  const last = Math.max(...Object.keys(objects).map(Number)) + 1;
  const start = Buffer.from("%PDF-1.7\n");
  const parts = [start];
  const places = new Map();
  let size = start.length;
  const put = (number, body) => {
    const whole = Buffer.concat([Buffer.from(`${number} 0 obj\n`), body, Buffer.from("\nendobj\n")]);
    places.set(Number(number), size);
    size += whole.length;
    parts.push(whole);
  };
  Object.entries(streams).forEach(([number, body]) => put(number, body));
  put(
    last,
    stream(
      `/Type /ObjStm /N ${plain.length} /First ${Buffer.byteLength(head)} /Filter /FlateDecode`,
      deflateSync(inside),
    ),
  );
  const rows = Array.from({ length: last + 2 }, (_, number) => {
    const index = plain.findIndex(([known]) => Number(known) === number);
    const at = number === last + 1 ? size : places.get(number);
    return free.includes(number)
      ? Buffer.alloc(6)
      : at !== undefined
        ? Buffer.concat([Buffer.from([1]), uint32(at), Buffer.from([0])])
        : index < 0
          ? Buffer.alloc(6)
          : Buffer.concat([Buffer.from([2]), uint32(last), Buffer.from([index])]);
  });
  const parameters = "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 6 >>";
  const table = stream(
    `/Type /XRef /Size ${last + 2} /W [1 4 1] /Root 1 0 R ${trailer} ${parameters}`,
    deflateSync(predicted(rows)),
  );
  const startxref = size;
  put(last + 1, table);
  return Buffer.concat([...parts, Buffer.from(`startxref\n${startxref}\n%%EOF\n`)]);
}

test("a document with compressed objects is cleaned as well", async () => {
  const [objects, trailer] = full();
  const { blob, removed } = await clean(blobOf(compressed(objects, trailer)));
  absent(await bytesOf(blob), SECRETS);
  assert.ok(keysOf(removed).has("author"));
  assert.deepEqual(valuesOf(removed, "unused-parts"), ["1"]);
  assert.deepEqual(valuesOf(removed, "earlier-version"), []);
  assert.ok(everything(await bytesOf(blob)).includes(DRAWING));
});

describe("what cannot be cleaned is refused, and stays", () => {
  const objects = bare();
  const cases = {
    NotCleanable: {
      nothing: Buffer.alloc(0),
      text: Buffer.from("hello"),
      "a picture": jpeg(),
      "a form that draws itself": pdf(bare({ 1: "<< /Type /Catalog /Pages 2 0 R /NeedsRendering true >>" })),
    },
    FileEncrypted: {
      "a document with a password": pdf(
        bare({ 8: "<< /Filter /Standard /V 4 /R 4 /O (x) /U (y) /P -4 >>" }),
        "/Encrypt 8 0 R",
      ),
      "a document with a password that cannot be read": Buffer.concat([
        pdf(objects, "/Encrypt 8 0 R"),
        Buffer.from("9 0 obj\n<< /A \nendobj"),
      ]),
    },
    FileBroken: {
      "a mark and nothing else": Buffer.from("%PDF-1.7\n"),
      "half a document": pdf(objects).subarray(0, 150),
      "a document without a page": pdf({ ...objects, 2: "<< /Type /Pages /Kids [] /Count 0 >>" }),
      "a document that lacks a page": pdf({ ...objects, 2: "<< /Type /Pages /Kids [3 0 R 9 0 R] /Count 2 >>" }),
      "a document with fewer pages than it says": pdf({ ...objects, 2: "<< /Type /Pages /Kids [3 0 R] /Count 2 >>" }),
      "pages in a circle": pdf({ ...objects, 2: "<< /Type /Pages /Kids [2 0 R] /Count 1 >>" }),
      "references in a circle": pdf({ ...objects, 2: "3 0 R", 3: "2 0 R" }),
      "an object that never ends": pdf({ ...objects, 5: "<< /A (" }),
      "objects that unpack to more than there is room for": pdf({
        ...objects,
        8: stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", deflateSync(Buffer.alloc(65 << 20, " "))),
      }),
      "many such objects": pdf({
        ...objects,
        ...Object.fromEntries(
          [8, 9].map((number) => [number, stream("/Type /ObjStm /N 0 /First 0 /Filter /FlateDecode", SPACES)]),
        ),
      }),
      "a row of brackets": pdf({ ...objects, 5: "[".repeat(100_000) }),
    },
  };
  for (const [error, files] of Object.entries(cases)) {
    for (const [name, bytes] of Object.entries(files)) {
      test(name, async () => {
        await assert.rejects(inspect(blobOf(bytes)), { name: error });
        await assert.rejects(clean(blobOf(bytes)), { name: error });
      });
    }
  }

  test("a document that is too large", async () => {
    const large = blobOf(pdf(objects), Buffer.alloc(DOCUMENT_LIMIT));
    await assert.rejects(clean(large), {
      name: "FileTooLarge",
      message: "Files of this kind can be cleaned up to 64 MB. It was left as it is.",
    });
  });
});

test("any damage gives a clean document or one of our errors", async () => {
  const [objects, trailer] = full();
  const wholes = [fullWithHistory(), compressed(objects, trailer), pdf(bare())];
  let cleaned = 0;
  for (let seed = 0; seed < 240; seed++) {
    try {
      const { blob, removed, left } = await clean(blobOf(damaged(wholes[seed % wholes.length], seed)));
      assert.deepEqual((await inspect(blob)).findings, []);
      const said = new Set(valuesOf(left, "still-there"));
      const whole = everything(await bytesOf(blob));
      for (const { value } of removed.filter((one) =>
        ["author", "software", "embedded-file", "note-author"].includes(one.key),
      )) {
        assert.ok(said.has(value) || (value ?? "").length < 6 || !whole.includes(value), `${seed}: ${value}`);
      }
      cleaned += 1;
    } catch (error) {
      const known = ["NotCleanable", "FileBroken", "FileEncrypted"];
      assert.ok(known.includes(error.name), `${seed}: ${error.stack}`);
    }
  }
  assert.ok(cleaned > 20, String(cleaned));
});
