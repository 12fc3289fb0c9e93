package deploy_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"shoebox/deploy"
	"shoebox/internal/aws/awstest"
	"shoebox/internal/needs"
)

var update = flag.Bool("update", false, "write "+permissionsFile)

func TestInvariants(t *testing.T) {
	if *update {
		stack, err := deploy.Evaluate(deploy.Template(), everything())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(permissionsFile, []byte((&checker{Stack: stack}).permissions()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, wrong := range broken(deploy.Template()) {
		t.Error(wrong)
	}
}

// Photos may go whose faces were found before that was switched off.
func TestFacesSwitchedOff(t *testing.T) {
	stack, err := deploy.Evaluate(deploy.Template(), map[string]string{"LabelsPerMonth": "100", "Faces": "false"})
	if err != nil {
		t.Fatal(err)
	}
	permissions := (&checker{Stack: stack}).permissions()
	for _, want := range []string{"DevelopRole Allow rekognition:DeleteFaces ", "SetupRole Allow rekognition:DeleteCollection "} {
		if !strings.Contains(permissions, want) {
			t.Errorf("not allowed: %s", want)
		}
	}
	if strings.Contains(permissions, "rekognition:IndexFaces") {
		t.Error("faces may be looked for, although that is off")
	}
}

// With its defaults the stack has no part that costs, no alarm mail and no domain of its own.
func TestDefaults(t *testing.T) {
	stack, err := deploy.Evaluate(deploy.Template(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &checker{Stack: stack}
	// What costs nothing is allowed: faces from before they were switched off must go.
	if strings.Contains(strings.ReplaceAll(c.permissions(), " rekognition:DeleteCollection", ""), " rekognition:") {
		t.Error("a function may call Rekognition, although labels are off")
	}
	variables := deploy.Entries(c.at("PublishFunction", "Environment", "Variables"))
	if variables["SHOEBOX_LABELS_RECOGNIZER"] != "none" || variables["SHOEBOX_LABELS_FACES"] != "false" {
		t.Errorf("labels are %v, faces %v, want none and false", variables["SHOEBOX_LABELS_RECOGNIZER"], variables["SHOEBOX_LABELS_FACES"])
	}
	if _, there := variables["SHOEBOX_ORIGINALS_PUBLISH"]; there {
		t.Error("the parameters decide on downloads, not config.toml")
	}
	if _, there := stack.Resources["AlarmTopic"]; there || c.at("DevelopDelayAlarm", "AlarmActions") != nil {
		t.Error("alarms go somewhere without AdminEmail")
	}
	config := c.at("Distribution", "DistributionConfig")
	if deploy.At(config, "Aliases") != nil || deploy.At(config, "ViewerCertificate", "CloudFrontDefaultCertificate") != true {
		t.Errorf("the distribution has the names %v and certificate %v", deploy.At(config, "Aliases"),
			deploy.At(config, "ViewerCertificate"))
	}
	if got, want := stack.Outputs["Url"], "https://Distribution.DomainName/"; got != want {
		t.Errorf("the URL is %s, want %s", got, want)
	}
	if got, want := variables["SHOEBOX_BASE_URL"], "https://Distribution.DomainName/"; got != want {
		t.Errorf("the base URL is %v, want %s", got, want)
	}
}

func TestStorageClass(t *testing.T) {
	for class, want := range map[string]int{"STANDARD": 0, "INTELLIGENT_TIERING": 1, "GLACIER_IR": 1} {
		stack, err := deploy.Evaluate(deploy.Template(), map[string]string{"StorageClass": class})
		if err != nil {
			t.Fatal(err)
		}
		moves := 0
		for _, rule := range deploy.List(deploy.At(stack.Resources["OriginalsBucket"].Properties, "LifecycleConfiguration", "Rules")) {
			for _, move := range deploy.List(deploy.At(rule, "Transitions")) {
				moves++
				if deploy.At(move, "StorageClass") != class || deploy.At(rule, "Prefix") != "data/" {
					t.Errorf("%s: %v", class, rule)
				}
			}
		}
		if moves != want {
			t.Errorf("%s: %d transitions, want %d", class, moves, want)
		}
	}
}

// lint runs cfn-lint, for which a warning is an error too, and returns what it says; empty when all is well.
func lint(ctx context.Context, program, file string, regions ...string) string {
	arguments := append(append([]string{"--regions"}, regions...), "--non-zero-exit-code", "warning", "--", file)
	c := exec.CommandContext(ctx, program, arguments...)
	out, err := c.CombinedOutput()
	if err == nil {
		return ""
	}
	return err.Error() + "\n" + string(out)
}

func TestLint(t *testing.T) {
	program := needs.Tool(t, "cfn-lint")
	if wrong := lint(t.Context(), program, "template.yaml", "us-east-1", "eu-north-1"); wrong != "" {
		t.Error(wrong)
	}
}

// What "aws cloudformation package" makes of the template is the same stack, with its code in a bucket.
func TestPackage(t *testing.T) {
	program := needs.Tool(t, "aws")
	endpoint := awstest.StartS3(t, "artifacts")
	folder := t.TempDir()
	for _, name := range []string{"generator", "search"} {
		bin := filepath.Join(folder, "bin", "lambda", name)
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bin, "bootstrap"), []byte("#!/bin/sh\n# "+name+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	in, out := filepath.Join(folder, "deploy", "template.yaml"), filepath.Join(folder, "packaged.yaml")
	if err := os.Mkdir(filepath.Dir(in), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, deploy.Template(), 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, "cloudformation", "package", "--template-file", in, "--s3-bucket", "artifacts",
		"--output-template-file", out)
	c.Env = awstest.Env(endpoint)
	if said, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	packaged, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := deploy.Evaluate(packaged, everything())
	if err != nil {
		t.Fatal(err)
	}
	want, err := deploy.Evaluate(deploy.Template(), everything())
	if err != nil {
		t.Fatal(err)
	}
	code := map[string]bool{}
	for name, r := range want.Resources {
		if r.Type == "AWS::Lambda::Function" {
			from := got.Resources[name].Properties["Code"]
			code[fmt.Sprint(r.Properties["Code"], " ", deploy.At(from, "S3Key"))] = true
			if deploy.At(from, "S3Bucket") != "artifacts" {
				t.Errorf("%s: the code is in %v", name, from)
			}
			r.Properties["Code"] = from
		}
		if !reflect.DeepEqual(got.Resources[name], r) {
			t.Errorf("%s: got %v, want %v", name, got.Resources[name], r)
		}
	}
	if len(code) != 2 || len(got.Resources) != len(want.Resources) {
		t.Errorf("%d resources with the code %v, want %d with two", len(got.Resources), code, len(want.Resources))
	}
	if size := len(packaged); size > 460_800 {
		t.Errorf("the packaged template has %d bytes; CloudFormation takes 460,800", size)
	}
}

// writeTemplate puts a template where its relative paths still lead to something.
func writeTemplate(t *testing.T, template string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(template), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestFFmpegLayer attaches a layer to the functions that develop: develop, and publish by night. Else the one would make anew what the
// other made.
func TestFFmpegLayer(t *testing.T) {
	const layer = "arn:aws:lambda:us-east-1:111122223333:layer:ffmpeg:3"
	for given, want := range map[string][]any{"": nil, layer: {layer}} {
		s, err := deploy.Evaluate(deploy.Template(), map[string]string{"FFmpegLayer": given})
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range s.Resources {
			has, _ := r.Properties["Layers"].([]any)
			develops := name == "DevelopFunction" || name == "PublishFunction"
			if r.Type == "AWS::Lambda::Function" && (develops && !slices.Equal(has, want) || !develops && has != nil) {
				t.Errorf("FFmpegLayer %q: %s has the layers %v", given, name, has)
			}
		}
	}
}

func TestEvaluate(t *testing.T) {
	const text = `
Parameters:
  Name: {Type: String, Default: ""}
  Number: {Type: Number, Default: 5}
Conditions:
  Named: !Not [!Equals [!Ref Name, ""]]
  Both: !And [!Condition Named, !Or [!Equals [!Ref Number, "5"], !Equals [1, 2]]]
Resources:
  A:
    Type: T
    DependsOn: B
    Properties:
      Sub: !Sub "${Name}-${AWS::Region}-${B}-${B.Arn}"
      Own: !Sub ["${X}/${Name}", {X: !Join [".", [a, !Ref Number]]}]
      Part: !Select [1, !Split ["/", "a/b/c"]]
      List: [1, !If [Both, two, !Ref AWS::NoValue], !Ref AWS::NoValue]
      Gone: !Ref AWS::NoValue
      Arn: !GetAtt B.Arn.Deep
      Long: {"Fn::GetAtt": [B, Arn]}
  B: {Type: T, Condition: Named}
Outputs:
  Out: {Value: !GetAtt A.Arn}
`
	for name, want := range map[string]string{
		"":  "Arn=B.Arn.Deep List=[1] Long=arn:b Own=a.5/ Part=b Sub=-us-east-1-B-arn:b",
		"n": "Arn=B.Arn.Deep List=[1 two] Long=arn:b Own=a.5/n Part=b Sub=n-us-east-1-B-arn:b",
	} {
		stack, err := deploy.Evaluate([]byte(text), map[string]string{"Name": name, "B.Arn": "arn:b", "A.Arn": "arn:a"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for key, value := range stack.Resources["A"].Properties {
			got = append(got, strings.TrimSpace(key+"="+fmt.Sprint(value)))
		}
		slices.Sort(got)
		if joined := strings.Join(got, " "); joined != want {
			t.Errorf("%q: got %s, want %s", name, joined, want)
		}
		if _, there := stack.Resources["B"]; there != (name != "") {
			t.Errorf("%q: the resources are %q", name, slices.Sorted(maps.Keys(stack.Resources)))
		}
		if stack.Outputs["Out"] != "arn:a" || stack.Value("B.Arn") != "arn:b" {
			t.Errorf("%q: the outputs are %v, and B.Arn is %s", name, stack.Outputs, stack.Value("B.Arn"))
		}
	}
	for _, wrong := range []string{
		"", "a", "a: 1\na: 2", "a: &x 1\nb: *x", "a: [", "[1]", "Resources: {A: {Type: T, Properties: {P: !If [No, 1, 2]}}}",
		"Resources: {A: {Type: T, Properties: {P: !Cidr [1]}}}", "Resources: {A: {Type: T, Properties: {P: !Select [3, [1]]}}}",
	} {
		if _, err := deploy.Evaluate([]byte(wrong), nil); err == nil {
			t.Errorf("%q is no template, and nobody said so", wrong)
		}
	}
}
