// Bundles the protocol, and writes the word lists beside it. The same source gives the same bytes on every machine.
//
// esbuild is found through its package for this platform. It needs no install script, and .npmrc lets none run.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { DIGESTS, wordsOf } from "./words.mjs";

export const OUTPUT = fileURLToPath(new URL("build", import.meta.url));
const ENTRIES = ["src/protocol/index.ts"];

/** The bundle: one module without imports. */
export async function bundle() {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
    entryPoints: ENTRIES,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["es2022"],
    minify: true,
    // Notices of the libraries' licences must travel with their code.
    legalComments: "eof",
    charset: "utf8",
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

async function put(name, contents) {
  await writeFile(join(OUTPUT, name), contents);
  return { name, size: contents.length, compressed: gzipSync(contents, { level: 9 }).length };
}

async function putWords(language) {
  return await put(`words/${language}.json`, Buffer.from(JSON.stringify(await wordsOf(language))));
}

/** Everything into build/, which is emptied first. */
export async function buildAll() {
  await rm(OUTPUT, { recursive: true, force: true });
  await mkdir(join(OUTPUT, "words"), { recursive: true });
  return [await put("protocol.js", await bundle()), ...(await Promise.all(Object.keys(DIGESTS).map(putWords)))];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, size, compressed } of await buildAll()) {
    process.stdout.write(`${name}: ${size} bytes, ${compressed} compressed\n`);
  }
}
