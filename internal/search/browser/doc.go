// Package browser makes a gallery searchable without a server: [Write] writes what the pages' own search engine reads, and [Engine] is
// that engine. It is made of the JavaScript modules in the folder engine, which read a query as package search does, whose documentation
// is the specification of both, and answer it from [Shards]: all that can be found, in columns, cut into files that are named by what
// they hold. One changed photo changes one of them, or two.
//
// The engine renders its results with the theme's own layouts: [PageFile] has what html/template made of them, and render.js executes
// it. So a theme needs no second markup, and the page is the one that the search function would have sent.
//
// Nothing that is private or hidden is in a shard. All is below [Dir]: the page, shards.json, which names the rest and is asked
// after, and files that never change.
package browser

// Dir is the folder below public/ that all is in, beside the search page.
const Dir = "-/search"

// Pointer is the path below public/ of the file that names all others.
const Pointer = Dir + "/shards.json"
