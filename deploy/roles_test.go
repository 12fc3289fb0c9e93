package deploy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/deploy"
	"shoebox/internal/aws"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/aws/invoke"
	"shoebox/internal/aws/secret"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// A cloud is a stack whose real programs run in the environments and with the permissions that the template gives them. All they
// ask for passes two judges: a guard that decides as IAM does, and the emulator's own enforcement, which knows no conditions but
// checks signatures.
type cloud struct {
	testing.TB
	stack        *deploy.Stack
	moto         string // endpoint
	guard        *awstest.Guard
	credentials  map[string]map[string]string // by role: "develop", "admin"
	site, owners *aws.Bucket                  // as the administrator
	functions    map[string]*awstest.Function
	calls        chan string // of the publish function: payloads
}

// serviceRoles are the names that the roles of the template go by here.
var serviceRoles = map[string]string{
	"DevelopRole": "develop", "PublishRole": "publish", "SearchRole": "search", "SetupRole": "setup", "ScheduleRole": "schedule",
}

const adminPolicy = `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{
		TB: t, moto: awstest.StartMoto(t, "site", "owners"), credentials: map[string]map[string]string{},
		functions: map[string]*awstest.Function{}, calls: make(chan string, 100),
	}
	values := map[string]string{
		"AWS::Region": awstest.Region, "AWS::AccountId": awstest.AccountID, "LabelsPerMonth": "1000", "Faces": "true",
		"SiteBucket": "site", "SiteBucket.Arn": awstest.BucketARN("site"), "OriginalsBucket": "owners", "OriginalsBucket.Arn": awstest.BucketARN("owners"),
		"PublishFunction": "publish", "PublishFunction.Arn": awstest.FunctionARN("publish"), "Distribution.DomainName": "gallery.example",
	}
	for _, queue := range []string{"DevelopQueue", "PublishQueue", "PublishFailures"} {
		values[queue], values[queue+".Arn"] = awstest.MakeQueue(t, c.moto, queue, nil), awstest.QueueARN(queue)
	}
	for _, logs := range []string{"DevelopLogs", "PublishLogs", "SearchLogs", "SetupLogs"} {
		values[logs+".Arn"] = "arn:aws:logs:" + awstest.Region + ":" + awstest.AccountID + ":log-group:" + logs + ":*"
	}
	awstest.Notify(t, c.moto, "owners", "DevelopQueue", false, "data/", "layouts/", "assets/", "themes/", "config.toml", "people.toml")
	var err error
	if c.stack, err = deploy.Evaluate(deploy.Template(), values); err != nil {
		t.Fatal(err)
	}
	c.guard = awstest.StartGuard(t, map[string]string{
		"s3": c.moto, "sqs": c.moto, "ssm": c.moto, "rekognition": awstest.StartRekognition(t).URL,
		"lambda": awstest.StartLambda(t, func(_, payload string) { c.calls <- payload }),
	})
	c.admit(t, "admin", adminPolicy)
	for role, name := range serviceRoles {
		c.admit(t, name, policies(t, c.stack, role)...)
	}
	awstest.Enforce(t, c.moto)

	admin := awstest.ConfigAs(c.guard.URL, c.credentials["admin"])
	c.site, c.owners = aws.NewBucket(admin, "site"), aws.NewBucket(admin, "owners")
	generator, search := awstest.Build(t, "shoebox/generator/lambda"), awstest.Build(t, "shoebox/lambda-search")
	for name, program := range map[string]string{"Develop": generator, "Publish": generator, "Setup": generator, "Search": search} {
		env := append(awstest.Env(c.guard.URL), "AWS_ENDPOINT_URL_S3=", "TMPDIR="+t.TempDir(), "PATH=")
		for key, value := range c.credentials[strings.ToLower(name)] {
			env = append(env, key+"="+value)
		}
		variables := c.stack.Resources[name+"Function"].Properties["Environment"]
		for key, value := range deploy.Entries(deploy.At(variables, "Variables")) {
			env = append(env, fmt.Sprint(key, "=", value))
		}
		c.functions[name] = awstest.NewFunction(t, program, env)
	}
	return c
}

// admit makes a role, of which both judges know.
func (c *cloud) admit(t *testing.T, name string, documents ...string) {
	t.Helper()
	all := make([]any, 0)
	for _, text := range documents {
		var document map[string]any
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			t.Fatal(err)
		}
		for _, s := range deploy.List(document["Statement"]) {
			all = append(all, forEmulator(s))
		}
	}
	body, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": all})
	if err != nil {
		t.Fatal(err)
	}
	c.credentials[name] = awstest.Assume(t, c.moto, name, string(body))
	c.guard.Admit(name, c.credentials[name], documents...)
}

// forEmulator adds to a statement what the emulator asks for and IAM does not: it has actions for batches of messages, and takes
// the deletion of several objects for one of the bucket's, and a parameter for every parameter. What that lets pass, the guard has judged before.
func forEmulator(statement any) any {
	var actions, resources []any
	for _, a := range deploy.List(deploy.At(statement, "Action")) {
		actions = append(actions, a)
		switch a {
		case "sqs:SendMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility":
			actions = append(actions, fmt.Sprint(a, "Batch"))
		}
	}
	for _, r := range deploy.List(deploy.At(statement, "Resource")) {
		if strings.Contains(fmt.Sprint(r), ":ssm:") {
			r = "*"
		}
		resources = append(resources, r)
		if bucket, ok := strings.CutSuffix(fmt.Sprint(r), "/*"); ok && bucket == awstest.BucketARN("site") {
			resources = append(resources, bucket)
		}
	}
	return map[string]any{"Effect": deploy.At(statement, "Effect"), "Action": actions, "Resource": resources}
}

// policies are the policy documents of a role, in JSON.
func policies(t *testing.T, stack *deploy.Stack, role string) []string {
	t.Helper()
	documents := make([]string, 0)
	add := func(document any) {
		text, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, string(text))
	}
	for _, p := range deploy.List(stack.Resources[role].Properties["Policies"]) {
		add(deploy.At(p, "PolicyDocument"))
	}
	for _, r := range stack.Resources {
		if r.Type == "AWS::IAM::Policy" && slices.Contains(deploy.List(r.Properties["Roles"]), any(role)) {
			add(r.Properties["PolicyDocument"])
		}
	}
	if len(documents) == 0 {
		t.Fatalf("%s has no policy", role)
	}
	return documents
}

// settle delivers messages and calls until there are none.
func (c *cloud) settle() {
	c.Helper()
	develop := awstest.ConfigAs(c.guard.URL, c.credentials["develop"])
	for {
		n, again, err := awstest.DeliverAs(c.Context(), develop, c.stack.Value("DevelopQueue"), c.functions["Develop"], time.Minute)
		if err != nil || again > 0 {
			c.Fatalf("develop: %d of %d messages come again, %v", again, n, err)
		}
		select {
		case payload := <-c.calls:
			c.publish(payload)
		case <-time.After(100 * time.Millisecond): // a call is on its way for a moment
			if n == 0 {
				return
			}
		}
	}
}

func (c *cloud) publish(payload string) {
	c.Helper()
	if _, err := c.functions["Publish"].Invoke(payload, time.Minute); err != nil {
		c.Errorf("publish %s: %v", payload, err)
	}
}

// request sends what CloudFormation does to the setup function, which must succeed.
func (c *cloud) request(kind, resource string) {
	c.Helper()
	answers := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		answers <- string(body)
	}))
	defer server.Close()
	event, err := json.Marshal(map[string]any{
		"RequestType": kind, "RequestId": "1", "ResponseURL": server.URL, "StackId": "stack", "LogicalResourceId": "R", "PhysicalResourceId": "id",
		"ResourceType": resource, "ResourceProperties": map[string]string{"PublishFunction": "publish"},
	})
	if err != nil {
		c.Fatal(err)
	}
	if _, err := c.functions["Setup"].Invoke(string(event), time.Minute); err != nil {
		c.Fatalf("%s %s: %v", kind, resource, err)
	}
	select {
	case answer := <-answers:
		if !strings.Contains(answer, `"Status":"SUCCESS"`) {
			c.Errorf("%s %s: %s", kind, resource, answer)
		}
	default:
		c.Errorf("%s %s: no answer", kind, resource)
	}
}

func (c *cloud) upload(key string, body []byte) {
	c.Helper()
	if _, err := c.owners.Put(c.Context(), key, body, storage.PutOptions{}); err != nil {
		c.Fatal(err)
	}
}

func (c *cloud) remove(key string) {
	c.Helper()
	if err := c.owners.Delete(c.Context(), key); err != nil {
		c.Fatal(err)
	}
}

// forget empties the develop queue: its events never come.
func (c *cloud) forget() {
	c.Helper()
	q := aws.NewQueue(awstest.ConfigAs(c.guard.URL, c.credentials["admin"]), c.stack.Value("DevelopQueue"))
	messages, err := q.Receive(c.Context(), 0)
	if err == nil {
		err = q.Delete(c.Context(), messages)
	}
	if err != nil || len(messages) == 0 {
		c.Fatalf("%d events, %v", len(messages), err)
	}
}

// keys are those below a prefix of a bucket.
func (c *cloud) keys(b storage.Bucket, prefix string) []string {
	c.Helper()
	var all []string
	for info, err := range b.List(c.Context(), prefix) {
		if err != nil {
			c.Fatal(err)
		}
		all = append(all, info.Key)
	}
	return all
}

// shows wants the pages of originals, by whether they are there.
func (c *cloud) shows(want map[string]bool) {
	c.Helper()
	pages := c.keys(c.site, gallery.Public)
	for key, there := range want {
		if slices.Contains(pages, gallery.Public+gallery.ItemPage(key)) != there {
			c.Errorf("the page of %s is there: %t, want %t", key, !there, there)
		}
	}
}

// found is what the search function answers, in HTML and JSON, to words.
func (c *cloud) found(words string) (both string) {
	c.Helper()
	for _, format := range []string{"html", "json"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/-/search?format="+format+"&q="+url.QueryEscape(words), nil)
		c.functions["Search"].URL().ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			c.Errorf("search as %s: %d %.300s", format, w.Code, w.Body)
		}
		both += w.Body.String()
	}
	return both
}

// scene is a picture with people on it.
func scene(t *testing.T, background awstest.Background, people ...awstest.Person) []byte {
	t.Helper()
	s := awstest.Scene{Width: 400, Height: 200, Background: background}
	for i, p := range people {
		s.Faces = append(s.Faces, awstest.Face{Person: p, Box: image.Rect(20+i*120, 60, 100+i*120, 150)})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, s.Draw(), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// uploadTheme uploads a theme of the owner's, which is the default one, and lays a layout and an asset over it.
func (c *cloud) uploadTheme() {
	c.Helper()
	overlaid := map[string]bool{}
	files := os.DirFS(filepath.Join("..", "themes", "default"))
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		c.upload("themes/mine/"+name, body)
		if kind, _, _ := strings.Cut(name, "/"); !overlaid[kind] && (kind == "layouts" || kind == "assets") {
			c.upload(name, body)
			overlaid[kind] = true
		}
		return nil
	})
	if err != nil || len(overlaid) != 2 {
		c.Fatalf("laid over: %v, %v", overlaid, err)
	}
}

// TestRoles runs the life of a gallery with no more than the template allows. Nothing may be refused on the way, not even what a
// program could do without, and every permission must be needed.
func TestRoles(t *testing.T) {
	c := newCloud(t)
	c.request("Create", "Custom::SigningKey")
	c.request("Create", "Custom::Gallery")
	if pages := c.keys(c.site, "public/index.html"); len(pages) != 1 {
		t.Error("there is no first page")
	}
	c.found("anything")
	c.settle()

	const odd = `data/100% „Öl“ & #1/oslo+fjord (1)'s.jpg`
	c.uploadTheme()
	c.upload("config.toml", []byte("title = 'Roles'\n\n[theme]\nname = 'mine'\n"))
	c.upload("people.toml", []byte("[[person]]\nname = 'Natalie'\nphoto = 'alps/a.jpg'\n"))
	c.upload("data/alps/a.jpg", scene(t, awstest.Snow, awstest.Red))
	c.upload("data/alps/a.jpg.md", []byte("---\ntitle: Summit\n---"))
	c.upload("data/alps/b.jpg", scene(t, awstest.Grass, awstest.Red, awstest.Blue))
	c.upload("data/root.jpg", scene(t, awstest.Sky))
	c.upload("data/private/x/secret.jpg", scene(t, awstest.Sand, awstest.Green))
	c.upload("data/damaged.jpg", []byte("\xff\xd8\xff\xe0 not really"))
	c.upload("data/-/%41.txt", []byte("hello"))
	c.upload(odd, scene(t, awstest.Sky, awstest.Yellow))
	c.upload("data/never.jpg", scene(t, awstest.Sky, awstest.Magenta))
	c.remove("data/never.jpg") // before anybody looked
	c.settle()
	c.publish("{}")
	c.shows(map[string]bool{
		"data/alps/a.jpg": true, "data/alps/b.jpg": true, "data/root.jpg": true, "data/private/x/secret.jpg": true, "data/damaged.jpg": true,
		"data/-/%41.txt": true, odd: true, "data/never.jpg": false,
	})
	c.functions["Search"].Kill() // the next one has the newest index at once
	if got := c.found("Natalie"); !strings.Contains(got, "alps/b.jpg") {
		t.Errorf("the search for a person finds %.2000s", got)
	}

	c.upload("data/alps/b.jpg", scene(t, awstest.Sand, awstest.Blue)) // replaced
	c.remove("data/alps/a.jpg")
	c.remove("data/alps/a.jpg.md")
	c.remove(odd)
	c.remove("layouts/404.html")
	c.settle()
	c.shows(map[string]bool{"data/alps/a.jpg": false, "data/alps/b.jpg": true, odd: false})

	// What nobody heard of, the nightly reconcile finds.
	c.upload("data/alps/missed.jpg", scene(t, awstest.Snow, awstest.Green, awstest.Magenta))
	c.remove("data/alps/b.jpg")
	c.remove("data/private/x/secret.jpg")
	c.forget()
	if err := c.somebody(c.guard.URL, "schedule").publish.Start(t.Context(), `{"reconcile":true}`); err != nil {
		t.Error(err)
	}
	c.settle()
	c.shows(map[string]bool{"data/alps/missed.jpg": true, "data/alps/b.jpg": false, "data/private/x/secret.jpg": false})

	c.handBack()

	owned := c.keys(c.owners, "")
	c.request("Delete", "Custom::Gallery")
	c.request("Delete", "Custom::SigningKey")
	if left := c.keys(c.site, ""); len(left) > 0 {
		t.Errorf("our bucket still has %q", left)
	}
	if left := c.keys(c.owners, ""); !slices.Equal(left, owned) || len(left) < 3 {
		t.Errorf("the owner's bucket has %q, and had %q", left, owned)
	}
	if refused := c.guard.Refused(); len(refused) > 0 {
		t.Errorf("refused was %q", refused)
	}
	for name, f := range c.functions {
		for line := range strings.Lines(f.Log()) {
			if strings.Contains(line, "AccessDenied") || strings.Contains(line, "not authorized") || strings.Contains(line, "permission denied") {
				t.Errorf("%s logged %s", name, line)
			}
		}
	}
	c.needed(t)
	t.Run("Limits", c.limits)
}

// handBack has the publish function find, with a message in its hands, that another has taken the lease.
func (c *cloud) handBack() {
	c.Helper()
	const permission = "publish sqs:ChangeMessageVisibility "
	q := c.somebody(c.guard.URL, "admin").queue("PublishQueue")
	for range 5 {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			c.publish(`{"rung":true}`)
		}()
		// It holds the lease for a moment, and looks for messages for a second after that.
		var lease *storage.Lease
		taken := false
		for lease == nil {
			body, _, err := storage.Read(c.Context(), c.site, "state/lease.json")
			if err != nil {
				c.Fatal(err)
			}
			if taken = taken || strings.Contains(string(body), "owner"); taken {
				lease, err = storage.Acquire(c.Context(), c.site, "state/lease.json", time.Minute)
				if err != nil && !errors.Is(err, storage.ErrLeased) {
					c.Fatal(err)
				}
			}
			select {
			case <-ended: // too late
				taken = true
			default:
			}
		}
		if err := q.Send(c.Context(), `{"keys":[]}`); err != nil {
			c.Fatal(err)
		}
		<-ended
		if err := lease.Release(c.Context()); err != nil {
			c.Fatal(err)
		}
		c.publish("{}") // the message that was put back
		if slices.ContainsFunc(c.guard.Used(), func(used string) bool { return strings.HasPrefix(used, permission) }) {
			return
		}
	}
	c.Error("it never put a message back")
}

// byServices says which permissions a service uses in the name of a role, and never a program of ours.
func byServices(permission string) bool {
	for _, part := range []string{
		" logs:",                          // Lambda writes what a function prints
		"develop sqs:GetQueueAttributes ", // the event source looks how full its queue is
		"publish sqs:SendMessage " + publishFailures, // Lambda sends there what failed twice
	} {
		if strings.Contains(permission, part) {
			return true
		}
	}
	return false
}

var publishFailures = awstest.QueueARN("PublishFailures")

// needed wants every permission to have been used.
func (c *cloud) needed(t *testing.T) {
	t.Helper()
	used := c.guard.Used()
	for role, name := range serviceRoles {
		for _, text := range policies(t, c.stack, role) {
			var document any
			if err := json.Unmarshal([]byte(text), &document); err != nil {
				t.Fatal(err)
			}
			for _, s := range deploy.List(deploy.At(document, "Statement")) {
				for _, action := range deploy.List(deploy.At(s, "Action")) {
					for _, resource := range deploy.List(deploy.At(s, "Resource")) {
						permission := fmt.Sprint(name, " ", action, " ", resource)
						if !slices.Contains(used, permission) && !byServices(permission) {
							t.Errorf("nothing needs %s", permission)
						}
					}
				}
			}
		}
	}
}

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
	{"write site state/records/a.jpg.json", "develop publish setup"},
	{"write site state/labels/a.json", "develop publish setup"},
	{"write site state/faces/a.json", "develop publish setup"},
	{"write site state/albums/manifest.json", "publish setup"},
	{"write site state/site.json", "publish setup"},
	{"write site state/index/a", "publish setup"},
	{"write site state/lease.json", "publish setup"},
	{"write site data/a.jpg", "setup"},
	{"write site config.toml", "setup"},
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
	{"read site else", "setup"},
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
	{"forget shoebox", "develop"},
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
				refused := err != nil && (errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "AccessDenied"))
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
	_, bucket := map[string]bool{"site": true, "owners": true}[strings.Fields(target + " ")[0]]
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
			err = s.queue(name).PutBack(ctx, messages)
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
	default:
		t.Fatalf("%s is no call", verb)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
