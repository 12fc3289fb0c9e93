// The names of a gallery, as names.go has them.
import { maxNameWords, synonyms } from "./dictionary.js";
import { distance, editsAllowed } from "./distance.js";
import { bytes, spelling, splitWords, term } from "./fold.js";
import { compareText } from "./order.js";
import { writable } from "./query.js";

/** All names of a gallery by how they are spelled, those of a spelling in the order of their rank. */
export function readNames(gallery) {
  const bySpelling = new Map();
  const add = (spelled, e) => {
    if (![...spelled].some((c) => c > "9")) return; // a number alone is no name
    const entries = bySpelling.get(spelled) ?? [];
    if (entries.some((other) => other.kind === e.kind && other.text === e.text && other.album === e.album)) return;
    entries.push(e);
    bySpelling.set(spelled, entries);
  };
  for (const text of gallery.postings.person.terms()) {
    add(spelling(text), { kind: "person", text, rank: 0 });
    const words = splitWords(text);
    for (const word of words) {
      if (words.length > 1 && bytes(word) > 1) add(word, { kind: "person", text: word, rank: 5 });
    }
  }
  for (const text of gallery.postings.place.terms()) add(spelling(text), { kind: "place", text, rank: 1 });
  for (const camera of gallery.postings.camera.terms()) {
    const words = splitWords(camera);
    for (let i = 0; i < words.length; i++) {
      for (let j = i + 1; j <= Math.min(words.length, i + maxNameWords); j++) {
        const text = words.slice(i, j).join(" ");
        if (bytes(text) > 2) add(text, { kind: "camera", text, rank: 2 });
      }
    }
  }
  for (const text of gallery.postings.label.terms()) {
    add(spelling(text), { kind: "label", text, rank: 4 });
    for (const other of synonyms(text)) add(other, { kind: "label", text, rank: 6 });
  }
  for (const [path, { title }] of gallery.albums) {
    if (path === "") continue;
    for (const name of [title, path.slice(path.lastIndexOf("/") + 1)]) {
      const text = term(name);
      if (text !== "") add(spelling(text), { kind: "album", text, rank: 3, album: path });
    }
  }
  for (const entries of bySpelling.values()) {
    entries.sort((a, b) => a.rank - b.rank || compareText(a.text, b.text) || compareText(a.album ?? "", b.album ?? ""));
  }
  return bySpelling;
}

/** The dictionary of a scope: a name is only known where it finds something. */
export class Names {
  #seen = new Map(); // whether a name finds something

  constructor(bySpelling, matcher) {
    Object.assign(this, { bySpelling, matcher });
  }

  lookup(spelled) {
    return this.bySpelling.get(spelled)?.find((e) => this.#visible(e));
  }

  #visible(e) {
    const { scope } = this.matcher;
    // What lists an album lists its title.
    if (e.kind === "album") return scope === "" || e.album === scope || e.album.startsWith(`${scope}/`);
    const key = `${e.kind}:${e.text}`;
    if (!this.#seen.has(key)) this.#seen.set(key, this.matcher.finds({ kind: e.kind, text: e.text }));
    return this.#seen.get(key);
  }

  /** The name of the kind (none: any kind) that is spelled most alike, within a few edits. */
  nearest(kind, text) {
    const wanted = [...spelling(text)], limit = editsAllowed(wanted.length), candidates = [];
    for (const spelled of this.bySpelling.keys()) {
      const edits = distance(wanted, [...spelled], limit);
      if (edits > 0 && edits <= limit) candidates.push([edits, spelled]);
    }
    candidates.sort((a, b) => a[0] - b[0] || compareText(a[1], b[1]));
    for (const [, spelled] of candidates) {
      const name = this.bySpelling.get(spelled).find((e) => (!kind || kind === e.kind) && writable(e.text) && this.#visible(e));
      if (name) return name;
    }
    return undefined;
  }
}
