package emulator

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"handover/internal/rate"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/emulator.md")

// operations are those that an SDK client has.
func operations(client any) []string {
	var names []string
	for t, i := reflect.TypeOf(client), 0; i < t.NumMethod(); i++ {
		m := t.Method(i)
		if m.Type.NumIn() == 4 && m.Type.In(2).Kind() == reflect.Pointer && m.Type.In(2).Elem().Name() == m.Name+"Input" {
			names = append(names, m.Name)
		}
	}
	return names
}

// TestEveryOperationIsOfferedOrLacking keeps the registrations up to date with the SDK.
func TestEveryOperationIsOfferedOrLacking(t *testing.T) {
	sdk := []any{&ecs.Client{}, &elbv2.Client{}, &applicationautoscaling.Client{}, &sts.Client{}, &sns.Client{}, &sqs.Client{}, &cloudwatchlogs.Client{}, &autoscaling.Client{}, nil, &cloudwatch.Client{}, nil, &lambda.Client{}, &eventbridge.Client{}, &sfn.Client{}}
	for i, s := range (&Server{}).services() {
		if sdk[i] == nil {
			continue // EC2 and Service Quotas, whose SDKs are not part of this module
		}
		known := slices.Concat(s.Offered, s.Lacking)
		slices.Sort(known)
		want := operations(sdk[i])
		slices.Sort(want)
		if !slices.Equal(known, want) {
			t.Errorf("%s registers\n%v\nand AWS has\n%v", s.Title, known, want)
		}
	}
}

// TestEveryOfferedOperationHasABucket: of these two services AWS publishes the rates.
func TestEveryOfferedOperationHasABucket(t *testing.T) {
	for i, name := range []string{"ecs", "elasticloadbalancing"} {
		for _, operation := range (&Server{}).services()[i].Offered {
			if len(rate.For(name, operation)) == 0 {
				t.Errorf("%s %s has no bucket", name, operation)
			}
		}
	}
}

const (
	tableBegin = "<!-- operations: written by go test ./internal/emulator -update -->"
	tableEnd   = "<!-- end of operations -->"
)

func table() string {
	var b strings.Builder
	for _, s := range (&Server{}).services() {
		if len(s.Lacking) == 0 {
			fmt.Fprintf(&b, "\n### %s\n\n%d operations, and no other.\n\n%s\n", s.Title, len(s.Offered), cell(s.Offered))
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n%d of %d operations.\n\n", s.Title, len(s.Offered), len(s.Offered)+len(s.Lacking))
		fmt.Fprintf(&b, "| offered | not offered |\n|---|---|\n| %s | %s |\n", cell(s.Offered), cell(s.Lacking))
	}
	return b.String()
}

func cell(names []string) string {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return "`" + strings.Join(sorted, "` `") + "`"
}

func TestDocsListWhatIsOffered(t *testing.T) {
	const file = "../../docs/emulator.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), tableBegin)
	_, after, closed := strings.Cut(rest, tableEnd)
	if !found || !closed {
		t.Fatalf("%s lacks the marks around its tables", file)
	}
	want := before + tableBegin + "\n" + table() + "\n" + tableEnd + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the registrations say; go test ./internal/emulator -update rewrites it", file)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
