/** A courier over `fetch`, to the site that the page came from (docs/protocol.md, section 9). */
import type { Bytes } from "../protocol/bytes.ts";
import type { Courier } from "./courier.ts";

export interface HttpCourierOptions {
  /** Milliseconds to wait before the same bytes are sent again. */
  readonly pause?: number;
}

export class HttpCourier implements Courier {
  /** `base` is the origin of the site, `location.origin` in a page. */
  constructor(base: string, options: HttpCourierOptions = {}) {
    void base;
    void options;
  }

  async keyring(_signal?: AbortSignal): Promise<Bytes> {
    throw new Error("to come");
  }

  async putMessage(_record: Uint8Array, _signal?: AbortSignal): Promise<void> {
    throw new Error("to come");
  }

  async putChunks(_records: readonly Uint8Array[], _signal?: AbortSignal): Promise<void> {
    throw new Error("to come");
  }

  async look(_addresses: readonly Uint8Array[], _signal?: AbortSignal): Promise<readonly boolean[]> {
    throw new Error("to come");
  }

  async fetch(_addresses: readonly Uint8Array[], _signal?: AbortSignal): Promise<readonly Bytes[]> {
    throw new Error("to come");
  }

  async burn(_tokens: readonly Uint8Array[], _signal?: AbortSignal): Promise<void> {
    throw new Error("to come");
  }
}
