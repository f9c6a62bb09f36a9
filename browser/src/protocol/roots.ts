/** How the organisation's root was handed on (docs/protocol.md, section 7, steps 3 and 4). */
import { type Bytes, equal, toHex } from "./bytes.ts";
import { KeyringMalformed, KeyringRolledBack, RootForked } from "./errors.ts";
import type { Succession } from "./keyring.ts";

/**
 * The roots from the first on, each handed over to by the one before.
 * `successions` are verified one by one, as they are taken. Throws `RootForked` for two successors of one root and for
 * a row that comes round, `KeyringMalformed` for a handover that the row does not reach.
 */
export function rowOfRoots(first: Bytes, successions: Iterable<Succession>): readonly Bytes[] {
  const next = new Map<string, Bytes>();
  for (const { old, new: successor } of successions) {
    const other = next.get(toHex(old));
    if (other !== undefined && !equal(other, successor)) {
      throw new RootForked();
    }
    next.set(toHex(old), successor);
  }
  const row = follow(first, next);
  // Each root but the last has one successor; one that is not in the row was reached from nowhere.
  if (row.length !== next.size + 1) {
    throw new KeyringMalformed();
  }
  return row;
}

function follow(from: Bytes, next: ReadonlyMap<string, Bytes>): readonly Bytes[] {
  const row = [from];
  for (let root = next.get(toHex(from)); root !== undefined; root = next.get(toHex(root))) {
    row.push(root);
    if (row.length > next.size + 1) {
      throw new RootForked();
    }
  }
  return row;
}

/** Throws `RootForked` and `KeyringRolledBack` unless the roots remembered are the beginning of the row. */
export function checkRemembered(roots: readonly Bytes[], remembered: readonly Uint8Array[]): void {
  remembered.forEach((root, index) => {
    const now = roots[index];
    if (now !== undefined && !equal(now, root)) {
      throw new RootForked();
    }
  });
  if (roots.length < remembered.length) {
    throw new KeyringRolledBack();
  }
}
