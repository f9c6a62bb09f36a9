// What the vectors ask for by name (tests/vectors/README.md), done by the bundle. Each gives what a good vector gives.
import { createHash } from "node:crypto";
import { base64, bytesOf, documents, listOf, lists, protocol } from "./protocol.mjs";

const p = protocol;
const LAST_INDEX = 2 ** 32 - 1;
const ROLE_NUMBERS = { source: 0, reviewer: 1, custodian: 2, oversight: 3 };

const text = (bytes) => new TextDecoder().decode(bytes);
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("base64");
const fieldsOf = (fields) => fields.map((field) => (typeof field === "number" ? field : bytesOf(field)));
const identityOf = (given) => new p.Identity(bytesOf(given));
const signedOf = ({ payload, signature }) => ({ payload: bytesOf(payload), signature: bytesOf(signature) });
const sourceOf = ({ entropy, site }) => new p.Source(new p.Receipt(bytesOf(entropy)), bytesOf(site));
const readerOf = ({ identity, person }) => ({ identity: identityOf(identity), person });
const threadOf = ({ thread, recipient }) => new p.Thread(bytesOf(thread), new p.Recipient(bytesOf(recipient)));
const spelled = ({ body }) => base64(p.encodeBody(body));
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));

/** What the browser makes, which must be what JavaScript makes. */
function alike(browser, script) {
  if (JSON.stringify(browser) !== JSON.stringify(script)) {
    throw new TypeError("The browser and JavaScript do not agree.");
  }
  return browser;
}

async function values(row, indices) {
  return await Promise.all(indices.map(async (index) => base64(await row.at(index))));
}

function repeated({ repeat, size }) {
  const piece = Buffer.from(repeat, "base64");
  return new Uint8Array(size === 0 ? 0 : Buffer.alloc(size, piece));
}

function directoryOf({ document, today, site, memory }) {
  return p.readDirectory(p.utf8(documents[document]), {
    today,
    ...(site === undefined ? {} : { site: bytesOf(site) }),
    ...(memory === undefined ? {} : { memory: p.readMemory(p.utf8(memory)) }),
  });
}

function stateOf({ channel, chunks, streamNonce, readers }) {
  return { channel, chunks, stream_nonce: base64(streamNonce), readers: [...readers] };
}

const hashing = {
  frame: ({ fields }) => base64(p.frame(fieldsOf(fields))),
  hash({ fields, key, size }) {
    const keyed = () => p.keyedHashOf(size, bytesOf(key), ...fieldsOf(fields));
    return base64(key === "" ? p.hash(...fieldsOf(fields)) : keyed());
  },
  async row({ fields, key, indices }) {
    const rowBy = (subtle) => new p.Row(bytesOf(key), fieldsOf(fields), subtle);
    return alike(await values(rowBy(crypto.subtle), indices), await values(rowBy(null), indices));
  },
  roots({ roots }) {
    const keys = roots.map(bytesOf);
    const fingerprint = p.fingerprintOf({ roots: keys }, listOf("english")).join(" ");
    return { site: base64(p.siteOf(keys[0])), fingerprint };
  },
  verify({ key, fields, signature }) {
    p.verify(bytesOf(key), bytesOf(signature), ...fieldsOf(fields));
    return "signed";
  },
};

const keys = {
  recipient: ({ bytes }) => new p.Recipient(bytesOf(bytes)).toString(),
  "printed recipient": ({ text }) => base64(p.Recipient.parse(text).bytes),
  "printed identity": ({ text }) => base64(p.Identity.parse(text).bytes),
  identity: ({ secret }) => base64(identityOf(secret).recipient.bytes),
  "shared secret": ({ secret, recipient }) =>
    base64(identityOf(secret).sharedSecret(new p.Recipient(bytesOf(recipient)))),
};

const receipts = {
  words: ({ entropy, language }) => new p.Receipt(bytesOf(entropy)).words(listOf(language)).join(" "),
  receipt: ({ words, language }) => base64(p.readReceipt(words, lists, language).bytes),
};

const derivations = {
  async source({ entropy, site, stream_nonce: nonce }) {
    const source = sourceOf({ entropy, site });
    const first = source.thread.address(p.UP, 0);
    return {
      identity: base64(source.identity.bytes),
      recipient: base64(source.identity.recipient.bytes),
      thread: base64(source.thread.key),
      state_key: base64(source.stateKey),
      up: [0, 1, LAST_INDEX].map((index) => base64(source.thread.address(p.UP, index))),
      down: [0, 1, LAST_INDEX].map((index) => base64(source.thread.address(p.DOWN, index))),
      burn: base64(source.burnMessage(first)),
      burn_withdraw: base64(source.burnWithdraw(first)),
      burn_chunks: await values(source.burnChunks(bytesOf(nonce)), [0, 1, 128, 2 ** 20 - 1]),
      contact_identity: base64(source.contactIdentity().bytes),
      contact_address: times(2, (index) => base64(source.contactAddress(index))),
      contact_burn: times(2, (index) => base64(source.burnContact(index))),
    };
  },
  address: (given) => base64(threadOf(given).address(given.direction, given.index)),
  async "reply tokens"({ shared, address, stream_nonce: nonce, chunk }) {
    const tokens = new p.ReplyTokens(bytesOf(shared));
    const burn = tokens.burn(bytesOf(address));
    const chunks = base64(await tokens.burnChunks(bytesOf(nonce)).at(chunk));
    return { burn: base64(burn), burn_hash: base64(p.burnHashOf(burn)), burn_chunk: chunks };
  },
  async "burn hash"({ token }) {
    return alike(base64(p.burnHashOf(bytesOf(token))), base64(await p.burnHashOfChunk(bytesOf(token))));
  },
};

const bodies = {
  json({ json }) {
    p.decode(bytesOf(json));
    return "canonical";
  },
  pack({ json }) {
    const body = p.pack(bytesOf(json));
    return { size: body.length, digest: sha256(p.unpack(body)) };
  },
  unpack: ({ body }) => base64(p.unpack(bytesOf(body))),
  body({ json }) {
    const body = p.decodeBody(bytesOf(json));
    return { kind: body.kind, again: base64(p.encodeBody(body)) };
  },
};

const sealed = {
  open({ record, identity }) {
    const { json, record: opened, contentKey, authenticator } = p.open(bytesOf(record), identityOf(identity));
    return {
      body: base64(json),
      commitment: base64(opened.commitment),
      content_key: base64(contentKey),
      authenticator: base64(authenticator),
    };
  },
  "open with key": ({ record, content_key: key }) =>
    base64(p.openBody(new p.MessageRecord(bytesOf(record)), bytesOf(key))),
  "open state"(given) {
    const source = sourceOf(given);
    return stateOf(p.openOwn(bytesOf(given.record), source.identity, source.stateKey));
  },
  slots: ({ slots, identity }) => base64(p.openSlots(bytesOf(slots), identityOf(identity))),
  state({ payload, state_key: key, header, commitment }) {
    return stateOf(p.openState(bytesOf(payload), bytesOf(key), bytesOf(header), bytesOf(commitment)));
  },
};

const keyring = {
  directory(given) {
    const directory = directoryOf(given);
    const open = [...directory.open].map(([id, { number }]) => [id, number]);
    const closed = [...directory.closed].map(([id, { name }]) => [id, name]);
    return {
      site: base64(directory.site),
      serial: directory.keyring.serial,
      open: Object.fromEntries(open),
      closed: Object.fromEntries(closed),
      fingerprint: p.fingerprintOf(directory, listOf("english")).join(" "),
      memory: text(p.writeMemory(directory.memory)),
    };
  },
  author(given) {
    const { person, statement } = p.authorOf(directoryOf(given), signedOf(given.statement), given.person, given.day);
    return { name: person.name, role: ROLE_NUMBERS[person.role], number: statement.number };
  },
  statement({ statement, signing }) {
    const { person, number, recipient } = p.readStatement(signedOf(statement), bytesOf(signing));
    return { person, number, recipient: base64(recipient.bytes) };
  },
  succession({ succession, site }) {
    const { payload, old_signature: before, new_signature: after } = succession;
    const signed = { payload: bytesOf(payload), old_signature: bytesOf(before), new_signature: bytesOf(after) };
    const { old, new: successor } = p.readSuccession(signed, bytesOf(site));
    return [base64(old), base64(successor)];
  },
  enrolment({ request }) {
    const { name, role, signing } = p.readEnrolment(p.utf8(request));
    return { name, role: ROLE_NUMBERS[role], signing: base64(signing) };
  },
};

const reading = {
  "read from source": (given) => spelled(p.readFromSource(bytesOf(given.record), readerOf(given), bytesOf(given.site))),
  "read contact": (given) => spelled(p.readContact(bytesOf(given.record), readerOf(given), bytesOf(given.site))),
  "read reply": (given) =>
    spelled(p.readReply(bytesOf(given.record), readerOf(given), threadOf(given), directoryOf(given))),
  "read reply as source": (given) =>
    spelled(p.readReplyAsSource(bytesOf(given.record), sourceOf(given), directoryOf(given))),
  "check readers"({ reply, lists: given }) {
    const body = p.decodeBody(bytesOf(reply));
    const named = given.map(([index, commitment, readers]) => ({ index, commitment: bytesOf(commitment), readers }));
    p.checkReaders(body, named);
    return [...body.readers];
  },
  async "check readers as source"({ reply, newest, lists: given }) {
    const named = given.map(([index, commitment, readers]) => ({ index, commitment: bytesOf(commitment), readers }));
    const find = async (wanted) => named.find(({ index }) => index === wanted) ?? null;
    return { checked: await p.checkReadersAsSource(p.decodeBody(bytesOf(reply)), newest, find) };
  },
  "read act"(given) {
    const { body } = p.readAct(bytesOf(given.record), readerOf(given), directoryOf(given));
    const hash = body.kind === "event" ? base64(p.hashOfEvent(body, bytesOf(given.site))) : null;
    return { json: spelled({ body }), hash };
  },
  "inventory entry": ({ record }) => base64(p.inventoryEntry(bytesOf(record))),
  "meet streams"({ messages }) {
    const keys = new p.StreamKeys();
    for (const [key, commitment] of messages) {
      keys.meet(bytesOf(key), bytesOf(commitment));
    }
    return keys.size;
  },
};

const requests = {
  pass({ key, site, query, time, nonce, signature }) {
    p.checkPass({ query, time, nonce: bytesOf(nonce) }, bytesOf(signature), bytesOf(key), bytesOf(site));
    return "admitted";
  },
  work({ challenge, path, repeat, size, bits, nonce }) {
    const digest = createHash("sha256").update(repeated({ repeat, size })).digest();
    p.checkWork({ challenge: bytesOf(challenge), path, digest, bits }, bytesOf(nonce));
    return "done";
  },
};

/** The records and references of a stream, written from its vector. */
export async function written({ key, nonce, burn_key: burnKey, files, part }) {
  const chunks = [];
  const secrets = {
    key: bytesOf(key),
    nonce: bytesOf(nonce),
    burnTokens: new p.Row(bytesOf(burnKey), [p.LABELS.burnChunk, bytesOf(nonce)]),
  };
  const writer = await p.StreamWriter.begin(secrets, async (record) => void chunks.push(record));
  for (const file of files) {
    await writer.addFile(file.name, file.type, [repeated(file)]);
  }
  const table = writer.files;
  return { reference: await writer.finish(part === "" ? null : bytesOf(part)), files: table, chunks };
}

function spelledReference({ key, nonce, chunks, digest, part }) {
  const spelledPart = part === null ? null : { ...part, digest: base64(part.digest) };
  return { key: base64(key), nonce: base64(nonce), chunks, digest: base64(digest), part: spelledPart };
}

function readReference(changes) {
  const { key, nonce, digest, part } = changes;
  return {
    ...changes,
    ...(key === undefined ? {} : { key: bytesOf(key) }),
    ...(nonce === undefined ? {} : { nonce: bytesOf(nonce) }),
    ...(digest === undefined ? {} : { digest: bytesOf(digest) }),
    ...(part === undefined || part === null ? {} : { part: { ...part, digest: bytesOf(part.digest) } }),
  };
}

/** Streams of the vectors, written once each. `given` are the `streams` of the file. */
export function streamOperations(given) {
  const known = new Map();
  const streamOf = async (name) => {
    known.set(name, known.get(name) ?? written(given[name]));
    return await known.get(name);
  };
  return {
    async "write stream"({ stream }) {
      const { reference, files, chunks } = await written(stream);
      return {
        reference: spelledReference(reference),
        files: [...files],
        addresses: chunks.map((chunk) => base64(chunk.subarray(0, p.ADDRESS_SIZE))),
        chunks: chunks.map(sha256),
      };
    },
    padded: ({ counts }) => counts.map(p.padded),
    async "read stream"({ stream, edits, reference: changes, files }) {
      const whole = await streamOf(stream);
      const chunks = whole.chunks.map((chunk) => chunk.slice());
      for (const [edit, ...where] of edits) {
        await EDITS[edit](chunks, where, streamOf, given);
      }
      const reference = { ...whole.reference, ...readReference(changes) };
      return await readStream(reference, files ?? whole.files, chunks);
    },
  };
}

async function readStream(reference, files, chunks) {
  const reader = await p.StreamReader.begin(reference);
  const fetch = async (index) => chunks[index] ?? null;
  const content = reference.part === null ? null : await reader.readPart(fetch);
  const hashes = files.map(() => createHash("sha256"));
  await reader.readFiles(files, fetch, async (file, bytes) => void hashes[file].update(bytes));
  const read = files.map(({ name, size }, index) => [name, size, hashes[index].digest("base64")]);
  return { text: content?.text ?? null, files: read };
}

const EDITS = {
  flip: (chunks, [chunk, byte, bit]) => {
    chunks[chunk][byte] ^= 1 << bit;
  },
  swap: (chunks, [one, other]) => {
    [chunks[one], chunks[other]] = [chunks[other], chunks[one]];
  },
  cut: (chunks, [chunk]) => void chunks.splice(chunk, 1),
  copy: (chunks, [from, to]) => chunks[to].set(chunks[from].subarray(64), 64),
  async graft(chunks, [stream, index], streamOf) {
    chunks[index].set((await streamOf(stream)).chunks[index].subarray(64), 64);
  },
  async reseal(chunks, [stream, index, byte, last], _streamOf, given) {
    const key = p.keyedHash(bytesOf(given[stream].key), p.LABELS.chunkKey);
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(7, index);
    nonce[11] = last ? 1 : 0;
    const plaintext = new Uint8Array(p.CHUNK_TEXT_SIZE).fill(byte);
    const cipher = await p.chunkCipher(key);
    chunks[index].set(await cipher.encrypt(nonce, chunks[index].slice(0, 64), plaintext), 64);
  },
};

export const operations = {
  ...hashing,
  ...keys,
  ...receipts,
  ...derivations,
  ...bodies,
  ...sealed,
  ...keyring,
  ...reading,
  ...requests,
};
