import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import * as check from "./check.mjs";

const client = new OpenAI({ baseURL: check.address + "/v1", apiKey: "none", maxRetries: 0 });
const model = check.MODEL;

const seeing = [
  {
    role: "user",
    content: [
      { type: "text", text: check.QUESTION },
      { type: "image_url", image_url: { url: check.imageUri, detail: "high" } },
    ],
  },
];
const plain = [{ role: "user", content: "Who are you?" }];

export const CASES = {
  "lists the models": async () => {
    const ids = [];
    for await (const each of client.models.list()) {
      ids.push(each.id);
    }
    check.equal(ids, [model], "models");
    check.equal((await client.models.retrieve(model)).object, "model", "object");
  },

  "asks about an image": async () => {
    const answer = await client.chat.completions.create({ model, messages: seeing, max_completion_tokens: 50 });
    check.seesPenguin(answer.choices[0].message.content);
    check.equal([answer.choices[0].finish_reason, answer.object], ["stop", "chat.completion"], "end");
    check.assert(answer.usage.total_tokens === answer.usage.prompt_tokens + answer.usage.completion_tokens, "usage");
  },

  "goes on about the same image": async () => {
    const messages = [...seeing, { role: "assistant", content: "It shows a penguin." }, { role: "user", content: "Is it a bird?" }];
    const answer = await client.chat.completions.create({ model, messages, max_tokens: 30 });
    check.assert(answer.choices[0].message.content.length > 0, "no answer");
    check.assert(answer.usage.prompt_tokens_details.cached_tokens > 0, "nothing was in the cache");
  },

  "streams, with usage": async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: seeing,
      stream: true,
      stream_options: { include_usage: true },
    });
    const pieces = [];
    let usage = null;
    for await (const chunk of stream) {
      pieces.push(chunk.choices[0]?.delta.content ?? "");
      usage = chunk.usage ?? usage;
    }
    check.seesPenguin(pieces.join(""));
    check.assert(pieces.filter(Boolean).length > 1, "it comes in one piece");
    check.assert(usage.completion_tokens > 0, "no usage");
  },

  "streams with the helper's events": async () => {
    let said = "";
    const runner = client.chat.completions.stream({ model, messages: seeing }).on("content", (piece) => (said += piece));
    const whole = await runner.finalChatCompletion();
    check.seesPenguin(said);
    check.seesPenguin(whole.choices[0].message.content);
  },

  "gets JSON by a schema": async () => {
    const answer = await client.chat.completions.create({
      model,
      messages: seeing,
      response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema: check.SCHEMA } },
    });
    check.fulfilsSchema(JSON.parse(answer.choices[0].message.content));
  },

  "gets JSON by zod": async () => {
    const thing = z.object({ thing: z.enum(["penguin", "pizza"]), count: z.number().int().min(0).max(9) });
    const answer = await client.chat.completions.parse({
      model,
      messages: seeing,
      response_format: zodResponseFormat(thing, "answer"),
    });
    check.fulfilsSchema(answer.choices[0].message.parsed);
  },

  "gets several answers with log probabilities": async () => {
    const answer = await client.chat.completions.create({
      model, messages: plain, n: 2, temperature: 1, seed: 3, max_tokens: 5, logprobs: true, top_logprobs: 2,
    });
    check.equal(answer.choices.map((each) => each.index), [0, 1], "choices");
    const { content } = answer.choices[0].logprobs;
    check.assert(content.length > 0 && content[0].top_logprobs.length === 2 && content[0].logprob <= 0, "logprobs");
  },

  "completes a text": async () => {
    const answer = await client.completions.create({ model, prompt: "A penguin is", max_tokens: 5 });
    check.equal([answer.object, answer.usage.completion_tokens > 0], ["text_completion", true], "completion");
  },

  "aborts in mid-stream": async () => {
    const stream = await client.chat.completions.create({
      model,
      messages: plain,
      stream: true,
      max_tokens: 900,
      response_format: { type: "json_schema", json_schema: { name: "long", schema: check.LONG } },
    });
    let pieces = 0;
    for await (const chunk of stream) {
      pieces += chunk.choices[0]?.delta.content ? 1 : 0;
      if (pieces === 3) {
        await check.serverWorks();
        stream.controller.abort();
      }
    }
    check.assert(pieces >= 3, "it ended before");
    await check.serverStops();
  },

  "hears what is wrong": async () => {
    const ask = (more) => () => client.chat.completions.create({ model, messages: plain, ...more });
    await check.refused(ask({ model: "gpt-5" }), "NotFoundError", /gpt-5/);
    await check.refused(ask({ temperature: -1 }), "BadRequestError", /temperature/);
    await check.refused(
      ask({ tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }] }),
      "BadRequestError", /tools/);
    await check.refused(
      ask({ messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }] }),
      "BadRequestError", /image/);
  },
};
