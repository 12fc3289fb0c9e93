package serve

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The addresses that a page reloads by, below the root.
const (
	reloadScript = "-/reload.js"
	reloadEvents = "-/reload"
)

// reloadCode listens for the gallery to change. It comes as a file, for pages forbid scripts within them.
const reloadCode = `new EventSource("/` + reloadEvents + `" + new URL(document.currentScript.src).search).onmessage = () => location.reload();
`

// Reload tells open pages that the gallery has changed. The zero Reload is ready for use.
type Reload struct {
	mu      sync.Mutex // guards what follows
	count   int        // of changes
	changed chan struct{}
}

// Now reloads all pages that are open.
func (l *Reload) Now() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// state returns how many changes there were, and what is closed at the next.
func (l *Reload) state() (count string, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return strconv.Itoa(l.count), l.changed
}

// serve holds a page's connection until there is something to tell (server-sent events). The page says which state it shows,
// so that a change between its reading and its listening is not missed.
func (l *Reload) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return
	}
	control := http.NewResponseController(w)
	since := r.URL.Query().Get("since")
	count, changed := l.state()
	if since == "" {
		since = count
	}
	fmt.Fprint(w, ": connected\n\n")
	for {
		if count != since {
			fmt.Fprint(w, "data: changed\n\n")
			since = count
		}
		if control.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-changed:
			count, changed = l.state()
		case <-time.After(20 * time.Second): // so that nothing between takes the connection for dead
			fmt.Fprint(w, ": still here\n\n")
		}
	}
}

// withReload returns a page that reloads after that state.
func withReload(html []byte, count string) []byte {
	script := `<script src="/` + reloadScript + "?since=" + count + `"></script>`
	if i := bytes.LastIndex(html, []byte("</body>")); i >= 0 {
		return bytes.Join([][]byte{html[:i], []byte(script), html[i:]}, nil)
	}
	return append(html, script...)
}

// reloading lets the pages that a handler makes reload.
func (l *Reload) reloading(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count, _ := l.state()
		kept := &keptResponse{ResponseWriter: w, status: http.StatusOK}
		handler.ServeHTTP(kept, r)
		body := kept.body.Bytes()
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			body = withReload(body, count)
			w.Header().Del("Content-Length")
		}
		w.WriteHeader(kept.status)
		_, _ = w.Write(body) // the visitor may have gone
	})
}

// A keptResponse keeps back what a handler answers, but for the header.
type keptResponse struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *keptResponse) WriteHeader(status int)      { k.status = status }
func (k *keptResponse) Write(p []byte) (int, error) { return k.body.Write(p) }
