package secret_test

import (
	"errors"
	"io/fs"
	"testing"

	"shoebox/internal/aws/awstest"
	"shoebox/internal/aws/secret"
)

func TestParameter(t *testing.T) {
	c := awstest.Config(awstest.StartMoto(t))
	p := secret.New(c, "/shoebox/key")
	if _, err := p.Get(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("get of nothing: %v, want fs.ErrNotExist", err)
	}
	if err := p.Create(t.Context(), "secret one", "a test"); err != nil {
		t.Fatal(err)
	}
	if err := p.Create(t.Context(), "secret two", "a test"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create a second time: %v, want fs.ErrExist", err)
	}
	if got, err := p.Get(t.Context()); got != "secret one" || err != nil {
		t.Errorf("it holds %q, %v", got, err)
	}
	for range 2 {
		if err := p.Delete(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := p.Get(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("get of what was deleted: %v", err)
	}
}
