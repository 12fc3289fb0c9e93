package search

import (
	"math"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

// ranked reports whether some results can match better than others. Of a person, place, album or camera none does.
func (q Query) ranked() bool { return q.worded() || len(q.likes()) > 0 }

// worded reports whether words make the difference.
func (q Query) worded() bool {
	return slices.ContainsFunc(q.Clauses, func(c Clause) bool { return !c.Not && c.scored() && (!c.Loose || c.Kind == Label) })
}

// scored reports whether some items match the clause better than others: it asks for words.
func (c Clause) scored() bool {
	switch c.Kind {
	case Word, Phrase:
		return true
	case Any:
		return slices.ContainsFunc(c.Any, func(c Clause) bool { return !c.Not && c.scored() })
	}
	return c.Loose
}

// bleve returns the query for the index: what is in the scope, and all that the clauses ask for; of what is optional any is
// enough, if so.
//
// It is one conjunction, since Bleve's boolean query takes a part that can match nothing for one that is not there: with
// something to exclude beside it, it would find everything, in any scope.
func (q Query) bleve(scope string, scored, anyWord bool) query.Query {
	filters := []query.Query{scopeQuery(scope)}
	var words, either, not []query.Query
	for _, c := range q.Clauses {
		switch {
		case c.Not:
			not = append(not, c.bleve())
		case anyWord && c.optional():
			either = append(either, c.bleve())
		case c.scored():
			words = append(words, c.bleve())
		default:
			filters = append(filters, c.bleve())
		}
	}
	if len(not) > 0 {
		filters = append(filters, except(not...))
	}
	if len(either) > 0 {
		words = append(words, bleve.NewDisjunctionQuery(either...))
	}
	if !scored {
		return allOf(append(filters, words...)...)
	}
	return bleve.NewConjunctionQuery(append([]query.Query{allOf(filters...)}, words...)...)
}

// bleve returns the query of what the clause asks for; whether it is negated is up to the caller, save within an Any.
//
// The words of a name in a row are found wherever the name is, since the text of an item has all of its names.
func (c Clause) bleve() query.Query {
	if c.Loose {
		return c.words()
	}
	return c.strict()
}

// words finds the clause's words, in a row.
func (c Clause) words() query.Query {
	if len(splitWords(c.Text)) > 1 {
		return phraseQuery(c.Text)
	}
	return wordQuery(c.Text, c.edits)
}

// strict finds what the clause says and nothing else.
func (c Clause) strict() query.Query {
	name := term(c.Text)
	switch c.Kind {
	case Any:
		scored := c.scored()
		var parts []query.Query
		for _, alternative := range c.Any {
			part := alternative.bleve()
			if alternative.Not {
				part = except(part)
			}
			if scored && (alternative.Not || !alternative.scored()) {
				part = quiet(part)
			}
			parts = append(parts, part)
		}
		return bleve.NewDisjunctionQuery(parts...)
	case Phrase:
		return phraseQuery(c.Text)
	case Title, Caption:
		return textQuery(c.Kind, c.Text)
	case File:
		return fileQuery(c.Text)
	case Like:
		return likeQuery(c.item())
	case Label:
		parts := []query.Query{termQuery(fieldLabel, name)}
		for _, other := range variants(name) {
			parts = append(parts, termQuery(fieldLabel, other))
		}
		return bleve.NewDisjunctionQuery(parts...)
	case Person: // a name of several words is a whole one; of places likewise
		return bleve.NewDisjunctionQuery(termQuery(fieldPerson, name), termQuery(fieldPart, partTerm(Person, name)))
	case Place:
		return bleve.NewDisjunctionQuery(termQuery(fieldPlace, name), termQuery(fieldPart, partTerm(Place, name)))
	case Album:
		return termQuery(fieldPart, partTerm(Album, strings.Trim(name, "/")))
	case Camera, Lens, Creator:
		return partsQuery(c.Kind, name)
	case Type:
		return termQuery(fieldType, typeTerm(c.Text))
	case Has:
		return termQuery(fieldPart, partTerm(Has, c.Text))
	case Is:
		switch c.Text {
		case "rated":
			return numberQuery(Rating, 1, math.Inf(1))
		case "rejected":
			return numberQuery(Rating, -1, -1)
		}
		return termQuery(fieldPart, partTerm(Is, c.Text))
	case Rating, ISO, Aperture, Focal, Shutter, Width, Height, Size, Duration, Altitude:
		return numberQuery(c.Kind, c.Min, c.Max)
	case Near:
		return nearQuery(c.Near)
	case Day:
		q := bleve.NewWildcardQuery("????" + c.Spans[0].From.Format("0102"))
		q.SetField(fieldDay)
		return q
	case Taken:
		var parts []query.Query
		for _, span := range c.Spans {
			for _, s := range spans(span.From, span.To) {
				parts = append(parts, rangeQuery(s.field, s.from, s.to, false))
			}
		}
		return bleve.NewDisjunctionQuery(parts...)
	}
	return wordQuery(c.Text, c.edits)
}

// rangeQuery finds the terms from one to another, of which an empty one leaves that end open.
func rangeQuery(field, from, to string, inclusive bool) query.Query {
	yes := true
	q := bleve.NewTermRangeInclusiveQuery(from, to, &yes, &inclusive)
	q.SetField(field)
	return q
}

// wordQuery finds a word in the text, or another word for it; with edits, one that differs in so many letters. As a label that
// is sure, it counts more.
func wordQuery(text string, edits int) query.Query {
	folded := fold(text)
	parts := []query.Query{wordMatch(folded, edits), sureQuery(folded),
		quiet(bleve.NewDisjunctionQuery(termQuery(fieldPlace, folded), partsQuery(Place, folded)))}
	for _, other := range variants(folded) {
		parts = append(parts, sureQuery(other))
	}
	for _, other := range synonyms(folded) {
		parts = append(parts, wordMatch(other, 0))
	}
	return bleve.NewDisjunctionQuery(parts...)
}

func wordMatch(folded string, edits int) query.Query {
	match := bleve.NewMatchQuery(textWords(folded))
	match.SetField(fieldText)
	match.SetOperator(query.MatchQueryOperatorAnd)
	match.SetFuzziness(edits)
	return match
}

func sureQuery(folded string) query.Query {
	sure := bleve.NewTermQuery(folded)
	sure.SetField(fieldSure)
	sure.SetBoost(2)
	return sure
}

// phraseQuery finds words in a row in the text, and the place of that name: those are not in the text, where they would take
// space again.
func phraseQuery(text string) query.Query {
	q := bleve.NewMatchPhraseQuery(textWords(fold(text)))
	q.SetField(fieldText)
	return bleve.NewDisjunctionQuery(q, quiet(termQuery(fieldPlace, term(text))))
}

// partsQuery finds what has each word of a name under a key.
func partsQuery(key Kind, name string) query.Query {
	var words []query.Query
	for _, word := range splitWords(name) {
		words = append(words, termQuery(fieldPart, partTerm(key, word)))
	}
	return bleve.NewConjunctionQuery(words...)
}

func termQuery(field, term string) query.Query {
	q := bleve.NewTermQuery(term)
	q.SetField(field)
	return q
}
