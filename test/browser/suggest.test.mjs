// What a search box suggests, and what is like an item, in a real browser.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { brokenPictures, build, cleanUp, findChromium, launch, root, scratch, serve, serveProgram, violations, watchedPage, write } from "./gallery.mjs";
import { png } from "./pictures.mjs";

const chromium = findChromium("suggest.test.mjs");

// Names as a large and a hostile gallery would have them.
const evil = ["<img src=x onerror=globalThis.__injected=1>", "</script><script>globalThis.__injected=1</script>", "javascript:globalThis.__injected=1"];
const long = `Llanfair${"pwll".repeat(73)}`; // 300 letters: no query can hold it
const wide = `Lengthy ${"name ".repeat(40)}end`;
const names = {
  version: 1,
  labels: [["beach", 60], ["nature", 50], ["boat", 9], ["national park", 7], ...evil.map((name) => [name, 3]), ["Jr \"Joe\"", 3], [long, 2], [wide, 2],
    ["東京", 1], ...Array.from({ length: 5000 }, (_, i) => [`${["ka", "lo", "mi", "ter", "san"][i % 5]}${["ver", "nal", "bri"][i % 3]} ${["dor", "fel", "gan"][(i * 7) % 3]} ${i}`, 1])],
  people: [["Natalie Berg", 40], ["Zoë Østergård", 30], ["Anna Natalie Lie", 4], ["يوسف نعمة", 2]],
  places: [["San Francisco", 12], ["Santa Fe", 3]],
  albums: [["journeys/coast", "The coast", 9], ["odd/100% & „quiet“ #1?", "Odd ones", 5], ["x.html", "Xylophones", 2]],
};

describe("suggestions", { skip: chromium ? false : "needs chromium" }, () => {
  let browser, base, gallery;
  before(async () => {
    browser = await launch(chromium);
    gallery = scratch();
    cpSync(path.join(root, "site/data"), path.join(gallery, "data"), { recursive: true });
    write(gallery, [
      [["data", "private", "club", "index.md"], "---\ntitle: Secret club\n---\n"],
      ...[1, 2, 3].flatMap((i) => [
        [["data", "private", "club", `${i}.png`], png(60, 40, i)],
        [["data", "private", "club", `${i}.png.md`], "---\ntags: [conspiracy, sea]\npersons: [Agent Zero]\n---\n"],
        [["data", "hidden", `${i}.png`], png(60, 40, 10 + i)],
        [["data", "hidden", `${i}.png.md`], "---\ntags: [surprise]\n---\n"],
        [["data", "odd", "100% & „quiet“ #1?", `a "${i}" ‘b’ +%41.png`], png(60, 40, 20 + i)],
        [["data", "odd", "100% & „quiet“ #1?", `a "${i}" ‘b’ +%41.png.md`], "---\ntags: [oddity]\n---\n"],
      ]),
      [["data", "hidden", "index.md"], "---\nhidden: true\n---\n"],
      [["data", "alone", "alone.png"], png(60, 40, 30)],
      [["data", "alone", "alone.png.md"], "---\ndate: 1911-01-01\n---\n"],
    ]);
    const site = build(gallery);
    mkdirSync(path.join(site, "-"), { recursive: true });
    writeFileSync(path.join(site, "-", "names.json"), JSON.stringify(names));
    base = await serveProgram(gallery);
  });
  after(cleanUp);

  const box = "input[name=q]";
  const options = (page) => page.locator("[role=option] bdi").allTextContents();
  const kinds = (page) => page.locator("[role=option] .dim:not(.n)").allTextContents();
  const asked = (page) => {
    const seen = [];
    page.on("request", (r) => seen.push(r.url().slice(base.length)));
    return seen;
  };
  const loaded = async (page) => {
    await page.keyboard.type("zo");
    await page.waitForSelector("[role=option]");
    await page.fill(box, "");
  };
  // Types over what is there.
  async function type(page, text) {
    await page.fill(box, "");
    await page.keyboard.type(text);
  }
  async function open(browserOptions, name = "index.html") {
    const opened = await watchedPage(browser, base, browserOptions);
    const requests = asked(opened.page);
    await opened.page.goto(base + name);
    await opened.page.waitForLoadState("networkidle");
    const before = requests.length;
    await opened.page.keyboard.press("/");
    assert.equal(await opened.page.evaluate(() => document.activeElement.name), "q");
    if (await opened.page.getAttribute("form.find", "data-names")) await loaded(opened.page);
    return { ...opened, asked: () => requests.slice(before) };
  }

  test("are names at whose words' beginnings one types, the best first, from one request", async () => {
    const { page, context, check, asked } = await open();
    for (const [text, want] of [
      ["nat", ["nature", "Natalie Berg", "national park", "Anna Natalie Lie"]],
      ["photos of NATALIE", ["Natalie Berg", "Anna Natalie Lie"]],
      ["dogs with natalie b", ["Natalie Berg", "beach", "boat"]],
      ["dogs with natalie be", ["Natalie Berg", "beach"]],
      ["beach or san fr", ["San Francisco"]],
      ["zoe os", ["Zoë Østergård"]],
      ["2019, ostergard", ["Zoë Østergård"]],
      ["-boa", ["boat"]],
      ["person:nat", ["Natalie Berg", "Anna Natalie Lie"]],
      ['-label:"national p', ["national park"]],
      ["place:", ["San Francisco", "Santa Fe"]],
      ["coa", ["The coast"]],
      ["東", ["東京"]],
      ["يوس", ["يوسف نعمة"]],
      ["atalie", []],
      ['"golden nat', []],
      ["label:beach", []], // it is there already
      ["Jr", []],
      ["llanf", []],
      ["lengthy nam", [wide]],
      ["onerror", [evil[0]]],
    ]) {
      await type(page, text);
      assert.deepEqual(await options(page), want, text);
      assert.equal(await page.getAttribute(box, "aria-expanded"), String(want.length > 0), text);
    }
    await type(page, "san");
    assert.equal((await options(page)).length, 8);
    await type(page, "nat");
    assert.deepEqual(await kinds(page), ["Label", "Person", "Label", "Person"]);
    assert.deepEqual(await page.locator("[role=option] .n").allTextContents(), ["50", "40", "7", "4"]);
    await page.waitForFunction(() => document.querySelector(".find [aria-live]").textContent === "4 suggestions");
    assert.deepEqual(asked(), ["-/names.json"]);
    assert.equal(await page.evaluate(() => globalThis.__injected), undefined);
    check();
    await context.close();
  });

  test("are chosen with the keyboard", async () => {
    const { page, context, check } = await open();
    const active = () => page.evaluate(() => {
      const id = document.activeElement.getAttribute("aria-activedescendant");
      const option = id && document.getElementById(id);
      return option ? [option.querySelector("bdi").textContent, option.getAttribute("aria-selected"), document.querySelectorAll("[aria-selected=true]").length] : null;
    });
    await page.keyboard.type("photos of nat");
    assert.equal(await active(), null);
    await page.keyboard.press("ArrowDown");
    assert.deepEqual(await active(), ["nature", "true", 1]);
    await page.keyboard.press("End");
    assert.deepEqual(await active(), ["Anna Natalie Lie", "true", 1]);
    await page.keyboard.press("ArrowDown"); // past the last one is the text
    assert.equal(await active(), null);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Home");
    assert.deepEqual(await active(), ["nature", "true", 1]);
    await page.keyboard.press("ArrowDown");
    assert.deepEqual(await violations(page), []);
    await page.keyboard.press("Enter");
    assert.equal(await page.inputValue(box), 'photos of person:"Natalie Berg" ');
    assert.equal(await page.isVisible("[role=listbox]"), false);
    await page.keyboard.type("-boa");
    await page.keyboard.press("Escape");
    assert.equal(await page.isVisible("[role=listbox]"), false);
    await page.keyboard.press("ArrowDown"); // asks for them again
    await page.keyboard.press("Enter");
    assert.equal(await page.inputValue(box), 'photos of person:"Natalie Berg" -label:boat ');
    await page.keyboard.type("beach");
    await page.keyboard.press("Enter"); // of the form: nothing is chosen
    await page.waitForURL((url) => url.searchParams.get("q") === 'photos of person:"Natalie Berg" -label:boat beach');
    assert.deepEqual((await page.locator("main .chips .chip bdi").allTextContents()), ["person: Natalie Berg", "not label: boat", "label: beach"]);
    check();
    await context.close();
  });

  test("complete the word at the caret, and leave a word being composed alone", async () => {
    const { page, context, check } = await open();
    await page.keyboard.type("ber 2019");
    await page.keyboard.press("Home");
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.equal(await page.inputValue(box), 'person:"Natalie Berg"  2019');
    // An input method has the keys for itself.
    await page.fill(box, "");
    const cdp = await context.newCDPSession(page);
    await cdp.send("Input.imeSetComposition", { text: "とう", selectionStart: 2, selectionEnd: 2 });
    await page.evaluate(() => {
      const event = new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true });
      globalThis.__taken = !document.activeElement.dispatchEvent(event);
    });
    assert.equal(await page.evaluate(() => globalThis.__taken), false);
    await cdp.send("Input.imeSetComposition", { text: "東京", selectionStart: 2, selectionEnd: 2 });
    await cdp.send("Input.insertText", { text: "東京" });
    assert.deepEqual(await options(page), ["東京"]);
    check();
    await context.close();
  });

  for (const [device, use] of Object.entries({ mouse: {}, finger: { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } } })) {
    test(`are chosen with a ${device}`, async () => {
      const { page, context, check } = await open(use);
      await page.keyboard.type("zoe");
      const option = page.locator("[role=option]");
      await (use.hasTouch ? option.tap() : option.click());
      assert.equal(await page.inputValue(box), 'person:"Zoë Østergård" ');
      assert.equal(await page.evaluate(() => document.activeElement.name), "q");
      await page.keyboard.type("nat");
      assert.equal(await page.isVisible("[role=listbox]"), true);
      await page.locator("h1").first().click({ force: true });
      assert.equal(await page.isVisible("[role=listbox]"), false);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= (use.viewport?.width ?? 1280));
      check();
      await context.close();
    });
  }

  test("lead to the search of an album", async () => {
    const { page, context, check } = await open({}, "journeys/coast/sunset.jpg.html");
    await page.keyboard.type("dog in the coa");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${base}journeys/coast/-/search?q=dog+in`);
    assert.equal(await page.locator(".grid li").count(), 1);
    await page.goto(base);
    await page.click(box);
    await loaded(page);
    await page.keyboard.type("odd");
    await page.locator("[role=option]").click();
    await page.waitForURL(/odd\/100%25%20%26%20%E2%80%9Equiet%E2%80%9C%20%231%3F\/-\/search$/);
    await page.goto(base);
    await page.click(box);
    await loaded(page);
    for (const [text, want] of [["xyl", "album:Xylophones "], ["beach -the coa", 'beach -album:"The coast" ']]) {
      await type(page, text);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      assert.equal(await page.inputValue(box), want);
    }
    check();
    await context.close();
  });

  test("search as one chooses them on the search page", async () => {
    const { page, context, check, asked } = await open({}, "-/search");
    await page.keyboard.type("boa");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /label: boat/.test(document.querySelector("main").textContent) && document.querySelector(".grid li"));
    assert.equal(await page.inputValue(box), "label:boat ");
    assert.equal(asked().filter((name) => name.endsWith("names.json")).length, 1);
    check();
    await context.close();
  });

  test("tell of nothing outside of an album that is searched", async () => {
    const { page, context, check, asked } = await open({}, "journeys/coast/-/search");
    await page.keyboard.type("d");
    const found = await options(page);
    assert.ok(found.includes("dog"), found.join());
    for (const name of ["natalie berg", "zoe", "santa", "odd"]) {
      await type(page, name);
      assert.deepEqual(await options(page), [], name);
    }
    await type(page, "se");
    await page.locator("[role=option]", { has: page.locator('bdi:text-is("sea")') }).click();
    assert.equal(await page.inputValue(box), "label:sea ");
    await page.waitForFunction(() => /label: sea/.test(document.querySelector("main").textContent));
    assert.equal(asked().filter((name) => name.includes("names")).length, 0);
    check();
    await context.close();
  });

  test("on private pages are what a private search page shows, and names.json is not asked for", async () => {
    for (const [name, want] of [["private/club/-/search", ["conspiracy"]], ["private/club/index.html", []], ["private/club/1.png.html", []]]) {
      const { page, context, check, asked } = await open({}, name);
      await page.keyboard.type("boa");
      assert.deepEqual(await options(page), [], name);
      await page.keyboard.press("Control+A");
      await page.keyboard.type("con");
      // All of the album has it, and so no facet does.
      const facets = await page.locator("main .kinds bdi").allTextContents();
      assert.deepEqual(await options(page), want.filter((text) => facets.includes(text)), name);
      assert.deepEqual(asked().filter((request) => request.includes("names")), [], name);
      check();
      await context.close();
    }
  });

  test("cost little on a slow phone with thousands of names", async (t) => {
    const { page, context, check } = await open({ viewport: { width: 390, height: 844 } });
    // CPU time, since a machine that tests is busy with other things, of which a slow phone needs four times as much.
    const cdp = await context.newCDPSession(page);
    await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
    const spent = async () => (await cdp.send("Performance.getMetrics")).metrics.find((m) => m.name === "ScriptDuration").value;
    const rounds = 20;
    const times = {};
    for (const text of "s sa san sanb b be bea beach k ka kav m mi l lo lov t te ter qqq".split(" ")) {
      const before = await spent();
      await page.evaluate(([text, rounds]) => {
        const input = document.activeElement;
        for (let i = 0; i < rounds; i++) {
          input.value = `photos of the ${text}`;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }
      }, [text, rounds]);
      times[text] = (await spent() - before) * 4000 / rounds;
    }
    const slowest = Math.max(...Object.values(times));
    t.diagnostic(`ms a key: ${Object.entries(times).map(([text, ms]) => `${text} ${ms.toFixed(1)}`).join(", ")}`);
    assert.ok(slowest <= 5, `${slowest} ms`);
    check();
    await context.close();
  });

  test("are not there without JavaScript, and the box is a plain one", async () => {
    const { page, context, check } = await watchedPage(browser, base, { javaScriptEnabled: false });
    await page.goto(base);
    assert.equal(await page.getAttribute(box, "role"), null);
    await page.fill(box, "boat");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/-/search?q=boat");
    assert.ok(await page.locator(".grid li").count() > 0);
    check();
    await context.close();
  });

  for (const colorScheme of ["light", "dark"]) {
    for (const [device, viewport] of Object.entries({ phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } })) {
      test(`are accessible and move nothing on a ${device} in ${colorScheme}`, async () => {
        const { page, context, check } = await open({ colorScheme, viewport }, "journeys/coast/sunset.jpg.html");
        const boxes = () => page.evaluate(() => [...document.querySelectorAll("main *, .top a, .top input")].map((e) => {
          const { x, y, width, height } = e.getBoundingClientRect();
          return [x, y + scrollY, width, height];
        }));
        await page.waitForFunction(() => document.querySelector(".like li"));
        await brokenPictures(page);
        const before = await boxes();
        for (const text of ["lengthy", "nat"]) {
          await type(page, text);
          await page.keyboard.press("ArrowDown");
          assert.equal(await page.isVisible("[role=listbox]"), true);
          assert.deepEqual(await violations(page), []);
          const inside = await page.locator("[role=listbox]").evaluate((e) => e.getBoundingClientRect().right <= innerWidth && e.scrollWidth <= e.clientWidth);
          assert.equal(inside, true);
        }
        assert.deepEqual(await boxes(), before);
        check();
        await context.close();
      });
    }
  }

  describe("more like this", () => {
    const tiles = (page) => page.locator(".like li > a").evaluateAll((links) => links.map((a) => decodeURIComponent(new URL(a.href).pathname)));
    // The search is asked for once, when the strip is near.
    const strip = async (browserOptions, name) => {
      const opened = await watchedPage(browser, base, { viewport: { width: 390, height: 300 }, ...browserOptions });
      const requests = asked(opened.page);
      await opened.page.goto(base + name);
      await opened.page.locator(".like").evaluate((e) => e.scrollIntoView());
      await opened.page.waitForLoadState("networkidle");
      return { ...opened, asked: () => requests.filter((r) => r.includes("-/search")) };
    };

    test("shows a few pictures that lead to their pages, and moves nothing", async () => {
      for (const viewport of [{ width: 390, height: 844 }, { width: 1440, height: 1900 }]) {
        const { page, context, check, asked } = await strip({ viewport }, "journeys/coast/sunset.jpg.html");
        await page.waitForFunction(() => document.querySelector(".like li"));
        const found = await tiles(page);
        assert.ok(found.length > 2 && found.length <= 8, `${found.length} tiles`);
        assert.ok(!found.includes("/journeys/coast/sunset.jpg.html"));
        assert.deepEqual(await brokenPictures(page), []);
        assert.equal(asked().length, 1);
        assert.equal(await page.evaluate(() => globalThis.__shift), 0);
        assert.ok(found.every((name) => !/private|hidden/.test(name)), found.join());
        await page.locator(".like li > a").first().click();
        await page.waitForURL((url) => decodeURIComponent(url.pathname) === found[0]);
        assert.equal(await page.locator(".stage").count(), 1);
        check();
        await context.close();
      }
    });

    test("asks when it comes near, not before", async () => {
      const { page, context } = await watchedPage(browser, base, { viewport: { width: 390, height: 200 } });
      const requests = asked(page);
      await page.goto(`${base}journeys/coast/sunset.jpg.html`);
      await page.addStyleTag({ content: ".about { min-height: 3000px }" }).catch(() => {});
      await page.waitForLoadState("networkidle");
      const early = requests.filter((r) => r.includes("like")).length;
      const distance = await page.locator(".like").evaluate((e) => e.getBoundingClientRect().top - innerHeight);
      assert.equal(early, distance > 600 ? 0 : 1, `${distance} pixels away`);
      await context.close();
    });

    test("finds the item again, whatever its name", async () => {
      const { page, context, check } = await strip({}, encodeURI('odd/100% & „quiet“ #1?/a "1" ‘b’ +%41.png.html').replace("#", "%23").replace("?", "%3F"));
      await page.waitForFunction(() => document.querySelectorAll(".like li").length > 1);
      const found = await tiles(page);
      for (const i of [2, 3]) assert.ok(found.includes(`/odd/100% & „quiet“ #1?/a "${i}" ‘b’ +%41.png.html`), found.join("\n"));
      assert.ok(found.every((name) => !name.includes('"1"')), found.join("\n"));
      await page.locator(".like h2 a").click();
      await page.waitForURL("**/-/search?q=like*");
      assert.ok(await page.locator(".grid li").count() >= 2);
      check();
      await context.close();
    });

    test("stays in the album of what is private or hidden", async () => {
      for (const dir of ["private/club/", "hidden/"]) {
        const { page, context, check, asked } = await strip({}, `${dir}1.png.html`);
        await page.waitForFunction(() => document.querySelector(".like li"));
        assert.deepEqual((await tiles(page)).sort(), [`/${dir}2.png.html`, `/${dir}3.png.html`]);
        assert.ok(asked().every((name) => name.startsWith(`${dir}-/search?`)), asked().join());
        assert.deepEqual(await brokenPictures(page), []);
        check();
        await context.close();
      }
    });

    test("goes away when nothing is like it, and leaves the link when the search does not answer", async () => {
      for (const height of [200, 1900]) {
        const { page, context, check } = await strip({ viewport: { width: 390, height } }, "alone/alone.png.html");
        await page.waitForFunction(() => document.querySelector(".like").style.visibility === "hidden");
        assert.equal(await page.isVisible(".like a"), false);
        assert.equal(await page.evaluate(() => globalThis.__shift), 0);
        check();
        await context.close();
      }
      const { page, context } = await watchedPage(browser, base);
      await page.route("**/-/search?q=like*", (route) => route.abort());
      await page.goto(`${base}journeys/coast/sunset.jpg.html`);
      await page.locator(".like").evaluate((e) => e.scrollIntoView());
      await page.waitForLoadState("networkidle");
      assert.equal(await page.isVisible(".like a"), true);
      assert.equal(await page.locator(".like li").count(), 0);
      await context.close();
    });

    test("is a link without JavaScript, and nothing on a plain host", async () => {
      const { page, context, check } = await watchedPage(browser, base, { javaScriptEnabled: false });
      await page.goto(`${base}journeys/coast/sunset.jpg.html`);
      await page.locator(".like a").click();
      await page.waitForURL("**/-/search?q=like*");
      assert.ok(await page.locator(".grid li").count() > 2);
      check();
      await context.close();

      const plain = await serve(path.join(gallery, "public"), "/sub/");
      const there = await watchedPage(browser, plain);
      await there.page.goto(`${plain}journeys/coast/sunset.jpg.html`);
      await there.page.locator(".like").evaluate((e) => e.scrollIntoView());
      await there.page.waitForFunction(() => document.querySelector(".like").style.visibility === "hidden");
      there.check();
      await there.context.close();
    });
  });
});
