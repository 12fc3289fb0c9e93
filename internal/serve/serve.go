// Package serve shows a gallery in a bucket as its host would: [Handler] answers with what is in public/, and with the search.
// [Reload] and [Watcher] are for its owner at work: pages reload when the gallery has changed.
package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/search"
	"shoebox/internal/storage"
)

// Handler serves the gallery in a bucket.
type Handler struct {
	Bucket storage.Bucket
	Search *Search // answers "/-/search", for every album too, while there is an index; nil: there is no search
	Reload *Reload // nil: pages do not reload

	// Originals says that originals are to be served from data/, because the bucket could not link them into public/.
	Originals bool
}

// The most bytes that a path (a key in S3, with its prefix) and one name of it (in the common file systems) can have.
const (
	maxPath    = 1024
	maxSegment = 255
)

// originalPolicy is the Content-Security-Policy of originals: whatever an owner's file holds, it runs no script in the
// gallery's name.
const originalPolicy = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "pages are read with GET", http.StatusMethodNotAllowed)
		return
	}
	p := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case h.Search != nil && (p == gallery.SearchPath || strings.HasSuffix(p, "/"+gallery.SearchPath)):
		if h.search(w, r) {
			return
		}
	case h.Reload != nil && p == reloadScript:
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, reloadCode)
		return
	case h.Reload != nil && p == reloadEvents:
		h.Reload.serve(w, r)
		return
	}
	if err := h.page(w, r, p); err != nil && r.Context().Err() == nil {
		slog.Error("serve", "path", r.URL.Path, "error", err)
		http.Error(w, "this file of the gallery can't be read: see what shoebox serve says in its terminal", http.StatusInternalServerError)
	}
}

// search answers a search; it reports false when the gallery has no index: the page that says so is in public/.
func (h *Handler) search(w http.ResponseWriter, r *http.Request) bool {
	handler, err := h.Search.current(r.Context())
	switch {
	case errors.Is(err, search.ErrNoIndex):
		return false
	case err != nil:
		slog.Error("open the search index", "error", err)
		http.Error(w, "the search index can't be opened: run \"shoebox build\"", http.StatusInternalServerError)
		return true
	case h.Reload != nil:
		handler = h.Reload.reloading(handler)
	}
	handler.ServeHTTP(w, r)
	return true
}

// page answers with what is at a path below public/, or with the page for what is not there. After an error nothing has been
// written yet.
func (h *Handler) page(w http.ResponseWriter, r *http.Request, p string) error {
	if len(p) > maxPath || slices.ContainsFunc(strings.Split(p, "/"), func(segment string) bool { return len(segment) > maxSegment }) {
		return h.notFound(w, r) // no file can have this name, and the system calls the question an error
	}
	file := p
	if p == "" || strings.HasSuffix(p, "/") {
		file += "index.html"
	}
	if found, err := h.file(w, r, file, http.StatusOK); found || err != nil {
		return err
	}
	if file == p && h.exists(r, p+"/index.html") { // an album without its slash
		target := "/" + gallery.EscapePath(p) + "/"
		if r.URL.RawQuery != "" {
			target += "?" + r.URL.RawQuery
		}
		w.Header().Set("Location", target)
		w.WriteHeader(http.StatusFound) // not for ever: at this address there can be a file some day, or the search
		return nil
	}
	return h.notFound(w, r)
}

func (h *Handler) notFound(w http.ResponseWriter, r *http.Request) error {
	found, err := h.file(w, r, gallery.NotFoundPage, http.StatusNotFound)
	if !found && err == nil {
		http.Error(w, "there is no such page", http.StatusNotFound)
	}
	return err
}

func (h *Handler) exists(r *http.Request, p string) bool {
	o, err := h.Bucket.Get(r.Context(), gallery.Public+p, storage.Range{})
	if err == nil {
		o.Body.Close()
	}
	return err == nil
}

// file serves an object of public/; found is false, and nothing is written, when there is none.
func (h *Handler) file(w http.ResponseWriter, r *http.Request, p string, status int) (found bool, err error) {
	original := strings.HasPrefix(p, "-/original/") || strings.Contains(p, "/-/original/")
	reload := h.Reload != nil && path.Ext(p) == ".html" && !original
	var state string
	if reload {
		state, _ = h.Reload.state() // before the page is read: a change between is a reason to reload
	}
	o, err := h.Bucket.Get(r.Context(), gallery.Public+p, storage.Range{})
	if errors.Is(err, fs.ErrNotExist) && original {
		o, err = h.original(r, p)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer o.Body.Close()
	header := w.Header()
	body, seekable := o.Body.(io.ReadSeeker)
	if !seekable {
		from := storage.NewReader(r.Context(), h.Bucket, o.Info)
		defer from.Close()
		body = from
	}
	if reload || status != http.StatusOK {
		content, err := io.ReadAll(o.Body)
		if err != nil {
			return false, err
		}
		if reload {
			content = withReload(content, state)
		}
		body = bytes.NewReader(content)
	}
	header.Set("Content-Type", mediaType(p))
	header.Set("Cache-Control", "no-cache")
	switch {
	case original:
		guardOriginal(header, mediaType(p))
	case reload: // not the page that is stored, so its ETag and date would lie
		o.ETag, o.Modified = "", time.Time{}
		header.Set("Cache-Control", "no-store")
	case strings.HasPrefix(p, "-/") && !strings.HasSuffix(p, ".html") || strings.Contains(p, "/-/"):
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if status != http.StatusOK {
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = io.Copy(w, body) // the visitor may have gone
		}
		return true, nil
	}
	if o.ETag != "" {
		header.Set("ETag", fmt.Sprintf("%q", strings.Trim(o.ETag, `"`))) // S3 says it with its quotes
	}
	http.ServeContent(w, r, path.Base(p), o.Modified, body)
	return true, nil
}

// original opens an original at its place in data/, for a bucket that can't link it into public/. Only what the gallery has a
// record of is served: not what its owner had it leave out.
func (h *Handler) original(r *http.Request, p string) (*storage.Object, error) {
	key, ok := gallery.OriginalKey(p)
	if !ok || !h.Originals {
		return nil, fs.ErrNotExist
	}
	record, err := h.Bucket.Get(r.Context(), gallery.RecordKey(key), storage.Range{})
	if errors.Is(err, fs.ErrNotExist) && h.companion(r.Context(), key) {
		return h.Bucket.Get(r.Context(), key, storage.Range{})
	}
	if err != nil {
		return nil, err
	}
	record.Body.Close()
	return h.Bucket.Get(r.Context(), key, storage.Range{})
}

// companion reports whether a raw file is a companion of the picture beside it.
func (h *Handler) companion(ctx context.Context, key string) bool {
	if !gallery.IsRaw(key) {
		return false
	}
	for _, shot := range gallery.Shots(key) {
		body, _, err := storage.Read(ctx, h.Bucket, gallery.RecordKey(shot))
		if err != nil {
			continue
		}
		var record gallery.Record
		if json.Unmarshal(body, &record) == nil && slices.ContainsFunc(record.Companions, func(o gallery.Original) bool { return o.Key == key }) {
			return true
		}
	}
	return false
}

// guardOriginal lets a browser show what it shows safely, and has it save all else.
func guardOriginal(header http.Header, kind string) {
	family, _, _ := strings.Cut(kind, "/")
	switch {
	case kind == "application/pdf":
		return // a browser's PDF viewer is a sandbox of its own, and does not open within another
	case strings.HasPrefix(kind, "image/svg"), family != "image" && family != "video" && family != "audio" && !strings.HasPrefix(kind, "text/plain"):
		header.Set("Content-Disposition", "attachment")
	}
	header.Set("Content-Security-Policy", originalPolicy)
}

// mediaTypes are those that the system's tables have wrong or not at all.
var mediaTypes = map[string]string{
	".avif": "image/avif", ".css": "text/css; charset=utf-8", ".flac": "audio/flac", ".heic": "image/heic", ".heif": "image/heif",
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".m4a": "audio/mp4",
	".m4v": "video/mp4", ".mkv": "video/x-matroska", ".mov": "video/quicktime", ".mp3": "audio/mpeg", ".mp4": "video/mp4",
	".oga": "audio/ogg", ".ogg": "audio/ogg", ".ogv": "video/ogg", ".opus": "audio/ogg", ".pdf": "application/pdf", ".svg": "image/svg+xml",
	".txt": "text/plain; charset=utf-8", ".wav": "audio/wav", ".webm": "video/webm", ".webp": "image/webp", ".xml": "application/xml",
}

func mediaType(p string) string {
	ext := strings.ToLower(path.Ext(p))
	if t, ok := mediaTypes[ext]; ok {
		return t
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}
