package main

import (
	"cmp"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	_ "modernc.org/sqlite" // registers the driver
)

// The kinds of what photos are counted by, in the order of the facets.
const (
	kindLabel = iota
	kindPerson
	kindPlace
	kindYear
	kindAlbum
	kindCamera
	kindType
	kinds
)

// The newest photo has the lowest number, so that the order of the rows is that of the results. What photos have stands
// twice, since it is looked up both ways.
const sqliteSchema = `
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE photo(id INTEGER PRIMARY KEY, path TEXT NOT NULL, taken INTEGER NOT NULL);
CREATE TABLE name(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE(kind, text));
CREATE TABLE has(photo INTEGER NOT NULL, name INTEGER NOT NULL, PRIMARY KEY(photo, name)) WITHOUT ROWID;
CREATE TABLE found(name INTEGER NOT NULL, photo INTEGER NOT NULL, PRIMARY KEY(name, photo)) WITHOUT ROWID;
CREATE VIRTUAL TABLE text USING fts5(t, content='', tokenize='porter unicode61');
BEGIN;
`

const sqliteFinish = `
INSERT INTO found SELECT name, photo FROM has ORDER BY name, photo;
INSERT INTO text(text) VALUES('optimize');
COMMIT;
ANALYZE;
`

// buildSQLite builds an FTS5 index in a folder.
func buildSQLite(ctx context.Context, dir string, size int) (b built, err error) {
	all := photos(size)
	file := filepath.Join(dir, "index.db")
	start, err := cpu()
	if err != nil {
		return b, err
	}
	if err := fillSQLite(ctx, file, all); err != nil {
		return b, err
	}
	end, err := cpu()
	if err != nil {
		return b, err
	}
	b.CPU = end - start
	info, err := os.Stat(file)
	if err != nil {
		return b, err
	}
	b.Size = info.Size()
	b.Stored, err = compress(file)
	return b, err
}

func fillSQLite(ctx context.Context, file string, all []photo) error {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, sqliteSchema); err != nil {
		return err
	}
	var inserts [4]*sql.Stmt
	for i, text := range []string{"INSERT INTO photo VALUES(?, ?, ?)", "INSERT INTO text(rowid, t) VALUES(?, ?)",
		"INSERT INTO name VALUES(?, ?, ?)", "INSERT INTO has VALUES(?, ?)"} {
		if inserts[i], err = db.PrepareContext(ctx, text); err != nil {
			return err
		}
		defer inserts[i].Close()
	}
	type name struct {
		kind int
		text string
	}
	known := map[name]int{}
	for i, p := range all {
		if _, err := inserts[0].ExecContext(ctx, i, p.Path, p.Taken); err != nil {
			return err
		}
		if _, err := inserts[1].ExecContext(ctx, i, p.Text); err != nil {
			return err
		}
		var ids []int
		for kind, names := range [kinds][]string{p.Labels, p.People, p.Places, {p.Year}, p.Albums, {p.Camera}, {p.Type}} {
			for _, text := range names {
				key := name{kind, strings.ToLower(text)}
				id, ok := known[key]
				if !ok {
					id = len(known)
					known[key] = id
					if _, err := inserts[2].ExecContext(ctx, id, kind, key.text); err != nil {
						return err
					}
				}
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		for _, id := range slices.Compact(ids) {
			if _, err := inserts[3].ExecContext(ctx, i, id); err != nil {
				return err
			}
		}
	}
	_, err = db.ExecContext(ctx, sqliteFinish)
	return err
}

// searchSQLite opens the index and asks it.
func searchSQLite(ctx context.Context, dir string, list []question) (s searched, err error) {
	temp, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(temp)
	file := filepath.Join(temp, "index.db")
	start := time.Now()
	if err := uncompress(filepath.Join(dir, "index.db"), file); err != nil {
		return s, err
	}
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&immutable=1")
	if err != nil {
		return s, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	engine := func(q question) (int, []int, error) { return askSQLite(ctx, db, q) }
	if _, _, err := engine(list[0]); err != nil {
		return s, err
	}
	s.Load = milliseconds(start)
	if s.Answers, err = ask(list, engine); err != nil {
		return s, err
	}
	s.Memory = memory()
	s.Version = "modernc.org/sqlite " + moduleVersion("modernc.org/sqlite")
	return s, nil
}

// sqliteName is the number of a name.
const sqliteName = "(SELECT id FROM name WHERE kind = ? AND text = ?)"

func askSQLite(ctx context.Context, db *sql.DB, q question) (total int, facets []int, err error) {
	var from, order string
	var arguments []any
	add := func(kind int, text string) {
		if text != "" {
			if from != "" {
				from += " INTERSECT "
			}
			from += "SELECT photo AS id FROM found WHERE name = " + sqliteName
			arguments = append(arguments, kind, strings.ToLower(text))
		}
	}
	add(kindLabel, q.Label)
	add(kindPerson, q.Person)
	add(kindYear, q.Year)
	order = "id"
	if len(q.Words) > 0 {
		match := `"` + strings.Join(q.Words, `" "`) + `"`
		if q.Measure == prefix {
			match += "*"
		}
		from, order = "SELECT rowid AS id, rank FROM text WHERE text MATCH ?", "rank, id"
		arguments = append(arguments, match)
	}
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM ("+from+")", arguments...).Scan(&total); err != nil {
		return 0, nil, err
	}
	page := "SELECT path FROM (SELECT * FROM (" + from + ") ORDER BY " + order + " LIMIT " + strconv.Itoa(shown) + ") JOIN photo USING(id) ORDER BY " + order
	if _, err := sqliteRows(ctx, db, page, arguments); err != nil || !q.Facets {
		return total, nil, err
	}
	first, err := facetsSQLite(ctx, db, from, arguments)
	return total, first, err
}

// sqliteRows returns the first column of all rows.
func sqliteRows(ctx context.Context, db *sql.DB, query string, arguments []any) (list []string, err error) {
	rows, err := db.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

// facetsSQLite counts the names that what is found has.
func facetsSQLite(ctx context.Context, db *sql.DB, from string, arguments []any) ([]int, error) {
	// The crossed join keeps the order: what is found first, then the names of each.
	rows, err := db.QueryContext(ctx, `SELECT kind, text, n FROM (SELECT has.name AS id, count(*) AS n FROM (`+from+`) AS hit
		CROSS JOIN has ON has.photo = hit.id GROUP BY has.name) JOIN name USING(id)`, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type value struct {
		text  string
		count int
	}
	var values [kinds][]value
	for rows.Next() {
		var kind int
		var v value
		if err := rows.Scan(&kind, &v.text, &v.count); err != nil {
			return nil, err
		}
		values[kind] = append(values[kind], v)
	}
	first := make([]int, kinds)
	for kind, list := range values {
		slices.SortFunc(list, func(a, b value) int {
			if kind == kindYear {
				return cmp.Compare(b.text, a.text)
			}
			return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.text, b.text))
		})
		if len(list) > 0 {
			first[kind] = list[0].count
		}
	}
	return first, rows.Err()
}
