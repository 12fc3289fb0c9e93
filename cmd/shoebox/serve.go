package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"shoebox/generator"
	"shoebox/internal/serve"
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
			at, err := p.open(dir)
			if err != nil {
				return err
			}
			defer at.bucket.Close()
			return p.serve(cmd.Context(), cmd, dir, at, addr, watch)
		},
	}
	c.Flags().BoolVar(&watch, "watch", false, "build again when something changes, and reload open pages")
	c.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "`address` to listen at; port 0 takes any that is free")
	return c
}

func (p *program) serve(ctx context.Context, cmd *cobra.Command, dir string, at *location, addr string, watch bool) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return usageError{fmt.Errorf("--addr: %w", err)}
	}
	if watch {
		if _, err := p.build(cmd, at, false); err != nil {
			listener.Close()
			return err
		}
	} else if _, err := at.bucket.Get(ctx, "public/index.html", wholeObject); err != nil {
		listener.Close()
		return usageError{errors.New("there is no gallery yet: run \"shoebox build\", or serve with --watch")}
	}
	index := &serve.Search{Bucket: at.bucket}
	defer index.Close()
	handler := &serve.Handler{Bucket: at.bucket}
	if at.config.Search.Enabled {
		handler.Search = index
	}
	if watch {
		handler.Reload = &serve.Reload{}
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx }}
	fmt.Fprintf(p.stdout, "http://%s/\n", listener.Addr())
	work, ctx := errgroup.WithContext(ctx)
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
		return ignoreDeadline(server.Shutdown(soon))
	})
	if watch {
		work.Go(func() error {
			roots := []string{at.configFile}
			for _, name := range []string{"data", "layouts", "assets", "themes"} {
				roots = append(roots, filepath.Join(at.folder, name))
			}
			for i, root := range roots {
				if roots[i], err = filepath.Abs(root); err != nil {
					return err
				}
			}
			say := func(message string) { fmt.Fprintln(p.stderr, "shoebox:", message) }
			return serve.Watch(ctx, roots, say, func() { p.rebuild(ctx, cmd, dir, handler) })
		})
	}
	return work.Wait()
}

func ignoreDeadline(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return nil // a page that waits to be reloaded is still connected
	}
	return err
}

// rebuild brings the gallery up to date while it is shown. What is wrong is said, and the gallery stays as it was.
func (p *program) rebuild(ctx context.Context, cmd *cobra.Command, dir string, handler *serve.Handler) {
	at, err := p.open(dir) // the configuration may be what has changed
	var report generator.Report
	if err == nil {
		defer at.bucket.Close()
		report, err = p.build(cmd, at, false)
	}
	if err != nil {
		if ctx.Err() == nil {
			fmt.Fprintln(p.stderr, "shoebox:", err)
		}
		return
	}
	if report.Written+report.Deleted > 0 {
		handler.Reload.Now()
	}
}
