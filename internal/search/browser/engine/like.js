// What is like an item, as like.go counts it: in hundredths of a nat. What one of n items in the scope shares with so many of them
// counts 100 ln(1 + n/so many), a person once and a half that.
import { civil } from "./date.js";
import { scales } from "./gallery.js";

const hour = 300, sameDay = 200, week = 100, season = 50; // taken within an hour; else on that day; in a week; in that month
const close = 200, around = 100; // within about a kilometre; else within ten
const most = 1000; // results, and those as good as the last of them
const few = 10, rarely = 100; // what few share is rare: so many items, or one of so many in the scope

/** What of the scope is like the item of a path: a map from documents to how much. What is no item there is like nothing. */
export function like(gallery, inScope, path) {
  const self = gallery.locate(path);
  return self >= 0 && inScope[self] ? compare(gallery, inScope, self) : new Map();
}

/** The names that an item has, and others may share: [facet, most of it, percent of what it counts, always rare]. */
const traitKinds = [["label", 40, 100, false], ["person", 16, 150, true], ["place", 3, 100, false]];

function compare(gallery, inScope, self) {
  const all = inScope.reduce((n, has) => n + has, 0);
  const scores = new Uint32Array(gallery.documents), rare = new Uint8Array(gallery.documents);
  for (const [kind, limit, percent, always] of traitKinds) {
    const facet = gallery.facets[kind], mine = [...facet.of(self)].slice(0, limit);
    const having = new Map(mine.map((id) => [facet.folded[id], []])), sharing = facet.folded.map((name) => having.get(name));
    for (let d = 0; d < gallery.documents; d++) {
      if (inScope[d]) facet.of(d).forEach((id) => sharing[id]?.push(d));
    }
    for (const documents of having.values()) {
      const counts = Math.round(percent * Math.log1p(all / Math.max(documents.length, 1)));
      const isRare = always || documents.length <= Math.max(few, Math.floor(all / rarely));
      for (const d of documents) {
        scores[d] += counts;
        if (isRare) rare[d] = 1;
      }
    }
  }
  const found = [], near = nearness(gallery, self);
  for (let d = 0; d < gallery.documents; d++) {
    if (d === self || !inScope[d]) continue;
    const [score, isRare] = near(d);
    if (isRare || rare[d]) found.push([d, scores[d] + score]);
  }
  const least = found.map(([, score]) => score).sort((a, b) => b - a)[most - 1] ?? 0;
  return new Map(found.filter(([, score]) => score >= least));
}

/** Returns a function that says what a document's time and place count, and whether these are rare to share. */
function nearness(gallery, self) {
  const { taken, latitude, longitude } = gallery.numbers;
  const dayOf = (seconds) => Math.floor(seconds / 86_400), at = taken[self], month = civil(dayOf(at)).month;
  const placed = !Number.isNaN(latitude[self]) && !Number.isNaN(longitude[self]);
  const width = Math.cos(latitude[self] / scales.latitude * Math.PI / 180); // of a degree of longitude, in degrees of latitude
  const kilometre = 900; // stored units of latitude: hundred thousandths of a degree, of 111 km
  return (d) => {
    let score = 0, rare = false;
    const apart = Math.abs(taken[d] - at);
    if (apart <= 60 * 60) [score, rare] = [hour, true];
    else if (dayOf(taken[d]) === dayOf(at)) [score, rare] = [sameDay, true];
    else if (apart <= 7 * 86_400) score = week;
    else if (!Number.isNaN(apart) && civil(dayOf(taken[d])).month === month) score = season;
    const north = Math.abs(latitude[d] - latitude[self]);
    if (!placed || Number.isNaN(north) || north > 10 * kilometre) return [score, rare];
    const apartEast = Math.abs(longitude[d] - longitude[self]);
    const east = Math.round(Math.min(apartEast, 36_000_000 - apartEast) * width), far = north * north + east * east;
    if (far <= kilometre * kilometre) return [score + close, true];
    return [far <= 100 * kilometre * kilometre ? score + around : score, rare];
  };
}
