package search

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search/query"
	bleveindex "github.com/blevesearch/bleve_index_api"
)

// textQuery finds words in a row in titles or in captions, each alone. The index has nothing more for that: with each word of the
// text it keeps of which text in the list it is.
func textQuery(of Kind, text string) query.Query {
	number := uint64(textTitle)
	if of == Caption {
		number = textCaption
	}
	return bitsQuery(func(ctx context.Context, r *snapshot, m mapping.IndexMapping) (bitset, error) {
		candidates, err := r.set(ctx, m, termQuery(fieldPart, partTerm(Has, string(of))))
		if err != nil {
			return nil, err
		}
		text := fold(text)
		found, err := r.inText(ctx, m, number, textWords(text), candidates)
		for _, other := range synonyms(text) {
			if err != nil {
				break
			}
			var more bitset
			if more, err = r.inText(ctx, m, number, other, candidates); err == nil {
				for i := range found {
					found[i] |= more[i]
				}
			}
		}
		return found, err
	})
}

// inText returns which of some documents have the words in one of their texts. The candidates stay as they are.
func (r *snapshot) inText(ctx context.Context, m mapping.IndexMapping, of uint64, words string, candidates bitset) (bitset, error) {
	tokens := m.AnalyzerNamed(textAnalyzer).Analyze([]byte(words))
	var starts []uint64 // where all tokens so far are in a row: the document, then the position of the first
	for i, token := range tokens {
		if i > 0 && candidates.count() == 0 {
			break
		}
		found := newBitset(r.documents())
		var next []uint64
		err := r.positions(ctx, token.Term, of, candidates, func(document uint32, position uint64) {
			at := uint64(document)<<32 + position + uint64(len(tokens)-i)
			if i > 0 {
				if _, ok := slices.BinarySearch(starts, at); !ok {
					return
				}
			}
			next = append(next, at)
			found.add(document)
		})
		if err != nil {
			return nil, err
		}
		slices.Sort(next)
		starts, candidates = next, found
	}
	if len(tokens) == 0 {
		return newBitset(r.documents()), nil
	}
	return candidates, nil
}

// positions calls f with every place where a word is in one of the texts of some documents.
func (r *snapshot) positions(ctx context.Context, word []byte, of uint64, documents bitset, f func(document uint32, position uint64)) (err error) {
	reader, err := r.TermFieldReader(ctx, word, fieldText, true, false, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	var found *bleveindex.TermFieldDoc
	for n, from := 1, uint64(0); ; n++ {
		document, ok := documents.next(from)
		if !ok {
			return nil
		}
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if found, err = reader.Advance(bleveindex.NewIndexInternalID(nil, document), found); err != nil || found == nil {
			return err
		}
		at := found.ID.Value()
		if at == document {
			for _, v := range found.Vectors {
				if len(v.ArrayPositions) == 1 && v.ArrayPositions[0] == of {
					f(uint32(document), v.Pos)
				}
			}
			at++
		}
		from = at
	}
}

// fileQuery finds words in file names alone, in any order: what stands between two places where [nameWords] cuts. It goes by the
// names themselves, since every photo is an "IMG" and a "jpg".
func fileQuery(text string) query.Query {
	var words []query.Query
	for _, word := range splitWords(fold(text)) {
		words = append(words, nameQuery(word))
	}
	if len(words) == 0 {
		return bleve.NewMatchNoneQuery()
	}
	return allOf(words...)
}

// nameQuery finds a folded word in file names.
func nameQuery(word string) query.Query {
	return bitsQuery(func(ctx context.Context, r *snapshot, m mapping.IndexMapping) (bitset, error) {
		// Folding names that are not ASCII takes long: only those are that have the word somewhere.
		somewhere, err := r.set(ctx, m, wordMatch(word, 0))
		if err != nil {
			return nil, err
		}
		found := newBitset(r.documents())
		for i, l := range r.leaves {
			for n := range l.columns.documents {
				document := r.offsets[i] + uint32(n)
				name := l.columns.names.at(n)
				if hasWord(name, word) || !ascii(name) && somewhere.has(document) &&
					slices.Contains(strings.Fields(fold(nameWords(name))), word) {
					found.add(document)
				}
			}
		}
		r.dropDeleted(found)
		return found, nil
	})
}

// hasWord reports whether a name has a word of lower case ASCII, however it is written, between two cuts.
func hasWord(name, word string) bool {
	for i := 0; i+len(word) <= len(name); i++ {
		if lower(name[i]) == word[0] && cut(name, i) && cut(name, i+len(word)) && strings.EqualFold(name[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// cut reports whether a name is cut before byte i, next to ASCII alone: at its ends, beside what is no letter or digit, between a
// letter and a digit, and between a lower case letter and an upper case one.
func cut(name string, i int) bool {
	if i == 0 || i == len(name) {
		return true
	}
	a, b := name[i-1], name[i]
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	letter := func(c byte) bool { return lower(c) >= 'a' && lower(c) <= 'z' }
	switch {
	case a >= 0x80 || b >= 0x80:
		return false
	case !letter(a) && !digit(a), !letter(b) && !digit(b):
		return true
	}
	return digit(a) != digit(b) || lower(a) == a && lower(b) != b
}
