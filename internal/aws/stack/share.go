package stack

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/cloudfront/sign"

	"shoebox/internal/aws/secret"
	"shoebox/internal/gallery"
	"shoebox/internal/storage"
)

// SharePath is where the distribution answers a share link: it turns the signature in it into cookies, and leads on to the album.
const SharePath = "-/share"

// Share returns a link that opens a private album, and those below it, until some time. Whoever has the link can look; it can't
// be taken back before.
func (s *Stack) Share(ctx context.Context, album string, until time.Time) (string, error) {
	if !gallery.Private(album) {
		return "", fmt.Errorf("album %q is not private: only %s/ and what is below is shared by links", album, gallery.PrivatePath)
	}
	address, addressErr := s.Output(OutputURL)
	keyPair, pairErr := s.Output(OutputKeyPair)
	parameter, parameterErr := s.Output(OutputKeyParameter)
	if err := errors.Join(addressErr, pairErr, parameterErr); err != nil {
		return "", err
	}
	if err := s.hasAlbum(ctx, album); err != nil {
		return "", err
	}
	key, err := s.signingKey(ctx, parameter)
	if err != nil {
		return "", err
	}
	// In a policy "*" is whatever follows, also slashes; in the path it can't occur, being escaped.
	front := strings.TrimSuffix(address, "/") + "/"
	to := gallery.EscapePath(gallery.AlbumDir(album))
	policy := &sign.Policy{Statements: []sign.Statement{{
		Resource:  front + to + "*",
		Condition: sign.Condition{DateLessThan: sign.NewAWSEpochTime(until)},
	}}}
	signature, encoded, err := policy.Sign(key)
	if err != nil {
		return "", fmt.Errorf("sign the share link: %w", err)
	}
	// What is signed is in an alphabet of its own that needs no escaping (CloudFront Developer Guide, "Create a signed URL using
	// a custom policy").
	link := front + SharePath + "?to=/" + to
	return fmt.Sprintf("%s&Policy=%s&Signature=%s&Key-Pair-Id=%s", link, encoded, signature, url.QueryEscape(keyPair)), nil
}

func (s *Stack) hasAlbum(ctx context.Context, album string) error {
	bucket, err := s.Bucket()
	if err != nil {
		return err
	}
	o, err := bucket.Get(ctx, gallery.ManifestKey(album), storage.Range{})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no album %q in the gallery: see its folder's name below %s", album, gallery.Data)
	}
	if err != nil {
		return err
	}
	return o.Body.Close()
}

// signingKey reads the private key that the setup function made.
func (s *Stack) signingKey(ctx context.Context, parameter string) (*rsa.PrivateKey, error) {
	text, err := secret.New(s.config, parameter).Get(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the signing key: %w", err)
	}
	key, err := parseKey([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("the signing key %s: %w", parameter, err) // never with what it holds
	}
	return key, nil
}

func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it is no key in PEM: run \"shoebox deploy\" again")
	}
	if block.Type == "RSA PRIVATE KEY" {
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("it is a %T, want one for RSA", key)
	}
	return private, nil
}
