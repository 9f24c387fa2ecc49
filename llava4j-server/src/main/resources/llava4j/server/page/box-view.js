// The boxes of an answer, drawn on the image.
import { findBoxes, toPixels } from "./boxes.js";
import { element, svg } from "./dom.js";
import { addressOf } from "./images.js";

const COLOURS = 6;

// Numbers the boxes in the text of an element, in the colours of the drawing.
export function markBoxes(root) {
  let number = 0;
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (texts.nextNode()) {
    nodes.push(texts.currentNode);
  }
  for (const node of nodes) {
    const parts = [];
    let from = 0;
    for (const { start, end } of findBoxes(node.data)) {
      const text = node.data.slice(start, end);
      parts.push(node.data.slice(from, start), element("mark", { class: "box box" + (number % COLOURS), text }));
      from = end;
      number++;
    }
    if (from > 0) {
      node.replaceWith(...parts, node.data.slice(from));
    }
  }
}

function drawing(image, boxes) {
  const thick = Math.max(image.width, image.height) / 28;
  const overlay = svg("svg", { viewBox: `0 0 ${image.width} ${image.height}`, "aria-hidden": "true" });
  boxes.forEach(({ box }, index) => {
    const place = toPixels(box, image.width, image.height);
    if (place === null) {
      return;
    }
    const group = svg("g", { class: "box" + (index % COLOURS) }, svg("rect", place));
    if (boxes.length > 1) {
      const label = svg("text", { x: place.x + thick / 3, y: place.y + thick * 1.1, "font-size": thick * 1.2 });
      label.textContent = index + 1;
      group.append(label);
    }
    overlay.append(group);
  });
  return overlay;
}

function inWords({ box }, image, name) {
  const place = toPixels(box, image.width, image.height);
  const where =
    place === null
      ? "outside the image"
      : `${Math.round(place.x)}, ${Math.round(place.y)} to ` +
        `${Math.round(place.x + place.width)}, ${Math.round(place.y + place.height)} pixels`;
  return `${name}: ${where}`;
}

// A figure of the image with the boxes of the text, or null if there are none. With several images,
// the reader chooses which one is meant; the last is shown first.
export function boxFigure(text, images) {
  const boxes = findBoxes(text);
  if (boxes.length === 0 || images.length === 0) {
    return null;
  }
  const place = element("div", { class: "boxes" });
  const caption = element("figcaption");
  const show = (image) => {
    place.replaceChildren(
      element("img", {
        src: addressOf(image),
        alt: image.name + " with " + (boxes.length === 1 ? "a box" : boxes.length + " boxes"),
        width: image.width,
        height: image.height,
      }),
      drawing(image, boxes)
    );
    caption.textContent = boxes
      .map((box, index) => inWords(box, image, boxes.length > 1 ? "Box " + (index + 1) : "Box"))
      .join("; ");
  };
  show(images.at(-1));
  const figure = element("figure", {}, place, caption);
  if (images.length > 1) {
    const choice = element("select", { "aria-label": "Image that the boxes are drawn on" });
    images.forEach((image, index) => choice.append(new Option(`Image ${index + 1}: ${image.name}`, index)));
    choice.value = images.length - 1;
    choice.addEventListener("change", () => show(images[choice.value]));
    figure.prepend(choice);
  }
  return figure;
}
