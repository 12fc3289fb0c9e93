package search

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	"github.com/blevesearch/bleve/v2/analysis/token/porter"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/mapping"
)

// documentVersion is raised whenever [newDocument] makes other terms of the same record. It and the mapping are hashed into
// every generation: one made otherwise is built anew.
//
//	1: first version
//	2: lenses, creators, numbers, "has" and "is"
//	3: places; title, caption and file name are told apart
const documentVersion = 3

// The fields of the index. All but text and hash hold terms as [fold] leaves them, save for paths, which are exact.
const (
	fieldAlbum   = "a"    // path of the album that the item is directly in: what publishing an album replaces
	fieldScope   = "s"    // the scopes that the item may be found from: see scopes
	fieldLabel   = "l"    // labels and their ancestors
	fieldSure    = "lh"   // labels of at least 90 % confidence: they count more
	fieldPerson  = "p"    // people, by full name
	fieldPlace   = "pl"   // cities, regions and countries, by full name
	fieldCamera  = "cam"  // cameras
	fieldType    = "type" // kinds and file types
	fieldPart    = "k"    // a key and ":" before one word of a person's, place's, camera's, lens's or creator's name, one of an album's names, or a fact
	fieldYear    = "y"    // taken: 2006
	fieldMonth   = "ym"   // taken: 200601
	fieldDay     = "d"    // taken: 20060102; sorts by date
	fieldText    = "t"    // all that plain words find
	textAnalyzer = "text"
)

// The places of texts in the list that is a document's text: all others come after. Bleve keeps with each word which of the list
// it is of.
const (
	textTitle = iota
	textCaption
)

// newMapping returns the index mapping: static and lean. Nothing is stored, and nothing has a column of Bleve's: see
// [columns]. The text has term vectors, which phrases need.
func newMapping() (*mapping.IndexMappingImpl, error) {
	m := bleve.NewIndexMapping()
	err := m.AddCustomAnalyzer(textAnalyzer, map[string]any{
		"type":          custom.Name,
		"tokenizer":     unicode.Name,
		"token_filters": []string{en.PossessiveName, lowercase.Name, porter.Name}, // accents are folded before: see fold
	})
	if err != nil {
		return nil, fmt.Errorf("search index mapping: %w", err)
	}
	document := bleve.NewDocumentStaticMapping()
	document.AddSubDocumentMapping("_all", bleve.NewDocumentDisabledMapping())
	for _, name := range []string{fieldAlbum, fieldScope, fieldLabel, fieldSure, fieldPerson, fieldPlace, fieldCamera, fieldType, fieldPart,
		fieldYear, fieldMonth, fieldDay} {
		field := bleve.NewTextFieldMapping()
		field.Analyzer = keyword.Name
		field.Store, field.IncludeInAll, field.IncludeTermVectors = false, false, false
		field.DocValues = false                // what is counted and sorted by lies in columns
		field.SkipFreqNorm = name != fieldSure // the others filter: they have no score
		document.AddFieldMappingsAt(name, field)
	}
	text := bleve.NewTextFieldMapping()
	text.Analyzer = textAnalyzer
	text.Store, text.IncludeInAll, text.DocValues = false, false, false
	text.IncludeTermVectors = true
	document.AddFieldMappingsAt(fieldText, text)
	m.DefaultMapping = document
	return m, nil
}

// fingerprint identifies a mapping and how documents are made for it.
func fingerprint(m *mapping.IndexMappingImpl) (string, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("search index mapping: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(data, " %d %d", documentVersion, columnsVersion))
	return hex.EncodeToString(sum[:8]), nil
}
