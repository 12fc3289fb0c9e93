package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"

	"shoebox/generator"
	"shoebox/internal/aws"
	"shoebox/internal/aws/invoke"
	"shoebox/internal/config"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// The custom resources of the stack. They are two because of what depends on what: the publish function on the distribution's
// address, that on the signing key, and a gallery that can be reconciled on the publish function.
const (
	keyResource     = "Custom::SigningKey"
	galleryResource = "Custom::Gallery"
)

// physicalID is the physical ID of a custom resource. It never changes: CloudFormation deletes what has got another one.
func physicalID(resource string) string {
	if resource == keyResource {
		return "shoebox-key"
	}
	return "shoebox-gallery"
}

// answerTime is the time that is kept for the answer, without which the stack hangs for an hour.
const answerTime = 5 * time.Second

// keyBits is the size of the signing key: CloudFront takes RSA keys of 2,048 bits (CloudFront Developer Guide, "Create key pairs
// for your signers").
const keyBits = 2048

// setup handles a request of CloudFormation for one of the custom resources, and always answers it.
func (f *function) setup(ctx context.Context, event cfn.Event) (string, error) {
	reason, err := cfn.LambdaWrap(f.answer)(ctx, event)
	// The address to answer to is signed, so it is a secret, and errors of the HTTP client quote it.
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		err = fmt.Errorf("answer CloudFormation: %w", failed.Err)
		reason = err.Error()
	}
	return reason, err
}

// answer does what is asked for and returns what CloudFormation is told.
func (f *function) answer(ctx context.Context, event cfn.Event) (id string, attributes map[string]any, err error) {
	done := f.measure()
	defer func() {
		if p := recover(); p != nil {
			f.log.Error("panic", "error", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v: see the log of the setup function", p)
		}
		if err != nil {
			f.log.Error("setup failed", "request", string(event.RequestType), "resource", event.ResourceType, "error", err.Error())
		}
		done("setup", "request", string(event.RequestType), "resource", event.ResourceType, "ok", err == nil)
		id = physicalID(event.ResourceType)
	}()
	if last, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, last.Add(-answerTime))
		defer cancel()
	}
	switch what := string(event.RequestType) + " " + event.ResourceType; what {
	case "Create " + keyResource, "Update " + keyResource:
		var public string
		public, err = f.signingKey(ctx)
		attributes = map[string]any{"PublicKey": public}
	case "Delete " + keyResource:
		err = f.key.Delete(ctx)
	case "Create " + galleryResource, "Update " + galleryResource:
		err = f.openGallery(ctx, event.ResourceProperties["PublishFunction"])
	case "Delete " + galleryResource:
		err = f.empty(ctx)
	default:
		err = fmt.Errorf("the request %q is none that the template leads to", what)
	}
	return "", attributes, err
}

// openGallery makes the first page. What is in data/ already, and what a new version makes otherwise, is found by a reconcile.
func (f *function) openGallery(ctx context.Context, publish any) error {
	name, ok := publish.(string)
	if !ok || name == "" {
		return errors.New("the resource has no property PublishFunction")
	}
	if err := f.firstPage(ctx); err != nil {
		return err
	}
	c, err := aws.Load(ctx)
	if err != nil {
		return err
	}
	return invoke.New(c, name).Start(ctx, `{"reconcile":true}`)
}

// firstPage gives a gallery that has none yet the pages of one without photos, so that its address works at once. The owner's
// files are not looked at: whatever is wrong with them is no reason for a stack to fail.
func (f *function) firstPage(ctx context.Context) error {
	c, err := config.Parse("", nil, f.env)
	if err != nil {
		return err
	}
	b := storage.NewRoute(f.site, storage.NewMem())
	if err := generator.New(generator.Options{Bucket: b, Config: c, Version: version(), TempDir: os.TempDir(), Tell: f.tell}).Start(ctx); err != nil {
		return fmt.Errorf("first page: %w", err)
	}
	return nil
}

// signingKey makes the key that share links are signed by, once: another one would make all links out there worthless. It returns
// the public half; the private one is in the parameter alone.
func (f *function) signingKey(ctx context.Context) (public string, err error) {
	private, err := f.key.Get(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		if private, err = newKey(); err != nil {
			return "", err
		}
		err = f.key.Create(ctx, private, "Signs links to private albums. Made by Shoebox, and deleted with its stack.")
		if errors.Is(err, fs.ErrExist) { // made just now by another attempt
			private, err = f.key.Get(ctx)
		}
	}
	if err != nil {
		return "", err
	}
	return publicHalf(private)
}

func newKey() (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})), nil
}

func publicHalf(private string) (string, error) {
	block, _ := pem.Decode([]byte(private))
	if block == nil {
		return "", errors.New("the signing key's parameter holds no key: delete the parameter, and a new key is made")
	}
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		return "", errors.New("the signing key's parameter is damaged: delete it, and a new key is made") // the error could quote it
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", err
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})), nil
}

// betweenLooks is the time that is left to functions under way to write something more into the bucket that is being emptied.
const betweenLooks = 2 * time.Second

// empty empties our bucket, which can't be deleted otherwise. The owner's is not touched. Nobody publishes meanwhile, since it holds
// the lease until the end; what functions under way develop goes when it looks again.
func (f *function) empty(ctx context.Context) error {
	if f.ownersName == f.siteName {
		return fmt.Errorf("bucket %s holds the owner's files too: it is not emptied", f.siteName)
	}
	lease, err := f.takeOver(ctx)
	if err != nil {
		return err
	}
	working, cancel := context.WithCancelCause(ctx)
	renewed := f.keep(working, lease, cancel)
	n, err := f.emptyAll(working)
	cancel(nil)
	<-renewed
	f.log.Info("emptied", "bucket", f.siteName, "objects", n)
	return errors.Join(err, f.forgetFaces(ctx), f.site.Delete(ctx, gallery.LeaseKey))
}

// forgetFaces deletes the collection that the faces on photos are kept in: nobody else would. There may be one from before faces
// were switched off; but then, in a region without Rekognition, the stack must not hang on it.
func (f *function) forgetFaces(ctx context.Context) error {
	c, err := config.Parse("", nil, f.env)
	named := slices.ContainsFunc(f.env, func(v string) bool { return strings.HasPrefix(v, "SHOEBOX_LABELS_COLLECTION=") })
	if err != nil || !named {
		return err
	}
	faces, err := aws.OpenRekognition(ctx, c.Labels.Collection)
	if err != nil {
		return err
	}
	on := c.Labels.Recognizer == "rekognition" && c.Labels.Faces
	if !on {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
	}
	if err = faces.DeleteCollection(ctx); err != nil && !on {
		f.log.Warn("no collection of faces deleted", "collection", c.Labels.Collection, "error", err.Error())
		return nil
	}
	return err
}

// takeOver takes the lease. A publisher at work gets a third of the time to finish: it has no more than what is under way. Then the
// lease is taken from it. It notices that when it renews it, and ends.
func (f *function) takeOver(ctx context.Context) (*storage.Lease, error) {
	_, end := deadlines(ctx)
	third := time.Until(end) / 3
	lease, err := f.acquire(ctx, time.Now().Add(third), true)
	if !errors.Is(err, storage.ErrLeased) {
		return lease, err
	}
	f.log.Warn("a publisher is stopped", "why", err.Error())
	if err := f.site.Delete(ctx, gallery.LeaseKey); err != nil {
		return nil, err
	}
	if lease, err = f.acquire(ctx, time.Now().Add(third), true); err != nil {
		return nil, err
	}
	return lease, pause(ctx, min(third, leaseTime/3+betweenLooks))
}

// emptyAll deletes all but the lease until nothing more comes.
func (f *function) emptyAll(ctx context.Context) (deleted int, err error) {
	for {
		n, err := f.site.Empty(ctx, gallery.LeaseKey)
		deleted += n
		if err != nil || n == 0 {
			return deleted, err
		}
		if err := pause(ctx, betweenLooks); err != nil {
			return deleted, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
