// Executes the layouts of a theme as Go's html/template made them safe: page.Layouts.Export has what the nodes are. Data has the names
// of the fields and methods of package page; a method is a function.
import { escapers, functions, Safe } from "./functions.js";

/** Renders a template of an export. */
export function render(templates, name, data) {
  const out = [];
  new Run(templates, out).template(name, data);
  return out.join("");
}

/** Whether a value is one, in a condition: neither zero nor empty. */
export function isTrue(v) {
  if (v === null || v === undefined) return false;
  if (v instanceof Safe) return v.text !== "";
  return Array.isArray(v) ? v.length > 0 : Boolean(v);
}

class Jump extends Error {}

class Run {
  constructor(templates, out) {
    Object.assign(this, { templates, out, depth: 0 });
  }

  template(name, dot) {
    if (++this.depth > 100) throw new Error(`layouts: ${name} calls itself without end`);
    this.list(this.templates[name], dot, new Map([["$", dot]]));
    this.depth--;
  }

  /** Executes nodes. Variables that they declare end with them. */
  list(nodes, dot, outer) {
    const vars = { outer, own: new Map() };
    for (const node of nodes) {
      if (typeof node === "string") {
        this.out.push(node);
        continue;
      }
      const [what, a, b, c] = node;
      switch (what) {
        case "a": {
          const value = this.pipe(a, dot, vars);
          if (a[0].length === 0) this.out.push(text(value));
          break;
        }
        case "i": case "w": {
          const inner = { outer: vars, own: new Map() }, value = this.pipe(a, dot, inner);
          this.list(isTrue(value) ? b : c, what === "w" && isTrue(value) ? value : dot, inner);
          break;
        }
        case "r": this.range(a, b, c, dot, vars); break;
        case "t": this.template(a, b ? this.pipe(b, dot, vars) : null); break;
        case "b": throw new Jump("break");
        case "c": throw new Jump("continue");
      }
    }
  }

  range([names, , commands], body, otherwise, dot, vars) {
    const value = this.pipe([[], false, commands], dot, vars);
    const entries = typeof value === "number" ? Array.from({ length: value }, (_, i) => [i, i]) : [...(value ?? []).entries()];
    if (entries.length === 0) {
      this.list(otherwise, dot, vars);
      return;
    }
    for (const [i, element] of entries) {
      const inner = { outer: vars, own: new Map() };
      if (names.length === 1) inner.own.set(names[0], element);
      if (names.length === 2) inner.own.set(names[0], i).set(names[1], element);
      try {
        this.list(body, element, inner);
      } catch (error) {
        if (!(error instanceof Jump)) throw error;
        if (error.message === "break") return;
      }
    }
  }

  pipe([names, assign, commands], dot, vars) {
    let value, piped = false;
    for (const command of commands) {
      value = this.command(command, dot, vars, piped ? [value] : []);
      piped = true;
    }
    for (const name of names) {
      const owner = assign ? holder(vars, name) : vars;
      (owner.own ?? owner).set(name, value);
    }
    return value;
  }

  command([first, ...rest], dot, vars, piped) {
    const [what, name] = first;
    const args = () => [...rest.map((arg) => this.argument(arg, dot, vars)), ...piped];
    if (what === "x" && (name === "and" || name === "or")) { // these stop at what decides
      let value;
      for (const next of [...rest.map((arg) => () => this.argument(arg, dot, vars)), ...piped.map((v) => () => v)]) {
        value = next();
        if (isTrue(value) === (name === "or")) break;
      }
      return value;
    }
    if (what === "x") return (escapers[name] ?? functions[name])(...args());
    return this.argument(first, dot, vars, args());
  }

  argument([what, ...parts], dot, vars, args = []) {
    switch (what) {
      case ".": return dot;
      case "n": return null;
      case "l": return parts[0];
      case "x": return (escapers[parts[0]] ?? functions[parts[0]])();
      case "p": return this.pipe(parts[0], dot, vars);
      case "f": return fields(dot, parts, args);
      case "v": return fields(lookup(vars, parts[0]), parts.slice(1), args);
      case "c": return fields(this.argument(parts[0], dot, vars), parts.slice(1), args);
    }
    throw new Error(`layouts: an argument ${what}`);
  }
}

/** Where a variable is declared. */
function holder(vars, name) {
  for (let v = vars; v; v = v.outer) {
    if ((v.own ?? v).has(name)) return v;
    if (!v.own) break;
  }
  throw new Error(`layouts: there is no variable ${name}`);
}

const lookup = (vars, name) => {
  const v = holder(vars, name);
  return (v.own ?? v).get(name);
};

function fields(value, names, args) {
  names.forEach((name, i) => {
    if (value === null || value === undefined || !(name in Object(value))) throw new Error(`layouts: there is no .${name}`);
    const field = value[name];
    value = typeof field === "function" ? field.call(value, ...i === names.length - 1 ? args : []) : field;
  });
  return value;
}

/** A value as it is written. */
const text = (v) => v instanceof Safe ? v.text : v === null || v === undefined ? "" : String(v);
