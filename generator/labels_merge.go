package generator

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"shoebox/internal/config"
	"shoebox/internal/gallery"
)

// mergeLabels adds to the owner's labels what the configuration lets through of a recognizer's, sorted by name. Where both say
// the same word the owner's stays.
func mergeLabels(own []gallery.Label, a labelAnswer, source string, c config.Labels) []gallery.Label {
	allow, deny, said := wordSet(c.Allow), wordSet(c.Deny), map[string]bool{}
	for _, l := range own {
		said[foldWord(l.Name)] = true
	}
	var found []gallery.Label
	for _, l := range a.Labels {
		words := slices.Concat([]string{l.Name}, l.Aliases)
		switch {
		case l.Name == "" || l.Confidence < float64(c.MinConfidence):
		case anyIn(deny, words) || anyIn(said, words):
		case len(allow) > 0 && !anyIn(allow, slices.Concat(words, l.Parents, l.Categories)):
		default:
			found = append(found, gallery.Label{
				Name: l.Name, Confidence: math.Round(l.Confidence*10) / 10, Source: source,
				// They are found by search too, so what is denied is denied there.
				Parents: notIn(deny, l.Parents), Aliases: notIn(deny, l.Aliases),
			})
		}
	}
	slices.SortStableFunc(found, func(a, b gallery.Label) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.Name, b.Name))
	})
	all := slices.Concat(own, found[:min(len(found), c.Max)])
	sortLabels(all)
	return all
}

func foldWord(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

func wordSet(words []string) map[string]bool {
	set := map[string]bool{}
	for _, w := range words {
		set[foldWord(w)] = true
	}
	return set
}

func anyIn(set map[string]bool, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return set[foldWord(w)] })
}

func notIn(set map[string]bool, words []string) []string {
	var kept []string
	for _, w := range words {
		if !set[foldWord(w)] {
			kept = append(kept, w)
		}
	}
	return kept
}
