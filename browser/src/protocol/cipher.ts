/**
 * AES-256-GCM of chunks (docs/protocol.md, section 8): the browser's own where it has one, else in JavaScript.
 *
 * A page that came without TLS has no Web Crypto. Both give the same bytes; the browser's is many times faster.
 */
import { gcm } from "@noble/ciphers/aes.js";
import { type Bytes, concat, wipe } from "./bytes.ts";
import { StreamAltered } from "./errors.ts";

export interface ChunkCipher {
  /** Ciphertext and tag. */
  readonly encrypt: (nonce: Bytes, associated: Bytes, plaintext: Bytes) => Promise<Bytes>;
  /** Throws `StreamAltered`. */
  readonly decrypt: (nonce: Bytes, associated: Bytes, ciphertext: Bytes) => Promise<Bytes>;
  readonly wipe: () => void;
}

const NAME = "AES-GCM";

/** A cipher under `key`, which it takes over. `subtle` is given by tests that want the one or the other. */
export async function chunkCipher(
  key: Bytes,
  subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle,
): Promise<ChunkCipher> {
  return subtle === undefined ? inJavaScript(key) : await ofTheBrowser(key, subtle);
}

async function ofTheBrowser(key: Bytes, subtle: SubtleCrypto): Promise<ChunkCipher> {
  const handle = await subtle.importKey("raw", key, NAME, false, ["encrypt", "decrypt"]);
  wipe(key);
  return {
    encrypt: async (iv, additionalData, plaintext) =>
      new Uint8Array(await subtle.encrypt({ name: NAME, iv, additionalData }, handle, plaintext)),
    decrypt: async (iv, additionalData, ciphertext) => {
      try {
        return new Uint8Array(await subtle.decrypt({ name: NAME, iv, additionalData }, handle, ciphertext));
      } catch {
        throw new StreamAltered();
      }
    },
    // The key lies where JavaScript cannot reach it, and goes with its handle.
    wipe: () => undefined,
  };
}

function inJavaScript(key: Bytes): ChunkCipher {
  return {
    encrypt: async (nonce, associated, plaintext) => concat(gcm(key, nonce, associated).encrypt(plaintext)),
    decrypt: async (nonce, associated, ciphertext) => {
      try {
        return concat(gcm(key, nonce, associated).decrypt(ciphertext));
      } catch {
        throw new StreamAltered();
      }
    },
    wipe: () => wipe(key),
  };
}
