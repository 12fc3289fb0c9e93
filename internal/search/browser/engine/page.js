// A page of results: what handler.go of package search makes of a request.
import { Safe } from "./functions.js";
import { link, queryEscape } from "./links.js";
import { newItem } from "./items.js";
import { todayIn } from "./parse.js";
import { chip, Query } from "./query.js";
import { render } from "./render.js";
import { Searcher } from "./search.js";

const pageSize = 60, facetValues = 40, facetShown = 10, maxInstead = 4, maxPage = 16_667;

const facetNames = { label: "Labels", person: "People", place: "Places", taken: "Years", album: "Albums", camera: "Cameras", type: "Types" };

/** Reads the parameters of a search: { text, scope, page, sort } and, when they make no sense, what is wrong with them. */
export function readRequest(parameters) {
  const get = (name) => parameters.get(name) ?? "";
  const r = { text: get("q"), scope: get("in").replace(/^\/+|\/+$/g, ""), page: 1, sort: get("sort"), problem: "" };
  if (get("page") !== "") {
    r.page = /^[0-9]{1,5}$/.test(get("page")) ? Number(get("page")) : 0;
    if (r.page < 1 || r.page > maxPage) r.problem = `page is not a number from 1 to ${maxPage}`;
  }
  if (!["", "date", "relevance"].includes(r.sort)) r.problem = 'sort is neither "date" nor "relevance"';
  return r;
}

/**
 * Answers requests with pages: of a gallery, of the site as pages know it, with the theme's templates. The page is at a path below
 * the gallery's root; searches are at an address relative to it.
 */
export class Pages {
  constructor({ site, templates }, { path, address = "", now = () => new Date() }) {
    site = { ...site, Footer: new Safe("html", site.Footer ?? "") }; // it was rendered from Markdown
    Object.assign(this, { site, templates, path, address, now });
    this.searchers = new Map();
  }

  /** The page of a request: { title, html }. Without a gallery it says why there is none. */
  answer(request, gallery, problem = request.problem) {
    const nothing = { Query: request.text, Available: true, Message: "", Failed: false, Chips: [], Results: [], Total: 0, First: 0, Last: 0, Took: 0,
      Page: 0, Pages: 0, Start: "", Previous: "", Next: "", End: "", Scope: request.scope, Everywhere: "", Sort: request.sort, Orders: [],
      Facets: [], Instead: [] };
    if (problem) return this.#render({ ...nothing, Failed: true, Message: problem }, false);
    if (this.gallery !== gallery) this.searchers.clear();
    this.gallery = gallery;
    request = { ...request, scope: gallery.albumAt(request.scope) };
    const start = performance.now();
    if (!this.searchers.has(request.scope)) this.searchers.set(request.scope, new Searcher(gallery, request.scope));
    const searcher = this.searchers.get(request.scope);
    const context = { today: todayIn(this.site.Timezone || "UTC", this.now()), south: this.site.South };
    const query = searcher.parse(request.text, context), empty = query.clauses.length === 0;
    const found = searcher.search(query, empty ? { facetValues } : { from: (request.page - 1) * pageSize, size: pageSize, sort: request.sort, facetValues });
    const took = performance.now() - start, all = found.total, total = empty ? 0 : all, last = Math.min(Math.ceil(total / pageSize), maxPage);
    const data = { ...nothing, Query: query.text, Total: total, Took: took, Page: request.page, Pages: last,
      Message: [...query.notes, ...found.notes].join("; "),
      Results: found.documents.map((d) => newItem(gallery, d, this.path, this.site.Originals)),
      Facets: this.#facets(request, query, found.facets, all),
      Chips: query.clauses.map((c, i) => ({ Text: chip(c), Remove: this.#link(request, query.without(i), 1) })) };
    if (data.Results.length > 0) {
      data.First = (request.page - 1) * pageSize + 1;
      data.Last = data.First + data.Results.length - 1;
    } else if (!empty) {
      data.Message = last > 0 ? "there are not that many pages of results" :
        [...data.Message ? [data.Message] : [], "nothing matches this search"].join("; ");
    }
    if (total === 0 && !empty) this.#suggest(data, request, searcher, query, context);
    const to = (n) => this.#link(request, query.text, n);
    if (request.page > 1) [data.Start, data.Previous] = [to(1), to(Math.max(Math.min(request.page - 1, last), 1))];
    if (request.page < last) [data.Next, data.End] = [to(request.page + 1), to(last)];
    if (total > 1 && query.ranked) {
      data.Orders = [["Best match", ""], ["Newest", "date"]].map(([Text, sort]) => ({ Text, Count: 0,
        Current: (request.sort === "date") === (sort === "date"), URL: this.#link({ ...request, sort }, query.text, 1) }));
    }
    if (request.scope !== "") data.Everywhere = this.#link({ ...request, scope: "" }, query.text, 1);
    return this.#render(data, !empty);
  }

  /** The link from the page to another of its searches. */
  #link({ scope, sort }, query, page) {
    const values = { in: scope, page: page > 1 ? String(page) : "", q: query, sort };
    return `${this.address}?${Object.entries(values).filter(([name, value]) => value !== "" || name === "q")
      .map(([name, value]) => `${name}=${queryEscape(value)}`).join("&")}`;
  }

  /** Facets as a page shows them. What all of the items found have is left out, since asking for it changes nothing. */
  #facets(request, query, facets, total) {
    const shown = facets.map(({ kind, values, others }) => {
      const choices = values.filter((v) => v.count < total).map((v) => {
        const text = query.with({ kind, text: v.text });
        return { Text: v.title, URL: text ? this.#link(request, text, 1) : "", Count: v.count, Current: false };
      });
      return { Name: facetNames[kind], Values: choices.slice(0, facetShown), More: choices.slice(facetShown), Others: others };
    });
    return shown.filter((f) => f.Values.length > 0);
  }

  /** Finds what to do when nothing was found: searches for less, and what there is in the scope. */
  #suggest(data, request, searcher, query, context) {
    const { clauses } = query;
    for (let i = 0; i < Math.min(clauses.length, maxInstead); i++) {
      const text = query.without(i);
      if (clauses.length === 1 || text === "") break;
      const { total } = searcher.search(searcher.parse(text, context));
      if (total > 0) data.Instead.push({ Text: text, URL: this.#link(request, text, 1), Count: total, Current: false });
    }
    const all = searcher.search(new Query("", [], [], true), { facetValues });
    data.Facets = this.#facets(request, new Query("", [], [], true), all.facets, all.total);
  }

  #render(data, asked) {
    const root = "../".repeat(this.path.split("/").length - 1), { site } = this, url = `${root}-/search/index.html`;
    const page = { Kind: "search", Site: site, Path: this.path, Root: root, Title: asked ? `Search: ${data.Query}` : "Search", Description: "",
      Canonical: "", Image: null, NoIndex: true, Album: null, Item: null, Search: data,
      Breadcrumbs: [{ Text: site.Title, URL: link(this.path, "index.html") }], Home: () => `${root}index.html`, Feed: () => `${root}feed.xml`,
      Overviews: () => (site.Collections ?? []).map(({ name, title }) => ({ Text: title, URL: `${root}-/${name}/index.html` })),
      Names: () => `${root}-/names.json`, Like: () => "", Engine: () => site.Engine ? root + site.Engine : "", SearchURL: () => url, Find: (q) => `${url}?q=${queryEscape(q)}`, Asset: (name) => name in site.Assets ? link(this.path, site.Assets[name]) : "" };
    return { title: page.Title, html: render(this.templates, "main", page) };
  }
}
