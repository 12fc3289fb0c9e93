package stack

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Deployment is what a stack is made of.
type Deployment struct {
	Stack      string            // name
	Account    string            // number of the account, which makes the name of the bucket for uploads unique
	Template   []byte            // text of the template
	Functions  string            // folder with the built functions: generator/bootstrap, search/bootstrap
	Parameters map[string]string // of the template; those left out keep their value, or have the template's default
}

// functions are the programs of a deployment, below its folder of functions.
var functions = [...]string{"generator/bootstrap", "search/bootstrap"}

// ffmpegProgram is a program of the owner's that may lie beside the generator's, and then is deployed with it.
const ffmpegProgram = "generator/ffmpeg"

// Template and functions lie beside each other, since the one names the other by relative paths.
const (
	templateFile    = "deploy/template.yaml"
	packagedFile    = "deploy/packaged.yaml"
	functionsFolder = "bin/lambda"
)

// parameterRelease is the template's parameter that has the setup function renew what it writes when the functions have changed.
const parameterRelease = "Release"

// CheckFunctions sees that the functions are there and can run: executable programs for Linux on arm64.
func CheckFunctions(folder string) error {
	var wrong []error
	for _, name := range functions {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := checkProgram(file, functionsArch); err != nil {
			wrong = append(wrong, fmt.Errorf("function %s: %w: run \"make lambda\"", file, err))
		}
	}
	ffmpeg := filepath.Join(folder, filepath.FromSlash(ffmpegProgram))
	if _, err := os.Lstat(ffmpeg); err == nil {
		if err := CheckStatic(ffmpeg, functionsArch); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w: run \"make lambda FFMPEG=path\" with a static ffmpeg for Linux on arm64, or delete it", ffmpeg, err))
		}
	}
	return errors.Join(wrong...)
}

// CheckStatic sees that a file is an executable program for Linux on that GOARCH, "arm64" or "amd64", that needs no shared library, of
// which a function has none.
func CheckStatic(file, arch string) error {
	if err := checkProgram(file, arch); err != nil {
		return err
	}
	program, err := elf.Open(file)
	if err != nil {
		return err
	}
	defer program.Close()
	if libraries, err := program.ImportedLibraries(); err == nil && len(libraries) > 0 {
		return fmt.Errorf("it needs shared libraries (%s …)", libraries[0])
	}
	return nil
}

// functionsArch is the GOARCH that the template has functions run on.
const functionsArch = "arm64"

// machines are the machines that Lambda has, by GOARCH.
var machines = map[string]elf.Machine{"arm64": elf.EM_AARCH64, "amd64": elf.EM_X86_64}

func checkProgram(file, arch string) error {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("it is not there")
	case err != nil:
		return err
	case info.Mode()&0o111 == 0:
		return errors.New("it is not executable")
	}
	program, err := elf.Open(file)
	if err != nil {
		return fmt.Errorf("it is no program for Linux: %w", err)
	}
	defer program.Close()
	if program.Machine != machines[arch] {
		return fmt.Errorf("it is for %s, not for %s", program.Machine, arch)
	}
	return nil
}

// ArtifactBucket returns the name of the bucket that code and template are uploaded to: one for each account and region.
func (c *CLI) ArtifactBucket(account string) string {
	return "shoebox-artifacts-" + account + "-" + c.region
}

// Deploy makes a stack or brings it up to date; that nothing changed is no error.
func (c *CLI) Deploy(ctx context.Context, d Deployment) error {
	if err := CheckFunctions(d.Functions); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "shoebox-deploy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	release, err := lay(work, d)
	if err != nil {
		return err
	}
	bucket := c.ArtifactBucket(d.Account)
	if err := c.makeBucket(ctx, bucket); err != nil {
		return err
	}
	template, packaged := filepath.Join(work, templateFile), filepath.Join(work, packagedFile)
	err = c.change(ctx, "cloudformation", "package", "--template-file", template, "--s3-bucket", bucket, "--s3-prefix", d.Stack,
		"--output-template-file", packaged)
	if err != nil {
		return err
	}
	args := []string{"cloudformation", "deploy", "--template-file", packaged, "--stack-name", d.Stack,
		"--s3-bucket", bucket, "--s3-prefix", d.Stack, "--capabilities", "CAPABILITY_IAM",
		"--no-fail-on-empty-changeset", "--tags", "shoebox=" + d.Stack}
	args = append(args, "--parameter-overrides", parameterRelease+"="+release)
	for _, name := range slices.Sorted(maps.Keys(d.Parameters)) {
		args = append(args, name+"="+d.Parameters[name])
	}
	if err := c.change(ctx, args...); err != nil {
		return c.explain(ctx, d.Stack, err)
	}
	return nil
}

// lay puts the template and the functions into a folder, and returns a fingerprint of the functions. What "aws cloudformation
// package" uploads is named by a hash of the zip, in which the time of each file stands: with one and the same time, functions
// that did not change are not deployed again.
func lay(folder string, d Deployment) (release string, err error) {
	sum := sha256.New()
	put := func(name string, body []byte) error {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, body, 0o755); err != nil {
			return err
		}
		long := time.Date(2000, time.January, 1, 12, 0, 0, 0, time.Local) // zip files know no zone
		return os.Chtimes(file, long, long)
	}
	for _, name := range append(functions[:], ffmpegProgram) {
		body, err := os.ReadFile(filepath.Join(d.Functions, filepath.FromSlash(name)))
		if name == ffmpegProgram && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		sum.Write(body)
		if err := put(functionsFolder+"/"+name, body); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), put(templateFile, d.Template)
}

// makeBucket makes the bucket for uploads unless it is there.
func (c *CLI) makeBucket(ctx context.Context, bucket string) error {
	err := c.ask(ctx, nil, "s3api", "head-bucket", "--bucket", bucket)
	switch {
	case err == nil:
		return nil
	case said(err, "403"):
		return fmt.Errorf("bucket %s is not yours, or you may not see it: %w", bucket, err)
	case !said(err, "404"):
		return err
	}
	return c.change(ctx, "s3", "mb", "s3://"+bucket)
}

// explain adds to the error of a deployment what went wrong in it.
func (c *CLI) explain(ctx context.Context, stack string, err error) error {
	var answer struct {
		StackEvents []struct {
			Resource string `json:"LogicalResourceId"`
			Status   string `json:"ResourceStatus"`
			Reason   string `json:"ResourceStatusReason"`
		}
	}
	if c.ask(ctx, &answer, "cloudformation", "describe-stack-events", "--stack-name", stack) != nil {
		return err
	}
	const few = 5
	var reasons []string
	for _, e := range answer.StackEvents { // the newest is the first; "cancelled" ones only follow from others
		if e.Resource == stack && e.Reason == "User Initiated" {
			break // what is older is of another deployment
		}
		if strings.HasSuffix(e.Status, "_FAILED") && !strings.Contains(e.Reason, "cancelled") && len(reasons) < few {
			reasons = append(reasons, fmt.Sprintf("%s: %s", e.Resource, e.Reason))
		}
	}
	if said(err, "ROLLBACK_COMPLETE") {
		reasons = append(reasons, "the stack was never whole, so it can't be changed: run \"shoebox destroy\", then \"shoebox deploy\"")
	}
	if len(reasons) == 0 {
		return err
	}
	return fmt.Errorf("%w\n%s", err, strings.Join(reasons, "\n"))
}

// Destroy deletes a stack and waits until it is gone. What the template retains stays: the owner's bucket.
func (c *CLI) Destroy(ctx context.Context, stack string) error {
	if err := c.change(ctx, "cloudformation", "delete-stack", "--stack-name", stack); err != nil {
		return err
	}
	if err := c.change(ctx, "cloudformation", "wait", "stack-delete-complete", "--stack-name", stack); err != nil {
		return c.explain(ctx, stack, err)
	}
	return nil
}
