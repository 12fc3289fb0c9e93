// Names that a search box suggests while one types; without this file it is a plain one. They come from one file, fetched when
// the box is first used. Where that must not be seen (an album's own search, private pages), they are what the facets on the
// page lead to, and nothing else.
"use strict";
(function suggest(form) {
  if (!form) return;
  const shown = 8; // suggestions at once
  const run = 5; // the most words before the caret that are read as one name
  const box = form.elements.q;
  const kinds = { labels: "label", people: "person", places: "place", albums: "album" };
  const titles = { label: "Label", person: "Person", place: "Place", album: "Album", camera: "Camera", taken: "Year", type: "Type" };

  // One page in the browser searches every album: its address says which.
  const source = form.dataset.engine && new URLSearchParams(location.search).get("in") ? "" : form.dataset.names;
  let names = []; // best first
  let matches = []; // those on the screen
  let active = -1; // the one that Enter takes
  let speaking;

  const list = document.createElement("ul");
  list.id = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  const told = document.createElement("span");
  told.className = "hide";
  told.setAttribute("aria-live", "polite");
  form.append(list, told);
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    box.setAttribute(name, value);
  }

  // What the search takes for the same: lower case, no accents, one space between words; one at the end where a word is over.
  const letters = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", ł: "l", þ: "th", ı: "i", ħ: "h" };
  const fold = (text) => {
    text = text.toLowerCase();
    if (!/^[ -~]*$/.test(text)) {
      text = text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/[ßæœøđðłþıħ]/g, (c) => letters[c]).normalize("NFC");
    }
    return text.replace(/[^\p{L}\p{N}\p{M}]+/gu, " ").trimStart();
  };

  // A clause of the search; undefined for a name that none can hold.
  const clause = (kind, name) => {
    if (name.length > 240 || /["“”„«»＂\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|^\s|\s$|\s\s/u.test(name)) return undefined;
    return `${kind}:${/^[\p{L}\p{N}]+$/u.test(name) ? name : `"${name}"`}`;
  };
  const entry = (kind, name, count, text, path) => ({ kind, name, count, text, path, folded: ` ${fold(name)}` });

  async function load() {
    if (!source) return;
    try {
      const response = await fetch(source);
      if (!response.ok) return;
      const file = await response.json();
      names = Object.entries(kinds).flatMap(([key, kind]) => (file[key] ?? []).map((row) => {
        const [path, name, count] = kind === "album" ? row : [undefined, ...row];
        return entry(kind, name, count, clause(kind, name), path);
      })).filter((e) => e.text).sort((a, b) => b.count - a.count);
      if (typed && document.activeElement === box) update();
    } catch { /* there is a search without suggestions, too */ }
  }

  // A facet's link is to the search with one more clause: the last one.
  const facets = () => [...document.querySelectorAll("main .kinds a[href]")].flatMap((link) => {
    const text = new URL(link.href).searchParams.get("q")?.match(/(?:^| )(([a-z]+):(?:"[^"]*"|[^" ]+))$/);
    const name = link.querySelector("bdi")?.textContent;
    return text && name ? [entry(text[2], name, Number(link.querySelector(".n")?.textContent.replace(/\D/g, "")), text[1])] : [];
  }).sort((a, b) => b.count - a.count);

  // What of the query is being typed: where runs of words that end at the caret begin, the longest first, and the kind if there
  // is a key.
  function typing() {
    const before = box.value.slice(0, box.selectionStart);
    if (/^\S/.test(box.value.slice(box.selectionStart))) return undefined;
    const keyed = before.match(/(?:^|[\s,(-])((label|person|people|place|album|camera):("[^"]*|[^\s"]*))$/i);
    if (keyed) {
      const kind = kinds[keyed[2].toLowerCase()] ?? keyed[2].toLowerCase();
      return { kind, runs: [[before.length - keyed[1].length, ` ${fold(keyed[3])}`]] };
    }
    if (before.split('"').length % 2 === 0) return undefined; // within quotes
    const tail = before.match(/(?:^|[",;]|:\S*\s)([^",;:]*)$/)?.[1] ?? "";
    const runs = [...tail.matchAll(/[^\s-]\S*/g)].slice(-run).map((word) => before.length - tail.length + word.index);
    return { runs: runs.map((start) => [start, ` ${fold(before.slice(start))}`]) };
  }

  function find() {
    const { kind, runs = [] } = typing() ?? {};
    const last = runs.at(-1)?.[1];
    if (!last?.trim() && !kind) return [];
    const [value, end] = [box.value, box.selectionStart];
    const ranks = Array.from({ length: 2 * runs.length }, () => []); // the more words match, the better; then, from the beginning
    for (const e of source ? names : facets()) {
      if (!e.folded.includes(last) || kind && e.kind !== kind) continue;
      const first = runs.findIndex(([, words]) => e.folded.includes(words));
      const rank = ranks[2 * first + !e.folded.startsWith(runs[first][1])];
      if (rank.length < shown && !value.includes(e.text)) rank.push({ ...e, start: runs[first][0], end });
    }
    return ranks.flat().slice(0, shown);
  }

  function select(i) {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = i;
    const option = list.children[i];
    if (!option) return box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option.id);
  }

  function show(found) {
    matches = found;
    const part = (tag, name, text) => {
      const element = document.createElement(tag);
      element.className = name;
      element.textContent = text;
      return element;
    };
    list.replaceChildren(...matches.map((match, i) => {
      const option = part("li", "", "");
      option.id = `suggestion-${i}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.append(part("bdi", "", match.name), " ", part("span", "dim", titles[match.kind] ?? ""), " ",
        part("span", "n dim", match.count.toLocaleString("en")));
      return option;
    }));
    select(-1);
    list.hidden = matches.length === 0;
    box.setAttribute("aria-expanded", String(!list.hidden));
    clearTimeout(speaking); // what changes while one types fast is not worth hearing
    speaking = setTimeout(() => { told.textContent = matches.length ? `${matches.length} suggestion${matches.length > 1 ? "s" : ""}` : ""; }, 400);
  }

  const update = () => show(find());
  const close = () => show([]);

  // The address of an album's own search; undefined when the names of its folders are not those of its pages.
  function searchOf(path) {
    if (form.dataset.engine) {
      const url = new URL(form.action);
      url.searchParams.set("in", path);
      return url;
    }
    if (/(^|\/)(-+|[^/]*\.(html|json|xml)-*)(\/|$)|[^/]{74}/i.test(path)) return undefined;
    return new URL(`../${path.split("/").map(encodeURIComponent).join("/")}/-/search`, new URL(source, document.baseURI));
  }

  function choose({ start, end, text, path }) {
    // An album leads to its own search, for what else was typed, unless it is to be left out.
    const url = path && box.value[start - 1] !== "-" && searchOf(path);
    if (url) {
      const rest = `${box.value.slice(0, start)}${box.value.slice(end)}`.trim();
      if (rest) url.searchParams.set("q", rest);
      return location.assign(url);
    }
    box.setRangeText(`${text} `, start, end, "end");
    box.focus();
    box.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  }

  let typed = false;
  let loading;
  const begin = () => { loading ??= load(); };
  if (document.activeElement === box) begin();
  box.addEventListener("focus", begin);
  box.addEventListener("blur", close);
  box.addEventListener("input", () => {
    typed = true;
    update(); // also while a word is composed: some keyboards compose every word
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (list.hidden && event.key === "ArrowDown") update();
    if (list.hidden) return;
    const count = matches.length;
    switch (event.key) {
      case "ArrowDown": select(active + 1 < count ? active + 1 : -1); break;
      case "ArrowUp": select(active < 0 ? count - 1 : active - 1); break;
      case "Home":
      case "End":
        if (active < 0) return; // it moves in the text
        select(event.key === "Home" ? 0 : count - 1);
        break;
      case "Enter":
        if (active < 0) return close(); // the form's
        choose(matches[active]);
        break;
      case "Escape": close(); break;
      case "ArrowLeft":
      case "ArrowRight": return close();
      default: return;
    }
    event.preventDefault();
  });
  form.addEventListener("submit", close);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  list.addEventListener("click", (event) => {
    const i = [...list.children].indexOf(event.target.closest("li"));
    if (i >= 0) choose(matches[i]);
  });
})(document.querySelector("form.find"));
