// An organisation and a source for tests: real keys, real signatures, new for each run.
import { protocol as p } from "./protocol.mjs";

export const TODAY = day(0);

/** The day, in UTC, so many days from now. */
function day(away) {
  return new Date(Date.now() + away * 86_400_000).toISOString().slice(0, 10);
}

/** Somebody with an Identity of the day and a signing key. */
export function newPerson(id, role) {
  const secret = p.randomBytes(32);
  return { id, role, secret, identity: p.Identity.create() };
}

/** A published document of `people`, verified. */
export function newOrganisation(...people) {
  const rootSecret = p.randomBytes(32);
  const root = p.publicKeyOf(rootSecret);
  const site = p.siteOf(root);
  const enrolled = people.map(({ id, role, secret }) => ({
    id,
    name: `Person ${id}`,
    role,
    signing: p.publicKeyOf(secret),
    statement_minimum: 1,
  }));
  const keyring = p.signKeyring(
    {
      organisation: "Harbour Watch",
      first_root: root,
      channels: [{ id: 1, name: "Everything", questionnaire: "story/1", people: people.map(({ id }) => id) }],
      people: enrolled,
      former: [],
      minimum_version: 1,
      serial: 1,
      issued: day(-30),
      expires: day(100),
    },
    rootSecret,
  );
  const statements = people.map((person) => statementOf(person, site));
  const document = published(keyring, statements);
  return {
    site,
    rootSecret,
    keyring,
    statements,
    document,
    directory: p.readDirectory(document, { today: TODAY, site }),
  };
}

export function statementOf({ id, secret, identity }, site) {
  const days = { first: day(-10), last: day(10) };
  return p.signStatement({ site, person: id, number: 1, recipient: identity.recipient, ...days }, secret);
}

export function spelled({ payload, signature }) {
  return { payload: p.toBase64(payload), signature: p.toBase64(signature) };
}

export function published(keyring, statements) {
  const challenge = p.toBase64(new Uint8Array(32));
  return p.encode({
    keyring: spelled(keyring),
    successions: [],
    statements: statements.map(spelled),
    challenge,
    work: 0,
  });
}

export function newSource(site) {
  return new p.Source(p.Receipt.create(), site);
}

/** A first message of `source` to `readers`, sealed. */
export function sealReport(source, site, readers, changes = {}) {
  const address = source.thread.address(p.UP, 0);
  const people = readers.map(({ id }) => id);
  const body = p.encodeBody({
    kind: "message",
    recipient: source.identity.recipient,
    thread: source.thread.key,
    index: 0,
    previous: null,
    day: TODAY,
    language: "en",
    channel: 1,
    readers: people,
    reference: null,
    content: { text: "The tender was fixed.", answers: null, files: [] },
    stream: null,
    ...changes,
  });
  return p.seal(body, {
    site,
    address,
    burnHash: p.burnHashOf(source.burnMessage(address)),
    sender: { role: "source", person: 0 },
    identity: source.identity,
    readers: readers.map(({ identity }) => identity.recipient),
    own: {
      state: { channel: 1, chunks: 0, streamNonce: new Uint8Array(8), readers: people },
      stateKey: source.stateKey,
    },
  });
}

/** An answer of `author`, sealed to the source and to `readers`. */
export function sealReply(author, source, site, readers, changes = {}) {
  const address = source.thread.address(p.DOWN, changes.index ?? 0);
  const tokens = new p.ReplyTokens(author.identity.sharedSecret(source.identity.recipient));
  const body = p.encodeBody({
    kind: "reply",
    index: 0,
    day: TODAY,
    language: "en",
    author: author.id,
    statement: statementOf(author, site),
    readers: readers.map(({ id }) => id),
    echoes: [],
    content: { text: "Thank you. When was this?", answers: null, files: [] },
    stream: null,
    ...changes,
  });
  return p.seal(body, {
    site,
    address,
    burnHash: p.burnHashOf(tokens.burn(address)),
    sender: { role: author.role, person: author.id },
    identity: author.identity,
    readers: [source.identity.recipient, ...readers.map(({ identity }) => identity.recipient)],
  });
}
