/** Coming back with twelve words: answers, their files, something to add, everything taken back. */
import { type Directory, fingerprintOf, type Receipt } from "../protocol/index.ts";
import { NothingFound, Source, type Visit } from "../source/index.ts";
import { Answers } from "./answers.ts";
import { arrived } from "./arrived.ts";
import { Entering } from "./entering.ts";
import { MessageForm } from "./message-form.ts";
import { People } from "./people.ts";
import type { Next } from "./report.ts";
import { sendFrom } from "./sending-from.ts";
import { isForeseen } from "./sentences.ts";
import type { Shown } from "./stage.ts";
import { takesFiles } from "./steps.ts";
import type { Visitor } from "./visitor.ts";
import { withdraw } from "./withdrawal.ts";

interface Found {
  readonly source: Source;
  readonly directory: Directory;
  readonly visit: Visit;
  readonly words: readonly string[];
  readonly filesOpen: boolean;
}

/** `shown` is the page for the twelve words, where that is on the screen already. */
export async function comeBack(visitor: Visitor, shown?: Shown): Promise<Next> {
  const entering = new Entering(visitor, shown);
  for (;;) {
    const receipt = visitor.keep(await entering.receipt());
    try {
      const found = await visitor.busy("looking", () => look(visitor, receipt));
      entering.wipe();
      return await answers(visitor, found);
    } catch (error) {
      if (error instanceof NothingFound) {
        return await notFound(visitor);
      }
      if (!isForeseen(error)) {
        throw error;
      }
      entering.warn(error);
    }
  }
}

async function look(visitor: Visitor, receipt: Receipt): Promise<Found> {
  const directory = await visitor.directory();
  const source = visitor.keep(new Source(visitor.courier, directory, receipt));
  const words = receipt.words(await visitor.words.english());
  return { source, directory, visit: await source.visit(), words, filesOpen: await takesFiles() };
}

async function notFound(visitor: Visitor): Promise<Next> {
  const act = await visitor.stage.ask(visitor.stage.make("not-found", { keep_days: visitor.steps.say("keep-days") }));
  return act.name === "come-back" ? "come-back" : "start";
}

async function answers(visitor: Visitor, found: Found): Promise<Next> {
  const { source, directory, visit } = found;
  const channel = visit.channel ?? (directory.keyring.channels[0]?.id as number);
  const people = new People(directory, channel);
  const about = {
    ...people.view(visitor.steps),
    fingerprint: fingerprintOf(directory, await visitor.words.english()).join(" "),
    unknown: visit.preselected.length === 0,
    files_open: found.filesOpen,
  };
  const listed = new Answers(visitor, source, visit, about);
  People.tick(listed.shown.root, [...visit.preselected, ...people.custodians]);
  const form = new MessageForm(visitor.steps, visitor.stage, listed.shown, { channel, people, questionnaire: null });
  for (;;) {
    const act = await listed.ask();
    if (act.name === "send") {
      const posted = await sendFrom(visitor, form, listed.shown, async ({ draft, attachments }, again) => {
        const newest = await newestVisit(source);
        const next = newest?.nextIndex ?? 0;
        // A message that is sent twice meets itself, until it is known to be another.
        return await source.prepare(draft, attachments, newest, again ? next : Math.min(visit.nextIndex, next));
      });
      if (posted !== null) {
        return await arrived(visitor, { ...posted, day: directory.today, words: found.words });
      }
    } else if (act.name === "ask-withdraw") {
      const next = await withdraw(visitor, { source, people, visit });
      if (next !== null) {
        return next;
      }
      visitor.stage.show(listed.shown);
    }
  }
}

/** What lies on the shelf now; nothing where all of it has expired meanwhile, and what is written begins anew. */
async function newestVisit(source: Source): Promise<Visit | null> {
  try {
    return await source.visit();
  } catch (error) {
    if (error instanceof NothingFound) {
      return null;
    }
    throw error;
  }
}
