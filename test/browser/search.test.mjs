// The search page in a real browser: results while one types, the way back, facets, and what is shown when there is nothing.
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { brokenPictures, build, cleanUp, findChromium, launch, root, scratch, serveProgram, violations, watchedPage, write } from "./gallery.mjs";
import { png } from "./pictures.mjs";

const chromium = findChromium("search.test.mjs");

describe("the search", { skip: chromium ? false : "needs chromium" }, () => {
  let browser, base;
  before(async () => {
    browser = await launch(chromium);
    const gallery = scratch();
    cpSync(path.join(root, "site/data"), path.join(gallery, "data"), { recursive: true });
    // More than fits on two pages.
    write(gallery, Array.from({ length: 130 }, (_, i) => [["data", "tiles", `tile ${i}.png`], png(30, 20, i)]));
    build(gallery);
    base = await serveProgram(gallery);
  });
  after(cleanUp);

  const hits = (page) => page.locator(".grid li > a");
  const settled = (page, query) => page.waitForFunction((q) => new URL(location).searchParams.get("q") === q
    && document.title.includes(q) && !document.querySelector("main[aria-busy]"), query);

  test("shows results while one types, without a load, and back returns", async () => {
    const { page, context, check } = await watchedPage(browser, base);
    await page.goto(`${base}-/search?q=beach`);
    await page.evaluate(() => { globalThis.__same = true; });
    const before = await hits(page).count();
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.name), "q");
    await page.keyboard.press("Control+A");
    await page.keyboard.type("dog 2023", { delay: 30 });
    await settled(page, "dog 2023");
    assert.equal(await hits(page).count(), 1);
    assert.equal(await page.inputValue("input[name=q]"), "dog 2023");
    assert.match(await page.textContent("[role=status]"), /1 result/);
    assert.deepEqual(await brokenPictures(page), []);
    await page.keyboard.press("Enter"); // this search is done: the next one has its own place in the history
    await page.keyboard.press("Control+A");
    await page.keyboard.type("tile", { delay: 30 });
    await settled(page, "tile");
    assert.equal(await hits(page).count(), 60);
    await page.goBack();
    await settled(page, "dog 2023");
    assert.equal(await page.inputValue("input[name=q]"), "dog 2023");
    await page.waitForFunction(() => document.querySelectorAll(".grid li > a").length === 1);
    await page.goBack();
    await settled(page, "beach");
    assert.equal(await hits(page).count(), before);
    await page.goForward();
    await settled(page, "dog 2023");
    assert.equal(await page.evaluate(() => globalThis.__same), true, "the page was loaded anew");
    check();
    await context.close();
  });

  test("suggests the gallery's own names, each of which finds what it promises", async () => {
    const { page, context, check } = await watchedPage(browser, base);
    await page.goto(base);
    await page.keyboard.press("/");
    for (const [text, name, clause] of [["photos of nat", "Natalie Example", 'photos of person:"Natalie Example" '], ["dog", "dog", "label:dog "]]) {
      await page.fill("input[name=q]", text);
      const option = page.getByRole("option").filter({ has: page.locator(`bdi:text-is("${name}")`) }).first();
      const count = Number(await option.locator(".n").textContent());
      await option.click();
      assert.equal(await page.inputValue("input[name=q]"), clause);
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.searchParams.get("q") === clause);
      assert.equal(await hits(page).count(), count, name);
      await page.goto(base);
    }
    check();
    await context.close();
  });

  test("moves nothing once results are there, nor the box above them", async () => {
    for (const viewport of [{ width: 390, height: 844 }, { width: 1440, height: 900 }]) {
      const { page, context, check } = await watchedPage(browser, base, { viewport });
      await page.goto(`${base}-/search?q=zebra+type:pdf`); // a short page: those with results have to be scrolled
      const places = (selector) => page.locator(selector).evaluateAll((all) => all.map((e) => {
        const { x, y, width, height } = e.getBoundingClientRect();
        return [x, y + scrollY, width, height].map(Math.round);
      }));
      const header = await places(".top, .top *:not([role=listbox], [role=listbox] *)");
      // Pictures come last and late: by then each has its place.
      const late = [];
      await page.route("**/*.jpg", (route) => new Promise((resolve) => { late.push(() => resolve(route.continue())); }));
      await page.fill("input[name=q]", "sea");
      await settled(page, "sea");
      const before = await places("main *");
      assert.ok(await hits(page).count() > 3 && late.length > 3, `${late.length} pictures`);
      for (const go of late) go();
      await page.unroute("**/*.jpg");
      assert.deepEqual(await brokenPictures(page), []);
      assert.deepEqual(await places("main *"), before);
      assert.deepEqual(await places(".top, .top *:not([role=listbox], [role=listbox] *)"), header);
      check();
      await context.close();
    }
  });

  test("gives up the answers that are not wanted any more", async () => {
    const { page, context, check } = await watchedPage(browser, base);
    await page.goto(`${base}-/search`);
    let held = 0;
    await page.route("**/-/search?q=be*", async (route) => {
      held++;
      if (new URL(route.request().url()).searchParams.get("q") === "be") await new Promise((r) => setTimeout(r, 1500));
      await route.continue().catch(() => {});
    });
    await page.focus("input[name=q]");
    await page.keyboard.type("be");
    await page.waitForTimeout(400);
    await page.keyboard.type("ach");
    await settled(page, "beach");
    const found = await hits(page).count();
    assert.ok(found > 0 && held === 2, `${found} found, ${held} asked`);
    await page.waitForTimeout(1500);
    assert.match(await page.title(), /beach/);
    assert.equal(await hits(page).count(), found);
    check();
    await context.close();
  });

  for (const javaScriptEnabled of [true, false]) {
    test(`has pages to the last one, orders and facets, ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
      const { page, context, check } = await watchedPage(browser, base, { javaScriptEnabled, viewport: { width: 1440, height: 900 } });
      await page.goto(`${base}-/search?q=tile`);
      const seen = new Set();
      const total = Number((await page.textContent(".count")).match(/of (\d+)/)[1]);
      assert.ok(total > 120, `${total} results`);
      for (let n = 1; n <= 3; n++) {
        assert.match(await page.textContent(".pages"), new RegExp(`Page ${n} of 3`));
        for (const href of await hits(page).evaluateAll((links) => links.map((a) => a.href))) seen.add(href);
        if (n < 3) await page.click(".pages a[rel=next]");
      }
      assert.equal(seen.size, total);
      assert.equal(await page.locator("a[rel=next]").count(), 0);
      await page.getByRole("link", { name: "First" }).click();
      assert.match(await page.textContent(".pages"), /Page 1 of 3/);
      await page.getByRole("link", { name: "Newest" }).click();
      assert.equal(new URL(page.url()).searchParams.get("sort"), "date");
      assert.equal(await page.locator(".orders [aria-current]").textContent(), "Newest");

      await page.goto(`${base}-/search?q=sea`);
      const facet = page.locator(".kinds a").first(); // beside the results, nothing has to be opened
      const [name, count] = [await facet.locator("bdi").textContent(), await facet.locator(".n").textContent()];
      await facet.click();
      await page.waitForURL("**/search?q=sea+*");
      assert.equal(await hits(page).count(), Number(count), name);
      assert.ok((await page.textContent(".chips")).toLowerCase().includes(name.toLowerCase()));
      check();
      await context.close();
    });
  }

  test("folds facets away on a phone", async () => {
    const { page, context, check } = await watchedPage(browser, base, { viewport: { width: 390, height: 844 } });
    await page.goto(`${base}-/search?q=sea`);
    assert.equal(await page.locator(".kinds a").first().isVisible(), false);
    await page.getByText("Narrow down").click();
    assert.equal(await page.locator(".kinds a").first().isVisible(), true);
    assert.deepEqual(await violations(page), []);
    check();
    await context.close();
  });

  for (const colorScheme of ["light", "dark"]) {
    for (const [device, viewport] of Object.entries({ phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } })) {
      test(`is accessible on a ${device} in ${colorScheme}`, async () => {
        const { page, context, check } = await watchedPage(browser, base, { colorScheme, viewport });
        for (const name of ["?q=sea", "?q=tile&page=3", "?q=natalie+zebra+beach", "?q=zebra+type:pdf", "", "?q=beach&page=9", "?q=beach&page=x"]) {
          for (const dir of ["", "journeys/"]) {
            await page.goto(`${base}${dir}-/search${name}`);
            assert.deepEqual(await violations(page), [], `axe on ${dir}${name}`);
            const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert.ok(overflow <= 0, `${dir}${name} is ${overflow} pixels wider than the screen`);
          }
        }
        assert.throws(check, (e) => e.message.split("\n").every((line) => /400 .*page=x/.test(line)));
        await context.close();
      });
    }
  }

  test("says so when the server does not answer", async () => {
    const { page, context } = await watchedPage(browser, base);
    await page.goto(`${base}-/search?q=beach`);
    await page.route("**/-/search?q=dog*", (route) => route.abort());
    await page.fill("input[name=q]", "dog");
    await page.waitForFunction(() => /does not answer/.test(document.querySelector("[role=status]").textContent));
    assert.ok(await hits(page).count() > 0); // what was there still is
    await page.unroute("**/-/search?q=dog*");
    await page.keyboard.press("Enter");
    await settled(page, "dog");
    await context.close();
  });
});
