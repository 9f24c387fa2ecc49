// Small helpers to build elements; text is only ever set as text.

export const part = (id) => document.getElementById(id);

// An element with properties ("text" and "class" for short, others as attributes) and children.
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") {
      made.textContent = value;
    } else if (value !== undefined && value !== false) {
      made.setAttribute(name, value === true ? "" : value);
    }
  }
  made.append(...children);
  return made;
}

export function button(text, act, properties = {}) {
  const made = element("button", { type: "button", text, ...properties });
  made.addEventListener("click", act);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// A word about what goes on, in the line above the question; screen readers say it.
export function status(text) {
  part("status").textContent = text;
}

// What only screen readers are told, also if it is the same as before.
export function announce(text) {
  const place = part("announce");
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 50);
}
