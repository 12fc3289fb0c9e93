// Days, and the periods that are written in digits, as date.go has it. A day is its number since 1 January 1970; null is an open
// end. Dates are those of the Gregorian calendar, whatever the year.

/** The years that a bare number may mean: those of photography. */
export const firstYear = 1826, lastYear = 2099;

/** The day of a date; months and days beyond their range count on, as in Go's time.Date. Months are from 1. */
export function day(year, month, dayOfMonth) {
  year += Math.floor((month - 1) / 12);
  month = (((month - 1) % 12) + 12) % 12 + 1;
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400), ofEra = y - 400 * era;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + dayOfMonth - 1;
  return era * 146097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719468;
}

/** The year, month and day of month of a day. */
export function civil(days) {
  const z = days + 719468;
  const era = Math.floor(z / 146097), ofEra = z - era * 146097;
  const year = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365);
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const m = Math.floor((5 * ofYear + 2) / 153);
  const month = m < 10 ? m + 3 : m - 9;
  return { year: year + 400 * era + (month <= 2 ? 1 : 0), month, day: ofYear - Math.floor((153 * m + 2) / 5) + 1 };
}

/** The day so many years, months and days later. */
export function add(days, years, months, more) {
  const c = civil(days);
  return day(c.year + years, c.month + months, c.day + more);
}

/** The weekday of a day, from 0, Sunday. */
export const weekday = (days) => (((days + 4) % 7) + 7) % 7;

const two = (n) => String(n).padStart(2, "0");

/** Writes a day: of 4 letters the year, of 7 the month too, of 10 all. */
export function format(days, length = 10) {
  const c = civil(days);
  return `${String(c.year).padStart(4, "0")}-${two(c.month)}-${two(c.day)}`.slice(0, length);
}

const lengths = [4, 7, 10];

/** Reads a year, month or day as the span [from, to); null when it is none. */
export function parsePeriod(s) {
  if (!/^[12][0-9]{3}(-[0-9]{2}(-[0-9]{2})?)?$/.test(s)) return null;
  const [year, month, date] = s.split("-").map(Number);
  if (month === undefined) return { from: day(year, 1, 1), to: day(year + 1, 1, 1) };
  if (month < 1 || month > 12) return null;
  if (date === undefined) return { from: day(year, month, 1), to: day(year, month + 1, 1) };
  const from = day(year, month, date);
  return date >= 1 && from < day(year, month + 1, 1) ? { from, to: from + 1 } : null;
}

/** Reads a period, or two of them around "..", of which one may be missing. */
export function parseRange(s) {
  const dots = s.indexOf("..");
  if (dots < 0) return parsePeriod(s);
  const first = s.slice(0, dots), last = s.slice(dots + 2);
  let a = first ? parsePeriod(first) : { from: null }, b = last ? parsePeriod(last) : { to: null };
  if (!a || !b || !first && !last) return null;
  if (first && last && b.to <= a.from) [a, b] = [b, a]; // the wrong way round; "2019..2019-06" is not
  return { from: a.from, to: b.to };
}

/** As parseRange, but of a year alone only one that photos can be from, so that other numbers stay words. */
export function parseBareDate(s) {
  const span = parseRange(s);
  return span && s.length === 4 && (civil(span.from).year < firstYear || civil(span.from).year > lastYear) ? null : span;
}

/** The inverse of parseRange: the shortest text for the span. */
export function formatRange({ from, to }) {
  if (from !== null && to !== null) {
    for (const length of lengths) {
      const s = format(from, length), period = parsePeriod(s);
      if (period && period.from === from && period.to === to) return s;
    }
  }
  const shortest = (days, same) => lengths.map((n) => format(days, n)).find((s) => same(parsePeriod(s))) ?? "";
  const first = from === null ? "" : shortest(from, (p) => p?.from === from);
  const last = to === null ? "" : shortest(to - 1, (p) => p?.to === to);
  return `${first}..${last}`;
}

/** Writes a span with its last day included: "2019-06-01..2019-08-31", or one day alone. */
export function spanText({ from, to }) {
  const first = from === null ? "" : format(from), last = to === null ? "" : format(to - 1);
  return first === last ? first : `${first}..${last}`;
}

/** Reads a month and a day, "12-24", as that day of a leap year. */
export function parseDay(s) {
  if (!/^[0-9]{2}-[0-9]{2}$/.test(s)) return null;
  const span = parsePeriod(`2000-${s}`);
  return span && [span];
}
