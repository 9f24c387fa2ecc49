import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, Output, streamText } from "ai";
import * as check from "./check.mjs";

const provider = createOpenAICompatible({
  name: "llava",
  baseURL: check.address + "/v1",
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const model = provider(check.MODEL);
const messages = [
  {
    role: "user",
    content: [
      { type: "text", text: check.QUESTION },
      { type: "file", data: new Uint8Array(check.image), mediaType: "image/png" },
    ],
  },
];
const once = { model, maxRetries: 0 };

export const CASES = {
  "asks about an image": async () => {
    const { text, usage, finishReason } = await generateText({ ...once, messages });
    check.seesPenguin(text);
    check.equal([finishReason, usage.inputTokens > 0, usage.outputTokens > 0], ["stop", true, true], "end");
  },

  streams: async () => {
    const result = streamText({ ...once, messages });
    const pieces = [];
    for await (const piece of result.textStream) {
      pieces.push(piece);
    }
    check.seesPenguin(pieces.join(""));
    check.assert(pieces.length > 1, "it comes in one piece");
    check.assert((await result.usage).outputTokens > 0, "no usage");
  },

  "gets JSON by a schema": async () => {
    const { output } = await generateText({ ...once, messages, output: Output.object({ schema: jsonSchema(check.SCHEMA) }) });
    check.fulfilsSchema(output);
  },

  "aborts in mid-stream": async () => {
    const controller = new AbortController();
    const result = streamText({
      ...once,
      prompt: "Hi",
      maxOutputTokens: 900,
      output: Output.object({ schema: jsonSchema(check.LONG) }),
      abortSignal: controller.signal,
    });
    let pieces = 0;
    let aborted = false;
    for await (const part of result.fullStream) {
      pieces += part.type === "text-delta" ? 1 : 0;
      aborted ||= part.type === "abort";
      if (pieces === 3 && !controller.signal.aborted) {
        await check.serverWorks();
        controller.abort();
      }
    }
    check.assert(aborted, "it was not aborted");
    await check.serverStops();
  },

  "hears what is wrong": async () => {
    await check.refused(
      () => generateText({ model: provider("gpt-5"), maxRetries: 0, prompt: "Hi" }), "AI_APICallError", /gpt-5/);
  },
};
