// Builds what a real browser needs to try every vector, into the folder named as argument. tests/browser serves it.
//
// operations.mjs is the one that Node runs: only what Node has and a browser has not is replaced, by files of this folder.
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundle } from "../../build.mjs";
import { DIGESTS, wordsOf } from "../../words.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const REPLACED = { "node:crypto": "crypto.mjs", "./protocol.mjs": "protocol.mjs" };

const inBrowsers = {
  name: "what a browser has instead of Node's own",
  setup({ onResolve }) {
    onResolve({ filter: /^\/protocol\.js$/ }, ({ path }) => ({ path, external: true }));
    onResolve({ filter: /^(node:crypto|\.\/protocol\.mjs)$/ }, ({ path, importer }) =>
      dirname(importer) === HERE ? null : { path: join(HERE, REPLACED[path]) },
    );
  },
};

async function runner() {
  const { outputFiles } = await build({
    entryPoints: [join(HERE, "vectors.mjs")],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["es2022"],
    inject: [join(HERE, "buffer.mjs")],
    plugins: [inBrowsers],
    write: false,
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

const [, , output] = process.argv;
await mkdir(join(output, "words"), { recursive: true });
await writeFile(join(output, "protocol.js"), await bundle());
await writeFile(join(output, "vectors.js"), await runner());
await writeFile(join(output, "client.js"), await bundle("test/client.ts"));
await copyFile(join(HERE, "sealing.mjs"), join(output, "sealing.js"));
for (const language of Object.keys(DIGESTS)) {
  await writeFile(join(output, "words", `${language}.json`), JSON.stringify(await wordsOf(language)));
}
