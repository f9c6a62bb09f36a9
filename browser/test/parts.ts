/** What takes the pages over, piece by piece, for tests that try each by itself in a browser. */
export { WordList } from "../src/protocol/index.ts";
export { disarm, disarmPage } from "../src/pages/disarming.ts";
export { Entering } from "../src/pages/entering.ts";
export { Leaving } from "../src/pages/leaving.ts";
export { Stage } from "../src/pages/stage.ts";
export { Steps, takesFiles } from "../src/pages/steps.ts";
