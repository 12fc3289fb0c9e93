// Addresses, as package gallery writes them.

const encoder = new TextEncoder();

/** Percent-encodes a path so that it may stand in any attribute. */
export const escapePath = (path) => [...encoder.encode(path)].map((b) => {
  const c = String.fromCharCode(b);
  return /[A-Za-z0-9._~/-]/.test(c) ? c : `%${b.toString(16).toUpperCase().padStart(2, "0")}`;
}).join("");

/** The relative link from one path below the gallery's root to another. */
export function link(from, to) {
  const a = from.split("/"), b = to.split("/");
  let same = 0;
  while (same < a.length - 1 && same < b.length - 1 && a[same] === b[same]) same++;
  return "../".repeat(a.length - 1 - same) + escapePath(b.slice(same).join("/")) || "./";
}

/** Encodes a text for the query of an address. */
export const queryEscape = (s) => encodeURIComponent(s).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`).replace(/%20/g, "+");
