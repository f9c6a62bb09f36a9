/** To whom of the people enrolled may be sealed today (docs/protocol.md, section 7, step 9). */
import { toHex } from "./bytes.ts";
import { type ProtocolError, StatementRejected, StatementRolledBack } from "./errors.ts";
import type { Day } from "./fields.ts";
import type { Person } from "./keyring.ts";
import type { Signed } from "./signing.ts";
import { checkDay, checkHolder, parseStatement, readStatement, type Statement } from "./statement.ts";

/** What statements are judged by. */
export interface Judgement {
  readonly site: Uint8Array;
  readonly today: Day;
  /** The number remembered for each person. */
  readonly numbers: ReadonlyMap<number, number>;
}

export interface Current {
  /** The people to whom may be sealed today. */
  readonly open: ReadonlyMap<number, Statement>;
  /** The others, with the reason. */
  readonly closed: ReadonlyMap<number, ProtocolError>;
}

/** Which statement counts of each person enrolled. One that does not hold closes its person, and nobody else. */
export function currentStatements(
  statements: readonly Signed[],
  people: readonly Person[],
  judgement: Judgement,
): Current {
  const claimed = new Map<number, Signed[]>(people.map(({ id }) => [id, []]));
  for (const statement of statements) {
    claimed.get(claimantOf(statement) ?? 0)?.push(statement);
  }
  const open = new Map<number, Statement>();
  const closed = new Map<number, ProtocolError>();
  for (const holder of people) {
    const found = newest(claimed.get(holder.id) ?? [], holder, judgement);
    if ("recipient" in found) {
      open.set(holder.id, found);
    } else {
      closed.set(holder.id, found);
    }
  }
  closeSharers(open, closed);
  return { open, closed };
}

/** Whose statement this says it is: the one thing that may be read before the signature is checked. */
function claimantOf({ payload }: Signed): number | undefined {
  try {
    return parseStatement(payload).person;
  } catch {
    return undefined;
  }
}

/** The statement with the highest number that holds, or why none does: the reason of the last in the document. */
function newest(claimed: readonly Signed[], holder: Person, judgement: Judgement): Statement | ProtocolError {
  let best: Statement | undefined;
  let reason: ProtocolError = new StatementRejected();
  for (const signed of claimed) {
    try {
      const statement = judge(signed, holder, judgement);
      best = best === undefined || statement.number > best.number ? statement : best;
    } catch (error) {
      reason = error as ProtocolError;
    }
  }
  return best ?? reason;
}

function judge(signed: Signed, holder: Person, { site, today, numbers }: Judgement): Statement {
  const statement = readStatement(signed, holder.signing);
  checkHolder(statement, site, holder);
  if (statement.number < (numbers.get(holder.id) ?? 0)) {
    throw new StatementRolledBack();
  }
  checkDay(statement, today);
  return statement;
}

/** Two people with one key: to leave one of them out would leave out nobody. */
function closeSharers(open: Map<number, Statement>, closed: Map<number, ProtocolError>): void {
  const holders = new Map<string, number[]>();
  for (const [id, { recipient }] of open) {
    const key = toHex(recipient.x25519);
    holders.set(key, [...(holders.get(key) ?? []), id]);
  }
  for (const sharers of holders.values()) {
    if (sharers.length > 1) {
      for (const id of sharers) {
        open.delete(id);
        closed.set(id, new StatementRejected());
      }
    }
  }
}
