/** Contact details: a record of its own, for custodians alone (docs/protocol.md, section 6). */
import { AddressTaken } from "../courier/errors.ts";
import { breathe } from "../courier/pausing.ts";
import { type Bytes, randomBytes } from "../protocol/bytes.ts";
import { custodiansOf } from "../protocol/directory.ts";
import { encodeBody, REFERENCE_SIZE } from "../protocol/message.ts";
import { pack } from "../protocol/packing.ts";
import { burnHashOf } from "../protocol/record.ts";
import { seal } from "../protocol/sealing.ts";
import type { Statement } from "../protocol/statement.ts";
import type { Desk } from "./desk.ts";
import { type Draft, statementsOf } from "./draft.ts";

/** How many contact records may lie where the next would, left behind by attempts that did not come to their end. */
export const CONTACT_ATTEMPTS = 16;

/** The contact details of one message. `put` may be asked for again: the same bytes are put again. */
export class ContactDetails {
  /** 16 random bytes, all that message and contact details have in common. */
  readonly reference = randomBytes(REFERENCE_SIZE);
  readonly #desk: Desk;
  readonly #draft: Draft;
  readonly #text: string;
  readonly #custodians: readonly Statement[];
  #index = 0;
  #record: Bytes | null = null;
  #isStored = false;

  /** Throws `NobodyToRead`, `ReaderUnavailable`, `BodyMalformed` and `TooLarge`. */
  constructor(desk: Desk, draft: Draft, text: string) {
    this.#desk = desk;
    this.#draft = draft;
    this.#text = text;
    const { directory } = desk;
    this.#custodians = statementsOf(directory, draft.custodians ?? [], custodiansOf(directory, draft.channel));
    pack(this.#json());
  }

  /** Whether they were stored by this very call; false where they already were. */
  async put(signal?: AbortSignal): Promise<boolean> {
    if (this.#isStored) {
      return false;
    }
    while (!this.#isStored) {
      if (this.#record === null) {
        await breathe();
        this.#record = this.#seal();
      }
      try {
        await this.#desk.courier.putMessage(this.#record, signal);
        this.#isStored = true;
      } catch (error) {
        if (!(error instanceof AddressTaken) || this.#index === CONTACT_ATTEMPTS - 1) {
          throw error;
        }
        this.#index += 1;
        this.#record = null;
      }
    }
    return true;
  }

  #seal(): Bytes {
    const { keys } = this.#desk;
    const identity = keys.contactIdentity();
    const { bytes } = seal(this.#json(), {
      site: keys.site,
      address: keys.contactAddress(this.#index),
      burnHash: burnHashOf(keys.burnContact(this.#index)),
      sender: { role: "source", person: 0 },
      identity,
      readers: this.#custodians.map(({ recipient }) => recipient),
    });
    identity.wipe();
    return bytes;
  }

  #json(): Bytes {
    const { keys, directory } = this.#desk;
    const { language, channel } = this.#draft;
    const identity = keys.contactIdentity();
    const json = encodeBody({
      kind: "contact",
      recipient: identity.recipient,
      reference: this.reference,
      day: directory.today,
      language,
      channel,
      readers: this.#custodians.map(({ person }) => person),
      text: this.#text,
    });
    identity.wipe();
    return json;
  }
}
