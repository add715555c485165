package emulator_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"handover/internal/emulator"
)

// zipped packs a program as it is uploaded.
func zipped(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func creation(name string, code types.FunctionCode) *lambda.CreateFunctionInput {
	return &lambda.CreateFunctionInput{FunctionName: &name, Role: aws.String("arn:aws:iam::123456789012:role/r"), Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Timeout: aws.Int32(900), Code: &code}
}

// TestOnlyProgramsThatWereNamedAreRun: without a folder no function is made; with one, those in it, by name or by their bytes, and no other.
func TestOnlyProgramsThatWereNamedAreRun(t *testing.T) {
	ctx, nobody := t.Context(), newRig(t, emulator.Options{})
	cfg := aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String("http://emulator.invalid"), HTTPClient: direct{nobody.server}, Credentials: aws.AnonymousCredentials{}}
	cfg.Credentials = nobody.ecs.Options().Credentials
	without := lambda.NewFromConfig(cfg)
	if _, err := without.CreateFunction(ctx, creation("f", types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("x.zip")})); !strings.Contains(code(err), "--functions DIR") {
		t.Errorf("without a folder: %v", err)
	}
	folder := program(t)
	content, err := os.ReadFile(filepath.Join(folder, "handover-lambda"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "packed.zip"), zipped(t, "bootstrap", content), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "notes.txt"), []byte("no program"), 0o644); err != nil {
		t.Fatal(err)
	}
	w := newLambdaWorld(t, folder, departing, 1)
	for name, c := range map[string]struct {
		code types.FunctionCode
		says string
	}{
		"by-name":     {types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("releases/handover-lambda.zip")}, ""},
		"by-zip-name": {types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("packed.zip")}, ""},
		"by-bytes":    {types.FunctionCode{ZipFile: zipped(t, "bootstrap", content)}, ""},
		"uploaded":    {types.FunctionCode{ZipFile: zipped(t, "bootstrap", []byte("#!/bin/sh\n"))}, "is none of those in"},
		"not-a-zip":   {types.FunctionCode{ZipFile: []byte("x")}, "no zip"},
		"elsewhere":   {types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("../../bin/sh")}, "has neither sh nor sh.zip"},
		"text":        {types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("notes.txt")}, "is not executable"},
	} {
		_, err := w.lambda.CreateFunction(ctx, creation(name, c.code))
		if (err == nil) != (c.says == "") || !strings.Contains(code(err), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"by-name", "by-zip-name", "by-bytes"} {
		out := must(w.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: &name, Payload: []byte(`{"Records":[{"EventSource":"aws:sns","Sns":{"MessageId":"1","Message":"{\"Event\":\"autoscaling:TEST_NOTIFICATION\",\"AutoScalingGroupName\":\"g\"}"}}]}`)}))
		if out.FunctionError != nil || out.StatusCode != 200 || !strings.Contains(string(out.Payload), "a test notification of group g") {
			t.Errorf("%s: %d %s %s", name, out.StatusCode, aws.ToString(out.FunctionError), out.Payload)
		}
	}
	failed := must(w.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("by-name"), Payload: []byte(`[]`)}))
	if aws.ToString(failed.FunctionError) != "Unhandled" || !strings.Contains(string(failed.Payload), "errorMessage") {
		t.Errorf("a payload that it does not know: %s %s", aws.ToString(failed.FunctionError), failed.Payload)
	}
}

// TestAFunctionThroughItsAPI: what is declared comes back, changes, and is gone.
func TestAFunctionThroughItsAPI(t *testing.T) {
	ctx, w := t.Context(), newLambdaWorld(t, program(t), departing, 1)
	in := creation("drain", types.FunctionCode{S3Bucket: aws.String("b"), S3Key: aws.String("handover-lambda")})
	in.Timeout, in.Environment, in.Tags = aws.Int32(900), &types.Environment{Variables: map[string]string{"HANDOVER_CLUSTERS": "default"}}, map[string]string{"team": "web"}
	made := must(w.lambda.CreateFunction(ctx, in))
	if _, err := w.lambda.CreateFunction(ctx, in); code(err) != "ResourceConflictException: Function already exist: drain" {
		t.Error(err)
	}
	got := must(w.lambda.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: made.FunctionArn}))
	if *got.Configuration.Timeout != 900 || *got.Configuration.MemorySize != 128 || got.Configuration.Environment.Variables["HANDOVER_CLUSTERS"] != "default" || got.Tags["team"] != "web" ||
		got.Configuration.State != types.StateActive || got.Configuration.CodeSize == 0 {
		t.Errorf("%+v", got.Configuration)
	}
	must(w.lambda.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: in.FunctionName, Timeout: aws.Int32(60)}))
	if _, err := w.lambda.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: in.FunctionName, RevisionId: made.RevisionId}); !strings.HasPrefix(code(err), "PreconditionFailedException") {
		t.Error(err)
	}
	must(w.lambda.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: in.FunctionName, StatementId: aws.String("sns"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("sns.amazonaws.com"), SourceArn: aws.String("arn:aws:sns:eu-west-1:123456789012:t")}))
	policy := *must(w.lambda.GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: in.FunctionName})).Policy
	if !strings.Contains(policy, `"Principal":{"Service":"sns.amazonaws.com"}`) || !strings.Contains(policy, `"ArnLike":{"AWS:SourceArn":"arn:aws:sns:eu-west-1:123456789012:t"}`) {
		t.Error(policy)
	}
	must(w.lambda.RemovePermission(ctx, &lambda.RemovePermissionInput{FunctionName: in.FunctionName, StatementId: aws.String("sns")}))
	must(w.lambda.PutFunctionEventInvokeConfig(ctx, &lambda.PutFunctionEventInvokeConfigInput{FunctionName: in.FunctionName, MaximumRetryAttempts: aws.Int32(0), MaximumEventAgeInSeconds: aws.Int32(1800)}))
	asynchronous := must(w.lambda.GetFunctionEventInvokeConfig(ctx, &lambda.GetFunctionEventInvokeConfigInput{FunctionName: in.FunctionName}))
	if *asynchronous.MaximumRetryAttempts != 0 || *asynchronous.MaximumEventAgeInSeconds != 1800 || asynchronous.LastModified.Before(morning) {
		t.Errorf("%+v", asynchronous)
	}
	if list := must(w.lambda.ListFunctions(ctx, &lambda.ListFunctionsInput{})).Functions; len(list) != 1 || *list[0].Timeout != 60 {
		t.Errorf("%+v", list)
	}
	must(w.lambda.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: in.FunctionName}))
	if _, err := w.lambda.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: in.FunctionName}); !strings.HasPrefix(code(err), "ResourceNotFoundException: Function not found: arn:aws:lambda:") {
		t.Error(err)
	}
}
