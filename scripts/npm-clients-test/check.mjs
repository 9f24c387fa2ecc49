// What all clients' cases share.
import { readFile } from "node:fs/promises";

const [base, imageFile] = process.argv.slice(2);

export const address = base;
export const image = await readFile(imageFile);
export const imageUri = "data:image/png;base64," + image.toString("base64");
export const QUESTION = "What is in this image?";
export const MODEL = "llava-tiny";

export const SCHEMA = {
  type: "object",
  properties: { thing: { type: "string", enum: ["penguin", "pizza"] }, count: { type: "integer", minimum: 0, maximum: 9 } },
  required: ["thing", "count"],
  additionalProperties: false,
};

// An answer of some seconds, for those who do not wait for its end.
export const LONG = { type: "string", minLength: 900, maxLength: 2000 };

export function equal(actual, expected, what) {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  }
}

export function assert(is, what) {
  if (!is) {
    throw new Error(what);
  }
}

export function seesPenguin(text) {
  equal(text, "It shows a penguin.", "answer");
}

export function fulfilsSchema(value) {
  equal(Object.keys(value), ["thing", "count"], "keys");
  assert(["penguin", "pizza"].includes(value.thing) && value.count >= 0 && value.count <= 9, JSON.stringify(value));
}

// The class of the error that the call throws must be named so, and its message match.
export async function refused(call, name, message) {
  let thrown = null;
  try {
    await call();
  } catch (error) {
    thrown = error;
  }
  assert(thrown !== null, "it is answered");
  assert(thrown.constructor.name === name || thrown.name === name, `a ${thrown.name}: ${thrown.message}`);
  assert(message.test(thrown.message), `the message is: ${thrown.message}`);
}

async function running() {
  const text = await (await fetch(base + "/metrics")).text();
  return Number(/^llava_requests_running(?:\{.*\})? (.*)$/m.exec(text)[1]);
}

// After the client has gone, the server ends within a second.
export async function serverStops() {
  const since = Date.now();
  while ((await running()) > 0) {
    assert(Date.now() - since < 1000, "the server goes on for a second");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function serverWorks() {
  assert((await running()) === 1, "the server does not work on it");
}
