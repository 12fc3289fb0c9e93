package generator

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// How collections are kept up to date, with work that does not grow with the gallery: an album's note says what the album has in
// which collection and hour. Where that differs from what it has now, the rolls and pages of these hours are written again, and
// of what they are part of. A roll names the ETags of its parts and their pages, and the register those of all collections.
//
// Pages of albums come first, for collections lead to them; then rolls and pages, the parts before the whole; then the notes of
// the albums; the register is last. So after a crash, or when two publishers were at it, a roll is not the one that is named
// where it should be. It is then in doubt, and made anew from the manifests of all albums.

// A register is what is remembered of all collections.
type register struct {
	Input string                     `json:"input"` // fingerprint of what all their pages were made from
	Kinds map[string]map[string]part `json:"kinds"` // by kind and slug
}

func (r *register) get(id collectionID) *part {
	if p, ok := r.Kinds[id.kind][id.slug]; ok {
		return &p
	}
	return nil
}

// collecting is what a build knows of collections.
type collecting struct {
	register  *register       // as it was at the start; nil when it can't be used: all collections are made anew
	stored    []byte          // the register as it is stored
	verify    bool            // what there is of collections in public/ and state/ was listed, and is looked at
	goneNotes []*publication  // of albums that are no more; nothing is published
	doomed    map[string]bool // paths below public/ that were a collection's

	lock  sync.Mutex            // guards what follows
	begun map[collectionID]bool // their pages are there, or are about to be
	rolls map[string]bool       // keys of rolls that belong to the gallery
	doubt map[collectionID]bool
	read  map[string]string // digests of rolls that were read, by key
}

// errDoubt is the error of a collection that was not left as it is remembered.
var errDoubt = errors.New("the collection is not as it was left")

// collectInput is the fingerprint of what all pages of collections are made from, beside the items.
func (b *build) collectInput() string { return fingerprint(pagesVersion, b.look) }

// openCollections reads what is remembered of collections, before anything is published.
func (b *build) openCollections(ctx context.Context) error {
	b.collecting = &collecting{
		verify: !b.some() || b.changes.Suspect, doomed: map[string]bool{}, begun: map[collectionID]bool{}, rolls: map[string]bool{},
		doubt: map[collectionID]bool{}, read: map[string]string{},
	}
	if b.some() && len(b.site.Collections) == 0 {
		b.verify = false
		b.register = &register{}
		return nil // nor will there be any, or all albums had to be published
	}
	body, err := b.recall(ctx, gallery.CollectionsKey)
	if err != nil {
		return err
	}
	r := &register{}
	if json.Unmarshal(body, r) != nil || r.Input != b.collectInput() {
		return b.doubtAll(ctx)
	}
	b.register, b.stored = r, body
	if b.some() && b.verify {
		return b.listCollections(ctx, "")
	}
	return nil
}

// doubtAll lets all collections be made anew. The register goes first: the notes of albums are about to say what is in no roll yet.
func (b *build) doubtAll(ctx context.Context) error {
	b.register, b.stored = nil, nil
	if b.memory[gallery.CollectionsKey] != "" {
		if err := b.out.Delete(ctx, gallery.CollectionsKey); err != nil {
			return err
		}
		b.memory[gallery.CollectionsKey] = ""
	}
	if !b.some() {
		return nil
	}
	b.verify = true
	return b.listCollections(ctx, "")
}

// checkNotes wants the note of each album that was there before to say what is of it in collections. Without one nobody knows.
func (b *build) checkNotes(ctx context.Context, opened []*publication) error {
	if b.register == nil || len(b.register.Kinds) == 0 {
		return nil
	}
	if err := b.readCatalog(ctx); err != nil {
		return err
	}
	for _, p := range opened {
		if p.old.Input != "" {
			continue
		}
		known := p.album == nil || len(b.catalog.Albums) == 0
		if !known {
			_, known = b.catalog.Albums[p.album.path]
		}
		if known {
			return b.doubtAll(ctx)
		}
	}
	return nil
}

// listCollections lists what there is of collections, of all or of one.
func (b *build) listCollections(ctx context.Context, below string) error {
	for info, err := range b.out.List(ctx, gallery.CollectionsPrefix+below) {
		if err != nil {
			return fmt.Errorf("list %s: %w", gallery.CollectionsPrefix+below, err)
		}
		if held, known := b.memory[info.Key]; known && held != info.ETag {
			return changed(info.Key)
		}
		b.memory[info.Key] = info.ETag
	}
	for _, kind := range collectionKinds {
		prefix := gallery.Public + "-/" + cmp.Or(below, kind.Name+"/")
		for info, err := range b.out.List(ctx, prefix) {
			if err != nil {
				return fmt.Errorf("list %s: %w", prefix, err)
			}
			b.existing[strings.TrimPrefix(info.Key, gallery.Public)] = info.ETag
			if below != "" {
				b.doomed[strings.TrimPrefix(info.Key, gallery.Public)] = true
			}
		}
		if below != "" {
			break
		}
	}
	return nil
}

// ofCollection reports whether a path below public/ is that of a page of a collection.
func ofCollection(path string) bool {
	for _, kind := range collectionKinds {
		if rest, ok := strings.CutPrefix(path, "-/"+kind.Name+"/"); ok && strings.Contains(rest, "/") {
			return true
		}
	}
	return false
}

// contribute finds what the album has in collections, and otherwise than before.
func (p *publication) contribute(ctx context.Context, m *gallery.Manifest) (err error) {
	c := p.contribution(m, func(collectionID) bool { return true })
	if p.new.Collected, err = c.digests(); err != nil {
		return err
	}
	if err := p.begin(ctx, c); err != nil || p.register == nil {
		return err
	}
	for id, hours := range c {
		maps.DeleteFunc(hours, func(hour string, _ []tile) bool {
			return p.old.Collected[id.kind][id.slug][hour] == p.new.Collected[id.kind][id.slug][hour]
		})
	}
	maps.DeleteFunc(c, func(_ collectionID, hours map[string][]tile) bool { return len(hours) == 0 })
	p.contributed = c
	return nil
}

// contributes reports whether the album has something in collections otherwise than before.
func (p *publication) contributes() bool {
	return len(p.contributed) > 0 || len(differences([]*publication{p})) > 0
}

// begin lets collections that an album is the first to be in have a page: the pages of its items lead there.
func (p *publication) begin(ctx context.Context, c contribution) error {
	ids := slices.Collect(maps.Keys(c))
	return p.parallel(len(ids), func(i int) error {
		id := ids[i]
		path := gallery.CollectionPage(id.kind, id.slug, "")
		p.mu.Lock()
		_, there := p.existing[path]
		p.mu.Unlock()
		p.collecting.lock.Lock()
		there = there || p.begun[id] || p.register != nil && p.register.get(id) != nil
		p.begun[id] = true
		p.collecting.lock.Unlock()
		if there {
			return nil
		}
		var name string
		for _, tiles := range c[id] {
			name = tiles[0].Name
		}
		body, err := p.render(p.collectionPage(id, &roll{}, part{Names: map[string]int{name: 1}}))
		if err != nil {
			return err
		}
		_, err = p.out.Put(ctx, gallery.Public+path, body, pageOptions)
		return err
	})
}

// An amendment is what an hour of a collection has anew.
type amendment struct {
	albums map[string]bool // the directories of those whose items are replaced
	tiles  []tile
}

// amendments are those of a collection, by hour.
type amendments map[string]*amendment

// differences finds what albums have in collections otherwise than before.
func differences(published []*publication) map[collectionID]amendments {
	all := map[collectionID]amendments{}
	note := func(dir string, id collectionID, hour string, tiles []tile) {
		if all[id] == nil {
			all[id] = amendments{}
		}
		if all[id][hour] == nil {
			all[id][hour] = &amendment{albums: map[string]bool{}}
		}
		all[id][hour].albums[dir] = true
		all[id][hour].tiles = append(all[id][hour].tiles, tiles...)
	}
	for _, p := range published {
		for kind, slugs := range p.old.Collected {
			for slug, hours := range slugs {
				for hour, digest := range hours {
					if p.new.Collected[kind][slug][hour] != digest {
						note(p.dir(), collectionID{kind, slug}, hour, nil)
					}
				}
			}
		}
		for id, hours := range p.contributed {
			for hour, tiles := range hours {
				note(p.dir(), id, hour, tiles)
			}
		}
	}
	return all
}

// dir is the directory of the publication's album, by its note: of one that is no more nothing else is known.
func (p *publication) dir() string {
	name := gallery.Name(gallery.PublishedKey(""))
	return strings.TrimSuffix(strings.TrimPrefix(p.note, albumsMemory), name)
}

// collect brings the collections up to date with the albums that were published, then closes these.
func (b *build) collect(ctx context.Context, published []*publication) error {
	var err error
	after := &register{Input: b.collectInput(), Kinds: map[string]map[string]part{}}
	set := func(id collectionID, p *part) {
		b.collecting.lock.Lock()
		defer b.collecting.lock.Unlock()
		if p == nil {
			delete(after.Kinds[id.kind], id.slug)
			return
		}
		if after.Kinds[id.kind] == nil {
			after.Kinds[id.kind] = map[string]part{}
		}
		if !kindOf(id.kind).portraits {
			p.Cover = nil // nobody sees it
		}
		after.Kinds[id.kind][id.slug] = *p
	}
	if b.register == nil {
		err = b.remake(ctx, func(collectionID) bool { return true }, set)
	} else {
		err = b.amend(ctx, differences(slices.Concat(published, b.goneNotes)), set)
		if err == nil && len(b.doubt) > 0 {
			for id := range b.doubt {
				set(id, nil)
				b.disown(id)
				if !b.verify {
					if err := b.listCollections(ctx, id.kind+"/"+id.slug+"/"); err != nil {
						return err
					}
				}
			}
			err = b.remake(ctx, func(id collectionID) bool { return b.doubt[id] }, set)
		}
	}
	if err != nil {
		return err
	}
	if err := b.parallel(len(published), func(i int) error { return published[i].close(ctx) }); err != nil {
		return err
	}
	if err := b.parallel(len(b.goneNotes), func(i int) error { return b.goneNotes[i].leave(ctx) }); err != nil {
		return err
	}
	return b.closeCollections(ctx, after)
}

// leave notes of an album that is no more that nothing of it is in collections. The note itself goes last of all, and until then the
// album may come back: it must not look as if it had never been away.
func (p *publication) leave(ctx context.Context) error {
	if len(p.old.Collected) == 0 {
		return nil
	}
	body, err := json.Marshal(published{Input: "gone", Objects: p.old.Objects})
	if err != nil {
		return fmt.Errorf("encode %s: %w", p.note, err)
	}
	return p.remember(ctx, p.note, body)
}

// closeCollections writes the register, last of all.
func (b *build) closeCollections(ctx context.Context, after *register) error {
	maps.DeleteFunc(after.Kinds, func(_ string, slugs map[string]part) bool { return len(slugs) == 0 })
	b.register = after
	if len(after.Kinds) == 0 {
		return nil // that of before goes with what is stale
	}
	b.rolls[gallery.CollectionsKey] = true
	body, err := json.Marshal(after)
	if err != nil {
		return fmt.Errorf("encode %s: %w", gallery.CollectionsKey, err)
	}
	if bytes.Equal(b.stored, body) {
		return nil
	}
	b.stored = body
	return b.remember(ctx, gallery.CollectionsKey, body)
}

// amend makes some changes in collections; the others stay, once they have been looked at.
func (b *build) amend(ctx context.Context, all map[collectionID]amendments, set func(collectionID, *part)) error {
	ids := map[collectionID]bool{}
	for id := range all {
		ids[id] = true
	}
	for kind, slugs := range b.register.Kinds {
		for slug, p := range slugs {
			id := collectionID{kind, slug}
			ids[id] = true
			set(id, &p)
		}
	}
	if b.verify {
		for key := range b.memory { // of a collection that a publisher made and did not live to note
			if in, ok := strings.CutPrefix(key, gallery.CollectionsPrefix); ok && strings.Count(in, "/") == 2 {
				names := strings.Split(in, "/")
				ids[collectionID{names[0], names[1]}] = true
			}
		}
	}
	todo := slices.SortedFunc(maps.Keys(ids), func(x, y collectionID) int {
		return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.slug, y.slug))
	})
	return b.parallel(len(todo), func(i int) error {
		id := todo[i]
		before := b.register.get(id)
		p, err := b.amendRoll(ctx, id, "", before, nil, all[id])
		if err == nil && p == nil && before != nil {
			// It is about to go. Until that is noted, it must not look as if nothing had been done.
			err = b.remember(ctx, gallery.CollectionKey(id.kind, id.slug, ""), []byte("{}"))
		}
		if errors.Is(err, errDoubt) {
			b.collecting.lock.Lock()
			defer b.collecting.lock.Unlock()
			b.doubt[id] = true
			return nil
		}
		if err == nil {
			set(id, p)
		}
		return err
	})
}

// remake makes collections anew from the manifests of all albums.
func (b *build) remake(ctx context.Context, wanted func(collectionID) bool, set func(collectionID, *part)) error {
	var paths []string
	for path, a := range b.albums {
		if len(a.head.Collections) > 0 && !b.unlisted(path) {
			paths = append(paths, path)
		}
	}
	var lock sync.Mutex // guards all
	all := map[collectionID][]tile{}
	if err := b.parallel(len(paths), func(i int) error {
		m, err := b.Manifest(ctx, paths[i])
		if err != nil {
			return err
		}
		c := b.contribution(m, wanted)
		lock.Lock()
		defer lock.Unlock()
		for id, hours := range c {
			for _, tiles := range hours {
				all[id] = append(all[id], tiles...)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	ids := slices.Collect(maps.Keys(all))
	return b.parallel(len(ids), func(i int) error {
		p, err := b.makeRoll(ctx, ids[i], "", all[ids[i]])
		if err == nil {
			set(ids[i], p)
		}
		return err
	})
}

// makeRoll makes a roll of all its items, and its parts.
func (b *build) makeRoll(ctx context.Context, id collectionID, period string, tiles []tile) (*part, error) {
	hours := map[string]bool{}
	for i := range tiles {
		hours[tiles[i].hour()] = true
	}
	cut := cutAt(period, hours)
	if len(tiles) <= b.tiles || cut == 0 {
		slices.SortFunc(tiles, compareTiles)
		return b.writeRoll(ctx, id, period, nil, &roll{Tiles: tiles})
	}
	groups := map[string][]tile{}
	for _, t := range tiles {
		groups[t.hour()[:cut]] = append(groups[t.hour()[:cut]], t)
	}
	r := &roll{}
	for _, p := range latestFirst(groups) {
		child, err := b.makeRoll(ctx, id, p, groups[p])
		if err != nil {
			return nil, err
		}
		r.Parts = append(r.Parts, *child)
	}
	return b.writeRoll(ctx, id, period, nil, r)
}

func latestFirst[T any](periods map[string]T) []string {
	all := slices.Sorted(maps.Keys(periods))
	slices.Reverse(all)
	return all
}

// amendRoll makes some changes in a roll. before is what is remembered of it, nil when there was none; have is what it holds,
// where that is not what is stored. It returns nil when nothing is left of it.
func (b *build) amendRoll(ctx context.Context, id collectionID, period string, before *part, have *roll, all amendments) (*part, error) {
	if b.verify && before != nil && have == nil && !b.intact(id, before) {
		return nil, errDoubt
	}
	if before != nil && have == nil && len(all) == 0 && (!b.verify || before.Count <= b.tiles) {
		b.keepRoll(id, period)
		return before, nil
	}
	r, err := have, error(nil)
	if r == nil {
		if r, err = b.readRoll(ctx, id, period, before); err != nil {
			return nil, err
		}
	}
	if len(r.Parts) == 0 {
		r.replace(all)
		if len(r.Tiles) == 0 {
			b.dropRoll(id, period)
			return nil, nil
		}
		hours := map[string]bool{}
		for i := range r.Tiles {
			hours[r.Tiles[i].hour()] = true
		}
		if len(r.Tiles) > b.tiles && cutAt(period, hours) > 0 {
			return b.makeRoll(ctx, id, period, r.Tiles)
		}
		return b.writeRoll(ctx, id, period, before, r)
	}
	if r, err = b.amendParts(ctx, id, period, r, all); err != nil {
		return nil, err
	}
	switch {
	case len(r.Parts) == 0:
		b.dropRoll(id, period)
		return nil, nil
	case r.count() <= b.tiles:
		if r, err = b.gather(ctx, id, r); err != nil {
			return nil, err
		}
	case len(r.Parts) == 1:
		child := r.Parts[0]
		if r, err = b.readRoll(ctx, id, child.Period, &child); err != nil {
			return nil, err
		}
		b.dropRoll(id, child.Period)
	}
	return b.writeRoll(ctx, id, period, before, r)
}

// amendParts makes changes in the parts of a roll.
func (b *build) amendParts(ctx context.Context, id collectionID, period string, r *roll, all amendments) (*roll, error) {
	cut := len(r.Parts[0].Period)
	hours := map[string]bool{}
	for _, p := range r.Parts {
		hours[p.Period] = true
	}
	for hour, c := range all {
		if len(c.tiles) > 0 {
			hours[hour] = true
		}
	}
	parts, inside := map[string]*part{}, map[string]*roll{}
	if wider := cutAt(period, hours); wider > 0 && wider < cut {
		// What is new is of another year, say, and all that was there is of one: it becomes a part itself.
		old := r.summary(r.Parts[0].Period[:wider])
		parts[old.Period], inside[old.Period] = &old, r
		cut = wider
	} else {
		for i := range r.Parts {
			parts[r.Parts[i].Period] = &r.Parts[i]
		}
	}
	of := map[string]amendments{}
	for hour, c := range all {
		if p := hour[:cut]; parts[p] != nil || len(c.tiles) > 0 {
			if of[p] == nil {
				of[p] = amendments{}
			}
			of[p][hour] = c
			if parts[p] == nil {
				parts[p] = nil // it is new
			}
		}
	}
	amended := &roll{}
	for _, p := range latestFirst(parts) {
		after := parts[p]
		if b.verify || len(of[p]) > 0 || inside[p] != nil {
			var err error
			if after, err = b.amendRoll(ctx, id, p, parts[p], inside[p], of[p]); err != nil {
				return nil, err
			}
		} else {
			b.keepRoll(id, p)
		}
		if after != nil {
			amended.Parts = append(amended.Parts, *after)
		}
	}
	return amended, nil
}

// replace takes out what some albums had in some hours, and puts in what they have now.
func (r *roll) replace(all amendments) {
	if len(all) == 0 {
		return
	}
	r.Tiles = slices.DeleteFunc(r.Tiles, func(t tile) bool {
		c := all[t.hour()]
		return c != nil && c.albums[t.album()]
	})
	for _, c := range all {
		r.Tiles = append(r.Tiles, c.tiles...)
	}
	slices.SortFunc(r.Tiles, compareTiles)
}

// gather makes a roll of the items of its parts, which are no more.
func (b *build) gather(ctx context.Context, id collectionID, r *roll) (*roll, error) {
	all := &roll{}
	for _, p := range r.Parts {
		child, err := b.readRoll(ctx, id, p.Period, &p)
		if err != nil {
			return nil, err
		}
		if len(child.Parts) > 0 {
			return nil, errDoubt
		}
		all.Tiles = append(all.Tiles, child.Tiles...)
		b.dropRoll(id, p.Period)
	}
	slices.SortFunc(all.Tiles, compareTiles)
	return all, nil
}

// intact reports whether a roll and its page are those that are remembered; what there is was listed.
func (b *build) intact(id collectionID, p *part) bool {
	key, path := gallery.CollectionKey(id.kind, id.slug, p.Period), gallery.CollectionPage(id.kind, id.slug, p.Period)
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.memory[key] == p.Roll && b.existing[path] == p.Page.ETag
}

// readRoll reads a roll that is as it is remembered.
func (b *build) readRoll(ctx context.Context, id collectionID, period string, p *part) (*roll, error) {
	key := gallery.CollectionKey(id.kind, id.slug, period)
	body, err := b.recall(ctx, key)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	held := b.memory[key]
	b.mu.Unlock()
	var r roll
	switch {
	case p == nil && held == "":
		return &r, nil
	case p == nil || held != p.Roll || json.Unmarshal(body, &r) != nil || r.count() != p.Count:
		return nil, errDoubt
	}
	b.collecting.lock.Lock()
	defer b.collecting.lock.Unlock()
	b.collecting.read[key] = digestOf(body)
	return &r, nil
}

// writeRoll writes a roll and then its page, unless they are there already.
func (b *build) writeRoll(ctx context.Context, id collectionID, period string, before *part, r *roll) (*part, error) {
	key, path := gallery.CollectionKey(id.kind, id.slug, period), gallery.CollectionPage(id.kind, id.slug, period)
	b.keepRoll(id, period)
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", key, err)
	}
	b.mu.Lock()
	held, known := b.memory[key]
	b.mu.Unlock()
	b.collecting.lock.Lock()
	digest := b.collecting.read[key]
	delete(b.collecting.read, key)
	b.collecting.lock.Unlock()
	if digest == "" && (held != "" || !known && b.some()) {
		stored, err := b.recall(ctx, key)
		if err != nil {
			return nil, err
		}
		if len(stored) > 0 {
			digest = digestOf(stored)
		}
	}
	if digest != digestOf(body) {
		if err := b.remember(ctx, key, body); err != nil {
			return nil, err
		}
	}
	p := r.summary(period)
	b.mu.Lock()
	p.Roll = b.memory[key]
	etag, listed := b.existing[path]
	b.mu.Unlock()
	if before != nil && before.Roll == p.Roll && (!listed || etag == before.Page.ETag) {
		p.Page = before.Page
		return &p, nil
	}
	shown, err := b.render(b.collectionPage(id, r, p))
	if err != nil {
		return nil, err
	}
	p.Page = object{Digest: digestOf(shown), ETag: etag}
	if listed && before != nil && before.Page == p.Page {
		return &p, nil
	}
	if listed {
		held, info, err := storage.Read(ctx, b.out, gallery.Public+path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if err == nil && bytes.Equal(held, shown) {
			p.Page.ETag = info.ETag
			return &p, nil
		}
	}
	p.Page.ETag, err = b.out.Put(ctx, gallery.Public+path, shown, pageOptions)
	return &p, err
}

// keepRoll notes that a roll and its page belong to the gallery.
func (b *build) keepRoll(id collectionID, period string) {
	path := gallery.CollectionPage(id.kind, id.slug, period)
	b.mu.Lock()
	b.kept[path] = true
	b.mu.Unlock()
	b.collecting.lock.Lock()
	defer b.collecting.lock.Unlock()
	b.rolls[gallery.CollectionKey(id.kind, id.slug, period)] = true
	delete(b.doomed, path)
}

// disown forgets what was found to belong to a collection.
func (b *build) disown(id collectionID) {
	within := func(m map[string]bool, prefix string) {
		maps.DeleteFunc(m, func(name string, _ bool) bool { return strings.HasPrefix(name, prefix) })
	}
	within(b.kept, "-/"+id.kind+"/"+id.slug+"/")
	within(b.rolls, gallery.CollectionsPrefix+id.kind+"/"+id.slug+"/")
}

// dropRoll notes that a roll and its page are no more: both are deleted with what else is stale.
func (b *build) dropRoll(id collectionID, period string) {
	key, path := gallery.CollectionKey(id.kind, id.slug, period), gallery.CollectionPage(id.kind, id.slug, period)
	b.mu.Lock()
	delete(b.kept, path)
	if b.memory[key] != "" {
		b.existing[path] = cmp.Or(b.existing[path], "unknown")
	}
	b.mu.Unlock()
	b.collecting.lock.Lock()
	defer b.collecting.lock.Unlock()
	delete(b.rolls, key)
	b.doomed[path] = true
}
