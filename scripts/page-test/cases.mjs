// What the page must do, in the order of being tried. Each case gets a page with an empty history.
import { readFile } from "node:fs/promises";
import { accessible, addFile, answered, answers, ask, assert, drawnImage, equal, format, mockAnswers } from "./browser.mjs";

const LONG = JSON.stringify({ type: "string", minLength: 900, maxLength: 2000 });

async function askForLong(page) {
  await format(page, "JSON by schema");
  await page.fill("#schema", LONG);
  await page.fill("#question", "Tell a long story.");
  await page.press("#question", "Enter");
  await page.waitForFunction(() => document.querySelector(".answer .words")?.innerText.length > 20);
}

const content = (message) => message.content.map((each) => each.text ?? each.type);

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
  },

  "a box is drawn where it is, also after scaling": async (page) => {
    // a wide image: the square is 400 x 400, the image begins 100 below its top
    for (const [width, height, box, place] of [
      [400, 200, "[0.25, 0.35, 0.5, 0.65]", [100, 40, 100, 120]],
      [900, 2400, "[0.4, 0.25, 0.6, 0.5]", [210, 600, 480, 600]],
    ]) {
      await page.click("#new");
      await page.unrouteAll();
      await mockAnswers(page, `It is at ${box}, and 2 + [1, 2] is none.`);
      await addFile(page, await drawnImage(page, width, height, place));
      await ask(page, "Where is the red thing?");
      await page.locator(".boxes img").evaluate((image) => image.decode());
      const [drawn, on, scale] = await page.evaluate(() => {
        const image = document.querySelector(".boxes img");
        const outer = image.getBoundingClientRect();
        const inner = document.querySelector(".boxes rect").getBoundingClientRect();
        const factor = image.naturalWidth / outer.width;
        return [
          [inner.x - outer.x, inner.y - outer.y, inner.width, inner.height].map((each) => each * factor),
          image.naturalHeight / outer.height,
          factor,
        ];
      });
      assert(Math.abs(on - scale) < 0.05, "the image is distorted");
      drawn.forEach((each, index) =>
        assert(Math.abs(each - place[index]) <= 2 * scale, `box at ${drawn} instead of ${place}`)
      );
      equal(await page.locator("mark").allInnerTexts(), [box], "marks");
      await page.locator(".answer figcaption").getByText(`${place[0]}, ${place[1]} to`).waitFor();
      await accessible(page, "a box");
    }
  },

  "the model's own boxes are drawn": async (page, { penguin }) => {
    await addFile(page, penguin);
    await format(page, "Box of a thing");
    await ask(page, "the penguin");
    equal(content(page.asked[0].messages[0])[1],
      "Please provide the bounding box coordinate of the region this sentence describes: the penguin.", "prompt");
    equal(await page.locator(".boxes rect").count(), 1, "boxes in " + (await answers(page)));
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

  "edit, copy, retry": async (page) => {
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
    await page.fill("#question", "Changed");
    await page.press("#question", "Enter");
    await page.getByText("The queue is full.").waitFor();
    equal(await page.locator(".question .words").allInnerTexts(), ["Changed"], "questions");
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByText("three").waitFor();
    equal(page.asked.at(-1).messages.length, 1, "messages");
  },

  "reload keeps the history, which can be opened, saved and deleted": async (page, { penguin }) => {
    await addFile(page, penguin, "penguin.png");
    await ask(page, "What is in this image?");
    await page.reload();
    await answered(page);
    equal(await answers(page), ["It shows a penguin."], "answers");
    await page.waitForFunction(() => document.querySelector(".question img").naturalWidth > 0);
    await ask(page, "Is it a bird?");
    equal(page.asked.at(-1).messages[0], page.asked[0].messages[0], "the image after a reload");
    const saved = async (id) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.click(id)]);
      return readFile(await download.path(), "utf8");
    };
    const markdown = await saved("#export-markdown");
    assert(markdown.includes("![penguin.png](data:image/png;base64,") && markdown.includes("It shows a penguin."), markdown);
    const json = JSON.parse(await saved("#export-json"));
    equal(json.conversations[0].request.messages, page.asked.at(-1).messages, "saved messages");
    await page.keyboard.press("Alt+KeyN");
    equal(await page.locator(".turn").count(), 0, "turns of a new chat");
    await page.locator("#conversations .open").click();
    await page.locator(".turn").nth(1).waitFor();
    await page.getByRole("button", { name: "Delete What is in this image?" }).click();
    await page.getByText("Conversations stay in this browser.").waitFor();
    equal(await page.locator(".turn").count(), 0, "turns");
    equal(await page.evaluate(() => new Promise((done) => {
      indexedDB.open("llava4j").onsuccess = (event) => {
        event.target.result.transaction("images").objectStore("images").count().onsuccess = (counted) =>
          done(counted.target.result);
      };
    })), 0, "images left behind");
  },

  "two models, or two settings, side by side": async (page) => {
    await page.click("#compare");
    await page.click("#settings-open");
    await page.fill("#temperature-b", "1");
    await page.press("#temperature-b", "Tab");
    await page.click("#settings-close");
    await ask(page, "Hello");
    equal(page.asked.map((each) => each.temperature), [0, 1], "temperatures");
    equal(await page.locator(".lane").allInnerTexts(), ["llava-tiny (greedy)", "llava-tiny (temperature 1)"], "names");
    await accessible(page, "two answers");
    await page.route("**/v1/models", (route) =>
      route.fulfill({ json: { object: "list", data: [{ id: "left" }, { id: "right" }] } })
    );
    await mockAnswers(page, "hello");
    await page.goto(page.url().split("#")[0]);
    await page.reload();
    await page.click("#compare");
    await ask(page, "Hello");
    equal(page.asked.slice(-2).map((each) => each.model).sort(), ["left", "right"], "models");
    await ask(page, "Again");
    equal(page.asked.slice(-2).map((each) => each.messages.length), [3, 3], "messages");
  },

  "nothing that a model writes runs or loads": async (page) => {
    await mockAnswers(page,
      "**bold** <img src=x onerror=\"window.hit=1\"> <script>window.hit=1</script> ![i](http://evil.test/a.png) " +
        "[bad](javascript:window.hit=1) [good](https://example.org/) <b style=\"position:fixed\">b</b>\n\n# Title\n\n- a\n- b\n\n" +
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n```html\n<svg onload=alert(1)>\n```\n");
    await ask(page, "Hello");
    const found = await page.locator(".answer .words").evaluate((words) => ({
      tags: [...new Set([...words.querySelectorAll("*")].map((each) => each.localName))].sort(),
      links: [...words.querySelectorAll("a[href]")].map((each) => each.getAttribute("href")),
      styled: words.querySelectorAll("[style], [onerror], [onload], [class]").length,
      hit: window.hit,
    }));
    equal(found.tags, ["a", "br", "code", "li", "p", "pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"]
      .filter((tag) => tag !== "br" || found.tags.includes("br")), "tags");
    equal([found.links, found.styled, found.hit], [["https://example.org/"], 0, undefined], "markup");
    const denied = await page.evaluate(() => {
      try {
        document.body.innerHTML = "<p>no</p>";
      } catch {
        return true;
      }
      return false;
    });
    assert(denied, "the policy lets a text become markup");
    page.complaints = []; // of that last attempt
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

  "dark and light": async (page) => {
    const dark = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor === "rgb(27, 26, 25)");
    await mockAnswers(page, "At [0.1, 0.4, 0.5, 0.6] and [0.6, 0.4, 0.9, 0.6].", { status: 400, message: "No." });
    await addFile(page, await drawnImage(page, 400, 200, [10, 10, 50, 50]));
    await ask(page, "Hello");
    await ask(page, "Hello");
    for (const scheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: scheme });
      equal(await dark(), scheme === "dark", scheme);
      await accessible(page, scheme);
    }
    await page.click("#settings-open");
    await page.selectOption("#theme", "light");
    equal(await dark(), false, "light chosen");
    await page.reload();
    equal(await dark(), false, "light after a reload");
    page.complaints = []; // of the status 400
  },

  "a phone": async (page, { penguin }) => {
    await page.setViewportSize({ width: 360, height: 640 });
    equal(await page.isVisible("#history"), false, "history");
    await addFile(page, penguin);
    await ask(page, "What is in this image?");
    for (const id of ["#send", "#file-open", "#camera-open", "#new", "#settings-open"]) {
      const { x, y, width, height } = await page.locator(id).boundingBox();
      assert(x >= 0 && x + width <= 360 && y >= 0 && y + height <= 640, id + " is outside");
      assert(width >= 40 && height >= 36, `${id} is too small for a finger: ${width} x ${height}`);
    }
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
    equal(await wide(), 360, "width");
    await accessible(page, "phone");
    await page.click("#compare");
    await ask(page, "Hello");
    equal(await wide(), 360, "width with two answers");
    await page.click("#history-open");
    await page.locator("#conversations .open").waitFor();
    await accessible(page, "phone, history");
    await page.keyboard.press("Escape");
    equal(await page.isVisible("#history"), false, "history after Escape");
  },
};
