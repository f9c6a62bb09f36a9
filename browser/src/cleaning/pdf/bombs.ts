/**
 * A few bytes can unpack to more than a page has memory. The library unpacks streams of objects and tables wherever it
 * meets them and asks nobody, so it is made to ask here first.
 */
import { type PDFContext, PDFObjectStreamParser, type PDFRawStream, PDFXRefStreamParser } from "@cantoo/pdf-lib";
import { FileBroken } from "../errors.ts";
import { contentOf } from "./document.ts";

/** What all such streams of a document may unpack to. */
const LIMIT = 64 << 20;

const unpacked = new WeakMap<PDFContext, number>();

const { forStream: forObjects } = PDFObjectStreamParser;
const { forStream: forTable } = PDFXRefStreamParser;

/** Has an effect on the library, once. */
export function refuseBombs(): void {
  PDFObjectStreamParser.forStream = (stream, shouldWait) => forObjects(counted(stream), shouldWait);
  PDFXRefStreamParser.forStream = (stream) => forTable(counted(stream));
}

function counted(stream: PDFRawStream): PDFRawStream {
  const { context } = stream.dict;
  // Filters that nothing here knows are not for streams of objects.
  const size = contentOf(stream)?.length ?? LIMIT;
  const sum = (unpacked.get(context) ?? 0) + size;
  if (sum >= LIMIT) {
    throw new FileBroken();
  }
  unpacked.set(context, sum);
  return stream;
}
