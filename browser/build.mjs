// Bundles what the pages run, and writes the word lists beside it. The same source gives the same bytes on every machine.
//
// esbuild is found through its package for this platform. It needs no install script, and .npmrc lets none run.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { lean } from "./lean.mjs";
import { DIGESTS, wordsOf } from "./words.mjs";

/** Where the intake finds what it serves under /static/code/. WHISTLE_CODE names another place. */
const OUTPUT =
  process.env.WHISTLE_CODE ?? fileURLToPath(new URL("../whistle/static/intake/code", import.meta.url));

/** What pages load: the core at once, the rest when it is needed. */
export const ENTRIES = {
  "pages.js": "src/pages/index.ts",
  "pictures.js": "src/cleaning/pictures.ts",
  "documents.js": "src/cleaning/documents.ts",
};

/** An entry as one module without imports. */
export async function bundle(entry = "src/protocol/index.ts") {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["es2022"],
    minify: true,
    plugins: [lean],
    // Notices of the libraries' licences must travel with their code.
    legalComments: "eof",
    charset: "utf8",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

/** Every file by its name, whole: nothing is written before everything is there. */
export async function files() {
  const code = Object.entries(ENTRIES).map(async ([name, entry]) => [name, await bundle(entry)]);
  const words = Object.keys(DIGESTS).map(async (language) => [
    `words/${language}.json`,
    Buffer.from(JSON.stringify(await wordsOf(language))),
  ]);
  return new Map(await Promise.all([...code, ...words]));
}

export function compressed(contents) {
  return gzipSync(contents, { level: 9 }).length;
}

async function write(built, folder) {
  await rm(folder, { recursive: true, force: true });
  for (const [name, contents] of built) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), contents);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = await files();
  await write(built, OUTPUT);
  for (const [name, contents] of built) {
    process.stdout.write(`${name}: ${contents.length} bytes, ${compressed(contents)} compressed\n`);
  }
}
