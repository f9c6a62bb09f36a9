/** What the pages run: as soon as it is there it takes over, and nothing readable leaves the page any more. */
import { disarmPage } from "./disarming.ts";
import { Stage } from "./stage.ts";
import { Steps } from "./steps.ts";

async function boot(): Promise<void> {
  const main = document.querySelector("main");
  if (main === null) {
    return;
  }
  const steps = await Steps.load();
  disarmPage();
  const stage = new Stage(main, steps);
  stage.adopt();
  document.documentElement.dataset["ready"] = "yes";
}

void boot();
