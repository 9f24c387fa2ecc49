// Conversations and their images in the browser's own database; in memory alone where it has none.
//
// conversation: {id, created, updated, title, lanes: [{model, settings}], turns: [turn]}
// turn: {question: {text, prompt, format, schema, images: [image id]}, answers: [answer of each lane]}
// answer: {text, state: "running" | "done" | "stopped" | "failed", message, model, settings, tokens, first, seconds, finish}
// image: {id, name, blob, width, height}

const CONVERSATIONS = "conversations";
const IMAGES = "images";

function promised(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

function open() {
  const request = indexedDB.open("llava4j", 1);
  request.addEventListener("upgradeneeded", () => {
    request.result.createObjectStore(CONVERSATIONS, { keyPath: "id" });
    request.result.createObjectStore(IMAGES, { keyPath: "id" });
  });
  return promised(request);
}

export function imagesOf(turns) {
  return turns.flatMap((turn) => turn.question.images);
}

export class Store {
  #base;
  #expected = new Set(); // {id, over}
  #removed = new Set(); // ids of conversations, which do not come back
  #memory = { [CONVERSATIONS]: new Map(), [IMAGES]: new Map() };

  // Whether what is stored outlives the page.
  get lasting() {
    return this.#base !== undefined;
  }

  async open() {
    try {
      this.#base = await open();
    } catch {
      this.#base = undefined;
    }
  }

  #table(name, mode) {
    return this.#base.transaction(name, mode).objectStore(name);
  }

  async #get(name, id) {
    return this.#base ? promised(this.#table(name, "readonly").get(id)) : this.#memory[name].get(id);
  }

  async #put(name, value) {
    if (this.#base) {
      await promised(this.#table(name, "readwrite").put(value));
    } else {
      this.#memory[name].set(value.id, structuredClone(value));
    }
  }

  async #remove(name, id) {
    if (this.#base) {
      await promised(this.#table(name, "readwrite").delete(id));
    } else {
      this.#memory[name].delete(id);
    }
  }

  // All conversations, the latest first.
  async conversations() {
    const all = this.#base
      ? await promised(this.#table(CONVERSATIONS, "readonly").getAll())
      : [...this.#memory[CONVERSATIONS].values()];
    return all.sort((a, b) => b.updated - a.updated);
  }

  conversation(id) {
    return this.#get(CONVERSATIONS, id);
  }

  // Does nothing if it was removed: an answer to it may have been on its way.
  async save(conversation) {
    if (!this.#removed.has(conversation.id)) {
      conversation.updated = Date.now();
      await this.#put(CONVERSATIONS, conversation);
    }
  }

  // Something may still be stored for a conversation, until the promise `over` is fulfilled.
  expect(id, over) {
    const entry = { id, over };
    this.#expected.add(entry);
    over.finally(() => this.#expected.delete(entry));
  }

  // Waits for what is expected, for one conversation or, without an id, for all.
  async settled(id) {
    const entries = [...this.#expected].filter((entry) => id === undefined || entry.id === id);
    await Promise.allSettled(entries.map(({ over }) => over));
  }

  image(id) {
    return this.#get(IMAGES, id);
  }

  saveImage(image) {
    return this.#put(IMAGES, image);
  }

  // Its images go with it: no other conversation has them.
  async remove(conversation) {
    this.#removed.add(conversation.id);
    await this.#remove(CONVERSATIONS, conversation.id);
    await this.removeImages(imagesOf(conversation.turns));
  }

  async removeImages(ids) {
    for (const id of ids) {
      await this.#remove(IMAGES, id);
    }
  }
}
