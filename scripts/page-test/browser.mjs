// What the cases need of the browser: pages, mocked answers, images, and judges.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export function assert(is, what) {
  if (!is) {
    throw new Error(what);
  }
}

export function equal(actual, expected, what) {
  assert(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`
  );
}

export async function launch(executable, debugPort) {
  return chromium.launch({
    executablePath: executable,
    args: [
      "--no-sandbox",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      "--remote-debugging-port=" + debugPort,
    ],
  });
}

// A page with an empty history. Whatever it complains of is in page.complaints, every foreign
// address that it asks for in page.foreign, the bodies of its questions in page.asked.
export async function freshPage(browser, base, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1100, height: 760 },
    permissions: ["clipboard-read", "clipboard-write", "camera"],
    acceptDownloads: true,
    ...options,
  });
  await context.addInitScript({ content: AXE });
  const page = await context.newPage();
  Object.assign(page, { complaints: [], foreign: [], asked: [] });
  page.on("console", (message) => message.type() === "error" && page.complaints.push(message.text()));
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(base) && !url.startsWith("blob:") && !url.startsWith("data:")) {
      page.foreign.push(url);
    }
    if (url.endsWith("/v1/chat/completions")) {
      page.asked.push(JSON.parse(request.postData()));
    }
  });
  await page.goto(base);
  await page.waitForFunction(() => document.getElementById("model-a").options.length > 0);
  return page;
}

// The next questions are answered by these, each a text or {status, message}; the last one stays.
export async function mockAnswers(page, ...answers) {
  await page.route("**/v1/chat/completions", async (route) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (typeof answer !== "string") {
      const error = { message: answer.message, type: "invalid_request_error", param: null, code: null };
      await route.fulfill({ status: answer.status, json: { error } });
      return;
    }
    const events = answer.split(/(?<= )/).map((content) => ({ choices: [{ index: 0, delta: { content } }] }));
    events.push({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    events.push({ choices: [], usage: { prompt_tokens: 9, completion_tokens: events.length, total_tokens: 9 } });
    await route.fulfill({
      contentType: "text/event-stream",
      body: events.map((event) => "data: " + JSON.stringify(event) + "\n\n").join("") + "data: [DONE]\n\n",
    });
  });
}

// A PNG with a rectangle of another colour in it.
export async function drawnImage(page, width, height, inner) {
  const uri = await page.evaluate(
    ([w, h, r]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
      const context = canvas.getContext("2d");
      context.fillStyle = "#4060a0";
      context.fillRect(0, 0, w, h);
      context.fillStyle = "#e04030";
      context.fillRect(...r);
      return canvas.toDataURL("image/png");
    },
    [width, height, inner]
  );
  return Buffer.from(uri.split(",")[1], "base64");
}

export async function addFile(page, buffer, name = "drawn.png") {
  const before = await page.locator("#images button").count();
  await page.setInputFiles("#file", { name, mimeType: "image/png", buffer });
  await page.locator("#images button").nth(before).waitFor();
}

// Asks, and waits until all answers of the question are complete.
export async function ask(page, text) {
  const turns = await page.locator(".turn").count();
  await page.fill("#question", text);
  await page.press("#question", "Enter");
  await page.locator(".turn").nth(turns).waitFor();
  await answered(page);
}

export async function answered(page) {
  await page.waitForFunction(
    () => document.querySelector(".answer") && !document.querySelector('.answer[aria-busy="true"]')
  );
}

export async function format(page, label) {
  await page.selectOption("#format", { label });
}

export const answers = (page) => page.locator(".answer .words").allInnerTexts();

// axe-core finds nothing serious or critical.
export async function accessible(page, where) {
  const { violations } = await page.evaluate(() => window.axe.run(document));
  const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  equal(bad.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), [], "axe-core, " + where);
  return violations.length - bad.length;
}

// How many images lie in the browser's own database.
export const storedImages = (page) =>
  page.evaluate(
    () =>
      new Promise((done) => {
        indexedDB.open("llava4j").onsuccess = (event) => {
          event.target.result.transaction("images").objectStore("images").count().onsuccess = (counted) =>
            done(counted.target.result);
        };
      })
  );

// Texts and types of the parts of a message.
export const content = (message) => message.content.map((each) => each.text ?? each.type);
