// What asks the search: the search page while one types, and the strip of what is like an item. Without this file both are
// links and forms that do the same, a page at a time.
"use strict";
(function search(form) {
  if (!form || location.protocol === "file:") return;
  const box = form.elements.q;

  // Resolves to the title and the main element of the page with the results of a search, in which links are relative to that
  // page. A form that names an engine has it in the browser.
  async function answer(url, { signal }) {
    const { engine } = form.dataset;
    if (engine) return (await import(new URL(engine, document.baseURI))).answer(url, { signal });
    const response = await fetch(url, { signal, headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = page.querySelector(".results main");
    if (!response.ok || !main) throw new Error(`the search answers ${response.status}`);
    return { title: page.title, main };
  }

  function live() {
    let shown = location.href; // the search whose results are on the page
    let settled = true; // what is typed next is a search of its own, to which "back" returns
    let running, timer;

    const status = document.createElement("p");
    status.className = "hide";
    status.setAttribute("role", "status");
    form.after(status);

    const album = form.dataset.engine && new URLSearchParams(location.search).get("in");
    if (album) { // what is typed is searched for in it, too
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name: "in", value: album });
      form.append(input);
    }

    const bare = (address) => address.replace(/#.*/, "");

    function address() {
      const url = new URL(form.action);
      url.search = new URLSearchParams(new FormData(form));
      return url.href;
    }

    // Puts the results of a search where those of the one before are; false when there are none to be had.
    async function show(url) {
      running?.abort();
      const mine = running = new AbortController();
      const main = document.querySelector("main");
      main.setAttribute("aria-busy", "true");
      try {
        const next = await answer(url, { signal: mine.signal });
        mine.signal.throwIfAborted();
        main.replaceChildren(...document.adoptNode(next.main).childNodes);
        document.title = next.title;
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
    if (form.dataset.engine) show(location.href); // the page as it was served has no results yet
  }

  // Fills the strip with what is most alike; its place is kept from the start.
  async function fill(strip) {
    const most = 8;
    const { href } = strip.querySelector("a");
    let tiles;
    try {
      const { main } = await answer(href, { signal: AbortSignal.timeout(20_000) });
      tiles = [...main.querySelectorAll(".grid > li")].slice(0, most);
    } catch {
      return; // the link is there still
    }
    if (tiles.length === 0) {
      strip.style.visibility = "hidden";
      strip.hidden = strip.getBoundingClientRect().top >= innerHeight; // on the screen nothing moves
      return;
    }
    const row = document.createElement("ul");
    row.className = "grid";
    row.append(...tiles);
    for (const name of ["href", "src"]) {
      for (const element of row.querySelectorAll(`[${name}]`)) element.setAttribute(name, new URL(element.getAttribute(name), href));
    }
    strip.append(row);
  }

  const place = (url) => new URL(url).pathname.replace(/\/(index\.html)?$/, "");
  if (document.querySelector(".results main") && place(form.action) === place(location.href)) live();

  const strip = document.querySelector(".like");
  if (strip) {
    const near = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      fill(strip);
    }, { rootMargin: "600px" });
    near.observe(strip);
  }
})(document.querySelector("form.find"));
