// As much of Node's crypto as the operations use.
import { sha256 } from "@noble/hashes/sha2.js";

export function createHash(name) {
  if (name !== "sha256") {
    throw new Error(`The operations use no ${name}.`);
  }
  const hash = sha256.create();
  return {
    update(bytes) {
      hash.update(bytes);
      return this;
    },
    digest: (encoding) => (encoding === undefined ? hash.digest() : Buffer.from(hash.digest()).toString(encoding)),
  };
}
