package media

import (
	"crypto/rand"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// socketBuffer bounds what the system takes of a file ahead of what ffmpeg has read of it, bytes.
const socketBuffer = 64 << 10

// A loopback gives another program on this machine one original to read, by HTTP with ranges: an original that is in a bucket has
// no file, and a pipe can't be sought in. It listens on 127.0.0.1 at a port that the system picks, and answers at one path that
// can't be guessed.
type loopback struct {
	url    string
	server *http.Server

	mu     sync.Mutex // guards reading from src, which is not for concurrent use
	src    *source
	closed bool
}

// serve starts a loopback for an original. It must be closed before anything else is read of src.
func serve(src *source) (*loopback, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	path := "/" + rand.Text()
	l := &loopback{url: "http://" + listener.Addr().String() + path, src: src}
	l.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/octet-stream")
			http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(l, 0, src.size))
		}),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() { _ = l.server.Serve(smallBuffers{listener}) }() // it ends with Close
	return l, nil
}

// ReadAt implements [io.ReaderAt].
func (l *loopback) ReadAt(p []byte, offset int64) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, errors.New("the original is no longer served")
	}
	return l.src.ReadAt(p, offset)
}

// close ends all connections. Once it returns nothing is read from the original any more.
func (l *loopback) close() {
	_ = l.server.Close()
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
}

// smallBuffers is a listener whose connections hold little that was not asked for yet.
type smallBuffers struct{ net.Listener }

func (l smallBuffers) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(socketBuffer) // or else a little more is read than has to be
	}
	return c, err
}
