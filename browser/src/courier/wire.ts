/** The names and sizes of the HTTP interface (docs/protocol.md, section 9). */
export const KEYRING_PATH = "/v1/keyring";
export const MESSAGES_PATH = "/v1/messages";
export const CHUNKS_PATH = "/v1/chunks";
export const LOOK_PATH = "/v1/look";
export const FETCH_PATH = "/v1/fetch";
export const BURN_PATH = "/v1/burn";

/** Carries the nonce (hex) of the proof of work, which each `POST` has. */
export const WORK_HEADER = "Whistle-Work";
export const OCTETS = "application/octet-stream";

export const LOOK_COUNT = 128;
export const LOOK_ANSWER_SIZE = 16;
export const FETCH_COUNT = 8;
export const BURN_COUNT = 8;
export const PUT_CHUNK_LIMIT = 32;

export const PUBLISHED_LIMIT = 4 * 2 ** 20;
/** Bits of work that a client does at most for one request. */
export const WORK_LIMIT = 24;
