package deploy_test

import (
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"shoebox/deploy"
	"shoebox/internal/needs"
)

// Who has to find a mutation.
const (
	byUs   = false
	byLint = true // the rules of this package can't see it
)

// mutations are single mistakes, each as a piece of the template and what stands there instead. after, when it is not empty, is a
// text after which the piece is looked for.
var mutations = []struct {
	name, after, old, new string
	lint                  bool
}{
	{"an unknown resource type", "  PublishFailures:", "AWS::SQS::Queue", "AWS::SQS::Kueue", byUs},
	{"an unknown property", "  DevelopFunction:", "MemorySize:", "MemorySizes:", byLint},
	{"an unknown attribute", "", "!GetAtt SiteBucket.RegionalDomainName", "!GetAtt SiteBucket.Domain", byUs},
	{"a reference to nothing", "  DevelopFunction:", "!Ref DevelopMemory", "!Ref DevelopRam", byLint},
	{"a circle", "SHOEBOX_FUNCTION: setup", "SHOEBOX_KEY_PARAMETER:", "SHOEBOX_PUBLISH_FUNCTION: !Ref PublishFunction\n          SHOEBOX_KEY_PARAMETER:", byUs},
	{"a circle through DependsOn", "  SetupRole:", "    Type: AWS::IAM::Role", "    Type: AWS::IAM::Role\n    DependsOn: Distribution", byLint},
	{"a runtime that is no more", "  SearchFunction:", "Runtime: provided.al2023", "Runtime: go1.x", byUs},
	{"more time than a function may take", "  SetupFunction:", "Timeout: 600", "Timeout: 9000", byUs},
	{"more memory than a function may have", "  SetupFunction:", "MemorySize: 1024", "MemorySize: 102400", byLint},
	{"too little concurrency", "  DevelopSource:", "MaximumConcurrency: !Ref DevelopConcurrency", "MaximumConcurrency: 1", byLint},
	{"a message that is seen again too soon", "  DevelopQueue:", "VisibilityTimeout: 1080", "VisibilityTimeout: 60", byUs},
	{"a statement without effect", "  DevelopRole:", "- Effect: Allow\n                Action: lambda:InvokeFunction", "- Action: lambda:InvokeFunction", byUs},
	{"a key that is there twice", "  SiteBucket:", "    Type: AWS::S3::Bucket", "    Type: AWS::S3::Bucket\n    Type: AWS::S3::Bucket", byUs},
	{"an unknown action in a bucket's policy", "  SiteBucketPolicy:", "s3:GetObject", "s3:GetObjekt", byUs},
	{"an unknown action of a role", "  ScheduleRole:", "lambda:InvokeFunction", "lambda:CallFunction", byUs},
	{"no wait for the topic's policy", "", "    DependsOn: UploadsPolicy # S3 tries the topic when the notification is configured\n", "", byUs},
	{"an unknown event", "", "s3:ObjectRemoved:*\", Filter: {S3Key: {Rules: [{Name: prefix, Value: themes/", "s3:ObjectDeleted:*\", Filter: {S3Key: {Rules: [{Name: prefix, Value: themes/", byUs},
	{"prefixes that overlap", "", "Value: layouts/", "Value: data/layouts/", byUs},
	{"a topic open to every account", "  UploadsPolicy:", "            Condition: {StringEquals: {\"aws:SourceAccount\": !Ref AWS::AccountId}}\n", "", byUs},
	{"a large batch without a window", "  DevelopSource:", "BatchSize: 10\n      MaximumBatchingWindowInSeconds: 1", "BatchSize: 100", byUs},
	{"a batch that fails as a whole", "  DevelopSource:", "      FunctionResponseTypes: [ReportBatchItemFailures]\n", "", byUs},
	{"a behaviour without its origin", "PathPattern: /private/*\n", "TargetOriginId: site", "TargetOriginId: sites", byUs},
	{"a mistake in a function's syntax", "  ShareFunction:", "const query = event", "const query == event", byUs},
	{"a function that lets encoded addresses pass", "  PagesFunction:", "if (strange(uri)) {", "if (false) {", byUs},
	{"a function that hands out private originals", "  OriginalsFunction:", "if (key.startsWith('data/private/') && ", "if (false && ", byUs},
	{"a wrong source", "  SearchInvokePermission:", "distribution/${Distribution}", "distribution/*", byUs},
	{"no second permission", "  SearchInvokePermission:", "Action: lambda:InvokeFunction\n", "Action: lambda:InvokeFunctionUrl\n", byUs},
	{"a search open to everybody", "  SearchUrl:", "AuthType: AWS_IAM", "AuthType: NONE", byUs},
	{"code that nothing builds", "  SearchFunction:", "Code: ../bin/lambda/search", "Code: ../bin/lambda/find", byUs},
	{"originals read beyond data/", "  OriginalsBucketPolicy:", "${OriginalsBucket.Arn}/data/*", "${OriginalsBucket.Arn}/*", byUs},
	{"a role that reads all of a bucket", "  SearchRole:", "${SiteBucket.Arn}/state/index/*", "${SiteBucket.Arn}/*", byUs},
	{"a role that writes to the owner's bucket", "  PublishRole:", "Action: s3:GetObject\n", "Action: [s3:GetObject, s3:PutObject]\n", byUs},
	{"a role for every queue", "  DevelopRole:", "Resource: !GetAtt DevelopQueue.Arn", "Resource: \"*\"", byUs},
	{"a managed policy", "  SearchRole:", "      Policies:", "      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]\n      Policies:", byUs},
	{"a bucket of originals that goes with the stack", "  OriginalsBucket:", "DeletionPolicy: Retain", "DeletionPolicy: Delete", byUs},
	{"a public bucket", "  SiteBucket:", "BlockPublicPolicy: true", "BlockPublicPolicy: false", byUs},
	{"private pages for everybody", "PathPattern: /private/*\n", "            TrustedKeyGroups: [!Ref KeyGroup]\n", "", byUs},
	{"private search after the public one", "", "PathPattern: /private/*/-/search", "PathPattern: /privat/*/-/search", byUs},
	{"reserved concurrency", "  SearchFunction:", "Timeout: 15", "Timeout: 15\n      ReservedConcurrentExecutions: 1", byUs},
	{"a name", "  SiteBucket:", "    Properties:", "    Properties:\n      BucketName: photos", byUs},
	{"a schedule that says nothing", "  ReconcileSchedule:", `{"reconcile":true}`, `{"reconcil":true}`, byUs},
	{"no page for what is not there", "", "ErrorCode: 403, ResponseCode: 404", "ErrorCode: 403, ResponseCode: 200", byUs},
	{"a schedule that fills the bucket being emptied", "  PublishSchedule:", "    DependsOn: Gallery\n", "", byUs},
	{"a log group for ever", "  SearchLogs:", "      RetentionInDays: !Ref LogDays\n", "", byUs},
}

// Each of these single mistakes in the template is found: most by our own rules, the others by cfn-lint.
func TestMutations(t *testing.T) {
	template := string(deploy.Template())
	var left []int
	mutants := make([]string, len(mutations))
	for i, m := range mutations {
		from := strings.Index(template, "\n"+m.after)
		if m.after == "" {
			from = 0
		} else if from < 0 {
			from = strings.Index(template, m.after)
		}
		at := -1
		if from >= 0 {
			at = strings.Index(template[from:], m.old)
		}
		if at < 0 {
			t.Fatalf("%s: the template has no %q after %q any more", m.name, m.old, m.after)
		}
		mutants[i] = template[:from+at] + m.new + template[from+at+len(m.old):]
		switch wrong := broken([]byte(mutants[i])); {
		case m.lint:
			left = append(left, i)
		case len(wrong) == 0:
			t.Errorf("%s: nobody noticed", m.name)
		default:
			t.Logf("%s: %s", m.name, strings.TrimSpace(wrong[0]))
		}
	}
	program := needs.Tool(t, "cfn-lint")
	var group errgroup.Group
	group.SetLimit(2)
	for _, i := range left {
		file := writeTemplate(t, mutants[i])
		group.Go(func() error {
			if said := lint(t.Context(), program, file, "us-east-1"); said == "" {
				t.Errorf("%s: cfn-lint did not notice", mutations[i].name)
			} else {
				t.Logf("%s: %s", mutations[i].name, strings.ReplaceAll(strings.TrimSpace(said), "\n", " "))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
