/** What the pages run: as soon as it is there it takes over, and nothing readable leaves the page any more. */
import { NobodyToRead } from "../source/index.ts";
import { comeBack } from "./coming-back.ts";
import { disarmPage } from "./disarming.ts";
import { fail } from "./failure.ts";
import { type Journey, type Next, report } from "./report.ts";
import { isForeseen, sentenceOf } from "./sentences.ts";
import type { Shown } from "./stage.ts";
import { Steps } from "./steps.ts";
import { Visitor } from "./visitor.ts";

/** The page may hold the first step, or the one for the twelve words; both have been used without a script until now. */
async function takeOver(main: HTMLElement): Promise<void> {
  const steps = await Steps.load();
  disarmPage();
  const visitor = new Visitor(steps, main);
  const shown = visitor.stage.adopt();
  const seals = document.getElementById("who-seals");
  if (seals !== null) {
    seals.textContent = steps.say("who-seals");
  }
  document.querySelector("header a")?.addEventListener("click", (event) => toStart(event, visitor));
  document.documentElement.dataset["ready"] = "yes";
  const begun = shown.root.querySelector("#receipt") !== null;
  await travel(visitor, begun ? () => comeBack(visitor, shown) : () => begin(visitor, shown));
}

/** One journey after the other, each begun with nothing left of the one before. */
async function travel(visitor: Visitor, first: Journey): Promise<void> {
  let journey = first;
  for (;;) {
    const next = await completed(visitor, journey);
    visitor.forget();
    if (next === "start") {
      visitor.leaving.toStart();
      return;
    }
    if (next !== "again") {
      journey = next === "come-back" ? () => comeBack(visitor) : next;
    }
  }
}

/** Where a journey leads; `again` where it could not be made. */
async function completed(visitor: Visitor, journey: Journey): Promise<Next | "again"> {
  try {
    return await journey();
  } catch (error) {
    if (!isForeseen(error)) {
      throw error;
    }
    const nobody = error instanceof NobodyToRead;
    const reason = nobody ? visitor.steps.say("nobody-reachable") : sentenceOf(visitor.steps, error);
    const act = await visitor.stage.ask(visitor.stage.make("trouble", { reason }));
    return act.name === "again" ? "again" : "start";
  }
}

async function begin(visitor: Visitor, start: Shown): Promise<Next> {
  const { name, form } = await visitor.stage.ask(start);
  const channel = form?.querySelector<HTMLInputElement>("input[name=channel]")?.value;
  return name === "report" ? () => report(visitor, Number(channel)) : "come-back";
}

function toStart(event: Event, visitor: Visitor): void {
  event.preventDefault();
  if (!visitor.leaving.unsent || confirm(visitor.steps.say("unsent"))) {
    visitor.leaving.toStart();
  }
}

const main = document.querySelector("main");
if (main !== null) {
  addEventListener("error", fail);
  addEventListener("unhandledrejection", fail);
  void takeOver(main);
}
