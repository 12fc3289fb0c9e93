// Every page is valid HTML.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, test } from "node:test";
import { FileSystemConfigLoader, HtmlValidate, esmResolver } from "html-validate";
import { build, cleanUp, files, root, samples, scratch } from "./gallery.mjs";
import { hostile, write } from "./hostile.mjs";

after(cleanUp);

async function validate(dir) {
  const validator = new HtmlValidate(new FileSystemConfigLoader([esmResolver()]));
  const pages = files(dir, ".html");
  assert.ok(pages.length > 10, `${pages.length} pages in ${dir}`);
  const found = [];
  for (const name of pages) {
    // The configuration is looked for beside the file: say it is in the repository.
    const report = await validator.validateString(readFileSync(name, "utf8"), path.join(root, "page.html"));
    for (const { messages } of report.results) {
      found.push(...messages.map((m) => `${path.relative(dir, name)}:${m.line}:${m.column}: ${m.ruleId}: ${m.message}`));
    }
  }
  assert.deepEqual(found, []);
}

test("sample pages are valid", () => validate(samples(scratch())));

test("pages of a hostile gallery are valid", () => {
  const dir = scratch();
  write(dir, hostile());
  return validate(build(dir));
});
