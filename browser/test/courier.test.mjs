// The courier of a page, against the real intake: what it sends, what it believes, and what it does when that fails.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { Intake, Watch } from "./intake.mjs";
import { newPerson } from "./people.mjs";
import { protocol as p, source as s } from "./protocol.mjs";

let intake;
let watch;
before(async () => {
  intake = await Intake.open([newPerson(1, "reviewer")], { work_bits: 8 });
  watch = await Watch.before(intake);
});
after(async () => {
  await watch.close();
  await intake.close();
});

function newCourier(options = {}) {
  watch.meddle = () => undefined;
  watch.requests.length = 0;
  return new s.HttpCourier(watch.base, { pause: 1, ...options });
}

const recordIn = (buffer, place) => new Uint8Array(buffer, place * p.RECORD_SIZE, p.RECORD_SIZE);
const addresses = (count) => Array.from({ length: count }, () => p.randomBytes(32));

test("a record that was put is found, fetched and burned", async () => {
  const courier = newCourier();
  const token = p.randomBytes(32);
  const record = p.decoy();
  record.set(p.burnHashOf(token), 32);
  await courier.putMessage(record);
  await courier.putMessage(record);
  const asked = [...addresses(70), record.subarray(0, 32), ...addresses(57)];
  assert.deepEqual(
    await courier.look(asked),
    asked.map((_, place) => place === 70),
  );
  const fetched = await courier.fetch([...addresses(7), record.subarray(0, 32)]);
  assert.deepEqual(fetched[7], record);
  assert.ok(fetched.every(({ length }) => length === p.RECORD_SIZE));
  const other = p.decoy();
  other.set(record.subarray(0, 32));
  await assert.rejects(courier.putMessage(other), { name: "AddressTaken" });
  await courier.burn([token, ...addresses(7)]);
  assert.ok(!(await courier.look(asked))[70]);
});

test("thirty-two chunks go in one request", async () => {
  const courier = newCourier();
  const chunks = Array.from({ length: 32 }, () => p.decoy());
  await courier.putChunks(chunks);
  const used = await courier.look([...chunks.map((chunk) => chunk.subarray(0, 32)), ...addresses(96)]);
  assert.equal(used.filter(Boolean).length, 32);
  assert.equal(watch.requests.filter(({ path }) => path === "/v1/chunks").length, 1);
});

test("chunks that lie end to end are sent from where they are, and stay as they are", async () => {
  const courier = newCourier();
  const lying = Buffer.concat(Array.from({ length: 9 }, () => p.decoy()));
  const buffer = new Uint8Array(lying).buffer;
  const inOrder = Array.from({ length: 8 }, (_, place) => recordIn(buffer, place + 1));
  await courier.putChunks(inOrder);
  assert.deepEqual(await courier.fetch(inOrder.map((record) => record.slice(0, 32))), inOrder);
  assert.deepEqual(Buffer.from(buffer), lying);
});

test("chunks that lie in one buffer with others between them are sent without those", async () => {
  const courier = newCourier();
  const buffer = new Uint8Array(Buffer.concat(Array.from({ length: 16 }, () => p.decoy()))).buffer;
  const chosen = Array.from({ length: 8 }, (_, place) => recordIn(buffer, 2 * place));
  await courier.putChunks(chosen);
  assert.deepEqual(await courier.fetch(chosen.map((record) => record.slice(0, 32))), chosen);
});

test("nothing is sent that tells one visitor from another", async () => {
  const courier = newCourier();
  await courier.look(addresses(128));
  for (const { method, headers } of watch.requests) {
    const known = [
      "host",
      "connection",
      "accept",
      "accept-language",
      "accept-encoding",
      "user-agent",
      "sec-fetch-mode",
    ];
    const allowed = [...known, "cache-control", "pragma", "content-length", "content-type", "whistle-work"];
    assert.deepEqual(
      Object.keys(headers).filter((name) => !allowed.includes(name)),
      [],
      method,
    );
  }
});

test("each request carries work for itself, and for nothing else", async () => {
  const courier = newCourier();
  await courier.look(addresses(128));
  await courier.fetch(addresses(8));
  const { challenge, work } = JSON.parse(Buffer.from(await courier.keyring()).toString());
  assert.equal(work, 8);
  for (const { path, body, headers } of watch.requests.filter(({ method }) => method === "POST")) {
    const digest = await p.sha256(new Uint8Array(body));
    const nonce = new Uint8Array(Buffer.from(headers["whistle-work"], "hex"));
    const request = { challenge: new Uint8Array(Buffer.from(challenge, "base64")), path, digest, bits: work };
    p.checkWork(request, nonce);
    assert.throws(() => p.checkWork({ ...request, path: "/v1/burn", bits: 40 }, nonce), { name: "WorkMissing" });
  }
});

test("a challenge of yesterday's server is asked for once more", async () => {
  const courier = newCourier();
  await courier.look(addresses(128));
  await intake.kill();
  await intake.start();
  watch.requests.length = 0;
  await courier.look(addresses(128));
  const paths = watch.requests.map(({ path }) => path);
  assert.deepEqual(paths, ["/v1/look", "/v1/keyring", "/v1/look"]);
});

test("a site that refuses all work is not asked for ever", async () => {
  const courier = newCourier();
  await courier.look(addresses(128));
  watch.requests.length = 0;
  watch.meddle = ({ method }) => (method === "POST" ? 403 : undefined);
  await assert.rejects(
    courier.look(addresses(128)),
    (error) => error.name === "Refused" && error instanceof s.CourierError,
  );
  assert.ok(watch.requests.length <= 3);
});

test("each refusal has its name", async () => {
  const names = {
    400: "Refused",
    401: "Refused",
    409: "AddressTaken",
    413: "Refused",
    507: "ShelfFull",
    500: "AnswerMalformed",
    206: "AnswerMalformed",
  };
  for (const [status, name] of Object.entries(names)) {
    const courier = newCourier();
    watch.meddle = ({ method }) => (method === "POST" ? Number(status) : undefined);
    await assert.rejects(courier.putMessage(p.decoy()), { name }, status);
    assert.equal(watch.requests.length, 2, status);
  }
});

test("a site that is unwell gets the same bytes three times", async () => {
  for (const [what, name] of [
    [503, "ShelfUnavailable"],
    ["cut", "Unreachable"],
    ["cut the answer", "Unreachable"],
  ]) {
    const courier = newCourier();
    watch.meddle = ({ method }) => (method === "POST" ? what : undefined);
    await assert.rejects(courier.putMessage(p.decoy()), { name });
    const posts = watch.requests.filter(({ method }) => method === "POST").map(({ body }) => body.toString("hex"));
    assert.deepEqual([posts.length, new Set(posts).size], [3, 1]);
  }
});

test("answers of another size are not believed", async () => {
  for (const size of [0, 15, 17, 1 << 20]) {
    const courier = newCourier();
    watch.meddle = ({ method }) => (method === "POST" ? { body: Buffer.alloc(size) } : undefined);
    await assert.rejects(courier.look(addresses(128)), { name: "AnswerMalformed" }, `${size}`);
    await assert.rejects(courier.fetch(addresses(8)), { name: "AnswerMalformed" }, `${size}`);
  }
  const courier = newCourier();
  watch.meddle = ({ method }) => (method === "POST" ? { body: Buffer.alloc(1) } : undefined);
  await assert.rejects(courier.putMessage(p.decoy()), { name: "AnswerMalformed" });
});

test("a document that is none, is too long, or asks for work without end is not believed", async () => {
  const real = JSON.parse(Buffer.from(await newCourier().keyring()).toString());
  const bodies = ["", "{}", "<html>", JSON.stringify({ ...real, work: 25 }), Buffer.alloc(4 * 2 ** 20 + 1, " ")];
  for (const body of bodies) {
    const courier = newCourier();
    watch.meddle = () => ({ body });
    await assert.rejects(courier.keyring(), { name: "AnswerMalformed" });
    await assert.rejects(courier.look(addresses(128)), { name: "AnswerMalformed" });
  }
});

test("an answer without end is not waited for", async () => {
  const piece = Buffer.alloc(65_536, " ");
  let given = 0;
  const server = createServer((_request, response) => {
    const more = () => {
      given += piece.length;
      if (given < 2 ** 27 && response.write(piece)) {
        setImmediate(more);
      }
    };
    response.on("drain", more);
    more();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const courier = new s.HttpCourier(`http://127.0.0.1:${server.address().port}`, { patience: 20_000 });
  await assert.rejects(courier.keyring(), { name: "AnswerMalformed" });
  assert.ok(given < 2 ** 26, `${given} bytes`);
  server.closeAllConnections();
  server.close();
});

test("a redirect is not followed", async () => {
  const courier = newCourier();
  await courier.keyring();
  const statuses = watch.requests.length;
  watch.meddle = () => 302;
  await assert.rejects(courier.keyring(), (error) => ["Unreachable", "AnswerMalformed"].includes(error.name));
  assert.ok(watch.requests.slice(statuses).every(({ path }) => path === "/v1/keyring"));
});

test("a server that says nothing is given up in time", async () => {
  const courier = newCourier({ patience: 50 });
  watch.meddle = () => new Promise(() => undefined);
  await assert.rejects(courier.keyring(), { name: "Unreachable" });
  assert.equal(watch.requests.length, 3);
});

test("an abort ends a request, a pause and work at once, with its own reason", async () => {
  const reason = new Error("enough");
  const stopping = (milliseconds) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), milliseconds);
    return controller.signal;
  };
  const waiting = newCourier();
  watch.meddle = () => new Promise(() => undefined);
  await assert.rejects(waiting.keyring(stopping(20)), reason);
  const pausing = newCourier({ pause: 60_000 });
  watch.meddle = () => 503;
  await assert.rejects(pausing.keyring(stopping(100)), reason);
  const working = newCourier();
  const real = JSON.parse(Buffer.from(await working.keyring()).toString());
  watch.meddle = () => ({ body: JSON.stringify({ ...real, work: 24 }) });
  await working.keyring();
  const begun = performance.now();
  await assert.rejects(working.look(addresses(128), stopping(100)), reason);
  assert.ok(performance.now() - begun < 5000);
  assert.ok(watch.requests.every(({ method }) => method === "GET"));
  await assert.rejects(newCourier().keyring(AbortSignal.abort(reason)), reason);
});

test("the browser and JavaScript find the same work", async () => {
  const request = { challenge: p.randomBytes(32), path: "/v1/look", digest: p.randomBytes(32), bits: 10 };
  const beyond = 2 ** 32 - 1;
  for (const from of [0, beyond]) {
    const found = await p.searchWork(request, from, 20_000, crypto.subtle);
    assert.deepEqual(await p.searchWork(request, from, 20_000, null), found);
    p.checkWork(request, found);
    const [low, high] = new Uint32Array(found.buffer);
    const number = low + high * 2 ** 32;
    assert.ok(number >= from && number < from + 20_000);
    assert.equal(await p.searchWork(request, from, number - from, crypto.subtle), null);
    assert.equal(await p.searchWork(request, from, number - from, null), null);
  }
});

test("work never keeps a page from what else it has to do", async () => {
  const courier = newCourier();
  const real = JSON.parse(Buffer.from(await courier.keyring()).toString());
  watch.meddle = () => ({ body: JSON.stringify({ ...real, work: 24 }) });
  await courier.keyring();
  let turns = 0;
  const stop = new AbortController();
  const timer = setInterval(() => {
    turns += 1;
    if (turns === 5) {
      stop.abort(new Error("seen"));
    }
  }, 1);
  await assert.rejects(courier.look(addresses(128), stop.signal), { message: "seen" });
  clearInterval(timer);
});
