// JPEG and PNG: what is taken out, what stays, and that nothing else can happen.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ADOBE,
  ADOBE_RGB,
  bytesOf,
  chunk,
  cleaner,
  damaged,
  exif,
  fullJpeg,
  fullPng,
  JFIF,
  jpeg,
  P3,
  PIXELS,
  png,
  profile,
  SECRETS,
  segment,
  uint32,
  XMP,
} from "./cleaning.mjs";

const { clean, FINDINGS, inspect, kindOf, LEFT } = await cleaner("pictures");

const keysOf = (list) => new Set(list.map(({ key }) => key));
const valuesOf = (list, key) => list.filter((one) => one.key === key).map(({ value }) => value);
const blobOf = (...parts) => new Blob(parts);
const ERRORS = ["NotCleanable", "FileBroken"];

function absent(bytes, texts) {
  const hex = bytes.toString("latin1").toLowerCase();
  for (const text of texts) {
    const wide = Buffer.from(text, "utf16le");
    for (const spelled of [Buffer.from(text), wide, Buffer.from(wide).swap16()]) {
      assert.equal(bytes.indexOf(spelled), -1, text);
      assert.equal(hex.includes(spelled.toString("hex")), false, text);
    }
  }
}

describe("a JPEG with everything in it", async () => {
  const whole = fullJpeg();
  const { blob, removed, left } = await clean(blobOf(whole));
  const cleaned = await bytesOf(blob);

  test("tells what it carries, in words that people know", () => {
    assert.deepEqual(valuesOf(removed, "camera"), ["Harbour Optics HO-1 Pro"]);
    assert.deepEqual(valuesOf(removed, "place"), ["52.51630, -13.37700", "Rotterdam", "Iptc City"]);
    assert.deepEqual(valuesOf(removed, "serial-number"), ["BODY-0123456789", "LENS-9876543210"]);
    assert.ok(valuesOf(removed, "author").includes("Ana & Bo Xmp"));
    assert.ok(valuesOf(removed, "author").includes("Iptc Byline"));
    assert.deepEqual(valuesOf(removed, "comment"), [
      "geheim für Ana",
      "from the second floor",
      "a comment by CommentTool",
      "between tables",
    ]);
    assert.deepEqual(valuesOf(removed, "colour-profile"), ["Screen of Ana, calibrated"]);
    for (const key of [
      "thumbnail",
      "preview",
      "exif",
      "xmp",
      "iptc",
      "maker-notes",
      "content-credentials",
      "trailing-data",
      "editing-history",
      "unknown-part",
      "resolution",
      "software",
      "date",
      "identifier",
      "lens",
      "copyright",
    ]) {
      assert.ok(keysOf(removed).has(key), key);
    }
  });

  test("is rid of all of it", async () => {
    absent(cleaned, [
      ...SECRETS,
      "Iptc Byline",
      "Iptc City",
      "CommentTool",
      "between tables",
      "between scans",
      "Ducky",
      "c2pa",
      "three seconds",
      "MPF",
      "Screen of Ana",
      "more of it",
      "saved for the web",
    ]);
    assert.deepEqual((await inspect(blob)).findings, []);
  });

  test("keeps every pixel, and how they are to be shown", () => {
    const turned = segment(
      0xe1,
      "Exif\0\0",
      Buffer.from("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", "latin1"),
    );
    const shape = segment(0xe0, "JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    const adobe = segment(0xee, "Adobe\0\x64\0\0\0\0\x01");
    const pixels = [...PIXELS, PIXELS.at(-1)];
    assert.equal(cleaned.toString("hex"), jpeg([shape, turned, adobe], { pixels }).toString("hex"));
    assert.deepEqual(valuesOf(left, "orientation"), ["6"]);
    assert.deepEqual(valuesOf(left, "colours-changed"), ["Screen of Ana, calibrated"]);
  });

  test("and what cannot be taken out is said", () => {
    for (const key of ["shown", "sensor-noise", "compression", "printer-dots", "watermark"]) {
      assert.ok(keysOf(left).has(key), key);
    }
    assert.ok(!keysOf(left).has("still-there"));
    assert.equal(blob.type, "image/jpeg");
  });
});

describe("a PNG with everything in it", async () => {
  const { blob, removed, left } = await clean(blobOf(fullPng()));
  const cleaned = await bytesOf(blob);

  test("tells what it carries", () => {
    assert.deepEqual(valuesOf(removed, "author").slice(0, 1), ["Ana Text"]);
    assert.deepEqual(valuesOf(removed, "title"), ["Überschrift"]);
    assert.deepEqual(valuesOf(removed, "property"), ["Machine host-of-ana"]);
    assert.deepEqual(valuesOf(removed, "unknown-part"), ["iDOT", "prVW"]);
    assert.deepEqual(valuesOf(removed, "trailing-data"), ["41"]);
    assert.ok(valuesOf(removed, "date").includes("2026-11-21 10:00:00"));
    assert.ok(valuesOf(removed, "comment").includes("compressed comment"));
    for (const key of [
      "camera",
      "place",
      "thumbnail",
      "exif",
      "xmp",
      "colour-profile",
      "resolution",
      "content-credentials",
    ]) {
      assert.ok(keysOf(removed).has(key), key);
    }
  });

  test("is rid of all of it", async () => {
    absent(cleaned, [
      ...SECRETS,
      "Ana Text",
      "Überschrift",
      "host-of-ana",
      "compressed comment",
      "private preview",
      "iDOT",
      "it was cropped",
      "c2pa",
      "Raw profile",
    ]);
    assert.deepEqual((await inspect(blob)).findings, []);
  });

  test("keeps every pixel, and how they are to be shown", () => {
    const turned = chunk(
      "eXIf",
      Buffer.from("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0", "latin1"),
    );
    const kept = [turned, chunk("gAMA", uint32(45455)), chunk("tRNS", Buffer.alloc(6))];
    assert.equal(cleaned.toString("hex"), png(kept).toString("hex"));
    assert.deepEqual(valuesOf(left, "orientation"), ["6"]);
  });
});

describe("what looks the same stays the same", () => {
  for (const [name, whole] of Object.entries({
    "a bare JPEG": jpeg(),
    "a JPEG with the shape of its pixels": jpeg([segment(0xe0, "JFIF\0\x01\x01\0\0\x01\0\x01\0\0")]),
    "a JPEG with pixels that are not square": jpeg([segment(0xe0, "JFIF\0\x01\x01\0\0\x02\0\x01\0\0")]),
    "a bare PNG": png(),
    "a PNG with pixels that are not square": png([chunk("pHYs", uint32(2), uint32(1), Buffer.from([0]))]),
    "an animation": png([
      chunk("acTL", uint32(2), uint32(0)),
      chunk("fcTL", Buffer.alloc(26)),
      chunk("fdAT", Buffer.alloc(9)),
    ]),
    "a PNG in the colours of everybody": png([
      chunk("cHRM", ...[31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000].map(uint32)),
    ]),
  })) {
    test(name, async () => {
      const { blob, removed } = await clean(blobOf(whole));
      assert.equal((await bytesOf(blob)).toString("hex"), whole.toString("hex"));
      assert.deepEqual(removed, []);
    });
  }

  test("pictures of an animation are counted", async () => {
    const { left } = await inspect(blobOf(png([chunk("acTL", uint32(7), uint32(0))])));
    assert.deepEqual(valuesOf(left, "animation"), ["7"]);
  });
});

describe("colours", () => {
  const inJpeg = (icc) =>
    jpeg(
      [
        segment(0xe2, "ICC_PROFILE\0\x01\x02", icc.subarray(0, 99)),
        segment(0xe2, "ICC_PROFILE\0\x02\x02", icc.subarray(99)),
      ].reverse(),
    );
  const spaces = {
    "Display P3": profile("Display P3 of this very telephone", { primaries: P3, srgbCurve: true }),
    "Adobe RGB (1998)": profile("Adobe RGB by this very camera", { primaries: ADOBE_RGB }),
  };
  for (const [name, icc] of Object.entries(spaces)) {
    test(`a profile of ${name} is replaced by one that everybody has`, async () => {
      const { blob, removed, left } = await clean(blobOf(inJpeg(icc)));
      const cleaned = await bytesOf(blob);
      assert.deepEqual(valuesOf(left, "neutral-profile"), [name]);
      assert.equal(keysOf(removed).has("colour-profile"), true);
      absent(cleaned, ["of this very telephone", "by this very camera"]);
      assert.ok(cleaned.includes("ICC_PROFILE\0\x01\x01"));
      const again = await clean(blob);
      assert.deepEqual(again.removed, []);
      assert.equal((await bytesOf(again.blob)).equals(cleaned), true);
    });
    test(`a profile of ${name} in a PNG too`, async () => {
      const { deflateSync } = await import("node:zlib");
      const { blob, left } = await clean(blobOf(png([chunk("iCCP", "x\0\0", deflateSync(icc))])));
      assert.deepEqual(valuesOf(left, "neutral-profile"), [name]);
      assert.deepEqual((await clean(blob)).removed, []);
    });
  }

  test("those primaries with another curve are another profile", async () => {
    const { left } = await clean(blobOf(inJpeg(profile("linear", { primaries: P3 }))));
    assert.deepEqual(valuesOf(left, "colours-changed"), ["linear"]);
  });

  test("sRGB is what a picture without a profile has", async () => {
    const { blob, removed, left } = await clean(blobOf(inJpeg(profile("sRGB IEC61966-2.1"))));
    assert.deepEqual(valuesOf(removed, "colour-profile"), ["sRGB IEC61966-2.1"]);
    assert.deepEqual(valuesOf(left, "colours-changed"), []);
    assert.equal((await bytesOf(blob)).equals(jpeg()), true);
  });
});

describe("EXIF", () => {
  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
    test(`a picture turned by ${orientation} stays so`, async () => {
      const { blob, left } = await clean(blobOf(jpeg([JFIF, segment(0xe1, "Exif\0\0", exif({ orientation }))])));
      assert.deepEqual(valuesOf(left, "orientation"), orientation === 1 ? [] : [String(orientation)]);
      assert.equal((await bytesOf(blob)).includes("Exif"), orientation !== 1);
      assert.deepEqual(valuesOf((await inspect(blob)).left, "orientation"), valuesOf(left, "orientation"));
    });
  }

  for (const orientation of [0, 9, 65535]) {
    test(`an orientation of ${orientation} is none`, async () => {
      const { blob } = await clean(blobOf(jpeg([segment(0xe1, "Exif\0\0", exif({ orientation }))])));
      assert.equal((await bytesOf(blob)).equals(jpeg()), true);
    });
  }

  test("something hidden in what looks like a mere orientation goes", async () => {
    const only = Buffer.from("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06ID\0\0\0\0", "latin1");
    const { blob, removed } = await clean(blobOf(jpeg([segment(0xe1, "Exif\0\0", only)])));
    assert.ok(keysOf(removed).has("exif"));
    assert.equal((await bytesOf(blob)).includes("ID"), false);
  });
});

describe("what is no picture, or a broken one", () => {
  const cases = {
    NotCleanable: {
      nothing: Buffer.alloc(0),
      text: Buffer.from("hello"),
      "a GIF": Buffer.from("GIF89a"),
      "a PNG with a chunk that a reader must know": png([chunk("ABCD")]),
      "a JPEG with a marker of nothing": jpeg([segment(0x02, "x")]),
      "a JPEG of JPEG-LS": jpeg([segment(0xf7, "x")]),
    },
    FileBroken: {
      "half a JPEG": fullJpeg().subarray(0, 1500),
      "a JPEG without pixels": Buffer.from([0xff, 0xd8, 0xff, 0xd9]),
      "a JPEG that ends in its pixels": jpeg().subarray(0, -2),
      "a JPEG with bytes between segments": jpeg([JFIF, Buffer.from("zz")]),
      "a segment of no size": jpeg([Buffer.from([0xff, 0xe1, 0, 1])]),
      "half a PNG": fullPng().subarray(0, 300),
      "a PNG without an end": png().subarray(0, -12),
      "a PNG that begins otherwise": png().subarray(0, 8),
      "a PNG with two headers": png([chunk("IHDR", Buffer.alloc(13))]),
      "a chunk beyond the end": png([Buffer.concat([uint32(0x7fffffff), Buffer.from("tEXt")])]),
      "a PNG without pixels": Buffer.concat([png().subarray(0, 33), chunk("IEND")]),
    },
  };
  for (const [error, files] of Object.entries(cases)) {
    for (const [name, bytes] of Object.entries(files)) {
      test(`${name} is refused`, async () => {
        await assert.rejects(inspect(blobOf(bytes)), { name: error });
        await assert.rejects(clean(blobOf(bytes)), { name: error });
      });
    }
  }

  test("any damage gives a clean file or one of our errors", async () => {
    const wholes = [fullJpeg(), fullPng(), jpeg([JFIF, ADOBE]), exif()];
    let cleaned = 0;
    for (let seed = 0; seed < 600; seed++) {
      const blob = blobOf(damaged(wholes[seed % wholes.length], seed));
      try {
        const result = await clean(blob);
        assert.deepEqual((await inspect(result.blob)).findings, []);
        absent(
          await bytesOf(result.blob),
          [...result.removed].map(({ value }) => value ?? "").filter((value) => value.length > 8),
        );
        cleaned += 1;
      } catch (error) {
        assert.ok(ERRORS.includes(error.name), `${seed}: ${error.stack}`);
      }
    }
    assert.ok(cleaned > 50, String(cleaned));
  });

  test("any EXIF, XMP, profile and resources are only data", async () => {
    const blocks = {
      "Exif\0\0": exif(),
      "http://ns.adobe.com/xap/1.0/\0": Buffer.from(XMP),
      "ICC_PROFILE\0\x01\x01": profile("x", { primaries: P3, srgbCurve: true }),
      "Photoshop 3.0\0": Buffer.from("8BIM\x04\x04\0\0\0\0\0\x0b\x1c\x02\x50\0\x06Byline", "latin1"),
    };
    for (let seed = 0; seed < 800; seed++) {
      const [name, block] = Object.entries(blocks)[seed % 4];
      const marker = [0xe1, 0xe1, 0xe2, 0xed][seed % 4];
      const { blob } = await clean(blobOf(jpeg([segment(marker, name, damaged(block, seed).subarray(0, 60_000))])));
      assert.deepEqual((await inspect(blob)).findings, []);
    }
  });
});

test("pixels are never loaded: a picture of any size takes little memory", async () => {
  const size = 1 << 28;
  const asked = [];
  const scan = Buffer.alloc(1 << 20, 0x11);
  const head = jpeg().subarray(0, -2);
  const real = blobOf(head, ...Array(size >> 20).fill(scan), Buffer.from([0xff, 0xd9]), "trailing text");
  const watched = new Proxy(real, {
    get: (target, name) => {
      const value = target[name];
      return name !== "slice"
        ? value
        : (from, to) => ({
            async arrayBuffer() {
              asked.push(to - from);
              return await target.slice(from, to).arrayBuffer();
            },
          });
    },
  });
  const { findings } = await inspect(watched);
  assert.deepEqual(findings, [{ key: "trailing-data", value: "13" }]);
  assert.ok(Math.max(...asked) <= 1 << 18, String(Math.max(...asked)));
});

test("a kind is known by what is inside", async () => {
  assert.equal(await kindOf(blobOf(jpeg())), "jpeg");
  assert.equal(await kindOf(blobOf(png())), "png");
  assert.equal(await kindOf(blobOf("\n%PDF-1.4")), "pdf");
  assert.equal(await kindOf(blobOf("<svg/>")), null);
});

test("every finding of these files is among those that pages have a text for", async () => {
  for (const whole of [fullJpeg(), fullPng()]) {
    const { removed, left } = await clean(blobOf(whole));
    removed.forEach(({ key }) => assert.ok(FINDINGS.includes(key), key));
    left.forEach(({ key }) => assert.ok(LEFT.includes(key), key));
  }
});
