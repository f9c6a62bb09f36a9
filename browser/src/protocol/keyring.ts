/** Who there is, signed by the root; and the documents beside it that roots and people sign (docs/protocol.md, 7). */
import { type Bytes, equal } from "./bytes.ts";
import { decode, encode, type Json } from "./canonical.ts";
import { questionnaire } from "./content.ts";
import { KeyringMalformed } from "./errors.ts";
import {
  bytes,
  CHANNEL_LIMIT,
  type Codec,
  day,
  integer,
  list,
  type Of,
  oneOf,
  PERSON_LIMIT,
  people,
  struct,
  text,
  where,
  within,
} from "./fields.ts";
import { HASH_SIZE } from "./hashing.ts";
import { LABELS } from "./labels.ts";
import { person } from "./message.ts";
import { ROLES } from "./sealing.ts";
import { SIGNATURE_SIZE, SIGNING_KEY_SIZE, type Signed, sign, signed, verify } from "./signing.ts";

export const NAME_LIMIT = 200;
const CHANNELS_LIMIT = 200;
const VERSION_LIMIT = 255;

const signingKey = bytes(SIGNING_KEY_SIZE);
/** Without control characters: it can break no line. */
const line = where(text(NAME_LIMIT), (value) => !/\p{Cc}/u.test(value));
/** More than spaces and format characters: a name that somebody can see. */
const name = where(line, (value) => /[^\p{Z}\p{Cf}]/u.test(value));
const role = oneOf(...(ROLES.slice(1) as ["reviewer", "custodian", "oversight"]));

const enrolled = struct({ id: person, name, role, signing: signingKey, statement_minimum: integer(1) });

const keyring = where(
  struct({
    organisation: line,
    first_root: signingKey,
    channels: list(struct({ id: integer(1, CHANNEL_LIMIT), name, questionnaire, people }), CHANNELS_LIMIT),
    people: list(enrolled, PERSON_LIMIT),
    former: list(struct({ person: enrolled, last: day }), PERSON_LIMIT),
    minimum_version: integer(1, VERSION_LIMIT),
    serial: integer(1),
    issued: day,
    expires: day,
  }),
  (value) => value.issued <= value.expires && namesEachOnce(value),
);

const handover = struct({ site: bytes(HASH_SIZE), old: signingKey, new: signingKey, day });
const enrolment = struct({ name, role, signing: signingKey });

/** A succession as it travels: both roots sign the same payload. */
export const signedSuccession = struct({
  payload: bytes(),
  old_signature: bytes(SIGNATURE_SIZE),
  new_signature: bytes(SIGNATURE_SIZE),
});

export type Person = Of<typeof enrolled>;
export type Keyring = Of<typeof keyring>;
export type Channel = Keyring["channels"][number];
export type Former = Keyring["former"][number];
export type Succession = Of<typeof handover>;
export type SignedSuccession = Of<typeof signedSuccession>;
export type Enrolment = Of<typeof enrolment>;

function namesEachOnce({ channels, people, former }: KeyringLists): boolean {
  const present = new Set(people.map(({ id }) => id));
  const ever = new Set([...present, ...former.map((left) => left.person.id)]);
  return (
    ever.size === people.length + former.length &&
    new Set(channels.map(({ id }) => id)).size === channels.length &&
    channels.every((channel) => channel.people.every((id) => present.has(id)))
  );
}

interface KeyringLists {
  readonly channels: readonly { readonly id: number; readonly people: readonly number[] }[];
  readonly people: readonly { readonly id: number }[];
  readonly former: readonly { readonly person: { readonly id: number } }[];
}

/** What a payload says, signed by whomever. Throws `KeyringMalformed`. */
export function parseKeyring(payload: Uint8Array): Keyring {
  return parsed(keyring, payload);
}

/** A keyring signed with the root's secret key. Throws `KeyringMalformed` for one that nobody would take. */
export function signKeyring(value: Keyring, secret: Uint8Array): Signed {
  const payload = within(KeyringMalformed, () => encode(keyring.write(value)));
  return { payload, signature: sign(secret, LABELS.keyring, payload) };
}

/** Throws `SignatureInvalid` unless `root` signed the keyring. */
export function verifyKeyring({ payload, signature }: Signed, root: Uint8Array): void {
  verify(root, signature, LABELS.keyring, payload);
}

/** A handover of roots. Throws `KeyringMalformed` where it is of another site, and `SignatureInvalid`. */
export function readSuccession(document: SignedSuccession, site: Uint8Array): Succession {
  const value = parsed(handover, document.payload);
  if (!equal(value.site, site)) {
    throw new KeyringMalformed();
  }
  verify(value.old, document.old_signature, LABELS.succession, document.payload);
  verify(value.new, document.new_signature, LABELS.succession, document.payload);
  return value;
}

/** Somebody's request to be enrolled, from the file it came in. Throws `KeyringMalformed` and `SignatureInvalid`. */
export function readEnrolment(file: Uint8Array): Enrolment {
  const { payload, signature } = parsed(signed, file);
  const value = parsed(enrolment, payload);
  verify(value.signing, signature, LABELS.enrolment, payload);
  return value;
}

/** `codec` of the JSON that `spelled` spells. Throws `KeyringMalformed`. */
export function parsed<Value>(codec: Codec<Value>, spelled: Uint8Array): Value {
  return within(KeyringMalformed, () => codec.read(decode(spelled) as Json));
}

/** The JSON of a document. Throws `KeyringMalformed`. */
export function spelled<Value>(codec: Codec<Value>, value: Value): Bytes {
  return within(KeyringMalformed, () => encode(codec.write(value)));
}
