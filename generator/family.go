package generator

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// maxRounds is how often a family that keeps changing is looked at: after that its event has to come again.
const maxRounds = 20

// Develop brings the records of what a key of the owner's names, and of its sidecars or what it is a sidecar of, up to date with
// what the bucket holds now. It returns what has to be published, even when there was nothing to do: whoever did it may not have
// got so far as to say so. Any number of Develops, Publishes and Builds may run at once.
func (g *Generator) Develop(ctx context.Context, key string) (Changes, error) {
	name := gallery.Name(key)
	switch {
	case !strings.HasPrefix(key, gallery.Data):
		return Changes{Everything: true}, nil // configuration, theme, names of people
	case name == "" || gallery.CheckKey(key) != nil:
		return Changes{}, nil // the mark of an empty folder, or what can't be published
	case name == ignoreFile || name == noMediaFile:
		return Changes{Everything: true}, nil
	case name == albumText:
		return Changes{Keys: []string{key}}, nil
	}
	f := &family{
		build:   &build{Generator: g, out: &output{Bucket: g.bucket, tell: g.tell}},
		key:     key,
		done:    map[string]developed{},
		touched: map[string]bool{key: true},
	}
	for range maxRounds {
		// Having written something it looks again, so that whoever writes last has seen what the bucket holds at the end.
		wrote, err := f.round(ctx)
		if err != nil {
			return Changes{}, err
		}
		if !wrote {
			c := Changes{Everything: f.renamed.Load()}
			for key := range f.touched {
				c.Keys = append(c.Keys, key)
			}
			slices.Sort(c.Keys)
			return c, nil
		}
	}
	return Changes{}, fmt.Errorf("%w: %s changed %d times while it was developed", errChanged, key, maxRounds)
}

// A family is an original with its sidecars and companions, or one of those with what it may belong to.
type family struct {
	*build
	key     string
	ignores *ignorer
	done    map[string]developed // what was made in the rounds before
	touched map[string]bool      // keys that have to be published
}

// developed is a record that was written, and the sidecars as they were listed before.
type developed struct {
	record   *gallery.Record
	sidecars []gallery.Original
}

// round brings the records of a family up to date with what is listed now. It reports whether it wrote anything, or lost a race.
func (f *family) round(ctx context.Context) (wrote bool, err error) {
	rules, err := storedRules(ctx, f.out)
	if err != nil {
		return false, err
	}
	f.ignores = newIgnorer(rules, f.config.Build.Ignore)
	if f.ignores.ignored(f.key) {
		return f.remove(ctx, f.key)
	}
	if f.labels == nil {
		if f.labels, err = f.labelling(ctx, f.out); err != nil {
			return false, err
		}
	}
	files, err := f.list(ctx)
	if err != nil {
		return false, err
	}
	foreign, err := lookIntoTakeouts(ctx, f.out, files)
	if err != nil {
		return false, err
	}
	_, items := pair(files, foreign)
	keys := f.reached(files)
	f.existing = map[string]string{}
	for _, key := range keys {
		i := slices.IndexFunc(items, func(s source) bool { return s.Key == key })
		var did bool
		if i < 0 {
			did, err = f.remove(ctx, key)
		} else {
			did, err = f.update(ctx, items[i])
		}
		if errors.Is(err, storage.ErrPrecondition) {
			delete(f.done, key)
			did, err = true, nil
		}
		if err != nil {
			return false, err
		}
		wrote = wrote || did
		f.touched[key] = true // even if somebody else did it, who may not have got so far as to say so
	}
	return wrote, nil
}

// list lists the files of the family, and maybe some more.
func (f *family) list(ctx context.Context) ([]gallery.Original, error) {
	dir := strings.TrimSuffix(f.key, gallery.Name(f.key))
	root := stem(gallery.Name(f.key))
	if isSidecar(f.key) {
		root = stem(root)
	}
	files, err := f.listNames(ctx, dir+root+".")
	if err != nil {
		return nil, err
	}
	name := gallery.Name(f.key)
	if isSidecar(name) {
		name = stem(name)
	}
	if start := takeoutRoot(name); isJSON(name) || start != root || slices.ContainsFunc(files, func(o gallery.Original) bool { return isJSON(o.Key) }) {
		if files, err = f.listNames(ctx, dir+start); err != nil {
			return nil, err
		}
		return f.kin(files), nil
	}
	// A name without an extension is not below that prefix. It matters when it is asked for, or a sidecar may speak of it.
	if f.key == dir+root || slices.ContainsFunc(files, func(o gallery.Original) bool { return isSidecar(o.Key) && stem(gallery.Name(o.Key)) == root }) {
		o, err := f.stat(ctx, dir+root)
		if err != nil {
			return nil, err
		}
		if o != nil && !f.ignores.ignored(o.Key) {
			files = append(files, *o)
		}
	}
	return files, nil
}

// listNames lists the files of the family's folder whose keys begin with a prefix.
func (f *family) listNames(ctx context.Context, prefix string) (files []gallery.Original, err error) {
	dir := strings.TrimSuffix(f.key, gallery.Name(f.key))
	for info, err := range storage.ListDir(ctx, f.out.Bucket, prefix) {
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", prefix, err)
		}
		if gallery.CheckKey(info.Key) == nil && !strings.Contains(strings.TrimPrefix(info.Key, dir), "/") && !f.ignores.ignored(info.Key) {
			files = append(files, originalOf(info))
		}
	}
	return files, nil
}

// reached are the keys of which something may change by what became of the family's: those that are related to it, and to what of them
// is JSON, since that may become an item, or be one no more, by it.
func (f *family) reached(files []gallery.Original) []string {
	keys := relatives([]string{f.key}, files)
	return relatives(keys, files, isJSON)
}

// kin are the files that decide what becomes of those that are reached: those that are related to them, and to what of these is JSON.
func (f *family) kin(files []gallery.Original) []gallery.Original {
	decide := relatives(relatives(f.reached(files), files), files, isJSON)
	return slices.DeleteFunc(files, func(file gallery.Original) bool { return !slices.Contains(decide, file.Key) })
}

// relatives are some keys and those of the files that are related to any of them, or to any of them that passes a test.
func relatives(keys []string, files []gallery.Original, test ...func(name string) bool) []string {
	all := slices.Clone(keys)
	for _, key := range keys {
		if len(test) > 0 && !test[0](key) {
			continue
		}
		for _, file := range files {
			if !slices.Contains(all, file.Key) && related(gallery.Name(key), gallery.Name(file.Key)) {
				all = append(all, file.Key)
			}
		}
	}
	return all
}

// related reports whether a file may be a sidecar of another of the same folder, the other way round, or speak of the same item:
// IMG.jpg.xmp, for one, decides whether IMG.xmp still speaks of IMG.jpg or is an item itself.
func related(name, other string) bool {
	if speaksOf(name, other) || speaksOf(other, name) {
		return true
	}
	theirs := itemStems(other)
	return slices.ContainsFunc(itemStems(name), func(s string) bool { return slices.Contains(theirs, s) })
}

// itemStems are the names, without extension, of the items that a file may be or speak of.
func itemStems(name string) []string {
	if isSidecar(name) {
		return []string{stem(name), stem(stem(name))}
	}
	return []string{stem(name)}
}

func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

func isSidecar(key string) bool {
	ext := strings.ToLower(path.Ext(key))
	return ext == ".xmp" || ext == ".md"
}

// update develops an original, unless its record is current.
func (f *family) update(ctx context.Context, s source) (did bool, err error) {
	if d, ok := f.done[s.Key]; ok {
		delete(f.done, s.Key)
		if !same(d.record.Original, s.Original) || !slices.EqualFunc(d.sidecars, s.sidecars, same) ||
			!slices.EqualFunc(d.record.Companions, s.companions, same) {
			return true, nil // it has changed since
		}
		err := f.listRenditions(ctx, s.Key)
		return f.missing(d.record), err
	}
	old, etag, err := readRecord(ctx, f.out, s.Key)
	if err != nil {
		return false, err
	}
	if old != nil && same(old.Original, s.Original) {
		if err := f.listRenditions(ctx, s.Key); err != nil {
			return false, err
		}
	}
	var record *gallery.Record
	switch {
	case f.stale(old, s) != "":
		record, err = f.renew(ctx, s, old, etag)
	case f.labels.due(old):
		record, err = f.relabel(ctx, old, etag)
	case f.lost(old):
		record, err = f.relocate(ctx, old, etag)
	default:
		return false, nil
	}
	if err == nil && record != nil {
		f.done[s.Key] = developed{record, s.sidecars}
	}
	return true, err
}

// listRenditions finds the renditions of an original that are there.
func (f *family) listRenditions(ctx context.Context, key string) error {
	prefix := gallery.Public + gallery.RenditionsPrefix(key)
	for info, err := range f.out.List(ctx, prefix) {
		if err != nil {
			return fmt.Errorf("list %s: %w", prefix, err)
		}
		f.existing[strings.TrimPrefix(info.Key, gallery.Public)] = info.ETag
	}
	return nil
}

// remove deletes the record of an original that is gone, or has become a sidecar or a companion.
func (f *family) remove(ctx context.Context, key string) (did bool, err error) {
	delete(f.done, key)
	record, etag, err := readRecord(ctx, f.out, key)
	if err != nil || etag == "" {
		return false, err
	}
	if record != nil {
		renamed, err := f.forget(ctx, f.out, record)
		if err != nil {
			return false, err
		}
		if renamed {
			f.renamed.Store(true)
		}
	}
	return true, f.out.Delete(ctx, gallery.RecordKey(key))
}
