/** All that a page is made of but the pages, for tests: one bundle, so that both know the same classes. */
export * as protocol from "../src/protocol/index.ts";
export * as source from "../src/source/index.ts";
export { Garbage } from "../src/courier/garbage.ts";
