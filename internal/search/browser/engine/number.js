// Numbers of a query, as number.go has it.

const double = new Float64Array(1), bits = new BigInt64Array(double.buffer);

/** The next number that a double can hold, above a number or below it. */
export function next(x, up) {
  if (Number.isNaN(x) || x === (up ? Infinity : -Infinity)) return x;
  if (x === 0) return up ? Number.MIN_VALUE : -Number.MIN_VALUE;
  double[0] = x;
  bits[0] += (x > 0) === up ? 1n : -1n;
  return double[0];
}

/** Reads a plain decimal number; half is half of what its last digit counts. Null when it is none. */
function digits(s) {
  if (s.length > 15 || !/^[0-9]+(\.[0-9]*)?$/.test(s)) return null;
  const dot = s.indexOf(".");
  return { value: Number(s), half: Number(`1e-${dot < 0 ? 0 : s.length - dot - 1}`) / 2 };
}

const units = {
  focal: [["mm", 1]],
  width: [["px", 1]],
  height: [["px", 1]],
  altitude: [["km", 1000], ["m", 1]],
  size: [["gb", 1e9], ["mb", 1e6], ["kb", 1e3], ["b", 1]],
  shutter: [["s", 1]],
  duration: [["min", 60], ["m", 60], ["h", 3600], ["s", 1]],
};

/** Reads a number with its unit. */
function amount(kind, s) {
  if (kind === "aperture") s = s.replace(/^f/, "").replace(/^\//, "");
  const clock = s.indexOf(":");
  if (kind === "duration" && clock >= 0) {
    const minutes = digits(s.slice(0, clock)), seconds = digits(s.slice(clock + 1));
    return minutes && seconds && seconds.value < 60 ? { value: 60 * minutes.value + seconds.value, half: seconds.half } : null;
  }
  let unit = 1;
  for (const [suffix, factor] of units[kind] ?? []) {
    if (!s.endsWith(suffix)) continue;
    if (s !== suffix) [s, unit] = [s.slice(0, -suffix.length), factor];
    break;
  }
  if (kind === "shutter" && s.startsWith("1/")) {
    const d = digits(s.slice(2));
    return d && d.value > d.half ? { value: 1 / d.value, half: 1 / (d.value - d.half) - 1 / d.value } : null;
  }
  const negative = s.startsWith("-");
  const n = digits(negative ? s.slice(1) : s);
  if (!n || negative && kind !== "rating" && kind !== "altitude") return null;
  return { value: (negative ? -n.value : n.value) * unit, half: n.half * unit };
}

/**
 * Reads what a number is compared with: "4", ">=4", "<4", "3..5". A number without a sign means all that rounds to it, as
 * precisely as it is written. Returns [least, most], both included, or null.
 */
export function parseBounds(kind, s) {
  const range = s.indexOf("..");
  if (range >= 0) {
    const first = s.slice(0, range), last = s.slice(range + 2);
    const lo = first ? amount(kind, first)?.value : -Infinity, hi = last ? amount(kind, last)?.value : Infinity;
    if (!first && !last || lo === undefined || hi === undefined) return null;
    return lo > hi ? [hi, lo] : [lo, hi];
  }
  const signs = s.match(/^[<>=≤≥]*/)[0];
  const n = amount(kind, s.slice(signs.length));
  if (!n) return null;
  switch (signs) {
    case "": return [n.value - n.half, next(n.value + n.half, false)];
    case "=": case "==": return [n.value, n.value];
    case ">": return [next(n.value, true), Infinity];
    case ">=": case "=>": case "≥": return [n.value, Infinity];
    case "<": return [-Infinity, next(n.value, false)];
    case "<=": case "=<": case "≤": return [-Infinity, n.value];
  }
  return null;
}

// Radii in metres: of a circle that says none, and half around the earth.
const defaultRadius = 1000, maxRadius = 20_038_000;

/** Reads "latitude,longitude" and maybe ",radius". */
export function parseCircle(s) {
  const parts = s.split(",");
  if (parts.length !== 2 && parts.length !== 3) return null;
  const degrees = (s, limit) => {
    const value = digits(s.replace(/^-/, ""))?.value;
    return value === undefined || value > limit ? null : s.startsWith("-") ? 0 - value : value;
  };
  const latitude = degrees(parts[0], 90), longitude = degrees(parts[1], 180);
  if (latitude === null || longitude === null) return null;
  if (parts.length === 2) return { latitude, longitude, radius: defaultRadius };
  const [, number, unit] = parts[2].match(/^(.*?)([a-z]*)$/s);
  const factor = { "": 1000, km: 1000, m: 1, mi: 1609.344 }[unit];
  const value = digits(number)?.value;
  if (factor === undefined || value === undefined) return null;
  const radius = value * factor;
  return radius > 0 && radius <= maxRadius ? { latitude, longitude, radius } : null;
}
