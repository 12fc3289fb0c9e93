// Labels, people and places as pages: all of them reached from the front page, without any search or server.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { brokenPictures, build, cleanUp, files, findChromium, launch, scratch, serve, violations, watchedPage, write } from "./gallery.mjs";
import { hostile } from "./hostile.mjs";
import { png } from "./pictures.mjs";

const chromium = findChromium("collections.test.mjs");
let browser;
before(async () => { if (chromium) browser = await launch(chromium); });
after(cleanUp);

const note = (fields) => `---\n${Object.entries(fields).map(([k, v]) => `${k}: ${JSON.stringify(v)}\n`).join("")}---\n`;

describe("collections", { skip: chromium ? false : "needs chromium" }, () => {
  let dir, base;
  before(async () => {
    const gallery = scratch();
    write(gallery, [
      ...hostile(),
      ...Array.from({ length: 6 }, (_, i) => [["data", "alps", `walk ${i}.png`], png(96, 64, 500 + i)]),
      ...Array.from({ length: 6 }, (_, i) => [["data", "alps", `walk ${i}.png.md`], note({ keywords: ["mountain", i % 2 ? "lake" : "dog"], persons: ["Natalie Berg"] })]),
      [["data", "private", "x", "secret.png"], png(96, 64, 900)],
      [["data", "private", "x", "secret.png.md"], note({ keywords: ["dog", "treasure"], persons: ["Hidden Person"] })],
    ]);
    dir = build(gallery);
    base = await serve(dir, "/gallery/x/");
  });

  test("lead from the front page to every item that has a label or shows somebody, without JavaScript", async () => {
    const { page, context, check } = await watchedPage(browser, base, { javaScriptEnabled: false });
    for (const [kind, name, count] of [["Labels", "mountain", 6], ["Labels", "dog", 4], ["People", "Natalie Berg", 6]]) {
      await page.goto(`${base}index.html`);
      await page.getByRole("link", { name: kind, exact: true }).first().click();
      await page.locator("main a", { hasText: name }).first().click();
      const items = await page.locator(".grid li > a").evaluateAll((links) => links.map((a) => a.href));
      assert.equal(new Set(items).size, count, `items of ${name}`);
      assert.deepEqual(await brokenPictures(page), []);
      const item = await page.goto(items[0]);
      assert.equal(item.status(), 200);
      // And back: the item names the collection.
      await page.locator(".about a", { hasText: name }).first().click();
      assert.equal(await page.locator(".grid li > a").count(), count, `items of ${name}, by way of one of them`);
    }
    check();
    await context.close();
  });

  test("tell nothing of what is private", async () => {
    const { page, context } = await watchedPage(browser, base);
    for (const kind of ["labels", "people"]) {
      await page.goto(`${base}-/${kind}/index.html`);
      assert.doesNotMatch(await page.content(), /treasure|Hidden Person|secret/);
    }
    const names = await (await context.request.get(`${base}-/names.json`)).text();
    assert.match(names, /Natalie Berg/);
    assert.doesNotMatch(names, /treasure|Hidden Person|private/);
    await context.close();
  });

  for (const colorScheme of ["light", "dark"]) {
    for (const [device, viewport] of Object.entries({ phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } })) {
      test(`are accessible on a ${device} in ${colorScheme}, whatever they are called`, async () => {
        const { page, context, check } = await watchedPage(browser, base, { viewport, colorScheme });
        const pages = ["labels", "people"].flatMap((kind) => files(path.join(dir, "-", kind), ".html")).map((name) => path.relative(dir, name));
        assert.ok(pages.length > 6, `${pages.length} pages`);
        for (const name of pages) {
          await page.goto(base + name.split(path.sep).map(encodeURIComponent).join("/"));
          assert.deepEqual(await violations(page), [], `axe on ${name}`);
          assert.equal(await page.evaluate(() => globalThis.__injected), undefined, `injected on ${name}`);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${name} is ${overflow} pixels wider than the screen`);
          if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${device}-${colorScheme}-${name.replaceAll("/", "_").slice(0, 60)}.png` });
        }
        check();
        await context.close();
      });
    }
  }
});
