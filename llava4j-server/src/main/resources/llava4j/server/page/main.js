// The page: puts the conversation, its view, the history and the settings together.
import { modelNames } from "./api.js";
import { addCamera } from "./camera.js";
import { newAnswer, newConversation, newTurn, runAnswer } from "./chat.js";
import { Composer } from "./composer.js";
import { announce, element, part, status } from "./dom.js";
import { exportJson, exportMarkdown } from "./exporting.js";
import { History } from "./history.js";
import { forgetAddresses } from "./images.js";
import { Settings } from "./settings.js";
import { imagesOf, Store } from "./store.js";
import { answerView, questionView, updateAnswer } from "./turn-view.js";

const store = new Store();
let models = [];
let conversation = newConversation([]);
let images = new Map(); // of the conversation, by id
let running = new Map(); // answer -> its AbortController
let editing = null; // index of the turn that the next question takes the place of

const settings = new Settings(showLanes, loadModels);
const composer = new Composer(ask);
const history = new History(store, { open, remove, removeAll });

const comparing = () => part("compare").getAttribute("aria-pressed") === "true";
const imageOf = async (id) => images.get(id) ?? (await store.image(id));

function lanes() {
  const letters = comparing() ? ["a", "b"] : ["a"];
  return letters.map((letter, lane) => ({ model: part("model-" + letter).value, settings: settings.of(lane) }));
}

function showLanes() {
  part("model-b").hidden = !comparing();
  part("lane-b").hidden = !comparing();
  part("lane-a-name").textContent = comparing() ? "Left answer" : "Answer";
  document.body.classList.toggle("comparing", comparing());
}

async function loadModels() {
  try {
    models = await modelNames();
  } catch (error) {
    fail(error);
    return;
  }
  for (const [lane, letter] of ["a", "b"].entries()) {
    const choice = part("model-" + letter);
    const before = choice.value || conversation.lanes[lane]?.model;
    choice.replaceChildren(...models.map((name) => new Option(name)));
    choice.value = models.includes(before) ? before : models[Math.min(lane, models.length - 1)];
  }
  status("");
}

function fail(error) {
  status(error.message);
  if (error.needsKey) {
    settings.askForKey();
  }
}

// --- the conversation on the screen ---

function atEnd() {
  const chat = part("chat");
  return chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
}

function toEnd() {
  part("chat").scrollTop = part("chat").scrollHeight;
}

function turnImages(upTo) {
  return imagesOf(conversation.turns.slice(0, upTo + 1)).map((id) => images.get(id)).filter(Boolean);
}

function showTurn(index) {
  const turn = conversation.turns[index];
  const answers = element("div", { class: "answers" });
  const view = element(
    "section",
    { class: "turn", "aria-label": "Question " + (index + 1) },
    questionView(turn.question, turn.question.images.map((id) => images.get(id)).filter(Boolean), {
      edit: () => edit(index),
      copy,
    }),
    answers
  );
  turn.answers.forEach((_, lane) => {
    answers.append(answerView());
    showAnswer(view, index, lane);
  });
  part("turns").children[index]?.remove();
  part("turns").insertBefore(view, part("turns").children[index] ?? null);
  return view;
}

function showAnswer(view, index, lane) {
  const { answers } = conversation.turns[index];
  updateAnswer(view.querySelector(".answers").children[lane], answers[lane], {
    images: turnImages(index),
    lane,
    last: index === conversation.turns.length - 1,
    named: answers.length > 1 || models.length > 1,
    actions: { again: (which) => again(index, which), copy },
  });
}

function showAll() {
  part("turns").replaceChildren();
  conversation.turns.forEach((_, index) => showTurn(index));
  part("hint").hidden = conversation.turns.length > 0;
  for (const id of ["export-markdown", "export-json"]) {
    part(id).disabled = conversation.turns.length === 0;
  }
  document.title = conversation.title ? conversation.title + " \u2013 llava4j" : "llava4j";
  toEnd();
}

// --- asking ---

// Where the button that had the focus is gone. Not on a phone, where it would bring the keyboard up.
function focusQuestion() {
  if (document.activeElement === document.body && matchMedia("(pointer: fine)").matches) {
    part("question").focus();
  }
}

function showRunning() {
  part("stop").hidden = running.size === 0;
  part("send").hidden = running.size > 0;
}

// Starts a question; false if one is being answered.
function ask(question, added) {
  if (running.size > 0) {
    status("An answer is being written; stop it first.");
    return false;
  }
  if (models.length === 0) {
    loadModels();
    return false;
  }
  let dropped = [];
  if (editing !== null) {
    dropped = imagesOf(conversation.turns.splice(editing));
    if (editing === 0) {
      conversation.title = "";
    }
    stopEditing();
  }
  for (const image of added) {
    images.set(image.id, image);
  }
  conversation.lanes = structuredClone(lanes());
  const turn = newTurn(conversation, question);
  const index = conversation.turns.length - 1;
  turn.answers = conversation.lanes.map((lane) => newAnswer(question, lane));
  showAll();
  status("");
  window.history.replaceState(null, "", "#" + conversation.id);
  const asked = conversation;
  const kept = keep(async () => {
    for (const image of added) {
      await store.saveImage(image);
    }
    await store.save(asked);
    const used = new Set(imagesOf(asked.turns));
    await store.removeImages(dropped.filter((id) => !used.has(id)));
  });
  store.expect(asked.id, kept);
  turn.answers.forEach((_, lane) => run(index, lane));
  return true;
}

function again(index, lane) {
  if (running.size > 0) {
    return;
  }
  const turn = conversation.turns[index];
  const current = lanes()[lane] ?? turn.answers[lane];
  turn.answers[lane] = newAnswer(turn.question, current);
  showTurn(index);
  focusQuestion();
  run(index, lane);
}

function run(index, lane) {
  store.expect(conversation.id, answered(index, lane));
}

async function answered(index, lane) {
  const asked = conversation;
  const answer = asked.turns[index].answers[lane];
  const controller = new AbortController();
  running.set(answer, controller);
  showRunning();
  const view = part("turns").children[index];
  let drawn = 0;
  const show = () => {
    drawn = 0;
    if (asked === conversation && view.isConnected) {
      const follow = atEnd();
      showAnswer(view, index, lane);
      if (follow) {
        toEnd();
      }
    }
  };
  const error = await runAnswer({
    conversation: asked,
    turnIndex: index,
    lane,
    answer,
    image: imageOf,
    signal: controller.signal,
    changed: () => (drawn ||= requestAnimationFrame(show)),
  });
  cancelAnimationFrame(drawn);
  running.delete(answer);
  showRunning();
  show();
  focusQuestion();
  if (error?.needsKey) {
    settings.askForKey();
  }
  if (answer.state !== "stopped" && asked === conversation) {
    announce(answer.state === "failed" ? answer.message : "Answer: " + answer.text);
  }
  await keep(() => store.save(asked));
}

// What cannot be stored is said; the conversation goes on without.
async function keep(save) {
  try {
    await save();
    await history.update(conversation.id);
  } catch (error) {
    status("The browser cannot store this conversation: " + error.message);
  }
}

function stop() {
  for (const controller of running.values()) {
    controller.abort();
  }
}

function edit(index) {
  if (running.size > 0) {
    status("An answer is being written; stop it first.");
    return;
  }
  const { question } = conversation.turns[index];
  editing = index;
  part("editing").hidden = false;
  part("editing-words").textContent =
    index < conversation.turns.length - 1
      ? "Asked again, this question takes the place of the old one and of all that came after it."
      : "Asked again, this question takes the place of the old one.";
  composer.fill(question, question.images.map((id) => images.get(id)).filter(Boolean));
}

function stopEditing() {
  editing = null;
  part("editing").hidden = true;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = element("textarea", { class: "hidden", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  status("Copied.");
}

// --- other conversations ---

async function change(next) {
  stop();
  running = new Map();
  showRunning();
  stopEditing();
  forgetAddresses();
  composer.clear();
  conversation = next;
  images = new Map();
  for (const id of imagesOf(next.turns)) {
    const image = await store.image(id);
    if (image) {
      images.set(id, image);
    }
  }
  showAll();
  status("");
  await history.update(conversation.id);
}

async function start() {
  history.hideIfOver();
  window.history.replaceState(null, "", location.pathname);
  await change(newConversation([]));
  document.activeElement.blur();
  focusQuestion();
}

async function open(id) {
  const found = await store.conversation(id);
  if (!found) {
    return;
  }
  for (const answer of found.turns.flatMap((turn) => turn.answers)) {
    answer.state = answer.state === "running" ? "stopped" : answer.state;
  }
  history.hideIfOver();
  window.history.replaceState(null, "", "#" + id);
  await change(found);
  const compared = found.lanes.length > 1;
  part("compare").setAttribute("aria-pressed", String(compared));
  found.lanes.forEach(({ model }, lane) => {
    if (models.includes(model)) {
      part("model-" + "ab"[lane]).value = model;
    }
  });
  showLanes();
}

async function remove(old) {
  if (old.id === conversation.id) {
    stop();
  }
  await store.settled(old.id);
  await store.remove((await store.conversation(old.id)) ?? old);
  await (old.id === conversation.id ? start() : history.update(conversation.id));
}

async function removeAll() {
  stop();
  await store.settled();
  for (const old of await store.conversations()) {
    await store.remove(old);
  }
  await start();
}

// --- everything that is pressed ---

part("stop").addEventListener("click", stop);
part("new").addEventListener("click", start);
part("editing-cancel").addEventListener("click", () => {
  stopEditing();
  composer.clear();
});
part("compare").addEventListener("click", () => {
  part("compare").setAttribute("aria-pressed", String(!comparing()));
  showLanes();
});
part("export-markdown").addEventListener("click", () => exportMarkdown(conversation, imageOf));
part("export-json").addEventListener("click", () => exportJson(conversation, imageOf));
addCamera((files) => composer.add(files), status);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    if (running.size > 0) {
      stop();
    } else if (editing !== null) {
      part("editing-cancel").click();
    } else {
      history.hideIfOver();
    }
  } else if (event.altKey && event.code === "KeyN") {
    event.preventDefault();
    start();
  } else if (event.key === "ArrowUp" && event.target.id === "question" && event.target.value === "") {
    if (conversation.turns.length > 0) {
      event.preventDefault();
      edit(conversation.turns.length - 1);
    }
  }
});

showLanes();
await store.open();
await loadModels();
if (location.hash.length > 1) {
  await open(location.hash.slice(1));
}
await history.update(conversation.id);
if (!store.lasting) {
  status("This browser keeps no history for this page.");
}
