// Signatures on which libraries differ: this client agrees with libsodium, which the rest of Whistle uses.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ed25519 } from "@noble/curves/ed25519.js";
import { protocol as p } from "./protocol.mjs";

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
// A point of order 8, in its one encoding.
const TORSION = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");

const littleEndian = (bytes) => [...bytes].reduceRight((joined, byte) => (joined << 8n) | BigInt(byte), 0n);

function bytesOfScalar(scalar) {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((scalar >> BigInt(8 * index)) & 255n));
}

function challengeOf(commitment, key, message) {
  const hash = createHash("sha512").update(commitment).update(key).update(message).digest();
  return littleEndian(hash) % ORDER;
}

/** A signature by a key that carries a part of low order, over a message for which `wanted` says how it comes out. */
function withTorsion(wanted) {
  const secret = 123_456_789n;
  const key = Point.BASE.multiply(secret).add(TORSION).toBytes();
  for (let number = 0; ; number++) {
    const nonce = 987_654_321n + BigInt(number);
    const commitment = Point.BASE.multiply(nonce).toBytes();
    const challenge = challengeOf(commitment, key, p.frame([number]));
    if (wanted(challenge % 8n)) {
      const scalar = (nonce + challenge * secret) % ORDER;
      return { key, signature: p.concat(commitment, bytesOfScalar(scalar)), number };
    }
  }
}

test("an honest signature holds, and for nothing else", () => {
  const secret = p.randomBytes(32);
  const signature = p.sign(secret, "a label", 7);
  p.verify(p.publicKeyOf(secret), signature, "a label", 7);
  for (const fields of [["a label", 8], ["a labe", "l", 7], ["a label"]]) {
    assert.throws(() => p.verify(p.publicKeyOf(secret), signature, ...fields), { name: "SignatureInvalid" });
  }
});

test("the equation is checked without the cofactor", () => {
  const { key, signature, number } = withTorsion((rest) => rest !== 0n);
  assert.throws(() => p.verify(key, signature, number), { name: "SignatureInvalid" });
  // Where the challenge takes the part of low order away, libsodium accepts, and so does this.
  const other = withTorsion((rest) => rest === 0n);
  p.verify(other.key, other.signature, other.number);
});

test("a scalar above the group's order is refused", () => {
  const secret = p.randomBytes(32);
  const signature = p.sign(secret, "a label");
  const raised = bytesOfScalar(littleEndian(signature.subarray(32)) + ORDER);
  const changed = p.concat(signature.subarray(0, 32), raised);
  assert.throws(() => p.verify(p.publicKeyOf(secret), changed, "a label"), { name: "SignatureInvalid" });
});

test("a commitment of low order is refused under an honest key", () => {
  const zero = Point.ZERO.toBytes();
  const secret = 123_456_789n;
  const key = Point.BASE.multiply(secret).toBytes();
  // S = c·a satisfies the equation for a commitment to nothing.
  const scalar = (challengeOf(zero, key, p.frame(["x"])) * secret) % ORDER;
  assert.throws(() => p.verify(key, p.concat(zero, bytesOfScalar(scalar)), "x"), { name: "SignatureInvalid" });
});

test("a key of low order is refused, though it signs one message in eight for anybody", () => {
  const key = TORSION.toBytes();
  const nonce = 987_654_321n;
  const commitment = Point.BASE.multiply(nonce).toBytes();
  const isFree = (number) => challengeOf(commitment, key, p.frame([number])) % 8n === 0n;
  const number = Array.from({ length: 1000 }, (_, index) => index).find(isFree);
  const signature = p.concat(commitment, bytesOfScalar(nonce));
  assert.throws(() => p.verify(key, signature, number), { name: "SignatureInvalid" });
});
