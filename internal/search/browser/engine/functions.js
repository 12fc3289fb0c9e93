// What layouts may call: the functions of internal/page/funcs.go, and those by which html/template escapes.
import { civil } from "./date.js";
import { bytes as byteLength } from "./fold.js";

/** A text that is safe as it is where its kind may stand: "css" or "html". */
export class Safe {
  constructor(kind, text) {
    Object.assign(this, { kind, text });
  }
}

/** A date on the camera's clock, in seconds since 1970; null is none. */
export class Moment {
  constructor(seconds) {
    this.seconds = seconds;
  }

  IsZero() {
    return this.seconds === null;
  }

  Year() {
    return this.seconds === null ? 1 : civil(Math.floor(this.seconds / 86_400)).year;
  }
}

const months = "January February March April May June July August September October November December".split(" ");

/** "14 July 2024". */
export function date(moment) {
  if (!moment || moment.seconds === null) return "";
  const { year, month, day } = civil(Math.floor(moment.seconds / 86_400));
  return `${day} ${months[month - 1]} ${String(year).padStart(4, "0")}`;
}

/** "12,345". */
const number = (n) => String(Math.abs(n)).replace(/\B(?=(\d{3})+$)/g, ",").replace(/^/, n < 0 ? "−" : "");

const plural = (n, one, many) => n === 1 ? `1 ${one}` : `${number(n)} ${many}`;

/** A number with at most one digit after the point. */
const decimal = (f) => String(Math.sign(f) * Math.round(Math.abs(f) * 10) / 10);

const two = (n) => String(n).padStart(2, "0");

function duration(seconds) {
  if (!(seconds > 0 && seconds < 1e9)) return "";
  const s = Math.round(seconds), minutes = Math.floor(s / 60);
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(minutes % 60)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** How long something took, in milliseconds. */
const took = (ms) => ms < 1 ? "under 1 ms" : ms < 1000 ? `${Math.floor(ms)} ms` : `${decimal(ms / 1000)} s`;

function bytes(n) {
  if (n < 1000) return plural(Math.max(n, 0), "byte", "bytes");
  for (const unit of ["kB", "MB", "GB", "TB"]) {
    n /= 1000;
    // Rounding must not make a "1000 kB".
    if (n < 9.95) return `${n.toFixed(1)} ${unit}`;
    if (n < 999.5) return `${n.toFixed(0)} ${unit}`;
  }
  return `${(n / 1000).toFixed(0)} PB`;
}

function filetype(name, mediaType) {
  const dot = name.lastIndexOf("."), ext = dot < 0 ? "" : name.slice(dot + 1).toUpperCase();
  if (ext === "JPG") return "JPEG";
  if (/^[A-Z0-9]{1,5}$/.test(ext)) return ext;
  const slash = mediaType.indexOf("/"), sub = mediaType.slice(slash + 1);
  return slash >= 0 && byteLength(sub) <= 5 ? sub.toUpperCase() : "File";
}

const isHex = (s) => /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(s);

function box(ratio, colours) {
  if (!(ratio > 0 && ratio < 1e5)) ratio = 1;
  let css = `--r:${Math.round(ratio * 1000) / 1000}`;
  if (colours?.length > 0 && isHex(colours[0])) {
    css += `;--a:${colours[0]}`;
    if (colours.length > 1 && isHex(colours[1])) css += `;--b:${colours[1]}`;
  }
  return new Safe("css", css);
}

function look(site) {
  const css = [];
  if (site.RowHeight > 0) css.push(`--row:${site.RowHeight}`);
  if (isHex(site.Accent) || /^[a-z]+$/i.test(site.Accent)) css.push(`--accent:${site.Accent}`);
  return new Safe("css", css.join(";"));
}

function dict(...pairs) {
  const all = {};
  for (let i = 0; i < pairs.length; i += 2) all[pairs[i]] = pairs[i + 1];
  return all;
}

function index(list, ...keys) {
  return keys.reduce((value, key) => value?.[key], list);
}

const stars = (n) => "★".repeat(Math.min(Math.max(n, 0), 5)) + "☆".repeat(5 - Math.min(Math.max(n, 0), 5));

function printf(format, ...args) {
  return format.replace(/%(?:%|([dsvq]))/g, (all, verb) => {
    if (!verb) return "%";
    const arg = args.shift();
    return verb === "q" ? JSON.stringify(plainText(arg)) : plainText(arg);
  });
}

const isEmpty = (v) => v === null || v === undefined || v === "" || v === 0 || v === false || Array.isArray(v) && v.length === 0 ||
  v instanceof Safe && v.text === "";

export const functions = {
  date, bytes, duration, took, number, plural, stars, filetype, box, look, dict, index, printf,
  join: (list, separator) => (list ?? []).join(separator),
  not: isEmpty,
  eq: (a, ...others) => others.includes(a),
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  len: (v) => typeof v === "string" ? byteLength(v) : (v ?? []).length ?? Object.keys(v).length,
  print: (...all) => all.map(plainText).join(""),
};

const plainText = (v) => v instanceof Safe ? v.text : v === null || v === undefined ? "" : String(v);

const entities = { "\0": "\ufffd", '"': "&#34;", "&": "&amp;", "'": "&#39;", "+": "&#43;", "<": "&lt;", ">": "&gt;" };

const escapeHTML = (s) => s.replace(/[\0"&'+<>]/g, (c) => entities[c]);

const encoder = new TextEncoder();

/** Encodes a text for an address. As a part of one nothing keeps a meaning; normalized, what it has of one stays. */
function encode(s, normalize) {
  let out = "";
  const all = encoder.encode(s);
  all.forEach((b, i) => {
    const c = String.fromCharCode(b);
    const escaped = c === "%" && /^[0-9a-f]{2}$/i.test(String.fromCharCode(...all.slice(i + 1, i + 3)));
    const keep = /[A-Za-z0-9._~-]/.test(c) || normalize && ("!#$&*+,/:;=?@[]".includes(c) || escaped);
    out += keep ? c : `%${b.toString(16).padStart(2, "0")}`;
  });
  return out;
}

/** What html/template puts into pipelines. Data is text, but what a function made for the place. */
export const escapers = {
  _html_template_htmlescaper: (v) => v instanceof Safe && v.kind === "html" ? v.text : escapeHTML(plainText(v)),
  _html_template_rcdataescaper: (v) => escapeHTML(plainText(v)),
  _html_template_attrescaper: (v) => escapeHTML(v instanceof Safe && v.kind === "html" ? v.text.replace(/<[^>]*>/g, "") : plainText(v)),
  _html_template_nospaceescaper: (v) => {
    const s = escapeHTML(plainText(v)).replace(/[\t\n\v\f\r =`]/g, (c) => `&#${c.charCodeAt(0)};`);
    return s === "" ? "ZgotmplZ" : s;
  },
  _html_template_commentescaper: () => "",
  _html_template_urlfilter: (v) => {
    const s = plainText(v), [, scheme] = s.match(/^([^:]*):/) ?? [];
    return scheme === undefined || scheme.includes("/") || /^(https?|mailto)$/i.test(scheme) ? s : "#ZgotmplZ";
  },
  _html_template_urlescaper: (v) => encode(plainText(v), false),
  _html_template_urlnormalizer: (v) => encode(plainText(v), true),
  _html_template_cssvaluefilter: (v) => {
    if (v instanceof Safe && v.kind === "css") return v;
    const s = plainText(v);
    return /[^A-Za-z0-9 #%,.-]|--|expression|mozbinding/i.test(s) ? "ZgotmplZ" : s;
  },
  _html_template_cssescaper: (v) => v instanceof Safe && v.kind === "css" ? v.text :
    plainText(v).replace(/[^A-Za-z0-9 _-]/gu, (c) => `\\${c.codePointAt(0).toString(16)} `),
};
