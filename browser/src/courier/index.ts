/** How records travel between a source and the shelf (docs/protocol.md, section 9). */
export type { Courier } from "./courier.ts";
export * from "./errors.ts";
export { HttpCourier } from "./http.ts";
