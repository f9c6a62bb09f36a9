// A source in the page without the page, for tests in other languages: `node driver.mjs BASE`.
//
// Each line of the input is a job in JSON, {"do", …}; each line of the output is what came of it, or {"error"}.
//   report {text, language, excluded, contact?, files?: [{name, path}]} → {receipt, message, readers}
//   visit {receipt} → {stored, readers, preselected, withdrawn, received_by, replies, problems}
//   follow-up {receipt, text, language, files?} → {message, readers}, to the readers who were chosen before
//   withdraw {receipt, language, also_replies?} → {messages, replies}
import { openAsBlob } from "node:fs";
import { createInterface } from "node:readline";
import { listOf, lists, protocol as p, source as s } from "./protocol.mjs";

const courier = new s.HttpCourier(process.argv[2]);
const directory = p.readDirectory(await courier.keyring(), { today: new Date().toISOString().slice(0, 10) });
const sourceOf = (words) => new s.Source(courier, directory, p.readReceipt(words, lists));

async function attached(files = []) {
  return await Promise.all(files.map(async ({ name, path }) => ({ name, type: "", blob: await openAsBlob(path) })));
}

const selected = (people) => people.filter(({ selected }) => selected).map(({ person }) => person.id);

const jobs = {
  async report({ text, language, excluded, contact = null, files }) {
    const receipt = p.Receipt.create();
    const words = receipt.words(listOf("english")).join(" ");
    const people = s.choices(directory, 1);
    const readers = selected(people.filter(({ custodian }) => !custodian)).filter((id) => !excluded.includes(id));
    const custodians = contact === null ? [] : selected(people.filter(({ custodian }) => custodian));
    const draft = { text, language, channel: 1, readers, contact, custodians };
    const source = new s.Source(courier, directory, receipt);
    const sent = await (await source.prepare(draft, await attached(files))).send();
    return { receipt: words, message: sent.index + 1, readers: sent.readers };
  },

  async visit({ receipt }) {
    const source = sourceOf(receipt);
    const { replies, problems, receivedBy, ...found } = await source.visit();
    const shown = await Promise.all(replies.map((reply) => shownOf(source, reply)));
    const { stored, readers, preselected, withdrawn } = found;
    const told = problems.map(({ ours, index, error }) => ({ ours, index, error: error.name }));
    return { stored, readers, preselected, withdrawn, received_by: receivedBy, replies: shown, problems: told };
  },

  async "follow-up"({ receipt, text, language, files }) {
    const source = sourceOf(receipt);
    const visit = await source.visit();
    const people = s.choices(directory, visit.channel, visit.preselected);
    const draft = { text, language, channel: visit.channel, readers: selected(people) };
    const sent = await (await source.prepare(draft, await attached(files), visit)).send();
    return { message: sent.index + 1, readers: sent.readers };
  },

  async withdraw({ receipt, language, also_replies: alsoReplies = false }) {
    const source = sourceOf(receipt);
    const { preselected } = await source.visit();
    const { messages, replies } = await source.withdraw(preselected, language, { alsoReplies });
    return { messages: messages.map((index) => index + 1), replies: replies.map((index) => index + 1) };
  },
};

async function shownOf(source, waiting) {
  const reply = await source.load(waiting);
  const files = [];
  for (const file of s.filesOf(reply)) {
    const pieces = [];
    for await (const piece of source.file(reply, file)) {
      pieces.push(piece);
    }
    files.push({ name: file.name, bytes: p.toBase64(p.concat(...pieces)) });
  }
  return { author: reply.author, text: reply.content.text, doubt: reply.doubt, files };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...job } = JSON.parse(line);
  let came;
  try {
    came = await jobs[name](job);
  } catch (error) {
    came = { error: error.name, message: error.message };
  }
  process.stdout.write(`${JSON.stringify(came)}\n`);
}
