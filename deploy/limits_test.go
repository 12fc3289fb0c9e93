package deploy_test

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/aws/invoke"
	"shoebox/internal/aws/secret"
	"shoebox/internal/storage"
)

// somebody is what one can reach.
type somebody struct {
	buckets    map[string]*aws.Bucket
	queue      func(name string) *aws.Queue
	publish    *invoke.Function
	parameter  func(name string) *secret.Parameter
	collection func(name string) *aws.Rekognition
}

func (c *cloud) somebody(endpoint, role string) somebody {
	config := awstest.ConfigAs(endpoint, c.credentials[role])
	return somebody{
		buckets:    map[string]*aws.Bucket{"site": aws.NewBucket(config, "site"), "owners": aws.NewBucket(config, "owners")},
		queue:      func(name string) *aws.Queue { return aws.NewQueue(config, c.stack.Value(name)) },
		publish:    invoke.New(config, "publish"),
		parameter:  func(name string) *secret.Parameter { return secret.New(config, name) },
		collection: func(name string) *aws.Rekognition { return aws.NewRekognition(config, name) },
	}
}

const signingKeyParameter = "/shoebox/shoebox/signing-key"

// limits are calls, and the roles that may make them; the nearest to what a role may.
var limits = []struct{ call, may string }{
	// The owner's files are read, each by who needs it, and never written.
	{"read owners data/a.jpg", "develop publish"},
	{"read owners data/private/a.jpg", "develop publish"},
	{"read owners config.toml", "develop publish"},
	{"read owners people.toml", "develop publish"},
	{"read owners layouts/item.html", "publish"},
	{"read owners assets/style.css", "publish"},
	{"read owners themes/mine/theme.toml", "publish"},
	{"read owners config.toml.bak", ""},
	{"read owners diary.txt", ""},
	{"list owners data/", "develop publish"},
	{"list owners layouts/", "publish"},
	{"list owners diary/", ""},
	{"list owners ", ""},
	{"write owners data/a.jpg", ""},
	{"write owners config.toml", ""},
	{"write owners layouts/item.html", ""},
	{"write owners state/lease.json", ""},
	{"delete owners data/a.jpg", ""},
	{"delete owners people.toml", ""},
	{"empty owners", ""},

	// Pages are the publish function's, renditions and records the develop function's too.
	{"write site public/index.html", "publish setup"},
	{"write site public/alps/a.jpg.html", "publish setup"},
	{"write site public/-/a.jpg.00000000.400.jpg", "develop publish setup"},
	{"write site public/alps/-/a.jpg.00000000.400.jpg", "develop publish setup"},
	{"write site public/-/a.mov.00000000.480.mp4", "develop publish setup"},
	{"write site public/alps/-/a.mov.00000000.480.mp4", "develop publish setup"},
	{"write site public/-/assets/keys.00000000.js", "publish setup"},
	{"write site public/-/labels/dog/index.html", "publish setup"},
	{"write site public/alps/-/index.html", "publish setup"},
	{"write site state/records/a.jpg.json", "develop publish setup"},
	{"write site state/labels/a.json", "develop publish setup"},
	{"write site state/faces/a.json", "develop publish setup"},
	{"write site state/albums/manifest.json", "publish setup"},
	{"write site state/site.json", "publish setup"},
	{"write site state/index/a", "publish setup"},
	{"write site state/lease.json", "publish setup"},
	{"write site data/a.jpg", ""},
	{"write site config.toml", ""},
	{"delete site else", "setup"},
	{"delete site public/index.html", "publish setup"},
	{"delete site public/alps/-/a.jpg.00000000.400.jpg", "publish setup"},
	{"delete site state/records/a.jpg.json", "develop publish setup"},
	{"delete site state/faces/a.json", "publish setup"},
	{"delete site state/index/a", "publish setup"},
	{"read site state/site.json", "develop publish setup"},
	{"read site state/index/a", "develop publish search setup"},
	{"read site state/records/a.jpg.json", "develop publish search setup"},
	{"read site state/layouts.json", "develop publish search setup"},
	{"read site state/faces/people.json", "develop publish setup"},
	{"read site public/index.html", "publish setup"},
	{"read site else", ""},
	{"list site state/records/", "develop publish search setup"},
	{"list site state/faces/", "develop publish setup"},
	{"list site else/", "setup"},

	// Each has its own end of the queues.
	{"send DevelopQueue", "publish"},
	{"send PublishQueue", "develop"},
	{"receive DevelopQueue", "develop"},
	{"receive PublishQueue", "publish"},
	{"finish DevelopQueue", "develop"},
	{"finish PublishQueue", "publish"},
	{"return DevelopQueue", ""},
	{"return PublishQueue", "publish"},
	{"count DevelopQueue", "develop"},
	{"count PublishQueue", "publish"},
	{"send PublishFailures", "publish"},
	{"receive PublishFailures", ""},

	{"call publish", "develop setup schedule"},

	// The signing key opens every private album.
	{"get " + signingKeyParameter, "setup"},
	{"create " + signingKeyParameter, "setup"},
	{"drop " + signingKeyParameter, "setup"},
	{"get /shoebox/other/signing-key", ""},
	{"create /else", ""},

	{"label shoebox", "develop"},
	{"index shoebox", "develop"},
	{"match shoebox", "develop"},
	{"forget shoebox", "develop publish"},
	{"abandon other", ""},
	{"abandon shoebox", "setup"},
	{"index other", ""},
	{"match other", ""},
	{"forget other", ""},
}

// limits has every role make every call, at the guard and where it can tell at the emulator too.
func (c *cloud) limits(t *testing.T) {
	picture := scene(t, awstest.Snow, awstest.Red)
	for _, role := range serviceRoles {
		for _, endpoint := range []string{c.guard.URL, c.moto} {
			s := c.somebody(endpoint, role)
			for _, limit := range limits {
				verb, target, _ := strings.Cut(limit.call, " ")
				if endpoint == c.moto && !emulated(verb, target) {
					continue
				}
				err := c.do(t, s, verb, target, picture)
				refused := err != nil && (errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "AccessDenied") ||
					strings.Contains(err.Error(), "StatusCode: 403")) // the emulator's answer is not in the protocol
				switch may := slices.Contains(strings.Fields(limit.may), role); {
				case may && err != nil:
					t.Errorf("%s, %s: %v", role, limit.call, err)
				case !may && !refused:
					t.Errorf("%s was not refused to %s: %v", role, limit.call, err)
				}
			}
		}
	}
}

// emulated reports whether the emulator decides on a call as IAM does: not by conditions, not by the names of parameters, and not at
// all in services that it has not got.
func emulated(verb, target string) bool {
	bucket := strings.HasPrefix(target, "site ") || strings.HasPrefix(target, "owners")
	return bucket && verb != "list" || strings.HasSuffix(target, "Queue") || target == "PublishFailures"
}

// do makes a call. That there is nothing is no error: it was let through.
func (c *cloud) do(t *testing.T, s somebody, verb, target string, picture []byte) error {
	t.Helper()
	ctx := t.Context()
	name, key, _ := strings.Cut(target, " ")
	b := s.buckets[name]
	var err error
	switch verb {
	case "read":
		_, _, err = storage.Read(ctx, b, key)
	case "write":
		_, err = b.Put(ctx, key, nil, storage.PutOptions{})
	case "delete":
		err = b.Delete(ctx, key)
	case "list":
		for _, e := range b.List(ctx, key) {
			err = e
		}
	case "empty":
		_, err = b.Empty(ctx)
	case "send":
		err = s.queue(name).SendAll(ctx, []string{`{"keys":[]}`})
	case "receive":
		_, err = s.queue(name).Receive(ctx, 0)
	case "finish", "return":
		q := c.somebody(c.guard.URL, "admin").queue(name)
		if err := q.Send(ctx, `{"keys":[]}`); err != nil {
			t.Fatal(err)
		}
		messages, failed := q.Receive(ctx, 0)
		if failed != nil || len(messages) == 0 {
			t.Fatalf("%d messages, %v", len(messages), failed)
		}
		if verb == "finish" {
			err = s.queue(name).Delete(ctx, messages)
		} else {
			err = s.queue(name).PutBack(ctx, messages, 0)
		}
	case "count":
		_, _, err = s.queue(name).Depth(ctx)
	case "call":
		err = s.publish.Start(ctx, "{}")
	case "get":
		_, err = s.parameter(name).Get(ctx)
	case "create":
		err = s.parameter(name).Create(ctx, "a secret", "of a test")
	case "drop":
		err = s.parameter(name).Delete(ctx)
	case "label":
		_, err = s.collection(name).Labels(ctx, picture)
	case "index":
		_, _, err = s.collection(name).IndexFaces(ctx, "image", picture)
	case "match":
		_, err = s.collection(name).MatchFace(ctx, "00000000-0000-4000-8000-000000000000")
	case "forget":
		err = s.collection(name).DeleteFaces(ctx, []string{"00000000-0000-4000-8000-000000000000"})
	case "abandon":
		err = s.collection(name).DeleteCollection(ctx)
	default:
		t.Fatalf("%s is no call", verb)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
