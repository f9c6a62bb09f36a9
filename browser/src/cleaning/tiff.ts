/** Tables of tags and values (TIFF 6.0). What does not fit into the bytes is not there. */
import { viewOf } from "./slices.ts";

const ENTRY_SIZE = 12;
const ENTRY_LIMIT = 1_000;
/** Bytes of a value, by the number of its type. */
const SIZES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 13: 4 };

/** A value with its type, as many times as it is counted. */
export interface Entry {
  readonly type: number;
  readonly count: number;
  readonly value: Uint8Array;
}

export type Table = ReadonlyMap<number, Entry>;

export class Tiff {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#little = bytes[0] === 0x49;
  }

  /** The table of the picture, and that of its thumbnail. */
  tables(): readonly [Table | undefined, Table | undefined] {
    const start = this.#read32(4) ?? 0;
    const first = this.#table(start);
    const behind = first === undefined ? undefined : this.#read32(start + 2 + (this.#read16(start) ?? 0) * ENTRY_SIZE);
    return [first, behind === undefined || behind === 0 ? undefined : this.#table(behind)];
  }

  /** The table that an entry of another one points to. */
  inner(table: Table | undefined, tag: number): Table | undefined {
    const start = this.number(table?.get(tag));
    return start === undefined ? undefined : this.#table(start);
  }

  number(entry: Entry | undefined): number | undefined {
    if (entry === undefined || entry.count < 1) {
      return undefined;
    }
    const view = viewOf(entry.value);
    if (entry.type === 3) {
      return view.getUint16(0, this.#little);
    }
    return entry.type === 4 || entry.type === 13 ? view.getUint32(0, this.#little) : undefined;
  }

  fractions(entry: Entry | undefined): number[] {
    if (entry === undefined || (entry.type !== 5 && entry.type !== 10)) {
      return [];
    }
    const view = viewOf(entry.value);
    return Array.from({ length: Math.min(entry.count, 3) }, (_, index) => {
      return view.getUint32(8 * index, this.#little) / view.getUint32(8 * index + 4, this.#little);
    });
  }

  #table(start: number): Table | undefined {
    const count = this.#read16(start);
    if (count === undefined || start < 8) {
      return undefined;
    }
    const table = new Map<number, Entry>();
    for (let index = 0; index < Math.min(count, ENTRY_LIMIT); index += 1) {
      const at = start + 2 + index * ENTRY_SIZE;
      const [tag, type, length] = [this.#read16(at), this.#read16(at + 2), this.#read32(at + 4)];
      const size = (SIZES[type ?? 0] ?? 0) * (length ?? 0);
      const from = size > 4 ? this.#read32(at + 8) : at + 8;
      if (tag !== undefined && type !== undefined && size > 0 && from !== undefined) {
        const value = this.#bytes.subarray(from, from + size);
        if (value.length === size) {
          table.set(tag, { type, count: length ?? 0, value });
        }
      }
    }
    return table;
  }

  #read16(at: number): number | undefined {
    return at + 2 <= this.#bytes.length ? this.#view.getUint16(at, this.#little) : undefined;
  }

  #read32(at: number): number | undefined {
    return at + 4 <= this.#bytes.length ? this.#view.getUint32(at, this.#little) : undefined;
  }
}
