package search

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"shoebox/internal/storage"
)

func TestSearch(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, fixedGallery())
	x := open(t, b)
	for _, tt := range []struct{ query, want string }{ // the results, newest first
		{"marmot", "alps/clip.mp4 alps/marmot.jpg"},
		{"Marmots", "alps/clip.mp4 alps/marmot.jpg"},
		{"label:marmot", "alps/clip.mp4 alps/marmot.jpg"},
		{"label:animal not label:dog", "alps/clip.mp4 alps/marmot.jpg"},
		{"label:animal", "alps/clip.mp4 alps/marmot.jpg family/dog2.gif family/dog1.jpg cities/oslo/dog.jpg cities/san-francisco/beach.jpg"},
		{"animal marmot", "alps/clip.mp4 alps/marmot.jpg"},
		{"label:ANIMAL label:Marmot type:video", "alps/clip.mp4"},
		{"label:anim", ""},
		{"label:café", "cities/café.jpg"},
		{"label:cafe", "cities/café.jpg"},
		{`label:"coffee cup"`, "cities/café.jpg"},
		{"label:coffee", ""},
		{"cafe creme", "cities/café.jpg"},
		{"CAFE\u0301", "cities/café.jpg"},
		{"dog", "alps/2024/peak.jpg family/dog2.gif family/dog1.jpg cities/oslo/dog.jpg cities/san-francisco/beach.jpg"},
		{"dogs", "alps/2024/peak.jpg family/dog2.gif family/dog1.jpg cities/oslo/dog.jpg cities/san-francisco/beach.jpg"},
		{"dog -label:dog", "alps/2024/peak.jpg"},
		{"dogs at the beach", "cities/san-francisco/beach.jpg"},
		{"beach", "cities/oslo/opera.jpg cities/san-francisco/beach.jpg"},
		{`"golden gate"`, "cities/san-francisco/bridge.jpg"},
		{`"gate golden"`, ""},
		{"golden gate", "cities/san-francisco/gate.jpg cities/san-francisco/bridge.jpg"},
		{`gate -"golden gate"`, "cities/san-francisco/gate.jpg"},
		{`"summit we"`, ""}, // a phrase does not run from one text into the next
		{`"natalie berg"`, "alps/lake.jpg alps/summit.jpg"},
		{"person:natalie", "alps/lake.jpg alps/summit.jpg cities/san-francisco/beach.jpg"},
		{"photos of Natalie from 2007", "cities/san-francisco/beach.jpg"},
		{`person:"natalie berg"`, "alps/lake.jpg alps/summit.jpg"},
		{`person:"natalie tom"`, ""},
		{"person:zoe", "cities/oslo/opera.jpg"},
		{"person:lee person:tom", "family/kids.jpg"},
		{`person:natalie -person:"natalie berg"`, "cities/san-francisco/beach.jpg"},
		{`person:"O'Neil"`, ""},
		{"person:neil", "cities/<script>alert(1)<script>.jpg"},
		{"album:alps type:video", "alps/clip.mp4"},
		{"album:alps/2024", "alps/2024/peak.jpg alps/2024/hut.jpg"},
		{"album:2024", "alps/2024/peak.jpg alps/2024/hut.jpg"},
		{`album:"hütte & gipfel"`, "alps/2024/peak.jpg alps/2024/hut.jpg"},
		{"album:gipfel", "alps/2024/peak.jpg alps/2024/hut.jpg"},
		{`album:"summer in the alps" taken:2024`, "alps/2024/peak.jpg alps/2024/hut.jpg"},
		{"album:francisco golden", "cities/san-francisco/gate.jpg cities/san-francisco/bridge.jpg"},
		{`album:"san francisco" 2007-12`, "cities/san-francisco/beach.jpg"},
		{"album:SAN-FRANCISCO 2007-12", "cities/san-francisco/beach.jpg"},
		{"camera:nikon", "alps/IMG_4711-sunsetRidge.jpg alps/marmot.jpg family/kids.jpg"},
		{`camera:"eos r6"`, "alps/2024/peak.jpg"},
		{"camera:canon camera:r5 taken:2023", "alps/lake.jpg alps/summit.jpg"},
		{"camera:can", ""},
		{"type:video", "alps/clip.mp4"},
		{"type:movies", "alps/clip.mp4"},
		{"type:pdf", "notes.pdf"},
		{"type:file", "notes.pdf"},
		{"type:animated", "family/dog2.gif"},
		{"type:gif", "family/dog2.gif"},
		{"type:photo 2020", "family/kids.jpg root.jpg family/dog2.gif"},
		{"2007", "cities/san-francisco/beach.jpg cities/san-francisco/gate.jpg cities/san-francisco/bridge.jpg"},
		{"2019-06", "cities/oslo/dog.jpg cities/oslo/opera.jpg"},
		{"2019-06-01", "cities/oslo/opera.jpg"},
		{"2019-05..2019-06-29", "cities/oslo/opera.jpg cities/oslo/harbour.jpg"},
		{"taken:2019-06-15..2020-01-01", "root.jpg family/dog2.gif family/dog1.jpg cities/oslo/dog.jpg"},
		{"taken:..2006", "family/old.jpg"},
		{"taken:..2007-03-04", "cities/san-francisco/bridge.jpg family/old.jpg"},
		{"taken:2024-02-29..", "alps/2024/peak.jpg alps/2024/hut.jpg"},
		{"album:oslo not 2019-06", "cities/oslo/harbour.jpg"},
		{"taken:2024 -taken:2024-12", "alps/2024/hut.jpg"},
		{"sunset ridge", "alps/IMG_4711-sunsetRidge.jpg"},
		{"4711", "alps/IMG_4711-sunsetRidge.jpg"},
		{"IMG_4711-sunsetRidge.jpg", "alps/IMG_4711-sunsetRidge.jpg"},
		{"sunsetridge", "alps/IMG_4711-sunsetRidge.jpg"},
		{`"img 4711"`, "alps/IMG_4711-sunsetRidge.jpg"},
		{"IMG_4711-sunsetRidge", "alps/IMG_4711-sunsetRidge.jpg"},
		{"tom's birthday", "family/kids.jpg"},
		{"東京", "cities/東京タワー.jpg"},
		{"opera not sunset 2019", "cities/oslo/opera.jpg"},
		{"swim", "alps/lake.jpg"},
		{"hostile", "cities/<script>alert(1)<script>.jpg"},
		{`label:">bold"`, "cities/<script>alert(1)<script>.jpg"},
		{"unicorn", ""},
		{"surprise", ""},
		{"secret", ""},
	} {
		want := strings.Fields(tt.want)
		got := find(t, x, tt.query, Options{Sort: ByDate})
		if !slices.Equal(got, want) {
			t.Errorf("search %s:\n got %q\nwant %q", tt.query, got, want)
		}
		got = find(t, x, tt.query, Options{Sort: ByRelevance})
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("search %s by relevance:\n got %q\nwant %q", tt.query, got, want)
		}
	}
}

func TestScope(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, fixedGallery())
	x := open(t, b)
	for _, tt := range []struct{ scope, query, want string }{
		{"", "secret", ""},
		{"", "surprise", ""},
		{"", "label:secret", ""},
		{"", "album:private", ""},
		{"", "album:private/x", ""},
		{"", `album:"for x"`, ""},
		{"", "2022", ""},
		{"", "2021", ""},
		{"", "person:natalie 2022", ""},
		{"", "not label:dog 2022", ""},
		{"", "taken:1200 -dog", ""},
		{"", "taken:1200 unicorn -dog", ""},
		{"", "-unicorn 2022", ""},
		{"", "taken:2022 -taken:1200", ""},
		{"", `"of the" -taken:1200 -unicorn 2022`, ""},
		{"", "label:nothing -label:nothing", ""},
		{"nowhere", "-dog", ""},
		{"nowhere", "-dog -taken:1200 mountain", ""},
		{"private/x", "-unicorn -taken:1200", "private/x/two.jpg private/x/one.jpg"},
		{"", "-alps -cities -family -dash -2020 -notes", ""},
		{"private", "secret", "private/y/three.jpg private/x/two.jpg private/x/one.jpg private/note.jpg"},
		{"private/x", "secret", "private/x/two.jpg private/x/one.jpg"},
		{"private/x/", "", "private/x/two.jpg private/x/one.jpg"},
		{"private/x", "album:y", ""},
		{"private/x", "three", ""},
		{"private/x", "-one", "private/x/two.jpg"},
		{"private/x", "alps", ""},
		{"private/y", "dog", "private/y/three.jpg"},
		{"private/", "label:secret", "private/note.jpg"},
		{"Private", "secret", ""},
		{"private/x/..", "secret", ""},
		{"private/x/../y", "secret", ""},
		{"private%2Fx", "secret", ""},
		{"./private", "secret", ""},
		{"private*", "secret", ""},
		{"priv", "secret", ""},
		{"private/x\x00", "secret", ""},
		{"\xff", "secret", ""},
		{strings.Repeat("a/", 10000), "secret", ""},
		{"alps", "mountain", "alps/2024/peak.jpg alps/summit.jpg"},
		{"alps/2024", "mountain", "alps/2024/peak.jpg"},
		{"alps/2024", "-mountain", "alps/2024/hut.jpg"},
		{"alp", "mountain", ""},
		{"cities", "dog", "cities/oslo/dog.jpg cities/san-francisco/beach.jpg"},
		{"family", "surprise", ""},
		{"family/party", "surprise", "family/party/guests.jpg family/party/cake/cake.jpg"},
		{"family/party/cake", "surprise", "family/party/cake/cake.jpg"},
		{"--", "", "-/dash.jpg"}, // the directory that the album "-" is published in
		{"-", "", ""},
		{"nowhere", "", ""},
	} {
		got, want := find(t, x, tt.query, Options{Scope: tt.scope, Sort: ByDate}), strings.Fields(tt.want)
		if !slices.Equal(got, want) {
			t.Errorf("search %q in %.30q:\n got %q\nwant %q", tt.query, tt.scope, got, want)
		}
	}
	all := find(t, x, "", Options{})
	if len(all) != 23 {
		t.Errorf("the public search finds %d items, want 23: %q", len(all), all)
	}
}

func TestRelevance(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, fixedGallery())
	x := open(t, b)
	got := find(t, x, "dog", Options{})
	if len(got) != 5 || got[4] != "alps/2024/peak.jpg" {
		t.Errorf("dog finds %q, want the one that only has it in its caption last", got)
	}
	if got, want := find(t, x, "label:mountain", Options{})[0], "alps/2024/peak.jpg"; got != want {
		t.Errorf("without words, the first is %q, want the newest, %q", got, want)
	}
}

func TestPages(t *testing.T) {
	b := storage.NewMem()
	publish(t, b, manyPhotos(250))
	x := open(t, b)
	for _, query := range []string{"", "dog", "label:thing"} {
		all := find(t, x, query, Options{Size: 1000})
		var paged []string
		for from := 0; from < len(all)+7; from += 7 {
			paged = append(paged, find(t, x, query, Options{From: from, Size: 7})...)
		}
		if len(all) == 0 || !slices.Equal(all, paged) {
			t.Errorf("%q: %d results at once, %d in pages, or in another order", query, len(all), len(paged))
		}
	}
	for _, o := range []Options{{From: -1}, {From: maxFrom + 1}, {Size: -1}, {Size: maxSize + 1}, {Sort: "size"}} {
		if _, err := x.Search(t.Context(), Parse("dog"), o); err == nil {
			t.Errorf("a search with %+v succeeds, want an error", o)
		}
	}
}

func TestOpenWithoutIndex(t *testing.T) {
	if _, err := Open(t.Context(), storage.NewMem(), t.TempDir()); !errors.Is(err, ErrNoIndex) {
		t.Errorf("Open of an empty bucket: %v, want ErrNoIndex", err)
	}
}

func TestRecords(t *testing.T) {
	b := storage.NewMem()
	m := fixedGallery()
	m.storeRecords(t, b)
	hits := []Hit{{Key: "data/alps/lake.jpg"}, {Key: "data/alps/gone.jpg"}, {Key: "data/root.jpg"}}
	records, err := Records(t.Context(), b, hits)
	if err != nil {
		t.Fatal(err)
	}
	if records[0] == nil || records[0].Caption != "Swimming in the lake" || records[1] != nil || records[2] == nil {
		t.Errorf("Records = %v, want the second to be missing only", records)
	}
}

func BenchmarkSearch(b *testing.B) {
	bucket := storage.NewMem()
	publish(b, bucket, manyPhotos(10_000))
	x := open(b, bucket)
	for _, text := range []string{"dog", `"castle by the"`, "person:natalie 2012", "label:thing", "taken:2003-02-11..2015-06-20"} {
		q := Parse(text)
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				if r, err := x.Search(b.Context(), q, Options{Size: 60}); err != nil || r.Total == 0 {
					b.Fatal(r, err)
				}
			}
		})
	}
}
