/**
 * How many letters have to be added, dropped, changed or swapped with the next to make b of a; more than the limit when it is more.
 * Both are lists of letters.
 */
export function distance(a, b, limit) {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before = [], last = [], row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    [before, last, row] = [last, row, before];
    row[0] = i + 1;
    let best = row[0];
    for (let j = 0; j < b.length; j++) {
      row[j + 1] = Math.min(last[j] + (a[i] === b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1);
      if (i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j]) row[j + 1] = Math.min(row[j + 1], before[j - 1] + 1);
      best = Math.min(best, row[j + 1]);
    }
    if (best > limit) return limit + 1;
  }
  return Math.min(row[b.length], limit + 1);
}

/** How many edits a word of so many letters may be away from what was meant. */
export const editsAllowed = (letters) => letters < 4 ? 0 : letters < 8 ? 1 : 2;
