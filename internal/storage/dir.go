package storage

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// private is the folder in a Dir's root that holds what belongs to no key: the lock and files that are being written.
const private = ".shoebox"

// staleAfter is the age at which a file being written must have been left behind by a crash.
const staleAfter = 24 * time.Hour

// Dir is a bucket in a folder: an object is a file, a slash in its key a directory. It never leaves its folder, also not by a
// symbolic link. Files replace one another by rename after an fsync, so a reader or a crash sees the old bytes or the new
// ones. Conditional writes take a lock that holds between processes.
//
// A file system can't have a file and a directory of the same name; keys that would need both are an error of Put.
type Dir struct {
	root *os.Root
}

var (
	_ Bucket = (*Dir)(nil)
	_ Linker = (*Dir)(nil)
)

// OpenDir opens a folder as a bucket. The folder must exist. What a crash left half-written there a day ago is removed.
func OpenDir(folder string) (*Dir, error) {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(absolute)
	if err != nil {
		return nil, err
	}
	d := &Dir{root: root}
	d.sweep()
	return d, nil
}

// Close releases the folder.
func (d *Dir) Close() error { return d.root.Close() }

// LocalPath returns the path of the file that holds an object, whether it exists or not; empty for a key that can't be one.
func (d *Dir) LocalPath(key string) string {
	name, err := filepath.Localize(key)
	if err != nil {
		return ""
	}
	return filepath.Join(d.root.Name(), name)
}

func (d *Dir) name(key string) (string, error) {
	name, err := filepath.Localize(key)
	if err != nil || key == "." || key == private || strings.HasPrefix(key, private+"/") {
		return "", fmt.Errorf("key %q can't be a file here", key)
	}
	return name, nil
}

// Get implements [Bucket].
func (d *Dir) Get(_ context.Context, key string, r Range) (*Object, error) {
	name, err := d.name(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", fs.ErrNotExist, err) // what can't be a file isn't there
	}
	info, err := d.root.Stat(name)
	if err != nil {
		return nil, notThere(key, err)
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for its other end
		return nil, fmt.Errorf("%s is not a file: %w", key, fs.ErrNotExist)
	}
	file, err := d.root.Open(name)
	if err != nil {
		return nil, notThere(key, err)
	}
	if info, err = file.Stat(); err != nil {
		file.Close()
		return nil, err
	}
	object := &Object{Info: describe(key, info), Body: file}
	if r != (Range{}) {
		length := r.Length
		if length == 0 {
			length = max(info.Size()-r.Offset, 0)
		}
		object.Body = section{io.NewSectionReader(file, r.Offset, length), file}
	}
	return object, nil
}

type section struct {
	*io.SectionReader
	io.Closer
}

// notThere keeps fs.ErrNotExist, also for a key below a key: a file system says "not a directory" there.
func notThere(key string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || notDirectory(err) {
		return fmt.Errorf("%s: %w", key, fs.ErrNotExist)
	}
	return fmt.Errorf("%s: %w", key, err)
}

// describe makes an ETag of what changes whenever a file is written or replaced. Hashing every original at every build
// would read the whole gallery.
func describe(key string, info fs.FileInfo) Info {
	return Info{
		Key:      key,
		ETag:     fmt.Sprintf("%x-%x-%x", info.ModTime().UnixNano(), info.Size(), inode(info)),
		Size:     info.Size(),
		Modified: info.ModTime().UTC(),
	}
}

// Put implements [Bucket].
func (d *Dir) Put(_ context.Context, key string, body []byte, o PutOptions) (string, error) {
	name, err := d.name(key)
	if err != nil {
		return "", fmt.Errorf("put: %w", err)
	}
	conditional := o.IfMatch != "" || o.IfNoneMatch
	unlock, err := d.lock(conditional)
	if err != nil {
		return "", fmt.Errorf("put %s: %w", key, err)
	}
	defer unlock()
	if conditional {
		if err := d.check(key, name, o); err != nil {
			return "", fmt.Errorf("put %s: %w", key, err)
		}
	}
	info, err := d.write(name, func(f *os.File) error {
		_, err := f.Write(body)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("put %s: %w", key, err)
	}
	return describe(key, info).ETag, nil
}

func (d *Dir) check(key, name string, o PutOptions) error {
	info, err := d.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err != nil && notDirectory(err):
		if o.IfMatch != "" {
			return fmt.Errorf("there is no such object: %w", ErrPrecondition)
		}
		return nil
	case err != nil:
		return err
	case o.IfNoneMatch:
		return fmt.Errorf("it exists: %w", ErrPrecondition)
	case describe(key, info).ETag != o.IfMatch:
		return fmt.Errorf("it has changed: %w", ErrPrecondition)
	}
	return nil
}

// write fills a new file and moves it to its name: whole, durable, or not at all.
func (d *Dir) write(name string, fill func(*os.File) error) (fs.FileInfo, error) {
	temporary := d.temporary()
	file, err := d.root.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	defer d.root.Remove(temporary) // no effect once it has been moved
	defer file.Close()
	if err := fill(file); err != nil {
		return nil, err
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	return info, d.move(temporary, name)
}

func (d *Dir) temporary() string { return filepath.Join(private, "new-"+rand.Text()) }

func (d *Dir) move(temporary, name string) error {
	if err := d.mkdir(filepath.Dir(name)); err != nil {
		return err
	}
	if err := d.root.Rename(temporary, name); err != nil {
		return err
	}
	return d.sync(filepath.Dir(name))
}

// mkdir makes a directory and those above it; each is entered into the one above for good before it is used.
func (d *Dir) mkdir(dir string) error {
	err := d.root.Mkdir(dir, 0o755)
	switch {
	case err == nil:
		return d.sync(filepath.Dir(dir))
	case errors.Is(err, fs.ErrExist) || dir == ".":
		return nil
	case errors.Is(err, fs.ErrNotExist):
		above := filepath.Dir(dir)
		if err := d.mkdir(above); err != nil {
			return err
		}
		// Once: that the one above is still missing means that it is a symbolic link to nowhere.
		if err := d.root.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return d.sync(above)
	}
	return err
}

// sync makes the entries of a directory durable.
func (d *Dir) sync(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return syncDir(f)
}

// lock takes the bucket's lock: shared by plain writes, alone for those that look before they write.
func (d *Dir) lock(alone bool) (unlock func(), err error) {
	if err := d.root.Mkdir(private, 0o755); err == nil {
		if err := d.sync("."); err != nil {
			return nil, err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	lock := flock.New(filepath.Join(d.root.Name(), private, "lock"))
	take := lock.RLock
	if alone {
		take = lock.Lock
	}
	if err := take(); err != nil {
		return nil, fmt.Errorf("lock the folder: %w", err)
	}
	return func() { _ = lock.Close() }, nil
}

// Delete implements [Bucket]. Directories that it leaves empty go too, but for the first one of the key.
func (d *Dir) Delete(_ context.Context, key string) error {
	name, err := d.name(key)
	if err != nil {
		return nil // nothing can be there
	}
	unlock, err := d.lock(true) // alone: nobody may be about to write into a directory that we remove
	if err != nil {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	defer unlock()
	if info, err := d.root.Lstat(name); err != nil {
		if errors.Is(err, fs.ErrNotExist) || notDirectory(err) {
			return nil
		}
		return fmt.Errorf("delete %s: %w", key, err)
	} else if info.IsDir() {
		return nil
	}
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	dir := filepath.Dir(name)
	for strings.ContainsRune(dir, filepath.Separator) && d.root.Remove(dir) == nil {
		dir = filepath.Dir(dir)
	}
	if err := d.sync(dir); err != nil {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return nil
}

// Link implements [Linker] by a hard link, or by a copy where the file system has none or share is false.
func (d *Dir) Link(_ context.Context, from, to string, share bool) error {
	source, err := d.name(from)
	if err != nil {
		return fmt.Errorf("link %s: %w: %w", from, fs.ErrNotExist, err)
	}
	target, err := d.name(to)
	if err != nil {
		return fmt.Errorf("link to %s: %w", to, err)
	}
	unlock, err := d.lock(false)
	if err != nil {
		return fmt.Errorf("link %s: %w", to, err)
	}
	defer unlock()
	info, err := d.root.Stat(source) // a link to a symbolic link would be one itself: copy what it stands for
	if err != nil {
		return fmt.Errorf("link %s: %w", to, notThere(from, err))
	}
	if entry, err := d.root.Lstat(source); share && err == nil && entry.Mode().IsRegular() {
		temporary := d.temporary()
		if d.root.Link(source, temporary) == nil {
			defer d.root.Remove(temporary) // a rename between two links of one file does nothing
			if err := d.move(temporary, target); err != nil {
				return fmt.Errorf("link %s: %w", to, err)
			}
			return nil
		}
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("link %s: %s is not a file: %w", to, from, fs.ErrNotExist)
	}
	_, err = d.write(target, func(f *os.File) error {
		original, err := d.root.Open(source)
		if err != nil {
			return err
		}
		defer original.Close()
		_, err = io.Copy(f, original)
		return err
	})
	if err != nil {
		return fmt.Errorf("copy %s to %s: %w", from, to, err)
	}
	return nil
}

// List implements [Bucket]. What is neither a file nor a directory is yielded with an error that says what it is: a symbolic
// link that leads out of the folder or to a directory, a socket. The listing goes on after it.
func (d *Dir) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		start := "."
		if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
			start = prefix[:i]
			if _, err := filepath.Localize(start); err != nil {
				return // no key here can have this prefix
			}
		}
		if _, err := d.root.Stat(filepath.FromSlash(start)); err != nil {
			err = notThere(start, err)
			if d.isLink(start) {
				err = fmt.Errorf("%s is a symbolic link that leads out of the folder or nowhere: put the folder itself here", start)
			}
			if !errors.Is(err, fs.ErrNotExist) {
				yield(Info{Key: start + "/"}, err)
			}
			return
		}
		d.list(ctx, start, prefix, yield)
	}
}

func (d *Dir) list(ctx context.Context, dir, prefix string, yield func(Info, error) bool) bool {
	if err := ctx.Err(); err != nil {
		return yield(Info{}, err)
	}
	entries, err := os.ReadDir(filepath.Join(d.root.Name(), filepath.FromSlash(dir)))
	if errors.Is(err, fs.ErrNotExist) || err != nil && notDirectory(err) {
		return true
	}
	if err != nil {
		return yield(Info{Key: dir + "/"}, fmt.Errorf("list %s: %w", dir, err))
	}
	// Keys are sorted as text, so "a-b" comes before what is in "a", though "a" comes before "a-b".
	name := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(name(a), name(b)) })
	for _, e := range entries {
		key := path.Join(dir, e.Name())
		if key == private {
			continue
		}
		if e.IsDir() {
			if (strings.HasPrefix(key+"/", prefix) || strings.HasPrefix(prefix, key+"/")) && !d.list(ctx, key, prefix, yield) {
				return false
			}
			continue
		}
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		info, err := d.file(key, e)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has gone since
		}
		if !yield(info, err) {
			return false
		}
	}
	return true
}

// isLink reports whether a key is that of a symbolic link.
func (d *Dir) isLink(key string) bool {
	info, err := d.root.Lstat(filepath.FromSlash(key))
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func (d *Dir) file(key string, e fs.DirEntry) (Info, error) {
	if e.Type()&fs.ModeSymlink != 0 {
		info, err := d.root.Stat(filepath.FromSlash(key))
		if err != nil || info.IsDir() {
			return Info{Key: key}, errors.New("is a symbolic link that leads out of the folder, to a directory or nowhere: " +
				"it is not followed; put the files themselves here")
		}
		if info.Mode().IsRegular() {
			return describe(key, info), nil
		}
	} else if e.Type().IsRegular() {
		info, err := e.Info()
		if err != nil {
			return Info{Key: key}, err
		}
		return describe(key, info), nil
	}
	return Info{Key: key}, errors.New("is neither a file nor a folder: remove it")
}

// sweep removes what a crash left half-written.
func (d *Dir) sweep() {
	entries, err := os.ReadDir(filepath.Join(d.root.Name(), private))
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), "new-") && time.Since(info.ModTime()) > staleAfter {
			_ = d.root.Remove(filepath.Join(private, e.Name()))
		}
	}
}
