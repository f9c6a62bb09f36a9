// A source in the page, against the real intake: reports, visits, follow-ups, replies, withdrawals.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { Intake, Watch } from "./intake.mjs";
import { newPerson } from "./people.mjs";
import { protocol as p, source as s } from "./protocol.mjs";
import { answer, readUp, readWhole, recordAt } from "./reviewing.mjs";

const [ana, boon, chitra] = [newPerson(1, "reviewer"), newPerson(2, "reviewer"), newPerson(3, "custodian")];
const TEXT = "The tender was fixed. “Alles” — 招标是假的, тендер подстроен.";
let intake;
before(async () => {
  intake = await Intake.open([ana, boon, chitra]);
});
after(async () => await intake.close());

const draft = (changes = {}) => ({ text: TEXT, language: "en", channel: 1, readers: [1, 2], ...changes });

async function reported(changes, attachments) {
  const made = await intake.source();
  const sent = await (await made.source.prepare(draft(changes), attachments)).send();
  return { ...made, sent };
}

async function put(courier, sealed) {
  await courier.putMessage(sealed.bytes);
  return sealed;
}

test("a report is read by those it names and by nobody else", async () => {
  const { keys, courier, sent } = await reported({ readers: [2] });
  assert.deepEqual(sent.readers, ["Person 2"]);
  const { body, commitment } = await readUp(courier, boon, keys);
  assert.equal(body.content.text, TEXT);
  assert.deepEqual(commitment, sent.commitment);
  assert.deepEqual([body.index, body.previous, body.readers, body.stream], [0, null, [2], null]);
  for (const person of [ana, chitra]) {
    await assert.rejects(readUp(courier, person, keys), { name: "NotForMe" });
  }
});

test("everybody of a channel is shown, and nobody is chosen who cannot be written to", () => {
  const { directory } = intake.organisation;
  const seen = (selected) =>
    s.choices(directory, 1, selected).map(({ person, selected, custodian }) => [person.id, selected, custodian]);
  assert.deepEqual(seen(null), [
    [1, true, false],
    [2, true, false],
    [3, true, true],
  ]);
  assert.deepEqual(seen([2]), [
    [1, false, false],
    [2, true, false],
    [3, false, true],
  ]);
  const closed = { ...directory, closed: new Map([[2, new p.StatementRejected()]]) };
  assert.deepEqual(
    s.choices(closed, 1).map(({ selected, closed }) => [selected, closed?.name]),
    [
      [true, undefined],
      [false, "StatementRejected"],
      [true, undefined],
    ],
  );
  assert.throws(() => s.choices(directory, 9), { name: "KeyringMalformed" });
});

test("what cannot be sent is refused before anything is put", async () => {
  const watch = await Watch.before(intake);
  const { source } = await intake.source({ base: watch.base });
  watch.taken();
  const refused = async (changes, name, files = []) =>
    await assert.rejects(source.prepare(draft(changes), files), { name });
  await refused({ readers: [] }, "NobodyToRead");
  await refused({ readers: [1, 3] }, "ReaderUnavailable");
  await refused({ readers: [77] }, "ReaderUnavailable");
  await refused({ contact: "me", custodians: [] }, "NobodyToRead");
  await refused({ contact: "me", custodians: [1] }, "ReaderUnavailable");
  await refused({ contact: "\ud800", custodians: [3] }, "BodyMalformed");
  await refused({ text: "half \ud800" }, "BodyMalformed");
  await refused({ text: "x".repeat(8 * 2 ** 20) }, "TooLarge");
  await refused({ language: "not a language" }, "BodyMalformed");
  await refused({}, "TooLarge", [{ name: "x".repeat(1025), type: "", blob: new Blob([]) }]);
  await refused({}, "TooLarge", Array(1001).fill({ name: "x", type: "", blob: new Blob([]) }));
  await refused({}, "TooLarge", [{ name: "x", type: "", blob: { size: 2 ** 35 } }]);
  assert.deepEqual(watch.taken(), []);
  await watch.close();
});

test("ten characters and four thousand look the same on the wire", async () => {
  const watch = await Watch.before(intake);
  const shapes = [];
  const chars = [..."abcdefghijklmnopqrstuvwxyz .,;ABCDEFGHIJKLMNOPQRSTUVWXYZäöüéèñçßøåждшщю"];
  const random = Array.from(p.randomBytes(4000), (byte) => chars[byte % chars.length]).join("");
  for (const text of [random.slice(0, 10), random]) {
    const { source } = await intake.source({ base: watch.base });
    await (await source.prepare(draft({ text }))).send();
    shapes.push(watch.taken());
  }
  assert.deepEqual(shapes[0], shapes[1]);
  const posts = shapes[0].filter(({ method }) => method === "POST");
  assert.deepEqual(
    posts.map(({ path, size }) => [path, size]),
    [
      ["/v1/look", 4096],
      ["/v1/messages", 32_768],
    ],
  );
  await watch.close();
});

test("a visit looks the same whether or not an answer waits, and however many messages there are", async () => {
  const watch = await Watch.before(intake);
  const { keys, courier, receipt } = await reported();
  const shape = async () => {
    const { source } = await intake.source({ base: watch.base, receipt });
    await source.visit();
    return watch.taken();
  };
  const empty = await shape();
  await put(courier, await answer(courier, ana, keys, [ana, boon], { echoed: [await readUp(courier, ana, keys)] }));
  assert.deepEqual(await shape(), empty);
  const { source } = await intake.source({ receipt });
  for (let number = 0; number < 3; number++) {
    await (await source.prepare(draft(), [], await source.visit())).send();
  }
  assert.deepEqual(await shape(), empty);
  assert.deepEqual(empty.map(({ path, size, answered }) => [path, size, answered]).slice(1), [
    ["/v1/look", 4096, 16],
    ["/v1/fetch", 256, 262_144],
  ]);
  const nobody = await intake.source({ base: watch.base });
  await assert.rejects(nobody.source.visit(), { name: "NothingFound" });
  // Nothing upwards is looked for once more further on, as its oldest may have expired.
  assert.deepEqual(
    watch
      .taken()
      .map(({ path }) => path)
      .slice(1),
    ["/v1/look", "/v1/look", "/v1/fetch"],
  );
  await watch.close();
});

test("who was left out of a report is left out of what follows, unless she is chosen anew", async () => {
  const { source, keys, courier, receipt } = await reported({ readers: [1] });
  const back = await intake.source({ receipt });
  const visit = await back.source.visit();
  assert.deepEqual([visit.preselected, visit.readers, visit.channel, visit.nextIndex], [[1], [1], 1, 1]);
  const chosen = s.choices(back.directory, 1, visit.preselected).filter(({ selected }) => selected);
  const readers = chosen.map(({ person }) => person.id);
  const sent = await (await back.source.prepare(draft({ text: "More.", readers }), [], visit)).send();
  const { body } = await readUp(courier, ana, keys, 1);
  assert.deepEqual([sent.index, body.content.text, body.readers], [1, "More.", [1]]);
  assert.deepEqual(body.previous, visit.commitment);
  await assert.rejects(readUp(courier, boon, keys, 1), { name: "NotForMe" });
  assert.deepEqual((await source.visit()).stored, [0, 1]);
});

test("contact details go to the custodian alone, and nothing but a reference ties them to the report", async () => {
  const { keys, courier } = await reported({ readers: [1], contact: "Jo, 555 0101", custodians: [3] });
  const record = await recordAt(courier, keys.contactAddress(0));
  const read = (person) => p.readContact(record, { person: person.id, identity: person.identity }, keys.site).body;
  assert.equal(read(chitra).text, "Jo, 555 0101");
  assert.throws(() => read(ana), { name: "NotForMe" });
  const { body } = await readUp(courier, ana, keys);
  assert.deepEqual(read(chitra).reference, body.reference);
  assert.ok(!read(chitra).recipient.equals(body.recipient));
});

test("a verified reply confirms what it echoes", async () => {
  const { source, keys, courier } = await reported();
  assert.deepEqual((await source.visit()).receivedBy, []);
  await put(courier, await answer(courier, ana, keys, [ana, boon], { echoed: [await readUp(courier, ana, keys)] }));
  const visit = await source.visit();
  assert.deepEqual(visit.receivedBy, ["Person 1"]);
  const [reply] = visit.replies;
  assert.deepEqual(
    [reply.author, reply.readers, reply.doubt, reply.index],
    ["Person 1", ["Person 1", "Person 2"], false, 0],
  );
  assert.equal(reply.content.text, "Thank you. When was this?");
});

test("a message that is stored already is said to be, and the words can go as the next one", async () => {
  const { source, sent } = await reported();
  const second = await source.prepare(draft({ text: "Other words." }));
  await assert.rejects(
    second.send(),
    (error) => error.name === "AlreadySent" && error.index === 0 && error.number === 1,
  );
  const next = await source.prepare(draft({ text: "Other words." }), [], await source.visit());
  assert.equal((await next.send()).index, sent.index + 1);
});

test("two at the same time: one is stored, the other is told so", async () => {
  const { source } = await intake.source();
  const both = await Promise.all([source.prepare(draft()), source.prepare(draft())]);
  const ended = await Promise.allSettled(both.map((sending) => sending.send()));
  assert.deepEqual(ended.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.equal(ended.find(({ status }) => status === "rejected").reason.name, "AlreadySent");
});

test("rubbish of a stranger at the next address is stepped over", async () => {
  const { source, keys, courier, receipt } = await reported();
  const visit = await source.visit();
  for (const index of [1, 2]) {
    const rubbish = p.decoy();
    rubbish.set(keys.thread.address(p.UP, index));
    await courier.putMessage(rubbish);
  }
  const disturbed = await source.visit();
  assert.deepEqual([disturbed.newest, disturbed.readers, disturbed.preselected], [0, [1, 2], []]);
  assert.deepEqual(disturbed.problems.map(({ ours, index, error }) => [ours, index, error.name]).sort(), [
    [true, 1, "NotForMe"],
    [true, 2, "NotForMe"],
  ]);
  const sent = await (await source.prepare(draft({ text: "Still here." }), [], visit)).send();
  assert.equal(sent.index, 3);
  const { body } = await readUp(courier, ana, keys, 3);
  assert.deepEqual([body.content.text, body.previous], ["Still here.", "unknown"]);
  const after = await (await intake.source({ receipt })).source.visit();
  assert.deepEqual([after.stored, after.newest, after.preselected], [[0, 1, 2, 3], 3, [1, 2]]);
});

test("a stranger who comes between looking and putting is stepped over as well", async () => {
  const watch = await Watch.before(intake);
  const { source, keys } = await intake.source({ base: watch.base });
  const { courier } = await intake.source();
  const rubbish = p.decoy();
  rubbish.set(keys.thread.address(p.UP, 0));
  watch.meddle = async ({ path }) => {
    if (path === "/v1/messages") {
      await courier.putMessage(rubbish);
    }
  };
  const sent = await (await source.prepare(draft())).send();
  assert.equal(sent.index, 1);
  const { body } = await readUp(courier, ana, keys, 1);
  assert.deepEqual([body.index, body.previous, body.content.text], [1, "unknown", TEXT]);
  await watch.close();
});

test("sending again after a lost answer puts the identical bytes, and is no second message", async () => {
  const watch = await Watch.before(intake);
  const { source } = await intake.source({ base: watch.base, courier: new s.HttpCourier(watch.base, { pause: 1 }) });
  const sending = await source.prepare(draft({ contact: "Jo", custodians: [3] }));
  let left = 8;
  watch.meddle = ({ path }) => (path === "/v1/messages" && left-- > 0 ? "cut the answer" : undefined);
  await assert.rejects(sending.send(), { name: "Unreachable" });
  await assert.rejects(sending.send(), { name: "Unreachable" });
  const sent = await sending.send();
  assert.deepEqual(await sending.send(), sent);
  const bodies = watch.requests
    .filter(({ path }) => path === "/v1/messages")
    .map(({ body }) => body.toString("base64"));
  assert.equal(bodies.length, 10);
  assert.equal(new Set(bodies).size, 2);
  assert.deepEqual((await source.visit()).stored, [0]);
  await watch.close();
});

/** A courier that changes the record at an address, as a hostile site could. */
function changed(courier, address, change) {
  return new Proxy(courier, {
    get(target, name) {
      if (name !== "fetch") {
        const value = target[name];
        return typeof value === "function" ? value.bind(target) : value;
      }
      return async (addresses, signal) => {
        const records = await target.fetch(addresses, signal);
        return records.map((record, place) => (p.equal(addresses[place], address) ? change(record.slice()) : record));
      };
    },
  });
}

test("a reply that was altered anywhere is told, and never shown", async () => {
  const { keys, courier, receipt } = await reported();
  const sealed = await answer(courier, ana, keys, [ana, boon], { echoed: [await readUp(courier, ana, keys)] });
  await put(courier, sealed);
  const address = keys.thread.address(p.DOWN, 0);
  const places = [
    32,
    63,
    64,
    65,
    96,
    19_552,
    19_553,
    32_767,
    ...Array.from({ length: 8 }, () => 65 + p.randomBelow(32_703)),
  ];
  let shown = 0;
  for (const place of places) {
    const flipped = changed(courier, address, (record) => {
      record[place] ^= 1 << p.randomBelow(8);
      return record;
    });
    const visit = await (await intake.source({ courier: flipped, receipt })).source.visit();
    assert.deepEqual(visit.replies, [], `byte ${place}`);
    assert.deepEqual(
      visit.problems.map(({ ours, index }) => [ours, index]),
      [[false, 0]],
    );
    assert.ok(visit.problems[0].error instanceof p.ProtocolError);
    assert.deepEqual([visit.receivedBy, visit.preselected], [[], [1, 2]]);
    shown += visit.replies.length;
  }
  assert.equal(shown, 0);
});

test("a reply that is gone while it is said to be there is told", async () => {
  const { keys, courier, receipt } = await reported();
  await put(courier, await answer(courier, ana, keys, [ana, boon]));
  const gone = changed(courier, keys.thread.address(p.DOWN, 0), () => p.randomBytes(32_768));
  const { problems, replies } = await (await intake.source({ courier: gone, receipt })).source.visit();
  assert.deepEqual([problems.map(({ error }) => error.name), replies], [["RecordMalformed"], []]);
});

test("replies of strangers, to others, for others and by somebody left out are told, and never shown", async () => {
  const { keys, courier, source } = await reported({ readers: [1] });
  const echoed = [await readUp(courier, ana, keys)];
  const other = (await reported()).keys;
  const stranger = newPerson(1, "reviewer");
  const at = (index, sealed) => {
    const moved = sealed.bytes.slice();
    moved.set(keys.thread.address(p.DOWN, index));
    return { bytes: moved };
  };
  await put(courier, await answer(courier, ana, keys, [ana], { echoed }));
  await put(courier, at(1, await answer(courier, ana, keys, [ana], { echoed, index: 9 })));
  await put(courier, at(2, await answer(courier, ana, other, [ana], { echoed })));
  await put(courier, at(3, { bytes: p.decoy() }));
  await put(courier, at(4, await answer(courier, stranger, keys, [stranger], { echoed, index: 4 })));
  await put(courier, at(5, await answer(courier, boon, keys, [boon], { echoed, index: 5 })));
  const { replies, problems } = await source.visit();
  assert.deepEqual(
    replies.map(({ index }) => index),
    [0],
  );
  const told = problems
    .map(({ ours, index, error }) => [ours, index, error.name])
    .sort(([, one], [, two]) => one - two);
  // The second was sealed for another address: its address alone was changed, so nothing in it holds.
  assert.deepEqual(
    told.map(([ours, index]) => [ours, index]),
    [1, 2, 3, 4, 5].map((index) => [false, index]),
  );
  const names = ["RecordAltered", "NotForMe", "NotForMe", "SignatureInvalid", "ReadersRejected"];
  assert.deepEqual(
    told.map(([, , name]) => name),
    names,
  );
});

test("what cannot be told of the newest list leaves nobody preselected", async () => {
  const { keys, courier, receipt } = await reported();
  const broken = changed(courier, keys.thread.address(p.UP, 0), (record) => {
    record[20_000] ^= 1;
    record[70] ^= 1;
    return record;
  });
  const visit = await (await intake.source({ courier: broken, receipt })).source.visit();
  assert.deepEqual([visit.newest, visit.readers, visit.preselected, visit.nextIndex], [null, null, [], 1]);
  assert.deepEqual(
    visit.problems.map(({ ours, index, error }) => [ours, index, error.name]),
    [[true, 0, "StateAltered"]],
  );
});

test("a reply that knows of a later message leaves nobody preselected, and its place free", async () => {
  const { keys, courier, source } = await reported();
  const known = await readUp(courier, ana, keys);
  const unseen = { body: { index: 4 }, commitment: p.randomBytes(32) };
  await put(courier, await answer(courier, ana, keys, [ana, boon], { echoed: [known, unseen] }));
  const visit = await source.visit();
  assert.deepEqual([visit.readers, visit.preselected, visit.nextIndex], [[1, 2], [], 5]);
});

test("a reply is judged by the list of the message it answers, and in doubt once that is gone", async () => {
  const { keys, courier, source } = await reported();
  await put(courier, await answer(courier, boon, keys, [ana, boon], { echoed: [await readUp(courier, boon, keys)] }));
  await (await source.prepare(draft({ readers: [1] }), [], await source.visit())).send();
  const judged = await source.visit();
  assert.deepEqual([judged.replies.map(({ doubt }) => doubt), judged.problems, judged.receivedBy], [[false], [], []]);
  await courier.burn([
    keys.burnMessage(keys.thread.address(p.UP, 0)),
    ...Array.from({ length: 7 }, () => p.randomBytes(32)),
  ]);
  const doubted = await source.visit();
  assert.deepEqual([doubted.replies.map(({ doubt }) => doubt), doubted.stored], [[true], [1]]);
});

test("two replies that name one stream are not both shown", async () => {
  const { keys, courier, source } = await reported();
  const echoed = [await readUp(courier, ana, keys)];
  const first = await answer(courier, ana, keys, [ana, boon], {
    echoed,
    text: "See.",
    files: [["a", p.randomBytes(9)]],
  });
  await put(courier, first);
  const [{ stream }] = (await source.visit()).replies;
  await put(courier, await answer(courier, boon, keys, [ana, boon], { echoed, index: 1, content: null, stream }));
  const { replies, problems } = await source.visit();
  assert.deepEqual(
    [replies.map(({ index }) => index), problems.map(({ index, error }) => [index, error.name])],
    [[0], [[1, "StreamKeyReused"]]],
  );
});

test("replies beyond the newest seven come when they are asked for", async () => {
  const { keys, courier, source } = await reported();
  for (let index = 0; index < 9; index++) {
    const content = { text: `Answer ${index}`, answers: null, files: [] };
    await put(courier, await answer(courier, ana, keys, [ana, boon], { content, index }));
  }
  const newest = await source.visit();
  assert.deepEqual(
    newest.replies.map(({ index }) => index),
    [8, 7, 6, 5, 4, 3, 2],
  );
  const older = await source.visit(newest.older);
  assert.deepEqual([older.replies.map(({ index }) => index), older.older], [[1, 0], null]);
});

test("a long text travels in chunks, and is read back", async () => {
  const text = Array.from(p.randomBytes(60_000), (byte) => String.fromCharCode(0x4e00 + byte * 50)).join("");
  const { keys, courier, source } = await reported({ text });
  const { body } = await readUp(courier, ana, keys);
  assert.equal(body.content, null);
  assert.equal((await readWhole(courier, body)).content.text, text);
  const files = [
    ["документ.pdf", p.randomBytes(40_000)],
    ["leer", new Uint8Array(0)],
    ["報告.txt", p.randomBytes(32_688)],
  ];
  await put(
    courier,
    await answer(courier, ana, keys, [ana, boon], {
      text,
      files,
      echoed: [{ body, commitment: (await readUp(courier, ana, keys)).commitment }],
    }),
  );
  const [waiting] = (await source.visit()).replies;
  assert.deepEqual([waiting.content, s.filesOf(waiting)], [null, []]);
  const reply = await source.load(waiting);
  assert.equal(reply.content.text, text);
  assert.deepEqual(
    s.filesOf(reply).map(({ name }) => name),
    files.map(([name]) => name),
  );
  for (const [place, file] of s.filesOf(reply).entries()) {
    const pieces = [];
    for await (const piece of source.file(reply, file)) {
      pieces.push(piece);
    }
    assert.deepEqual(p.concat(...pieces), files[place][1]);
  }
});

test("of a file of a reply nothing is given out before all of it was found to be right", async () => {
  const { keys, courier, receipt, source } = await reported();
  const echoed = [await readUp(courier, ana, keys)];
  await put(
    courier,
    await answer(courier, ana, keys, [ana, boon], { text: "See.", files: [["a", randomBytes(300_000)]], echoed }),
  );
  const reply = await source.load((await source.visit()).replies[0]);
  const last = await p.chunkAddresses(reply.stream.key).at(reply.stream.chunks - 1);
  const altered = changed(courier, last, (record) => {
    record[100] ^= 1;
    return record;
  });
  const hostile = (await intake.source({ courier: altered, receipt })).source;
  const given = [];
  await assert.rejects(
    async () => {
      for await (const piece of hostile.file(reply, s.filesOf(reply)[0])) {
        given.push(piece);
      }
    },
    { name: "StreamAltered" },
  );
  assert.deepEqual(given, []);
});

test("what is withdrawn is burned, files and contact details too, and the readers are told", async () => {
  const blob = new Blob([p.randomBytes(50_000)]);
  const contact = { contact: "Jo", custodians: [3] };
  const { keys, courier, source } = await reported(contact, [{ name: "a", type: "", blob }]);
  const report = await readUp(courier, ana, keys);
  await put(courier, await answer(courier, ana, keys, [ana, boon], { echoed: [report] }));
  await (await source.prepare(draft({ text: "More." }), [], await source.visit())).send();
  const before = await source.visit();
  const withdrawn = await source.withdraw(before.preselected, "en");
  assert.deepEqual(withdrawn, { messages: [0, 1], replies: [], problems: [] });
  const { key, chunks } = report.body.stream;
  const addresses = p.chunkAddresses(key);
  const gone = [
    ...[0, 1].map((index) => keys.thread.address(p.UP, index)),
    ...(await Promise.all(Array.from({ length: chunks }, (_, index) => addresses.at(index)))),
    keys.contactAddress(0),
  ];
  for (const address of gone) {
    assert.equal(await recordAt(courier, address), null);
  }
  const { body } = await readUp(courier, ana, keys, 2);
  assert.equal(body.kind, "withdraw");
  assert.deepEqual(body.commitments, [report.commitment, before.commitment]);
  const visit = await source.visit();
  assert.deepEqual([visit.withdrawn, visit.stored, visit.replies.length], [true, [2], 1]);
  assert.deepEqual((await source.withdraw([1, 2], "en", { alsoReplies: true })).replies, [0]);
  assert.deepEqual((await source.visit()).replies, []);
});

test("a withdrawal that was cut goes on when it is done again", async () => {
  const watch = await Watch.before(intake);
  const { receipt, keys, courier } = await reported({}, [
    { name: "a", type: "", blob: new Blob([randomBytes(300_000)]) },
  ]);
  const made = await intake.source({ receipt, courier: new s.HttpCourier(watch.base, { pause: 1 }) });
  let burns = 0;
  watch.meddle = ({ path }) => (path === "/v1/burn" && ++burns > 1 ? "cut" : undefined);
  await assert.rejects(made.source.withdraw([1, 2], "en"), { name: "Unreachable" });
  watch.meddle = () => undefined;
  assert.deepEqual((await made.source.withdraw([1, 2], "en")).messages, [0]);
  assert.equal(await recordAt(courier, keys.thread.address(p.UP, 0)), null);
  assert.deepEqual((await made.source.visit()).stored.length, 2);
  await assert.rejects((await intake.source()).source.withdraw([1], "en"), { name: "NothingFound" });
  await watch.close();
});

test("nothing that was typed, no name and no receipt is in what travels or on the server's disk", async () => {
  const watch = await Watch.before(intake);
  const { source, receipt, keys } = await intake.source({ base: watch.base });
  const secret = "canary-of-the-harbour";
  const files = [{ name: `${secret}.txt`, type: `text/${secret}`, blob: new Blob([secret.repeat(9)]) }];
  await (await source.prepare(draft({ text: secret, contact: secret, custodians: [3] }), files)).send();
  await source.visit();
  const hidden = [
    Buffer.from(secret),
    Buffer.from(receipt.bytes),
    Buffer.from(keys.thread.key),
    Buffer.from(keys.stateKey),
  ];
  const sought = hidden.flatMap((bytes) =>
    ["latin1", "hex", "base64"].map((coding) =>
      Buffer.from(bytes.toString(coding).replace(/=+$/, ""), "latin1").subarray(0, 20),
    ),
  );
  const kept = await Promise.all((await intake.files()).map((file) => readFile(file)));
  const travelled = watch.requests.flatMap(({ body, headers, path }) => [
    body,
    Buffer.from(JSON.stringify(headers) + path),
  ]);
  for (const bytes of [...kept, ...travelled]) {
    assert.ok(!sought.some((each) => bytes.includes(each)));
  }
  assert.ok(travelled.length > 8);
  await watch.close();
});

test("wiping leaves no key and no receipt", async () => {
  const receipt = p.Receipt.create();
  const source = new s.Source(null, intake.organisation.directory, receipt);
  source.wipe();
  assert.ok(p.isZero(receipt.bytes));
});
