package generator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// labelsMemory is the prefix of what was paid for: the answers of recognizers, and how many were asked for.
const labelsMemory = gallery.State + "labels/"

// answerKey is the key of the answer for an original with those bytes. It depends on nothing else, so that a rename, a rebuild or
// other settings never pay again.
func answerKey(sha256 string) string { return labelsMemory + sha256 + ".json" }

// A labelAnswer is what a recognizer said of a photo, as it is kept.
type labelAnswer struct {
	Format     int    `json:"format"` // 1
	Recognizer string `json:"recognizer"`
	gallery.Recognition
	None string `json:"none,omitempty"` // why the picture was refused
}

// status says how it stands with labels, for the record.
func (a labelAnswer) status() string {
	if a.None != "" {
		return none(a.None)
	}
	return a.Recognizer + "/" + a.Model
}

// asked is what one question came to.
type asked struct {
	answer labelAnswer
	status string
}

// answer returns what the recognizer said of the original with those bytes, now or before, and how it stands. Within a process
// equal bytes are asked about once; two processes that develop them at the same moment may both ask.
func (g *Generator) answer(ctx context.Context, b storage.Bucket, sha256 string,
	picture func() ([]byte, error)) (labelAnswer, string, error) {
	v, err, _ := g.asking.Do("labels "+sha256, func() (any, error) {
		kept, err := readAnswer(ctx, b, sha256)
		if err != nil || kept.Recognizer == g.labeler.Name() {
			return asked{kept, kept.status()}, err
		}
		return g.ask(ctx, b, sha256, picture)
	})
	a, _ := v.(asked)
	return a.answer, a.status, err
}

// readAnswer reads the answer for some bytes; without one, or with a damaged one, it is empty.
func readAnswer(ctx context.Context, b storage.Bucket, sha256 string) (labelAnswer, error) {
	body, _, err := storage.Read(ctx, b, answerKey(sha256))
	if errors.Is(err, fs.ErrNotExist) {
		return labelAnswer{}, nil
	}
	if err != nil {
		return labelAnswer{}, err
	}
	var a labelAnswer
	if json.Unmarshal(body, &a) != nil || a.Format != 1 {
		return labelAnswer{}, nil
	}
	return a, nil
}

// ask asks the recognizer, if the month's budget allows, and keeps the answer.
func (g *Generator) ask(ctx context.Context, b storage.Bucket, sha256 string, picture func() ([]byte, error)) (asked, error) {
	body, err := picture()
	if err != nil {
		return asked{}, err
	}
	paid, err := g.reserve(ctx, b, time.Now(), 1)
	if err != nil || paid == nil {
		return asked{status: capped}, err
	}
	a := labelAnswer{Format: 1, Recognizer: g.labeler.Name()}
	a.Recognition, err = g.labeler.Labels(ctx, body)
	// From here on something was paid for, or must be given back: that is done even when time is up.
	ctx = context.WithoutCancel(ctx)
	if err != nil && free(err) {
		if back := paid.giveBack(ctx, 1); back != nil {
			return asked{}, errors.Join(err, back)
		}
	}
	if a.None = refusal(err); err != nil && a.None == "" {
		return asked{}, err
	}
	text, err := json.Marshal(a)
	if err != nil {
		return asked{}, fmt.Errorf("encode the labels of %s: %w", sha256, err)
	}
	if _, err := putJSON(ctx, b, answerKey(sha256), text, storage.PutOptions{}); err != nil {
		return asked{}, err
	}
	return asked{a, a.status()}, nil
}
