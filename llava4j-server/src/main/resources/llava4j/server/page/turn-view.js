// A question and its answers as elements.
import { button, element } from "./dom.js";
import { boxFigure, markBoxes } from "./box-view.js";
import { formatOf } from "./formats.js";
import { addressOf } from "./images.js";
import { fromMarkdown } from "./markdown.js";

// actions: {edit(), again(lane), stop(lane), copy(text)}; images: those of the question
export function questionView(question, images, actions) {
  const view = element("div", { class: "question" });
  if (images.length > 0) {
    const shown = element("div", { class: "shown" });
    for (const image of images) {
      shown.append(
        element("img", { src: addressOf(image), alt: image.name, width: image.width, height: image.height })
      );
    }
    view.append(shown);
  }
  if (question.format !== "free") {
    view.append(element("p", { class: "format", text: formatOf(question.format).label }));
  }
  view.append(element("p", { class: "words", text: question.prompt }));
  const tools = element("div", { class: "tools" });
  tools.append(
    button("Edit", actions.edit, { "aria-label": "Edit this question" }),
    button("Copy", () => actions.copy(question.prompt), { "aria-label": "Copy this question" })
  );
  view.append(tools);
  return view;
}

// Fewer tokens than these often come in one piece, which says nothing about speed.
const ENOUGH_TOKENS = 5;

function speed(answer) {
  const words = [];
  if (answer.first !== undefined) {
    words.push(`first word after ${answer.first.toFixed(2)} s`);
  }
  if (answer.tokens >= ENOUGH_TOKENS && answer.seconds > 0) {
    words.push(`${((answer.tokens - 1) / answer.seconds).toFixed(0)} tokens/s`);
  }
  if (answer.tokens > 0) {
    words.push(answer.tokens === 1 ? "1 token" : answer.tokens + " tokens");
  }
  if (answer.finish === "length") {
    words.push("cut at the token limit");
  }
  if (answer.state === "stopped") {
    words.push("stopped");
  }
  return words.join(" \u00b7 ");
}

export function laneName({ model, settings }) {
  const words = [settings.temperature > 0 ? "temperature " + settings.temperature : "greedy"];
  if (settings.temperature > 0 && settings.top_p < 1) {
    words.push("top_p " + settings.top_p);
  }
  if (settings.temperature > 0 && settings.seed !== null) {
    words.push("seed " + settings.seed);
  }
  return `${model} (${words.join(", ")})`;
}

export function answerView() {
  return element("div", { class: "answer" });
}

// Shows the answer as it stands. images: those of the conversation up to here; last: whether its
// turn is the last one, which can be asked again.
export function updateAnswer(view, answer, { images, lane, last, named, actions }) {
  const running = answer.state === "running";
  view.setAttribute("aria-busy", String(running));
  view.replaceChildren();
  if (named) {
    view.append(element("p", { class: "lane", text: laneName(answer) }));
  }
  const words = element("div", { class: "words" });
  if (answer.format === "json") {
    words.append(element("pre", { text: answer.text }));
  } else {
    words.append(fromMarkdown(answer.text));
  }
  markBoxes(words);
  if (running) {
    words.append(element("p", { class: "waiting", text: answer.text ? "" : "Thinking\u2026" }));
  } else if (!answer.text && answer.state !== "failed") {
    words.append(element("p", { class: "soft", text: "(no answer)" }));
  }
  view.append(words);
  if (running) {
    return;
  }
  const figure = boxFigure(answer.text, images);
  if (figure) {
    view.append(figure);
  }
  if (answer.state === "failed") {
    view.append(element("p", { class: "failure", text: answer.message }));
  }
  const tools = element("div", { class: "tools" });
  if (answer.text) {
    tools.append(button("Copy", () => actions.copy(answer.text), { "aria-label": "Copy this answer" }));
  }
  if (last) {
    tools.append(button(answer.state === "failed" ? "Retry" : "Regenerate", () => actions.again(lane)));
  }
  tools.append(element("span", { class: "soft", text: speed(answer) }));
  view.append(tools);
}
