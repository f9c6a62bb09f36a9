/**
 * The first field of every hash, MAC and signature (docs/protocol.md, section 2), so that none can stand in for another.
 */
export const LABELS = {
  site: "whistle/1/site",
  fingerprint: "whistle/1/fingerprint",
  sourceX25519: "whistle/1/source x25519",
  sourceMlkem: "whistle/1/source ml-kem",
  threadKey: "whistle/1/thread key",
  stateKey: "whistle/1/state key",
  burnKey: "whistle/1/burn key",
  contactX25519: "whistle/1/contact x25519",
  contactMlkem: "whistle/1/contact ml-kem",
  contactAddress: "whistle/1/contact address",
  contactBurn: "whistle/1/contact burn",
  address: "whistle/1/address",
  burnHash: "whistle/1/burn hash",
  burnRecord: "whistle/1/burn record",
  burnWithdraw: "whistle/1/burn withdraw",
  burnChunk: "whistle/1/burn chunk",
  slot: "whistle/1/slot",
  commitment: "whistle/1/commitment",
  authenticator: "whistle/1/authenticator",
  state: "whistle/1/state",
  chunkKey: "whistle/1/chunk key",
  chunkAddress: "whistle/1/chunk address",
  keyring: "whistle/1/keyring",
  statement: "whistle/1/statement",
  succession: "whistle/1/succession",
  enrolment: "whistle/1/enrolment",
  event: "whistle/1/event",
  inventory: "whistle/1/inventory",
  inventoryEntry: "whistle/1/inventory entry",
  listing: "whistle/1/listing",
  work: "whistle/1/work",
  carried: "whistle/1/carried",
} as const;

export type Label = (typeof LABELS)[keyof typeof LABELS];
