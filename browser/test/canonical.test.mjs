// What vectors cannot show of JSON: that too many values are refused before a single one is made.
import assert from "node:assert/strict";
import { test } from "node:test";
import { protocol as p } from "./protocol.mjs";

const PART_LIMIT = 16_777_216;

for (const unit of ["[]", "{}", '""', "0", '{"a":""}', '"\\""', '","']) {
  test(`a part full of ${unit} is refused before any value is made`, (context) => {
    const times = Math.floor(PART_LIMIT / (unit.length + 1));
    const hostile = Buffer.from(`[${Array(times).fill(unit).join(",")}]`);
    const parse = context.mock.method(JSON, "parse");
    assert.throws(() => p.decode(hostile), { name: "BodyMalformed" });
    assert.equal(parse.mock.callCount(), 0);
  });
}

test("what no decoder would take is not written", () => {
  const most = Array(p.JSON_MARK_LIMIT).fill(0);
  assert.deepEqual(p.decode(p.encode(most)), most);
  assert.throws(() => p.encode([...most, 0]), { name: "BodyMalformed" });
});

test("marks inside a long text do not count", () => {
  const text = [',[{"\\'.repeat(200_000)];
  assert.deepEqual(p.decode(p.encode(text)), text);
});
