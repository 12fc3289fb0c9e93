package search

import (
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
)

// ranked reports whether some results can match better than others.
func (q Query) ranked() bool {
	for _, c := range q.Clauses {
		if !c.Not && c.scored() {
			return true
		}
	}
	return false
}

func (c Clause) scored() bool { return c.Kind == Word || c.Kind == Phrase }

// bleve returns the query for the index: what is in the scope, and all that the clauses ask for.
//
// It is one conjunction, since Bleve's boolean query takes a part that can match nothing for one that is not there: with
// something to exclude beside it, it would find everything, in any scope.
func (q Query) bleve(scope string, scored bool) query.Query {
	if scope = strings.Trim(scope, "/"); scope != "" {
		scope += "/"
	}
	filters := []query.Query{termQuery(fieldScope, scopeTerm(scope))}
	var words, not []query.Query
	for _, c := range q.Clauses {
		switch {
		case c.Not:
			not = append(not, c.bleve())
		case c.scored():
			words = append(words, c.bleve())
		default:
			filters = append(filters, c.bleve())
		}
	}
	if scored { // what only filters has no norms, without which Bleve's scores are no numbers: keep it out of them
		filter := bleve.NewBooleanQuery()
		filter.AddFilter(bleve.NewConjunctionQuery(filters...))
		filters = []query.Query{filter}
	}
	if len(not) > 0 {
		rest := bleve.NewBooleanQuery()
		rest.AddMust(bleve.NewMatchAllQuery())
		rest.AddMustNot(not...)
		filters = append(filters, rest)
	}
	return bleve.NewConjunctionQuery(append(filters, words...)...)
}

func (c Clause) bleve() query.Query {
	switch c.Kind {
	case Phrase:
		return phraseQuery(c.Text)
	case Label:
		return termQuery(fieldLabel, term(c.Text))
	case Person:
		// A name of several words is a whole one.
		return bleve.NewDisjunctionQuery(termQuery(fieldPerson, term(c.Text)), termQuery(fieldPart, partTerm(Person, term(c.Text))))
	case Album:
		return termQuery(fieldPart, partTerm(Album, strings.Trim(term(c.Text), "/")))
	case Camera:
		var words []query.Query
		for _, word := range splitWords(term(c.Text)) {
			words = append(words, termQuery(fieldPart, partTerm(Camera, word)))
		}
		return bleve.NewConjunctionQuery(words...)
	case Type:
		return termQuery(fieldType, typeTerm(c.Text))
	case Taken:
		var parts []query.Query
		for _, s := range spans(c.From, c.To) {
			yes, no := true, false
			part := bleve.NewTermRangeInclusiveQuery(s.from, s.to, &yes, &no)
			part.SetField(s.field)
			parts = append(parts, part)
		}
		return bleve.NewDisjunctionQuery(parts...)
	}
	return wordQuery(c.Text)
}

// wordQuery finds a word in the text. As a label that is sure, it counts more.
func wordQuery(text string) query.Query {
	match := bleve.NewMatchQuery(textWords(fold(text)))
	match.SetField(fieldText)
	match.SetOperator(query.MatchQueryOperatorAnd)
	sure := bleve.NewTermQuery(fold(text))
	sure.SetField(fieldSure)
	sure.SetBoost(2)
	return bleve.NewDisjunctionQuery(match, sure)
}

func phraseQuery(text string) query.Query {
	q := bleve.NewMatchPhraseQuery(textWords(fold(text)))
	q.SetField(fieldText)
	return q
}

func termQuery(field, term string) query.Query {
	q := bleve.NewTermQuery(term)
	q.SetField(field)
	return q
}
