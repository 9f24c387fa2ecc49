// Asking: images, formats, settings, errors. Each case gets a page with an empty history.
import { accessible, addFile, answered, answers, ask, assert, content, equal, format, mockAnswers, storedImages } from "./browser.mjs";

const LONG = JSON.stringify({ type: "string", minLength: 900, maxLength: 2000 });

async function askForLong(page) {
  await format(page, "JSON by schema");
  await page.fill("#schema", LONG);
  await page.fill("#question", "Tell a long story.");
  await page.press("#question", "Enter");
  await page.waitForFunction(() => document.querySelector(".answer .words")?.innerText.length > 20);
}

export const CASES = {
  "an image is pasted, the answer streams": async (page, { penguin }) => {
    await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
      await navigator.clipboard.write([new ClipboardItem({ "image/png": new Blob([bytes], { type: "image/png" }) })]);
    }, penguin.toString("base64"));
    await page.focus("#question");
    await page.keyboard.press("Control+V");
    await page.locator("#images button").waitFor();
    await page.evaluate(() => {
      window.lengths = new Set();
      new MutationObserver(() =>
        window.lengths.add(document.querySelector(".answer .words")?.innerText.length ?? 0)
      ).observe(document.getElementById("turns"), { childList: true, subtree: true, characterData: true });
    });
    await ask(page, "What is in this image?");
    equal(await answers(page), ["It shows a penguin."], "answer");
    assert((await page.evaluate(() => window.lengths.size)) > 2, "the answer does not come in pieces");
    const said = await page.locator(".answer .tools .soft").innerText();
    assert(/first word after \d+\.\d\d s . \d+ tokens\/s . \d+ tokens/.test(said), "no speed: " + said);
    equal(content(page.asked[0].messages[0]), ["image_url", "What is in this image?"], "request");
  },

  "a second question on the same image": async (page, { penguin }) => {
    await addFile(page, penguin);
    await ask(page, "What is in this image?");
    await ask(page, "Is it a bird?");
    equal(page.asked[1].messages.map((each) => each.role), ["user", "assistant", "user"], "roles");
    equal(page.asked[1].messages[0], page.asked[0].messages[0], "the first question");
    equal(page.asked[1].messages[1].content, "It shows a penguin.", "the first answer");
    equal((await answers(page)).length, 2, "answers");
  },

  "stop, by button and by Escape": async (page, { metric }) => {
    for (const stop of [() => page.click("#stop"), () => page.keyboard.press("Escape")]) {
      await page.click("#new");
      await askForLong(page);
      await stop();
      await answered(page);
      const told = await page.locator(".answer .tools").innerText();
      assert(told.includes("stopped"), "not stopped: " + told);
      const since = Date.now();
      while ((await metric("llava_requests_running")) > 0) {
        assert(Date.now() - since < 1000, "the server goes on for a second");
      }
    }
  },

  "images by drop, camera and several files": async (page, { penguin, pizza }) => {
    const drop = await page.evaluateHandle((base64) => {
      const data = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
      data.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
      return data;
    }, penguin.toString("base64"));
    await page.dispatchEvent("body", "drop", { dataTransfer: drop });
    await page.locator("#images button").waitFor();
    await page.click("#camera-open");
    await page.waitForFunction(() => document.getElementById("video").videoWidth > 0);
    await page.click("#photo");
    await page.locator("#images button").nth(1).waitFor();
    await addFile(page, pizza, "pizza.png");
    await page.locator("#images button").nth(1).click(); // takes the photo away
    await ask(page, "What is in the images?");
    equal(content(page.asked[0].messages[0]), ["image_url", "image_url", "What is in the images?"], "request");
    equal(await page.locator(".question .shown img").evaluateAll((all) => all.map((each) => each.alt)),
      ["dropped.png", "pizza.png"], "images");
    await page.setInputFiles("#file", { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no") });
    await page.getByText("notes.txt is no image that this browser can read.").waitFor();
    const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="30"><rect width="9" height="9"/></svg>';
    await page.setInputFiles("#file", { name: "a.svg", mimeType: "image/svg+xml", buffer: Buffer.from(drawing) });
    await page.locator("#images button").waitFor();
    await ask(page, "And here?");
    assert(page.asked[1].messages[2].content[0].image_url.url.startsWith("data:image/png;base64,"), "a drawing is not sent as PNG");
    equal(await page.locator(".failure").count(), 0, "failures");
  },

  "each format is asked for with its words": async (page) => {
    await mockAnswers(page, "yes");
    const wanted = {
      "One word or phrase": "Q\nAnswer the question using a single word or phrase.",
      "Letter of a choice": "Q\nAnswer with the option's letter from the given choices directly.",
      "One sentence": "Q\nAnswer the question in one sentence.",
      Caption: "Provide a one-sentence caption for the provided image.\nQ",
      "Description of a box": "Please provide a short description for this region: Q.",
      "Check the question first":
        "If there are factual errors in the questions, point it out; if not, proceed answering the question. Q",
    };
    for (const [label, prompt] of Object.entries(wanted)) {
      await page.click("#new");
      await format(page, label);
      await ask(page, "Q");
      equal(content(page.asked.at(-1).messages[0]), [prompt], label);
    }
    await page.click("#new");
    await format(page, "Stable Diffusion prompt");
    await ask(page, "");
    assert(content(page.asked.at(-1).messages[0])[0].includes("[subject]"), "no template");
    await format(page, "Box of a thing");
    await page.press("#question", "Enter");
    await page.getByText('"Box of a thing" needs a text.').waitFor();
  },

  "JSON fulfils the schema": async (page, { penguin }) => {
    await addFile(page, penguin);
    await format(page, "JSON by schema");
    await page.fill("#schema", '{"type": "object", ');
    await page.fill("#question", "Describe it.");
    await page.press("#question", "Enter");
    await page.getByText("The schema is no JSON").waitFor();
    const thing = { enum: ["penguin", "pizza"] };
    const schema = { type: "object", properties: { thing }, required: ["thing"], additionalProperties: false };
    await page.fill("#schema", JSON.stringify(schema));
    await ask(page, "Describe it.");
    assert(["penguin", "pizza"].includes(JSON.parse((await answers(page))[0]).thing), "JSON");
    await page.fill("#schema", '{"type": "string", "unheardOf": 1}');
    await ask(page, "Describe it.");
    assert((await page.locator(".failure").innerText()).includes("unheardOf"), "the keyword is not named");
  },

  "sampling settings are sent and kept": async (page) => {
    await page.click("#settings-open");
    for (const [field, value] of Object.entries({ temperature: "0.8", top_p: "0.9", max_tokens: "20", seed: "7" })) {
      await page.fill(`#${field}-a`, value);
    }
    await page.press("#seed-a", "Tab");
    await accessible(page, "settings");
    await page.fill("#max_tokens-a", "0"); // is marked, and does not count
    await page.press("#max_tokens-a", "Tab");
    equal(await page.getAttribute("#max_tokens-a", "aria-invalid"), "true", "a wrong number");
    await page.click("#settings-close");
    await ask(page, "Hello");
    const { temperature, top_p, max_tokens, seed } = page.asked[0];
    equal([temperature, top_p, max_tokens, seed], [0.8, 0.9, 20, 7], "settings");
    const first = await answers(page);
    await page.getByRole("button", { name: "Regenerate" }).click();
    await answered(page);
    equal(await answers(page), first, "the answer with the same seed");
    await page.reload();
    equal(await page.inputValue("#temperature-a"), "0.8", "temperature after a reload");
  },

  "edit, copy, retry": async (page, { penguin }) => {
    await addFile(page, penguin);
    await mockAnswers(page, "one", "two", { status: 503, message: "The queue is full." }, "three");
    await ask(page, "First");
    await ask(page, "Second");
    await page.getByRole("button", { name: "Copy this answer" }).last().click();
    await page.getByText("Copied.").waitFor();
    equal(await page.evaluate(() => navigator.clipboard.readText()), "two", "clipboard");
    await page.focus("#question");
    await page.keyboard.press("ArrowUp");
    equal(await page.inputValue("#question"), "Second", "the last question");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Edit this question" }).first().click();
    await page.locator("#images button").click(); // without the image
    await page.fill("#question", "Changed");
    await page.press("#question", "Enter");
    await page.getByText("The queue is full.").waitFor();
    equal(await page.locator(".question .words").allInnerTexts(), ["Changed"], "questions");
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByText("three").waitFor();
    equal(page.asked.at(-1).messages.length, 1, "messages");
    equal(await storedImages(page), 0, "images that no question has");
  },

  "a missing API key is asked for": async (page) => {
    await mockAnswers(page, { status: 401, message: "the API key is missing or wrong" }, "welcome");
    await ask(page, "Hello");
    await page.waitForFunction(() => document.activeElement.id === "key");
    await page.keyboard.type("secret");
    await page.click("#settings-close");
    const [request] = await Promise.all([
      page.waitForRequest("**/v1/chat/completions"),
      page.getByRole("button", { name: "Retry" }).click(),
    ]);
    equal(request.headers().authorization, "Bearer secret", "key");
    page.complaints = []; // of the status 401
  },
};
