/** Compares texts as their bytes in UTF-8 do: by code points. */
export function compareText(a, b) {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    let x = a.charCodeAt(i), y = b.charCodeAt(i);
    if (x === y) continue;
    // Halves of a pair stand for what comes after all that is no pair.
    if (x >= 0xd800 && y >= 0xd800) [x, y] = [x, y].map((c) => c >= 0xe000 ? c - 0x800 : c + 0x2000);
    return x - y;
  }
  return a.length - b.length;
}
