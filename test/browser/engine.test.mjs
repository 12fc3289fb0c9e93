// The search without a server: a gallery with search = "browser" on a host that knows nothing but files.
import assert from "node:assert/strict";
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { brokenPictures, build, cleanUp, findChromium, files, launch, root, scratch, serve, violations, watchedPage, write } from "./gallery.mjs";
import { png } from "./pictures.mjs";

const chromium = findChromium("engine.test.mjs");

describe("the search without a server", { skip: chromium ? false : "needs chromium" }, () => {
  let browser, base, out;
  before(async () => {
    browser = await launch(chromium);
    const gallery = scratch();
    cpSync(path.join(root, "site/data"), path.join(gallery, "data"), { recursive: true });
    write(gallery, [
      [["config.toml"], 'bucket = "."\nsearch = "browser"\n'],
      [["data", "private", "secret", "secret.png"], png(30, 20, 1)],
      [["data", "private", "secret", "secret.png.md"], "---\ntitle: Secretest\n---\n"],
      [["data", "quiet", "index.md"], "---\ntitle: Quietest\nhidden: true\n---\n"],
      [["data", "quiet", "quiet.png"], png(30, 20, 2)],
      [["data", "odd # % ? \"names\"", "tile \"#%?' 😀.png"], png(30, 20, 3)],
      ...Array.from({ length: 130 }, (_, i) => [["data", "tiles", `tile ${i}.png`], png(30, 20, i)]), // more than fits on two pages
    ]);
    out = build(gallery);
    base = await serve(out, "/some/gallery/");
  });
  after(cleanUp);

  const hits = (page) => page.locator("main .grid li > a");
  const settled = (page, query) => page.waitForFunction((q) => (new URL(location).searchParams.get("q") ?? "") === q && document.title.includes(q) &&
    document.querySelector("main .count, main .note, main .browse") && !document.querySelector("main[aria-busy]"), query);
  const find = (query) => `${base}-/search/index.html?q=${encodeURIComponent(query)}`;

  test("answers from the box of any page, as one types, and back returns", async () => {
    const { page, context, check } = await watchedPage(browser, base);
    await page.goto(base);
    await page.fill("input[name=q]", "beach");
    await page.press("input[name=q]", "Enter");
    await settled(page, "beach");
    assert.equal(await page.inputValue("input[name=q]"), "beach");
    const before = await hits(page).count();
    assert.ok(before > 0);
    assert.deepEqual(await brokenPictures(page), []);
    await page.evaluate(() => { globalThis.__same = true; });
    await page.focus("input[name=q]");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("tile", { delay: 30 });
    await settled(page, "tile");
    assert.equal(await hits(page).count(), 60);
    await page.goBack();
    await settled(page, "beach");
    assert.equal(await hits(page).count(), before);
    assert.equal(await page.evaluate(() => globalThis.__same), true, "the page was loaded anew");
    await hits(page).first().click();
    await page.waitForSelector("body:not(.results)");
    assert.match(new URL(page.url()).pathname, /\.html$/);
    check();
    await context.close();
  });

  test("has facets, chips, orders and pages to the last, without a load", async () => {
    const { page, context, check } = await watchedPage(browser, base, { viewport: { width: 1440, height: 900 } });
    await page.goto(find("tile"));
    await settled(page, "tile");
    await page.evaluate(() => { globalThis.__same = true; });
    const total = Number((await page.textContent(".count")).match(/of (\d+)/)[1]), seen = new Set();
    assert.ok(total > 120, `${total} results`);
    for (let n = 1; n <= 3; n++) {
      await page.waitForFunction((n) => document.querySelector(".pages")?.textContent.includes(`Page ${n} of 3`), n);
      for (const href of await hits(page).evaluateAll((links) => links.map((a) => a.href))) seen.add(href);
      if (n < 3) await page.click(".pages a[rel=next]");
    }
    assert.equal(seen.size, total);
    await page.goto(find("sea"));
    await settled(page, "sea");
    await page.evaluate(() => { globalThis.__same = true; });
    const facets = page.locator(".facets");
    const choice = facets.locator("section a").first(), count = Number(await choice.locator(".n").textContent());
    const query = new URL(await choice.evaluate((a) => a.href)).searchParams.get("q");
    await choice.click();
    await settled(page, query);
    assert.equal(await hits(page).count(), count);
    assert.equal(await page.locator(".chip").count(), 2);
    await page.locator(".chip a").first().click();
    await page.waitForFunction(() => document.querySelectorAll(".chip").length === 1);
    assert.equal(await page.evaluate(() => globalThis.__same), true, "the page was loaded anew");
    check();
    await context.close();
  });

  test("opens deep links, in an order and an album", async () => {
    const { page, context, check } = await watchedPage(browser, base);
    await page.goto(`${base}-/search/?q=tile&page=3&sort=date&in=tiles`);
    await page.waitForSelector("main .count");
    assert.match(await page.textContent(".count"), /121–130 of 130/);
    assert.match(await page.textContent(".counted"), /in tiles/);
    await page.fill("input[name=q]", "tile 12");
    await settled(page, "tile 12");
    assert.equal(new URL(page.url()).searchParams.get("in"), "tiles", "typing leaves the album");
    await page.getByRole("link", { name: "Search everywhere" }).click();
    await page.waitForFunction(() => !new URL(location).searchParams.has("in"));
    for (const [query, message] of [["page=0", "page is not"], ["sort=size", "sort is neither"], ["page=99", "not that many pages"]]) {
      await page.goto(`${base}-/search/?q=tile&${query}`);
      await page.waitForSelector("main .note");
      assert.match(await page.textContent("main .note"), new RegExp(message));
    }
    check();
    await context.close();
  });

  test("finds odd names, and nothing private or hidden", async () => {
    const { page, context, check } = await watchedPage(browser, base);
    await page.goto(find("odd tile"));
    await settled(page, "odd tile");
    assert.equal(await hits(page).count(), 1);
    assert.deepEqual(await brokenPictures(page), []);
    for (const query of ["secretest", "quietest", "album:private", "album:quiet"]) {
      await page.goto(find(query));
      await settled(page, query);
      assert.equal(await hits(page).count(), 0, query);
      assert.match(await page.textContent("main .note"), /nothing matches/);
    }
    check();
    await context.close();
    const { gunzipSync } = await import("node:zlib");
    for (const file of files(path.join(out, "-/search"))) {
      const body = readFileSync(file), text = (file.endsWith(".gz") ? gunzipSync(body) : body).toString();
      assert.doesNotMatch(text, /secret|quiet(est|\.png)/i, file);
    }
  });

  test("says when it could not be loaded, and can be asked again", async () => {
    const shard = files(path.join(out, "-/search"), ".json.gz").sort((a, b) => readFileSync(b).length - readFileSync(a).length)[0];
    const whole = readFileSync(shard), damaged = Buffer.from(whole);
    damaged[whole.length >> 1] ^= 0xff;
    for (const damage of [() => writeFileSync(shard, damaged), () => writeFileSync(shard, whole.subarray(0, 1000)), () => renameSync(shard, `${shard}.away`)]) {
      damage();
      const context = await browser.newContext(), page = await context.newPage();
      await page.goto(find("beach"));
      await page.waitForSelector("main .note");
      assert.match(await page.textContent("main .note"), /could not be loaded/);
      assert.equal(await hits(page).count(), 0);
      writeFileSync(shard, whole);
      await page.fill("input[name=q]", "beach ");
      await page.waitForSelector("main .count");
      assert.ok(await hits(page).count() > 0);
      await context.close();
    }
  });

  test("has no script to run without JavaScript, and says where to look", async () => {
    const { page, context, check } = await watchedPage(browser, base, { javaScriptEnabled: false });
    await page.goto(`${base}-/search/?q=beach`);
    assert.match(await page.textContent("main"), /with JavaScript/);
    await page.locator("main a").first().click();
    assert.match(new URL(page.url()).pathname, /-\/labels\//);
    check();
    await context.close();
  });

  test("is read by a screen reader, on a phone and in the dark", async () => {
    for (const [viewport, colorScheme] of [[{ width: 390, height: 844 }, "dark"], [{ width: 1440, height: 900 }, "light"]]) {
      const { page, context, check } = await watchedPage(browser, base, { viewport, colorScheme });
      await page.goto(find("sea"));
      await settled(page, "sea");
      assert.deepEqual(await brokenPictures(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it scrolls sideways");
      if (process.env.SCREENSHOTS) await page.screenshot({ path: path.join(process.env.SCREENSHOTS, `search-${viewport.width}.png`) });
      assert.deepEqual(await violations(page), []);
      check();
      await context.close();
    }
  });
});
