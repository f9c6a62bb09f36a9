/** Taking everything back: first it is said, then it is burned (docs/protocol.md, section 9). */
import type { Problem } from "./visit.ts";

/** What was taken back and burned: indices of messages and of replies; `problems` are records left as they are. */
export interface Withdrawn {
  readonly messages: readonly number[];
  readonly replies: readonly number[];
  readonly problems: readonly Problem[];
}
