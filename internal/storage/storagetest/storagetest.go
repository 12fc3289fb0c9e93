// Package storagetest is what every storage.Bucket promises, as a test suite: [Run].
package storagetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"shoebox/internal/storage"
)

// oddNames are segments that a bucket must keep apart and give back as they are.
var oddNames = []string{
	"plain.jpg", "with space.jpg", "#hash.jpg", "what?.jpg", "%41.jpg", "100%.jpg", "a+b.jpg", "a&b=c.jpg", `it's "quoted".jpg`,
	"<script>alert(1)<_script>.jpg", "back\\slash.jpg", "colon:star*.jpg", "💾.jpg", "שלום.jpg", "nfc-é.jpg", "nfd-e\u0301.jpg",
	"-dash.jpg", "--", "-", "~tilde", "trailing.", "new\nline.jpg", strings.Repeat("x", 200) + ".jpg", ".hidden",
}

// Run checks a kind of bucket; open returns a new, empty one.
func Run(t *testing.T, open func(t *testing.T) storage.Bucket) {
	for name, test := range map[string]func(*testing.T, storage.Bucket){
		"PutGetDelete":      putGetDelete,
		"Ranges":            ranges,
		"Reader":            reader,
		"OpenAt":            openAt,
		"OddNames":          oddKeys,
		"ListOrder":         listOrder,
		"ListDir":           listDir,
		"Conditions":        conditions,
		"CompareAndSwap":    compareAndSwap,
		"Concurrent":        concurrent,
		"ReadWhileReplaced": readWhileReplaced,
		"Link":              link,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func put(t *testing.T, b storage.Bucket, key, body string) string {
	t.Helper()
	etag, err := b.Put(t.Context(), key, []byte(body), storage.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if etag == "" {
		t.Errorf("put %s returned no ETag", key)
	}
	return etag
}

func want(t *testing.T, b storage.Bucket, key, body string) storage.Info {
	t.Helper()
	got, info, err := storage.Read(t.Context(), b, key)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != body {
		t.Errorf("%s holds %q, want %q", key, got, body)
	}
	return info
}

func wantMissing(t *testing.T, b storage.Bucket, key string) {
	t.Helper()
	if _, _, err := storage.Read(t.Context(), b, key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("get %q: got error %v, want fs.ErrNotExist", key, err)
	}
}

func keys(t *testing.T, b storage.Bucket, prefix string) []string {
	t.Helper()
	var keys []string
	for info, err := range b.List(t.Context(), prefix) {
		if err != nil {
			t.Fatalf("list %s: %s: %v", prefix, info.Key, err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

func putGetDelete(t *testing.T, b storage.Bucket) {
	wantMissing(t, b, "public/a")
	first := put(t, b, "public/a", "one")
	info := want(t, b, "public/a", "one")
	if info.ETag != first || info.Size != 3 || info.Key != "public/a" || info.Modified.IsZero() {
		t.Errorf("get says %+v, want ETag %s and size 3", info, first)
	}
	for listed, err := range b.List(t.Context(), "public/a") {
		if err != nil || listed.ETag != first || listed.Size != 3 || listed.Key != "public/a" {
			t.Errorf("list says %+v, %v, want what get says", listed, err)
		}
	}
	if second := put(t, b, "public/a", "two"); second == first {
		t.Error("other bytes, same ETag")
	}
	want(t, b, "public/a", "two")
	put(t, b, "public/empty", "")
	want(t, b, "public/empty", "")
	put(t, b, "public/deep/er/and/deeper", "x")
	wantMissing(t, b, "public/deep/er")
	wantMissing(t, b, "public/deep/er/and/deeper/still")
	wantMissing(t, b, "public/a/b")
	for range 2 { // the second time there is nothing to delete
		if err := b.Delete(t.Context(), "public/deep/er/and/deeper"); err != nil {
			t.Fatal(err)
		}
	}
	wantMissing(t, b, "public/deep/er/and/deeper")
	put(t, b, "public/deep", "a file where a directory was")
	want(t, b, "public/deep", "a file where a directory was")
	if err := b.Delete(t.Context(), "nothing/here"); err != nil {
		t.Error(err)
	}
}

func ranges(t *testing.T, b storage.Bucket) {
	put(t, b, "public/r", "0123456789")
	for _, c := range []struct {
		r    storage.Range
		want string
	}{
		{storage.Range{}, "0123456789"},
		{storage.Range{Offset: 3}, "3456789"},
		{storage.Range{Offset: 3, Length: 4}, "3456"},
		{storage.Range{Length: 1}, "0"},
		{storage.Range{Offset: 8, Length: 99}, "89"},
		{storage.Range{Offset: 10}, ""},
		{storage.Range{Offset: 99, Length: 1}, ""},
	} {
		o, err := b.Get(t.Context(), "public/r", c.r)
		if err != nil {
			t.Fatalf("%+v: %v", c.r, err)
		}
		got, err := io.ReadAll(o.Body)
		if string(got) != c.want || err != nil {
			t.Errorf("%+v reads %q, %v, want %q", c.r, got, err, c.want)
		}
		if o.Size != 10 {
			t.Errorf("%+v: the object's size is said to be %d, want 10", c.r, o.Size)
		}
		o.Body.Close()
	}
}

func reader(t *testing.T, b storage.Bucket) {
	put(t, b, "public/r", "0123456789")
	r := storage.NewReader(t.Context(), b, want(t, b, "public/r", "0123456789"))
	defer r.Close()
	if err := iotest.TestReader(r, []byte("0123456789")); err != nil {
		t.Error(err)
	}
	if _, err := r.Seek(4, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	put(t, b, "public/r", "replaced")
	if got, err := io.ReadAll(r); err == nil {
		t.Errorf("read %q of an object that was replaced before", got)
	}
}

func openAt(t *testing.T, b storage.Bucket) {
	put(t, b, "public/r", "0123456789")
	f, err := storage.OpenAt(t.Context(), b, "public/r")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := make([]byte, 4)
	if n, err := f.ReadAt(p, 2); n != 4 || err != nil || string(p) != "2345" {
		t.Errorf("read %q, %d, %v", p, n, err)
	}
	if n, err := f.ReadAt(p, 8); n != 2 || err != io.EOF || string(p[:n]) != "89" {
		t.Errorf("read %q, %d, %v at the end", p[:n], n, err)
	}
	if _, err := storage.OpenAt(t.Context(), b, "public/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open of a missing object: %v", err)
	}
}

func oddKeys(t *testing.T, b storage.Bucket) {
	var all []string
	for _, name := range oddNames {
		for _, key := range []string{"public/" + name, "public/in " + name + "/x"} {
			put(t, b, key, key)
			all = append(all, key)
		}
	}
	for _, key := range all {
		want(t, b, key, key)
	}
	slices.Sort(all)
	if got := keys(t, b, "public/"); !slices.Equal(got, all) {
		t.Errorf("listed\n%q, want\n%q", got, all)
	}
	for _, key := range []string{"", "/", "..", "../escape", "public/../../escape", "/etc/passwd", "public//x", "public/./x", "public/", "nul\x00"} {
		wantMissing(t, b, key)
	}
	for _, key := range all {
		if err := b.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if got := keys(t, b, ""); len(got) != 0 {
		t.Errorf("left after deleting all: %q", got)
	}
}

func listOrder(t *testing.T, b storage.Bucket) {
	all := []string{"data/a", "public/a-b", "public/a/1", "public/a/2/3", "public/a0", "public/b/x", "state/z"}
	for _, key := range all {
		put(t, b, key, key)
	}
	for prefix, want := range map[string][]string{
		"": all, "public/": all[1:6], "public/a": all[1:5], "public/a/": all[2:4], "public/a/2": all[3:4], "none/": nil, "pub": all[1:6],
	} {
		if got := keys(t, b, prefix); !slices.Equal(got, want) {
			t.Errorf("list %q gives %q, want %q", prefix, got, want)
		}
	}
	for info, err := range b.List(t.Context(), "") {
		if err != nil || info.Key != all[0] {
			t.Errorf("the first one listed is %s, %v", info.Key, err)
		}
		break // ending early must not panic
	}
}

func listDir(t *testing.T, b storage.Bucket) {
	for _, key := range []string{"a", "dir/b", "dir/c/d", "dir/c/e", "dir/f", "dir2/g", "dir/#?%41 +.jpg"} {
		put(t, b, key, "x")
	}
	for prefix, want := range map[string][]string{
		"": {"a"}, "dir/": {"dir/#?%41 +.jpg", "dir/b", "dir/f"}, "dir/c/": {"dir/c/d", "dir/c/e"}, "none/": nil,
	} {
		var got []string
		for info, err := range storage.ListDir(t.Context(), b, prefix) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, info.Key)
		}
		if !slices.Equal(got, want) {
			t.Errorf("directly below %q are %q, want %q", prefix, got, want)
		}
	}
}

func conditions(t *testing.T, b storage.Bucket) {
	try := func(o storage.PutOptions, body string) (string, error) {
		return b.Put(t.Context(), "state/pointer", []byte(body), o)
	}
	if _, err := try(storage.PutOptions{IfMatch: "anything"}, "x"); !errors.Is(err, storage.ErrPrecondition) {
		t.Errorf("If-Match on a missing object: %v", err)
	}
	wantMissing(t, b, "state/pointer")
	first, err := try(storage.PutOptions{IfNoneMatch: true}, "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := try(storage.PutOptions{IfNoneMatch: true}, "x"); !errors.Is(err, storage.ErrPrecondition) {
		t.Errorf("If-None-Match on an existing object: %v", err)
	}
	second, err := try(storage.PutOptions{IfMatch: first}, "2")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := try(storage.PutOptions{IfMatch: first}, "x"); !errors.Is(err, storage.ErrPrecondition) {
		t.Errorf("If-Match with an old ETag: %v", err)
	}
	if info := want(t, b, "state/pointer", "2"); info.ETag != second {
		t.Errorf("ETag %s, want %s", info.ETag, second)
	}
}

// compareAndSwap counts with several writers; a lost update shows as a sum too small.
func compareAndSwap(t *testing.T, b storage.Bucket) {
	const writers, each = 4, 25
	put(t, b, "state/count", "0")
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if err := Increment(t, b, "state/count"); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	want(t, b, "state/count", strconv.Itoa(writers*each))
}

// Increment adds one to the number that an object holds, by compare-and-swap.
func Increment(t testing.TB, b storage.Bucket, key string) error {
	for {
		body, info, err := storage.Read(t.Context(), b, key)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(body))
		if err != nil {
			return fmt.Errorf("torn read: %w", err)
		}
		_, err = b.Put(t.Context(), key, []byte(strconv.Itoa(n+1)), storage.PutOptions{IfMatch: info.ETag})
		if !errors.Is(err, storage.ErrPrecondition) {
			return err
		}
	}
}

// concurrent writes and deletes beside each other in one directory that comes and goes.
func concurrent(t *testing.T, b storage.Bucket) {
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			key := fmt.Sprintf("public/dir/sub/%d", w)
			for i := range 20 {
				body := fmt.Sprintf("%d.%d", w, i)
				if _, err := b.Put(t.Context(), key, []byte(body), storage.PutOptions{}); err != nil {
					t.Error(err)
				}
				if got, _, err := storage.Read(t.Context(), b, key); err != nil || string(got) != body {
					t.Errorf("%s holds %q, %v, want %q", key, got, err, body)
				}
				if err := b.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := keys(t, b, ""); len(got) != 0 {
		t.Errorf("left: %q", got)
	}
}

func readWhileReplaced(t *testing.T, b storage.Bucket) {
	old := strings.Repeat("old ", 1<<16)
	put(t, b, "public/a", old)
	o, err := b.Get(t.Context(), "public/a", storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	put(t, b, "public/a", "new")
	if got, err := io.ReadAll(o.Body); err != nil || !bytes.Equal(got, []byte(old)) {
		t.Errorf("a reader got %d bytes of the new object, %v", len(got), err)
	}
}

func link(t *testing.T, b storage.Bucket) {
	l, ok := b.(storage.Linker)
	if !ok {
		t.Skip("this kind of bucket does not link")
	}
	for _, share := range []bool{true, false} {
		put(t, b, "public/from", "one")
		for range 2 { // again over itself
			if err := l.Link(t.Context(), "public/from", "public/to/it", share); err != nil {
				t.Fatal(err)
			}
		}
		want(t, b, "public/to/it", "one")
		put(t, b, "public/from", "two")
		want(t, b, "public/to/it", "one")
		if err := l.Link(t.Context(), "public/from", "public/to/it", share); err != nil {
			t.Fatal(err)
		}
		want(t, b, "public/to/it", "two")
		if err := b.Delete(t.Context(), "public/from"); err != nil {
			t.Fatal(err)
		}
		want(t, b, "public/to/it", "two")
		if err := l.Link(t.Context(), "public/from", "public/to/it", share); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("link of a missing object: %v", err)
		}
	}
	if got := keys(t, b, ""); !slices.Equal(got, []string{"public/to/it"}) {
		t.Errorf("left: %q", got)
	}
}
