/** A new report: twelve words to write down, two of them asked back, the form, and what became of it. */
import { channelOf, type Directory, fingerprintOf, fold, KeyringMalformed, randomBelow, Receipt } from "../protocol/index.ts";
import { Source } from "../source/index.ts";
import { arrived } from "./arrived.ts";
import { People } from "./people.ts";
import { sendFrom } from "./sending-from.ts";
import { MessageForm } from "./message-form.ts";
import { takesFiles } from "./steps.ts";
import type { Visitor } from "./visitor.ts";

const ASKED = 2;

/** A way through the pages, from a first step to where it leads. */
export type Journey = () => Promise<Next>;
export type Next = "start" | "come-back" | Journey;

/** Throws what is wrong with the organisation's keys before anybody has begun to write. */
export async function report(visitor: Visitor, channel: number): Promise<Next> {
  const { words, directory, people, filesOpen } = await visitor.busy("looking", async () => {
    const found = await visitor.directory();
    const open = new People(found, channel);
    open.checkOpen();
    return { words: await visitor.words.english(), directory: found, people: open, filesOpen: await takesFiles() };
  });
  const receipt = visitor.keep(Receipt.create());
  const written = receipt.words(words);
  await writeDown(visitor, written);

  const questionnaire = questionnaireOf(visitor, directory, channel);
  const shown = visitor.stage.make("report", {
    ...people.view(visitor.steps),
    files_open: filesOpen,
    prompt: visitor.steps.say(`prompt-${questionnaire}`),
    hint: visitor.steps.say(`hint-${questionnaire}`),
    fingerprint: fingerprintOf(directory, words).join(" "),
  });
  const form = new MessageForm(visitor.steps, visitor.stage, shown, { channel, people, questionnaire });
  const source = visitor.keep(new Source(visitor.courier, directory, receipt));
  for (;;) {
    await visitor.stage.ask(shown);
    const posted = await sendFrom(visitor, form, shown, async ({ draft, attachments }, again) => {
      return await source.prepare(draft, attachments, again ? await source.visit() : null);
    });
    if (posted !== null) {
      return await arrived(visitor, { ...posted, day: directory.today, words: written });
    }
  }
}

/** Shows the words until somebody has written them down. */
async function writeDown(visitor: Visitor, words: readonly string[]): Promise<void> {
  const shown = visitor.stage.make("receipt", { words: words.map((word) => ({ word })) });
  do {
    await visitor.stage.ask(shown);
  } while (!(await askBack(visitor, words)));
}

/** Whether two words were known, or not wanted to be asked for; not, where somebody wants to see them again. */
async function askBack(visitor: Visitor, words: readonly string[]): Promise<boolean> {
  const places = placesOf(words.length);
  const shown = visitor.stage.make("words", { asked: places.map((place) => ({ place })) });
  for (;;) {
    const act = await visitor.stage.ask(shown);
    if (act.name !== "go-on") {
      return act.name === "skip";
    }
    const typed = [...shown.root.querySelectorAll<HTMLInputElement>("input[name=word]")].map(({ value }) => value);
    const wrong = places.find((place, at) => fold(typed[at]?.trim() ?? "") !== fold(words[place - 1] as string));
    if (wrong === undefined) {
      return true;
    }
    const fields = [{ field: `word-${wrong}`, wrong: visitor.steps.say("word-wrong", { place: wrong }) }];
    visitor.stage.warn(shown, visitor.steps.say("word-not-shown", { place: wrong }), fields);
  }
}

function placesOf(count: number): readonly number[] {
  const places = new Set<number>();
  while (places.size < ASKED) {
    places.add(1 + randomBelow(count));
  }
  return [...places].sort((one, other) => one - other);
}

function questionnaireOf(visitor: Visitor, directory: Directory, channel: number): string {
  const name = channelOf(directory, channel)?.questionnaire;
  if (name === undefined || !visitor.steps.knows(`prompt-${name}`)) {
    throw new KeyringMalformed();
  }
  return name;
}
