// Tries every vector of the files that the page's address names, and leaves what came out where the test looks for it.
import { operations, streamOperations } from "../operations.mjs";
import { vectorsOf } from "./protocol.mjs";

async function attempt(operation, given) {
  try {
    return { gives: await operation(given) };
  } catch (error) {
    return { error: error.name ?? String(error) };
  }
}

const files = new URLSearchParams(location.search).getAll("file");
const outcomes = [];
for (const file of files) {
  const { streams, vectors } = await vectorsOf(file);
  const known = streams === undefined ? operations : { ...operations, ...streamOperations(streams) };
  for (const { name, do: operation, given } of vectors) {
    outcomes.push([file, name, await attempt(known[operation], given)]);
  }
}
const result = document.createElement("output");
result.textContent = JSON.stringify(outcomes);
document.body.append(result);
