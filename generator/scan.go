package generator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// A scan is what data/ holds at the start of a build, sorted into albums.
type scan struct {
	albums map[string]*folder // by path; every folder above an album is one too
	ignore ignoreRules        // what its files leave out
	others map[string]bool    // keys of files that are no items: left out, sidecars, or companions
	failed []Failure          // what can't be published at all
	items  int
}

// A folder is an album as data/ has it.
type folder struct {
	path     string
	index    *gallery.Original // its index.md
	items    []source          // sorted by key
	children []string          // paths of the albums directly below, sorted
}

// A source is an original with the sidecars that speak of it.
type source struct {
	gallery.Original
	sidecars   []gallery.Original // sorted by key
	companions []gallery.Original // files of the same photo, sorted by key
}

// albumText is the name of the file that holds an album's text and settings.
const albumText = "index.md"

// scanData lists data/, leaves out what is ignored and sorts the rest into albums.
func scanData(ctx context.Context, b storage.Bucket, ignore []string) (*scan, error) {
	var listed []storage.Info
	bad := map[string]error{}
	for info, err := range b.List(ctx, gallery.Data) {
		switch {
		case err == nil:
			listed = append(listed, info)
		case info.Key == "":
			return nil, fmt.Errorf("list %s: %w", gallery.Data, err)
		default:
			bad[info.Key] = err
		}
	}
	keys := make([]string, len(listed))
	for i, info := range listed {
		keys[i] = info.Key
	}
	s := &scan{albums: map[string]*folder{"": {}}, others: map[string]bool{}}
	var err error
	if s.ignore, err = readIgnoreRules(ctx, b, keys); err != nil {
		return nil, err
	}
	ignores := newIgnorer(s.ignore, ignore)
	for _, key := range slices.Sorted(maps.Keys(bad)) {
		name, isFolder := strings.CutSuffix(key, "/")
		if key != gallery.Data && ignores.ignored(name) {
			continue
		}
		if unseen := (*fs.PathError)(nil); isFolder || errors.As(bad[key], &unseen) {
			// What can't be seen may still be there: its pages must not be taken for those of deleted files.
			if key == gallery.Data {
				return nil, bad[key]
			}
			return nil, fmt.Errorf("%w: make it readable, or name it in %s%s", bad[key], gallery.Data, ignoreFile)
		}
		s.failed = append(s.failed, Failure{Key: strings.ToValidUTF8(key, "\ufffd"), Reason: bad[key].Error()})
	}
	files := map[string][]gallery.Original{} // by album
	for _, info := range listed {
		// A key that ends in a slash is how some S3 tools remember an empty folder.
		if strings.HasSuffix(info.Key, "/") {
			continue
		}
		if ignores.ignored(info.Key) {
			s.others[info.Key] = true
			continue
		}
		if err := gallery.CheckKey(info.Key); err != nil {
			s.failed = append(s.failed, Failure{Key: strings.ToValidUTF8(info.Key, "\ufffd"), Reason: err.Error()})
			continue
		}
		album := gallery.AlbumPath(info.Key)
		files[album] = append(files[album], originalOf(info))
	}
	for _, album := range slices.Sorted(maps.Keys(files)) {
		f := s.album(album)
		foreign, err := lookIntoTakeouts(ctx, b, files[album])
		if err != nil {
			return nil, err
		}
		f.index, f.items = pair(files[album], foreign)
		for _, file := range files[album] {
			if isSidecar(file.Key) {
				s.others[file.Key] = true
			}
		}
		for _, item := range f.items {
			for _, c := range item.sidecars {
				s.others[c.Key] = true
			}
			for _, c := range item.companions {
				s.others[c.Key] = true
			}
		}
		s.items += len(f.items)
	}
	for _, f := range s.albums {
		slices.Sort(f.children)
	}
	return s, nil
}

func originalOf(info storage.Info) gallery.Original {
	return gallery.Original{Key: info.Key, ETag: info.ETag, Size: info.Size, Modified: info.Modified.UTC().Truncate(time.Second)}
}

// album returns the folder at a path; it and those above are made when they are not there yet.
func (s *scan) album(p string) *folder {
	if f, ok := s.albums[p]; ok {
		return f
	}
	f := &folder{path: p}
	s.albums[p] = f
	parent, _ := gallery.ParentPath(p)
	above := s.album(parent)
	above.children = append(above.children, p)
	return f
}

// pair finds out which files of a folder speak of others: index.md of the album, IMG.jpg.md and IMG.jpg.xmp of IMG.jpg, and
// IMG.xmp of every IMG.* that has no file of its own; and what Google Takeout wrote, but for foreign files of such names. A sidecar of
// nothing is an item like any other.
func pair(files []gallery.Original, foreign map[string]bool) (index *gallery.Original, items []source) {
	speaks, _ := takeouts(files)
	spoken := map[string]bool{}
	for i, list := range speaks {
		speaks[i] = slices.DeleteFunc(list, func(j int) bool { return foreign[files[j].Key] })
		for _, j := range speaks[i] {
			spoken[files[j].Key] = true
		}
	}
	byName := map[string]int{}   // item's name → place in items
	byStem := map[string][]int{} // its name without the extension
	var sidecars []gallery.Original
	for i, f := range files {
		name := gallery.Name(f.Key)
		switch ext := strings.ToLower(path.Ext(name)); {
		case name == albumText:
			index = &f
			continue
		case ext == ".xmp" || ext == ".md":
			sidecars = append(sidecars, f)
			continue
		case spoken[f.Key]:
			continue
		}
		byName[name] = len(items)
		stem := strings.TrimSuffix(name, path.Ext(name))
		byStem[stem] = append(byStem[stem], len(items))
		item := source{Original: f}
		for _, j := range speaks[i] {
			item.sidecars = append(item.sidecars, files[j])
		}
		items = append(items, item)
	}
	var general []gallery.Original // IMG.xmp: considered once all IMG.jpg.xmp are known
	for _, f := range sidecars {
		name := gallery.Name(f.Key)
		stem := strings.TrimSuffix(name, path.Ext(name))
		if i, ok := byName[stem]; ok {
			items[i].sidecars = append(items[i].sidecars, f)
		} else if strings.EqualFold(path.Ext(name), ".xmp") && byStem[stem] != nil {
			general = append(general, f)
		} else {
			items = append(items, source{Original: f})
		}
	}
	for _, f := range general {
		name, used := gallery.Name(f.Key), false
		for _, i := range byStem[strings.TrimSuffix(name, path.Ext(name))] {
			if !slices.ContainsFunc(items[i].sidecars, isXMP) {
				items[i].sidecars, used = append(items[i].sidecars, f), true
			}
		}
		if !used {
			items = append(items, source{Original: f})
		}
	}
	items = joinCompanions(items)
	for _, item := range items {
		slices.SortFunc(item.sidecars, func(a, b gallery.Original) int { return cmp.Compare(a.Key, b.Key) })
		slices.SortFunc(item.companions, func(a, b gallery.Original) int { return cmp.Compare(a.Key, b.Key) })
	}
	slices.SortFunc(items, func(a, b source) int { return cmp.Compare(a.Key, b.Key) })
	return index, items
}

// joinCompanions makes one item of a raw file and the JPEG or HEIF that the camera wrote beside it. What speaks of either speaks of both.
func joinCompanions(items []source) []source {
	byKey := map[string]int{}
	for i, item := range items {
		byKey[item.Key] = i
	}
	joined := map[string]bool{}
	for _, item := range items {
		if !gallery.IsRaw(item.Key) {
			continue
		}
		for _, key := range gallery.Shots(item.Key) {
			i, ok := byKey[key]
			if !ok {
				continue
			}
			shot := &items[i]
			shot.companions = append(shot.companions, item.Original)
			for _, sidecar := range item.sidecars {
				if !slices.ContainsFunc(shot.sidecars, func(o gallery.Original) bool { return o.Key == sidecar.Key }) {
					shot.sidecars = append(shot.sidecars, sidecar)
				}
			}
			joined[item.Key] = true
			break
		}
	}
	return slices.DeleteFunc(items, func(s source) bool { return joined[s.Key] })
}

func isXMP(o gallery.Original) bool { return strings.EqualFold(path.Ext(o.Key), ".xmp") }
