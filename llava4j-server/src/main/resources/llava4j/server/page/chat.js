// One conversation: what it consists of, and how a question becomes answers. Knows no elements.
import { streamChat } from "./api.js";
import { formatOf, responseFormat } from "./formats.js";
import { dataUri, unique } from "./images.js";

export const DEFAULTS = { temperature: 0, top_p: 1, max_tokens: 512, seed: null };

export function newConversation(lanes) {
  return { id: unique(), created: Date.now(), updated: Date.now(), title: "", lanes, turns: [] };
}

// question: {text, format, schema, images: [image id]}
export function newTurn(conversation, question) {
  const prompt = formatOf(question.format).prompt(question.text).trim();
  const turn = { question: { ...question, prompt }, answers: [] };
  conversation.turns.push(turn);
  conversation.title ||= (question.text || prompt || "An image").slice(0, 80);
  return turn;
}

export function newAnswer(question, lane) {
  return {
    text: "",
    state: "running",
    format: question.format,
    model: lane.model,
    settings: { ...lane.settings },
    tokens: 0,
  };
}

// What the server is sent for an answer of a turn: the turns before it, with this lane's answers.
export async function messages(conversation, turnIndex, lane, image) {
  const list = [];
  for (const [index, { question, answers }] of conversation.turns.slice(0, turnIndex + 1).entries()) {
    const answer = answers[lane] ?? answers[0];
    if (index < turnIndex && !answer?.text) {
      continue; // it was not answered
    }
    const content = [];
    for (const id of question.images) {
      const found = await image(id);
      if (!found) {
        throw new Error("An image of this conversation is no longer in the browser's storage.");
      }
      content.push({ type: "image_url", image_url: { url: await dataUri(found.blob) } });
    }
    if (question.prompt) {
      content.push({ type: "text", text: question.prompt });
    }
    list.push({ role: "user", content });
    if (index < turnIndex) {
      list.push({ role: "assistant", content: answer.text });
    }
  }
  return list;
}

// The options of a request, without its messages.
export function requestOptions(question, { model, settings }) {
  const options = { model, temperature: settings.temperature, max_tokens: settings.max_tokens };
  if (settings.temperature > 0) {
    options.top_p = settings.top_p;
    if (settings.seed !== null) {
      options.seed = settings.seed;
    }
  }
  const format = responseFormat(question.format, question.schema);
  return format ? { ...options, response_format: format } : options;
}

// Fills the answer in as it comes, and calls changed() after each piece. Never throws for what the
// server or the network does: the answer then is "failed" or, after an abort, "stopped".
export async function runAnswer({ conversation, turnIndex, lane, answer, image, signal, changed }) {
  const { question } = conversation.turns[turnIndex];
  let start = performance.now();
  let first = 0;
  let error = null;
  try {
    const body = {
      ...requestOptions(question, answer),
      messages: await messages(conversation, turnIndex, lane, image),
    };
    start = performance.now();
    const end = await streamChat(body, signal, (piece) => {
      first ||= performance.now();
      answer.text += piece;
      changed();
    });
    Object.assign(answer, end, { state: "done" });
  } catch (thrown) {
    error = thrown;
    answer.state = signal.aborted ? "stopped" : "failed";
    answer.message = signal.aborted ? undefined : thrown.message;
  }
  if (first) {
    answer.first = (first - start) / 1000;
    answer.seconds = (performance.now() - first) / 1000;
  }
  return error;
}
