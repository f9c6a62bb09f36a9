// The real intake, from Python, over real HTTP. Tests have its organisation's keys, so that they can also be reviewers.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { newOrganisation, spelled, TODAY } from "./people.mjs";
import { protocol as p, source as s } from "./protocol.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PYTHON = process.env.WHISTLE_PYTHON ?? join(ROOT, ".venv/bin/python");

/** One organisation and its server. `people` are of people.mjs; all are in channel 1. */
export class Intake {
  #server = null;

  static async open(people, settings = {}) {
    const intake = new Intake();
    intake.people = people;
    intake.organisation = newOrganisation(...people);
    intake.site = intake.organisation.site;
    intake.folder = await mkdtemp(join(tmpdir(), "whistle-intake-"));
    intake.port = await freePort();
    intake.base = `http://127.0.0.1:${intake.port}`;
    await intake.#write({ work_bits: 4, ...settings });
    await intake.start();
    return intake;
  }

  async #write(settings) {
    const home = join(this.folder, "intake");
    await mkdir(join(home, "statements"), { recursive: true, mode: 0o700 });
    const { keyring, statements } = this.organisation;
    await writeFile(join(home, "keyring.json"), JSON.stringify({ keyring: spelled(keyring), successions: [] }));
    for (const [place, { id }] of this.people.entries()) {
      await writeFile(join(home, "statements", `${id}.json`), JSON.stringify(spelled(statements[place])));
    }
    const lines = { folder: home, questionnaires: join(ROOT, "config/questionnaires"), port: this.port, ...settings };
    const toml = Object.entries(lines).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
    await writeFile(join(this.folder, "whistle.toml"), `[intake]\n${toml.join("")}`);
  }

  async start() {
    const command = ["-m", "whistle", "intake", "--config", join(this.folder, "whistle.toml")];
    let said = "";
    this.#server = spawn(PYTHON, command, { cwd: ROOT, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#server.stdout, this.#server.stderr]) {
      stream.on("data", (data) => (said += data));
    }
    for (let tries = 0; tries < 600; tries++) {
      if (this.#server.exitCode !== null) {
        break;
      }
      const answer = await fetch(`${this.base}/v1/keyring`).catch(() => null);
      if (answer?.ok) {
        return;
      }
      await sleep(50);
    }
    throw new Error(`the intake did not start: ${said}`);
  }

  /** Ends every process of the server at once, as a power cut would. */
  async kill() {
    const ended = once(this.#server, "exit");
    process.kill(-this.#server.pid, "SIGKILL");
    await ended;
  }

  async close() {
    if (this.#server.exitCode === null && this.#server.signalCode === null) {
      await this.kill();
    }
    await rm(this.folder, { recursive: true });
  }

  /** What a page makes of the published document, and a source with these words, or with new ones. */
  async source({ base = this.base, receipt = p.Receipt.create(), courier = undefined } = {}) {
    const asked = courier ?? new s.HttpCourier(base, { pause: 50 });
    const directory = p.readDirectory(await asked.keyring(), { today: TODAY });
    const keys = new p.Source(new p.Receipt(receipt.bytes.slice()), directory.site);
    const source = new s.Source(asked, directory, new p.Receipt(receipt.bytes.slice()));
    return { source, directory, keys, receipt, courier: asked };
  }

  /** Every file below the server's folder. */
  async files() {
    const found = await readdir(join(this.folder, "intake"), { recursive: true, withFileTypes: true });
    return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  }
}

/** Stands before a server, writes down what passes, and can cut, delay or change it. */
export class Watch {
  requests = [];
  /**
   * Called with each request before it is passed on; may return, or promise, how to meddle: "cut",
   * "cut the answer", a status to answer at once, bytes to pass on instead, or `{ body }` to answer.
   */
  meddle = () => undefined;
  #server;

  static async before(intake) {
    const watch = new Watch();
    watch.#server = http.createServer((request, response) => void watch.#pass(intake, request, response));
    watch.#server.listen(0, "127.0.0.1");
    await once(watch.#server, "listening");
    watch.base = `http://127.0.0.1:${watch.#server.address().port}`;
    return watch;
  }

  async close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** Method, path, and sizes of what was asked and answered since the last time. */
  taken() {
    return this.requests.splice(0).map(({ method, path, size, answered }) => ({ method, path, size, answered }));
  }

  async #pass(intake, request, response) {
    try {
      const body = Buffer.concat(await request.toArray());
      const seen = { method: request.method, path: request.url, size: body.length, headers: request.headers, body };
      this.requests.push(seen);
      const what = await this.meddle(seen);
      if (what === "cut") {
        request.socket.destroy();
        return;
      }
      if (typeof what === "number" || what?.body !== undefined) {
        response.writeHead(what?.body === undefined ? what : 200, what?.headers).end(what?.body);
        return;
      }
      const answer = await ask(intake, request, what instanceof Uint8Array ? what : body);
      const given = Buffer.concat(await answer.toArray());
      seen.answered = given.length;
      if (what === "cut the answer") {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode, answer.headers);
      response.end(given);
    } catch {
      request.socket.destroy();
    }
  }
}

function ask(intake, { method, url, headers }, body) {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: intake.port, method, path: url, headers, agent: false };
    http.request(options, resolve).on("error", reject).end(body);
  });
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
