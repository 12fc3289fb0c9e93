// Results while one types; without this file the form does the same, a page at a time. Only the search page has it.
const form = document.querySelector("form.find");
const box = form?.elements.q;
const path = location.pathname;

let shown = location.href; // the search whose results are on the page
let settled = true; // what is typed next is a search of its own, to which "back" returns
let running, timer;

const status = document.createElement("p");
status.className = "hide";
status.setAttribute("role", "status");

const bare = (address) => address.replace(/#.*/, "");

function address() {
  const url = new URL(form.action);
  url.search = new URLSearchParams(new FormData(form));
  return url.href;
}

// Puts the results of a search where those of the one before are; false when the server has none to give.
async function show(url) {
  running?.abort();
  const mine = running = new AbortController();
  const main = document.querySelector("main");
  main.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(url, { signal: mine.signal, headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const next = page.querySelector(".results main");
    if (!response.ok || !next) throw new Error(`the search answers ${response.status}`);
    main.replaceChildren(...document.adoptNode(next).childNodes);
    document.title = page.title;
    shown = url;
    status.textContent = main.querySelector(".count, .note, .empty strong")?.textContent ?? "";
    return true;
  } catch {
    if (mine.signal.aborted) return true; // a newer one is on its way
    status.textContent = "The search does not answer. Press Enter to try again.";
    return false;
  } finally {
    if (running === mine) main.removeAttribute("aria-busy");
  }
}

async function search(done) {
  clearTimeout(timer);
  const url = address();
  if (bare(location.href) !== url) {
    history[settled ? "pushState" : "replaceState"](null, "", url);
    settled = false;
  }
  settled ||= done;
  if (shown === url && !running?.signal.aborted && !done) return;
  if (!await show(url) && done) location.reload(); // whatever the server says is the page
}

if (form && new URL(form.action).pathname === path) {
  form.after(status);
  const typed = (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(search, 200, false);
  };
  box.addEventListener("input", typed);
  box.addEventListener("compositionend", typed);
  box.addEventListener("change", () => { settled = true; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search(true);
  });
  addEventListener("popstate", async () => {
    const url = bare(location.href);
    if (url === bare(shown)) return; // a place on the page
    clearTimeout(timer);
    settled = true;
    box.value = new URL(url).searchParams.get("q") ?? "";
    if (!await show(url)) location.reload();
  });
}
