package serve

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// quiet is how long nothing must have changed before changed is called: a copy of many files is one change.
const quiet = 150 * time.Millisecond

// poll is how often changed is called where the system can't tell of changes.
const poll = 5 * time.Second

// Watch calls changed after files or folders below any of the roots have changed, until ctx ends. A root may be a file, and
// need not exist yet, though its folder must. Where the system can't watch so many folders, say is told, and changed is called every few seconds.
func Watch(ctx context.Context, roots []string, say func(string), changed func()) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		say("can't watch for changes (" + err.Error() + "): looking every few seconds instead")
		return every(ctx, changed)
	}
	defer w.Close()
	for _, root := range roots {
		// The folder above is watched for a root that comes, goes or is replaced, as editors do.
		if err := w.Add(filepath.Dir(root)); err != nil {
			return err
		}
		if err := watchTree(w, root); err != nil {
			say("can't watch " + root + " (" + err.Error() + "): looking every few seconds instead")
			return every(ctx, changed)
		}
	}
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.Events:
			if !ok {
				return nil
			}
			if !below(e.Name, roots) || e.Op == fsnotify.Chmod {
				continue
			}
			if e.Has(fsnotify.Create) {
				if err := watchTree(w, e.Name); err != nil {
					say("can't watch " + e.Name + ": " + err.Error())
				}
			}
			timer.Reset(quiet)
		case err, ok := <-w.Errors: // an overflow: something was missed
			if !ok {
				return nil
			}
			say("watching for changes: " + err.Error())
			timer.Reset(quiet)
		case <-timer.C:
			changed()
		}
	}
}

func every(ctx context.Context, changed func()) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			changed()
		}
	}
}

func below(name string, roots []string) bool {
	for _, root := range roots {
		if name == root || strings.HasPrefix(name, root+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// watchTree watches a folder and all below it; what is not there, or not a folder, is no error.
func watchTree(w *fsnotify.Watcher, root string) error {
	return filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) || os.IsPermission(err) {
				return nil
			}
			return err
		}
		if d.IsDir() {
			return w.Add(name)
		}
		return nil
	})
}
