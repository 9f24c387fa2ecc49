"use strict";
// The conversation and its images live in this page alone. Text is only ever set as textContent.

const part = (id) => document.getElementById(id);
let messages = [];
let images = []; // data URIs of the next question
let running = null; // AbortController of the answer that is being written

function headers() {
  const key = part("key").value;
  return key ? { Authorization: "Bearer " + key } : {};
}

function status(text) {
  part("status").textContent = text;
}

function addTurn(kind, text, uris) {
  part("hint").hidden = true;
  const turn = document.createElement("div");
  turn.className = "turn " + kind;
  for (const uri of uris) {
    const image = document.createElement("img");
    image.src = uri;
    image.alt = "Image of the question";
    turn.append(image);
  }
  const words = document.createElement("span");
  words.textContent = text;
  turn.append(words);
  part("chat").append(turn);
  part("chat").scrollTop = part("chat").scrollHeight;
  return words;
}

function showImages() {
  part("images").replaceChildren(
    ...images.map((uri, index) => {
      const remove = document.createElement("button");
      remove.type = "button";
      remove.setAttribute("aria-label", "Remove image " + (index + 1));
      const image = document.createElement("img");
      image.src = uri;
      image.alt = "";
      remove.append(image);
      remove.addEventListener("click", () => {
        images.splice(index, 1);
        showImages();
        part("question").focus();
      });
      return remove;
    })
  );
}

function addFiles(files) {
  for (const file of files) {
    if (!file.type.startsWith("image/")) {
      status(file.name + " is not an image.");
      continue;
    }
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      images.push(reader.result);
      showImages();
      status("");
    });
    reader.readAsDataURL(file);
  }
}

function setRunning(controller) {
  running = controller;
  part("send").hidden = controller !== null;
  part("stop").hidden = controller === null;
}

async function sentence(response) {
  if (response.status === 401) {
    part("keyrow").hidden = false;
    part("key").focus();
  }
  const body = await response.json().catch(() => null);
  return body && body.error ? body.error.message : "The server answers with status " + response.status;
}

// Calls take(object) for each event of the stream.
async function events(response, take) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data: ") && line !== "data: [DONE]") {
        take(JSON.parse(line.slice(6)));
      }
    }
  }
}

async function ask(text, uris) {
  const content = uris.map((uri) => ({ type: "image_url", image_url: { url: uri } }));
  if (text) {
    content.push({ type: "text", text });
  }
  messages.push({ role: "user", content });
  addTurn("user", text, uris);
  const words = addTurn("assistant", "", []);
  const controller = new AbortController();
  setRunning(controller);
  status("Thinking...");
  let answer = "";
  let failure = "";
  let tokens = 0;
  let first = 0;
  const start = performance.now();
  try {
    const response = await fetch("v1/chat/completions", {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers() },
      body: JSON.stringify({ messages, stream: true, stream_options: { include_usage: true } }),
      signal: controller.signal,
    });
    if (!response.ok) {
      failure = await sentence(response);
    } else {
      await events(response, (event) => {
        if (event.error) {
          failure = event.error.message;
        } else if (event.usage) {
          tokens = event.usage.completion_tokens;
        }
        const choice = event.choices && event.choices[0];
        if (choice && choice.delta.content) {
          first = first || performance.now();
          answer += choice.delta.content;
          words.textContent = answer;
          part("chat").scrollTop = part("chat").scrollHeight;
        }
      });
    }
  } catch (error) {
    if (error.name !== "AbortError") {
      failure = "The server does not answer.";
    }
  }
  if (running !== controller) {
    return; // a new chat was begun
  }
  setRunning(null);
  if (failure || !answer) {
    messages.pop(); // the next question takes its place
    words.parentElement.classList.toggle("error", failure !== "");
    words.textContent = failure || "(no answer)";
    status("");
  } else {
    messages.push({ role: "assistant", content: answer });
    const seconds = (performance.now() - first) / 1000;
    status(
      "First word after " + ((first - start) / 1000).toFixed(1) + " s" +
        (tokens > 1 && seconds > 0 ? ", " + (tokens / seconds).toFixed(0) + " tokens/s" : "")
    );
  }
  part("question").focus();
}

part("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = part("question").value.trim();
  if (running || (!text && images.length === 0)) {
    return;
  }
  const uris = images;
  images = [];
  showImages();
  part("question").value = "";
  ask(text, uris);
});

part("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    part("form").requestSubmit();
  }
});

part("stop").addEventListener("click", () => running && running.abort());

part("new").addEventListener("click", () => {
  if (running) {
    running.abort();
  }
  setRunning(null);
  messages = [];
  images = [];
  showImages();
  for (const turn of document.querySelectorAll(".turn")) {
    turn.remove();
  }
  part("hint").hidden = false;
  status("");
  part("question").focus();
});

part("file").addEventListener("change", () => {
  addFiles(part("file").files);
  part("file").value = "";
});

document.addEventListener("paste", (event) => addFiles(event.clipboardData.files));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  part("form").classList.add("over");
});
document.addEventListener("dragleave", () => part("form").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  part("form").classList.remove("over");
  addFiles(event.dataTransfer.files);
});

async function showModel() {
  const response = await fetch("v1/models", { headers: headers() });
  if (response.ok) {
    part("model").textContent = (await response.json()).data[0].id;
  } else {
    status(await sentence(response));
  }
}
part("key").addEventListener("change", showModel);
showModel().catch(() => status("The server does not answer."));
