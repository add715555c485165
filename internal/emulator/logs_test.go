package emulator_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"handover/internal/emulator"
)

// lines writes lines to a stream of group app, a second apart from the present on.
func (r *rig) lines(stream string, messages ...string) {
	r.t.Helper()
	var events []types.InputLogEvent
	for i, m := range messages {
		events = append(events, types.InputLogEvent{Message: &m, Timestamp: aws.Int64(r.clock.Now().Add(time.Duration(i) * time.Second).UnixMilli())})
	}
	must(r.logs.PutLogEvents(r.t.Context(), &logs.PutLogEventsInput{LogGroupName: aws.String("app"), LogStreamName: &stream, LogEvents: events}))
}

func newLogs(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, emulator.Options{})
	must(r.logs.CreateLogGroup(t.Context(), &logs.CreateLogGroupInput{LogGroupName: aws.String("app"), Tags: map[string]string{"team": "web"}}))
	for _, stream := range []string{"one", "two"} {
		must(r.logs.CreateLogStream(t.Context(), &logs.CreateLogStreamInput{LogGroupName: aws.String("app"), LogStreamName: &stream}))
	}
	return r
}

func TestLogEventsAreReadInPages(t *testing.T) {
	r := newLogs(t)
	r.lines("one", "a", "b", "c", "d", "e")
	get := func(token *string, head bool) *logs.GetLogEventsOutput {
		return must(r.logs.GetLogEvents(t.Context(), &logs.GetLogEventsInput{
			LogGroupName: aws.String("app"), LogStreamName: aws.String("one"), Limit: aws.Int32(2), NextToken: token, StartFromHead: aws.Bool(head),
		}))
	}
	texts := func(events []types.OutputLogEvent) (all []string) {
		for _, e := range events {
			all = append(all, *e.Message)
		}
		return all
	}
	last := get(nil, false)
	before := get(last.NextBackwardToken, false)
	if !slices.Equal(texts(last.Events), []string{"d", "e"}) || !slices.Equal(texts(before.Events), []string{"b", "c"}) {
		t.Errorf("from the end %v, before them %v", texts(last.Events), texts(before.Events))
	}
	var all []string
	for pages := logs.NewGetLogEventsPaginator(r.logs, &logs.GetLogEventsInput{
		LogGroupName: aws.String("app"), LogStreamName: aws.String("one"), Limit: aws.Int32(2), StartFromHead: aws.Bool(true),
	}, func(o *logs.GetLogEventsPaginatorOptions) { o.StopOnDuplicateToken = true }); pages.HasMorePages(); {
		all = append(all, texts(must(pages.NextPage(t.Context())).Events)...)
	}
	if !slices.Equal(all, []string{"a", "b", "c", "d", "e"}) {
		t.Errorf("from the head %v", all)
	}
}

func TestLogEventsAreFiltered(t *testing.T) {
	r := newLogs(t)
	r.lines("one", "ERROR disk full", "INFO fine", "WARN slow")
	r.lines("two", "ERROR no route")
	for pattern, want := range map[string][]string{
		"":                 {"ERROR disk full", "ERROR no route", "INFO fine", "WARN slow"},
		"ERROR":            {"ERROR disk full", "ERROR no route"},
		"ERROR -disk":      {"ERROR no route"},
		"?WARN ?INFO":      {"INFO fine", "WARN slow"},
		`"disk full"`:      {"ERROR disk full"},
		"ERROR disk":       {"ERROR disk full"},
		"error":            nil,
		`"ERROR no" -fine`: {"ERROR no route"},
	} {
		var got []string
		for pages := logs.NewFilterLogEventsPaginator(r.logs, &logs.FilterLogEventsInput{LogGroupName: aws.String("app"), FilterPattern: &pattern, Limit: aws.Int32(1)}); pages.HasMorePages(); {
			for _, e := range must(pages.NextPage(t.Context())).Events {
				got = append(got, *e.Message)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q gives %v, want %v", pattern, got, want)
		}
	}
}

func TestLogGroups(t *testing.T) {
	r := newLogs(t)
	ctx := t.Context()
	must(r.logs.PutRetentionPolicy(ctx, &logs.PutRetentionPolicyInput{LogGroupName: aws.String("app"), RetentionInDays: aws.Int32(1)}))
	r.lines("one", "old")
	r.pass(25 * time.Hour)
	r.lines("two", "new")
	out := must(r.logs.FilterLogEvents(ctx, &logs.FilterLogEventsInput{LogGroupName: aws.String("app")}))
	if len(out.Events) != 1 || *out.Events[0].Message != "new" {
		t.Errorf("a day later there are %d events, want the new one", len(out.Events))
	}
	g := must(r.logs.DescribeLogGroups(ctx, &logs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("ap")})).LogGroups
	if len(g) != 1 || *g[0].RetentionInDays != 1 || *g[0].Arn != "arn:aws:logs:eu-west-1:123456789012:log-group:app:*" || *g[0].StoredBytes != 58 {
		t.Errorf("the group is shown as %+v", g)
	}
	tags := must(r.logs.ListTagsForResource(ctx, &logs.ListTagsForResourceInput{ResourceArn: g[0].LogGroupArn})).Tags
	streams := must(r.logs.DescribeLogStreams(ctx, &logs.DescribeLogStreamsInput{LogGroupName: aws.String("app"), OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true)})).LogStreams
	if tags["team"] != "web" || len(streams) != 2 || *streams[0].LogStreamName != "two" || *streams[0].LastEventTimestamp != r.clock.Now().UnixMilli() {
		t.Errorf("tags %v, streams %+v", tags, streams)
	}
	must(r.logs.DeleteLogStream(ctx, &logs.DeleteLogStreamInput{LogGroupName: aws.String("app"), LogStreamName: aws.String("one")}))
	must(r.logs.DeleteLogGroup(ctx, &logs.DeleteLogGroupInput{LogGroupName: aws.String("app")}))
	_, gone := r.logs.GetLogEvents(ctx, &logs.GetLogEventsInput{LogGroupName: aws.String("app"), LogStreamName: aws.String("two")})
	_, days := r.logs.PutRetentionPolicy(ctx, &logs.PutRetentionPolicyInput{LogGroupName: aws.String("app"), RetentionInDays: aws.Int32(2)})
	if code(gone) != "ResourceNotFoundException: The specified log group does not exist." || days == nil {
		t.Errorf("%v, %v", gone, days)
	}
}

// TestAProtectedLogGroupStays until its protection is off.
func TestAProtectedLogGroupStays(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	must(r.logs.CreateLogGroup(ctx, &logs.CreateLogGroupInput{LogGroupName: aws.String("kept"), DeletionProtectionEnabled: aws.Bool(true)}))
	g := must(r.logs.DescribeLogGroups(ctx, &logs.DescribeLogGroupsInput{})).LogGroups[0]
	if !*g.DeletionProtectionEnabled {
		t.Error("the group is shown as not protected")
	}
	for _, want := range []string{"ValidationException", ""} {
		_, err := r.logs.DeleteLogGroup(ctx, &logs.DeleteLogGroupInput{LogGroupName: aws.String("kept")})
		if got, _, _ := strings.Cut(code(err), ":"); got != want {
			t.Errorf("got %q, want %q", code(err), want)
		}
		if want != "" {
			must(r.logs.PutLogGroupDeletionProtection(ctx, &logs.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: g.LogGroupArn, DeletionProtectionEnabled: aws.Bool(false)}))
		}
	}
}

// TestFiltersOfALogGroup: they are kept, counted and shown, replaced by name, at most two send lines on, and they go with their group.
func TestFiltersOfALogGroup(t *testing.T) {
	ctx, r := t.Context(), newRig(t, emulator.Options{})
	group := aws.String("/app")
	must(r.logs.CreateLogGroup(ctx, &logs.CreateLogGroupInput{LogGroupName: group}))
	counted := func(name string) error {
		_, err := r.logs.PutMetricFilter(ctx, &logs.PutMetricFilterInput{LogGroupName: group, FilterName: &name, FilterPattern: aws.String("ERROR"),
			MetricTransformations: []types.MetricTransformation{{MetricName: aws.String("errors"), MetricNamespace: aws.String("app"), MetricValue: aws.String("1")}}})
		return err
	}
	sent := func(name, destination string) error {
		_, err := r.logs.PutSubscriptionFilter(ctx, &logs.PutSubscriptionFilterInput{LogGroupName: group, FilterName: &name, FilterPattern: aws.String(""), DestinationArn: &destination,
			RoleArn: aws.String("arn:aws:iam::123456789012:role/logs")})
		return err
	}
	const stream = "arn:aws:kinesis:eu-west-1:123456789012:stream/lines"
	for _, c := range []struct {
		err  error
		want string
	}{
		{counted("errors"), ""}, {counted("errors"), ""}, {counted("a:b"), "InvalidParameterException"}, {sent("one", stream), ""}, {sent("two", stream), ""},
		{sent("two", stream), ""}, {sent("three", stream), "LimitExceededException"}, {sent("two", "arn:aws:lambda:eu-west-1:123456789012:function:none"), "InvalidParameterException"},
		{sent("two", "arn:aws:lambda:eu-west-1:111111111111:function:none"), "AccessDeniedException"},
	} {
		if got, _, _ := strings.Cut(code(c.err), ":"); got != c.want {
			t.Errorf("%q, not %q", code(c.err), c.want)
		}
	}
	if got := must(r.logs.DescribeMetricFilters(ctx, &logs.DescribeMetricFiltersInput{MetricName: aws.String("errors"), MetricNamespace: aws.String("app")})).MetricFilters; len(got) != 1 || *got[0].FilterPattern != "ERROR" {
		t.Errorf("metric filters: %+v", got)
	}
	if got := must(r.logs.DescribeLogGroups(ctx, &logs.DescribeLogGroupsInput{})).LogGroups[0].MetricFilterCount; *got != 1 {
		t.Errorf("%d metric filters are counted", *got)
	}
	must(r.logs.DeleteSubscriptionFilter(ctx, &logs.DeleteSubscriptionFilterInput{LogGroupName: group, FilterName: aws.String("one")}))
	if got := must(r.logs.DescribeSubscriptionFilters(ctx, &logs.DescribeSubscriptionFiltersInput{LogGroupName: group})).SubscriptionFilters; len(got) != 1 || got[0].Distribution != types.DistributionByLogStream {
		t.Errorf("subscription filters: %+v", got)
	}
	must(r.logs.DeleteLogGroup(ctx, &logs.DeleteLogGroupInput{LogGroupName: group}))
	if got := must(r.logs.DescribeMetricFilters(ctx, &logs.DescribeMetricFiltersInput{})).MetricFilters; len(got) != 0 {
		t.Errorf("the group has left %+v", got)
	}
	must(r.logs.PutResourcePolicy(ctx, &logs.PutResourcePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String("{}")}))
	if got := must(r.logs.DescribeResourcePolicies(ctx, &logs.DescribeResourcePoliciesInput{})).ResourcePolicies; len(got) != 1 {
		t.Errorf("resource policies: %+v", got)
	}
	for _, want := range []string{"", "ResourceNotFoundException: Policy with name [p] does not exist."} {
		if _, err := r.logs.DeleteResourcePolicy(ctx, &logs.DeleteResourcePolicyInput{PolicyName: aws.String("p")}); code(err) != want {
			t.Errorf("deleting the policy: %v", err)
		}
	}
}
