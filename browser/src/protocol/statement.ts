/** Which Recipient to seal to at present, signed by the person it belongs to (docs/protocol.md, section 7). */
import { equal } from "./bytes.ts";
import { decode, encode } from "./canonical.ts";
import { StatementMalformed, StatementRejected } from "./errors.ts";
import { bytes, type Day, day, daysBetween, integer, type Of, struct, where, within } from "./fields.ts";
import { HASH_SIZE } from "./hashing.ts";
import { LABELS } from "./labels.ts";
import { person, recipient } from "./message.ts";
import { type Signed, sign, verify } from "./signing.ts";

/** How many days a statement may cover, first and last included. */
export const STATEMENT_DAYS = 30;

const statement = where(
  struct({ site: bytes(HASH_SIZE), person, number: integer(1), recipient, first: day, last: day }),
  ({ first, last }) => daysBetween(first, last) >= 1 && daysBetween(first, last) <= STATEMENT_DAYS,
);

export type Statement = Of<typeof statement>;

/** The person whose statement must be in force, as the keyring has them. */
export interface Holder {
  readonly id: number;
  readonly signing: Uint8Array;
  readonly statement_minimum: number;
}

/** A statement signed with the person's secret key. Throws `StatementMalformed` for one that nobody would take. */
export function signStatement(value: Statement, secret: Uint8Array): Signed {
  const payload = within(StatementMalformed, () => encode(statement.write(value)));
  return { payload, signature: sign(secret, LABELS.statement, payload) };
}

/** What `signing` signed. Throws `SignatureInvalid` and `StatementMalformed`. */
export function readStatement({ payload, signature }: Signed, signing: Uint8Array): Statement {
  verify(signing, signature, LABELS.statement, payload);
  return parseStatement(payload);
}

/** What a payload says, signed by whomever. Throws `StatementMalformed`. */
export function parseStatement(payload: Uint8Array): Statement {
  return within(StatementMalformed, () => statement.read(decode(payload)));
}

/** Throws `StatementRejected` unless the statement is of this site and holder, and of a number that is accepted. */
export function checkHolder(value: Statement, site: Uint8Array, holder: Holder): void {
  if (!equal(value.site, site) || value.person !== holder.id || value.number < holder.statement_minimum) {
    throw new StatementRejected();
  }
}

/** Throws `StatementRejected` unless `on` is one of the statement's days. */
export function checkDay({ first, last }: Statement, on: Day): void {
  if (on < first || on > last) {
    throw new StatementRejected();
  }
}
