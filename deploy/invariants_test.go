package deploy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"

	"shoebox/deploy"
	"shoebox/internal/config"
	"shoebox/internal/edge"
)

// everything switches on all that the template can do.
func everything() map[string]string {
	return map[string]string{
		"LabelsPerMonth": "1000", "Faces": "true", "AdminEmail": "owner@example.org", "DomainName": "photos.example.org",
		"CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/0", "SiteBucket": "site", "OriginalsBucket": "owner",
		"SigningKey.PublicKey": signingKey,
	}
}

// signingKey is a public key with no use but to be one.
const signingKey = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAjdtCI0hCKN3NsWEQoEXP
ankgtZTGDsAEQLOIhPaFpQoEITXzZsaK2X923l6IyndiB20NUoVvRMPCdaTWlV8Q
CzHbF9a52RdeFX+W+496bHlESHsd7Q0Cd1Jsr/x2YuZpGjPe33SYIbBzBzj/tn+r
e/PJFjbwEOO5yPXabOPsPv0d9YRuusDilRYoSnCWFxCfe/DnmXZJzm2tHP9rqQcI
cgP9KmGtAGWIem87Mx6uhgDUtGAKmB3XVybjkkiUmNbj8XK/inwvqGSQjHwHdZYX
IBjORGAwM55QvPHc+zAl2MVsZkQg2uUGZhdp2D8M/mNksFpmuYWYQW4mqBZFHnB1
6wIDAQAB
-----END PUBLIC KEY-----
`

// A checker collects what is wrong with a template that cfn-lint does not see, and what only we want.
type checker struct {
	*deploy.Stack
	wrong []string
}

// broken says what is wrong with a template; empty when all is well.
func broken(template []byte) []string {
	stack, err := deploy.Evaluate(template, everything())
	if err != nil {
		return []string{err.Error()}
	}
	c := &checker{Stack: stack}
	for _, check := range []func(){
		c.buckets, c.events, c.queues, c.functions, c.roles, c.schedules, c.search, c.setup, c.alarms, c.names,
	} {
		check()
	}
	if raw, err := deploy.Parse(template); c.ok(err == nil, "%v", err) {
		for name, policy := range map[string]string{"OriginalsBucket": "Retain", "SiteBucket": "Delete"} {
			for _, which := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
				got := deploy.At(raw, "Resources", name, which)
				c.ok(got == policy, "%s of %s is %v, want %s", which, name, got, policy)
			}
		}
	}
	c.distribution(template)
	return c.wrong
}

func (c *checker) ok(holds bool, format string, arguments ...any) bool {
	if !holds {
		c.wrong = append(c.wrong, fmt.Sprintf(format, arguments...))
	}
	return holds
}

// at returns a property of a resource.
func (c *checker) at(name string, keys ...string) any {
	return deploy.At(c.Resources[name].Properties, keys...)
}

func (c *checker) equal(got, want any, what string) {
	c.ok(fmt.Sprint(got) == fmt.Sprint(want), "%s is %v, want %v", what, got, want)
}

// of returns the names of the resources of a type, sorted.
func (c *checker) of(kind string) []string {
	var names []string
	for name, r := range c.Resources {
		if r.Type == kind {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// distributionARN is what everything that trusts the distribution has to name.
const distributionARN = "arn:aws:cloudfront::111122223333:distribution/Distribution"

// buckets: private, and read by the distribution alone, and only what is for visitors.
func (c *checker) buckets() {
	c.equal(c.of("AWS::S3::Bucket"), "[OriginalsBucket SiteBucket]", "the list of buckets")
	readable := map[string]string{"OriginalsBucket": "data/*", "SiteBucket": "public/*"}
	for bucket, pattern := range readable {
		for _, block := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			c.equal(c.at(bucket, "PublicAccessBlockConfiguration", block), true, bucket+" "+block)
		}
		rules := deploy.List(c.at(bucket, "OwnershipControls", "Rules"))
		c.ok(len(rules) == 1 && deploy.At(rules[0], "ObjectOwnership") == "BucketOwnerEnforced", "%s lets others own objects", bucket)
		c.equal(c.at(bucket+"Policy", "Bucket"), c.Value(bucket), bucket+"Policy's bucket")
		var allowed, encrypted int
		for _, s := range deploy.List(c.at(bucket+"Policy", "PolicyDocument", "Statement")) {
			if deploy.At(s, "Effect") == "Deny" {
				encrypted++
				c.equal(deploy.At(s, "Condition", "Bool", "aws:SecureTransport"), false, bucket+"Policy denies if SecureTransport")
				continue
			}
			allowed++
			c.equal(deploy.At(s, "Principal"), "map[Service:cloudfront.amazonaws.com]", bucket+"Policy's principal")
			c.equal(deploy.At(s, "Action"), "s3:GetObject", bucket+"Policy's action")
			c.equal(deploy.At(s, "Resource"), bucket+".Arn/"+pattern, bucket+"Policy's resource")
			c.equal(deploy.At(s, "Condition", "StringEquals", "aws:SourceArn"), distributionARN, bucket+"Policy's source")
		}
		c.ok(allowed == 1 && encrypted == 1, "%sPolicy has %d permissions and %d refusals, want one each", bucket, allowed, encrypted)
	}
}

// events: what S3 tells the topic, and what the topic tells the queue.
func (c *checker) events() {
	prefixes := map[string][]string{}
	for _, t := range deploy.List(c.at("OriginalsBucket", "NotificationConfiguration", "TopicConfigurations")) {
		c.equal(deploy.At(t, "Topic"), "UploadsTopic", "a notification's topic")
		rules := deploy.List(deploy.At(t, "Filter", "S3Key", "Rules"))
		if c.ok(len(rules) == 1 && deploy.At(rules[0], "Name") == "prefix", "a notification is not for one prefix: %v", t) {
			event := fmt.Sprint(deploy.At(t, "Event"))
			prefixes[event] = append(prefixes[event], fmt.Sprint(deploy.At(rules[0], "Value")))
		}
	}
	c.equal(slices.Sorted(maps.Keys(prefixes)), "[s3:ObjectCreated:* s3:ObjectRemoved:*]", "the list of events")
	for event, list := range prefixes {
		slices.Sort(list)
		c.equal(list, "[assets/ config.toml data/ layouts/ people.toml themes/]", "the list of prefixes of "+event)
		for i := 1; i < len(list); i++ {
			c.ok(!strings.HasPrefix(list[i], list[i-1]), "%s has the prefixes %s and %s, which overlap: S3 refuses that", event,
				list[i-1], list[i])
		}
	}
	c.ok(slices.Contains(c.Resources["OriginalsBucket"].DependsOn, "UploadsPolicy"), "OriginalsBucket does not wait for UploadsPolicy")
	if s := c.only("UploadsPolicy"); s != nil {
		c.equal(c.at("UploadsPolicy", "Topics"), "[UploadsTopic]", "UploadsPolicy's topics")
		c.equal(deploy.At(s, "Principal"), "map[Service:s3.amazonaws.com]", "UploadsPolicy's principal")
		c.equal(deploy.At(s, "Action"), "sns:Publish", "UploadsPolicy's action")
		c.equal(deploy.At(s, "Resource"), "UploadsTopic", "UploadsPolicy's resource")
		c.equal(deploy.At(s, "Condition"), "map[StringEquals:map[aws:SourceAccount:111122223333]]", "UploadsPolicy's condition")
	}
	if s := c.only("DevelopQueuePolicy"); s != nil {
		c.equal(c.at("DevelopQueuePolicy", "Queues"), "[DevelopQueue]", "DevelopQueuePolicy's queues")
		c.equal(deploy.At(s, "Principal"), "map[Service:sns.amazonaws.com]", "DevelopQueuePolicy's principal")
		c.equal(deploy.At(s, "Action"), "sqs:SendMessage", "DevelopQueuePolicy's action")
		c.equal(deploy.At(s, "Resource"), "DevelopQueue.Arn", "DevelopQueuePolicy's resource")
		c.equal(deploy.At(s, "Condition"), "map[ArnEquals:map[aws:SourceArn:UploadsTopic]]", "DevelopQueuePolicy's condition")
	}
	c.ok(slices.Contains(c.Resources["DevelopSubscription"].DependsOn, "DevelopQueuePolicy"),
		"DevelopSubscription does not wait for DevelopQueuePolicy")
	c.equal(c.at("DevelopSubscription", "TopicArn"), "UploadsTopic", "DevelopSubscription's topic")
	c.equal(c.at("DevelopSubscription", "Endpoint"), "DevelopQueue.Arn", "DevelopSubscription's queue")
}

// only returns the one statement of a policy that allows something.
func (c *checker) only(policy string) any {
	list := deploy.List(c.at(policy, "PolicyDocument", "Statement"))
	if !c.ok(len(list) == 1 && deploy.At(list[0], "Effect") == "Allow", "%s has not one statement that allows something", policy) {
		return nil
	}
	return list[0]
}

// queues: nothing is lost or tried for ever, and nothing is seen twice while a function works on it.
func (c *checker) queues() {
	for _, queue := range c.of("AWS::SQS::Queue") {
		kept := 14 * 24 * 60 * 60
		if queue == "PublishFailures" {
			kept = 60 * 60 // its alarm must end, to ring again
		}
		c.equal(c.at(queue, "MessageRetentionPeriod"), kept, queue+"'s retention in seconds")
	}
	for queue, times := range map[string]int{"Develop": 6, "Publish": 1} {
		c.equal(c.at(queue+"Queue", "RedrivePolicy", "deadLetterTargetArn"), queue+"DeadLetters.Arn", queue+"Queue's dead letters")
		visibility, _ := c.at(queue+"Queue", "VisibilityTimeout").(int)
		timeout, _ := c.at(queue+"Function", "Timeout").(int)
		c.ok(timeout > 0 && visibility >= times*timeout, "%sQueue shows a message again after %d s while the function may take %d s",
			queue, visibility, timeout)
	}
	c.equal(c.at("PublishCalls", "DestinationConfig", "OnFailure", "Destination"), "PublishFailures.Arn",
		"where failed calls of publish go")
	c.equal(c.of("AWS::Lambda::EventSourceMapping"), "[DevelopSource]", "the list of event sources: each one polls all month")
	c.equal(c.at("DevelopSource", "EventSourceArn"), "DevelopQueue.Arn", "DevelopSource's queue")
	c.equal(c.at("DevelopSource", "FunctionName"), "DevelopFunction", "DevelopSource's function")
	c.equal(c.at("DevelopSource", "FunctionResponseTypes"), "[ReportBatchItemFailures]", "DevelopSource's response types")
	size, _ := c.at("DevelopSource", "BatchSize").(int)
	c.ok(size > 0 && size <= 10, "DevelopSource takes %d messages at once, want at most 10", size)
	c.ok(c.at("DevelopSource", "ScalingConfig", "MaximumConcurrency") != nil, "DevelopSource has no bound on concurrency")
}

// ownVariables are those of the functions themselves. All others are keys of the configuration, where a misspelt one is an error.
var ownVariables = []string{
	"SHOEBOX_FUNCTION", "SHOEBOX_DEVELOP_QUEUE", "SHOEBOX_PUBLISH_QUEUE", "SHOEBOX_PUBLISH_FUNCTION", "SHOEBOX_KEY_PARAMETER",
}

// functions: what runs is what "make lambda" builds, and is told what it needs to know.
func (c *checker) functions() {
	makefile, err := os.ReadFile("../Makefile")
	c.ok(err == nil, "%v", err)
	sources := map[string]string{"../bin/lambda/generator": "../generator/lambda", "../bin/lambda/search": "../lambda-search"}
	const labels = " LABELS_COLLECTION LABELS_FACES LABELS_PER_MONTH LABELS_RECOGNIZER "
	wanted := map[string]string{
		"DevelopFunction": "BASE_URL BUCKET DEVELOP_QUEUE FUNCTION" + labels + "ORIGINALS_BUCKET PUBLISH_FUNCTION PUBLISH_QUEUE",
		"PublishFunction": "BASE_URL BUCKET DEVELOP_QUEUE FUNCTION" + labels + "ORIGINALS_BUCKET PUBLISH_QUEUE",
		"SearchFunction":  "BUCKET",
		"SetupFunction":   "BUCKET FUNCTION KEY_PARAMETER" + labels + "ORIGINALS_BUCKET",
	}
	c.equal(c.of("AWS::Lambda::Function"), slices.Sorted(maps.Keys(wanted)), "the list of functions")
	for _, name := range c.of("AWS::Lambda::Function") {
		short := strings.TrimSuffix(name, "Function")
		code := fmt.Sprint(c.at(name, "Code"))
		_, err := os.Stat(sources[code])
		c.ok(sources[code] != "" && err == nil && strings.Contains(string(makefile), strings.TrimPrefix(code, "../")),
			"%s: nothing builds %s", name, code)
		c.equal(c.at(name, "Handler"), "bootstrap", name+"'s handler")
		c.equal(c.at(name, "Runtime"), "provided.al2023", name+"'s runtime")
		c.equal(c.at(name, "Architectures"), "[arm64]", name+"'s architecture")
		c.equal(c.at(name, "Role"), short+"Role.Arn", name+"'s role")
		c.equal(c.at(name, "LoggingConfig", "LogGroup"), short+"Logs", name+"'s log group")
		c.equal(c.at(short+"Logs", "RetentionInDays"), 30, name+"'s days of logs")
		c.ok(c.at(name, "ReservedConcurrentExecutions") == nil, "%s reserves concurrency: new accounts have none to spare", name)
		environment := deploy.Entries(c.at(name, "Environment", "Variables"))
		var names, pairs []string
		for key, value := range environment {
			names = append(names, strings.TrimPrefix(key, "SHOEBOX_"))
			if !slices.Contains(ownVariables, key) {
				pairs = append(pairs, fmt.Sprintf("%s=%v", key, value))
			}
		}
		slices.Sort(names)
		c.equal(strings.Join(names, " "), wanted[name], name+"'s environment")
		if mode := environment["SHOEBOX_FUNCTION"]; name != "SearchFunction" {
			c.equal(mode, strings.ToLower(short), name+"'s mode")
		}
		got, err := config.Load("", pairs)
		c.ok(err == nil, "%s: %v", name, err)
		c.equal(got.Bucket, "s3://site", name+"'s bucket")
		if name == "DevelopFunction" || name == "PublishFunction" {
			c.equal(got.BaseURL, "https://photos.example.org/", name+"'s base URL")
			c.equal(environment["SHOEBOX_DEVELOP_QUEUE"], "DevelopQueue", name+"'s develop queue")
			c.equal(environment["SHOEBOX_PUBLISH_QUEUE"], "PublishQueue", name+"'s publish queue")
		}
		if name != "SearchFunction" {
			c.equal(got.Originals.Bucket, "s3://owner", name+"'s bucket of originals")
			c.equal(got.Labels.Recognizer, "rekognition", name+"'s recognizer")
			c.equal(got.Labels.PerMonth, 1000, name+"'s labels a month")
			c.equal(got.Labels.Faces, true, name+"'s faces")
			c.equal(got.Labels.Collection, "shoebox", name+"'s collection")
		}
	}
}

// permissions lists what each role may do, one action on one resource a line. It is kept in testdata/permissions.txt, so that a
// change of what a function may do is seen as one.
func (c *checker) permissions() string {
	var lines []string
	list := func(role string, document any) {
		for _, s := range deploy.List(deploy.At(document, "Statement")) {
			condition := ""
			if v := deploy.At(s, "Condition"); v != nil {
				text, err := json.Marshal(v)
				c.ok(err == nil, "%v", err)
				condition = " if " + string(text)
			}
			for _, action := range deploy.List(deploy.At(s, "Action")) {
				for _, resource := range deploy.List(deploy.At(s, "Resource")) {
					lines = append(lines, fmt.Sprint(role, " ", deploy.At(s, "Effect"), " ", action, " ", resource, condition))
				}
			}
		}
	}
	for _, role := range c.of("AWS::IAM::Role") {
		for _, s := range deploy.List(c.at(role, "AssumeRolePolicyDocument", "Statement")) {
			text, err := json.Marshal(s)
			c.ok(err == nil, "%v", err)
			lines = append(lines, role+" trusts "+string(text))
		}
		for _, p := range deploy.List(c.at(role, "Policies")) {
			list(role, deploy.At(p, "PolicyDocument"))
		}
	}
	for _, policy := range c.of("AWS::IAM::Policy") {
		for _, role := range deploy.List(c.at(policy, "Roles")) {
			list(fmt.Sprint(role), c.at(policy, "PolicyDocument"))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

const permissionsFile = "testdata/permissions.txt"

// roles: each may do what its function does.
func (c *checker) roles() {
	for _, role := range c.of("AWS::IAM::Role") {
		c.ok(c.at(role, "ManagedPolicyArns") == nil, "%s has a managed policy, which is wider than what we need", role)
	}
	got := c.permissions()
	for line := range strings.Lines(got) {
		f := strings.Fields(line)
		if len(f) < 4 || f[1] == "trusts" {
			continue
		}
		action, resource := f[2], f[3]
		c.ok(f[1] == "Allow", "%s does something else than allow", line)
		c.ok(!strings.Contains(action, "*"), "%s allows more actions than it names", line)
		c.ok(!strings.HasPrefix(resource, "*") || action == "rekognition:DetectLabels", "%s is for every resource", line)
		owners := strings.HasPrefix(resource, "OriginalsBucket")
		c.ok(!owners || action == "s3:GetObject" || action == "s3:ListBucket", "%s writes to the owner's bucket", line)
	}
	want, err := os.ReadFile(permissionsFile)
	c.ok(err == nil && got == string(want), "what the roles may do is not what %s says (go test ./deploy -update writes it):\n%s",
		permissionsFile, difference(got, string(want)))
}

// difference returns the lines that only one of two texts has.
func difference(got, want string) string {
	var b strings.Builder
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, line := range g {
		if !slices.Contains(w, line) {
			fmt.Fprintln(&b, "now: ", line)
		}
	}
	for _, line := range w {
		if !slices.Contains(g, line) {
			fmt.Fprintln(&b, "gone:", line)
		}
	}
	return b.String()
}

// schedules: what calls publish when nobody rings.
func (c *checker) schedules() {
	for name, reconcile := range map[string]bool{"PublishSchedule": false, "ReconcileSchedule": true} {
		var input struct {
			Reconcile bool `json:"reconcile"`
		}
		strict := json.NewDecoder(strings.NewReader(fmt.Sprint(c.at(name, "Target", "Input"))))
		strict.DisallowUnknownFields()
		c.ok(strict.Decode(&input) == nil && input.Reconcile == reconcile, "%s sends %v", name, c.at(name, "Target", "Input"))
		c.equal(c.at(name, "Target", "Arn"), "PublishFunction.Arn", name+"'s function")
		c.equal(c.at(name, "Target", "RoleArn"), "ScheduleRole.Arn", name+"'s role")
	}
	c.equal(c.at("PublishSchedule", "ScheduleExpression"), "rate(5 minutes)", "PublishSchedule's time")
}

// search: a function URL that only the distribution can call.
func (c *checker) search() {
	c.equal(c.at("SearchUrl", "AuthType"), "AWS_IAM", "SearchUrl's authorization")
	c.equal(c.at("SearchUrl", "InvokeMode"), "RESPONSE_STREAM", "SearchUrl's mode") // the only one that lambdaurl knows
	c.equal(c.at("SearchUrl", "TargetFunctionArn"), "SearchFunction", "SearchUrl's function")
	var actions []string
	for _, name := range c.of("AWS::Lambda::Permission") {
		action := fmt.Sprint(c.at(name, "Action"))
		actions = append(actions, action)
		c.equal(c.at(name, "FunctionName"), "SearchFunction", name+"'s function")
		c.equal(c.at(name, "Principal"), "cloudfront.amazonaws.com", name+"'s principal")
		c.equal(c.at(name, "SourceArn"), distributionARN, name+"'s source")
		if action == "lambda:InvokeFunction" {
			c.equal(c.at(name, "InvokedViaFunctionUrl"), true, name+" is for the URL alone:")
		} else {
			c.equal(c.at(name, "FunctionUrlAuthType"), "AWS_IAM", name+"'s authorization")
		}
	}
	slices.Sort(actions)
	c.equal(actions, "[lambda:InvokeFunction lambda:InvokeFunctionUrl]", "the list of permissions to call the search")
}

// setup: what must be there first, and be gone last.
func (c *checker) setup() {
	for _, name := range []string{"DevelopSource", "PublishSchedule", "ReconcileSchedule"} {
		c.ok(slices.Contains(c.Resources[name].DependsOn, "Gallery"),
			"%s does not wait for Gallery: it would fill the bucket that is being emptied", name)
	}
	c.ok(slices.Contains(c.Resources["Gallery"].DependsOn, "SetupCallsPublish"),
		"Gallery does not wait for the permission to call publish")
	c.equal(c.at("Gallery", "PublishFunction"), "PublishFunction", "Gallery's publish function")
	for _, name := range []string{"SigningKey", "Gallery"} {
		c.equal(c.at(name, "ServiceToken"), "SetupFunction.Arn", name+"'s function")
		c.ok(c.at(name, "ServiceTimeout") != nil, "%s may hold the stack for an hour", name)
	}
	patience, _ := c.at("Gallery", "ServiceTimeout").(int)
	timeout, _ := c.at("SetupFunction", "Timeout").(int)
	c.ok(patience > timeout, "Gallery is given up after %d s, before the function's %d s", patience, timeout)
	c.equal(c.at("PublicKey", "PublicKeyConfig", "EncodedKey"), signingKey, "PublicKey's key")
}

// alarms: each queue of dead letters has one, and so does a queue that does not move.
func (c *checker) alarms() {
	watched := map[string]bool{}
	for _, name := range c.of("AWS::CloudWatch::Alarm") {
		c.equal(c.at(name, "AlarmActions"), "[AlarmTopic]", name+"'s actions")
		for _, d := range deploy.List(c.at(name, "Dimensions")) {
			queue, _ := strings.CutSuffix(fmt.Sprint(deploy.At(d, "Value")), ".QueueName")
			c.ok(c.Resources[queue].Type == "AWS::SQS::Queue", "%s watches %s, which is no queue", name, queue)
			watched[fmt.Sprint(queue, " ", c.at(name, "MetricName"), " > ", c.at(name, "Threshold"))] = true
		}
	}
	for _, what := range []string{
		"DevelopDeadLetters ApproximateNumberOfMessagesVisible > 0", "PublishDeadLetters ApproximateNumberOfMessagesVisible > 0",
		"PublishFailures ApproximateNumberOfMessagesVisible > 0", "DevelopQueue ApproximateAgeOfOldestMessage > 3600",
	} {
		c.ok(watched[what], "no alarm watches %s", what)
	}
}

// names: a name stops replacement and a second stack.
func (c *checker) names() {
	for name, r := range c.Resources {
		for _, property := range []string{"BucketName", "QueueName", "TopicName", "RoleName", "LogGroupName", "AlarmName"} {
			c.ok(r.Properties[property] == nil, "%s has a %s", name, property)
		}
		c.ok(r.Type != "AWS::Lambda::Function" || r.Properties["FunctionName"] == nil, "%s has a name", name)
	}
	for _, output := range []string{
		"Url", "OriginalsBucket", "UploadCommand", "SiteBucket", "DevelopQueueUrl", "DevelopDeadLettersUrl", "PublishQueueUrl",
		"PublishDeadLettersUrl", "DistributionId", "KeyPairId", "KeyParameter", "PublishFunction",
	} {
		c.ok(c.Outputs[output] != "", "there is no output %s", output)
	}
	c.equal(c.Outputs["KeyParameter"], c.at("SetupFunction", "Environment", "Variables", "SHOEBOX_KEY_PARAMETER"), "the parameter of the signing key")
}

// distribution: requests go where they should. The paths are asked of the stand-in, which compiles the functions too.
func (c *checker) distribution(template []byte) {
	answer := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/-/not-found") {
				w.WriteHeader(http.StatusForbidden) // nothing is there
			}
			_, _ = io.WriteString(w, name+r.URL.EscapedPath())
		})
	}
	values := everything()
	delete(values, "SiteBucket") // by their logical names here
	delete(values, "OriginalsBucket")
	h, err := edge.New(edge.Options{Template: template, Values: values, Origins: map[string]http.Handler{
		"SiteBucket": answer("site:"), "OriginalsBucket": answer("owner:"), "SearchUrl": answer("search:"),
	}})
	if !c.ok(err == nil, "%v", err) {
		return
	}
	missing := "404 site:/public/404.html"
	for address, want := range map[string]string{
		"/":                       "200 site:/public/index.html",
		"/alps/":                  "200 site:/public/alps/index.html",
		"/alps":                   "302 ",
		"/alps/a.jpg.html":        "200 site:/public/alps/a.jpg.html",
		"/alps/-/a.jpg.0.480.jpg": "200 site:/public/alps/-/a.jpg.0.480.jpg",
		"/-/assets/a.css":         "200 site:/public/-/assets/a.css",
		"/-/search":               "200 search:/-/search",
		"/alps/-/search":          "200 search:/alps/-/search",
		"/-/original/a.jpg":       "200 owner:/data/a.jpg",
		"/alps/-/original/a.jpg":  "200 owner:/data/alps/a.jpg",
		"/-/share":                "400 This link is damaged. Ask for it again.",
		"/-/share?to=/private/x/&Policy=a&Signature=b&Key-Pair-Id=c": "302 ",
		"/private/":                      missing,
		"/private/x/":                    missing,
		"/private/x/a.jpg.html":          missing,
		"/private/-/a.jpg.0.480.jpg":     missing,
		"/private/x/-/a.jpg.0.480.jpg":   missing,
		"/private/-/search":              missing,
		"/private/x/-/search":            missing,
		"/private/-/original/a.jpg":      missing,
		"/private/x/-/original/a.jpg":    missing,
		"/private%2Fx/":                  missing,
		"/private%2Fx/-/a.jpg.0.480.jpg": missing,
		"/private%2Fx/-/search":          missing,
		"/private%2Fx/-/original/a.jpg":  missing,
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		if got := fmt.Sprint(w.Code, " ", w.Body); got != want {
			c.ok(false, "%s is answered with %q, want %q", address, got, want)
		}
		if w.Code == http.StatusOK || w.Code == http.StatusNotFound {
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
				"Strict-Transport-Security": "max-age=31536000"} {
				c.equal(w.Header().Get(name), want, address+": "+name)
			}
			c.ok(w.Header().Get("Content-Security-Policy") != "" || w.Code == http.StatusNotFound, "%s has no Content-Security-Policy", address)
		}
	}
	kinds := map[string]string{} // of each origin access control
	for _, name := range c.of("AWS::CloudFront::OriginAccessControl") {
		kinds[name] = fmt.Sprint(c.at(name, "OriginAccessControlConfig", "OriginAccessControlOriginType"), " ",
			c.at(name, "OriginAccessControlConfig", "SigningBehavior"))
	}
	for _, o := range deploy.List(c.at("Distribution", "DistributionConfig", "Origins")) {
		want := "s3 always"
		if deploy.At(o, "CustomOriginConfig") != nil {
			want = "lambda always"
		}
		c.equal(kinds[fmt.Sprint(deploy.At(o, "OriginAccessControlId"))], want, fmt.Sprint("access to the origin ", deploy.At(o, "Id")))
	}
	for _, name := range c.of("AWS::CloudFront::Function") {
		c.equal(c.at(name, "FunctionConfig", "Runtime"), "cloudfront-js-2.0", name+"'s runtime")
		c.equal(c.at(name, "AutoPublish"), true, name+" is published:")
	}
}
