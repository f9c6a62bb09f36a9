/** What is found on the shelf, judged: the source's own records, and the replies (docs/protocol.md, section 6). */
import { equal } from "../protocol/bytes.ts";
import type { Directory } from "../protocol/directory.ts";
import type { Reply } from "../protocol/message.ts";
import { type Authored, checkReadersAsSource, readReplyAsSource } from "../protocol/reading.ts";
import { burnHashOf, MessageRecord } from "../protocol/record.ts";
import { openOwn } from "../protocol/sealing.ts";
import type { State } from "../protocol/state.ts";
import type { Source as SourceKeys } from "../protocol/thread.ts";
import type { ReceivedReply } from "./visit.ts";

/** A record that the source wrote: what it told itself, and whether it is a withdraw. */
export interface Own {
  readonly index: number;
  readonly record: MessageRecord;
  readonly commitment: Uint8Array;
  readonly state: State;
  readonly withdraw: boolean;
}

/** A reply, and the record it came in. */
export interface Found {
  readonly read: Authored<Reply>;
  readonly address: Uint8Array;
}

/** The record at the address of `index` upwards as the source's own. Throws what `openOwn` throws. */
export function judgeOwn(bytes: Uint8Array, index: number, keys: SourceKeys): Own {
  const state = openOwn(bytes, keys.identity, keys.stateKey);
  const record = new MessageRecord(bytes);
  const withdraw = equal(record.burnHash, burnHashOf(keys.burnWithdraw(record.address)));
  return { index, record, commitment: record.commitment, state, withdraw };
}

/** The record as a reply whose index fits its address; its readers are yet to be judged. As `readReplyAsSource`. */
export function judgeReply(bytes: Uint8Array, keys: SourceKeys, directory: Directory): Found {
  const read = readReplyAsSource(bytes, keys, directory);
  return { read, address: new MessageRecord(bytes).address };
}

/**
 * Whether the readers of a reply are known to be the source's choice: false where no list is left to judge by.
 * Throws `ReadersRejected` where the lists contradict.
 */
export async function readersHold(reply: Reply, newest: Own | null, own: ReadonlyMap<number, Own>): Promise<boolean> {
  return await checkReadersAsSource(reply, newest?.state.readers ?? null, async (index) => {
    const echoed = own.get(index);
    return echoed === undefined ? null : { ...echoed, readers: echoed.state.readers };
  });
}

/** What the source is shown of a reply. */
export function received({ body, author }: Authored<Reply>, directory: Directory, doubt: boolean): ReceivedReply {
  const { people, former } = directory.keyring;
  const names = new Map([...people, ...former.map((left) => left.person)].map(({ id, name }) => [id, name]));
  return {
    index: body.index,
    day: body.day,
    language: body.language,
    author: author.person.name,
    readers: body.readers.map((id) => names.get(id) ?? `${id}`),
    content: body.content,
    stream: body.stream,
    doubt,
  };
}
