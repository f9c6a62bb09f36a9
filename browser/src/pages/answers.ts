/** The answers of a visit: in their order, long ones read on request, files saved, what is missing or altered said. */
import { type ReceivedReply, type Source, filesOf, type Visit } from "../source/index.ts";
import type { View } from "./filling.ts";
import { save } from "./saving.ts";
import { isForeseen, sentenceOf, sizeOf } from "./sentences.ts";
import type { Act, Shown } from "./stage.ts";
import type { Visitor } from "./visitor.ts";

const PROBLEMS = 5;

export class Answers {
  /** The newest answers, with the form for something to add. */
  readonly shown: Shown;
  readonly #visitor: Visitor;
  readonly #source: Source;
  readonly #replies = new Map<number, ReceivedReply>();
  #current: Shown;
  #older: number | null;

  constructor(visitor: Visitor, source: Source, visit: Visit, about: View) {
    this.#visitor = visitor;
    this.#source = source;
    this.shown = this.#make(visit, { ...about, ...this.#standing(visit), older: false });
    this.#current = this.shown;
    this.#older = visit.older;
  }

  /** Waits until somebody does something that is not about answers. */
  async ask(): Promise<Act> {
    for (;;) {
      const act = await this.#visitor.stage.ask(this.#current);
      try {
        switch (act.name) {
          case "read":
            await this.#read(act);
            break;
          case "save":
            await this.#save(act);
            break;
          case "older":
            await this.#showOlder();
            break;
          case "newest":
            this.#current = this.shown;
            break;
          default:
            return act;
        }
      } catch (error) {
        if (!isForeseen(error)) {
          throw error;
        }
        this.#visitor.stage.warn(this.#current, sentenceOf(this.#visitor.steps, error));
      }
    }
  }

  #make(visit: Visit, about: View): Shown {
    for (const reply of visit.replies) {
      this.#replies.set(reply.index, reply);
    }
    return this.#visitor.stage.make("replies", {
      ...about,
      replies: visit.replies.map((reply) => this.#view(reply)),
      problems: this.#problems(visit).map((problem) => ({ problem })),
      more: visit.older !== null,
    });
  }

  #standing({ withdrawn, stored, receivedBy }: Visit): View {
    const numbers = stored.map((index) => index + 1).join(", ");
    const kind = withdrawn ? "withdrawn" : stored.length === 0 ? "none" : stored.length === 1 ? "one" : "many";
    return { stored: this.#visitor.steps.say(`stored-${kind}`, { numbers }), received_by: receivedBy.join(", ") };
  }

  #view(reply: ReceivedReply): View {
    const { index, author, day, doubt, content } = reply;
    return {
      index,
      number: index + 1,
      author,
      day,
      doubt,
      full: content !== null,
      text: content?.text ?? "",
      files: filesOf(reply).map(({ name, size }, place) => ({ name, size: sizeOf(size), place })),
    };
  }

  /** What did not hold, and which answers are not there though later ones are. */
  #problems({ problems, replies }: Visit): readonly string[] {
    const { steps } = this.#visitor;
    const said = problems.slice(0, PROBLEMS).map(({ ours, index, error }) => {
      const about = { number: index + 1, reason: sentenceOf(steps, error) };
      return steps.say(ours ? "problem-ours" : "problem-reply", about);
    });
    const there = new Set([...replies, ...problems.filter(({ ours }) => !ours)].map(({ index }) => index));
    const [first, last] = [Math.min(...there), Math.max(...there)];
    const missing: string[] = [];
    for (let index = first; index <= last && missing.length < PROBLEMS; index++) {
      if (!there.has(index)) {
        missing.push(steps.say("missing-reply", { number: index + 1 }));
      }
    }
    return [...said, ...missing];
  }

  async #read({ element }: Act): Promise<void> {
    const reply = await this.#visitor.busy("fetching", async () => await this.#source.load(this.#named(element)));
    this.#replies.set(reply.index, reply);
    const { steps } = this.#visitor;
    const article = steps.step("answer", { replies: [this.#view(reply)] }).querySelector("article") as HTMLElement;
    element.closest("article")?.replaceWith(article);
    const heading = article.querySelector("h2") as HTMLElement;
    heading.tabIndex = -1;
    heading.focus();
  }

  async #save({ element }: Act): Promise<void> {
    const reply = this.#named(element);
    const file = filesOf(reply)[Number(element.dataset["file"])];
    if (file !== undefined) {
      await this.#visitor.busy("fetching", async () => await save(this.#source.file(reply, file), file.name));
      this.#visitor.tell(this.#visitor.steps.say("saved"));
    }
  }

  async #showOlder(): Promise<void> {
    const visit = await this.#visitor.busy("looking", async () => await this.#source.visit(this.#older));
    this.#older = visit.older;
    this.#current = this.#make(visit, { older: true });
  }

  #named(element: HTMLElement): ReceivedReply {
    return this.#replies.get(Number(element.dataset["reply"])) as ReceivedReply;
  }
}
