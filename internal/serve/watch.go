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

// quiet is how long nothing must have changed before it is told: a copy of many files is one change.
const quiet = 150 * time.Millisecond

// poll is how often a change is told where the system can't tell of changes.
const poll = 5 * time.Second

// A Watcher sees files and folders change.
type Watcher struct {
	roots   []string
	say     func(string)
	files   *fsnotify.Watcher // nil when the system has none
	polling bool              // some folder can't be watched
}

// NewWatcher watches the roots, which are absolute paths of files or folders, and all below them. A root need not exist yet,
// though its folder must. What changes from now on is told by [Watcher.Run]. Where the system can't watch so many folders, say
// is told, and Run takes it that something changes every few seconds.
func NewWatcher(roots []string, say func(string)) *Watcher {
	w := &Watcher{roots: roots, say: say}
	var err error
	if w.files, err = fsnotify.NewWatcher(); err != nil {
		w.files = nil
		w.giveUp("files", err)
	}
	w.watchRoots()
	return w
}

// Close ends the watching.
func (w *Watcher) Close() error {
	if w.files == nil {
		return nil
	}
	return w.files.Close()
}

// Run calls changed after something below the roots has changed, until ctx ends. What changes while changed runs is told by
// another call after it.
func (w *Watcher) Run(ctx context.Context, changed func()) {
	var events <-chan fsnotify.Event
	var problems <-chan error
	if w.files != nil {
		events, problems = w.files.Events, w.files.Errors
	}
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	timer := time.NewTimer(quiet)
	timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e, ok := <-events:
			if !ok {
				return
			}
			if !w.below(e.Name) || e.Op == fsnotify.Chmod {
				continue
			}
			if e.Has(fsnotify.Rename) {
				w.forget(e.Name)
			}
			if e.Has(fsnotify.Create) {
				w.watchTree(e.Name)
			}
			timer.Reset(quiet)
		case _, ok := <-problems: // an overflow: some events were lost, perhaps of new folders
			if !ok {
				return
			}
			w.watchRoots()
			timer.Reset(quiet)
		case <-timer.C:
			changed()
		case <-ticker.C:
			if w.polling {
				changed()
			}
		}
	}
}

func (w *Watcher) below(name string) bool {
	for _, root := range w.roots {
		if name == root || strings.HasPrefix(name, root+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

func (w *Watcher) giveUp(name string, err error) {
	if !w.polling {
		w.say("can't watch " + name + " for changes (" + err.Error() + "): looking every few seconds instead")
		w.polling = true
	}
}

func (w *Watcher) watchRoots() {
	for _, root := range w.roots {
		// The folder above is watched for a root that comes, goes or is replaced, as editors do.
		w.watch(filepath.Dir(root))
		w.watchTree(root)
	}
}

func (w *Watcher) watch(folder string) {
	if w.files == nil {
		return
	}
	if err := w.files.Add(folder); err != nil && !os.IsNotExist(err) && !os.IsPermission(err) {
		w.giveUp(folder, err)
	}
}

// forget ends the watching of a folder that was renamed, and of those below it, for they would tell of names that are gone. Under
// its new name it is watched anew.
func (w *Watcher) forget(folder string) {
	for _, name := range w.files.WatchList() {
		if name == folder || strings.HasPrefix(name, folder+string(filepath.Separator)) {
			_ = w.files.Remove(name) // it may have gone by itself
		}
	}
}

// watchTree watches a folder and all below it. A folder is watched before it is read: what comes later is an event, what came
// before is seen by whoever is told of the change.
func (w *Watcher) watchTree(root string) {
	_ = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			w.watch(name)
		}
		return nil // what is not there, or can't be read, holds nothing to watch
	})
}
