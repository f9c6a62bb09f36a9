/** Rows: many values of 32 bytes under one key, at little cost each (docs/protocol.md, section 2). */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, wipe } from "./bytes.ts";
import { type Field, frame, HASH_SIZE, keyedHash } from "./hashing.ts";
import { LABELS } from "./labels.ts";

/** How many values one step derives. */
export const ROW_STEP = 128;

const STEP_SIZE = ROW_STEP * HASH_SIZE;
const NO_SALT = new Uint8Array(0);

interface Derivation {
  readonly derive: (info: Bytes) => Promise<Bytes>;
  readonly wipe: () => void;
}

/** `R[key](fields…)`, by the browser where it has HKDF, else in JavaScript. The last step is kept. */
export class Row {
  readonly #derivation: Derivation;
  #step = -1;
  #values: Promise<Bytes> = Promise.resolve(new Uint8Array(0));

  /** `subtle` is given by tests that want the one or the other. */
  constructor(key: Uint8Array, fields: readonly Field[], subtle: SubtleCrypto | null = globalThis.crypto?.subtle ?? null) {
    const own = keyedHash(key, ...fields);
    this.#derivation = subtle === null ? inJavaScript(own) : ofTheBrowser(own, subtle);
  }

  /** Value `index`, 32 bytes. */
  async at(index: number): Promise<Bytes> {
    const step = Math.floor(index / ROW_STEP);
    if (step !== this.#step) {
      this.#step = step;
      this.#values = this.#derivation.derive(frame([LABELS.row, step]));
    }
    const place = (index % ROW_STEP) * HASH_SIZE;
    return (await this.#values).slice(place, place + HASH_SIZE);
  }

  wipe(): void {
    this.#derivation.wipe();
    void this.#values.then((values) => wipe(values));
  }
}

function ofTheBrowser(key: Bytes, subtle: SubtleCrypto): Derivation {
  const handle = subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  // The browser has taken its copy by now, as importing begins with it.
  wipe(key);
  return {
    derive: async (info) => {
      const how = { name: "HKDF", hash: "SHA-256", salt: NO_SALT, info };
      return new Uint8Array(await subtle.deriveBits(how, await handle, 8 * STEP_SIZE));
    },
    wipe: () => undefined,
  };
}

function inJavaScript(key: Bytes): Derivation {
  return {
    derive: async (info) => concat(hkdf(sha256, key, NO_SALT, info, STEP_SIZE)),
    wipe: () => wipe(key),
  };
}
