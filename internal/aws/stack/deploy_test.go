package stack_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shoebox/deploy"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/aws/stack"
	"shoebox/internal/needs"
)

// template is what the real one has that moto can make, too: two buckets, one of them retained, a role, and the two functions
// by relative paths.
const template = `
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  LabelsPerMonth: {Type: Number, Default: 0}
  Release: {Type: String, Default: ""}
Resources:
  OriginalsBucket: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, UpdateReplacePolicy: Retain}
  SiteBucket: {Type: AWS::S3::Bucket}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  Publish:
    Type: AWS::Lambda::Function
    Properties:
      Code: ../bin/lambda/generator
      Runtime: provided.al2023
      Handler: bootstrap
      Architectures: [arm64]
      Role: !GetAtt Role.Arn
      Environment: {Variables: {LABELS: !Ref LabelsPerMonth}}
  Search:
    Type: AWS::Lambda::Function
    Properties: {Code: ../bin/lambda/search, Runtime: provided.al2023, Handler: bootstrap, Architectures: [arm64], Role: !GetAtt Role.Arn}
Outputs:
  OriginalsBucket: {Value: !Ref OriginalsBucket}
  SiteBucket: {Value: !Ref SiteBucket}
`

// built returns a folder with two real programs in place of the functions.
func built(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"generator", "search"} {
		build(t, filepath.Join(folder, name, "bootstrap"), "arm64")
	}
	return folder
}

// build makes a program for Linux that does nothing.
func build(t *testing.T, file, arch string) {
	t.Helper()
	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestDeploy makes, changes and removes a stack by the real command line, at moto.
func TestDeploy(t *testing.T) {
	// Only at that name moto takes a bucket in the path of a template.
	endpoint := strings.Replace(awstest.StartMoto(t), "127.0.0.1", "localhost", 1)
	awstest.Setenv(t, endpoint)
	var said bytes.Buffer
	cli, account, err := stack.FindCLI(t.Context(), stack.CLIOptions{Path: needs.Tool(t, "aws"), Env: awstest.Env(endpoint), Out: &said})
	if err != nil {
		t.Fatal(err)
	}
	d := stack.Deployment{Stack: "photos", Account: account, Template: []byte(template), Functions: built(t)}
	deploy := func() string {
		t.Helper()
		said.Reset()
		if err := cli.Deploy(t.Context(), d); err != nil {
			t.Fatalf("%v\n%s", err, said.String())
		}
		return said.String()
	}
	if out := deploy(); !strings.Contains(out, "s3 mb s3://shoebox-artifacts-"+account+"-"+awstest.Region) {
		t.Errorf("the first deployment said %s, want a bucket made", out)
	}
	s, err := stack.Open(t.Context(), "photos", awstest.Region)
	if err != nil || s.Status != "CREATE_COMPLETE" {
		t.Fatalf("stack %+v, %v", s, err)
	}
	list := []string{"s3api", "list-objects-v2", "--bucket", cli.ArtifactBucket(account), "--query", "sort(Contents[].Key)"}
	uploaded := ask(t, endpoint, list...)

	if out := deploy(); strings.Contains(out, "s3 mb") {
		t.Errorf("the second deployment said %s, want no bucket made", out)
	}
	if again := ask(t, endpoint, list...); again != uploaded {
		t.Errorf("a second deployment of the same functions uploaded\n%s, want still\n%s", again, uploaded)
	}
	d.Parameters = map[string]string{"LabelsPerMonth": "500"}
	deploy()
	functions := ask(t, endpoint, "lambda", "list-functions", "--query", "sort(Functions[].[to_string(Environment.Variables.LABELS)][])")
	if want := `["500","null"]`; functions != want {
		t.Errorf("functions %s, want %s", functions, want)
	}

	if err := cli.Destroy(t.Context(), "photos"); err != nil {
		t.Fatal(err)
	}
	_, err = stack.Open(t.Context(), "photos", awstest.Region)
	if err == nil || !strings.Contains(err.Error(), "there is no stack photos in "+awstest.Region) {
		t.Errorf("after Destroy: %v", err)
	}
	left := ask(t, endpoint, "s3api", "list-buckets", "--query", "Buckets[].Name")
	if strings.Contains(left, "photos-sitebucket-") || !strings.Contains(left, "photos-originalsbucket-") {
		t.Errorf("buckets left: %s, want the site's gone and the owner's kept", left)
	}
}

// TestPackageRealTemplate packages the template that is deployed, by the real command line. moto does not know all that is in it, so
// that it can't be deployed there.
func TestPackageRealTemplate(t *testing.T) {
	endpoint := strings.Replace(awstest.StartMoto(t), "127.0.0.1", "localhost", 1)
	o := stack.CLIOptions{Path: needs.Tool(t, "aws"), Env: awstest.Env(endpoint), Out: new(bytes.Buffer)}
	cli, account, err := stack.FindCLI(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	err = cli.Deploy(t.Context(), stack.Deployment{Stack: "photos", Account: account, Template: deploy.Template(), Functions: built(t)})
	if err != nil && !strings.Contains(err.Error(), "aws cloudformation deploy") {
		t.Fatal(err)
	}
	bucket := cli.ArtifactBucket(account)
	var keys []string
	listed := ask(t, endpoint, "s3api", "list-objects-v2", "--bucket", bucket, "--query", "Contents[].Key")
	if err := json.Unmarshal([]byte(listed), &keys); err != nil {
		t.Fatal(err)
	}
	zips := 0
	for _, key := range keys {
		file := filepath.Join(t.TempDir(), "artifact")
		ask(t, endpoint, "s3api", "get-object", "--bucket", bucket, "--key", key, file)
		if strings.HasSuffix(key, ".template") {
			text, err := os.ReadFile(file)
			if err != nil || !bytes.Contains(text, []byte("S3Bucket: "+bucket)) || bytes.Contains(text, []byte("../bin/lambda")) {
				t.Errorf("the packaged template still names local paths: %v", err)
			}
			continue
		}
		zips++
		program, err := zip.OpenReader(file)
		if err != nil {
			t.Fatal(err)
		}
		if f := program.File; len(f) != 1 || f[0].Name != "bootstrap" || f[0].Mode()&0o111 == 0 {
			t.Errorf("%s holds %+v, want one executable bootstrap", key, f[0].FileHeader)
		}
		program.Close()
	}
	if zips == 0 || len(keys) == zips {
		t.Errorf("uploaded %q, want the functions and the template", keys)
	}
}

func ask(t *testing.T, endpoint string, args ...string) string {
	t.Helper()
	cmd := exec.Command("aws", append(args, "--output", "json")...)
	cmd.Env = awstest.Env(endpoint)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("aws %q: %v", args, err)
	}
	var compact bytes.Buffer
	if len(out) == 0 { // some commands have nothing to say
		return ""
	}
	if err := json.Compact(&compact, out); err != nil {
		t.Fatal(err)
	}
	return compact.String()
}

// recorder is in place of AWS: a program that notes how it was called, knows one account, and has the bucket that BUCKET names.
const recorder = `#!/bin/sh
printf '%s\n' "$*" >>"$CALLS"
case "$1 $2" in
"sts get-caller-identity") [ -n "$DENIED" ] && { echo "Unable to locate credentials" >&2; exit 255; }
  echo '{"Account":"123456789012"}' ;;
"configure get") [ -n "$CONFIGURED" ] || exit 1; echo "$CONFIGURED" ;;
"s3api head-bucket") [ "$HEAD" = 200 ] && exit
  echo "An error occurred ($HEAD) when calling the HeadBucket operation: no" >&2; exit 254 ;;
"cloudformation deploy") [ -z "$BROKEN" ] || { echo "$BROKEN" >&2; exit 255; } ;;
"cloudformation describe-stack-events") cat "$EVENTS" ;;
esac
`

// recorded returns a command line whose calls are written down.
func recorded(t *testing.T, o stack.CLIOptions, env ...string) (cli *stack.CLI, calls func() []string, err error) {
	t.Helper()
	dir := t.TempDir()
	program, log := filepath.Join(dir, "aws"), filepath.Join(dir, "calls")
	if err := os.WriteFile(program, []byte(recorder), 0o755); err != nil {
		t.Fatal(err)
	}
	o.Path, o.Env = program, slices.Concat(env, []string{"CALLS=" + log, "PATH=" + os.Getenv("PATH")})
	cli, _, err = stack.FindCLI(t.Context(), o)
	return cli, func() []string {
		data, err := os.ReadFile(log)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		_ = os.Remove(log)
		return strings.Split(strings.TrimSpace(string(data)), "\n")
	}, err
}

// TestDeployCommands wants exactly the commands that AWS's documentation gives for it.
func TestDeployCommands(t *testing.T) {
	var said bytes.Buffer
	cli, calls, err := recorded(t, stack.CLIOptions{Out: &said}, "HEAD=404", "AWS_REGION=eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	d := stack.Deployment{Stack: "photos", Account: "123456789012", Template: []byte(template), Functions: built(t),
		Parameters: map[string]string{"Faces": "true", "AdminEmail": "me@example.org"}}
	if err := cli.Deploy(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	const bucket = "shoebox-artifacts-123456789012-eu-west-1"
	want := []string{
		"sts get-caller-identity --output json --region eu-west-1",
		"s3api head-bucket --bucket " + bucket + " --output json --region eu-west-1",
		"s3 mb s3://" + bucket + " --region eu-west-1",
		"cloudformation package --template-file WORK/deploy/template.yaml --s3-bucket " + bucket + " --s3-prefix photos" +
			" --output-template-file WORK/deploy/packaged.yaml --region eu-west-1",
		"cloudformation deploy --template-file WORK/deploy/packaged.yaml --stack-name photos --s3-bucket " + bucket + " --s3-prefix photos" +
			" --capabilities CAPABILITY_IAM --no-fail-on-empty-changeset --tags shoebox=photos" +
			" --parameter-overrides Release=HASH AdminEmail=me@example.org Faces=true --region eu-west-1",
	}
	if got := atWork(calls()); !slices.Equal(got, want) {
		t.Errorf("commands\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if err := cli.Destroy(t.Context(), "photos"); err != nil {
		t.Fatal(err)
	}
	want = []string{"cloudformation delete-stack --stack-name photos --region eu-west-1",
		"cloudformation wait stack-delete-complete --stack-name photos --region eu-west-1"}
	if got := calls(); !slices.Equal(got, want) {
		t.Errorf("commands %q, want %q", got, want)
	}
}

// atWork replaces the temporary folder, and the functions' fingerprint, in commands.
func atWork(commands []string) []string {
	for i, c := range commands {
		words := strings.Fields(c)
		for j, w := range words {
			if dir, file, ok := strings.Cut(w, "/deploy/"); ok && strings.Contains(dir, "shoebox-deploy-") {
				words[j] = "WORK/deploy/" + file
			}
			if hash, ok := strings.CutPrefix(w, "Release="); ok && len(hash) == 16 {
				words[j] = "Release=HASH"
			}
		}
		commands[i] = strings.Join(words, " ")
	}
	return commands
}

func TestDryRunChangesNothing(t *testing.T) {
	var said bytes.Buffer
	cli, calls, err := recorded(t, stack.CLIOptions{Out: &said, DryRun: true, Region: "eu-north-1"}, "HEAD=404")
	if err != nil {
		t.Fatal(err)
	}
	d := stack.Deployment{Stack: "photos", Account: "1", Template: []byte(template), Functions: built(t),
		Parameters: map[string]string{"AdminEmail": ""}}
	if err := errors.Join(cli.Deploy(t.Context(), d), cli.Destroy(t.Context(), "photos")); err != nil {
		t.Fatal(err)
	}
	for _, c := range calls() {
		if !strings.HasPrefix(c, "sts get-caller-identity ") && !strings.HasPrefix(c, "s3api head-bucket ") {
			t.Errorf("a dry run ran aws %s", c)
		}
	}
	for _, want := range []string{"aws s3 mb s3://shoebox-artifacts-1-eu-north-1", "aws cloudformation package ", "aws cloudformation deploy ",
		" AdminEmail= ", "aws cloudformation delete-stack --stack-name photos --region eu-north-1\n"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("a dry run said\n%s\nwant %s", said.String(), want)
		}
	}
}

func TestDeployErrorsSayWhatToDo(t *testing.T) {
	events := filepath.Join(t.TempDir(), "events.json")
	if err := os.WriteFile(events, []byte(`{"StackEvents":[
		{"LogicalResourceId":"photos","ResourceStatus":"ROLLBACK_IN_PROGRESS","ResourceStatusReason":"The following resource(s) failed"},
		{"LogicalResourceId":"Queue","ResourceStatus":"CREATE_FAILED","ResourceStatusReason":"Resource creation cancelled"},
		{"LogicalResourceId":"Certificate","ResourceStatus":"CREATE_FAILED","ResourceStatusReason":"it is not valid"},
		{"LogicalResourceId":"photos","ResourceStatus":"CREATE_IN_PROGRESS","ResourceStatusReason":"User Initiated"},
		{"LogicalResourceId":"Old","ResourceStatus":"UPDATE_FAILED","ResourceStatusReason":"long ago"}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	functions := built(t)
	deploy := func(env ...string) error {
		t.Helper()
		cli, _, err := recorded(t, stack.CLIOptions{Out: new(bytes.Buffer), Region: "eu-north-1"}, append(env, "EVENTS="+events)...)
		if err != nil {
			return err
		}
		return cli.Deploy(t.Context(), stack.Deployment{Stack: "photos", Account: "1", Template: []byte(template), Functions: functions})
	}
	for name, test := range map[string]struct {
		err        error
		want, hide string
	}{
		"no credentials":     {deploy("DENIED=1"), `run "aws configure", or set AWS_PROFILE`, ""},
		"a bucket of others": {deploy("HEAD=403"), "bucket shoebox-artifacts-1-eu-north-1 is not yours", ""},
		"no network":         {deploy("HEAD=500"), "(500)", ""},
		"a broken resource":  {deploy("HEAD=200", "BROKEN=Failed to create"), "Certificate: it is not valid", "long ago"},
		"never whole":        {deploy("HEAD=200", "BROKEN=is in ROLLBACK_COMPLETE state"), `run "shoebox destroy", then`, "cancelled"},
	} {
		said := fmt.Sprint(test.err)
		if test.err == nil || !strings.Contains(said, test.want) || test.hide != "" && strings.Contains(said, test.hide) {
			t.Errorf("%s: %v, want it to say %q, not %q", name, test.err, test.want, test.hide)
		}
	}
}

func TestFindCLI(t *testing.T) {
	if cli, _, err := recorded(t, stack.CLIOptions{}, "CONFIGURED=ap-south-1"); err != nil || cli.Region() != "ap-south-1" {
		t.Errorf("configured region: %v", err)
	}
	if _, _, err := recorded(t, stack.CLIOptions{}); err == nil || !strings.Contains(err.Error(), "give --region") {
		t.Errorf("no region: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, _, err := stack.FindCLI(context.Background(), stack.CLIOptions{}); err == nil || !strings.Contains(err.Error(), "install it") {
		t.Errorf("no aws on the PATH: %v", err)
	}
}

func TestCheckFunctions(t *testing.T) {
	good := built(t)
	if err := stack.CheckFunctions(good); err != nil {
		t.Errorf("good functions: %v", err)
	}
	for want, spoil := range map[string]func(file string) error{
		"it is not there":            os.Remove,
		"it is not executable":       func(file string) error { return os.Chmod(file, 0o644) },
		"it is no program for Linux": func(file string) error { return os.WriteFile(file, []byte("#!/bin/sh\n"), 0o755) },
		"run \"make lambda\"":        os.Remove,
		"it is for EM_X86_64, not for arm64": func(file string) error {
			build(t, file, "amd64")
			return nil
		},
	} {
		folder := built(t)
		file := filepath.Join(folder, "search", "bootstrap")
		if err := spoil(file); err != nil {
			t.Fatal(err)
		}
		if err := stack.CheckFunctions(folder); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%v, want it to say %q of %s", err, want, file)
		}
	}
}

// TestFFmpegBesideFunctions deploys a program of the owner's with the generator: one that can run there alone.
func TestFFmpegBesideFunctions(t *testing.T) {
	folder := built(t)
	file := filepath.Join(folder, "generator", "ffmpeg")
	build(t, file, "arm64")
	if err := stack.CheckFunctions(folder); err != nil {
		t.Errorf("a static program for arm64: %v", err)
	}
	build(t, file, "amd64")
	if err := stack.CheckStatic(file, "amd64"); err != nil {
		t.Errorf("a static program for amd64, on amd64: %v", err)
	}
	if err := stack.CheckFunctions(folder); err == nil || !strings.Contains(err.Error(), "EM_X86_64") || !strings.Contains(err.Error(), "FFMPEG=path") {
		t.Errorf("a program for another machine: %v", err)
	}
}
