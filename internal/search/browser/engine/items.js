// Items as a page shows them: what page.NewItem makes of a record, of what the shards hold of it.
import { fields, within } from "./fold.js";
import { date, Moment, Safe } from "./functions.js";
import { flags, scales } from "./gallery.js";
import { link } from "./links.js";

const maxAlt = 300; // bytes

/** The item of a document, for a page at a path below the gallery's root. */
export function newItem(gallery, document, from, originals) {
  const r = newRecord(gallery, document), { shard, n } = gallery.items[document];
  const name = shard.name[n], path = gallery.album[document], album = gallery.albums.get(path), dir = dirOf(path, album);
  const [page, picture] = shard.paths?.[n] ?? ["", ""], [clip, live] = shard.moving?.[n] ?? ["", ""];
  const title = line(r.Title), caption = line(r.Caption);
  const item = {
    Record: r, Name: name, Title: title || name, CaptionText: caption, Caption: new Safe("html", paragraphs(r.Caption)),
    Alt: alt(r, name, caption, title), URL: link(from, page || `${dir}${name}.html`), Original: originals ? link(from, `${dir}-/original/${name}`) : "",
    Thumbnail: null, Preview: null, Web: null, Companions: [], Sources: () => [],
    Clip: clip ? { URL: link(from, clip), Width: 0, Height: 0, Type: "video/mp4" } : null, Live: live ? [{ URL: link(from, live), Type: "" }] : [],
    Album: { Text: album?.title ?? "", URL: link(from, `${dir}index.html`) },
    Previous: null, Next: null, Labels: [], People: [], Place: "", MapURL: "",
    Justify: () => item.Thumbnail && item.Thumbnail.Height ? Math.min(Math.max(item.Thumbnail.Width / item.Thumbnail.Height, 0.5), 3) : 4 / 3,
    Is: (kind) => r.Kind.toLowerCase() === kind.toLowerCase(),
  };
  const t = shard.thumbnails?.[shard.thumbnail?.[n] ?? -1];
  if (t) item.Thumbnail = { URL: link(from, picture || `${dir}-/${name}.${shard.hash[n]}.${t.end}`), Width: t.width, Height: t.height, Type: "image/jpeg" };
  return item;
}

const dirOf = (path, album) => path === "" ? "" : album?.dir ?? `${path}/`;

/** What a record has of what layouts of search results may want. */
function newRecord(gallery, document) {
  const { shard, n } = gallery.items[document], flag = shard.flags[n];
  const at = (table, column) => shard[table]?.[shard[column]?.[n] ?? -1] ?? "";
  const number = (kind) => {
    const v = gallery.numbers[kind][document];
    return Number.isNaN(v) ? 0 : v / (scales[kind] ?? 1);
  };
  const taken = gallery.numbers.taken[document], [city = "", region = "", country = ""] = at("places", "place") || [];
  return {
    Original: { Key: `data/${gallery.path(document)}`, Size: number("size") }, Kind: at("kinds", "kind"), Type: at("types", "type"),
    Width: number("width"), Height: number("height"), Duration: number("duration"), Rating: number("rating"),
    Animated: (flag & flags.animated) > 0, Screenshot: (flag & flags.screenshot) > 0,
    Title: shard.title?.[n] ?? "", Caption: shard.caption?.[n] ?? "", Camera: at("cameras", "camera"), Lens: at("lenses", "lens"),
    Creator: at("creators", "creator"), Taken: new Moment(Number.isNaN(taken) ? null : taken), TakenFrom: flag & flags.modified ? "modified" : "",
    Exposure: { Seconds: number("shutter"), ISO: number("iso"), FNumber: number("aperture"), FocalLength: number("focal"), FocalLength35: 0 },
    Place: { City: city, Region: region, Country: country },
    Labels: (shard.label?.[n] ?? []).map((i) => ({ Name: shard.labels[i >> 1].name, Derived: shard.labels[i >> 1].derived })),
    Persons: (shard.person?.[n] ?? []).map((i) => shard.people[i]), Keywords: (shard.keyword?.[n] ?? []).map((i) => shard.keywords[i]),
    Placeholder: (shard.placeholder?.[n] ?? "").split(" ").filter(Boolean), Problem: "",
  };
}

/** Puts a text on one line. */
const line = (s) => fields(s).join(" ");

function cut(s) {
  const start = within(s, maxAlt);
  return start === s ? s : `${start.trim()}…`;
}

/** What an item shows: what the owner wrote, else its labels, else when it was taken, else its name. */
function alt(r, name, caption, title) {
  if (caption || title) return cut(caption || title);
  const labels = r.Labels.filter((l) => !l.Derived).map((l) => line(l.Name)).filter(Boolean).slice(0, 5);
  const kind = { photo: "Photo", video: "Video", audio: "Audio" }[r.Kind] ?? "File";
  if (labels.length > 0) return cut(`${kind}: ${labels.join(", ")}`);
  if (r.Taken.seconds !== null && r.TakenFrom !== "modified") return `${kind} taken ${date(r.Taken)}`;
  return `${kind} ${cut(line(name))}`;
}

/** Plain text as HTML: an empty line ends a paragraph, a single one is a line break. */
function paragraphs(s) {
  const escape = (text) => text.replace(/[&'<>"]/g, (c) => ({ "&": "&amp;", "'": "&#39;", "<": "&lt;", ">": "&gt;", '"': "&#34;" })[c]);
  return s.replaceAll("\r\n", "\n").split("\n\n").map((text) => text.trim()).filter(Boolean)
    .map((text) => `<p>${escape(text).replaceAll("\n", "<br>")}</p>`).join("");
}
