// Two people who build the same source get the same bytes, wherever and whenever they do it. What the organisation
// signs (whistle release, whistle keys manifest) can so be made anew by anybody.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const HERE = fileURLToPath(new URL("..", import.meta.url));
// What no bundle is made of, and too large to copy for nothing.
const TOOLS = ["typescript", "@typescript", "axe-core", ".bin"];
const LEFT_OUT = ["test", ...TOOLS.map((name) => join("node_modules", name))];
const folders = [];
const lists = process.env.WHISTLE_WORDLISTS ?? (await pythonLists());

after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** Where this checkout's Python has the lists that a copy elsewhere would not find. */
async function pythonLists() {
  const lib = join(HERE, "..", ".venv", "lib");
  const [python] = (await readdir(lib)).filter((name) => name.startsWith("python"));
  return join(lib, python, "site-packages", "mnemonic", "wordlist");
}

/** A copy of the project at `source` in a folder of another name and depth, its files as old as `age` says. */
async function copied(source, name, age) {
  const folder = await mkdtemp(join(tmpdir(), "whistle-build-"));
  folders.push(folder);
  const project = join(folder, name);
  const skipped = LEFT_OUT.map((path) => join(source, path));
  const wanted = (each) => !skipped.some((path) => each === path || each.startsWith(path + sep));
  await cp(source, project, { recursive: true, filter: wanted });
  for (const each of await readdir(join(project, "src"), { recursive: true })) {
    await utimes(join(project, "src", each), age, age);
  }
  return { project, output: join(folder, "code") };
}

async function built({ project, output }, environment) {
  const env = { PATH: process.env.PATH, HOME: output, WHISTLE_CODE: output, WHISTLE_WORDLISTS: lists, ...environment };
  await run(process.execPath, [join(project, "build.mjs")], { cwd: output.slice(0, output.lastIndexOf(sep)), env });
  const names = (await readdir(output, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const digests = names.sort().map(async (name) => {
    const contents = await readFile(name);
    assert.ok(!contents.includes(project), `${name} tells where it was built`);
    return [name.slice(output.length + 1), createHash("sha256").update(contents).digest("hex")];
  });
  return Object.fromEntries(await Promise.all(digests));
}

const first = await copied(HERE, "one", new Date(0));
const files = await built(first, { LANG: "C", TZ: "UTC" });

test("two builds in two places give the same files, byte for byte", async () => {
  const second = await copied(first.project, join("a b", "ünlike", "two"), new Date());
  assert.ok(Object.keys(files).length > 12);
  assert.deepEqual(await built(second, { LANG: "tr_TR.UTF-8", TZ: "Asia/Tokyo" }), files);
});

test("another source gives other bytes", async () => {
  const labels = join(first.project, "src", "protocol", "labels.ts");
  await writeFile(labels, (await readFile(labels, "utf8")).replace("whistle/1/site", "whistle/2/site"));
  const changed = await built(first, {});
  assert.notEqual(changed["pages.js"], files["pages.js"]);
  assert.equal(changed["words/english.json"], files["words/english.json"]);
});
