"""Small writers of the file formats that sources attach: pictures, pages, letters, sheets, archives.

The same bytes come out every time and on every machine: no clock, no randomness, and nothing is
deflated, because two builds of zlib may pack the same bytes differently.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

Shade = Callable[[int, int], int]


def png(width: int, height: int, shade: Shade, comment: str) -> bytes:
    """Draw a grey picture, unpacked; `comment` is kept in it, as cameras and scanners do."""
    rows = b"".join(b"\0" + bytes(shade(x, y) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    text = b"Comment\0\0\0\0\0" + comment.encode()
    parts = ((b"IHDR", header), (b"iTXt", text), (b"IDAT", _zlib_stored(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def _zlib_stored(data: bytes) -> bytes:
    pieces = [data[at : at + 0xFFFF] for at in range(0, len(data), 0xFFFF)]
    blocks = b"".join(
        struct.pack("<BHH", at == len(pieces) - 1, len(piece), len(piece) ^ 0xFFFF) + piece
        for at, piece in enumerate(pieces)
    )
    return b"\x78\x01" + blocks + struct.pack(">I", zlib.adler32(data))


def jpeg(columns: int, rows: int, shade: Shade, place: tuple[float, float], maker: str) -> bytes:
    """Draw a grey picture of flat 8 × 8 blocks that says where and with which camera it was taken."""
    exif = b"Exif\0\0" + _tiff(place, maker)
    size = struct.pack(">BHHBBBB", 8, rows * 8, columns * 8, 1, 1, 0x11, 0)
    segments = (
        (0xE1, exif),
        (0xDB, b"\0" + b"\x08" * 64),  # every step 8, so that a block's one coefficient is its grey - 128
        (0xC0, size),
        (0xC4, b"\x00" + bytes((0, 0, 0, 12)) + bytes(12) + bytes(range(12))),
        (0xC4, b"\x10" + bytes((1,)) + bytes(15) + b"\0"),
        (0xDA, bytes((1, 1, 0, 0, 63, 0))),
    )
    head = b"".join(struct.pack(">BBH", 0xFF, mark, len(data) + 2) + data for mark, data in segments)
    bits = "".join(_block_bits(columns, rows, shade))
    bits += "1" * (-len(bits) % 8)
    body = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    return b"\xff\xd8" + head + body + b"\xff\xd9"


def _block_bits(columns: int, rows: int, shade: Shade) -> Iterator[str]:
    previous = 0
    for y in range(rows):
        for x in range(columns):
            grey = shade(x, y) - 128
            step, previous = grey - previous, grey
            length = abs(step).bit_length()
            value = step if step > 0 else step + (1 << length) - 1
            yield f"{length:04b}" + (f"{value:0{length}b}" if length else "") + "0"


def _tiff(place: tuple[float, float], maker: str) -> bytes:
    make = maker.encode() + b"\0"
    taken = b"2026:07:19 14:26:08\0"
    gps_at = 8 + 2 + 3 * 12 + 4
    make_at = gps_at + 2 + 4 * 12 + 4
    taken_at = make_at + len(make)
    south_at = taken_at + len(taken)
    gps = (
        struct.pack("<HHI4s", 1, 2, 2, b"S\0"),
        struct.pack("<HHII", 2, 5, 3, south_at),
        struct.pack("<HHI4s", 3, 2, 2, b"W\0"),
        struct.pack("<HHII", 4, 5, 3, south_at + 24),
    )
    main = (
        struct.pack("<HHII", 0x010F, 2, len(make), make_at),
        struct.pack("<HHII", 0x0132, 2, len(taken), taken_at),
        struct.pack("<HHII", 0x8825, 4, 1, gps_at),
    )
    tables = b"".join(struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4) for entries in (main, gps))
    return b"II*\0" + struct.pack("<I", 8) + tables + make + taken + b"".join(map(_degrees, place))


def _degrees(value: float) -> bytes:
    seconds = round(value * 3600)
    return struct.pack("<6I", seconds // 3600, 1, seconds // 60 % 60, 1, seconds % 60, 1)


def pdf(lines: list[str], title: str, author: str, drawing: str = "", script: str = "") -> bytes:
    """Set one page in a font that viewers bring along, for Latin, Chinese and Cyrillic letters."""
    shown = "".join(f"<{line.encode('utf-16-be').hex()}> Tj T*\n" for line in lines)
    stream = f"{drawing}\nBT /F 11 Tf 18 TL 50 780 Td\n{shown}ET"
    action = f" /OpenAction << /S /JavaScript /JS ({script}) >>" if script else ""
    bodies = [
        f"<< /Type /Catalog /Pages 2 0 R{action} >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
        (
            "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 8 0 R"
            " /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> >>"
        ),
        f"<< /Title <{_text_hex(title)}> /Author <{_text_hex(author)}> >>",
        (
            "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880]"
            " /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>"
        ),
    ]
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("ascii"))
    table = out.tell()
    out.write(f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode())
    out.write("".join(f"{place:010} 00000 n \n" for place in places).encode())
    out.write(f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R /Info 7 0 R >>\n".encode())
    out.write(f"startxref\n{table}\n%%EOF\n".encode())
    return out.getvalue()


def _text_hex(text: str) -> str:
    return "feff" + text.encode("utf-16-be").hex()


def packed(parts: dict[str, str | bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Make a zip file with the same date on every part."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.create_system, entry.compress_type = 3, method
            archive.writestr(entry, content)
    return out.getvalue()


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
FORMATS = "http://schemas.openxmlformats.org"
WORD, SHEET = f"{FORMATS}/wordprocessingml/2006/main", f"{FORMATS}/spreadsheetml/2006/main"
PACKAGE, OFFICE = f"{FORMATS}/package/2006", f"{FORMATS}/officeDocument/2006/relationships"
MIME = "application/vnd.openxmlformats-officedocument"


def _office(main: str, mime: str, author: str, parts: dict[str, str | bytes], types: str = "") -> bytes:
    return packed(
        {
            "[Content_Types].xml": f'{XML}<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/{main}" ContentType="{MIME}.{mime}.main+xml"/>'
            '<Override PartName="/docProps/core.xml" '
            f'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>{types}</Types>',
            "_rels/.rels": f'{XML}<Relationships xmlns="{PACKAGE}/relationships">'
            f'<Relationship Id="a" Type="{OFFICE}/officeDocument" Target="{main}"/><Relationship Id="b" '
            f'Type="{PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>',
            "docProps/core.xml": f'{XML}<c:coreProperties xmlns:c="{PACKAGE}/metadata/core-properties" '
            f'xmlns:d="http://purl.org/dc/elements/1.1/"><d:creator>{author}</d:creator>'
            f"<c:lastModifiedBy>{author}</c:lastModifiedBy></c:coreProperties>",
            **parts,
        }
    )


def docx(paragraphs: list[str], author: str) -> bytes:
    """Write a letter that names its author where a reader does not look."""
    body = "".join(f"<w:p><w:r><w:t>{_escaped(line)}</w:t></w:r></w:p>" for line in paragraphs)
    document = f'{XML}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    main = "word/document.xml"
    return _office(main, "wordprocessingml.document", author, {main: document})


def xlsx(sheets: dict[str, list[list[str]]], author: str) -> bytes:
    """Fill a workbook of which only the first sheet is shown; a cell that begins with = is a formula."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" state="{("hidden", "visible")[n == 1]}" r:id="s{n}"/>'
        for n, name in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="s{n}" Type="{OFFICE}/worksheet" Target="sheet{n}.xml"/>' for n in range(1, len(sheets) + 1)
    )
    types = "".join(
        f'<Override PartName="/xl/sheet{n}.xml" ContentType="{MIME}.spreadsheetml.worksheet+xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    book = f'{XML}<workbook xmlns="{SHEET}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
    linked = f'{XML}<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'
    parts: dict[str, str | bytes] = {"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": linked}
    for number, rows in enumerate(sheets.values(), 1):
        cells = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        parts[f"xl/sheet{number}.xml"] = f'{XML}<worksheet xmlns="{SHEET}"><sheetData>{cells}</sheetData></worksheet>'
    return _office("xl/workbook.xml", "spreadsheetml.sheet", author, parts, types)


def _cell(value: str) -> str:
    if value.startswith("="):
        return f"<c><f>{_escaped(value[1:])}</f></c>"
    return f'<c t="inlineStr"><is><t>{_escaped(value)}</t></is></c>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
