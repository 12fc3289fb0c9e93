// The pages in a real browser: nothing moves, nothing is injected, everything is reachable, with and without JavaScript.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  brokenPictures, build, cleanUp, files, findChromium, launch, samples, scratch, serve, violations, watchedPage, write,
} from "./gallery.mjs";
import { hostile } from "./hostile.mjs";

const chromium = findChromium("browser.test.mjs");
const skip = chromium ? false : "needs chromium";
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

let browser;
before(async () => { if (chromium) browser = await launch(chromium); });
after(cleanUp);

const shift = (page) => page.evaluate(() => new Promise((resolve) => {
  requestAnimationFrame(() => setTimeout(() => resolve(globalThis.__shift), 50));
}));

describe("sample pages", { skip }, () => {
  let dir, base;
  before(async () => {
    dir = samples(scratch());
    base = await serve(dir);
  });
  for (const colorScheme of ["light", "dark"]) {
    for (const [device, viewport] of Object.entries({ phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } })) {
      test(`are accessible and still on a ${device} in ${colorScheme}`, async () => {
        const { page, context, check } = await watchedPage(browser, base, { viewport, colorScheme });
        // One photo's page is like another's but for its shape: of those the first ones will do.
        const pages = files(dir, ".html").map((name) => path.relative(dir, name)).filter((name) => !/IMG_40(0[2-9]|10|1[2-9]|2)/.test(name));
        assert.ok(pages.length > 10, `${pages.length} pages`);
        for (const name of pages) {
          await page.goto(base + name);
          assert.deepEqual(await violations(page), [], `axe on ${name}`);
          assert.equal(await shift(page), 0, `layout shift of ${name}`);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(overflow <= 0, `${name} is ${overflow} pixels wider than the screen`);
        }
        check();
        await context.close();
      });
    }
  }

  test("rows of the grid are full and evenly high, the last one is not stretched", async () => {
    for (const width of [390, 820, 1440]) {
      const { page, context } = await watchedPage(browser, base, { viewport: { width, height: 900 } });
      await page.goto(`${base}alps/search.html`);
      const { rows, row, inner } = await page.evaluate(() => {
        const grid = document.querySelector(".grid");
        const rows = new Map();
        for (const link of grid.querySelectorAll("li > a")) {
          const box = link.getBoundingClientRect();
          const top = Math.round(box.top);
          rows.set(top, [...(rows.get(top) ?? []), [box.left, box.right, box.height]]);
        }
        const probe = document.createElement("i");
        probe.style.cssText = "display:block;height:var(--h)";
        grid.before(probe);
        return { rows: [...rows.values()], row: probe.offsetHeight, inner: [grid.getBoundingClientRect().left, grid.getBoundingClientRect().right] };
      });
      assert.ok(rows.length > 2, `${rows.length} rows at ${width}`);
      rows.forEach((boxes, i) => {
        const heights = boxes.map((b) => b[2]);
        assert.ok(Math.max(...heights) - Math.min(...heights) <= 1.5, `row ${i} at ${width} has heights ${heights}`);
        assert.ok(Math.max(...heights) <= row * 1.6 + 1, `row ${i} at ${width} is ${heights[0]} high, rows aim at ${row}`);
        assert.ok(Math.abs(boxes[0][0] - inner[0]) < 1, `row ${i} at ${width} starts at ${boxes[0][0]}`);
        if (i < rows.length - 1) {
          assert.ok(Math.abs(boxes.at(-1)[1] - inner[1]) < 1.5, `row ${i} at ${width} ends at ${boxes.at(-1)[1]}, not ${inner[1]}`);
        } else {
          assert.ok(Math.max(...heights) <= row + 1, `the last row at ${width} is ${heights[0]} high, want at most ${row}`);
        }
      });
      await context.close();
    }
  });

  test("keys turn pages, go up and search", async () => {
    const { page, context, check } = await watchedPage(browser, base);
    await page.goto(`${base}alps/IMG_4001.jpg.html`);
    const next = await page.getAttribute("a[rel=next]", "href");
    await page.keyboard.press("ArrowRight");
    await page.waitForURL(`**/${next}`);
    await page.goto(`${base}alps/IMG_4000.jpg.html`);
    await page.keyboard.press("/");
    assert.equal(await page.evaluate(() => document.activeElement.name), "q");
    await page.keyboard.type("a/b");
    assert.equal(await page.inputValue("input[name=q]"), "a/b");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Escape");
    await page.waitForURL("**/alps/index.html");
    check();
    await context.close();
  });
});

describe("a hostile gallery", { skip }, () => {
  let dir, originals;
  before(() => {
    const gallery = scratch();
    write(gallery, hostile());
    // The file that claims to be a PDF is one for the program, too: it is listed, not opened.
    dir = build(gallery);
    originals = new Map(files(path.join(gallery, "data"))
      .filter((name) => !name.endsWith(".md"))
      .map((name) => [sha256(readFileSync(name)), name]));
  });

  const ways = {
    "over http": async () => ({ base: await serve(dir, "/gallery/x/") }),
    "over http without JavaScript": async () => ({ base: await serve(dir, "/gallery/x/"), options: { javaScriptEnabled: false } }),
    "from the disk": async () => ({ base: `${pathToFileURL(dir)}/` }),
  };
  for (const [way, prepare] of Object.entries(ways)) {
    test(`shows, links and hands out every file ${way}`, async () => {
      const { base, options } = await prepare();
      const { page, context, check } = await watchedPage(browser, base, { acceptDownloads: true, ...options });
      const clean = async () => {
        check();
        assert.equal(await page.evaluate(() => globalThis.__injected), undefined, `injected at ${page.url()}`);
        assert.deepEqual(await brokenPictures(page), [], `pictures at ${page.url()}`);
      };
      const download = async (link) => {
        const href = await link.evaluate((a) => a.href);
        if (href.startsWith("file:")) return readFileSync(fileURLToPath(href));
        const response = await context.request.get(href);
        assert.equal(response.status(), 200, href);
        return response.body();
      };

      const albums = [`${base}index.html`];
      const handedOut = new Set();
      for (const album of albums) {
        await page.goto(album);
        await clean();
        albums.push(...await page.locator(".cards li > a").evaluateAll((links) => links.map((a) => a.href)));
        const items = await page.locator(".grid li > a, .files li > a:not([download])").count();
        const pages = new Set();
        let first;
        for (let i = 0; i < items; i++) {
          await page.goto(album, { waitUntil: "domcontentloaded" }); // its pictures were looked at above
          const link = page.locator(".grid li > a, .files li > a:not([download])").nth(i);
          const [href, picture] = await link.evaluate((a) => [a.href, Boolean(a.closest(".grid") && a.querySelector("img"))]);
          await link.click();
          await page.waitForURL((url) => url.href === href);
          await clean();
          assert.equal(await page.locator(".stage > img").count(), picture ? 1 : 0, `the picture of ${href}`);
          const get = page.locator(".facts a[download]");
          const sum = sha256(await download(get));
          assert.ok(originals.has(sum), `${href} hands out bytes that are no original's`);
          // A browser saves under the last segment of the address.
          const name = decodeURIComponent(await get.evaluate((a) => a.href.split("/").at(-1)));
          assert.equal(name, path.basename(originals.get(sum)), `the name of the download of ${href}`);
          handedOut.add(sum);
          pages.add(href);
          if (await page.locator("a[rel=prev]").count() === 0) first = href;
        }
        // From the first item on, "next" leads through the whole album, and "previous" back.
        if (!first) continue;
        await page.goto(first);
        const walk = [page.url()];
        for (let next; await (next = page.locator("a.turn[rel=next]")).count() > 0;) {
          const href = await next.evaluate((a) => a.href);
          await next.click();
          await page.waitForURL((url) => url.href === href);
          walk.push(href);
          const previous = await page.locator("a.turn[rel=prev]").evaluate((a) => a.href);
          assert.equal(previous, walk.at(-2), `the way back from ${href}`);
          assert.ok(walk.length <= pages.size, `"next" goes round in circles: ${walk}`);
        }
        assert.deepEqual(walk.toSorted(), [...pages].sort(), `the way through ${album}`);
      }
      assert.deepEqual([...originals].filter(([sum]) => !handedOut.has(sum)).map(([, name]) => name), [], "originals on no page");
      await context.close();
    });
  }

  test("saves a download under its own name", async () => {
    const base = await serve(dir, "/gallery/x/");
    const { page, context, check } = await watchedPage(browser, base, { acceptDownloads: true });
    await page.goto(`${base}index.html`);
    await page.locator('.grid a[href="plain.png.html"]').click();
    const [saved] = await Promise.all([page.waitForEvent("download"), page.locator(".facts a[download]").click()]);
    assert.equal(saved.suggestedFilename(), "plain.png");
    assert.ok(originals.has(sha256(readFileSync(await saved.path()))));
    check();
    await context.close();
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`is accessible in ${colorScheme}`, async () => {
      const base = await serve(dir, "/gallery/x/");
      const { page, context, check } = await watchedPage(browser, base, { colorScheme, viewport: { width: 390, height: 844 } });
      // One page of each kind, and all albums, whose titles are the worst.
      for (const name of files(dir, "index.html").concat(files(dir, ".png.html").slice(0, 5))) {
        await page.goto(base + path.relative(dir, name).split(path.sep).map(encodeURIComponent).join("/"));
        assert.deepEqual(await violations(page), [], `axe on ${name}`);
        assert.equal(await shift(page), 0, `layout shift of ${name}`);
      }
      check();
      await context.close();
    });
  }
});
