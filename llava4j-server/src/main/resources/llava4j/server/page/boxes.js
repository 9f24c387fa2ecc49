// Boxes in answers. LLaVA writes [x1, y1, x2, y2] in parts of the square that the image is padded to:
// the longer side is the square's, the shorter one lies in its middle.

const NUMBER = "(\\d*\\.\\d+|\\d+\\.?)";
const BOX = new RegExp("\\[\\s*" + [NUMBER, NUMBER, NUMBER, NUMBER].join("\\s*,\\s*") + "\\s*\\]", "g");

// All boxes of a text: [{start, end, box: [x1, y1, x2, y2]}], start and end in the text.
export function findBoxes(text) {
  const found = [];
  for (const match of text.matchAll(BOX)) {
    const box = match.slice(1, 5).map(Number);
    const [x1, y1, x2, y2] = box;
    if (box.every((value) => value <= 1) && x1 < x2 && y1 < y2) {
      found.push({ start: match.index, end: match.index + match[0].length, box });
    }
  }
  return found;
}

// The box in pixels of the image, cut at its edges; null if it lies in the padding alone.
export function toPixels([x1, y1, x2, y2], width, height) {
  const side = Math.max(width, height);
  const padX = Math.floor((side - width) / 2);
  const padY = Math.floor((side - height) / 2);
  const at = (value, pad, limit) => Math.min(Math.max(value * side - pad, 0), limit);
  const left = at(x1, padX, width);
  const top = at(y1, padY, height);
  const right = at(x2, padX, width);
  const bottom = at(y2, padY, height);
  return right > left && bottom > top
    ? { x: left, y: top, width: right - left, height: bottom - top }
    : null;
}
