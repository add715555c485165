package emulator_test

import (
	"context"
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
	if info := must(r.sts.GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String("AKIAIOSFODNN7EXAMPLE")})); *info.Account != "123456789012" {
		t.Errorf("the key's account is %s", *info.Account)
	}
}
