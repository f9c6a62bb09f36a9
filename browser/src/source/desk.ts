/** What everything that a source does is done with. */
import type { Courier } from "../courier/courier.ts";
import type { Directory } from "../protocol/directory.ts";
import type { Source as SourceKeys } from "../protocol/thread.ts";

export interface Desk {
  readonly courier: Courier;
  readonly directory: Directory;
  readonly keys: SourceKeys;
}
