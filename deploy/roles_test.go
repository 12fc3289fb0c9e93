package deploy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"shoebox/deploy"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// TestRoles runs the life of a gallery with no more than the template allows. Nothing may be refused on the way, not even what a
// program could do without, and every permission must be needed.
func TestRoles(t *testing.T) {
	c := newCloud(t)
	w := httptest.NewRecorder()
	c.functions["Search"].URL().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/-/search?q=a", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("search without an index: %d %.300s", w.Code, w.Body)
	}
	c.request("Create", "Custom::SigningKey")
	c.put(c.site, gallery.MarkerKey, []byte("{}\n"))
	c.put(c.site, "public/index.html", []byte("half a page, of an attempt that was ended"))
	c.request("Create", "Custom::Gallery")
	page, _, err := storage.Read(t.Context(), c.site, "public/index.html")
	if err != nil || !strings.Contains(string(page), "</html>") {
		t.Errorf("the first page is %q, %v", page, err)
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
	for _, album := range []string{"", "alps/"} {
		c.upload("data/"+album+"moving.gif", file(t, "site/data/patterns/breathing.gif"))
		c.upload("data/"+album+"moving.webp", file(t, "generator/media/testdata/lossy-animation.webp"))
		c.upload("data/"+album+"motion.jpg", motion(scene(t, awstest.Sky, awstest.Blue), file(t, "site/data/formats/clip.mp4")))
	}
	c.upload(odd, scene(t, awstest.Sky, awstest.Yellow))
	c.upload("data/never.jpg", scene(t, awstest.Sky, awstest.Magenta))
	c.remove("data/never.jpg") // before anybody looked
	c.settle()
	c.publish("{}")
	c.shows(map[string]bool{
		"data/alps/a.jpg": true, "data/alps/b.jpg": true, "data/root.jpg": true, "data/private/x/secret.jpg": true,
		"data/alps/moving.gif": true, "data/alps/moving.webp": true, "data/damaged.jpg": true,
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

	// The nightly reconcile finds what nobody heard of, and what somebody has changed. It also asks for the labels that there was no
	// money for.
	usage := "state/labels/usage-" + time.Now().UTC().Format("2006-01") + ".json"
	c.put(c.site, usage, []byte(`{"requests": 1000}`))
	c.upload("data/poor.jpg", scene(t, awstest.Snow, awstest.Yellow, awstest.Red))
	c.upload("data/alps/poor.jpg", scene(t, awstest.Grass, awstest.Yellow, awstest.Red))
	c.settle()
	c.put(c.site, usage, []byte(`{"requests": 0}`))
	c.put(c.site, "public/index.html", []byte("else"))
	c.upload("data/alps/missed.jpg", scene(t, awstest.Snow, awstest.Green, awstest.Magenta))
	c.remove("data/alps/b.jpg")
	c.remove("data/private/x/secret.jpg")
	c.forget()
	if err := c.somebody(c.guard.URL, "schedule").publish.Start(t.Context(), `{"reconcile":true}`); err != nil {
		t.Error(err)
	}
	c.settle()
	if page, _, err := storage.Read(t.Context(), c.site, "public/index.html"); err != nil || len(page) < 100 {
		t.Errorf("the changed page is %q, %v", page, err)
	}
	c.functions["Search"].Kill()
	if got := c.found("label:grass"); !strings.Contains(got, "alps/poor.jpg") {
		t.Errorf("a photo without labels is still without: %.2000s", got)
	}
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
			for _, words := range []string{"AccessDenied", "not authorized", "permission denied", "StatusCode: 403"} {
				if strings.Contains(line, words) {
					t.Errorf("%s logged %s", name, line)
				}
			}
		}
	}
	c.needed(t)
	t.Run("Limits", c.limits)
}

// motion puts a video behind a photo, as phones do.
func motion(photo, video []byte) []byte {
	xmp := fmt.Sprintf("http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"+
		"<rdf:Description xmlns:GCamera='http://ns.google.com/photos/1.0/camera/' GCamera:MicroVideo='1' GCamera:MicroVideoOffset='%d'/></rdf:RDF></x:xmpmeta>", len(video))
	size := len(xmp) + 2
	return slices.Concat(photo[:2], []byte{0xff, 0xe1, byte(size >> 8), byte(size)}, []byte(xmp), photo[2:], video)
}

// file reads a file of the project.
func file(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return body
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
			body, _, err := storage.Read(c.Context(), c.site, gallery.LeaseKey)
			if err != nil {
				c.Fatal(err)
			}
			if taken = taken || strings.Contains(string(body), "owner"); taken {
				lease, err = storage.Acquire(c.Context(), c.site, gallery.LeaseKey, time.Minute)
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

// TestRekognitionActions wants the template to allow the requests that internal/aws makes, and no others. TestRoles makes them all, but
// would not miss a new one that it does not come to.
func TestRekognitionActions(t *testing.T) {
	made := map[string]bool{}
	source := string(file(t, "internal/aws/rekognition.go"))
	for _, call := range regexp.MustCompile(`\.client\.(\w+)\(ctx`).FindAllStringSubmatch(source, -1) {
		made["rekognition:"+call[1]] = true
	}
	stack, err := deploy.Evaluate(deploy.Template(), everything())
	if err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{}
	for line := range strings.Lines((&checker{Stack: stack}).permissions()) {
		if f := strings.Fields(line); strings.HasPrefix(f[2], "rekognition:") {
			allowed[f[2]] = true
		}
	}
	if !maps.Equal(made, allowed) || len(made) < 5 {
		t.Errorf("requests are %v, and allowed are %v", slices.Sorted(maps.Keys(made)), slices.Sorted(maps.Keys(allowed)))
	}
}
