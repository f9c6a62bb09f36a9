// The word lists of receipts as files of their own, which a page loads when it needs them.
//
// Ten are the official lists as @scure/bip39 has them. Russian and Turkish are not part of BIP-39: they come from the
// Python package `mnemonic`, which the rest of Whistle installs anyway. Where that is found, WHISTLE_WORDLISTS can say.
// Each list is compared with its digest, so a list that changed at its origin cannot make receipts that nobody reads.
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const VENV = fileURLToPath(new URL("../.venv/lib", import.meta.url));
const MENDED = { language: "russian", place: 1572, word: "снова" };
const FROM_PYTHON = new Set(["russian", "turkish"]);
const OTHER_NAMES = { chinese_simplified: "simplified-chinese", chinese_traditional: "traditional-chinese" };

// SHA-256 of the words in UTF-8 as their list has them, joined by line feeds.
export const DIGESTS = {
  chinese_simplified: "106cc8387ac3fc7d44ca1072e30a0b27ed017b1d377501bb909c2833ef60c186",
  chinese_traditional: "407312f9014543242bd157c255125a753ac60128fc15883a33b8685a9328b0cc",
  czech: "63a3babb46c556473cd58ddf195dcd2a91aff3674a9656efa6e0ad8598875f3e",
  english: "187db04a869dd9bc7be80d21a86497d692c0db6abd3aa8cb6be5d618ff757fae",
  french: "b8caec12319d0ffb127c84e42c8866c86a54ac9951fe2cfbf902d35552c65e4f",
  italian: "ffefe450a4be8015d9c291d6ae305ab7e814e822113fa874268c3074af42b27e",
  japanese: "a3c2aa5c689341519e8a579e28d2956910313e372b04cf0f31baef40dc44d69c",
  korean: "e7375c57574d3f2db755dedda43ff20d6166e2f0cad4c9618b6f7929b8b39aed",
  portuguese: "882265ece9ce1178b9fe47463d571dfa399c6fc7cb17895eb2767f1930c945eb",
  russian: "2439333f64847a2c60c7d0cdcdcad20ca3cb546ac108f0fe8b0b8bcaa0947443",
  spanish: "2f06d28020d49115a2e502fb6042aaa593e90773edb947685482d05ee2af6a03",
  turkish: "13ec2e577c73f61aa9dc156e2d16fb4262c95a38e9cd86c7982a8ed030dad2bb",
};

/** The 2,048 words of a language, letter by letter as their list has them. */
export async function wordsOf(language) {
  const found = FROM_PYTHON.has(language) ? await wordsFromPython(language) : await wordsFromPackage(language);
  const words = found.map((word, place) =>
    language === MENDED.language && place === MENDED.place ? MENDED.word : word,
  );
  if (createHash("sha256").update(words.join("\n")).digest("hex") !== DIGESTS[language]) {
    throw new Error(`The ${language} list is not the one that receipts are made with.`);
  }
  return words;
}

async function wordsFromPackage(language) {
  const { wordlist } = await import(`@scure/bip39/wordlists/${OTHER_NAMES[language] ?? language}.js`);
  return wordlist;
}

async function wordsFromPython(language) {
  const text = await readFile(join(await pythonLists(), `${language}.txt`), "utf8");
  return text.trim().split("\n");
}

async function pythonLists() {
  const versions = await readdir(VENV).catch(() => []);
  const places = versions.map((version) => join(VENV, version, "site-packages", "mnemonic", "wordlist"));
  for (const place of [process.env.WHISTLE_WORDLISTS, ...places]) {
    if (place !== undefined && (await stat(place).catch(() => null)) !== null) {
      return place;
    }
  }
  throw new Error(
    "The Russian and Turkish lists come with the Python package mnemonic: say where in WHISTLE_WORDLISTS.",
  );
}
