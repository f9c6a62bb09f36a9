// For bench/browser.py: how fast this page seals a chosen file as a message, and how fast the browser's own cipher is, and
// its reading of files by itself.
import { protocol as p, source as s } from "/client.js";

/** When the last chunks came to the end of their sealing. */
let sealedLast = 0;

/** Takes everything and keeps nothing: sealing alone is measured. */
const nowhere = {
  keyring: async () => new Uint8Array(),
  putMessage: async () => {},
  putChunks: async () => {
    sealedLast = performance.now();
  },
  look: async (addresses) => addresses.map(() => false),
  fetch: async (addresses) => addresses.map(() => p.randomBytes(p.RECORD_SIZE)),
  burn: async () => {},
};

async function seconds(act) {
  const begun = performance.now();
  await act();
  return (performance.now() - begun) / 1000;
}

/** Seconds that sealing a file takes; the message that names it is sealed afterwards, as that of any text. */
async function sealed(file, today) {
  const published = new Uint8Array(await (await fetch("/keyring")).arrayBuffer());
  const directory = p.readDirectory(published, { today });
  const source = new s.Source(nowhere, directory, p.Receipt.create());
  const draft = { text: "See the file.", language: "en", channel: 1, readers: [1, 2] };
  const sending = await source.prepare(draft, [{ name: file.name, type: "", blob: file }]);
  const begun = performance.now();
  await sending.send();
  return (sealedLast - begun) / 1000;
}

const AT_ONCE = 32;

/** AES-GCM under a fresh key, of one piece after the other. */
async function cipher() {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const additionalData = new Uint8Array(p.ADDRESS_SIZE + p.HASH_SIZE);
  return (index, piece) => {
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setUint32(7, index);
    return crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, piece);
  };
}

/** Seconds that AES-GCM of as many bytes in pieces of a chunk takes, from memory, as many at once as one request holds. */
async function bare(size) {
  const encrypt = await cipher();
  const piece = crypto.getRandomValues(new Uint8Array(p.CHUNK_TEXT_SIZE));
  return await seconds(async () => {
    for (let first = 0; first < size / piece.length; first += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, place) => encrypt(first + place, piece)));
    }
  });
}

/** Seconds that reading a file takes, four megabytes after the other. */
async function reading(file) {
  const stride = 4 * AT_ONCE * p.CHUNK_TEXT_SIZE;
  return await seconds(async () => {
    for (let from = 0; from < file.size; from += stride) {
      await file.slice(from, from + stride).arrayBuffer();
    }
  });
}

/** AES-GCM of the file itself, the next four megabytes of which are read meanwhile. */
async function bareOfFile(file) {
  const encrypt = await cipher();
  const stride = AT_ONCE * p.CHUNK_TEXT_SIZE;
  const read = (from) => file.slice(from, from + 4 * stride).arrayBuffer();
  return await seconds(async () => {
    let reading = read(0);
    for (let from = 0; from < file.size; from += 4 * stride) {
      const bytes = new Uint8Array(await reading);
      reading = read(from + 4 * stride);
      for (let first = 0; first < bytes.length; first += stride) {
        const pieces = Array.from({ length: AT_ONCE }, (_, place) => first + place * p.CHUNK_TEXT_SIZE);
        await Promise.all(pieces.map((at) => encrypt(from + at, bytes.subarray(at, at + p.CHUNK_TEXT_SIZE))));
      }
    }
  });
}

const ROUNDS = 5;

async function rounds(file, today) {
  const all = [];
  for (let round = 0; round < ROUNDS; round++) {
    all.push([await bare(file.size), await reading(file), await bareOfFile(file), await sealed(file, today)]);
  }
  return all;
}

const field = document.querySelector("input");
field.addEventListener("change", async () => {
  const today = new Date().toISOString().slice(0, 10);
  document.querySelector("output").textContent = JSON.stringify(await rounds(field.files[0], today));
});
