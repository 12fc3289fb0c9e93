// What html-validate checks in the pages: see test/browser/html.test.mjs.
export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Titles are the owner's, and file names may have 255 bytes: browsers and search engines shorten what is too long for them.
    "long-title": "off",
    // Layouts hand numbers and colours of a picture to the style sheet, so that its box is there before it has loaded: these
    // custom properties, the place of a face in a portrait, and the alignment that Markdown gives a table's cells.
    "no-inline-style": ["error", { allowedProperties: ["--r", "--a", "--b", "--w", "--row", "--accent", "width", "left", "top", "text-align"] }],
  },
};
