// The list of earlier conversations.
import { button, element, part } from "./dom.js";

const WIDE = matchMedia("(min-width: 60rem)");

export class History {
  // actions: {open(id), remove(conversation), removeAll()}
  constructor(store, actions) {
    this.store = store;
    this.actions = actions;
    part("history-open").addEventListener("click", () => this.show(part("history").hidden));
    part("history-close").addEventListener("click", () => {
      this.show(false);
      part("history-open").focus();
    });
    part("remove-all").addEventListener("click", () => {
      if (confirm("Delete all conversations of this browser?")) {
        actions.removeAll();
      }
    });
    this.show(WIDE.matches);
    WIDE.addEventListener("change", () => this.show(WIDE.matches));
  }

  show(is) {
    part("history").hidden = !is;
    part("history-open").setAttribute("aria-expanded", String(is));
  }

  // On a narrow screen the list lies over the conversation.
  hideIfOver() {
    if (!WIDE.matches) {
      this.show(false);
    }
  }

  async update(currentId) {
    const all = await this.store.conversations();
    part("remove-all").hidden = all.length === 0;
    part("no-history").hidden = all.length > 0;
    part("conversations").replaceChildren(
      ...all.map((conversation) => {
        const open = button(conversation.title, () => this.actions.open(conversation.id), {
          class: "open",
          title: new Date(conversation.updated).toLocaleString(),
          "aria-current": conversation.id === currentId ? "true" : undefined,
        });
        const remove = button("\u00d7", () => this.actions.remove(conversation), {
          class: "remove",
          "aria-label": "Delete " + conversation.title,
          title: "Delete",
        });
        return element("li", {}, open, remove);
      })
    );
  }
}
