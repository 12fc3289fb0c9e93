package deploy_test

import (
	"bytes"
	"encoding/json"
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
		"SiteBucket": "site", "SiteBucket.Arn": awstest.BucketARN("site"),
		"OriginalsBucket": "owners", "OriginalsBucket.Arn": awstest.BucketARN("owners"),
		"PublishFunction": "publish", "PublishFunction.Arn": awstest.FunctionARN("publish"),
		"Distribution.DomainName": "gallery.example",
	}
	for _, queue := range []string{"DevelopQueue", "PublishQueue", "PublishFailures"} {
		values[queue], values[queue+".Arn"] = awstest.MakeQueue(t, c.moto, queue, nil), awstest.QueueARN(queue)
	}
	for _, logs := range []string{"DevelopLogs", "PublishLogs", "SearchLogs", "SetupLogs"} {
		values[logs+".Arn"] = "arn:aws:logs:" + awstest.Region + ":" + awstest.AccountID + ":log-group:" + logs + ":*"
	}
	awstest.Notify(t, c.moto, "owners", "DevelopQueue", true, "data/", "layouts/", "assets/", "themes/", "config.toml", "people.toml")
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
// the deletion of several objects for one of the bucket's, and a parameter for every parameter. What that lets pass, the guard has
// judged before.
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

// settle delivers messages and calls until there are none. Of calls that say the same one is made: the others would find nothing.
func (c *cloud) settle() {
	c.Helper()
	develop := awstest.ConfigAs(c.guard.URL, c.credentials["develop"])
	payloads := map[string]bool{}
	for {
		n, again, err := awstest.DeliverAs(c.Context(), develop, c.stack.Value("DevelopQueue"), c.functions["Develop"], time.Minute)
		if err != nil || again > 0 {
			c.Fatalf("develop: %d of %d messages come again, %v", again, n, err)
		}
		select {
		case payload := <-c.calls:
			payloads[payload] = true
			continue
		case <-time.After(100 * time.Millisecond): // a call is on its way for a moment
		}
		switch {
		case n > 0:
		case len(payloads) == 0:
			return
		default:
			for payload := range payloads {
				c.publish(payload)
			}
			clear(payloads)
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
		"RequestType": kind, "RequestId": "1", "ResponseURL": server.URL, "StackId": "stack", "LogicalResourceId": "R",
		"PhysicalResourceId": "id",
		"ResourceType":       resource, "ResourceProperties": map[string]string{"PublishFunction": "publish"},
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
	c.put(c.owners, key, body)
}

func (c *cloud) put(b *aws.Bucket, key string, body []byte) {
	c.Helper()
	if _, err := b.Put(c.Context(), key, body, storage.PutOptions{}); err != nil {
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
