package serve

import (
	"fmt"
	"net/http"
	"sync"
	"time"
)

// The addresses that a page reloads by, below the root.
const (
	reloadScript = "-/reload.js"
	reloadEvents = "-/reload"
)

// reloadCode listens for the gallery to change. It comes as a file, for pages forbid scripts within them.
const reloadCode = `new EventSource("/` + reloadEvents + `").onmessage = () => location.reload();
`

// Reload tells open pages that the gallery has changed. The zero Reload is ready for use.
type Reload struct {
	mu      sync.Mutex // guards changed
	changed chan struct{}
}

// Now reloads all pages that are open.
func (l *Reload) Now() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

func (l *Reload) next() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.changed
}

// serve holds a page's connection until there is something to tell (server-sent events).
func (l *Reload) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	control := http.NewResponseController(w)
	changed := l.next()
	fmt.Fprint(w, ": connected\n\n")
	for {
		if control.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-changed:
			changed = l.next()
			fmt.Fprint(w, "data: changed\n\n")
		case <-time.After(20 * time.Second): // so that nothing between takes the connection for dead
			fmt.Fprint(w, ": still here\n\n")
		}
	}
}
