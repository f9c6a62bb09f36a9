/** Packed bodies: JSON of any length in 13,199 bytes (docs/protocol.md, section 5). */
import { Deflate, Inflate } from "pako";
import { type Bytes, concat, isZero } from "./bytes.ts";
import { BodyMalformed, TooLarge } from "./errors.ts";

export const BODY_SIZE = 13_199;
export const BODY_JSON_LIMIT = 131_072;

const LENGTH_SIZE = 4;
export const BODY_TEXT_LIMIT = BODY_SIZE - LENGTH_SIZE;

const BEST = { raw: true, level: 9, memLevel: 9 } as const;
const INFLATE_STEP = 16_384;

/** A packed body. Throws `TooLarge` where it does not fit, or has more than 131,072 bytes of JSON. */
export function pack(json: Uint8Array): Bytes {
  const compressed = json.length > BODY_JSON_LIMIT ? null : compress(json);
  if (compressed === null || compressed.length > BODY_TEXT_LIMIT) {
    throw new TooLarge();
  }
  const body = new Uint8Array(BODY_SIZE);
  new DataView(body.buffer).setUint32(0, compressed.length, true);
  body.set(compressed, LENGTH_SIZE);
  return body;
}

/** The JSON of a packed body. Throws `BodyMalformed`. */
export function unpack(body: Uint8Array): Bytes {
  if (body.length !== BODY_SIZE) {
    throw new BodyMalformed();
  }
  const length = new DataView(body.buffer, body.byteOffset, LENGTH_SIZE).getUint32(0, true);
  if (length > BODY_TEXT_LIMIT || !isZero(body.subarray(LENGTH_SIZE + length))) {
    throw new BodyMalformed();
  }
  return decompress(body.subarray(LENGTH_SIZE, LENGTH_SIZE + length));
}

function compress(json: Uint8Array): Uint8Array {
  const deflate = new Deflate(BEST);
  if (!deflate.push(json, true)) {
    throw new TooLarge();
  }
  return deflate.result;
}

/** Stops at the limit: a few bytes could otherwise grow until the page has no memory left. */
function decompress(compressed: Uint8Array): Bytes {
  const inflate = new Inflate({ raw: true, chunkSize: INFLATE_STEP });
  const pieces: Uint8Array[] = [];
  let size = 0;
  let unread = () => 0;
  inflate.onStart = (stream) => {
    unread = () => stream.avail_in;
  };
  inflate.onData = (piece) => {
    size += piece.length;
    if (size > BODY_JSON_LIMIT) {
      throw new BodyMalformed();
    }
    pieces.push(piece.slice());
  };
  const ended = inflate.push(compressed, true);
  // Bytes that are left behind the end of the stream would be a place to hide something.
  if (!ended || !inflate.ended || inflate.err !== 0 || unread() !== 0) {
    throw new BodyMalformed();
  }
  return concat(...pieces);
}
