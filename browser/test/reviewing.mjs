// What reviewers do, for tests of sources: fetch, open, answer, and misbehave.
import { sealReply } from "./people.mjs";
import { protocol as p } from "./protocol.mjs";

/** The record at an address, or `null`. */
export async function recordAt(courier, address) {
  const others = Array.from({ length: 7 }, () => p.randomBytes(32));
  const [record] = await courier.fetch([address, ...others]);
  return p.equal(record.subarray(0, 32), address) ? record : null;
}

/** What `person` reads at an index of the source's thread. Throws as the protocol does. */
export async function readUp(courier, person, keys, index = 0) {
  const record = await recordAt(courier, keys.thread.address(p.UP, index));
  return p.readFromSource(record, { person: person.id, identity: person.identity }, keys.site);
}

/** The content of a message, from its stream where it is there, and the bytes of every file. */
export async function readWhole(courier, { content, stream }) {
  if (stream === null) {
    return { content, files: [] };
  }
  const reader = await p.StreamReader.begin(stream);
  const fetch = async (index) => await recordAt(courier, await reader.address(index));
  const whole = content ?? (await reader.readPart(fetch));
  const files = whole.files.map(() => []);
  await reader.readFiles(whole.files, fetch, async (file, bytes) => void files[file].push(bytes));
  return { content: whole, files: files.map((pieces) => p.concat(...pieces)) };
}

/** Puts an answer of `author`, read by `readers`, that says it opened the `echoed` messages; with files, if any. */
export async function answer(courier, author, keys, readers, { echoed = [], files = [], text, ...changes } = {}) {
  const content = { text: text ?? "Thank you. When was this?", answers: null, files: [] };
  const written =
    files.length === 0 && text === undefined
      ? { content, stream: null }
      : await write(courier, author, keys, content, files);
  const echoes = echoed.map(({ body, commitment }) => [body.index, commitment]);
  const sealed = sealReply(author, keys, keys.site, readers, { echoes, ...written, ...changes });
  return sealed;
}

/** Puts the chunks of a reply, its text among them. */
async function write(courier, author, keys, content, files) {
  const tokens = new p.ReplyTokens(author.identity.sharedSecret(keys.identity.recipient));
  const nonce = p.randomBytes(8);
  const secrets = { key: p.randomBytes(32), nonce, burnTokens: tokens.burnChunks(nonce) };
  const writer = await p.StreamWriter.begin(secrets, async (record) => await courier.putChunks([record]));
  for (const [name, data] of files) {
    await writer.addFile(name, "application/octet-stream", [data]);
  }
  const stream = await writer.finish(p.encodeContent({ ...content, files: writer.files }));
  return { content: null, stream };
}
