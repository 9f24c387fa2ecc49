// The images of the page in the documents.
import { join } from "node:path";
import { addFile, ask, format, freshPage } from "./browser.mjs";

const SIDE = 176;

// Two drawings on one background, in opposite corners.
async function together(page, files) {
  const uri = await page.evaluate(
    async ([all, side]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
      const context = canvas.getContext("2d");
      context.fillStyle = "#3a6ea5";
      context.fillRect(0, 0, side, side);
      for (const [index, base64] of all.entries()) {
        const image = new Image();
        image.src = "data:image/png;base64," + base64;
        await image.decode();
        const own = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
        const ownContext = own.getContext("2d");
        ownContext.drawImage(image, 0, 0);
        const pixels = ownContext.getImageData(0, 0, own.width, own.height);
        const { data } = pixels;
        for (let at = 0; at < data.length; at += 4) {
          const far = [0, 1, 2].reduce((sum, each) => sum + Math.abs(data[at + each] - data[each]), 0);
          if (at > 0 && far < 40) {
            data[at + 3] = 0; // its own background
          }
        }
        data[3] = 0;
        ownContext.putImageData(pixels, 0, 0);
        const place = (index === 0 ? 0.08 : 0.54) * side;
        context.drawImage(own, place, place, 0.38 * side, 0.38 * side);
      }
      return canvas.toDataURL("image/png");
    },
    [files.map((file) => file.toString("base64")), SIDE]
  );
  return Buffer.from(uri.split(",")[1], "base64");
}

export async function screenshots(browser, base, { penguin, pizza, bicycle, hamburger }, folder) {
  const shoot = async (page, name) => {
    await page.mouse.move(500, 500);
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(folder, name) });
    console.log("written: " + join(folder, name));
    await page.context().close();
  };

  const desk = await freshPage(browser, base, { viewport: { width: 1000, height: 740 } });
  await addFile(desk, pizza, "pizza.png");
  await ask(desk, "What is in this image?");
  await desk.click("#new");
  await addFile(desk, penguin, "penguin.png");
  await ask(desk, "What is in this image?");
  await format(desk, "One word or phrase");
  await ask(desk, "What is it?");
  await shoot(desk, "serve.png");

  const phone = await freshPage(browser, base, {
    viewport: { width: 390, height: 760 },
    colorScheme: "dark",
    deviceScaleFactor: 1.5,
  });
  await addFile(phone, bicycle, "bicycle.png");
  await ask(phone, "What is in this image?");
  await format(phone, "One sentence");
  await shoot(phone, "serve-phone.png");

  const boxed = await freshPage(browser, base, { viewport: { width: 1000, height: 800 } });
  await boxed.click("#history-close");
  await addFile(boxed, await together(boxed, [hamburger, penguin]), "lunch.png");
  await format(boxed, "Box of a thing");
  await ask(boxed, "the penguin");
  await shoot(boxed, "serve-box.png");
}
