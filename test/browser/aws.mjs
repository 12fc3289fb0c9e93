// Visits a gallery on AWS, or on what stands for it: node aws.mjs there|gone BASE HOST:PORT [SHARE-LINK]. The base is the gallery's
// address, and the second is where that is really answered. Run by TestBrowse in generator/lambda.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";
import { brokenPictures, findChromium, violations } from "./gallery.mjs";

const [what, base, address, share] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: findChromium("TestBrowse"),
  args: ["--no-sandbox", "--disable-gpu", `--host-resolver-rules=MAP ${new URL(base).host} ${address}`],
});
const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 390, height: 844 } });
context.setDefaultTimeout(10_000);
const page = await context.newPage();
const complaints = [];
page.on("pageerror", (e) => complaints.push(e.message));
page.on("console", (m) => { if (m.type() === "error" && !m.text().includes("404")) complaints.push(`${m.text()} at ${page.url()}`); });
page.on("request", (r) => { if (!r.url().startsWith(base) && !r.url().startsWith("data:")) complaints.push(`asks ${r.url()}`); });

/** Opens an address and wants its status; pages of a gallery have no broken pictures and are accessible. */
async function open(address, status = 200) {
  const response = await page.goto(new URL(address, base).href);
  assert.equal(response.status(), status, address);
  assert.deepEqual(await brokenPictures(page), [], address);
  assert.deepEqual(await violations(page), [], address);
  if (process.env.SHOEBOX_PICTURES) {
    mkdirSync(process.env.SHOEBOX_PICTURES, { recursive: true });
    await page.screenshot({ path: path.join(process.env.SHOEBOX_PICTURES, `${what}-${encodeURIComponent(address).slice(0, 60)}.png`) });
  }
  return response;
}

/** Status and type of what is at an address, asked for by the page that is open. */
const get = (address) => page.evaluate(async (url) => {
  const response = await fetch(url);
  return [response.status, response.headers.get("content-type")];
}, new URL(address, base).href);

/** What the search finds, by the addresses of its results. */
async function search(from, words) {
  await open(from);
  const box = page.getByRole("combobox").first();
  await box.fill(words);
  await box.press("Enter");
  await page.waitForURL(/-\/search\?/);
  assert.deepEqual(await brokenPictures(page), []);
  return page.locator("main li a[href$='.html']:not([href$='index.html'])").evaluateAll((links) => [...new Set(links.map((a) => decodeURIComponent(new URL(a.href).pathname)))]);
}

try {
  if (what === "there") {
    const front = await open("");
    assert.match(front.headers()["content-security-policy"] ?? "", /script-src 'self'/);
    assert.equal(front.headers()["x-content-type-options"], "nosniff");
    await page.getByRole("link", { name: /alps/i }).first().click();
    await page.waitForURL(/\/alps\/(index\.html)?$/);
    await page.getByRole("link", { name: /seen from the hut/i }).first().click();
    await page.waitForURL(/summit/);
    assert.match(await page.title(), /First light/);
    assert.ok(await page.locator("main img").first().evaluate((img) => img.complete && img.naturalWidth > 0));

    assert.equal(new URL((await open("alps"), page.url())).pathname, "/alps/", "an album without its slash");
    assert.equal(new URL((await open("alps/2024.05%20hut"), page.url())).pathname, "/alps/2024.05%20hut/");
    await open("%231%20100%25/oslo%2Bfjord%20%281%29%27s.jpg.html");
    assert.deepEqual(await get("%231%20100%25/-/original/oslo%2Bfjord%20%281%29%27s.jpg"), [200, "image/jpeg"], "an original");

    await open("nothing-of-this.jpg.html", 404);
    assert.match(await page.title(), /not found/i);
    assert.deepEqual((await search("", "marmot")), ["/alps/summit at dawn.jpg.html"], "a public search");

    // What is private is as if it were not there, until a link is followed.
    await open("private/x/", 404);
    await open("private/x/secret%20marmot.jpg.html", 404);
    const secret = "private/x/-/original/secret%20marmot.jpg";
    assert.equal((await get(secret))[0], 404, "a private original");
    await open(share);
    assert.equal(new URL(page.url()).pathname, "/private/x/");
    await open("private/x/secret%20marmot.jpg.html");
    assert.deepEqual(await get(secret), [200, "image/jpeg"], "a private original, once a link was followed");
    assert.deepEqual(await search("private/x/", "marmot"), ["/private/x/secret marmot.jpg.html"], "a search of what is private");
  } else {
    await open("alps/summit%20at%20dawn.jpg.html", 404);
    await open("alps/");
    assert.equal(await page.getByRole("link", { name: /seen from the hut/i }).count(), 0);
    assert.deepEqual(await search("", "marmot"), []);
  }
  assert.deepEqual(complaints, []);
} catch (error) {
  error.message += `\nat ${page.url()}, which complained: ${complaints.join("; ") || "nothing"}`;
  throw error;
} finally {
  await browser.close();
}
