// All that can be found, and by which terms: what document.go and columns.go make of a record, made of the shards.
import { analyze } from "./analyze.js";
import { column, fold, nameWords, splitWords, term, textWords, within } from "./fold.js";
import { compareText } from "./order.js";

// Bounds on what is indexed of one item, as the search function has them.
const maxText = 8 << 10, maxTerms = 1000;

/** The kinds of number that a document may have; null is none. */
export const numberKinds = "taken rating iso aperture focal shutter width height size duration altitude latitude longitude".split(" ");

/** How many of a stored number make one of what it counts. */
export const scales = { aperture: 100, focal: 100, shutter: 1e8, duration: 1000, latitude: 1e5, longitude: 1e5 };

const surely = 1; // the flags of a document, as shards.go writes them
export const flags = { faces: 1, gps: 2, date: 4, animated: 8, screenshot: 16, modified: 32 };

/** The paths of an album and those above it, without the root, the topmost first. */
export function lineage(album) {
  if (album === "") return [];
  const names = album.split("/");
  return names.map((_, i) => names.slice(0, i + 1).join("/"));
}

/** A growing list of whole numbers. */
class Numbers {
  list = new Int32Array(1 << 12);
  length = 0;

  done() {
    return this.list.subarray(0, this.length);
  }

  push(n) {
    if (this.length === this.list.length) {
      const more = new Int32Array(2 * this.length);
      more.set(this.list);
      this.list = more;
    }
    this.list[this.length++] = n;
  }
}

/** Which documents have which term. */
class Postings {
  #ids = new Map();
  #all = new Numbers(); // term by term, document by document
  #of = new Numbers();
  #documents; // of each term, once asked for

  add(document, term) {
    let id = this.#ids.get(term);
    if (id === undefined) this.#ids.set(term, id = this.#ids.size);
    this.#all.push(id);
    this.#of.push(document);
  }

  /** The documents of a term, ascending; one that had it twice is there twice. */
  get(term) {
    const id = this.#ids.get(term);
    if (id === undefined) return [];
    if (!this.#documents) {
      const starts = new Uint32Array(this.#ids.size + 1), all = this.#all.done(), of = this.#of.done();
      for (const i of all) starts[i + 1]++;
      for (let i = 0; i < this.#ids.size; i++) starts[i + 1] += starts[i];
      const next = starts.slice(), documents = new Uint32Array(all.length);
      for (let n = 0; n < all.length; n++) documents[next[all[n]]++] = of[n];
      this.#documents = { starts, documents };
      this.#all = this.#of = null;
    }
    const { starts, documents } = this.#documents;
    return documents.subarray(starts[id], starts[id + 1]);
  }

  terms() {
    return this.#ids.keys();
  }
}

/** The names of one kind that documents have, to be counted. */
class Facet {
  names = []; // as they are written
  folded = [];
  ids = new Numbers(); // those of one document after another
  ends = new Numbers(); // where those of each document end
  #ids = new Map();

  id(name) {
    let id = this.#ids.get(name);
    if (id === undefined) {
      this.#ids.set(name, id = this.names.length);
      this.names.push(name);
      this.folded.push(fold(name));
    }
    return id;
  }

  /** Adds a document with the names given, each once however it is written. */
  add(names) {
    const first = this.ids.length, keys = new Set();
    for (const s of names) {
      const known = this.#ids.get(s), name = known === undefined ? column(s) : s;
      if (name === "" || this.ids.length - first >= maxTerms) continue;
      const id = known ?? this.id(name), key = this.folded[id];
      if (keys.has(key)) continue;
      keys.add(key);
      this.ids.push(id);
    }
    this.ends.push(this.ids.length);
  }

  /** The numbers of a document's names. */
  of(document) {
    return this.ids.list.subarray(document > 0 ? this.ends.list[document - 1] : 0, this.ends.list[document]);
  }

  /** How many of some documents have each name. */
  count(documents) {
    const counts = new Uint32Array(this.names.length), ids = this.ids.list, ends = this.ends.list;
    for (let i = 0; i < documents.length; i++) {
      const d = documents[i];
      for (let n = d > 0 ? ends[d - 1] : 0; n < ends[d]; n++) counts[ids[n]]++;
    }
    return counts;
  }
}

/**
 * A gallery: its documents, numbered in the order of the shards, and the terms of each field. The albums are [path, title,
 * directory of its pages when that is another] of all that are listed.
 */
export class Gallery {
  postings = Object.fromEntries(["label", "sure", "person", "place", "camera", "type", "part", "text"].map((f) => [f, new Postings()]));
  documents = 0;
  items = []; // of each document: which shard, and its number there
  album = []; // path of each document's album
  facets = Object.fromEntries(["label", "person", "place", "camera", "type"].map((kind) => [kind, new Facet()]));
  numbers = Object.fromEntries(numberKinds.map((kind) => [kind, []]));
  sureLengths = [];
  textLengths = [];

  constructor(albums, shards) {
    this.albums = new Map(albums.map((a) => [a[0], { title: a[1], dir: a[2] ?? null }]));
    this.shards = shards;
    const builder = new Builder(this);
    shards.forEach((shard) => builder.add(shard));
    builder.done();
  }

  /** The path of the album at an address, which is another one where an album's name would collide with a page's. */
  albumAt(address) {
    for (const [path, { dir }] of this.albums) if (dir === `${address}/`) return path;
    return address;
  }

  /** How often a document's text has a term. */
  frequency(document, id) {
    let n = 0;
    for (let i = this.textStarts[document]; i < this.textStarts[document + 1]; i++) {
      if (this.tokens[i] === id) n++;
    }
    return n;
  }

  /** Whether a document's text has terms in a row. */
  inARow(document, ids) {
    const end = this.textStarts[document + 1] - ids.length;
    for (let i = this.textStarts[document]; i <= end; i++) {
      let n = 0;
      while (n < ids.length && this.tokens[i + n] === ids[n]) n++;
      if (n === ids.length) return true;
    }
    return false;
  }

  /** The terms of one of the first texts of a document: 0 is the title, 1 the caption, 2 the file name. */
  textOf(document, which) {
    let start = this.textStarts[document], end = this.tokens.indexOf(-1, start);
    for (; which > 0; which--) {
      start = end + 1;
      end = this.tokens.indexOf(-1, start);
    }
    return this.tokens.subarray(start, end);
  }

  /** The number of a term of texts; -1 when no text has it. */
  token(term) {
    return this.tokenIDs.get(term) ?? -1;
  }

  /** The path of a document's original, without "data/". */
  path(document) {
    const { shard, n } = this.items[document], album = this.album[document];
    return album === "" ? shard.name[n] : `${album}/${shard.name[n]}`;
  }

  /** Where each document is in the order of all paths. */
  get rank() {
    if (!this.ranks) {
      const paths = this.items.map((_, document) => this.path(document)), order = [...paths.keys()];
      order.sort((a, b) => compareText(paths[a], paths[b]));
      this.ranks = new Uint32Array(paths.length);
      order.forEach((document, i) => { this.ranks[document] = i; });
    }
    return this.ranks;
  }

  /** The document of a path; -1 when there is none. */
  locate(path) {
    this.byPath ??= new Map(this.items.map((_, document) => [this.path(document), document]));
    return this.byPath.get(path) ?? -1;
  }
}

/** Reads shards into a gallery. */
class Builder {
  #texts = new Map(); // of each text: its term as it is compared, and the numbers of its words
  #parts = new Map(); // of a kind and a name, its words under the key
  #tokens = new Numbers();
  #starts = [0];
  #ids = new Map();
  #albums = new Map();
  #words; // of labels

  constructor(gallery) {
    this.gallery = gallery;
  }

  add(shard) {
    const g = this.gallery;
    shard.name.forEach((name, n) => {
      const d = g.documents++, album = shard.albums[shard.album[n]];
      g.items.push({ shard, n });
      g.album.push(album);
      for (const kind of numberKinds) g.numbers[kind].push(shard.numbers[kind]?.[n] ?? null);
      this.#document(d, shard, n, name, album);
    });
  }

  done() {
    const g = this.gallery;
    g.tokens = this.#tokens.done();
    g.textStarts = Uint32Array.from(this.#starts);
    g.tokenIDs = this.#ids;
    for (const kind of numberKinds) g.numbers[kind] = Float64Array.from(g.numbers[kind], (v) => v ?? NaN);
  }

  #document(d, shard, n, name, album) {
    const g = this.gallery, { person, place, camera, type, part } = g.postings;
    const at = (table, column) => shard[column]?.[n] === undefined || shard[column][n] < 0 ? "" : shard[table][shard[column][n]];
    const lists = (table, column) => (shard[column]?.[n] ?? []).map((i) => shard[table][i]);
    const flag = shard.flags[n], title = shard.title?.[n] ?? "", caption = shard.caption?.[n] ?? "";
    const cameraName = at("cameras", "camera"), lens = at("lenses", "lens"), creator = at("creators", "creator");
    const labels = shard.label?.[n] ?? [];
    const people = lists("people", "person"), keywords = lists("keywords", "keyword");
    const places = (at("places", "place") || []).filter(Boolean);

    const texts = new Texts(this);
    texts.first(textWords(fold(within(title, maxText))));
    texts.first(textWords(fold(within(caption, maxText))));
    texts.first(textWords(term(nameWords(name))));
    texts.add(cameraName);
    texts.add(lens);
    this.#labels(d, shard, labels, texts);
    for (const k of keywords) texts.add(k);
    for (const p of people) {
      const t = this.text(p).term;
      if (t !== "") person.add(d, t);
      this.#under(d, "person", p);
      texts.add(p);
    }
    g.facets.person.add(people);
    for (const p of places) {
      const t = this.text(p).term;
      if (t !== "") place.add(d, t);
      this.#under(d, "place", p);
    }
    g.facets.place.add(places);
    const t = this.text(cameraName).term;
    if (t !== "") camera.add(d, t);
    this.#under(d, "camera", cameraName);
    this.#under(d, "lens", lens);
    this.#under(d, "creator", creator);
    this.#facts(d, shard, n, { flag, title, caption, cameraName, lens, labels, people, places });
    for (const { parts, words } of this.#above(album)) {
      for (const p of parts) part.add(d, p);
      for (const w of words) texts.add(w);
    }
    this.#types(d, at("types", "type"), at("kinds", "kind"), name, flag, labels.map((i) => shard.labels[i >> 1]).filter((l) => l.derived), type);
    g.facets.camera.add([cameraName]);
    g.facets.type.add([at("kinds", "kind")]);
    this.#write(d, texts);
  }

  /** The labels of a document, by their numbers in the shard. */
  #labels(d, shard, labels, texts) {
    const g = this.gallery, { label, sure } = g.postings, seen = new Set(), sureTerms = new Set(), names = [];
    this.#words ??= new Map();
    for (const i of labels) {
      const l = shard.labels[i >> 1];
      let words = this.#words.get(l);
      if (!words) this.#words.set(l, words = [l.name, ...l.parents ?? [], ...l.aliases ?? []].map((s) => [s, this.text(s)]));
      for (const [s, text] of words) {
        if (text.term !== "" && seen.size < maxTerms && !seen.has(text.term)) {
          seen.add(text.term);
          label.add(d, text.term);
        }
        texts.add(s, text);
      }
      const t = words[0][1].term;
      if ((i & surely) === 1 && t !== "" && sureTerms.size < maxTerms) sureTerms.add(t);
      if (l.derived === "date") continue; // nearly every photo has one: counted beside the others they would push them out
      names.push(l.name);
      if (l.parents) names.push(...l.parents);
    }
    for (const t of sureTerms) sure.add(d, t);
    g.sureLengths.push(sureTerms.size);
    g.facets.label.add(names);
  }

  /** A text's term, and the numbers of its words; both are looked up once for all documents. */
  text(s) {
    let known = this.#texts.get(s);
    if (known === undefined) {
      const words = term(textWords(s));
      this.#texts.set(s, known = { term: term(s), words, tokens: null });
    }
    return known;
  }

  tokens(words) {
    return Int32Array.from(analyze(words), (t) => {
      let id = this.#ids.get(t);
      if (id === undefined) this.#ids.set(t, id = this.#ids.size);
      return id;
    });
  }

  #write(d, texts) {
    const g = this.gallery, known = new Set();
    let length = 0;
    for (const tokens of texts.tokens) {
      for (const id of tokens) {
        this.#tokens.push(id);
        length++;
        if (known.has(id)) continue;
        known.add(id);
        g.postings.text.add(d, id);
      }
      this.#tokens.push(-1);
    }
    this.#starts.push(this.#tokens.length);
    g.textLengths.push(length);
  }

  /** Adds each word of a name under a key of the query language. */
  #under(d, key, name) {
    if (name === "") return;
    const id = `${key}:${name}`;
    let parts = this.#parts.get(id);
    if (!parts) this.#parts.set(id, parts = splitWords(term(name)).map((word) => `${key}:${word}`));
    for (const p of parts) this.gallery.postings.part.add(d, p);
  }

  /** What an album and each above it add to a document. */
  #above(album) {
    let all = this.#albums.get(album);
    if (!all) {
      all = lineage(album).map((path) => {
        const title = this.gallery.albums.get(path)?.title ?? "", folder = path.slice(path.lastIndexOf("/") + 1);
        const names = [path, folder, ...title ? [title] : []].map((name) => term(`album:${name}`).slice("album:".length));
        const words = [folder, title].flatMap((name) => splitWords(term(name)));
        return { parts: [...names, ...words].filter(Boolean).map((name) => `album:${name}`), words: [nameWords(folder), title] };
      });
      this.#albums.set(album, all);
    }
    return all;
  }

  /** What can be asked of a document beyond its names and numbers: what it has, and its shape. */
  #facts(d, shard, n, { flag, title, caption, cameraName, lens, labels, people, places }) {
    const { part } = this.gallery.postings;
    const has = { gps: flag & flags.gps, place: places.length, title, caption, people: people.length, faces: flag & flags.faces,
      labels: labels.length, camera: cameraName, lens, rating: shard.numbers.rating?.[n], date: flag & flags.date };
    for (const [what, is] of Object.entries(has)) {
      if (is) part.add(d, `has:${what}`);
    }
    const w = shard.numbers.width?.[n] ?? 0, h = shard.numbers.height?.[n] ?? 0;
    if (!w || !h) return;
    part.add(d, `is:${w > h ? "landscape" : w < h ? "portrait" : "square"}`);
    if (Math.floor(w / 2) >= h) part.add(d, "is:panorama");
  }

  /** The words that "type:" finds a document by: its kind, its file's extension and its media type. */
  #types(d, mediaType, kind, name, flag, derived, type) {
    const [, main, sub] = mediaType.match(/^([^/]*)(?:\/([^;]*))?/s), dot = name.lastIndexOf(".");
    const words = [main, sub ?? "", dot < 0 ? "" : name.slice(dot + 1)].map((s) => term(s));
    if (flag & flags.animated) words.push("animated");
    if (flag & flags.screenshot) words.push("screenshot");
    words.push(...derived.map((l) => term(l.name)));
    for (const t of new Set([kind, ...words.filter(Boolean)])) type.add(d, t);
  }
}

/** The texts of a document, each once. */
class Texts {
  tokens = [];
  #known = new Set();

  constructor(builder) {
    this.builder = builder;
  }

  first(words) {
    this.#known.add(words);
    this.tokens.push(words === "" ? [] : this.builder.tokens(words));
  }

  add(s, text = this.builder.text(s)) {
    if (text.words === "" || this.tokens.length >= maxTerms || this.#known.has(text.words)) return;
    this.#known.add(text.words);
    this.tokens.push(text.tokens ??= this.builder.tokens(text.words));
  }
}
