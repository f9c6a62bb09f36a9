// Files from the page, against the real intake: whole, in flat memory, in an order of chance, past every cut.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Intake, Watch } from "./intake.mjs";
import { newPerson } from "./people.mjs";
import { protocol as p, source as s } from "./protocol.mjs";
import { readUp, readWhole, recordAt } from "./reviewing.mjs";

const MEGABYTE = 2 ** 20;
const RECORD = 32_768;
const ana = newPerson(1, "reviewer");
const draft = { text: "See the files.", language: "en", channel: 1, readers: [1] };
let intake;
before(async () => {
  intake = await Intake.open([ana]);
});
after(async () => await intake.close());

const file = (name, bytes, type = "application/pdf") => ({ name, type, blob: new Blob([bytes]) });
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const chunkPuts = (watch) => watch.requests.filter(({ path }) => path === "/v1/chunks");
/** The addresses of the chunks in each request. */
const chunksIn = ({ body }) =>
  Array.from({ length: body.length / RECORD }, (_, at) => body.subarray(at * RECORD, at * RECORD + 32).toString("hex"));

async function watched(meddle = () => undefined) {
  const watch = await Watch.before(intake);
  const courier = new s.HttpCourier(watch.base, { pause: 20 });
  const made = await intake.source({ courier });
  watch.meddle = meddle;
  return { watch, ...made };
}

/** What the reviewer reads at the end, over a courier of her own. */
async function arrived(keys) {
  const courier = new s.HttpCourier(intake.base);
  const { body } = await readUp(courier, ana, keys);
  return { body, ...(await readWhole(courier, body)) };
}

test("files of any size and with names in any script arrive whole", async () => {
  const { source, keys } = await intake.source();
  const sizes = [0, 1, 32_687, 32_688, 32_689, 65_376, 100_000, 0];
  const names = [
    "документ.pdf",
    "報告書.pdf",
    "تقرير.pdf",
    "C:\\Users\\jo\\รายงาน.pdf",
    "/home/jo/ß.pdf",
    "👩‍👩‍👧.pdf",
    "a\u202Efdp.exe",
    "half\ud800.pdf",
  ];
  const contents = sizes.map((size) => randomBytes(size));
  const files = names.map((name, place) => file(name, contents[place]));
  await (await source.prepare(draft, [...files, file("", randomBytes(3), "")])).send();
  const found = await arrived(keys);
  const given = [
    "документ.pdf",
    "報告書.pdf",
    "تقرير.pdf",
    "รายงาน.pdf",
    "ß.pdf",
    "👩‍👩‍👧.pdf",
    "a\u202Efdp.exe",
    "half\ufffd.pdf",
    "file",
  ];
  assert.deepEqual(
    found.content.files.map(({ name }) => name),
    given,
  );
  assert.deepEqual(
    found.content.files.map(({ size }) => size),
    [...sizes, 3],
  );
  assert.equal(found.content.files.at(-1).type, "application/octet-stream");
  contents.forEach((content, place) => assert.equal(sha256(found.files[place]), sha256(content), names[place]));
});

test("three hundred files arrive", async () => {
  const { source, keys } = await intake.source();
  const contents = Array.from({ length: 300 }, (_, place) => randomBytes(place));
  await (
    await source.prepare(
      draft,
      contents.map((content, place) => file(`${place}`, content)),
    )
  ).send();
  const { files } = await arrived(keys);
  assert.deepEqual(files.map(sha256), contents.map(sha256));
});

test("files of no bytes still have their chunks, and a long text goes behind the files", async () => {
  const { source, keys } = await intake.source();
  const text = randomBytes(30_000).toString("hex");
  const content = randomBytes(50_000);
  await (await source.prepare({ ...draft, text }, [file("empty", new Uint8Array(0)), file("a", content)])).send();
  const found = await arrived(keys);
  assert.deepEqual([found.content.text, found.body.content, found.body.stream.part.chunk], [text, null, 2]);
  assert.equal(sha256(found.files[1]), sha256(content));
  const other = await intake.source();
  await (await other.source.prepare(draft, [file("empty", new Uint8Array(0))])).send();
  const empty = await arrived(other.keys);
  assert.deepEqual([empty.body.stream.chunks, empty.files.map(({ length }) => length)], [8, [0]]);
});

test("the server is killed in the middle and started again: sending goes on with what is missing", async () => {
  let puts = 0;
  let stalled;
  const { watch, source, keys } = await watched(async ({ path }) => {
    if (path === "/v1/chunks" && ++puts === 6) {
      await intake.kill();
    }
  });
  const content = randomBytes(9 * MEGABYTE);
  const sending = await source.prepare(draft, [file("large.bin", content)]);
  await assert.rejects(sending.send({ progress: (now) => (stalled = now) }), { name: "Unreachable" });
  assert.ok(stalled.sent > 0 && stalled.sent < stalled.total);
  watch.meddle = () => undefined;
  await assert.rejects(sending.send(), { name: "Unreachable" });
  await intake.start();
  watch.requests.length = 0;
  const progress = [];
  await sending.send({ progress: (now) => progress.push(now) });
  assert.deepEqual(progress[0], stalled);
  assert.deepEqual(progress.at(-1).sent, sending.total);
  // What was known to be stored is not sent again; the message is a record, too.
  const later = new Set(chunkPuts(watch).flatMap(chunksIn));
  assert.equal(later.size, (sending.total - stalled.sent) / RECORD - 1);
  const found = await arrived(keys);
  assert.equal(sha256(found.files[0]), sha256(content));
  await watch.close();
});

test("connections that break again and again lose nothing, and what is sent twice is the same", async () => {
  let requests = 0;
  const { watch, source, keys } = await watched(() => {
    requests += 1;
    return requests % 3 === 0 ? "cut" : requests % 4 === 0 ? "cut the answer" : undefined;
  });
  const content = randomBytes(5 * MEGABYTE);
  const sending = await source.prepare({ ...draft, contact: null }, [file("large.bin", content)]);
  for (let tries = 0; ; tries++) {
    try {
      await sending.send();
      break;
    } catch (error) {
      assert.ok(error instanceof s.Unreachable && tries < 50, error);
    }
  }
  const seen = new Map();
  for (const { body } of chunkPuts(watch)) {
    for (let at = 0; at < body.length; at += RECORD) {
      const address = body.subarray(at, at + 32).toString("hex");
      const hash = sha256(body.subarray(at, at + RECORD));
      assert.equal(seen.get(address) ?? hash, hash);
      seen.set(address, hash);
    }
  }
  watch.meddle = () => undefined;
  const found = await arrived(keys);
  assert.equal(seen.size, found.body.stream.chunks);
  assert.equal(sha256(found.files[0]), sha256(content));
  await watch.close();
});

test("who pauses goes on where she stopped, and text and files are still hers", async () => {
  const { watch, source, keys } = await watched();
  const content = randomBytes(6 * MEGABYTE);
  const sending = await source.prepare(draft, [file("large.bin", content)]);
  let last = 0;
  for (let pauses = 0; pauses < 4; pauses++) {
    const pause = new AbortController();
    const progress = ({ sent }) => {
      assert.ok(sent >= last);
      if (sent > last) {
        last = sent;
        pause.abort();
      }
    };
    await assert.rejects(sending.send({ progress, signal: pause.signal }), { name: "AbortError" });
  }
  const stopped = AbortSignal.abort(new Error("not now"));
  await assert.rejects(sending.send({ signal: stopped }), { message: "not now" });
  // Going on while the pause has not ended yet waits for it.
  const pause = new AbortController();
  const paused = sending.send({ signal: pause.signal });
  pause.abort();
  const [first, second] = await Promise.allSettled([paused, sending.send()]);
  assert.deepEqual([first.status, second.status], ["rejected", "fulfilled"]);
  assert.equal(sha256((await arrived(keys)).files[0]), sha256(content));
  await watch.close();
});

test("chunks travel in an order of chance", async () => {
  const content = randomBytes(12 * MEGABYTE);
  const orders = [];
  for (let times = 0; times < 2; times++) {
    const { watch, source, keys } = await watched();
    await (await source.prepare(draft, [file("large.bin", content)])).send();
    const { stream } = (await readUp(new s.HttpCourier(intake.base), ana, keys)).body;
    const places = new Map();
    const addresses = p.chunkAddresses(stream.key);
    for (let index = 0; index < stream.chunks; index++) {
      places.set(Buffer.from(await addresses.at(index)).toString("hex"), index);
    }
    orders.push(
      chunkPuts(watch)
        .flatMap(chunksIn)
        .map((address) => places.get(address)),
    );
    await watch.close();
  }
  for (const order of orders) {
    assert.deepEqual(
      [...order].sort((one, other) => one - other),
      order.map((_, index) => index),
    );
    const followed = order.filter((index, place) => order[place + 1] === index + 1);
    assert.ok(followed.length < order.length / 10, `${followed.length} of ${order.length} follow one another`);
    // The first request holds pieces of more than the beginning.
    const first = order.slice(0, 32);
    assert.ok(Math.max(...first) - Math.min(...first) > 32);
  }
  assert.notDeepEqual(orders[0], orders[1]);
});

test("little is in memory, and few requests are under way, however long the file and slow the server", async () => {
  let [under, most, stored, read, ahead, longest] = [0, 0, 0, 0, 0, 0];
  const { watch, source } = await watched();
  watch.meddle = async ({ path, body }) => {
    if (path === "/v1/chunks") {
      under += 1;
      most = Math.max(most, under);
      await sleep(30);
      under -= 1;
      stored += body.length;
    }
  };
  const size = 40 * MEGABYTE;
  const slice = (from, to) => ({
    arrayBuffer: async () => {
      read += to - from;
      longest = Math.max(longest, to - from);
      ahead = Math.max(ahead, read - stored);
      return new ArrayBuffer(to - from);
    },
  });
  const sending = await source.prepare(draft, [{ name: "endless", type: "", blob: { size, slice } }]);
  await sending.send();
  assert.equal(read, size);
  assert.ok(longest <= 4 * MEGABYTE, `${longest} bytes in one reading`);
  assert.ok(ahead <= 21 * MEGABYTE, `${ahead} bytes read ahead`);
  assert.ok(most >= 2 && most <= 4, `${most} requests under way`);
  await watch.close();
});

test("a page without Web Crypto seals by itself, and stays alive meanwhile", async () => {
  const { source, keys } = await intake.source();
  const content = randomBytes(MEGABYTE);
  const whole = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  const bare = { getRandomValues: (bytes) => whole.get.call(globalThis).getRandomValues(bytes) };
  Object.defineProperty(globalThis, "crypto", { value: bare, configurable: true });
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  try {
    await (await source.prepare(draft, [file("a", content)])).send();
  } finally {
    clearInterval(timer);
    Object.defineProperty(globalThis, "crypto", whole);
  }
  assert.ok(turns > 10, `${turns} turns`);
  assert.equal(sha256((await arrived(keys)).files[0]), sha256(content));
});

test("a file that cannot be read to its end ends the sending for good, before there is a message", async () => {
  for (const arrayBuffer of [
    async () => new ArrayBuffer(1),
    async () => Promise.reject(new DOMException("", "NotReadableError")),
  ]) {
    const { source, keys, courier } = await intake.source();
    const broken = { name: "gone", type: "", blob: { size: 5 * MEGABYTE, slice: () => ({ arrayBuffer }) } };
    const sending = await source.prepare(draft, [file("a", randomBytes(9)), broken]);
    await assert.rejects(sending.send(), { name: "SendingBroken" });
    await assert.rejects(sending.send(), { name: "SendingBroken" });
    assert.equal(await recordAt(courier, keys.thread.address(p.UP, 0)), null);
    const again = await source.prepare(draft, [file("a", randomBytes(9))]);
    assert.equal((await again.send()).index, 0);
  }
});

test("a file that changes while a request is repeated cannot change what was sent", async () => {
  let content = randomBytes(2 * MEGABYTE);
  const first = content;
  const blob = { size: content.length, slice: (from, to) => new Blob([content.subarray(from, to)]) };
  let puts = 0;
  const { watch, source } = await watched(({ path }) => (path === "/v1/chunks" && ++puts > 1 ? "cut" : undefined));
  const sending = await source.prepare(draft, [{ name: "a", type: "", blob }]);
  await assert.rejects(sending.send(), { name: "Unreachable" });
  content = randomBytes(content.length);
  watch.meddle = () => undefined;
  await sending.send();
  const seen = new Map();
  for (const { body } of chunkPuts(watch)) {
    for (let at = 0; at < body.length; at += RECORD) {
      const address = body.subarray(at, at + 32).toString("hex");
      const hash = sha256(body.subarray(at, at + RECORD));
      assert.equal(seen.get(address) ?? hash, hash, "one nonce, two plaintexts");
      seen.set(address, hash);
    }
  }
  assert.notEqual(sha256(first), sha256(content));
  await watch.close();
});

test("a full shelf is told, nothing is lost, and sending goes on when there is room", async () => {
  const { watch, source, keys } = await watched(({ path }) => (path === "/v1/chunks" ? 507 : undefined));
  const content = randomBytes(MEGABYTE);
  const sending = await source.prepare(draft, [file("a", content)]);
  await assert.rejects(sending.send(), { name: "ShelfFull" });
  watch.meddle = () => undefined;
  await sending.send();
  assert.equal(sha256((await arrived(keys)).files[0]), sha256(content));
  await watch.close();
});

test("what is wiped holds neither key nor text, and sends nothing more", async () => {
  const { watch, source } = await watched(({ path }) => (path === "/v1/chunks" ? 507 : undefined));
  const sending = await source.prepare(draft, [file("a", randomBytes(3 * MEGABYTE))]);
  await assert.rejects(sending.send(), { name: "ShelfFull" });
  watch.meddle = () => undefined;
  watch.requests.length = 0;
  sending.wipe();
  await assert.rejects(sending.send(), { name: "SendingBroken" });
  assert.deepEqual(watch.taken(), []);
  await watch.close();
});

test("what is wiped while a file is read ends there", async () => {
  const { watch, source } = await watched();
  let [begun, go] = [null, null];
  const isReading = new Promise((resolve) => (begun = resolve));
  const held = new Promise((resolve) => (go = resolve));
  const slice = (from, to) => ({
    arrayBuffer: async () => {
      begun();
      await held;
      return new ArrayBuffer(to - from);
    },
  });
  const sending = await source.prepare(draft, [{ name: "a", type: "", blob: { size: 9 * MEGABYTE, slice } }]);
  const ended = assert.rejects(sending.send(), { name: "SendingBroken" });
  await isReading;
  sending.wipe();
  go();
  await ended;
  assert.deepEqual(chunkPuts(watch), []);
  await watch.close();
});
