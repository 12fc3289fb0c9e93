package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"shoebox/internal/config"
)

func newInit(p *program) *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIR]",
		Short: "Start a gallery: a config.toml and a folder data/ for your files",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			if err := os.MkdirAll(filepath.Join(dir, "data"), 0o755); err != nil {
				return err
			}
			file := filepath.Join(dir, configName)
			// The folder itself is the gallery's, not one below it as in the program's repository.
			text := strings.Replace(config.Template(""), `bucket = "site"`, `bucket = "."`, 1)
			err := create(file, text)
			if errors.Is(err, fs.ErrExist) {
				fmt.Fprintf(p.stderr, "%s is there already and stays as it is\n", printable(file))
			} else if err != nil {
				return err
			}
			if !p.quiet {
				argument := ""
				if dir != "." {
					argument = " " + shellQuote(dir)
				}
				fmt.Fprintf(p.stdout, "Put your photos, videos and files into %s\nthen run: shoebox build%s && shoebox serve --watch%[2]s\n",
					printable(filepath.Join(dir, "data")), argument)
			}
			return nil
		},
	}
}

// create writes a file that must not be there yet.
func create(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// shellQuote returns a folder's name as it is typed in a shell.
func shellQuote(s string) string {
	s = printable(s)
	if s != "" && !strings.HasPrefix(s, "-") && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(`./\_-:+@%,`, r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
