// Periods in words, as period.go has it.
import { add, civil, day, firstYear, format, formatRange, lastYear, parseBareDate, parseRange, weekday } from "./date.js";
import { fields, fold } from "./fold.js";
import { isDash, newToken } from "./token.js";

// What of a year a moment is: "known" has its spans already.
const known = "known", month = "month", date = "date", season = "season", feast = "feast";

const maxWords = 24; // more than any period has

const none = { clause: null, n: 0, weak: false };

/** Reads periods as of a day, today, on a hemisphere. */
export class Calendar {
  constructor(today, south) {
    this.today = today;
    this.south = south;
    this.year = civil(today).year;
  }

  /** Reads the value of "taken:"; null when it is no period. */
  taken(text) {
    const span = parseRange(text);
    if (span) return { kind: "taken", text: formatRange(span), spans: [span] };
    const words = fields(text).map((word) => newToken(word, false));
    const p = this.read(words, true);
    return p.n > 0 && p.n === words.length ? p.clause : null;
  }

  /**
   * Reads the period that some words start with: its clause, how many words it took (0: there is none), and whether it may well
   * be a name. With a key before it, a month, season or feast needs nothing else.
   */
  read(words, keyed) {
    if (!calendarWord(firstWord(words))) return none;
    let limit = Math.min(words.length, maxWords);
    for (let i = 0; i < limit; i++) {
      if (i > 0 && words[i].not) {
        limit = i;
        break;
      }
      if (words[i].comma) {
        limit = i + 1;
        break;
      }
    }
    return new Reader(this, words, limit).read(keyed);
  }
}

/** The first word: as typed when it is none, but "..2007". */
const firstWord = (words) => words.length === 0 ? "" : words[0].text === "" ? words[0].full : words[0].lower;

const oneDay = (from, end) => ({ part: known, spans: [{ from, to: from + 1 }], end });

/** Reads a run of words, up to the first comma. */
class Reader {
  constructor(calendar, words, limit) {
    Object.assign(this, { today: calendar.today, south: calendar.south, year: calendar.year, words, limit });
  }

  /** A word, in lower case; "" behind the end. */
  word(i) {
    if (i >= this.limit) return "";
    return isDash(this.words[i]) ? "-" : this.words[i].lower;
  }

  read(keyed) {
    const first = this.word(0);
    switch (first) {
      case "on":
        if (this.word(1) !== "this" || this.word(2) !== "day") break;
        const { month, day: of } = civil(this.today), from = day(2000, month, of); // a leap year has every day
        return { clause: { kind: "day", text: format(this.today).slice(5), spans: [{ from, to: from + 1 }] }, n: 3, weak: false };
      case "between":
        return this.between();
      case "since": case "after": case "before": case "until": case "till":
        return this.open(first);
    }
    return this.closed(keyed);
  }

  /** Reads "between March and May 2020". */
  between() {
    const a = this.moment(this.article(1), true);
    if (a && ["and", "to", "-"].includes(this.word(a.end))) {
      const b = this.moment(this.article(a.end + 1), true);
      if (b) return this.period(0, b.end, this.join(a, b), false);
    }
    return none;
  }

  /** Reads "since June 2019": a period with one end. */
  open(preposition) {
    const m = this.moment(this.article(1), true);
    if (!m) return none;
    const s = this.spans(m), open = { from: null, to: null };
    switch (preposition) {
      case "since": open.from = s[0].from; break;
      case "after": open.from = s.at(-1).to; break;
      case "before": open.to = s[0].from; break;
      default: open.to = s.at(-1).to;
    }
    return this.period(0, m.end, [open], false);
  }

  /** Reads a moment, or two with "to" between them. */
  closed(keyed) {
    let start = 0, preposition = keyed;
    switch (this.word(0)) {
      case "in": case "on": case "during": case "from": case "at": case "over":
        start = this.article(1);
        preposition = true;
        break;
      case "the":
        start = 1;
    }
    let m = this.moment(start, true); // a range may have what is no period alone: "March to May 2020"
    if (!m) return none;
    let year = "";
    switch (this.word(m.end)) {
      case "to": case "until": case "till": case "through": case "-": {
        const b = this.moment(this.article(m.end + 1), true);
        if (b) return this.period(start, b.end, this.join(m, b), false);
        break;
      }
      case "and": case "or": { // "June and July 2019"
        const b = this.moment(this.article(m.end + 1), true);
        if (b && m.part !== known && !m.year && b.year) {
          m = { ...m, year: b.year };
          year = ` ${String(b.year).padStart(4, "0")}`;
        }
      }
    }
    if (!this.moment(start, preposition) && !m.year) return none;
    const p = this.period(start, m.end, this.spans(m), Boolean(m.iso));
    if (p.n === 0) return p;
    return { clause: { ...p.clause, text: p.clause.text + year }, n: p.n, weak: Boolean(m.weak) && !preposition };
  }

  /** The index of the word after "the", if there is one. */
  article(i) {
    return this.word(i) === "the" ? i + 1 : i;
  }

  /** The period of the words from start to end. */
  period(start, end, spans, iso) {
    if (!spans || spans[0].from === null && spans[0].to === null) return none;
    const far = (d) => d !== null && (civil(d).year < 1 || civil(d).year > 9998);
    if (spans.some((s) => far(s.from) || far(s.to))) return none;
    const text = iso ? formatRange(spans[0]) : this.words.slice(start, end).reduce((text, t) =>
      (text ? `${text} ` : "") + (isDash(t) ? "-" : t.text), "");
    return { clause: { kind: "taken", text, spans }, n: end, weak: false };
  }

  /** The span from the start of one moment to the end of another. Of two, one may give the year of both. */
  join(a, b) {
    a = { ...a };
    b = { ...b };
    if (b.part !== known && !b.year) {
      b.year = a.year;
      if (!b.year) {
        b.year = this.latest(b, false);
      } else if (this.in(b, b.year).from < this.in(a, a.year).from) {
        b.year++;
      }
    }
    const end = this.spans(b), until = end.at(-1).to;
    if (a.part !== known && !a.year) {
      a.year = b.year || civil(until).year;
      for (let i = 0; i < 2; i++) { // "between November and March 2020"
        if (this.in(a, a.year).from >= until) a.year--;
      }
    }
    const begin = this.spans(a);
    let from = begin[0].from, to = until;
    if (from === null || to === null) return null;
    if (from >= to) {
      from = end[0].from;
      to = begin.at(-1).to;
    }
    return from === null || to === null ? null : [{ from, to }];
  }

  /** What a moment spans. */
  spans(m) {
    return m.part === known ? m.spans : [this.in(m, m.year || this.latest(m, false))];
  }

  /** The latest year in which a moment has begun, or has ended. */
  latest(m, ended) {
    for (let year = this.year + 1; ; year--) {
      const s = this.in(m, year);
      if (m.part === date && civil(s.from).month !== m.index) continue; // the 29th of February
      if (!ended && s.from <= this.today || ended && s.to <= this.today) return year;
    }
  }

  /**
   * What a moment spans in a year. Seasons and feasts belong to the year that they begin in, but New Year to the one that it
   * begins.
   */
  in(m, year) {
    const span = (month, first, days) => ({ from: day(year, month, first), to: day(year, month, first + days) });
    switch (m.part) {
      case month: return { from: day(year, m.index, 1), to: day(year, m.index + 1, 1) };
      case date: return span(m.index, m.day, 1);
      case season: {
        // In the south spring is from September, summer from December, autumn from March.
        const first = 3 + 3 * (this.south ? (m.index + 2) % 4 : m.index);
        return { from: day(year, first, 1), to: day(year, first + 3, 1) };
      }
    }
    switch (m.index) {
      case "christmas": return span(12, 24, 3);
      case "christmas eve": return span(12, 24, 1);
      case "christmas day": return span(12, 25, 1);
      case "boxing day": return span(12, 26, 1);
      case "new year": return span(1, 0, 2);
      case "new year's eve": return span(12, 31, 1);
      case "new year's day": return span(1, 1, 1);
      case "halloween": return span(10, 31, 1);
      case "valentine's day": return span(2, 14, 1);
      case "thanksgiving": { // the fourth Thursday of November
        const first = day(year, 11, 1), thursday = first + (11 - weekday(first)) % 7 + 21;
        return { from: thursday, to: thursday + 1 };
      }
    }
    const sunday = easterSunday(year);
    return { from: sunday - 2, to: sunday + 2 };
  }

  /** Reads a moment at word i; null when there is none. With a preposition before it, what may be something else is one too. */
  moment(i, preposition) {
    const w = this.word(i);
    if (i >= this.limit) return null;
    const iso = this.digits(i);
    if (iso) return iso;
    const n = ordinal(w);
    if (n) {
      const j = this.word(i + 1) === "of" ? i + 2 : i + 1, index = months[this.word(j)];
      if (index && n <= daysIn(index)) return this.valid({ part: date, index, day: n, end: j + 1 });
    }
    if (months[w]) {
      const index = months[w], n = ordinal(this.word(i + 1));
      if (n && n <= daysIn(index)) return this.valid({ part: date, index, day: n, end: i + 2 });
      const m = this.dated({ part: month, index, end: i + 1, weak: true });
      return m.year || preposition || sure.includes(w) ? m : null;
    }
    if (w in seasons) {
      let m = { part: season, index: seasons[w], end: i + 1 };
      const s = this.word(i + 1);
      if (m.index === 3 && s.length >= 7 && (s[4] === "/" || s[4] === "-")) { // "winter 2019/20"
        const year = yearOf(s.slice(0, 4)), after = String(year + 1);
        if (year && (s.slice(5) === after.slice(2) || s.slice(5) === after)) return { ...m, year, end: i + 2 };
      }
      m = this.dated(m);
      return m.year || preposition ? m : null;
    }
    const [index, words] = this.feast(i);
    if (words > 0) {
      const m = this.dated({ part: feast, index, end: i + words });
      return m.year || preposition ? m : null;
    }
    const from = decade(w, this.year);
    if (from !== null) return { part: known, spans: [{ from: day(from, 1, 1), to: day(from + 10, 1, 1) }], end: i + 1 };
    if (w in weekdays && preposition) return oneDay(this.weekday(weekdays[w], false), i + 1);
    switch (w) {
      case "today": return oneDay(this.today, i + 1);
      case "yesterday": return oneDay(this.today - 1, i + 1);
      case "last": case "previous": case "this": case "past": return this.relative(w, i + 1);
    }
    const many = count(w), unit = units[this.word(i + 1)];
    if (many && unit && this.word(i + 2) === "ago") return { part: known, spans: [this.whole(unit, -many)], end: i + 3 };
    return null;
  }

  /** Reads a date, or two, in one word of digits. */
  digits(i) {
    const c = firstWord(this.words.slice(i, i + 1));
    if (!/^[0-9.(]/.test(c)) return null;
    const t = this.words[i];
    for (const s of [t.full.replace(/^[,;:!?()]+/, "").replace(/[,;:!?()]+$/, ""), t.text]) {
      const span = parseBareDate(s);
      if (span) return { part: known, spans: [span], iso: true, end: i + 1 };
    }
    const [, first, last] = t.text.replaceAll("–", "-").match(/^(.*?)-(.*)$/s) ?? []; // "2005-2010"
    const a = yearOf(first ?? ""), b = yearOf(last ?? "");
    return a && b && a <= b ? { part: known, spans: [{ from: day(a, 1, 1), to: day(b + 1, 1, 1) }], iso: true, end: i + 1 } : null;
  }

  /** Adds the year that may follow: "2019", "of 2019", ", 2019" after a day, "last year". */
  dated(m) {
    let i = m.end;
    if (i < this.words.length && i === this.limit && this.words[i - 1].comma && (m.part === date || m.part === month)) {
      const year = yearOf(this.words[i].lower);
      return year && !this.words[i].not ? { ...m, year, end: i + 1 } : m;
    }
    if (this.word(i) === "of") i++;
    const w = this.word(i), year = yearOf(w);
    if (year) return { ...m, year, end: i + 1 };
    if ((w === "last" || w === "this") && this.word(i + 1) === "year") {
      return { ...m, year: w === "last" ? this.year - 1 : this.year, end: i + 2 };
    }
    return m;
  }

  /** A day with its year, if there is such a day: the 29th of February is not in every year. */
  valid(m) {
    m = this.dated(m);
    return m.year && civil(this.in(m, m.year).from).month !== m.index ? null : m;
  }

  /** Reads what comes after "last", "previous", "this" or "past". */
  relative(which, i) {
    let n = 1, end = i;
    const counted = count(this.word(i));
    if (counted) {
      n = counted;
      end = i + 1;
      if (this.word(end) === "of") end++; // "a couple of"
    }
    const ended = which !== "this", unit = units[this.word(end)];
    if (unit) {
      if ((counted || which === "past") && ended) return { part: known, spans: this.rolling(unit, n), end: end + 1 };
      if (counted) return null;
      return { part: known, spans: [this.whole(unit, ended ? -1 : 0)], end: end + 1 };
    }
    if (counted) return null;
    const w = this.word(i);
    if (w in weekdays) return oneDay(this.weekday(weekdays[w], ended), i + 1);
    if (w === "night" && which === "last") return oneDay(this.today - 1, i + 1);
    let m;
    const [index, words] = this.feast(i);
    if (months[w]) m = { part: month, index: months[w], end: i + 1 };
    else if (w in seasons) m = { part: season, index: seasons[w], end: i + 1 };
    else if (words > 0) m = { part: feast, index, end: i + words };
    else return null;
    return { part: known, spans: [this.in(m, this.latest(m, ended))], end: m.end };
  }

  /**
   * A whole day, week, weekend, month or year: this one, or one before or after. This weekend is the latest that has begun, the
   * last one the latest that has ended.
   */
  whole(unit, offset) {
    const { year, month } = civil(this.today);
    switch (unit) {
      case "week": {
        const monday = this.today - (weekday(this.today) + 6) % 7 + 7 * offset;
        return { from: monday, to: monday + 7 };
      }
      case "weekend": {
        const saturday = this.today - (weekday(this.today) + 1) % 7;
        if (offset < 0 && saturday + 2 <= this.today) offset++; // it has ended: it is the last one already
        return { from: saturday + 7 * offset, to: saturday + 7 * offset + 2 };
      }
      case "month": return { from: day(year, month + offset, 1), to: day(year, month + offset + 1, 1) };
      case "year": return { from: day(year + offset, 1, 1), to: day(year + offset + 1, 1, 1) };
    }
    return { from: this.today + offset, to: this.today + offset + 1 };
  }

  /** The last n units up to today; weekends one by one. */
  rolling(unit, n) {
    const to = this.today + 1;
    switch (unit) {
      case "weekend": {
        const all = Math.min(n, 52);
        return Array.from({ length: all }, (_, i) => this.whole("weekend", i - all));
      }
      case "week": return [{ from: to - 7 * n, to }];
      case "month": return [{ from: add(to, 0, -n, 0), to }];
      case "year": return [{ from: add(to, -n, 0, 0), to }];
    }
    return [{ from: to - n, to }];
  }

  /** The latest such day: today, unless it must have ended. */
  weekday(which, ended) {
    const back = (weekday(this.today) - which + 7) % 7;
    return this.today - (back === 0 && ended ? 7 : back);
  }

  /** Reads the name of a feast: which it is, and of how many words; none of 0. */
  feast(i) {
    const next = this.word(i + 1);
    switch (this.word(i)) {
      case "christmas": case "xmas":
        return next === "eve" ? ["christmas eve", 2] : next === "day" ? ["christmas day", 2] : ["christmas", 1];
      case "boxing":
        if (next === "day") return ["boxing day", 2];
        break;
      case "new": {
        if (next !== "year" && next !== "year's" && next !== "years") break;
        const third = this.word(i + 2);
        return third === "eve" ? ["new year's eve", 3] : third === "day" ? ["new year's day", 3] : ["new year", 2];
      }
      case "easter": return ["easter", 1];
      case "halloween": return ["halloween", 1];
      case "valentine's": case "valentines": case "valentine":
        if (next === "day") return ["valentine's day", 2];
        break;
      case "thanksgiving": return ["thanksgiving", 1];
    }
    return [null, 0];
  }
}

/** Easter Sunday as J. M. Oudin has it, for the Gregorian calendar. */
export function easterSunday(year) {
  const div = (a, b) => Math.trunc(a / b);
  const c = div(year, 100), n = year % 19;
  let i = (c - div(c, 4) - div(c - div(c - 17, 25), 3) + 19 * n + 15) % 30;
  i -= div(i, 28) * (1 - div(i, 28) * div(29, i + 1) * div(21 - n, 11));
  const j = (year + div(year, 4) + i + 2 - c + div(c, 4)) % 7;
  const l = i - j, m = 3 + div(l + 40, 44);
  return day(year, m, l + 28 - 31 * div(m, 4));
}

const table = (entries) => Object.assign(Object.create(null), entries);

const units = table({ day: "day", days: "day", week: "week", weeks: "week", weekend: "weekend", weekends: "weekend", month: "month", months: "month", year: "year", years: "year" });

const months = table({ january: 1, february: 2, march: 3, mar: 3, april: 4, may: 5, june: 6, july: 7, august: 8, september: 9, october: 10,
  november: 11, december: 12, jan: 1, feb: 2, apr: 4, jun: 6, jul: 7, aug: 8, sep: 9, sept: 9, oct: 10, nov: 11, dec: 12 });

// The names of months that are hardly anything else.
const sure = ["january", "february", "april", "june", "july", "august", "september", "october", "november", "december"];

const seasons = table({ spring: 0, summer: 1, autumn: 2, fall: 2, winter: 3 });

const weekdays = table({ sunday: 0, monday: 1, tuesday: 2, wednesday: 3, thursday: 4, friday: 5, saturday: 6 });

const counts = table({ a: 1, an: 1, one: 1, two: 2, couple: 2, three: 3, few: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10,
  eleven: 11, twelve: 12 });

const daysIn = (month) => month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31;

/** A year that photos can be from; 0 when it is none. */
function yearOf(w) {
  const year = /^[0-9]{4}$/.test(w) ? Number(w) : 0;
  return year >= firstYear && year <= lastYear ? year : 0;
}

/** The day of a month, "5", "5th"; 0 when it is none. */
function ordinal(w) {
  const [, n] = w.match(/^([0-9]{1,3})(?:st|nd|rd|th)?$/) ?? [];
  return n !== undefined && Number(n) <= 31 ? Number(n) : 0;
}

/** How many, up to 999; 0 when it is no count. */
const count = (w) => counts[w] ?? (/^[0-9]{1,3}$/.test(w) ? Number(w) : 0);

const decades = table({ twenties: "20s", thirties: "30s", forties: "40s", fifties: "50s", sixties: "60s", seventies: "70s", eighties: "80s", nineties: "90s" });

/**
 * The first year of "90s", "1990s", "1990's" and "nineties", or null. Of two digits, the latest such decade that has begun by
 * the year is meant.
 */
function decade(w, year) {
  const [, number] = (decades[w] ?? w).replace("'", "").match(/^([0-9]|[0-9]{3})0s$/) ?? [];
  if (number === undefined) return null;
  const n = 10 * Number(number);
  if (number.length === 3) return n >= 1820 && n <= lastYear ? n : null;
  const from = year - year % 100 + n;
  return from > year ? from - 100 : from;
}

const calendarWords = new Set(`on this between since after before until till in during from at over of the and to through or last previous past
  today yesterday ago night new eve boxing christmas xmas easter halloween valentine's valentines valentine thanksgiving year's`.split(/\s+/));

/** Whether a word, or the first or last of several, can be part of a period. */
export function calendarWord(text) {
  const words = text.split(" ");
  return calendarPart(words[0]) || words.length > 1 && calendarPart(words.at(-1));
}

function calendarPart(w) {
  if (w === "") return false;
  if (/^[^\x00-\x7f]|^[A-Z]/.test(w)) w = fold(w);
  return /^[0-9.(]/.test(w) || calendarWords.has(w) || count(w) > 0 || w in units || decade(w, firstYear) !== null || w in months ||
    w in seasons || w in weekdays;
}
