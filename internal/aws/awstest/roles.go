package awstest

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Assume makes a role with one policy document in the emulator at an endpoint, and returns the environment variables of somebody
// who has assumed it.
func Assume(t testing.TB, endpoint, role, policy string) map[string]string {
	t.Helper()
	query(t, endpoint, "iam", "2010-05-08", url.Values{"Action": {"CreateRole"}, "RoleName": {role}, "AssumeRolePolicyDocument": {"{}"}})
	query(t, endpoint, "iam", "2010-05-08", url.Values{
		"Action": {"PutRolePolicy"}, "RoleName": {role}, "PolicyName": {role}, "PolicyDocument": {policy},
	})
	body := query(t, endpoint, "sts", "2011-06-15", url.Values{
		"Action": {"AssumeRole"}, "RoleArn": {"arn:aws:iam::" + AccountID + ":role/" + role}, "RoleSessionName": {"test"},
	})
	var answer struct {
		Key    string `xml:"AssumeRoleResult>Credentials>AccessKeyId"`
		Secret string `xml:"AssumeRoleResult>Credentials>SecretAccessKey"`
		Token  string `xml:"AssumeRoleResult>Credentials>SessionToken"`
	}
	if err := xml.Unmarshal(body, &answer); err != nil || answer.Key == "" {
		t.Fatalf("assume %s: %s, %v", role, body, err)
	}
	return map[string]string{"AWS_ACCESS_KEY_ID": answer.Key, "AWS_SECRET_ACCESS_KEY": answer.Secret, "AWS_SESSION_TOKEN": answer.Token}
}

// Enforce has the emulator at an endpoint check of all requests that follow whether the role that makes them may. It does not look
// at conditions.
func Enforce(t testing.TB, endpoint string) {
	t.Helper()
	response, err := http.Post(endpoint+"/moto-api/reset-auth", "text/plain", strings.NewReader("0"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("enforce: %s", response.Status)
	}
}

// query makes a request to a service of an emulator that checks no signature yet; the SDK's part for it is not worth having.
func query(t testing.TB, endpoint, service, version string, form url.Values) (body []byte) {
	t.Helper()
	form.Set("Version", version)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+AccessKey+"/20260101/"+Region+"/"+service+
		"/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s, %v", form.Get("Action"), response.Status, body, err)
	}
	return body
}
