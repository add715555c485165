package emulator_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"handover/internal/emulator"
)

// TestCallerIsTheSessionWhoseCredentialsAreUsed, in every Region, and for credentials of every kind.
func TestCallerIsTheSessionWhoseCredentialsAreUsed(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	const token = "e30.eyJzdWIiOiJyZXBvOmEiLCJhdWQiOiJzdHMiLCJpc3MiOiJodHRwczovL2lzc3VlciJ9.x" // {"sub":"repo:a","aud":"sts","iss":"https://issuer"}
	role := must(r.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111111111111:role/path/deploy"), RoleSessionName: aws.String("me")}))
	web := must(r.sts.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/ci"), RoleSessionName: aws.String("run"), WebIdentityToken: aws.String(token)}))
	federated := must(r.sts.GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("bob")}))
	if *web.SubjectFromWebIdentityToken != "repo:a" || *web.Provider != "https://issuer" || *web.Audience != "sts" {
		t.Errorf("what the token says: %+v", web)
	}
	for want, c := range map[string]*types.Credentials{
		"111111111111 arn:aws:sts::111111111111:assumed-role/deploy/me": role.Credentials,
		"123456789012 arn:aws:sts::123456789012:assumed-role/ci/run":    web.Credentials,
		"123456789012 arn:aws:sts::123456789012:federated-user/bob":     federated.Credentials,
		"123456789012 arn:aws:iam::123456789012:user/emulated":          {AccessKeyId: aws.String("AKIDEXAMPLE"), SecretAccessKey: aws.String("secret"), SessionToken: aws.String("of nobody")},
	} {
		with := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}, nil
		})
		is := must(r.in("ap-south-1").sts.GetCallerIdentity(ctx, nil, func(o *sts.Options) { o.Credentials = with }))
		if got := *is.Account + " " + *is.Arn; got != want {
			t.Errorf("the caller is %s, want %s", got, want)
		}
	}
	if _, err := r.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111111111111:role/deploy"), RoleSessionName: aws.String("a b")}); code(err)[:15] != "ValidationError" {
		t.Errorf("a session's name: %s", code(err))
	}
	tags := []types.Tag{{Key: aws.String("Team"), Value: aws.String("a")}, {Key: aws.String("team"), Value: aws.String("b")}}
	for n, want := range map[int]string{2: "InvalidParameterValue: Duplicate tag keys found. Please note that Tag keys are case insensitive.", 1: "",
		0: "InvalidParameterValue: The specified transitive tag key must be included in the requested tags."} {
		_, err := r.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111111111111:role/deploy"), RoleSessionName: aws.String("me"), Tags: tags[:n], TransitiveTagKeys: []string{"team"}})
		if code(err) != want {
			t.Errorf("%d tags: %q, want %q", n, code(err), want)
		}
	}
	if info := must(r.sts.GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE")})); *info.Account != "123456789012" {
		t.Errorf("the key's account is %s", *info.Account)
	}
}

// TestARoleForASAMLAssertion: the role is one that the assertion grants, under the name that it gives, in whatever namespaces it is written.
func TestARoleForASAMLAssertion(t *testing.T) {
	r, ctx := newRig(t, emulator.Options{}), t.Context()
	const good = `<?xml version="1.0"?><samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion><saml:Issuer>https://example.com/saml</saml:Issuer>
<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">bob</saml:NameID>
<saml:SubjectConfirmation><saml:SubjectConfirmationData Recipient="https://signin.aws.amazon.com/saml"/></saml:SubjectConfirmation></saml:Subject>
<saml:AttributeStatement><saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/Role">
<saml:AttributeValue>arn:aws:iam::123456789012:saml-provider/MySAMLIdP,arn:aws:iam::123456789012:role/deploy</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName"><saml:AttributeValue>bob@example.com</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>`
	assume := func(role, text string) (*sts.AssumeRoleWithSAMLOutput, error) {
		return r.sts.AssumeRoleWithSAML(ctx, &sts.AssumeRoleWithSAMLInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/" + role),
			PrincipalArn: aws.String("arn:aws:iam::123456789012:saml-provider/MySAMLIdP"), SAMLAssertion: aws.String(base64.StdEncoding.EncodeToString([]byte(text)))})
	}
	out := must(assume("deploy", good))
	if *out.AssumedRoleUser.Arn != "arn:aws:sts::123456789012:assumed-role/deploy/bob@example.com" || *out.Subject != "bob" || *out.SubjectType != "persistent" ||
		*out.Issuer != "https://example.com/saml" || *out.Audience != "https://signin.aws.amazon.com/saml" || *out.NameQualifier != "1uAJanUnBc2XeUkHURMht+xam2c=" {
		t.Errorf("the role for an assertion: %+v, qualifier %s", out, *out.NameQualifier)
	}
	for text, want := range map[string]string{
		"no XML": "InvalidIdentityToken: Invalid base64 SAMLResponse",
		strings.ReplaceAll(good, "Attributes/RoleSessionName", "Attributes/Other"): "InvalidIdentityToken: RoleSessionName is required in AuthnResponse",
		strings.ReplaceAll(good, "role/deploy", "role/other"):                      "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML",
		strings.ReplaceAll(good, "status:Success", "status:Requester"):             "InvalidIdentityToken: Response status is not Success",
	} {
		if _, err := assume("deploy", text); code(err) != want {
			t.Errorf("got %q, want %q", code(err), want)
		}
	}
}
