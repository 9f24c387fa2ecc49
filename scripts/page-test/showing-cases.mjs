// Showing: boxes, history, markup, colours, sizes. Each case gets a page with an empty history.
import { readFile } from "node:fs/promises";
import { accessible, addFile, answered, answers, ask, assert, content, drawnImage, equal, format, mockAnswers, storedImages } from "./browser.mjs";

export const CASES = {
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

  "several boxes on one of several images": async (page) => {
    await mockAnswers(page, "One is at [0, 0.25, 0.5, 0.75], one at [0.5, 0.25, 1, 0.75].");
    await addFile(page, await drawnImage(page, 200, 100, [0, 0, 10, 10]), "first.png");
    await addFile(page, await drawnImage(page, 300, 300, [0, 0, 10, 10]), "second.png");
    await ask(page, "Where?");
    const boxes = () =>
      page.locator(".boxes rect").evaluateAll((all) =>
        all.map((rect) => ["x", "y", "width", "height"].map((each) => Number(rect.getAttribute(each)))));
    equal(await boxes(), [[0, 75, 150, 150], [150, 75, 150, 150]], "boxes on the last image");
    await page.selectOption(".answer select", "0");
    equal(await boxes(), [[0, 0, 100, 100], [100, 0, 100, 100]], "boxes on the first image");
    equal(await page.locator(".boxes text").allTextContents(), ["1", "2"], "numbers");
  },

  "the model's own boxes are drawn": async (page, { penguin }) => {
    await addFile(page, penguin);
    await format(page, "Box of a thing");
    await ask(page, "the penguin");
    equal(content(page.asked[0].messages[0])[1],
      "Please provide the bounding box coordinate of the region this sentence describes: the penguin.", "prompt");
    equal(await page.locator(".boxes rect").count(), 1, "boxes in " + (await answers(page)));
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
    equal(await storedImages(page), 0, "images left behind");
  },

  "what is deleted or left while an answer streams": async (page, { penguin }) => {
    await page.route("**/v1/chat/completions", () => {}); // an answer that never ends
    const begin = async (text) => {
      await page.fill("#question", text);
      await page.press("#question", "Enter");
      await page.getByRole("button", { name: "Delete " + text }).waitFor();
    };
    await addFile(page, penguin);
    await begin("First");
    await page.getByRole("button", { name: "Delete First" }).click();
    await page.getByText("Conversations stay in this browser.").waitFor();
    await page.reload();
    await page.getByText("Conversations stay in this browser.").waitFor();
    equal(await storedImages(page), 0, "images left behind");
    await begin("Second");
    await page.click("#new");
    await addFile(page, penguin);
    await begin("Third");
    await page.getByRole("button", { name: "Second", exact: true }).click();
    await page.getByRole("button", { name: "Third", exact: true }).click();
    await page.locator(".question img").waitFor();
    equal(await page.locator(".question .words").allInnerTexts(), ["Third"], "questions");
    page.once("dialog", (dialog) => dialog.accept());
    await page.click("#remove-all");
    await page.getByText("Conversations stay in this browser.").waitFor();
    equal(await storedImages(page), 0, "images left behind by all");
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
      text: words.innerText,
    }));
    assert(found.text.includes('<img src=x onerror="window.hit=1"> <script>'), "markup is not shown as text");
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

  "without a mouse": async (page, { metric }) => {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter"); // the link that leads to the question
    equal(await page.evaluate(() => document.activeElement.id), "question", "focus");
    await page.keyboard.type("Hello");
    await page.keyboard.press("Enter");
    await answered(page);
    await page.keyboard.press("Shift+Tab");
    const passed = [];
    for (let i = 0; i < 12; i++) {
      passed.push(await page.evaluate(() => document.activeElement.ariaLabel ?? document.activeElement.textContent));
      await page.keyboard.press("Shift+Tab");
    }
    for (const wanted of ["Take a photo", "Add images", "Regenerate", "Copy this answer", "Edit this question", "Conversation"]) {
      assert(passed.includes(wanted), `${wanted} is not among ${passed}`);
    }
    await page.getByRole("button", { name: "Regenerate" }).focus();
    await page.keyboard.press("Enter");
    await answered(page);
    equal(await page.evaluate(() => document.activeElement.id), "question", "focus after Regenerate");
    equal(await metric("llava_requests_running"), 0, "running");
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
