// Builds galleries with the real program, serves them, and starts the browser.
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const shoebox = path.resolve(root, process.env.SHOEBOX_BIN || "bin/shoebox");

const cleanups = [];

/** Ends what the functions below began: to be called when a file's tests are over. */
export async function cleanUp() {
  for (const end of cleanups.splice(0).reverse()) await end();
}

/** A folder that goes with cleanUp. */
export function scratch() {
  const dir = mkdtempSync(path.join(tmpdir(), "shoebox-browser-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes files below dir, each given as [path segments, bytes]. */
export function write(dir, files) {
  for (const [segments, body] of files) {
    const name = path.join(dir, ...segments);
    mkdirSync(path.dirname(name), { recursive: true });
    writeFileSync(name, body);
  }
}

/** Runs `shoebox build` over the gallery in dir; codes are the exit codes that are all right. */
export function build(dir, codes = [0]) {
  if (!existsSync(shoebox)) throw new Error(`${shoebox} is missing: run make build, or set SHOEBOX_BIN`);
  const run = spawnSync(shoebox, ["build", dir], { encoding: "utf8", timeout: 120_000 });
  if (run.error) throw run.error;
  if (!codes.includes(run.status)) throw new Error(`shoebox build ended with ${run.status}:\n${run.stdout}${run.stderr}`);
  return path.join(dir, "public");
}

/** Renders the sample pages of the theme's own test, one of every kind and state, and returns their folder. */
export function samples(dir) {
  const run = spawnSync("go", ["test", "./generator/theme", "-run", "^TestSamplePages$", "-count=1"], {
    cwd: root, encoding: "utf8", timeout: 300_000, env: { ...process.env, SHOEBOX_SAMPLES: dir },
  });
  if (run.error) throw run.error;
  if (run.status !== 0) throw new Error(`go test ended with ${run.status}:\n${run.stdout}${run.stderr}`);
  return dir;
}

/** All files below dir with that ending, sorted. */
export function files(dir, ending = "") {
  return readdirSync(dir, { recursive: true })
    .map((name) => path.join(dir, name.toString()))
    .filter((name) => name.endsWith(ending) && statSync(name).isFile())
    .sort();
}

const types = {
  html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript", svg: "image/svg+xml", json: "application/json",
  xml: "application/xml", png: "image/png", jpg: "image/jpeg", gif: "image/gif", webp: "image/webp", wav: "audio/wav", mp4: "video/mp4",
};

/** Serves dir below a prefix ("/gallery/x/"), as a plain web host would, and returns the address of its front page's folder. */
export async function serve(dir, prefix = "/") {
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://host");
    const send = (status, name) => {
      response.writeHead(status, { "content-type": types[path.extname(name).slice(1)] ?? "application/octet-stream" });
      response.end(readFileSync(name));
    };
    if (!url.pathname.startsWith(prefix)) return response.writeHead(404).end("outside of the gallery");
    // path.join would take a backslash in a name for a separator on Windows, and this resolves no "..": the URL class did.
    let name = `${dir}/${decodeURIComponent(url.pathname.slice(prefix.length))}`;
    if (existsSync(name) && statSync(name).isDirectory()) {
      if (!url.pathname.endsWith("/")) return response.writeHead(301, { location: `${url.pathname}/${url.search}` }).end();
      name += "index.html";
    }
    if (existsSync(name)) return send(200, name);
    if (existsSync(`${dir}/404.html`)) return send(404, `${dir}/404.html`);
    response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${server.address().port}${prefix}`;
}

/** Serves the gallery in dir with `shoebox serve`, and returns the address that it prints. */
export async function serveProgram(dir, ...flags) {
  const program = spawn(shoebox, ["serve", "--addr", "127.0.0.1:0", ...flags, dir], { stdio: ["ignore", "pipe", "inherit"] });
  cleanups.push(() => program.kill());
  let said = "";
  for await (const chunk of program.stdout) {
    said += chunk;
    if (said.includes("\n")) break;
  }
  return said.trim();
}

/** The path of Chromium, or undefined after having noted that this test was skipped for want of it. */
export function findChromium(test) {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const found = [process.env.CHROMIUM, ...(process.env.PATH ?? "").split(path.delimiter).flatMap((dir) => names.map((n) => path.join(dir, n)))]
    .find((name) => name && existsSync(name));
  if (found) return found;
  if (process.env.SHOEBOX_REQUIRE_ALL) throw new Error("needs chromium, which is not on the PATH, and SHOEBOX_REQUIRE_ALL is set");
  if (process.env.SHOEBOX_SKIPPED) appendFileSync(process.env.SHOEBOX_SKIPPED, `${test}: needs chromium\n`);
  return undefined;
}

export async function launch(executablePath) {
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
  cleanups.push(() => browser.close());
  return browser;
}

/**
 * Opens a page that watches itself: what it complains of, asks of other hosts, and how far things move while it loads. check()
 * throws what it saw.
 */
export async function watchedPage(browser, base, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const seen = [];
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) seen.push(`console: ${m.text()} at ${page.url()}`); });
  page.on("pageerror", (e) => seen.push(`error: ${e.message} at ${page.url()}`));
  page.on("dialog", (d) => { seen.push(`dialog: ${d.message()} at ${page.url()}`); d.dismiss(); });
  page.on("request", (r) => { if (!r.url().startsWith(base) && !r.url().startsWith("data:")) seen.push(`request: ${r.url()} from ${page.url()}`); });
  await context.addInitScript(() => {
    globalThis.__shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        // Chromium's own audio player makes room for the length once it knows it; its parts are no nodes of the page.
        const player = document.querySelector("audio") && entry.sources.every((source) => source.node === null);
        if (!player) globalThis.__shift += entry.value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  const check = () => {
    if (seen.length > 0) throw new Error(seen.join("\n"));
  };
  return { page, context, check };
}

/** Waits until each picture of the page is there; returns the addresses of those that never come. */
export const brokenPictures = (page) => page.evaluate(async () => {
  const images = [...document.images];
  await Promise.all(images.map((image) => { image.loading = "eager"; return image.decode().catch(() => {}); }));
  return images.filter((image) => !(image.naturalWidth > 0)).map((image) => image.src);
});

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The smallest thing that axe finds wrong, in words. */
export async function violations(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document));
  return result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target} ${n.html.slice(0, 160)} ${n.failureSummary}`));
}
