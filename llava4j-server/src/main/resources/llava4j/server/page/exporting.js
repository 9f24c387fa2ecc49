// A conversation as a file.
import { messages, requestOptions } from "./chat.js";
import { element } from "./dom.js";
import { dataUri } from "./images.js";
import { laneName } from "./turn-view.js";

function save(name, type, text) {
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function fileName(conversation, ending) {
  const words = conversation.title.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  return (words.slice(0, 40) || "chat") + ending;
}

// For people: questions, images and answers.
export async function markdownOf(conversation, image) {
  const lines = ["# " + conversation.title, "", new Date(conversation.created).toISOString(), ""];
  for (const { question, answers } of conversation.turns) {
    lines.push("## Question", "");
    for (const id of question.images) {
      const found = await image(id);
      lines.push(`![${found.name.replace(/[[\]\\]/g, "")}](${await dataUri(found.blob)})`, "");
    }
    lines.push(question.prompt, "");
    for (const answer of answers) {
      lines.push("## " + laneName(answer), "", answer.text || "(" + (answer.message ?? "no answer") + ")", "");
    }
  }
  return lines.join("\n");
}

// For programs: for each column, a request as the server takes it, and its last answer.
export async function jsonOf(conversation, image) {
  const last = conversation.turns.length - 1;
  const answers = last < 0 ? [] : conversation.turns[last].answers;
  const requests = await Promise.all(
    answers.map(async (answer, lane) => ({
      request: {
        ...requestOptions(conversation.turns[last].question, answer),
        messages: await messages(conversation, last, lane, image),
      },
      answer: answer.text,
    }))
  );
  const { title, created } = conversation;
  return JSON.stringify({ title, created: new Date(created).toISOString(), conversations: requests }, null, 2);
}

export async function exportMarkdown(conversation, image) {
  save(fileName(conversation, ".md"), "text/markdown", await markdownOf(conversation, image));
}

export async function exportJson(conversation, image) {
  save(fileName(conversation, ".json"), "application/json", await jsonOf(conversation, image));
}
