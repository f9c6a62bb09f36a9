/** What is written inside a chosen file, and the offer to take it out. */
import type { Chosen } from "./chosen-files.ts";
import type { Steps } from "./steps.ts";

export class Inside {
  constructor(steps: Steps, chosen: Chosen, place: HTMLElement) {
    void steps;
    void chosen;
    void place;
  }

  offer(): void {}
}
