/** Taking everything back, after one clear question. */
import { NobodyToRead, type Source, type Visit, type Withdrawn } from "../source/index.ts";
import { People } from "./people.ts";
import type { Next } from "./report.ts";
import { isForeseen, sentenceOf } from "./sentences.ts";
import type { Shown } from "./stage.ts";
import type { Visitor } from "./visitor.ts";

interface Own {
  readonly source: Source;
  readonly people: People;
  readonly visit: Visit;
}

/** Asks, and withdraws; `null` where it is to be kept. */
export async function withdraw(visitor: Visitor, { source, people, visit }: Own): Promise<Next | null> {
  const known = visit.preselected.length > 0;
  const shown = visitor.stage.make("withdraw", { ...people.view(visitor.steps), unknown: !known });
  People.tick(shown.root, visit.preselected);
  for (;;) {
    const act = await visitor.stage.ask(shown);
    if (act.name !== "withdraw" || act.form === null) {
      return null;
    }
    const chosen = people.chosen(act.form, { custodians: false });
    const readers = known ? chosen.filter((id) => visit.preselected.includes(id)) : chosen;
    const alsoReplies = act.form.querySelector<HTMLInputElement>("#also-replies")?.checked ?? false;
    const language = document.documentElement.lang;
    try {
      const done = await visitor.busy("withdrawing", () => source.withdraw(readers, language, { alsoReplies }));
      return await withdrawn(visitor, done, alsoReplies);
    } catch (error) {
      warn(visitor, shown, error);
    }
  }
}

async function withdrawn(visitor: Visitor, { problems }: Withdrawn, replies: boolean): Promise<Next> {
  const { steps, stage } = visitor;
  visitor.forget();
  visitor.leaving.unsent = false;
  const said = problems.map(({ ours, index, error }) => ({
    problem: steps.say(ours ? "problem-ours" : "problem-reply", { number: index + 1, reason: sentenceOf(steps, error) }),
  }));
  await stage.ask(stage.make("withdrawn", { replies, problems: said }));
  return "start";
}

/** Says why it was not withdrawn. Throws what is a fault of ours. */
function warn({ steps, stage }: Visitor, shown: Shown, error: unknown): void {
  if (error instanceof NobodyToRead) {
    stage.warn(shown, steps.say("nobody-to-tell"));
  } else if (isForeseen(error)) {
    stage.warn(shown, sentenceOf(steps, error));
  } else {
    throw error;
  }
}
