// The search of a gallery that has no server: search.js of the theme asks it, as it would ask one. All its files are
// beside it.
import { Pages, readRequest } from "./page.js";
import { decode, readGallery } from "./shards.js";

const base = new URL("./", import.meta.url); // of "-/search/"
const path = "-/search/index.html";

const around = document.title.split("Search"); // what the theme puts around the title of the search page

let loading; // resolves to the pages, and the gallery or what is wrong with it

/**
 * Resolves to the page of a search: its title, and the main element with its results, in which links are relative to the search
 * page.
 */
export async function answer(url, { signal } = {}) {
  loading ??= load();
  const { pages, gallery, problem } = await loading;
  signal?.throwIfAborted();
  if (problem) loading = undefined; // the next search tries again
  const request = readRequest(new URL(url).searchParams);
  if (isHere(url)) fill(request);
  const { title, html } = pages?.answer(request, gallery, problem || request.problem) ?? { title: "Search", html: "" };
  const main = new DOMParser().parseFromString(`<main>${html}</main>`, "text/html").querySelector("main");
  if (!pages) main.append(failure(problem));
  return { title: isHere(url) ? around.join(title) : title, main };
}

/** Reads all there is to search, anew if some of it was replaced meanwhile. */
async function load() {
  let pages;
  for (let attempt = 1; ; attempt++) {
    try {
      const pointer = await (await get("shards.json", { cache: "no-cache" })).json();
      const read = async (name) => new Uint8Array(await (await get(`${name}.json.gz`)).arrayBuffer());
      pages = new Pages(await decode(await read(pointer.page)), { path });
      return { pages, gallery: await readGallery(pointer, read), problem: "" };
    } catch (error) {
      if (attempt < 2) continue;
      console.error(error);
      return { pages, gallery: null, problem: "the search could not be loaded whole, so it finds nothing: try again in a moment" };
    }
  }
}

async function get(name, options) {
  const response = await fetch(new URL(name, base), options);
  if (!response.ok) throw new Error(`${name}: the host answers ${response.status}`);
  return response;
}

/** What a page says whose layouts could not be read. */
function failure(problem) {
  const box = document.createElement("div"), text = document.createElement("p"), again = document.createElement("a");
  box.className = "empty";
  text.textContent = problem;
  again.href = location.href;
  again.textContent = "Try again";
  box.append(text, again);
  return box;
}

const isHere = (url) => new URL(url).pathname.replace(/index\.html$/, "") === base.pathname &&
  location.pathname.replace(/index\.html$/, "") === base.pathname;

/** Puts a search into the form of the page, which came without one. */
function fill(request) {
  const form = document.querySelector("form[data-engine]");
  if (!form) return;
  const box = form.elements.q;
  if (document.activeElement !== box) box.value = request.text;
  for (const [name, value] of [["in", request.scope], ["sort", request.sort]]) {
    let input = form.elements[name];
    if (!input && value !== "") {
      input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      form.append(input);
    }
    if (value === "") input?.remove();
    else input.value = value;
  }
}

// A link from results to others needs no new page: what was read stays. search.js shows what the address says when that changes.
globalThis.addEventListener?.("click", (event) => {
  const link = event.target.closest?.("main a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target ||
    link.origin !== location.origin || !isHere(link.href) || link.hash) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  dispatchEvent(new PopStateEvent("popstate"));
  document.querySelector("main").focus({ preventScroll: true });
  scrollTo(0, 0);
});
