package generator

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"shoebox/generator/media"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// Google Takeout writes what Google Photos knows of IMG.jpg into a JSON file beside it. Its name is IMG.jpg.json in older exports and
// IMG.jpg.supplemental-metadata.json in newer ones, of which no more than 46 characters stand before ".json". Of several files of
// one name the number moves: IMG(1).jpg has IMG.jpg(1).json or IMG.jpg.supplemental-metadata(1).json. An edited picture and the video
// of a Live Photo have none of their own.
const (
	takeoutSuffix = ".supplemental-metadata"
	takeoutName   = 46 // characters before ".json"
)

// editedSuffixes end the names of edited pictures, in the languages of the account.
var editedSuffixes = []string{"-edited", "-bearbeitet", "-modifié", "-editado", "-editada", "-modificato", "-bewerkt", "-redigerad", "-redigert",
	"-redigeret", "-muokattu", "-edytowane", "-編集済み", "-effects", "-smile", "-mix"}

// takeoutNames are the names that the JSON of a picture or video may have. By the sure ones nothing else is called; what is called by
// one of the others is Takeout's only when it says so.
func takeoutNames(name string) (sure, unsure []string) {
	kind, _ := media.KindOf(name, nil)
	if kind != gallery.Photo && kind != gallery.Video {
		return nil, nil
	}
	ext := path.Ext(name)
	root := strings.TrimSuffix(name, ext)
	roots := []string{root}
	for _, suffix := range editedSuffixes {
		before, number := cutNumber(root)
		if original, ok := strings.CutSuffix(before, suffix); ok { // IMG-edited(1).jpg
			roots = append(roots, original+number)
		}
	}
	exts := []string{ext}
	if kind == gallery.Video {
		exts = append(exts, ".HEIC", ".heic", ".JPG", ".jpg", ".jpeg")
	}
	for _, root := range roots {
		for _, ext := range exts {
			before, number := cutNumber(root)
			for _, base := range [][2]string{{root + ext, ""}, {before + ext, number}} {
				for _, whole := range []string{base[0], base[0] + takeoutSuffix} {
					for _, limit := range []int{takeoutName, takeoutName - len(base[1])} {
						for _, cut := range []string{cutCharacters(whole, limit), cutBytes(whole, limit)} {
							if len(cut) > len(base[0])+1 {
								sure = append(sure, cut+base[1]+".json")
							} else {
								unsure = append(unsure, cut+base[1]+".json")
							}
						}
					}
				}
			}
		}
	}
	return distinct(sure), distinct(unsure)
}

// distinct drops what is there before.
func distinct(names []string) []string {
	var kept []string
	for _, n := range names {
		if !slices.Contains(kept, n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// cutNumber cuts "(1)" off the end of a name.
func cutNumber(root string) (before, number string) {
	open := strings.LastIndexByte(root, '(')
	if open <= 0 || !strings.HasSuffix(root, ")") {
		return root, ""
	}
	digits := root[open+1 : len(root)-1]
	if digits == "" || len(digits) > 4 || strings.Trim(digits, "0123456789") != "" {
		return root, ""
	}
	return root[:open], root[open:]
}

// cutCharacters returns the first characters of a name as JavaScript counts them, in units of UTF-16.
func cutCharacters(s string, limit int) string {
	n := 0
	for i, r := range s {
		if n += len(utf16.AppendRune(nil, r)); n > limit {
			return s[:i]
		}
	}
	return s
}

func cutBytes(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

func isJSON(name string) bool { return strings.HasSuffix(name, ".json") }

// takeouts finds the files of a folder that are named as what Takeout wrote of another one: their places in the list, by the place of
// the other, and those that are to be looked into.
func takeouts(files []gallery.Original) (of map[int][]int, unsure []int) {
	at := map[string]int{}
	for i, f := range files {
		if name := gallery.Name(f.Key); isJSON(name) {
			at[name] = i
		}
	}
	if len(at) == 0 {
		return nil, nil
	}
	of = map[int][]int{}
	certain := map[int]bool{}
	for i, f := range files {
		sure, maybe := takeoutNames(gallery.Name(f.Key))
		for _, name := range sure {
			if j, ok := at[name]; ok {
				of[i], certain[j] = append(of[i], j), true
			}
		}
		for _, name := range maybe {
			if j, ok := at[name]; ok && !slices.Contains(of[i], j) {
				of[i], unsure = append(of[i], j), append(unsure, j)
			}
		}
	}
	slices.Sort(unsure)
	unsure = slices.DeleteFunc(slices.Compact(unsure), func(j int) bool { return certain[j] })
	return of, unsure
}

// takeoutRoot is what the names of a picture or video, of those that share its JSON, and of that JSON begin with, given any of them.
func takeoutRoot(name string) string {
	root := stem(name)
	if isJSON(name) {
		root, _ = cutNumber(root)
		if before, _, ok := strings.Cut(root, takeoutSuffix[:2]); ok && stem(before) != before {
			root = before
		}
		root = stem(root)
	}
	root, _ = cutNumber(root)
	for _, suffix := range editedSuffixes {
		root = strings.TrimSuffix(root, suffix)
	}
	root, _ = cutNumber(root)
	return cutBytes(root, takeoutName/2) // with less, cut names can't begin
}

// speaksOf reports whether a file may be what Takeout wrote of another.
func speaksOf(takeout, name string) bool {
	if !isJSON(takeout) {
		return false
	}
	sure, unsure := takeoutNames(name)
	return slices.Contains(sure, takeout) || slices.Contains(unsure, takeout)
}

// lookIntoTakeouts returns the keys of files that are named as Takeout's may be and are something else.
func lookIntoTakeouts(ctx context.Context, b storage.Bucket, files []gallery.Original) (foreign map[string]bool, err error) {
	_, unsure := takeouts(files)
	if len(unsure) == 0 {
		return nil, nil
	}
	others := make([]bool, len(unsure))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(16)
	for i, j := range unsure {
		work.Go(func() error {
			body, err := readText(ctx, b, files[j].Key)
			if errors.Is(err, fs.ErrNotExist) || whyUnreadable(err) != "" {
				err = nil
			}
			others[i] = !media.IsTakeout(body)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	foreign = map[string]bool{}
	for i, j := range unsure {
		if others[i] {
			foreign[files[j].Key] = true
		}
	}
	return foreign, nil
}
