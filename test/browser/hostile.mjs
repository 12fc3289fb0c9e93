// A gallery whose names and texts try to break pages: all of them may be on somebody's disk.
import { png, wav } from "./pictures.mjs";

export { write } from "./gallery.mjs";

const inject = "<img src=x onerror=window.__injected=1>";

/** Names of pictures. */
export const names = [
  "plain.png", "with#hash.png", "what?.png", "a%41b.png", "100%.png", `quotes"'\`.png`, `${inject}.png`, `"><script>window.__injected=1<x>.png`,
  "sea 🏖️ sun.png", "שלום.png", "صورة جبل.png", "\u202Egnp.exe.png", "-dash.png", "--help.png", `${"long".repeat(49)}.png`, "back\\slash.png",
  "javascript:alert(1).png", "new\nline.png", "tab\there.png", "trailing.png.", "trailing.png ", "dots...png", "index", "404.png", "a", "&amp;.png", "a&copy=1.png",
  "{{.Site}}.png", "style;--r:9}.png", "__proto__.png", " leading.png", "a+b=c&d.png", "http:", "CON.png", "data:text,x.png", "semi;colon,comma.png",
];

/** The files of the gallery, as [path segments, bytes]. No two originals have the same bytes. */
export function hostile() {
  let seed = 0;
  const picture = () => png(64 + (seed % 5) * 24, 48 + (seed % 3) * 24, ++seed);
  const files = names.map((name) => [["data", name], picture()]);
  const evil = `${inject}</title></script><script>window.__injected=1</script>"'--> {{.}} $&`;
  const head = (fields, body) => `---\n${Object.entries(fields).map(([k, v]) => `${k}: ${JSON.stringify(v)}\n`).join("")}---\n${body}\n`;
  const markdown = [
    evil, "# A heading", "[a](javascript:window.__injected=1) [b](JaVaScRiPt:window.__injected=1) [c](data:text/html,x) [d](vbscript:x)",
    "![p](https://example.com/x.png) ![q](//example.com/x.png) <https://example.com/>", "<javascript:window.__injected=1>",
    '[e](x "onmouseover=window.__injected=1")', "| a | b |\n|---|:-:|\n| 1 | <b>2</b> |", "`</code><script>window.__injected=1</script>`",
  ].join("\n\n");
  files.push(
    [["data", "index.md"], head({ title: `Gallery ${evil}`, description: `Shows ${evil}` }, markdown)],
    [["data", "plain.png.md"], head({ title: `Title ${evil}`, keywords: [evil, "dog", "a,b", "שלום"], persons: [`Natalie ${inject}`] }, markdown)],
    [["data", "with#hash.png.md"], head({ caption: evil }, "")],
    [["data", "notes#1?.txt"], "a text\n"],
    [["data", `${inject}.pdf`], "%PDF-1.4 not really\n"],
    [["data", "sound \"#1\".wav"], wav(0.5)],
    [["data", "-", "in minus.png"], picture()],
    [["data", "-", "original", "deep.png"], picture()],
    [["data", "a.html", "beside a.png"], picture()],
    [["data", `"><b>${inject}`, "x.png"], picture()],
    [["data", `"><b>${inject}`, "index.md"], head({ title: `Album ${evil}`, description: evil }, markdown)],
    [["data", "index.html", "y.png"], picture()],
    [["data", "ünïcode & more", "#", "?", "z.png"], picture()],
  );
  return files;
}
