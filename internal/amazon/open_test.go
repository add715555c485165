package amazon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// bare leaves nothing of the machine's own AWS configuration.
func bare(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") && name != "AWS_CA_BUNDLE" {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
	t.Setenv("HOME", home)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(home, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return home
}

func failing(t *testing.T, o Options) *Error {
	t.Helper()
	_, err := Open(context.Background(), o)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("want an *Error, got %v", err)
	}
	for _, text := range []string{e.Error(), fmt.Sprintf("%+v", e), strings.Join(e.Hints, "\n"), fmt.Sprintf("%+v %#v", o, o)} {
		if strings.Contains(text, "very-secret") {
			t.Errorf("a secret is shown: %s", text)
		}
	}
	return e
}

func TestCallerIsToldWithItsPartition(t *testing.T) {
	f := newFake(t)
	account, err := Open(context.Background(), fakeOptions(Into(f)))
	if err != nil {
		t.Fatal(err)
	}
	c := account.Caller
	if c.Account != "111122223333" || c.Partition != "aws-cn" || c.Name() != "assumed-role/deploy/alice" || account.Region != "cn-north-1" {
		t.Errorf("got %+v in %s", c, account.Region)
	}
	if agent := f.agents[0]; !strings.Contains(agent, "handover/1.2.3") || !strings.Contains(agent, "handover-operation/restart") {
		t.Errorf("the User-Agent is %q", agent)
	}
}

func TestConfigurationErrors(t *testing.T) {
	for _, c := range []struct {
		name    string
		options Options
		env     map[string]string
		want    string
		hint    string
	}{
		{"no Region", Options{}, nil, "no AWS Region is set", "AWS_REGION"},
		{"unknown profile", Options{Profile: "nobody", Region: "eu-west-1"}, nil, `there is no profile "nobody"`, "list-profiles"},
		{"unknown profile in the environment", Options{Region: "eu-west-1"}, map[string]string{"AWS_PROFILE": "nobody"}, `there is no profile "nobody"`, "AWS_PROFILE"},
		{"no credentials", Options{Region: "eu-west-1"}, nil, "there are no AWS credentials", "aws sso login"},
		{"no Region beside credentials", Options{Credentials: NewStatic("id", "very-secret", "")}, nil, "no AWS Region is set", "--region"},
		{"no endpoint", Options{Region: "eu-west-1", EndpointURL: "localhost:4566"}, nil, "--endpoint-url is not the URL of an endpoint", "http://"},
		{"a password in the endpoint", Options{Region: "eu-west-1", EndpointURL: "http://a:b@localhost:4566"}, nil, "--endpoint-url may not hold a user", ""},
		{"no role", Options{Region: "eu-west-1", RoleARN: "admin"}, nil, "--role-arn is not the ARN of a role", "arn:PARTITION:iam"},
		{"SSO login that has expired", Options{Region: "eu-west-1", Profile: "sso"}, nil, `the AWS login has expired (profile "sso")`, "aws sso login --profile sso"},
		{"one-time code", Options{Region: "eu-west-1", Profile: "mfa"}, nil, "the profile asks for a one-time code", "export-credentials"},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := bare(t)
			text := "[profile sso]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 111122223333\nsso_role_name = r\n" +
				"[profile mfa]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/a\n" +
				"[profile base]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = very-secret\n"
			if err := os.WriteFile(filepath.Join(home, "config"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			e := failing(t, c.options)
			if !strings.HasPrefix(e.Error(), c.want) || !strings.Contains(strings.Join(e.Hints, "\n"), c.hint) || !e.Usage {
				t.Errorf("got %q, usage %t, hints %q", e.Error(), e.Usage, e.Hints)
			}
		})
	}
}

func TestAWSRefusesTheCaller(t *testing.T) {
	for _, c := range []struct {
		code, want string
		usage      bool
	}{
		{"ExpiredToken", "the AWS credentials have expired", true},
		{"ExpiredTokenException", "the AWS credentials have expired", true},
		{"InvalidClientTokenId", "AWS does not accept the credentials", true},
		{"SignatureDoesNotMatch", "AWS does not accept the credentials", true},
		{"ValidationError", "AWS does not say who we are", false},
	} {
		f := newFake(t)
		f.handles["GetCallerIdentity"] = answerError(400, c.code, "the security token is wrong")
		if e := failing(t, fakeOptions(Into(f))); !strings.HasPrefix(e.Error(), c.want) || e.Usage != c.usage {
			t.Errorf("%s: got %q, usage %t", c.code, e.Error(), e.Usage)
		}
	}
}

func TestRoleIsAssumed(t *testing.T) {
	f := newFake(t)
	f.handles["AssumeRole"] = answerXML(`<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
		time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	o := fakeOptions(Into(f))
	o.RoleARN = "arn:aws-cn:iam::111122223333:role/deploy"
	openOn(t, o)
	if f.count("AssumeRole") != 1 {
		t.Errorf("got %v", f.calls)
	}
	f.handles["AssumeRole"] = answerError(403, "AccessDenied", "not authorized to perform: sts:AssumeRole")
	if e := failing(t, o); !strings.Contains(e.Error(), "cannot be assumed") || !e.Usage || !strings.Contains(e.Error(), "sts:AssumeRole") {
		t.Errorf("got %v", e)
	}
}

func TestEndpointThatNobodyListensOn(t *testing.T) {
	o := fakeOptions(nil)
	o.EndpointURL = "http://127.0.0.1:1"
	if e := failing(t, o); !strings.HasPrefix(e.Error(), "the endpoint http://127.0.0.1:1 cannot be reached: dial tcp 127.0.0.1:1: ") {
		t.Errorf("got %q", e.Error())
	}
}

// With AWS_CA_BUNDLE set, the SDK's configuration refuses any HTTP client but its own.
func TestCABundleDoesNotGetInTheWay(t *testing.T) {
	home := bare(t)
	bundle := "/etc/ssl/certs/ca-certificates.crt"
	if _, err := os.Stat(bundle); err != nil {
		t.Skipf("no bundle on this machine: %v", err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "very-secret")
	if err := os.WriteFile(filepath.Join(home, "config"), []byte("[default]\nregion = eu-west-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := newFake(t)
	account, err := Open(context.Background(), Options{Transport: Into(f)})
	if err != nil || account.Region != "eu-west-1" {
		t.Errorf("got %+v, %v", account, err)
	}
}

// On most machines nobody answers at the address of the instance's metadata, and no connection is refused either.
func TestMetadataDoNotKeepAnyoneWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		deaf := Into(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
		m := &boundedMetadata{patience: metadataPatience, client: imds.New(imds.Options{HTTPClient: &http.Client{Transport: deaf}, ClientEnableState: imds.ClientEnabled})}
		start := time.Now()
		if region := m.region(t.Context()); region != "" {
			t.Errorf("got the Region %q of nobody", region)
		}
		if _, err := m.GetMetadata(t.Context(), &imds.GetMetadataInput{Path: "x"}); err == nil {
			t.Error("got metadata of nobody")
		}
		if took := time.Since(start); took != 2*metadataPatience {
			t.Errorf("two questions took %s", took)
		}
	})
}

func TestStaticCredentialsDoNotPrint(t *testing.T) {
	s := NewStatic("id", "very-secret", "very-secret")
	o := Options{Credentials: s, Transport: http.DefaultTransport}
	text, err := json.Marshal(struct{ Credentials any }{s})
	if err != nil || bytes.Contains(text, []byte("secret")) {
		t.Errorf("got %s, %v", text, err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb+verb, s, o.Credentials); strings.Contains(text, "very-secret") {
			t.Errorf("%s shows %s", verb, text)
		}
	}
}
