package forecast_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"handover/internal/amazon"
	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/world"
)

// TestForecastIsWhatTheEmulatorDoes: a service that was read over HTTP, through the adapter, says the same in the forecast as it says in the emulator while the
// same operation runs on it. What the protocols round or leave out would show here.
func TestForecastIsWhatTheEmulatorDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawScene(t)
		begun := drawnWorld(t, text)
		begin := begun.Now()
		clock := emulator.NewPaced(begin, math.Inf(1), nil)
		server := httptest.NewServer(emulator.New(emulator.Options{Clock: clock, Seed: func(cluster.ARN) *world.World { return begun.Clone() }}))
		defer server.Close()
		ctx := context.Background()
		account, err := amazon.Open(ctx, amazon.Options{Region: "us-east-1", EndpointURL: server.URL, Credentials: amazon.NewStatic("id", "key", ""), Clock: clock})
		if err != nil {
			t.Fatal(err)
		}
		provider := account.Provider()
		before, err := provider.Observe(ctx, forecast.Whole(api))
		if err != nil {
			t.Fatal(err)
		}
		base, err := forecast.LoadStill(before, api)
		if err != nil {
			t.Fatalf("%v: %+v", err, before.Gaps)
		}
		predicted := base.World()
		finish(t, predicted, restart(operation.RestartOptions{})())
		ending, err := operation.Driver{Provider: provider}.Run(ctx, restart(operation.RestartOptions{})())
		if err != nil || ending.Verdict.End != cluster.Succeeded {
			t.Fatalf("%+v, %v", ending.Verdict, err)
		}
		after, err := provider.Observe(ctx, forecast.Scope(api).Of())
		if err != nil {
			t.Fatal(err)
		}
		view, _ := after.Service(api)
		if want, got := saidOf(view.Service, begin), said(predicted, begin); !slices.Equal(got, want) {
			t.Fatalf("%s\npredicted %v\nhappened  %v", text, got, want)
		}
	})
}

// TestFreeAddressesComeFromTheSubnets: a default subnet of the emulator has 4,091 addresses but for those of the tasks in it, and the adapter reads them with the rest of
// what a forecast needs.
func TestFreeAddressesComeFromTheSubnets(t *testing.T) {
	w := played(t, balanced(6))
	server := httptest.NewServer(emulator.New(emulator.Options{Clock: emulator.NewPaced(w.Now(), math.Inf(1), nil), Seed: func(cluster.ARN) *world.World { return w }}))
	defer server.Close()
	form := url.Values{"Action": {"DescribeSubnets"}, "Version": {"2016-11-15"}, "Filter.1.Name": {"availability-zone"}, "Filter.1.Value.1": {"us-east-1a"}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=id/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=none")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile("subnet-[0-9a-f]+").FindString(string(text))
	members := json.RawMessage(fmt.Sprintf(`{"networkConfiguration":{"awsvpcConfiguration":{"subnets":[%q]}}}`, id))
	if _, err := w.Act(w.Now(), cluster.UpdateService{Service: api, Members: members}); err != nil {
		t.Fatal(err)
	}
	account, err := amazon.Open(t.Context(), amazon.Options{Region: "us-east-1", EndpointURL: server.URL, Credentials: amazon.NewStatic("id", "key", ""), Clock: emulator.NewPaced(w.Now(), math.Inf(1), nil)})
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := account.Provider().Observe(t.Context(), forecast.Whole(api))
	if err != nil || len(snapshot.Gaps) > 0 {
		t.Fatalf("%v, gaps %+v", err, snapshot.Gaps)
	}
	view, _ := snapshot.Service(api)
	if quota := w.FargateQuota(); view.Fargate == nil || view.Fargate.Taken != quota.Taken || view.Fargate.Limit < 1_000_000 {
		t.Errorf("got %+v, the world has %+v", view.Fargate, quota)
	}
	if want := []cluster.Subnet{{ID: id, Zone: "us-east-1a", Free: 4091 - 6}}; !slices.Equal(view.Subnets, want) {
		t.Errorf("got %+v, want %+v", view.Subnets, want)
	}
}
