// Package serve shows a gallery in a bucket as its host would: [Handler] answers with what is in public/, and with the search.
// [Reload] and [Watch] are for its owner at work: pages reload when the gallery has changed.
package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// Handler serves the gallery in a bucket.
type Handler struct {
	Bucket storage.Bucket
	Search http.Handler // answers "/-/search", for every album too; nil: there is no search
	Reload *Reload      // nil: pages do not reload
}

// contentSecurityPolicy of originals: whatever an owner's file holds, it runs no script in the gallery's name.
const originalPolicy = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	p := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case h.Search != nil && (p == gallery.SearchPath || strings.HasSuffix(p, "/"+gallery.SearchPath)):
		h.Search.ServeHTTP(w, r)
		return
	case h.Reload != nil && p == reloadScript:
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		io.WriteString(w, reloadCode)
		return
	case h.Reload != nil && p == reloadEvents:
		h.Reload.serve(w, r)
		return
	}
	if p == "" || strings.HasSuffix(p, "/") {
		p += "index.html"
	}
	found, err := h.file(w, r, p, http.StatusOK)
	if !found && err == nil {
		if h.exists(r, p+"/index.html") { // an album without its slash
			target := gallery.EscapePath(path.Base(p)) + "/"
			if r.URL.RawQuery != "" {
				target += "?" + r.URL.RawQuery
			}
			w.Header().Set("Location", target)
			w.WriteHeader(http.StatusMovedPermanently)
			return
		}
		found, err = h.file(w, r, gallery.NotFoundPage, http.StatusNotFound)
	}
	if err != nil {
		http.Error(w, "the gallery can't be read", http.StatusInternalServerError)
	} else if !found {
		http.Error(w, "not found", http.StatusNotFound)
	}
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
	o, err := h.Bucket.Get(r.Context(), gallery.Public+p, storage.Range{})
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer o.Body.Close()
	header := w.Header()
	header.Set("Content-Type", mediaType(p))
	header.Set("ETag", fmt.Sprintf("%q", o.ETag))
	header.Set("Cache-Control", "no-cache")
	switch {
	case strings.HasPrefix(p, "-/original/") || strings.Contains(p, "/-/original/"):
		header.Set("Content-Security-Policy", originalPolicy)
		if kind := mediaType(p); !strings.HasPrefix(kind, "image/") && !strings.HasPrefix(kind, "video/") && !strings.HasPrefix(kind, "audio/") ||
			strings.HasPrefix(kind, "image/svg") {
			header.Set("Content-Disposition", "attachment")
		}
	case strings.HasPrefix(p, "-/") && !strings.HasSuffix(p, ".html") || strings.Contains(p, "/-/"):
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body, seekable := o.Body.(io.ReadSeeker)
	if page := path.Ext(p) == ".html"; page && h.Reload != nil || status != http.StatusOK || !seekable {
		content, err := io.ReadAll(o.Body)
		if err != nil {
			return false, err
		}
		if page && h.Reload != nil {
			header.Del("ETag") // the page is not the one that is stored
			content = bytes.Replace(content, []byte("</body>"), []byte(`<script src="/`+reloadScript+`"></script></body>`), 1)
		}
		if status != http.StatusOK {
			header.Del("ETag")
			w.WriteHeader(status)
			if r.Method != http.MethodHead {
				_, err = w.Write(content)
			}
			return true, err
		}
		body = bytes.NewReader(content)
	}
	http.ServeContent(w, r, path.Base(p), o.Modified, body)
	return true, nil
}

// mediaTypes are those that the system's tables have wrong or not at all.
var mediaTypes = map[string]string{
	".avif": "image/avif", ".css": "text/css; charset=utf-8", ".flac": "audio/flac", ".heic": "image/heic", ".heif": "image/heif",
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".m4a": "audio/mp4",
	".m4v": "video/mp4", ".mkv": "video/x-matroska", ".mov": "video/quicktime", ".mp3": "audio/mpeg", ".mp4": "video/mp4",
	".oga": "audio/ogg", ".ogg": "audio/ogg", ".ogv": "video/ogg", ".opus": "audio/ogg", ".svg": "image/svg+xml",
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
