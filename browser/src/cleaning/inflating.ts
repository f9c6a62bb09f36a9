/** Decompression that stops at a limit: a few bytes could otherwise grow until the page has no memory left. */
import { Inflate } from "pako";
import { type Bytes, concat } from "../protocol/bytes.ts";

/** What `compressed` (zlib) holds, or `null` where it is damaged or larger than `limit` bytes. */
export function inflated(compressed: Uint8Array, limit: number): Bytes | null {
  const inflate = new Inflate({ chunkSize: 1 << 16 });
  const pieces: Uint8Array[] = [];
  let size = 0;
  inflate.onData = (piece) => {
    size += piece.length;
    if (size > limit) {
      throw new RangeError("more than the limit");
    }
    pieces.push(piece.slice());
  };
  try {
    inflate.push(compressed, true);
  } catch {
    return null;
  }
  return inflate.err === 0 && inflate.ended ? concat(...pieces) : null;
}
