// Makes the pictures in docs/screenshots from the sample gallery: `make screenshots`.
import { cpSync, mkdirSync } from "node:fs";
import path from "node:path";
import { brokenPictures, build, cleanUp, findChromium, launch, root, scratch, serveProgram } from "./gallery.mjs";

const chromium = findChromium("screenshots");
if (!chromium) throw new Error("needs chromium");
const gallery = scratch();
cpSync(path.join(root, "site/data"), path.join(gallery, "data"), { recursive: true });
build(gallery);
const base = await serveProgram(gallery);
const browser = await launch(chromium);
const out = path.join(root, "docs/screenshots");
mkdirSync(out, { recursive: true });

const pages = {
  front: "", album: "journeys/alps/", item: "journeys/coast/dog-on-the-beach.jpg.html", search: "-/search?q=natalie",
};
const devices = { phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } };
for (const [device, viewport] of Object.entries(devices)) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await browser.newPage({ viewport, colorScheme });
    for (const [name, address] of Object.entries(pages)) {
      await page.goto(base + address);
      await brokenPictures(page); // waits for all of them
      await page.screenshot({ path: path.join(out, `${name}-${device}-${colorScheme}.jpg`), type: "jpeg", quality: 80 });
    }
    await page.close();
  }
}
await cleanUp();
