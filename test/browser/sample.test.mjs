// The sample gallery as `make demo` shows it: built and served by the program itself, with search.
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { brokenPictures, build, cleanUp, findChromium, launch, root, scratch, serveProgram, violations, watchedPage } from "./gallery.mjs";

const chromium = findChromium("sample.test.mjs");

describe("the sample gallery", { skip: chromium ? false : "needs chromium" }, () => {
  let browser, base;
  before(async () => {
    browser = await launch(chromium);
    const gallery = scratch();
    cpSync(path.join(root, "site/data"), path.join(gallery, "data"), { recursive: true });
    build(gallery);
    base = await serveProgram(gallery);
  });
  after(cleanUp);

  const kinds = [
    "", "journeys/", "journeys/coast/", "journeys/alps/", "patterns/", "near%20home/", "journeys/coast/dog-on-the-beach.jpg.html",
    "journeys/coast/waves.mp4.html", "journeys/coast/lighthouse.jpg.html", "near%20home/100%25%20blue%20%26%20%E2%80%9Equiet%E2%80%9C%20%231.jpg.html",
    "-/search?q=natalie+not+beach", "-/search?q=nothing+at+all+like+it", "-/search", "journeys/-/search?q=sea", "no/such/page",
  ];
  for (const colorScheme of ["light", "dark"]) {
    test(`is accessible and whole in ${colorScheme}`, async () => {
      const { page, context, check } = await watchedPage(browser, base, { colorScheme, viewport: { width: 390, height: 844 } });
      for (const name of kinds) {
        await page.goto(base + name);
        assert.deepEqual(await violations(page), [], `axe on ${name}`);
        assert.deepEqual(await brokenPictures(page), [], `pictures of ${name}`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${name} is ${overflow} pixels wider than the screen`);
      }
      // What is not there answers so, which the browser complains of; nothing else.
      assert.throws(check, (e) => e.message.split("\n").every((line) => /404 .*no\/such\/page/.test(line)));
      await context.close();
    });
  }

  for (const javaScriptEnabled of [true, false]) {
    test(`finds what is typed into the search box, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
      const { page, context, check } = await watchedPage(browser, base, { javaScriptEnabled });
      await page.goto(`${base}patterns/`);
      await page.fill("input[name=q]", "dog 2023");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/-/search?q=dog+2023");
      const hits = page.locator(".grid li > a");
      assert.equal(await hits.count(), 1);
      // What was understood is shown, and can be taken back.
      await page.getByRole("link", { name: /2023/ }).first().click();
      await page.waitForURL("**/-/search?q=dog");
      await hits.first().click();
      await page.waitForURL("**/journeys/coast/dog-on-the-beach.jpg.html");
      assert.match(await page.textContent("h1"), /Biscuit/);
      // A label leads to all that has it.
      await page.getByRole("link", { name: "beach", exact: true }).click();
      await page.waitForURL("**/-/labels/beach/index.html");
      assert.ok(await hits.count() >= 1);
      check();
      await context.close();
    });
  }

  test("plays its video", async () => {
    const { page, context, check } = await watchedPage(browser, base);
    await page.goto(`${base}journeys/coast/waves.mp4.html`);
    const length = await page.evaluate(async () => {
      const video = document.querySelector("video");
      video.muted = true;
      await video.play();
      return video.duration;
    });
    assert.ok(length > 2 && length < 4, `${length} seconds`);
    check();
    await context.close();
  });
});
