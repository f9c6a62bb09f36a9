// What this client seals, it opens; what anybody changes, it refuses. The vectors hold what others sealed.
import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { test } from "node:test";
import { newOrganisation, newPerson, newSource, sealReply, sealReport, TODAY } from "./people.mjs";
import { protocol as p } from "./protocol.mjs";

const ana = newPerson(1, "reviewer");
const bo = newPerson(2, "reviewer");
const { site, directory } = newOrganisation(ana, bo);
const source = newSource(site);
const report = sealReport(source, site, [ana, bo]);
const readBy = (person) => ({ person: person.id, identity: person.identity });

function refused(action) {
  assert.throws(action, p.ProtocolError);
}

test("each reader reads a report, and it proves its sender", () => {
  for (const person of [ana, bo]) {
    const { body, commitment } = p.readFromSource(report.bytes, readBy(person), site);
    assert.equal(body.content.text, "The tender was fixed.");
    assert.deepEqual([...commitment], [...report.commitment]);
  }
});

test("the source finds its state in its own slot, and cannot read its body", () => {
  const state = p.openOwn(report.bytes, source.identity, source.stateKey);
  assert.deepEqual(state.readers, [1, 2]);
  assert.throws(() => p.open(report.bytes, source.identity), { name: "RecordAltered" });
});

test("a stranger, and a reader who was left out, find nothing", () => {
  const forAna = sealReport(source, site, [ana]);
  assert.throws(() => p.open(forAna.bytes, bo.identity), { name: "NotForMe" });
  assert.throws(() => p.open(report.bytes, p.Identity.create()), { name: "NotForMe" });
});

test("one changed byte anywhere is refused", () => {
  const places = [0, 63, 64, 65, 96, 97, 19_552, 19_553, 32_767];
  for (const place of [...places, ...Array.from({ length: 12 }, () => randomInt(p.RECORD_SIZE))]) {
    const changed = report.bytes.slice();
    changed[place] ^= 1 << randomInt(8);
    refused(() => p.readFromSource(changed, readBy(ana), site));
  }
});

test("bytes of chance are never more than refused", () => {
  for (let round = 0; round < 200; round++) {
    const bytes = new Uint8Array(randomBytes(randomInt(400)));
    for (const parse of [
      p.decodeBody,
      p.decode,
      p.unpack,
      p.parseKeyring,
      p.parseStatement,
      p.readMemory,
      p.readEnrolment,
    ]) {
      refused(() => parse(bytes));
    }
  }
});

test("a record says nothing of who reads it: decoys have its form, and slots its places at random", () => {
  const decoy = p.decoy();
  assert.equal(decoy.length, report.bytes.length);
  assert.equal(decoy[64], report.bytes[64]);
  assert.throws(() => p.open(decoy, ana.identity), { name: "NotForMe" });
  const placeOfAna = () => {
    const { slots } = new p.MessageRecord(sealReport(source, site, [ana]).bytes);
    return Array.from({ length: 16 }, (_, index) => index).find((index) => {
      const alone = p.concat(
        slots.slice(index * p.SLOT_SIZE, (index + 1) * p.SLOT_SIZE),
        new Uint8Array(15 * p.SLOT_SIZE),
      );
      return opens(alone);
    });
  };
  const places = new Set(Array.from({ length: 6 }, placeOfAna));
  assert.ok(places.size > 1, "six records of one reader have the slot at one place");
});

function opens(slots) {
  try {
    p.openSlots(slots, ana.identity);
    return true;
  } catch {
    return false;
  }
}

test("one reader twice, and seventeen of them, have no slots", () => {
  const payload = new Uint8Array(64);
  const recipient = ana.identity.recipient;
  assert.throws(
    () =>
      p.sealSlots([
        { recipient, payload },
        { recipient, payload },
      ]),
    { name: "RecordMalformed" },
  );
  const many = Array.from({ length: 17 }, () => ({ recipient: p.Identity.create().recipient, payload }));
  assert.throws(() => p.sealSlots(many), { name: "RecordMalformed" });
});

test("a reply is read by the source and by its readers, and the source can burn it", () => {
  const reply = sealReply(ana, source, site, [ana, bo]);
  const read = p.readReplyAsSource(reply.bytes, source, directory);
  assert.equal(read.body.content.text, "Thank you. When was this?");
  assert.equal(read.author.person.name, "Person 1");
  assert.equal(p.readReply(reply.bytes, readBy(bo), source.thread, directory).body.author, 1);
  const token = source.replyTokens(ana.identity.recipient).burn(source.thread.address(p.DOWN, 0));
  assert.deepEqual([...p.burnHashOf(token)], [...reply.bytes.subarray(32, 64)]);
});

test("a source checks a reply's readers against its newest list, then against the one echoed", async () => {
  const commitment = new Uint8Array(32).fill(7);
  const reply = (echoes) => ({ readers: [1, 2], echoes });
  const lists =
    (readers, named = commitment) =>
    async (index) => ({ index, commitment: named, readers });
  const gone = async () => null;
  assert.equal(await p.checkReadersAsSource(reply([]), [1, 2, 3], gone), true);
  assert.equal(await p.checkReadersAsSource(reply([[4, commitment]]), [1], lists([1, 2])), true);
  assert.equal(await p.checkReadersAsSource(reply([[4, commitment]]), [1], gone), false);
  const rejected = { name: "ReadersRejected" };
  await assert.rejects(p.checkReadersAsSource(reply([]), [1], gone), rejected);
  await assert.rejects(p.checkReadersAsSource(reply([[4, commitment]]), [1], lists([1])), rejected);
  const other = new Uint8Array(32);
  await assert.rejects(p.checkReadersAsSource(reply([[4, commitment]]), [1], lists([1, 2], other)), rejected);
});

test("contact details are read by a custodian, and lead to no thread", () => {
  const identity = source.contactIdentity();
  const address = source.contactAddress(0);
  const body = { recipient: identity.recipient, reference: p.randomBytes(16), day: TODAY, language: "en", channel: 1 };
  const sealed = p.seal(p.encodeBody({ kind: "contact", ...body, readers: [1], text: "Ask for Q." }), {
    site,
    address,
    burnHash: p.burnHashOf(source.burnContact(0)),
    sender: { role: "source", person: 0 },
    identity,
    readers: [ana.identity.recipient],
  });
  assert.equal(p.readContact(sealed.bytes, readBy(ana), site).body.text, "Ask for Q.");
  assert.throws(() => p.readFromSource(sealed.bytes, readBy(ana), site), { name: "UnknownKind" });
  assert.throws(() => p.openOwn(sealed.bytes, source.identity, source.stateKey), { name: "NotForMe" });
});

test("a writer refuses what no reader would take", () => {
  assert.throws(() => sealReport(source, site, [ana], { readers: [2, 1] }), { name: "BodyMalformed" });
  assert.throws(() => sealReport(source, site, [ana], { day: "2026-02-30" }), { name: "BodyMalformed" });
  const chance = Buffer.from(randomBytes(13_000)).toString("base64");
  const content = { text: chance.repeat(2), answers: null, files: [] };
  assert.throws(() => sealReport(source, site, [ana], { content: { ...content, text: `${chance}\ud800` } }), {
    name: "BodyMalformed",
  });
  assert.throws(() => sealReport(source, site, [ana], { content }), { name: "TooLarge" });
});
