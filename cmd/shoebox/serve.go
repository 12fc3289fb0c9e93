package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"shoebox/generator"
	"shoebox/internal/serve"
	"shoebox/internal/storage"
)

func newServe(p *program) *cobra.Command {
	var watch bool
	var addr string
	c := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "Show the gallery in a browser",
		Long: `Serve shows the gallery at the address that it prints, with search. With --watch it builds the gallery first and again
whenever a file of yours, the theme or the configuration changes, and open pages reload.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			at, err := p.open(cmd.Context(), dir)
			if err != nil {
				return err
			}
			defer at.close()
			listener, err := listen(addr, cmd.Flags().Changed("addr"))
			if err != nil {
				return err
			}
			defer listener.Close()
			return p.serve(cmd.Context(), dir, at, listener, watch)
		},
	}
	c.Flags().BoolVar(&watch, "watch", false, "build again when something changes, and reload open pages")
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "`address` to listen at; port 0 takes any that is free")
	return c
}

// listen opens the address to serve at. The default one is often taken by some other program: then any will do.
func listen(addr string, asked bool) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil && !asked {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("--addr: %w: choose another address, such as 127.0.0.1:0", err)}
	}
	return listener, nil
}

func (p *program) serve(ctx context.Context, dir string, at *location, listener net.Listener, watch bool) error {
	handler := &serve.Handler{Bucket: at.bucket}
	if at.config.Search == "server" {
		handler.Search = &serve.Search{Bucket: at.bucket}
		defer handler.Search.Close()
	}
	if _, linked := at.bucket.(storage.Linker); !linked {
		handler.Originals = at.config.Originals.Publish != "none"
	}
	var again func(context.Context)
	if watch && at.folder == "" {
		return usageError{errors.New("--watch is for folders: nothing tells of changes in S3; run \"shoebox build\" when there are some")}
	}
	if watch {
		handler.Reload = &serve.Reload{}
		// Watching begins before the build, which may take long: what changes meanwhile is built next.
		watcher := serve.NewWatcher(at.watched(), func(message string) { fmt.Fprintln(p.stderr, "shoebox:", printable(message)) })
		defer watcher.Close()
		r := &rebuilder{program: p, dir: dir, folder: at.folder, reload: handler.Reload, told: map[generator.Failure]bool{}}
		report, err := p.runBuild(ctx, at, p.progress(p.quiet))
		r.tellFailures(report)
		if err != nil {
			return err
		}
		if !p.quiet {
			p.printSummary(p.stderr, at, report)
		}
		again = func(ctx context.Context) { watcher.Run(ctx, func() { r.rebuild(ctx) }) }
	} else if o, err := at.bucket.Get(ctx, "public/index.html", storage.Range{}); err != nil {
		return usageError{errors.New("there is no gallery yet: run \"shoebox build\", or serve with --watch")}
	} else {
		o.Body.Close()
	}
	fmt.Fprintf(p.stdout, "http://%s/\n", reachable(listener.Addr()))
	work, ctx := errgroup.WithContext(ctx)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	work.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	work.Go(func() error {
		<-ctx.Done()
		soon, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(soon); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return server.Close() // someone may still be downloading
	})
	if again != nil {
		work.Go(func() error {
			again(ctx)
			return nil
		})
	}
	return work.Wait()
}

// reachable returns an address that a browser on this machine can open: one that listens everywhere has no name of its own.
func reachable(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", tcp.Port)
	}
	return addr.String()
}

// A rebuilder brings a gallery up to date while it is shown.
type rebuilder struct {
	*program
	dir    string
	folder string // the bucket that is shown
	reload *serve.Reload
	told   map[generator.Failure]bool // failures that have been printed
	broken bool                       // the build before could not be finished
}

// rebuild builds and reloads pages. What is wrong is said, and the gallery stays as it was.
func (r *rebuilder) rebuild(ctx context.Context) {
	report, err := r.build(ctx)
	if ctx.Err() != nil {
		return
	}
	r.tellFailures(report)
	changed := report.Written+report.Deleted > 0
	switch {
	case err != nil:
		fmt.Fprintln(r.stderr, "shoebox:", printableLines(err.Error()))
	case !r.quiet && (changed || r.broken):
		fmt.Fprintf(r.stderr, "up to date: %d objects written, %d deleted in %s\n", report.Written, report.Deleted, seconds(report))
	}
	r.broken = err != nil
	if changed {
		r.reload.Now()
	}
}

func (r *rebuilder) build(ctx context.Context) (generator.Report, error) {
	at, err := r.open(ctx, r.dir) // the configuration may be what has changed
	if err != nil {
		return generator.Report{}, err
	}
	defer at.close()
	if at.folder != r.folder {
		return generator.Report{}, fmt.Errorf("the bucket is now %s: start \"shoebox serve\" again to show that", at.folder)
	}
	return r.runBuild(ctx, at, r.progress(true))
}

// tellFailures prints the failures that the build before did not have.
func (r *rebuilder) tellFailures(report generator.Report) {
	told := map[generator.Failure]bool{}
	for _, f := range report.Failed {
		told[f] = true
		if !r.told[f] {
			r.printFailures([]generator.Failure{f})
		}
	}
	r.told = told
}
