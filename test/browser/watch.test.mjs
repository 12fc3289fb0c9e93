// `shoebox serve --watch`: an open page follows what its owner changes.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { cleanUp, findChromium, launch, scratch, serveProgram, write } from "./gallery.mjs";
import { png } from "./pictures.mjs";

const chromium = findChromium("watch.test.mjs");

describe("a gallery that is watched", { skip: chromium ? false : "needs chromium" }, () => {
  after(cleanUp);

  test("reloads open pages", async () => {
    const gallery = scratch();
    write(gallery, [[["data", "one.png"], png(40, 30, 1)], [["config.toml"], 'bucket = "."\ntitle = "Before"\n']]);
    const base = await serveProgram(gallery, "--watch");
    const page = await (await launch(chromium)).newPage();
    await page.goto(base);
    const items = (n) => page.waitForFunction((n) => document.querySelectorAll(".grid li > a").length === n, n, { timeout: 10_000 });
    await items(1);

    writeFileSync(path.join(gallery, "data", "two.png"), png(40, 30, 2));
    await items(2);

    writeFileSync(path.join(gallery, "config.toml"), 'bucket = "."\ntitle = "After"\n');
    await page.waitForFunction(() => document.querySelector("h1").textContent === "After", null, { timeout: 10_000 });

    // A layout of the gallery's own; a broken one leaves the page as it was.
    mkdirSync(path.join(gallery, "layouts/partials"), { recursive: true });
    const footer = path.join(gallery, "layouts/partials/footer.html");
    writeFileSync(footer, "<footer>mine</footer>");
    await page.waitForFunction(() => document.querySelector("footer").textContent === "mine", null, { timeout: 10_000 });
    writeFileSync(footer, "<footer>{{.Nonsense}}</footer>");
    writeFileSync(path.join(gallery, "data", "three.png"), png(40, 30, 3));
    await page.waitForTimeout(1000);
    await page.reload();
    assert.equal(await page.textContent("footer"), "mine");
    rmSync(footer);
    await items(3);
  });
});
