package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/deploy"
	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// policy is what a role of the template may do, as one document for the emulator, which knows none of the conditions.
func policy(t *testing.T, stack *deploy.Stack, resources ...string) string {
	t.Helper()
	var statements []any
	add := func(document any) {
		for _, s := range deploy.List(deploy.At(document, "Statement")) {
			statement, ok := s.(map[string]any)
			if !ok {
				t.Fatalf("a statement is %v", s)
			}
			statement = maps.Clone(statement)
			delete(statement, "Condition")
			var actions []any
			for _, action := range deploy.List(statement["Action"]) {
				actions = append(actions, action)
				name, _ := action.(string)
				if strings.HasPrefix(name, "sqs:") { // the emulator has an action of its own for several at once; AWS has not
					actions = append(actions, name+"Batch")
				}
				if strings.HasPrefix(name, "ssm:") { // nor does it know which parameter is meant
					statement["Resource"] = "*"
				}
			}
			statement["Action"] = actions
			statements = append(statements, statement)
		}
	}
	for _, name := range resources {
		properties := stack.Resources[name].Properties
		for _, p := range deploy.List(properties["Policies"]) {
			add(deploy.At(p, "PolicyDocument"))
		}
		add(properties["PolicyDocument"])
	}
	if len(statements) == 0 {
		t.Fatalf("%q have no policy", resources)
	}
	body, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestRoles runs each program with what the template lets it do, and nothing more: it must do its work, and be refused elsewhere.
func TestRoles(t *testing.T) {
	s := &stack{TB: t, called: make(chan string, 10)}
	s.moto = awstest.StartMoto(t, "site", "owners")
	s.s3 = s.moto
	s.develop, s.publish = awstest.MakeQueue(t, s.moto, "develop", nil), awstest.MakeQueue(t, s.moto, "publish", nil)
	s.lambda = awstest.StartLambda(t, func(_, payload string) { s.called <- payload })
	const functions = "arn:aws:lambda:" + awstest.Region + ":" + awstest.AccountID + ":function:"
	const logs = "arn:aws:logs:" + awstest.Region + ":" + awstest.AccountID + ":log-group:"
	template, err := deploy.Evaluate(deploy.Template(), map[string]string{
		"AWS::Region": awstest.Region, "AWS::AccountId": awstest.AccountID, "AWS::StackName": "shoebox",
		"SiteBucket": "site", "SiteBucket.Arn": "arn:aws:s3:::site", "OriginalsBucket": "owners", "OriginalsBucket.Arn": "arn:aws:s3:::owners",
		"DevelopQueue.Arn": awstest.QueueARN("develop"), "PublishQueue.Arn": awstest.QueueARN("publish"),
		"PublishFailures.Arn": awstest.QueueARN("failures"), "PublishFunction.Arn": functions + "publish",
		"DevelopLogs.Arn": logs + "develop", "PublishLogs.Arn": logs + "publish", "SearchLogs.Arn": logs + "search", "SetupLogs.Arn": logs + "setup",
	})
	if err != nil {
		t.Fatal(err)
	}
	roles := map[string]map[string]string{
		"admin":   awstest.Assume(t, s.moto, "admin", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
		"develop": awstest.Assume(t, s.moto, "develop", policy(t, template, "DevelopRole")),
		"publish": awstest.Assume(t, s.moto, "publish", policy(t, template, "PublishRole")),
		"search":  awstest.Assume(t, s.moto, "search", policy(t, template, "SearchRole")),
		"setup":   awstest.Assume(t, s.moto, "setup", policy(t, template, "SetupRole", "SetupCallsPublish")),
	}
	awstest.Setenv(t, s.moto)
	as := func(role string) {
		for name, value := range roles[role] {
			t.Setenv(name, value)
		}
	}
	awstest.Enforce(t, s.moto)
	as("admin")
	s.open(t)
	s.upload("config.toml", []byte("title = 'Roles'\n"))
	s.upload("data/alps/a.jpg", photo(t, 1))
	s.upload("data/alps/a.jpg.md", []byte("---\ntitle: Summit\n---"))

	bootstrap := awstest.Build(t, program)
	start := func(role, program string, env []string) *awstest.Function {
		base := slices.DeleteFunc(awstest.Env(s.moto), func(entry string) bool {
			return strings.HasPrefix(entry, "AWS_ACCESS_KEY_ID=") || strings.HasPrefix(entry, "AWS_SECRET_ACCESS_KEY=")
		})
		for name, value := range roles[role] {
			base = append(base, name+"="+value)
		}
		return awstest.NewFunction(t, program, slices.Concat(base, []string{"AWS_ENDPOINT_URL_LAMBDA=" + s.lambda, "TMPDIR=" + t.TempDir()}, env))
	}
	event, err := json.Marshal(messages(1, keysMessage(t, "data/alps/a.jpg")))
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := start("develop", bootstrap, s.env("develop")).Invoke(string(event), time.Minute); err != nil || strings.Contains(string(answer), "itemIdentifier") {
		t.Errorf("develop: %s, %v", answer, err)
	}
	publish := start("publish", bootstrap, s.env("publish"))
	for _, payload := range []string{"{}", `{"reconcile":true}`, `{"rung":true}`} {
		if _, err := publish.Invoke(payload, time.Minute); err != nil {
			t.Errorf("publish %s: %v", payload, err)
		}
	}
	if !s.has("public/alps/a.jpg.html") {
		t.Error("the photo was not published")
	}
	search := start("search", awstest.Build(t, "shoebox/lambda-search"), []string{"SHOEBOX_BUCKET=s3://site"}).URL()
	for _, format := range []string{"json", "html"} {
		w := httptest.NewRecorder()
		search.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/-/search?q=summit&format="+format, nil))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Summit") {
			t.Errorf("search: %d %.500s", w.Code, w.Body)
		}
	}
	as("setup")
	setup := s.function(t, "setup")
	if _, err := setup.signingKey(t.Context()); err != nil {
		t.Errorf("signing key: %v", err)
	}
	if err := setup.firstPage(t.Context()); err != nil {
		t.Errorf("first page: %v", err)
	}

	// What none of them may do. The keys are the nearest to what they may.
	const read, write, remove = "read", "write", "delete"
	for role, refused := range map[string][][3]string{
		"develop": {
			{write, "owners", "data/alps/a.jpg"}, {remove, "owners", "data/alps/a.jpg"}, {read, "owners", "layouts/album.html"},
			{write, "site", "public/index.html"}, {write, "site", "state/site.json"}, {remove, "site", "public/index.html"},
			{write, "site", "state/index/current"}, {write, "site", "data/a.jpg"},
		},
		"publish": {
			{write, "owners", "data/alps/a.jpg"}, {remove, "owners", "data/alps/a.jpg"}, {write, "owners", "config.toml"},
			{read, "owners", "else/a.jpg"}, {write, "site", "data/a.jpg"}, {remove, "site", "data/a.jpg"},
		},
		"search": {
			{read, "owners", "data/alps/a.jpg"}, {read, "site", "public/index.html"}, {read, "site", "state/site.json"},
			{write, "site", "state/index/current"}, {remove, "site", "state/index/current"},
		},
		"setup": {
			{read, "owners", "data/alps/a.jpg"}, {write, "owners", "data/alps/a.jpg"}, {remove, "owners", "data/alps/a.jpg"},
		},
	} {
		as(role)
		for _, r := range refused {
			b, err := aws.OpenBucket(t.Context(), r[1])
			if err != nil {
				t.Fatal(err)
			}
			switch r[0] {
			case read:
				_, err = b.Get(t.Context(), r[2], storage.Range{})
			case write:
				_, err = b.Put(t.Context(), r[2], nil, storage.PutOptions{})
			case remove:
				err = b.Delete(t.Context(), r[2])
			}
			if !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s may %s %s/%s: %v", role, r[0], r[1], r[2], err)
			}
		}
	}
	as("admin")
	if body, _, err := storage.Read(t.Context(), s.owners, "data/alps/a.jpg"); err != nil || len(body) == 0 {
		t.Errorf("the owner's photo: %d bytes, %v", len(body), err)
	}
	if !s.has(gallery.RecordKey("data/alps/a.jpg")) {
		t.Error("the record is gone")
	}
}
