// What is asked, as data: each case has a name, a path of OpenAI's description, and a body.
//
// `events` are streams; `status` is that of a refusal, whose body must be OpenAI's error. A body that
// OpenAI's description has no word for is marked `ours`, and is not judged as a request. `differs` is
// where the description does not say what OpenAI sends and its clients expect: it makes of an answer
// what the description wants, and must be needed.
const SCHEMA = {
  type: "object",
  properties: { thing: { type: "string", enum: ["penguin", "pizza"] }, count: { type: "integer", minimum: 0, maximum: 9 } },
  required: ["thing", "count"],
  additionalProperties: false,
};

// A piece of `/completions` is not the last one, and has no usage yet.
function openCompletion({ usage, ...piece }) {
  const choices = piece.choices.map((choice) => ({ ...choice, finish_reason: choice.finish_reason ?? "stop" }));
  return { ...piece, ...(usage && { usage }), choices };
}

// A response that is not complete has no usage, and a format no description: Open Responses wants
// both fields nevertheless.
function openResponse({ usage, text, ...response }) {
  const { description, ...format } = text.format;
  return { ...response, ...(usage && { usage }), text: { ...text, format: { ...format, ...(description && { description }) } } };
}

const openEvent = (event) => (event.response ? { ...event, response: openResponse(event.response) } : event);

const asNumbers = (answer) => ({ ...answer, data: answer.data.map((one) => ({ ...one, embedding: [0] })) });

const CHAT = "/chat/completions";

export function cases(model, image) {
  const text = [{ role: "user", content: "Who are you?" }];
  const seeing = [
    {
      role: "user",
      content: [
        { type: "text", text: "What is in this image?" },
        { type: "image_url", image_url: { url: image, detail: "auto" } },
      ],
    },
  ];
  const chat = (name, more, other = {}) => ({ name, path: CHAT, body: { model, messages: text, max_completion_tokens: 20, ...more }, ...other });
  const json = { type: "json_schema", json_schema: { name: "seen", strict: true, schema: SCHEMA } };
  const usage = { stream: true, stream_options: { include_usage: true } };

  const chats = [
    chat("a text", {}),
    chat("a text, cut", { max_completion_tokens: 1 }),
    chat("a system message, an earlier turn", {
      messages: [{ role: "system", content: "Be brief." }, ...text, { role: "assistant", content: "A model." }, ...text],
    }),
    chat("an image", { messages: seeing }),
    chat("JSON by schema", { messages: seeing, max_completion_tokens: 60, response_format: json }),
    chat("some JSON", { response_format: { type: "json_object" } }),
    chat("two answers", { n: 2, temperature: 1, seed: 7 }),
    chat("a stop", { stop: [" "] }),
    chat("log probabilities", { logprobs: true, top_logprobs: 3 }),
    chat("log probabilities of a cut answer without alternatives", { logprobs: true, max_completion_tokens: 2 }),
    chat("fields that change nothing", { user: "me", metadata: { a: "b" }, store: false, service_tier: "auto", tools: [] }),
  ];

  const response = (name, more, other = {}) => ({
    name: `response: ${name}`,
    path: "/responses",
    body: { model, input: "Who are you?", max_output_tokens: 20, ...more },
    ...other,
  });
  const seen = [
    {
      role: "user",
      content: [
        { type: "input_text", text: "What is in this image?" },
        { type: "input_image", detail: "auto", image_url: image },
      ],
    },
  ];
  const responses = [
    response("a text", {}),
    response("a text, cut", { max_output_tokens: 16, instructions: "Write a long story.", input: "Go on." }),
    response("an image", { input: seen }),
    response("JSON by schema", { input: seen, max_output_tokens: 60, text: { format: { type: "json_schema", name: "seen", schema: SCHEMA } } }, { differs: openResponse }),
    response("log probabilities", { top_logprobs: 2, include: ["message.output_text.logprobs"] }),
    response("metadata and sampling", { metadata: { a: "b" }, temperature: 0.5, top_p: 0.9, store: false }),
  ];

  const completion = (name, more) => ({ name: `completion: ${name}`, path: "/completions", body: { model, prompt: "It is", max_tokens: 8, ...more } });
  const completions = [
    completion("a prompt", {}),
    completion("two", { n: 2, temperature: 1 }),
    completion("log probabilities", { logprobs: 2 }),
    completion("a stop", { stop: "a" }),
  ];

  const embedding = (name, more, other = {}) => ({ name: `embedding: ${name}`, path: "/embeddings", body: { model, ...more }, ...other });
  const wrong = (name, status, path, body, other = {}) => ({ name: `refused: ${name}`, path, body, status, ours: true, ...other });

  return [
    { name: "the models", path: "/models", method: "get" },
    { name: "a model", path: "/models/{model}", method: "get", to: `/models/${model}` },
    ...chats,
    ...chats.map((one) => ({ ...one, name: `stream: ${one.name}`, body: { ...one.body, ...usage }, events: true })),
    chat("stream: without usage", { stream: true }, { events: true }),
    ...responses,
    ...responses.map((one) => ({ ...one, name: `stream of a ${one.name}`, body: { ...one.body, stream: true }, events: true, differs: openEvent })),
    ...completions,
    ...completions.map((one) => ({ ...one, name: `stream of a ${one.name}`, body: { ...one.body, ...usage }, events: true, differs: openCompletion })),
    embedding("one text", { input: "a penguin" }),
    embedding("texts, in base64", { input: ["a penguin", "a pizza"], encoding_format: "base64" }, { differs: asNumbers }),
    embedding("tokens", { input: [1, 2, 3] }),
    wrong("no JSON", 400, CHAT, undefined, { raw: "{" }),
    wrong("no messages", 400, CHAT, { model }),
    wrong("a wrong type", 400, CHAT, { model, messages: text, temperature: "hot" }),
    wrong("an unknown field", 400, CHAT, { model, messages: text, temprature: 1 }),
    wrong("another model", 404, CHAT, { model: "gpt-9", messages: text }),
    wrong("tools", 400, CHAT, { model, messages: text, tools: [{ type: "function", function: { name: "f" } }] }),
    wrong("an image that is none", 400, CHAT, {
      model,
      messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }],
    }),
    wrong("a schema that no value fulfils", 400, CHAT, {
      model,
      messages: text,
      response_format: { type: "json_schema", json_schema: { name: "x", schema: { enum: [] } } },
    }),
    wrong("a prompt beyond the context", 400, CHAT, { model, messages: [{ role: "user", content: "a b ".repeat(9000) }] }),
    wrong("a stream that cannot begin", 400, CHAT, { model, messages: text, stream: true, n: 0 }),
    wrong("a stored response", 404, "/responses/{response_id}", undefined, { method: "get", to: "/responses/resp_1" }),
    wrong("a response to one that is not stored", 400, "/responses", { model, input: "Hi", previous_response_id: "resp_1" }),
    wrong("another model's embedding", 404, "/embeddings", { model: "gpt-9", input: "a" }),
    wrong("no such model", 404, "/models/{model}", undefined, { method: "get", to: "/models/gpt-9" }),
    wrong("another method", 405, CHAT, undefined, { method: "put" }),
    wrong("no such path", 404, "/audio/speech", {}),
    wrong("a wrong key", 401, CHAT, { model, messages: text }, { key: "sk-wrong" }),
  ];
}
