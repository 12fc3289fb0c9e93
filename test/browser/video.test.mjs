// Videos in a real browser: grids play clips for those who ask for it, and what can't be played is offered for download.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { build, cleanUp, findChromium, launch, scratch, serve, watchedPage } from "./gallery.mjs";

const chromium = findChromium("video.test.mjs");
const ffmpeg = findFFmpeg();
const skip = chromium && ffmpeg ? false : "needs chromium and an ffmpeg with libx264";

/** Whether there is an ffmpeg that makes H.264; that this was skipped for want of it is noted. */
function findFFmpeg() {
  const run = spawnSync("ffmpeg", ["-v", "error", "-encoders"], { encoding: "utf8" });
  if (run.stdout?.includes("libx264")) return true;
  if (process.env.SHOEBOX_REQUIRE_ALL) throw new Error("needs an ffmpeg with libx264 on the PATH, and SHOEBOX_REQUIRE_ALL is set");
  if (process.env.SHOEBOX_SKIPPED) appendFileSync(process.env.SHOEBOX_SKIPPED, "video.test.mjs: needs ffmpeg with libx264\n");
  return false;
}

/** Makes a short video by ffmpeg from a test picture and a tone. */
function film(file, ...codecs) {
  mkdirSync(path.dirname(file), { recursive: true });
  const source = ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=30:d=3", "-f", "lavfi", "-i", "sine=d=3"];
  const run = spawnSync("ffmpeg", ["-nostdin", "-v", "error", ...source, ...codecs, "-y", file], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(run.stderr);
}

// What a Live Photo's two files have in common.
const id = "570F1469-09C7-4E50-9875-05F21D5BD166";
const identifier = ["-movflags", "use_metadata_tags", "-metadata", `com.apple.quicktime.content.identifier=${id}`];

/** The photo of a Live Photo: a frame of its video, with Apple's maker note. */
function livePhoto(file) {
  const run = spawnSync("ffmpeg", ["-nostdin", "-v", "error", "-i", file, "-frames:v", "1", "-f", "mjpeg", "-"]);
  const be16 = (n) => String.fromCharCode(n >> 8, n & 255), be32 = (n) => be16(n >>> 16) + be16(n & 65535);
  const entry = (tag, kind, count, value) => be16(tag) + be16(kind) + be32(count) + be32(value);
  const note = `Apple iOS\0\0\x01MM${be16(1)}${entry(0x11, 2, id.length + 1, 32)}${be32(0)}${id}\0`;
  const exif = `Exif\0\0MM\0*${be32(8)}${be16(1)}${entry(0x8769, 4, 1, 26)}${be32(0)}${be16(1)}${entry(0x927c, 7, note.length, 44)}${be32(0)}${note}`;
  const head = Buffer.from(`\xff\xd8\xff\xe1${be16(exif.length + 2)}${exif}`, "latin1");
  return Buffer.concat([head, run.stdout.subarray(2)]);
}

describe("videos", { skip }, () => {
  let browser, base;
  before(async () => {
    browser = await launch(chromium);
    const dir = scratch();
    const h264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"];
    film(path.join(dir, "data/films/plays.mp4"), ...h264);
    film(path.join(dir, "data/films/also \"50%\" #1.mov"), ...h264);
    film(path.join(dir, "data/live/IMG #1.MOV"), ...h264, "-t", "2", ...identifier);
    writeFileSync(path.join(dir, "data/live/IMG #1.jpg"), livePhoto(path.join(dir, "data/live/IMG #1.MOV")));
    film(path.join(dir, "data/films/not.mp4"), "-c:v", "mpeg4", "-c:a", "aac"); // MPEG-4 part 2, which no browser plays
    base = await serve(build(dir));
  });
  after(cleanUp);

  // Opens the album and counts which clips are asked for.
  async function album(options) {
    const watched = await watchedPage(browser, base, { viewport: { width: 1440, height: 900 }, ...options });
    const asked = [];
    watched.page.on("request", (r) => { if (r.url().endsWith(".480.mp4")) asked.push(r.url()); });
    await watched.page.goto(`${base}films/index.html`);
    const links = watched.page.locator("a[data-clip]");
    assert.equal(await links.count(), 3);
    return { ...watched, asked, links, playing: () => watched.page.evaluate(() => [...document.querySelectorAll(".grid video")].map((v) => v.src)) };
  }
  const isPlaying = (page) => page.waitForFunction(() => document.querySelector(".grid video")?.currentTime > 0.1);

  test("play in grids under the pointer, one at a time, and move nothing", async () => {
    const { page, context, check, asked, links, playing } = await album({});
    assert.deepEqual(asked, []);
    for (const i of [0, 1, 2]) {
      await links.nth(i).hover();
      await isPlaying(page);
      assert.equal((await playing()).length, 1);
      assert.equal(new Set(asked).size, i + 1);
      const clip = await page.evaluate(() => {
        const video = document.querySelector(".grid video");
        const [a, b] = [video, video.closest("a")].map((e) => e.getBoundingClientRect());
        return { muted: video.muted, hidden: video.getAttribute("aria-hidden"), covers: a.width >= b.width && a.height >= b.height };
      });
      assert.deepEqual(clip, { muted: true, hidden: "true", covers: true });
    }
    await page.mouse.move(5, 5);
    assert.deepEqual(await playing(), []);
    assert.equal(await page.evaluate(() => globalThis.__shift), 0);
    check();
    await context.close();
  });

  test("play for the keyboard's focus", async () => {
    const { page, context, check, links, playing } = await album({});
    for (let i = 0; i < 20 && !await links.first().evaluate((e) => e === document.activeElement); i++) await page.keyboard.press("Tab");
    await isPlaying(page);
    await page.keyboard.press("Shift+Tab");
    assert.deepEqual(await playing(), []);
    check();
    await context.close();
  });

  test("stay still, and are not loaded, for less motion and by touch", async () => {
    for (const options of [{ reducedMotion: "reduce" }, { hasTouch: true, isMobile: true }]) {
      const { page, context, check, asked, links, playing } = await album(options);
      if (options.hasTouch) {
        await page.evaluate(() => addEventListener("click", (event) => event.preventDefault()));
        await links.first().tap();
      } else {
        await links.first().hover();
      }
      await page.waitForTimeout(600);
      assert.deepEqual([await playing(), asked], [[], []]);
      check();
      await context.close();
    }
  });

  test("play on their pages, or say that they can't and are offered for download", async () => {
    const { page, context, check } = await watchedPage(browser, base, {});
    for (const name of ["plays.mp4", "also%20%2250%25%22%20%231.mov"]) {
      await page.goto(`${base}films/${name}.html`);
      await page.waitForFunction(() => document.querySelector("video").readyState >= 2);
      assert.equal(await page.evaluate(() => document.querySelector(".stage > .unplayed")), null);
    }
    await page.goto(`${base}films/not.mp4.html`);
    const note = page.locator(".stage > .unplayed");
    await note.waitFor();
    assert.equal(await note.locator("a[download]").getAttribute("href"), "-/original/not.mp4");
    assert.equal(await page.evaluate(() => globalThis.__shift), 0);
    check();
    await context.close();
  });

  test("of Live Photos play over the photo, also without scripts", async () => {
    for (const javaScriptEnabled of [true, false]) {
      const { page, context, check } = await watchedPage(browser, base, { javaScriptEnabled });
      await page.goto(`${base}live/index.html`);
      const tiles = page.locator(".grid a");
      assert.equal(await tiles.count(), 1);
      await tiles.click();
      const [photo, video] = [page.locator(".stage > img"), page.locator(".live video")];
      const before = await photo.boundingBox();
      assert.equal(await video.isVisible(), false);
      await page.locator(".live summary").click();
      const [still, moving] = [await photo.boundingBox(), await video.boundingBox()];
      assert.deepEqual(still, before);
      for (const edge of ["x", "y", "width", "height"]) assert.ok(Math.abs(still[edge] - moving[edge]) < 2, `${edge}: ${still[edge]}, ${moving[edge]}`);
      if (javaScriptEnabled) {
        await page.waitForFunction(() => document.querySelector(".live video").currentTime > 0.1);
        await page.locator(".live summary").click();
        await page.waitForFunction(() => document.querySelector(".live video").paused);
      }
      assert.equal(await video.isVisible(), !javaScriptEnabled);
      assert.deepEqual(await page.locator(".facts a[download]").evaluateAll((links) => links.map((a) => a.getAttribute("href"))),
        ["-/original/IMG%20%231.jpg", "-/original/IMG%20%231.MOV"]);
      check();
      await context.close();
    }
  });
});
