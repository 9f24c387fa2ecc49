// Drives the page of a running server with Chromium: page-test.mjs CHROMIUM BASE IMAGES [SCREENSHOTS]
//
// Prints a line for each case, and ends at the first that fails.
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import lighthouse from "lighthouse";
import { CASES as asking } from "./asking-cases.mjs";
import { equal, freshPage, launch } from "./browser.mjs";
import { screenshots } from "./screenshots.mjs";
import { CASES as showing } from "./showing-cases.mjs";

const [executable, base, images, shots] = process.argv.slice(2);

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const help = {
  penguin: await readFile(join(images, "penguin.png")),
  pizza: await readFile(join(images, "pizza.png")),
  bicycle: await readFile(join(images, "bicycle.png")),
  hamburger: await readFile(join(images, "hamburger.png")),
  metric: async (name) => {
    const text = await (await fetch(base + "metrics")).text();
    return Number(new RegExp("^" + name + "(?:\\{.*\\})? (.*)$", "m").exec(text)[1]);
  },
};

const debugPort = await freePort();
const browser = await launch(executable, debugPort);
try {
  for (const [name, run] of Object.entries({ ...asking, ...showing })) {
    const page = await freshPage(browser, base);
    try {
      await run(page, help);
      const expected = page.complaints.filter((each) => !/status of [45]\d\d/.test(each));
      equal([expected, page.foreign], [[], []], "complaints of the browser, foreign addresses");
    } catch (error) {
      console.error(`FAILED: ${name}: ${error.message}`);
      console.error(`  status line: ${await page.innerText("#status").catch(() => "?")}; browser: ${page.complaints}`);
      process.exitCode = 1;
      break;
    } finally {
      await page.context().close();
    }
    console.log("ok: " + name);
  }
  if (!process.exitCode) {
    const { lhr } = await lighthouse(base, { port: debugPort, onlyCategories: ["accessibility"], logLevel: "error" });
    const score = Math.round(lhr.categories.accessibility.score * 100);
    const failed = Object.values(lhr.audits).filter((audit) => audit.score !== null && audit.score < 1);
    console.log("Lighthouse, accessibility: " + score);
    if (score < 100) {
      console.error("FAILED: Lighthouse: " + failed.map((audit) => audit.id).join(", "));
      process.exitCode = 1;
    }
  }
  if (!process.exitCode && shots) {
    await screenshots(browser, base, help, shots);
  }
} finally {
  await browser.close();
}
