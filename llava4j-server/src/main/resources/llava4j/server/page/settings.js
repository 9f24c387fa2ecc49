// How answers are drawn, the colours, and the API key.
import { apiKey, setApiKey } from "./api.js";
import { DEFAULTS } from "./chat.js";
import { part } from "./dom.js";

const SETTINGS = "llava4j-settings";
const THEME = "llava4j-theme";
const LANES = ["a", "b"];

function stored() {
  try {
    const all = JSON.parse(localStorage.getItem(SETTINGS)) ?? [];
    return LANES.map((_, lane) => ({ ...DEFAULTS, ...all[lane] }));
  } catch {
    return LANES.map(() => ({ ...DEFAULTS }));
  }
}

function showTheme(theme) {
  if (theme === "auto") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
}

export class Settings {
  #lanes = stored();
  #changed;

  // changed() is called after each change
  constructor(changed, keyChanged) {
    this.#changed = changed;
    this.#fill();
    for (const [lane, letter] of LANES.entries()) {
      for (const name of Object.keys(DEFAULTS)) {
        part(`${name}-${letter}`).addEventListener("change", (event) => this.#take(lane, name, event.target));
      }
    }
    const theme = localStorage.getItem(THEME) ?? "auto";
    part("theme").value = theme;
    showTheme(theme);
    part("theme").addEventListener("change", () => {
      localStorage.setItem(THEME, part("theme").value);
      showTheme(part("theme").value);
    });
    part("key").value = apiKey();
    part("key").addEventListener("change", () => {
      setApiKey(part("key").value);
      keyChanged();
    });
    part("settings-open").addEventListener("click", () => part("settings").showModal());
    part("settings-close").addEventListener("click", () => part("settings").close());
    part("defaults").addEventListener("click", () => {
      this.#lanes = LANES.map(() => ({ ...DEFAULTS }));
      this.#fill();
      this.#save();
    });
  }

  #fill() {
    for (const [lane, letter] of LANES.entries()) {
      for (const [name, value] of Object.entries(this.#lanes[lane])) {
        const field = part(`${name}-${letter}`);
        if (field) {
          field.value = value ?? "";
          field.removeAttribute("aria-invalid");
        }
      }
    }
  }

  // What is out of its range stays in the field, marked, and does not count.
  #take(lane, name, field) {
    const wrong = !field.checkValidity() || (field.value === "" && name !== "seed");
    field.setAttribute("aria-invalid", String(wrong));
    if (!wrong) {
      this.#lanes[lane][name] = field.value === "" ? null : Number(field.value);
      this.#save();
    }
  }

  #save() {
    localStorage.setItem(SETTINGS, JSON.stringify(this.#lanes));
    this.#changed();
  }

  // {temperature, top_p, max_tokens, seed}; lane is 0 or 1
  of(lane) {
    return this.#lanes[lane];
  }

  // Asks for the API key.
  askForKey() {
    if (!part("settings").open) {
      part("settings").showModal();
    }
    part("key").focus();
  }
}
