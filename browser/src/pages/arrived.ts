/** What to do now that it has arrived. */
import type { Sent } from "../source/index.ts";
import type { Next } from "./report.ts";
import type { Visitor } from "./visitor.ts";

const DAY_LENGTH = "YYYY-MM-DD".length;
const DAY_MILLISECONDS = 86_400_000;

export interface Arrival {
  readonly sent: Sent;
  readonly contact: boolean;
  /** The day on which it was sent. */
  readonly day: string;
  readonly words: readonly string[];
}

/** Says so, with the keys forgotten already. */
export async function arrived(visitor: Visitor, { sent, contact, day, words }: Arrival): Promise<Next> {
  visitor.forget();
  const last = Date.parse(day) + Number(visitor.steps.say("keep-days")) * DAY_MILLISECONDS;
  const shown = visitor.stage.make("arrived", {
    number: sent.index + 1,
    first: sent.index === 0,
    contact,
    names: sent.readers.join(", "),
    last_day: new Date(last).toISOString().slice(0, DAY_LENGTH),
    words: words.map((word) => ({ word })),
  });
  await visitor.stage.ask(shown);
  return "start";
}
