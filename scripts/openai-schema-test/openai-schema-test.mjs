// Holds a server's answers against OpenAI's description of its API:
// openai-schema-test.mjs ADDRESS IMAGE DESCRIPTION KEY
//
// Prints a line for each case; ends with 1 if an answer is not as the description says.
import { readFile } from "node:fs/promises";
import { cases } from "./cases.mjs";
import { Description } from "./description.mjs";

const [address, imageFile, file, key] = process.argv.slice(2);
const description = await Description.read(file).catch((error) => {
  console.error(`FAILED: ${error.message}`);
  process.exit(2);
});
const image = "data:image/png;base64," + (await readFile(imageFile)).toString("base64");

const counts = { requests: 0, answers: 0, events: 0, refusals: 0 };
const failures = [];

function judge(kind, pointer, value) {
  counts[kind]++;
  const errors = description.errors(pointer, value);
  return errors ? [`${kind.slice(0, -1)}: ${errors}\n    ${JSON.stringify(value).slice(0, 700)}`] : [];
}

// What the description finds wrong even if its exceptions are granted, which must be needed.
function judgeAll(kind, pointer, values, differs) {
  if (!differs) {
    return values.flatMap((value) => judge(kind, pointer, value));
  }
  if (values.every((value) => description.errors(pointer, value) === "")) {
    return ["the description agrees by now; take the exception out of cases.mjs"];
  }
  return values.flatMap((value) => judge(kind, pointer, differs(value)));
}

// The data of a stream's events, the last of which must be `[DONE]`.
function eventsOf(text) {
  const data = text
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => line.slice("data: ".length));
  if (data.pop() !== "[DONE]" || data.length === 0) {
    throw new Error(`a stream without an end: ${text.slice(-200)}`);
  }
  return data.map((one) => JSON.parse(one));
}

async function run(one) {
  const method = one.method ?? "post";
  const answer = await fetch(`${address}/v1${one.to ?? one.path}`, {
    method: method.toUpperCase(),
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${one.key ?? key}` },
    body: one.raw ?? (one.body && JSON.stringify(one.body)),
  });
  const text = await answer.text();
  const wrong = [];
  if (answer.status !== (one.status ?? 200)) {
    return [`the status is ${answer.status}: ${text.slice(0, 300)}`];
  }
  if (one.body && !one.ours) {
    wrong.push(...judge("requests", description.at(one.path, method, "request"), one.body));
  }
  if (one.status) {
    wrong.push(...judge("refusals", description.component("ErrorResponse"), JSON.parse(text)));
  } else if (one.events) {
    wrong.push(...judgeAll("events", description.at(one.path, method, "event"), eventsOf(text), one.differs));
  } else {
    wrong.push(...judgeAll("answers", description.at(one.path, method, "answer"), [JSON.parse(text)], one.differs));
  }
  return wrong;
}

for (const one of cases("llava-tiny", image)) {
  const wrong = await run(one).catch((error) => [String(error.stack ?? error)]);
  if (wrong.length === 0) {
    console.log(`ok: ${one.name}${one.differs ? " (with an exception)" : ""}`);
  } else {
    failures.push(one.name);
    console.log(`NOT OK: ${one.name}\n  ${[...new Set(wrong)].slice(0, 4).join("\n  ")}`);
  }
}
const judged = Object.entries(counts).map(([what, count]) => `${count} ${what}`).join(", ");
console.log(`${judged} judged by OpenAI's description ${description.version}`);
if (failures.length > 0) {
  console.error(`FAILED: ${failures.length} cases: ${failures.join("; ")}`);
  process.exit(1);
}
