// The cleaners as a page gets them, and pictures that carry everything a camera or a program leaves in them.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { crc32, deflateSync } from "node:zlib";
import { bundle } from "../build.mjs";

/** An entry of src/cleaning, bundled and minified. */
export async function cleaner(name) {
  const place = await mkdtemp(join(tmpdir(), "whistle-"));
  try {
    const file = join(place, `${name}.mjs`);
    await writeFile(file, await bundle(`src/cleaning/${name}.ts`));
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(place, { recursive: true });
  }
}

export async function bytesOf(blob) {
  return Buffer.from(await blob.arrayBuffer());
}

/** Numbers that look random and are the same in every run (mulberry32). */
export function* chance(seed) {
  for (let state = seed; ;) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** `whole` with a few bytes changed, taken out, doubled or cut off. */
export function damaged(whole, seed) {
  const draw = chance(seed);
  const next = (bound) => Math.floor(draw.next().value * bound);
  let bytes = Buffer.from(whole);
  for (let times = 1 + next(4); times > 0; times--) {
    const at = next(bytes.length);
    const size = next(40);
    const piece = bytes.subarray(at, at + size);
    bytes = [
      () => Buffer.concat([bytes.subarray(0, at), Buffer.from([next(256)]), bytes.subarray(at + 1)]),
      () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]),
      () => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]),
      () => bytes.subarray(0, at + 1),
      () =>
        Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(Array.from(piece, () => next(256))),
          bytes.subarray(at + size),
        ]),
    ][next(5)]();
  }
  return bytes;
}

// --- EXIF

const TYPES = { ascii: 2, short: 3, long: 4, rational: 5, bytes: 7 };
const WIDTHS = { ascii: 1, short: 2, long: 4, rational: 8, bytes: 1 };

function valueOf(type, value) {
  const all = [value].flat();
  switch (type) {
    case "ascii":
      return Buffer.from(`${value}\0`, "utf8");
    case "short":
      return Buffer.concat(all.map((one) => Buffer.from([one >> 8, one & 255])));
    case "long":
      return Buffer.concat(all.map(uint32));
    case "rational":
      return Buffer.concat(all.flatMap((one) => [uint32(Math.round(one * 100)), uint32(100)]));
    default:
      return Buffer.from(value);
  }
}

export function uint32(number) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number >>> 0);
  return bytes;
}

function uint16(number) {
  return uint32(number).subarray(2);
}

/** A table of `[tag, type, value]` that begins at `from`, and points to `behind`. */
function table(entries, from, behind = 0) {
  let outside = from + 2 + 12 * entries.length + 4;
  const heads = [];
  const values = [];
  for (const [tag, type, value] of entries) {
    const bytes = valueOf(type, value);
    const inside = bytes.length <= 4;
    const place = inside ? Buffer.concat([bytes, Buffer.alloc(4)]).subarray(0, 4) : uint32(outside);
    heads.push(uint16(tag), uint16(TYPES[type]), uint32(bytes.length / WIDTHS[type]), place);
    if (!inside) {
      values.push(bytes);
      outside += bytes.length;
    }
  }
  return Buffer.concat([uint16(entries.length), ...heads, uint32(behind), ...values]);
}

/** A block of EXIF as a telephone writes it, with what it took the picture of on a small one. */
export function exif({ orientation = 6 } = {}) {
  const gps = [
    [1, "ascii", "N"],
    [2, "rational", [52, 30, 58.68]],
    [3, "ascii", "W"],
    [4, "rational", [13, 22, 37.2]],
    [29, "ascii", "2026:11:20"],
  ];
  const inner = [
    [0x9003, "ascii", "2026:11:20 09:41:07"],
    [0x927c, "bytes", "Apple iOS\0\0\x01MM maker note of the maker"],
    [0x9286, "bytes", "ASCII\0\0\0from the second floor"],
    [0xa420, "ascii", "f00dfeedf00dfeedf00dfeed"],
    [0xa430, "ascii", "Ana Owner"],
    [0xa431, "ascii", "BODY-0123456789"],
    [0xa434, "ascii", "Lens 26mm f/1.6"],
    [0xa435, "ascii", "LENS-9876543210"],
  ];
  const picture = (exifAt, gpsAt) => [
    [0x010e, "ascii", "the ledger of the port"],
    [0x010f, "ascii", "Harbour Optics"],
    [0x0110, "ascii", "HO-1 Pro"],
    [0x0112, "short", orientation],
    [0x0131, "ascii", "PhotoTool 7.1"],
    [0x0132, "ascii", "2026:11:21 10:00:00"],
    [0x013b, "ascii", "Ana Author"],
    [0x8298, "ascii", "(c) Ana Author"],
    [0x8769, "long", exifAt],
    [0x8825, "long", gpsAt],
    [0x9c9c, "bytes", Buffer.from("geheim für Ana\0", "utf16le")],
  ];
  const small = Buffer.from("\xff\xd8small picture\xff\xd9", "latin1");
  const size = table(picture(0, 0), 8).length;
  const exifAt = 8 + size;
  const gpsAt = exifAt + table(inner, exifAt).length;
  const smallAt = gpsAt + table(gps, gpsAt).length;
  const thumbnail = [
    [0x0103, "short", 6],
    [0x0201, "long", smallAt + 2 + 12 * 3 + 4],
    [0x0202, "long", small.length],
  ];
  return Buffer.concat([
    Buffer.from("MM\0*\0\0\0\x08", "latin1"),
    table(picture(exifAt, gpsAt), 8, smallAt),
    table(inner, exifAt),
    table(gps, gpsAt),
    table(thumbnail, smallAt),
    small,
  ]);
}

export const XMP = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>
<rdf:Description xmp:CreatorTool="PhotoTool 7.1 (Macintosh)" xmpMM:DocumentID="xmp.did:aa11bb22" photoshop:City="Rotterdam">
<dc:creator><rdf:Seq><rdf:li>Ana &amp; Bo Xmp</rdf:li></rdf:Seq></dc:creator>
<xmpMM:History><rdf:Seq><rdf:li stEvt:action="saved" stEvt:softwareAgent="PhotoTool Agent"/></rdf:Seq></xmpMM:History>
</rdf:Description></rdf:RDF></x:xmpmeta>`;

/** What stands in the pictures below as text. */
export const SECRETS = [
  "Harbour Optics",
  "HO-1 Pro",
  "PhotoTool 7.1",
  "Ana Author",
  "Ana Owner",
  "BODY-0123456789",
  "LENS-9876543210",
  "2026:11:21 10:00:00",
  "2026:11:20 09:41:07",
  "f00dfeedf00dfeedf00dfeed",
  "the ledger of the port",
  "from the second floor",
  "geheim für Ana",
  "xmp.did:aa11bb22",
  "Rotterdam",
  "Ana & Bo Xmp",
  "maker note of the maker",
  "small picture",
  "PhotoTool Agent",
];

// --- JPEG

export function segment(marker, ...parts) {
  const payload = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
  return Buffer.concat([Buffer.from([0xff, marker]), uint16(payload.length + 2), payload]);
}

const QUANTISATION = segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)]));
const FRAME = segment(0xc0, Buffer.from([8, 0, 8, 0, 8, 1, 1, 0x11, 0]));
const ONE_CODE = [1, ...Array(15).fill(0), 0];
const CODES = segment(0xc4, Buffer.from([0x00, ...ONE_CODE, 0x10, ...ONE_CODE]));
// A scan of one grey block, then markers that are data, filling, and a second scan as progressive pictures have.
const SCAN = Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])), Buffer.from([0x3f])]);

/** A grey JPEG of 8 × 8 pixels: start, what a decoder needs, end. */
export const PIXELS = [QUANTISATION, FRAME, CODES, SCAN];

/** A JPEG with `extra` segments before its pixels, and bytes behind its end. */
export function jpeg(extra = [], { behind = Buffer.alloc(0), pixels = PIXELS } = {}) {
  return Buffer.concat([Buffer.from([0xff, 0xd8]), ...extra, ...pixels, Buffer.from([0xff, 0xd9]), behind]);
}

export const JFIF = segment(0xe0, "JFIF\0\x01\x02\x01\x01\x2c\x01\x2c\0\0");
export const ADOBE = segment(0xee, "Adobe\0\x65\x80\0\0\0\x01");

/** A JPEG with everything that cameras, telephones and programs leave. */
export function fullJpeg() {
  const iptc = (set, text) => Buffer.concat([Buffer.from([0x1c, 2, set]), uint16(text.length), Buffer.from(text)]);
  const records = Buffer.concat([iptc(80, "Iptc Byline"), iptc(90, "Iptc City")]);
  return jpeg(
    [
      segment(0xe0, "JFIF\0\x01\x02\x01\x01\x2c\x01\x2c\x01\x01\xff\x00\x00"),
      segment(0xe0, "JFXX\0\x10small"),
      segment(0xe1, "Exif\0\0", exif()),
      segment(0xe1, "http://ns.adobe.com/xap/1.0/\0", XMP),
      segment(0xe1, "http://ns.adobe.com/xmp/extension/\0", "more of it"),
      segment(0xe2, "MPF\0MM\0*"),
      segment(0xe2, "ICC_PROFILE\0\x01\x01", profile("Screen of Ana, calibrated")),
      segment(0xeb, "JP\0\x01\0\0\0\x01\0\0\0\x20jumbc2pa"),
      segment(0xed, "Photoshop 3.0\0", "8BIM\x04\x04\0\0", uint32(records.length), records),
      segment(0xed, "Ducky\0 saved for the web"),
      ADOBE,
      segment(0xfe, "a comment by CommentTool"),
    ],
    {
      behind: Buffer.concat([jpeg(), Buffer.from("ftypmp42 a film of three seconds")]),
      pixels: [QUANTISATION, segment(0xfe, "between tables"), FRAME, CODES, SCAN, segment(0xe5, "between scans"), SCAN],
    },
  );
}

// --- colour profiles

/** A profile (ICC version 2) with the primaries given, and a gamma of 2.2, or the curve of sRGB. */
export function profile(
  name,
  {
    primaries = [
      [0.5, 0.3, 0],
      [0.3, 0.6, 0.1],
      [0.1, 0.1, 0.7],
    ],
    srgbCurve = false,
  } = {},
) {
  const fixed = (number) => uint32(Math.round(number * 65536));
  const xyz = (parts) => Buffer.concat([Buffer.from("XYZ \0\0\0\0"), ...parts.map(fixed)]);
  const curve = srgbCurve
    ? Buffer.concat([Buffer.from("para\0\0\0\0\0\x03\0\0"), ...[2.4, 0.948, 0.052, 0.077, 0.04].map(fixed)])
    : Buffer.from("curv\0\0\0\0\0\0\0\x01\x02\x33\0\0", "latin1");
  const description = Buffer.concat([Buffer.from("desc\0\0\0\0"), uint32(name.length + 1), Buffer.from(`${name}\0`)]);
  const tags = [
    ["desc", description],
    ...primaries.map((primary, index) => [`${"rgb"[index]}XYZ`, xyz(primary)]),
    ...[..."rgb"].map((colour) => [`${colour}TRC`, curve]),
  ];
  let from = 132 + 12 * tags.length;
  const heads = tags.map(([sign, value]) => {
    const head = Buffer.concat([Buffer.from(sign), uint32(from), uint32(value.length)]);
    from += value.length;
    return head;
  });
  const header = Buffer.concat([Buffer.alloc(36), Buffer.from("acsp"), Buffer.alloc(88)]);
  return Buffer.concat([header, uint32(tags.length), ...heads, ...tags.map(([, value]) => value)]);
}

export const P3 = [
  [0.51512, 0.2412, -0.00105],
  [0.29198, 0.69225, 0.04189],
  [0.1571, 0.06657, 0.78407],
];
export const ADOBE_RGB = [
  [0.60974, 0.31111, 0.01947],
  [0.20528, 0.62567, 0.06087],
  [0.14919, 0.06322, 0.74457],
];

// --- PNG

export function chunk(name, ...parts) {
  const body = Buffer.concat(
    [name, ...parts].map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)),
  );
  return Buffer.concat([uint32(body.length - 4), body, uint32(crc32?.(body) ?? slowCrc32(body))]);
}

function slowCrc32(bytes) {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
    }
  }
  return ~sum;
}

const SIGNATURE = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const HEADER = chunk("IHDR", uint32(2), uint32(2), Buffer.from([8, 2, 0, 0, 0]));
const ROWS = chunk("IDAT", deflateSync(Buffer.from([0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12])));
const LAST = chunk("IEND");

/** A PNG of 2 × 2 pixels with `extra` chunks before them, and bytes behind its end. */
export function png(extra = [], { behind = Buffer.alloc(0) } = {}) {
  return Buffer.concat([SIGNATURE, HEADER, ...extra, ROWS, LAST, behind]);
}

/** A PNG with everything that cameras, telephones and programs leave. */
export function fullPng() {
  return png(
    [
      chunk("gAMA", uint32(45455)),
      chunk("cHRM", ...Array(8).fill(uint32(30000))),
      chunk("iCCP", "Screen\0\0", deflateSync(profile("Screen of Ana, calibrated"))),
      chunk("pHYs", uint32(5669), uint32(5669), Buffer.from([1])),
      chunk("tIME", Buffer.from([0x07, 0xea, 11, 21, 10, 0, 0])),
      chunk("tEXt", "Author\0Ana Text"),
      chunk("tEXt", "Raw profile type exif\0\nexif\n 12\n4d4d002a0000"),
      chunk("zTXt", "Comment\0\0", deflateSync(Buffer.from("compressed comment"))),
      chunk("iTXt", "Title\0\0\0en\0Titel\0", Buffer.from("Überschrift")),
      chunk("iTXt", "XML:com.adobe.xmp\0\0\0\0\0", XMP),
      chunk("iTXt", "Machine\0\x01\0\0\0", deflateSync(Buffer.from("host-of-ana"))),
      chunk("eXIf", exif()),
      chunk("caBX", "jumb of c2pa"),
      chunk("iDOT", Buffer.alloc(28)),
      chunk("prVW", "private preview"),
      chunk("tRNS", Buffer.alloc(6)),
    ],
    { behind: Buffer.from("rest of the picture before it was cropped") },
  );
}
