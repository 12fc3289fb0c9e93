package main

// texts lists the words beside the pictures: an index.md for each album, a sidecar of each kind, a plain text file.
func texts() map[string]string {
	mesas := Meta{Title: "Tables of stone", Caption: "Written into mesas.jpg.xmp, beside the photo: the original was never touched.",
		Keywords: []string{"road trip", "red rocks"}, Persons: []string{"Tom Example"}, Rating: 4}
	return map[string]string{
		"index.md": `---
title: Shoebox sample
description: Thirty drawings that behave like photos.
cover: journeys/alps/dawn-haze.jpg
---
Welcome! Nothing here was photographed: a small program, ` + "`site/draw`" + `, computes every picture from
a number. But each file carries what a camera and its owner would have written into it – dates, places, keywords, people –
so that there is something to find.

Try a search: **dog 2023**, **natalie snow**, **person: Tom**, **sunset not sea**.
`,
		"formats/index.md": `---
title: Formats
description: One small file of each kind.
cover: phone.heic
sort: name
order: ascending
---
What a camera, a phone, a scanner and a drawer full of old disks may give. Of pictures that not every browser shows there is a JPEG. The
originals stay as they are, and each can be downloaded.
`,
		"formats/drawing.svg": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 80">
  <rect width="120" height="80" fill="#f6e7c8"/>
  <circle cx="84" cy="30" r="14" fill="#ec6a4c"/>
  <path d="M0 80 36 30 58 58 74 44 120 80z" fill="#264a8c"/>
</svg>
`,
		"formats/notes.txt": "A drawing as SVG and this text are for downloading only: they could hold a program, or pretend to be a page.\n",
		"journeys/index.md": `---
title: Journeys
description: Mountains, coast and desert.
cover: coast/sunset.jpg
---
`,
		"journeys/alps/index.md": `---
title: Alps
description: Early starts and long shadows.
cover: mirror-lake.jpg
sort: taken
order: ascending
---
Six days out of four years. What we carried is in the *packing list*, where we slept is in *huts.txt*.
`,
		"journeys/alps/2024 winter/index.md": `---
title: Winter 2024
description: Snow, a hut, and one very green night.
cover: cabin.jpg
sort: taken
order: ascending
---
Three days of snow kept us inside. On the fourth the sky opened.

The northern lights are from a month later and much farther north; they are here because they belong with the snow.
`,
		"journeys/alps/huts.txt": `Huts, in the order we slept in them

  2019  Upper hut        2168 m   bunk by the window, bring earplugs
  2021  Three Ridges     2320 m   the soup!
  2024  The small one    1905 m   key under the left stone
`,
		"journeys/coast/index.md": `---
title: Coast
description: Sand in everything.
cover: dog-on-the-beach.jpg
sort: taken
order: descending
---
With Biscuit, who is a good dog, and who once ate a whole sandcastle.
`,
		"journeys/coast/lighthouse.jpg.md": `---
title: The keeper's hour
---
The lamp comes on **before** it is dark. This text lives in *lighthouse.jpg.md*, next to the photo:

- a title in the front matter,
- Markdown below it.
`,
		"journeys/desert/index.md": `---
title: Desert
description: Big, quiet, and colder at night than anyone believes.
cover: caravan.jpg
---
`,
		"journeys/desert/mesas.jpg.xmp": string(mesas.xmp()),
		"near home/index.md": `---
title: Near home
description: Things one passes every day.
cover: meadow.jpg
sort: name
order: ascending
---
`,
		"patterns/index.md": `---
title: Patterns
description: Rules, repeated until they are pretty.
cover: stained-glass.jpg
---
A coin toss per tile, a golden angle per seed, one point per pane. One of them moves, and one has no background.
`,
	}
}
