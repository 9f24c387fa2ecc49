// The next question: its images, text and format.
import { button, element, part, status } from "./dom.js";
import { EXAMPLE_SCHEMA, FORMATS, formatOf } from "./formats.js";
import { addressOf, readImage } from "./images.js";

export class Composer {
  #images = [];
  #submit;

  // submit(question, images) is called with the next question; it returns whether it was taken.
  constructor(submit) {
    this.#submit = submit;
    for (const { id, label } of FORMATS) {
      part("format").append(new Option(label, id));
    }
    part("schema").value = JSON.stringify(EXAMPLE_SCHEMA, null, 2);
    part("format").addEventListener("change", () => this.#showFormat());
    part("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    part("question").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        part("form").requestSubmit();
      }
    });
    part("question").addEventListener("input", () => this.#grow());
    for (const id of ["file", "capture"]) {
      part(id).addEventListener("change", () => {
        this.add([...part(id).files]);
        part(id).value = "";
      });
    }
    part("file-open").addEventListener("click", () => part("file").click());
    document.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (files.length > 0) {
        event.preventDefault();
        this.add(files);
      }
    });
    this.#listenToDrops();
    this.#showFormat();
  }

  #listenToDrops() {
    const over = (event, is) => {
      event.preventDefault();
      document.body.classList.toggle("over", is);
    };
    document.addEventListener("dragover", (event) => over(event, event.dataTransfer.types.includes("Files")));
    document.addEventListener("dragleave", (event) => event.relatedTarget === null && over(event, false));
    document.addEventListener("drop", (event) => {
      over(event, false);
      if (event.dataTransfer.files.length > 0) {
        this.add([...event.dataTransfer.files]);
      } else {
        status("Only files can be dropped here.");
      }
    });
  }

  async add(files) {
    for (const file of files) {
      try {
        this.#images.push(await readImage(file));
        status("");
      } catch (error) {
        status(error.message);
      }
    }
    this.#showImages();
    part("question").focus();
  }

  #showImages() {
    part("images").replaceChildren(
      ...this.#images.map((image, index) => {
        const remove = button("", () => this.#removeImage(index), {
          "aria-label": `Remove image ${index + 1}, ${image.name}`,
          title: "Remove",
        });
        remove.append(element("img", { src: addressOf(image), alt: "" }));
        return remove;
      })
    );
  }

  #removeImage(index) {
    this.#images.splice(index, 1);
    this.#showImages();
    part("question").focus();
  }

  #showFormat() {
    const format = formatOf(part("format").value);
    part("schema-row").hidden = !format.schema;
    part("question").placeholder = format.placeholder ?? "Your question";
  }

  #grow() {
    const area = part("question");
    area.rows = Math.min(8, Math.max(1, area.value.split("\n").length));
  }

  // The question as it would be sent now, or null after saying what is missing.
  #read() {
    const format = formatOf(part("format").value);
    const text = part("question").value.trim();
    if (text === "" && (format.needsText || (format.id === "free" && this.#images.length === 0))) {
      status(format.needsText ? `"${format.label}" needs a text.` : "Write a question, or add an image.");
      return null;
    }
    const schema = format.schema ? part("schema").value : "";
    if (format.schema) {
      try {
        JSON.parse(schema);
      } catch (error) {
        status("The schema is no JSON: " + error.message);
        part("schema").focus();
        return null;
      }
    }
    return { text, format: format.id, schema, images: this.#images.map((image) => image.id) };
  }

  send() {
    const question = this.#read();
    if (question && this.#submit(question, this.#images)) {
      this.clear();
    }
  }

  clear() {
    this.#images = [];
    part("question").value = "";
    this.#grow();
    this.#showImages();
  }

  // Takes a question that was asked before, to be asked in another way.
  fill(question, images) {
    this.#images = [...images];
    part("question").value = question.text;
    part("format").value = question.format;
    if (question.schema) {
      part("schema").value = question.schema;
    }
    this.#grow();
    this.#showFormat();
    this.#showImages();
    part("question").focus();
  }
}
