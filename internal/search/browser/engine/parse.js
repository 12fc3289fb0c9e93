// Reads queries, as parse.go does.
import { day, parseDay } from "./date.js";
import { bytes, fields, fold, searchable, trim, trimRight, within } from "./fold.js";
import { clean } from "./clean.js";
import { Finder, isNegation, isStopWord } from "./dictionary.js";
import { parseBounds, parseCircle } from "./number.js";
import { Calendar } from "./period.js";
import { isNumber, kindOf, maxClauses, maxLikes, maxQuery, plain, Query } from "./query.js";
import { hyphen, isDash, newToken } from "./token.js";

/**
 * Reads a query in a context: today (a day), south (the hemisphere) and names (a dictionary, or none). It understands any text
 * somehow: what it drops or reads otherwise than it may have been meant is noted.
 */
export function parse(text, { today, south = false, names = null }) {
  return new Parser(text, new Calendar(today, south), names).query();
}

/** Today, where the clocks are those of a time zone; of an unknown one, in UTC. */
export function todayIn(zone, now = new Date()) {
  try {
    const part = Object.fromEntries(new Intl.DateTimeFormat("en-US", { timeZone: zone, year: "numeric", month: "numeric", day: "numeric" })
      .formatToParts(now).map((p) => [p.type, Number(p.value)]));
    return day(part.year, part.month, part.day);
  } catch {
    return Math.floor(now.getTime() / 86_400_000);
  }
}

const typeWords = Object.assign(Object.create(null), { video: "video", videos: "video", movie: "video", movies: "video",
  screenshot: "screenshot", screenshots: "screenshot" });

/** Whether a word needs no quotes: it would not be read as anything else, save for a name. */
function plainWord(text) {
  if (!plain(text)) return false;
  const t = newToken(text, false);
  return t.lower !== "or" && !isNegation(t.lower) && !isStopWord(t.lower) && !typeWords[t.lower] && someday.read([t], false).n === 0;
}

const someday = new Calendar(day(2099, 1, 1), false);

/** Cuts a text at the first of some characters: what is before, and what comes from there on. */
function upTo(text, pattern) {
  const i = text.search(pattern);
  return i < 0 ? [text, ""] : [text.slice(0, i), text.slice(i)];
}

class Parser {
  run = []; // words that were read, and may belong together
  not = false; // "not" was read, and waits for its clause; so do "or" and "and"
  or = false;
  and = false;
  leaves = 0; // clauses, those within others counted one by one
  likes = 0; // clauses that ask to be like an item
  tooMany = false;
  clauses = [];
  notes = [];
  dropped = []; // words left out, in case there is nothing else

  constructor(text, calendar, names) {
    this.calendar = calendar;
    this.names = names;
    this.rest = clean(within(text, 4 * maxQuery)); // more than enough for what is kept; bounds the work
    if (bytes(this.rest) > maxQuery) {
      this.rest = within(this.rest, maxQuery);
      this.notes.push(`the search is too long: only its first ${maxQuery} characters were used`);
    }
    this.text = fields(this.rest).length ? this.rest.replace(/^ +/, "").replace(/ +$/, "") : "";
  }

  query() {
    while (!this.tooMany && this.#next());
    this.#flush();
    if (this.clauses.length === 0) {
      this.not = this.or = this.and = false;
      for (const word of this.dropped) this.#add({ kind: "word", text: word });
    }
    const q = new Query(this.text, this.clauses, this.notes, this.names !== null);
    while (bytes(q.toString()) > maxQuery) { // the canonical form may be longer, and must be within the bounds too
      q.clauses.pop();
      this.tooMany = true;
    }
    if (this.tooMany) q.notes.push(`the search has too many parts: only the first ${q.clauses.length} were used`);
    return q;
  }

  /** Adds a clause, or joins it to the last one when "or" is between them. */
  #add(c) {
    if (!searchable(c.text) && (c.kind !== "like" || c.text === "")) {
      if (/[^\x00-\x7f]/.test(c.text)) this.notes.push(`“${c.text}” has no letter or digit to search for`);
      return;
    }
    if (this.leaves === maxClauses) {
      this.tooMany = true;
      return;
    }
    if (c.kind === "like") {
      this.likes++;
      if (this.likes === maxLikes + 1) this.notes.push(`the search is like too many items: only the first ${maxLikes} were used`);
      if (this.likes > maxLikes) return;
    }
    this.leaves++;
    c = { ...c, not: Boolean(c.not) || this.not };
    if (c.kind === "word" && !plainWord(c.text)) c.kind = "phrase"; // it is written in quotes
    let { or, and } = this;
    this.not = this.or = this.and = false;
    const last = this.clauses.at(-1);
    if (last) {
      const end = last.kind === "any" ? last.any.at(-1) : last;
      // "2007 and 2008": no photo is of both.
      or ||= and && c.kind === "taken" && end.kind === "taken" && !c.not && !end.not;
      if (or && last.kind === "any") {
        last.any.push(c);
        return;
      }
      if (or && last.not) { // "not cats or dogs": neither
        c.not = true;
      } else if (or) {
        this.clauses[this.clauses.length - 1] = { kind: "any", text: "", not: false, any: [last, c] };
        return;
      }
    }
    this.clauses.push(c);
  }

  /** Takes the text up to the next space or quote. */
  #raw() {
    const [raw, rest] = upTo(this.rest, /[ "]/);
    this.rest = rest;
    return raw;
  }

  /** Takes a quoted text, when there is one, else null; a missing closing quote is understood. */
  #quoted() {
    if (!this.rest.startsWith('"')) return null;
    const [text, rest] = upTo(this.rest.slice(1), /"/);
    this.rest = rest.slice(1);
    return fields(text).join(" ");
  }

  #skip() {
    this.rest = this.rest.replace(/^ +/, "");
  }

  /** Reads one part of the query; it returns false at the end. */
  #next() {
    this.#skip();
    if (this.rest === "") return false;
    const after = this.rest.replace(/^-+/, ""), not = after !== this.rest;
    this.rest = after;
    const text = this.#quoted();
    if (text !== null) {
      this.#flush();
      this.#add({ kind: "phrase", text, not });
      return true;
    }
    const raw = this.#raw(), colon = raw.indexOf(":");
    if (colon > 0) this.#keyed(raw.slice(0, colon), raw.slice(colon + 1), not);
    else if (raw === "" && not) this.run.push(hyphen);
    else this.run.push(newToken(raw, not));
    return true;
  }

  /** Reads key:value. The value may be quoted, or come after spaces. */
  #keyed(key, value, not) {
    const kind = kindOf(key);
    let text = trim(value), quoted = false;
    if (value === "") {
      const before = this.rest;
      if (kind) this.#skip();
      const inQuotes = this.#quoted();
      if (inQuotes !== null) {
        [text, quoted] = [inQuotes, true];
      } else if (kind) {
        let raw = this.#raw();
        if (isNumber(kind) && raw !== "" && /^[<>=≤≥]+$/.test(raw)) { // ">= 4"
          this.#skip();
          raw += this.#raw();
        }
        if (raw.includes(":")) this.rest = before;
        else [value, text] = [raw, trim(raw)];
      }
    }
    this.#flush();
    if (!kind) {
      if (!/\P{L}/u.test(key)) this.notes.push(`“${key}:” is not a key of the search: it was read as a word`);
      not ||= this.not;
      this.#words(key, not);
      if (quoted) this.#add({ kind: "phrase", text, not });
      else this.#words(value, not);
      return;
    }
    if (quoted) value = text;
    else if (kind === "like") value = trimRight(value, ",;");
    const [c, problem] = this.#value(kind, value, text);
    if (problem) {
      this.notes.push(`“${value}” is ${problem}: it was read as words`);
      this.#words(value, not || this.not);
      return;
    }
    this.#add({ ...c, not });
  }

  /** Reads the value of a key: [clause, what it is not]. The trimmed text is the value for kinds that are words. */
  #value(kind, value, trimmed) {
    const text = trimRight(value, ",;!?()");
    if (value === "") return [{ kind, text }];
    if (isNumber(kind)) {
      const compact = text.replaceAll(" ", "").toLowerCase(), bounds = parseBounds(kind, compact);
      return bounds ? [{ kind, text: compact, min: bounds[0], max: bounds[1] }] : [null, "not a number like 4, >=4 or 3..5"];
    }
    switch (kind) {
      case "like": return [{ kind, text: value }];
      case "taken": {
        const c = this.calendar.taken(text);
        return c ? [c] : [null, 'not a date like 2023, 2023-06, 2023-06-15 or 2019..2021, or a period like "last summer"'];
      }
      case "day": {
        const spans = parseDay(text);
        return spans ? [{ kind, text, spans }] : [null, "not a day like 12-24"];
      }
      case "near": {
        const compact = text.replaceAll(" ", "").toLowerCase(), near = parseCircle(compact);
        return near ? [{ kind, text: compact, near }] : [null, "not a place like 59.9,10.7 or 59.9,10.7,5km"];
      }
      case "has": {
        const word = hasWords[fold(trimmed)] ?? "";
        return word || trimmed === "" ? [{ kind, text: word }] :
          [null, "not one of gps, place, title, caption, people, faces, labels, camera, lens, rating, date"];
      }
      case "is": {
        const word = isWords[fold(trimmed)] ?? "";
        return word || trimmed === "" ? [{ kind, text: word }] : [{ kind: "type", text: trimmed }];
      }
    }
    return [{ kind, text: trimmed }];
  }

  /** Reads a text as plain words that have nothing to do with their neighbours. */
  #words(text, not) {
    for (const word of text.split(/[ :]+/).filter(Boolean)) this.run.push({ ...newToken(word, not), comma: true });
    this.#flush();
  }

  /** Makes clauses of the words read: at each the longest name or period, else the word alone. */
  #flush() {
    const run = this.run;
    this.run = [];
    const names = new Finder(this.names, this.calendar, run);
    for (let i = 0; i < run.length;) {
      const t = run[i];
      if (isDash(t)) {
        i++;
        continue;
      }
      const period = this.calendar.read(run.slice(i), false), [name, n] = names.find(i);
      if (n > 0 && (n > period.n || n === period.n && period.weak)) {
        this.#add({ ...name, not: t.not });
        i += n;
      } else if (period.n > 0) {
        this.#add({ ...period.clause, not: t.not });
        i += period.n;
      } else {
        this.#word(t);
        i++;
      }
    }
  }

  /** Reads a word that is part of no name or period. */
  #word(t) {
    if (t.text === "") {
      if (t.full !== "") this.#add({ kind: "", text: t.full }); // for its note
    } else if (isNegation(t.lower)) {
      this.not = true;
      this.dropped.push(t.text);
    } else if (t.lower === "or") {
      this.or = true;
      this.dropped.push(t.text);
    } else if (isStopWord(t.lower)) {
      this.and ||= t.lower === "and";
      this.not ||= t.not;
      this.dropped.push(t.text);
    } else if (typeWords[t.lower]) {
      this.#add({ kind: "type", text: typeWords[t.lower], not: t.not });
    } else {
      this.#add({ kind: "word", text: t.text, not: t.not });
    }
  }
}

const words = (table) => Object.assign(Object.create(null), table);

const hasWords = words({ location: "place", coordinates: "gps", person: "people", persons: "people", face: "faces",
  label: "labels", tags: "labels", keywords: "labels", stars: "rating", description: "caption" });
for (const word of "gps place title caption people faces labels camera lens rating date".split(" ")) hasWords[word] = word;

const isWords = words({ horizontal: "landscape", vertical: "portrait", upright: "portrait" });
for (const word of "landscape portrait square panorama rated rejected".split(" ")) isWords[word] = word;
