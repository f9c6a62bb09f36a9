/**
 * What a source does, over whatever courier it is given: prepare, send, look, follow up, withdraw.
 *
 * No clock, no storage, and no input or output besides the courier and the files: which day it is stands in the
 * directory.
 *
 * - `choices(directory, channel)`: who may read, to be chosen by the source.
 * - `new Source(courier, directory, receipt)`
 *     - `visit()` → `Visit`: what is stored, the list in force, the verified replies.
 *     - `load(reply)`, `file(reply, file)`: long texts and files of a reply, verified.
 *     - `prepare(draft, attachments, visit)` → `Sending`; `Sending.send()` → `Sent`.
 *     - `withdraw(readers, language)` → `Withdrawn`.
 */
export * from "../courier/index.ts";
export { type Answers, type Attachment, type Choice, choices, type Draft } from "./draft.ts";
export * from "./errors.ts";
export { type Progress, Sending, type SendOptions, type Sent } from "./sending.ts";
export { Source, type WithdrawOptions } from "./source.ts";
export { filesOf, type Problem, type ReceivedReply, type Visit } from "./visit.ts";
export type { Withdrawn } from "./withdrawing.ts";
