// OpenAI's description of its API, as judge of requests, answers and events.
import { readFile } from "node:fs/promises";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

const ID = "openai";

// Two things that the description says and does not mean: `nullable` is of OpenAPI 3.0, and unknown to
// JSON Schema, which it has since 3.1; and alternatives that overlap stand as `oneOf`, so that a
// message with a list of parts, which fulfils two, would be wrong.
function meant(node) {
  if (Array.isArray(node)) {
    return node.map(meant);
  }
  if (node === null || typeof node !== "object") {
    return node;
  }
  const { nullable, oneOf, ...others } = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, meant(value)]));
  if (Array.isArray(oneOf)) {
    others.allOf = [...(others.allOf ?? []), { anyOf: oneOf }];
  } else if (oneOf !== undefined) {
    others.oneOf = oneOf; // a property of that name
  }
  return nullable === true ? { anyOf: [others, { type: "null" }] } : nullable === undefined ? others : { nullable, ...others };
}

const escaped = (name) => name.replaceAll("~", "~0").replaceAll("/", "~1");

export class Description {
  #root;
  #ajv = new Ajv({ strict: false, allErrors: false, validateFormats: true, logger: false });
  #judges = new Map();

  static async read(file) {
    const root = parse(await readFile(file, "utf8"), { maxAliasCount: -1 });
    if (!String(root?.openapi).startsWith("3.") || !root.paths?.["/chat/completions"] || !root.components?.schemas) {
      throw new Error(`${file} is not OpenAI's description: no OpenAPI with the path /chat/completions`);
    }
    return new Description(root);
  }

  constructor(root) {
    this.#root = { paths: meant(root.paths), components: meant(root.components), $id: ID };
    this.version = root.info.version;
    addFormats(this.#ajv);
    this.#ajv.addSchema(this.#root, ID);
  }

  // Where the description has the schema of a body: of requests, of answers with status 200, of the
  // items of a stream. `/completions` streams what it answers.
  at(path, method, part) {
    const operation = this.#root.paths[path]?.[method];
    const base = `#/paths/${escaped(path)}/${method}`;
    const json = "application/json";
    if (part === "request") {
      return operation?.requestBody && `${base}/requestBody/content/${escaped(json)}/schema`;
    }
    const content = operation?.responses?.["200"]?.content ?? {};
    const type = part === "event" && content["text/event-stream"] ? "text/event-stream" : json;
    if (!content[type]) {
      throw new Error(`the description has no ${part} of ${method} ${path}`);
    }
    return `${base}/responses/200/content/${escaped(type)}/schema`;
  }

  component(name) {
    return `#/components/schemas/${name}`;
  }

  // What is wrong with a value, in one line; empty if nothing is.
  errors(pointer, value) {
    const chosen = this.#byType(pointer, value);
    if (!this.#judges.has(chosen)) {
      this.#judges.set(chosen, this.#ajv.compile({ $ref: ID + chosen }));
    }
    const judge = this.#judges.get(chosen);
    return judge(value)
      ? ""
      : judge.errors.map((error) => `${error.instancePath || "/"} ${error.message} (${error.schemaPath.slice(0, 160)})`).join("; ");
  }

  #resolved(pointer) {
    const node = pointer
      .slice(2)
      .split("/")
      .reduce((at, key) => at[key.replaceAll("~1", "/").replaceAll("~0", "~")], this.#root);
    return node.$ref ? this.#resolved(node.$ref) : node;
  }

  // Of a choice of events the one that has the value's type, so that an error is about that one.
  #byType(pointer, value) {
    for (const one of this.#resolved(pointer).anyOf ?? []) {
      const type = one.$ref && this.#resolved(one.$ref).properties?.type;
      if (type && [type.const, ...(type.enum ?? [])].includes(value?.type)) {
        return one.$ref;
      }
    }
    return pointer;
  }
}
