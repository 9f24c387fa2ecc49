// What the question asks the answer to look like. The sentences are those that LLaVA-1.5 was trained
// with (word, letter, caption, box, region) or that its paper shows (facts); the others are in their manner.

const after = (sentence) => (text) => (text ? text + "\n" + sentence : sentence);
const phrase = (text) => text.replace(/[.\s]+$/, "");

const DIFFUSION =
  "Write a prompt for Stable Diffusion that makes an image like this one. Fill in this template and write nothing else:\n" +
  "[type of image] of [subject], [what it does or wears], [place], [light], [colours], [style of art], [camera or technique], highly detailed";

export const FORMATS = [
  { id: "free", label: "Free", prompt: (text) => text },
  {
    id: "word",
    label: "One word or phrase",
    prompt: after("Answer the question using a single word or phrase."),
    needsText: true,
  },
  {
    id: "letter",
    label: "Letter of a choice",
    placeholder: "Question, then lines A. ..., B. ...",
    prompt: after("Answer with the option's letter from the given choices directly."),
    needsText: true,
  },
  {
    id: "sentence",
    label: "One sentence",
    prompt: after("Answer the question in one sentence."),
    needsText: true,
  },
  {
    id: "caption",
    label: "Caption",
    placeholder: "Nothing more is needed",
    prompt: (text) => "Provide a one-sentence caption for the provided image." + (text ? "\n" + text : ""),
  },
  {
    id: "box",
    label: "Box of a thing",
    placeholder: "The thing, for example: the dog on the left",
    prompt: (text) =>
      "Please provide the bounding box coordinate of the region this sentence describes: " + phrase(text) + ".",
    needsText: true,
  },
  {
    id: "region",
    label: "Description of a box",
    placeholder: "[x1, y1, x2, y2], parts of the square around the image",
    prompt: (text) => "Please provide a short description for this region: " + phrase(text) + ".",
    needsText: true,
  },
  { id: "json", label: "JSON by schema", prompt: (text) => text, schema: true },
  {
    id: "diffusion",
    label: "Stable Diffusion prompt",
    placeholder: "Further wishes, if any",
    prompt: (text) => DIFFUSION + (text ? "\n" + text : ""),
  },
  {
    id: "facts",
    label: "Check the question first",
    prompt: (text) =>
      "If there are factual errors in the questions, point it out; if not, proceed answering the question. " + text,
    needsText: true,
  },
];

export const EXAMPLE_SCHEMA = {
  type: "object",
  properties: {
    description: { type: "string", maxLength: 200 },
    colours: { type: "array", items: { type: "string", maxLength: 20 }, maxItems: 4 },
  },
  required: ["description", "colours"],
  additionalProperties: false,
};

export function formatOf(id) {
  return FORMATS.find((format) => format.id === id) ?? FORMATS[0];
}

// The request's response_format, or undefined. Throws a SyntaxError if the schema is no JSON.
export function responseFormat(id, schemaText) {
  return formatOf(id).schema
    ? { type: "json_schema", json_schema: { name: "answer", schema: JSON.parse(schemaText) } }
    : undefined;
}
