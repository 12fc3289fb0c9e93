package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// corrected returns the query with each clause that finds nothing in the scope by itself replaced by what is spelled almost
// alike, and what was replaced in words for the visitor, empty when nothing was.
func (q Query) corrected(ctx context.Context, in *opened, scope string) (_ Query, said string, _ error) {
	names, err := in.scoped(ctx, scope)
	if err != nil {
		return q, "", err
	}
	var typed, shown []string
	clauses := make([]Clause, len(q.Clauses))
	copy(clauses, q.Clauses)
	for i, c := range clauses {
		kind := c.Kind
		switch {
		case c.Not:
			continue
		case c.Kind == Word, c.Loose:
			kind = ""
		case c.Kind == Label, c.Kind == Person, c.Kind == Place, c.Kind == Album, c.Kind == Camera:
		default:
			continue
		}
		found, err := names.finds(c)
		if err != nil {
			return q, "", err
		}
		if found {
			continue
		}
		if name, ok := names.nearest(kind, c.Text); ok {
			typed, shown = append(typed, "“"+c.Text+"”"), append(shown, "“"+name.Text+"”")
			clauses[i] = Clause{Kind: name.Kind, Text: name.Text, Loose: kind == ""}
			continue
		}
		edits := editsAllowed(len([]rune(fold(c.Text))))
		if kind != "" || edits == 0 {
			continue
		}
		c.edits = edits
		if found, err = names.finds(c); err != nil {
			return q, "", err
		}
		if found {
			typed, shown = append(typed, "“"+c.Text+"”"), append(shown, "words spelled almost like it")
			clauses[i] = c
		}
	}
	q.Clauses = clauses
	if len(typed) > 0 {
		said = fmt.Sprintf("nothing is found for %s: showing %s", strings.Join(typed, ", "), strings.Join(shown, ", "))
	}
	return q, said, names.err
}

// optional reports whether the clause may be missing when there are others like it: it came without a key or quotes.
func (c Clause) optional() bool {
	if c.Kind == Any {
		return !slices.ContainsFunc(c.Any, func(c Clause) bool { return c.Not || !c.bare() })
	}
	return !c.Not && c.bare()
}

// anyHelps reports whether any of the words can find more than all of them.
func (q Query) anyHelps() bool {
	n := 0
	for _, c := range q.Clauses {
		if c.optional() {
			n++
		}
	}
	return n > 1
}

// anyNote tells the visitor that any of the words was enough.
const anyNote = "no photo has all of these: showing those with any of the words"
