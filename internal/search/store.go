package search

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/util"
	"github.com/blevesearch/zapx/v17"
)

// The names that Bleve gives to its files.
const (
	storeDir = "store"
	rootFile = "root.bolt"
	metaFile = "index_meta.json"
)

// segmentFile is the name of a generation's i-th segment.
func segmentFile(i int) string { return fmt.Sprintf("%012x.zap", i+1) }

// openStore opens the segments that lie in a folder's store as an index of Bleve's, read only.
func openStore(dir string, m *mapping.IndexMappingImpl, parts []leaf) (bleve.Index, error) {
	if err := writeRoot(filepath.Join(dir, storeDir, rootFile), m, parts); err != nil {
		return nil, fmt.Errorf("write %s: %w", rootFile, err)
	}
	if err := os.WriteFile(filepath.Join(dir, metaFile), []byte(`{"storage":"scorch","index_type":"scorch"}`), 0o600); err != nil {
		return nil, err
	}
	// Without a time limit a second process that holds Bleve's lock would make us wait for ever.
	index, err := bleve.OpenUsing(dir, map[string]any{"read_only": true, "bolt_timeout": "5s"})
	if err != nil {
		return nil, err
	}
	// Bleve leaves out what it can't read.
	n, err := index.DocCount()
	want := uint64(0)
	for _, p := range parts {
		want += uint64(p.live())
	}
	if err == nil && n != want {
		err = fmt.Errorf("bleve finds %d documents, want %d", n, want)
	}
	if err != nil {
		_ = index.Close() // the error says more
		return nil, err
	}
	return index, nil
}

// writeRoot writes what joins segments to an index, as Bleve does: an index that Bleve has written to can be had only by
// analysing in it, and what it then writes depends on the time.
func writeRoot(file string, m *mapping.IndexMappingImpl, parts []leaf) (err error) {
	mappingJSON, err := json.Marshal(m)
	if err != nil {
		return err
	}
	db, err := util.OpenBolt(file, 0o600, nil)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := db.Close(); err == nil {
			err = closeErr
		}
	}()
	db.NoSync = true // it is made anew at every start
	writer, err := util.NewFileWriter([]byte(file))
	if err != nil {
		return err
	}
	return db.Update(func(tx *util.BoltTxImpl) error {
		snapshots, err := tx.CreateBucketIfNotExists(util.BoltSnapshotsBucket)
		if err != nil {
			return err
		}
		snapshot, err := snapshots.CreateBucketIfNotExists(smallKey(1))
		if err != nil {
			return err
		}
		meta, err := snapshot.CreateBucketIfNotExists(util.BoltMetaDataKey)
		if err != nil {
			return err
		}
		for _, pair := range [][2][]byte{{util.BoltMetaDataSegmentTypeKey, []byte(zap.Type)},
			{util.BoltMetaDataSegmentVersionKey, binary.BigEndian.AppendUint32(nil, zap.Version)},
			{util.BoltMetaDataFileWriterIDKey, []byte(writer.Id())}} {
			if err := meta.Put(pair[0], pair[1], writer); err != nil {
				return err
			}
		}
		internal, err := snapshot.CreateBucketIfNotExists(util.BoltInternalKey)
		if err != nil {
			return err
		}
		if err := internal.Put(util.MappingInternalKey, mappingJSON, writer); err != nil {
			return err
		}
		for i, p := range parts {
			bucket, err := snapshot.CreateBucketIfNotExists(smallKey(i + 1))
			if err != nil {
				return err
			}
			if err := bucket.Put(util.BoltPathKey, []byte(segmentFile(i)), writer); err != nil {
				return err
			}
			if p.deleted == nil || p.deleted.IsEmpty() {
				continue
			}
			deleted, err := p.deleted.ToBytes()
			if err != nil {
				return err
			}
			if err := bucket.Put(util.BoltDeletedKey, deleted, writer); err != nil {
				return err
			}
		}
		return nil
	})
}

// smallKey is how Bleve writes a number of up to 109 as a key.
func smallKey(n int) []byte { return []byte{byte(0x88 + n)} }
