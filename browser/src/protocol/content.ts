/** What a message says, and the reference to the stream that carries the rest (docs/protocol.md, sections 6 and 8). */
import { type Bytes, isZero } from "./bytes.ts";
import { decode, encode, type Json } from "./canonical.ts";
import {
  bytes,
  type Codec,
  integer,
  isObject,
  json,
  list,
  matching,
  nullable,
  type Of,
  struct,
  text,
  where,
} from "./fields.ts";
import { CHUNK_LIMIT, CHUNK_MINIMUM, STREAM_NONCE_SIZE } from "./state.ts";

export const FILE_LIMIT = 1000;
export const FILE_NAME_LIMIT = 1024;
export const FILE_TYPE_LIMIT = 128;
export const PART_LIMIT = 16_777_216;
export const STREAM_KEY_SIZE = 32;
export const DIGEST_SIZE = 32;

const QUESTIONNAIRE_FORM = /^[a-z][a-z0-9-]{0,62}\/[1-9][0-9]{0,8}$/;
const QUESTION_FORM = /^[a-z][a-z0-9_]{0,62}$/;

type Answers = { readonly [question: string]: Json };

export const questionnaire: Codec<string> = matching(QUESTIONNAIRE_FORM);

const answerValues = where(
  json as Codec<Answers>,
  (values) => isObject(values) && Object.keys(values).every((name) => QUESTION_FORM.test(name)),
);

const fileEntry = struct({
  name: text(FILE_NAME_LIMIT),
  type: text(FILE_TYPE_LIMIT),
  size: integer(0),
  chunk: integer(0, CHUNK_LIMIT),
});

export const content = struct({
  text: text(),
  answers: nullable(struct({ questionnaire, values: answerValues })),
  files: list(fileEntry, FILE_LIMIT),
});

const part = struct({
  size: integer(1, PART_LIMIT),
  chunk: integer(0, CHUNK_LIMIT),
  digest: bytes(DIGEST_SIZE),
});

export const streamReference = struct({
  key: bytes(STREAM_KEY_SIZE),
  nonce: where(bytes(STREAM_NONCE_SIZE), (nonce) => !isZero(nonce)),
  chunks: integer(CHUNK_MINIMUM, CHUNK_LIMIT),
  digest: bytes(DIGEST_SIZE),
  part: nullable(part),
});

export type FileEntry = Of<typeof fileEntry>;
export type Content = Of<typeof content>;
export type Part = Of<typeof part>;
export type StreamReference = Of<typeof streamReference>;

/** Whether content and stream are one of the four combinations of section 6. */
export function fit(content: Content | null, stream: StreamReference | null): boolean {
  if (content === null) {
    return stream !== null && stream.part !== null;
  }
  return stream === null ? content.files.length === 0 : content.files.length > 0 && stream.part === null;
}

/** The content that a stream's part spells. Throws `BodyMalformed`. */
export function decodeContent(spelled: Uint8Array): Content {
  return content.read(decode(spelled));
}

/** The part that spells a content. Throws `BodyMalformed`. */
export function encodeContent(value: Content): Bytes {
  return encode(content.write(value));
}
