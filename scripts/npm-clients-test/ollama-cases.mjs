import { Ollama } from "ollama";
import * as check from "./check.mjs";

const client = new Ollama({ host: check.address });
const model = check.MODEL;
const images = [check.image.toString("base64")];
const seeing = [{ role: "user", content: check.QUESTION, images }];

export const CASES = {
  "lists and shows the models": async () => {
    const { models } = await client.list();
    check.equal(models.map((each) => each.name), [model + ":latest"], "models");
    const shown = await client.show({ model });
    check.assert(shown.capabilities.includes("vision"), "no vision: " + shown.capabilities);
  },

  "asks about an image": async () => {
    const answer = await client.chat({ model, messages: seeing });
    check.seesPenguin(answer.message.content);
    check.equal([answer.done, answer.done_reason, answer.eval_count > 0], [true, "stop", true], "end");
  },

  "sends an image's bytes": async () => {
    const messages = [{ ...seeing[0], images: [new Uint8Array(check.image)] }];
    check.seesPenguin((await client.chat({ model, messages })).message.content);
  },

  streams: async () => {
    let said = "";
    let pieces = 0;
    for await (const part of await client.chat({ model, messages: seeing, stream: true })) {
      said += part.message.content;
      pieces += part.message.content ? 1 : 0;
    }
    check.seesPenguin(said);
    check.assert(pieces > 1, "it comes in one piece");
  },

  generates: async () => {
    const answer = await client.generate({ model, prompt: check.QUESTION, images, options: { num_predict: 40, num_ctx: 2048 } });
    check.seesPenguin(answer.response);
  },

  "gets JSON by a schema": async () => {
    const answer = await client.chat({ model, messages: seeing, format: check.SCHEMA });
    check.fulfilsSchema(JSON.parse(answer.message.content));
  },

  "aborts in mid-stream": async () => {
    const stream = await client.chat({
      model, messages: [{ role: "user", content: "Hi" }], stream: true, format: check.LONG, options: { num_predict: 900 },
    });
    let pieces = 0;
    await check.refused(async () => {
      for await (const part of stream) {
        pieces += part.message.content ? 1 : 0;
        if (pieces === 3) {
          await check.serverWorks();
          stream.abort();
        }
      }
    }, "AbortError", /abort/);
    await check.serverStops();
  },

  "hears what is wrong": async () => {
    await check.refused(() => client.chat({ model: "llama3", messages: seeing }), "ResponseError", /llama3/);
    await check.refused(
      () => client.chat({ model, messages: [{ role: "user", content: "Hi", images: ["AAAA"] }] }), "ResponseError", /image/);
  },
};
