/** From a form to the shelf. Whatever goes wrong, everything that was written is in the form again. */
import { AlreadySent, type Sending, type Sent } from "../source/index.ts";
import type { MessageForm, Written } from "./message-form.ts";
import { post } from "./posting.ts";
import { isForeseen, isPassing, sentenceOf } from "./sentences.ts";
import type { Shown } from "./stage.ts";
import type { Visitor } from "./visitor.ts";

/** Makes a message of what was written; `again` where one of its number is stored already, and this is another. */
type Prepare = (written: Written, again: boolean) => Promise<Sending>;

/** What was stored, and whether contact details went with it. */
export interface Posted {
  readonly sent: Sent;
  readonly contact: boolean;
}

/** Sends what was written in `form`, and returns what was stored; `null` where the form is to be looked at again. */
export async function sendFrom(visitor: Visitor, form: MessageForm, shown: Shown, prepare: Prepare): Promise<Posted | null> {
  const written = form.read();
  if (written === null) {
    return null;
  }
  visitor.leaving.unsent = true;
  try {
    const sending = visitor.keep(await visitor.busy("sealing", () => prepare(written, form.isStored)));
    try {
      const sent = await post(visitor, sending);
      if (sent === null) {
        visitor.stage.show(shown);
        return null;
      }
      visitor.leaving.unsent = false;
      form.wipe();
      return { sent, contact: written.draft.contact != null };
    } finally {
      sending.wipe();
    }
  } catch (error) {
    form.isStored ||= error instanceof AlreadySent;
    visitor.stage.show(shown);
    form.warn(reasonOf(visitor, error));
    return null;
  }
}

/** Throws what is a fault of ours. */
function reasonOf(visitor: Visitor, error: unknown): string {
  if (isPassing(error)) {
    return visitor.steps.say("still-here", { reason: sentenceOf(visitor.steps, error) });
  }
  if (isForeseen(error)) {
    return sentenceOf(visitor.steps, error);
  }
  throw error;
}
