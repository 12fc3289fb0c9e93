package awstest

import (
	"errors"
	"io/fs"
	"slices"
	"testing"

	"shoebox/internal/aws"
	"shoebox/internal/storage"
)

func TestLike(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true}, {"a", "b", false}, {"a", "", false}, {"", "", true}, {"*", "", true}, {"*", "a/b", true},
		{"data/*", "data/a/b.jpg", true}, {"data/*", "data", false}, {"data/*", "xdata/a", false},
		{"public/*/-/*", "public/a/b/-/c", true}, {"public/*/-/*", "public/-/c", false}, {"public/*/-/*", "public/a/-", false},
		{"a*b*c", "a-b-b-c", true}, {"a*b*c", "a-c-b", false}, {"a?c", "aöc", true}, {"a?c", "ac", false}, {"a.c", "abc", false},
	} {
		if got := like(test.pattern, test.text); got != test.want {
			t.Errorf("%q like %q: %t, want %t", test.text, test.pattern, got, test.want)
		}
	}
}

func TestConditions(t *testing.T) {
	for _, test := range []struct {
		operator string
		prefix   []string // none: a request without one
		want     bool
	}{
		{"StringLike", []string{"state/records/a"}, true},
		{"StringLike", []string{"else/"}, false},
		{"StringLike", []string{""}, false},
		{"StringLike", nil, false},
		{"StringLikeIfExists", []string{"state/"}, true},
		{"StringLikeIfExists", []string{"else/"}, false},
		{"StringLikeIfExists", nil, true}, // so it bounds nobody who leaves the prefix out
	} {
		p, err := parsePolicy(`{"Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ["a", "b"],
			"Condition": {"` + test.operator + `": {"s3:prefix": ["public/*", "state/*"]}}}]}`)
		if err != nil {
			t.Fatal(err)
		}
		a := access{action: "s3:ListBucket", resource: "b", context: map[string]string{}}
		for _, prefix := range test.prefix {
			a.context["s3:prefix"] = prefix
		}
		r := role{policies: []policy{p}}
		if _, got := r.allows(a); got != test.want {
			t.Errorf("%s with prefix %q: %t, want %t", test.operator, test.prefix, got, test.want)
		}
	}
	for _, wrong := range []string{
		`{"Statement": [{"Effect": "Allow", "Action": "a", "Resource": "*", "Condition": {"Bool": {"a": "true"}}}]}`,
		`{"Statement": [{"Effect": "Deny", "Action": "a", "Resource": "*"}]}`, `{"Statement": [{"Effect": "Allow", "Action": "a"}]}`,
	} {
		if _, err := parsePolicy(wrong); err == nil {
			t.Errorf("%s was understood", wrong)
		}
	}
}

// TestGuard reads, lists and deletes with a policy for a part of a bucket. Who may not list it does not learn what is missing.
func TestGuard(t *testing.T) {
	moto := StartMoto(t, "bucket")
	g := StartGuard(t, map[string]string{"s3": moto})
	const read = `{"Effect": "Allow", "Action": ["s3:GetObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::bucket/mine/*"}`
	const list = `{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket",
		"Condition": {"StringLikeIfExists": {"s3:prefix": "mine/*"}}}`
	for role, document := range map[string]string{
		"reader": `{"Statement": [` + read + `]}`, "lister": `{"Statement": [` + read + `, ` + list + `]}`,
		"admin": `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`,
	} {
		g.Admit(role, map[string]string{"AWS_ACCESS_KEY_ID": role}, document)
	}
	as := func(role string) *aws.Bucket {
		return aws.NewBucket(ConfigAs(g.URL, map[string]string{"AWS_ACCESS_KEY_ID": role, "AWS_SECRET_ACCESS_KEY": "secret"}), "bucket")
	}
	const odd = "mine/1%41 +ö#?.jpg"
	for _, key := range []string{odd, "other/a"} {
		if _, err := as("admin").Put(t.Context(), key, []byte("a"), storage.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, role := range []string{"reader", "lister"} {
		b := as(role)
		if body, _, err := storage.Read(t.Context(), b, odd); string(body) != "a" || err != nil {
			t.Errorf("%s reads %q, %v", role, body, err)
		}
		if _, _, err := storage.Read(t.Context(), b, "other/a"); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s reads another's: %v", role, err)
		}
		if _, err := b.Empty(t.Context()); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s empties the bucket: %v", role, err)
		}
		want := map[string]error{"reader": fs.ErrPermission, "lister": fs.ErrNotExist}[role]
		if _, _, err := storage.Read(t.Context(), b, "mine/missing"); !errors.Is(err, want) {
			t.Errorf("%s reads what is missing: %v, want %v", role, err, want)
		}
	}
	if _, _, err := storage.Read(t.Context(), as("nobody"), odd); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("nobody reads: %v", err)
	}
	refused := g.Refused()
	for _, want := range []string{
		"reader s3:GetObject arn:aws:s3:::bucket/other/a",
		"reader s3:ListBucket arn:aws:s3:::bucket for the missing arn:aws:s3:::bucket/mine/missing",
	} {
		if !slices.Contains(refused, want) {
			t.Errorf("refused was %q, want %s", refused, want)
		}
	}
	const listing = " s3:ListBucket arn:aws:s3:::bucket"
	if used := g.Used(); !slices.Contains(used, "lister"+listing) || slices.Contains(used, "reader"+listing) {
		t.Errorf("used were %q", used)
	}
}
