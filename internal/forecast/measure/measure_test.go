package measure_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/internal/cluster"
	"handover/internal/forecast/measure"
	"handover/internal/world/profile"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func fargate() profile.Profile {
	p, _ := profile.Named("fargate-2026")
	return p
}

func after(seconds float64) time.Time { return noon.Add(time.Duration(seconds * float64(time.Second))) }

func TestOwn(t *testing.T) {
	all := profile.Span{Low: 3 * time.Second, Median: 9500 * time.Millisecond, High: 46 * time.Second}
	got := measure.Own(all, 19*time.Second, "")
	for name, c := range map[string]struct{ got, want time.Duration }{"low": {got.Low, 14667 * time.Millisecond}, "median": {got.Median, 19 * time.Second}, "high": {got.High, 43333 * time.Millisecond}} {
		if c.got.Round(time.Millisecond) != c.want {
			t.Errorf("%s: got %s, want %s", name, c.got, c.want)
		}
	}
}

// TestFitKeepsSpansInOrder: whatever the samples, a span is in order and holds them all.
func TestFitKeepsSpansInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []time.Duration {
			return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
				return time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "d"))
			}), 0, 5).Draw(t, name)
		}
		s := measure.Samples{Attach: draw("attach"), Queue: draw("queue"), Pull: draw("pull"), Start: draw("start"), Up: draw("up"), Ready: draw("ready"), Exit: draw("exit"), Detach: draw("detach")}
		p := s.Fit(fargate())
		for name, c := range map[string]struct {
			span    profile.Span
			samples []time.Duration
		}{"attach": {p.Attach, s.Attach}, "queue": {p.Queue, s.Queue}, "pull": {p.Pull, s.Pull}, "start": {p.Start, s.Start}, "ready": {p.Ready, s.Ready}, "exit": {p.Exit, s.Exit}, "detach": {p.Detach, s.Detach}} {
			if c.span.Low > c.span.Median || c.span.Median > c.span.High || c.span.Low < 0 {
				t.Fatalf("%s: %+v", name, c.span)
			}
			for _, sample := range c.samples {
				if sample < c.span.Low || sample > c.span.High {
					t.Fatalf("%s: %s is not in %+v", name, sample, c.span)
				}
			}
		}
	})
}

func TestNoSamplesNoChange(t *testing.T) {
	if got := (measure.Samples{}).Fit(fargate()); got != fargate() {
		t.Errorf("got %+v", got)
	}
}

// TestOfService: the steps of a start are measured one by one; the stop signal, which ECS does not show, is found behind the drain.
func TestOfService(t *testing.T) {
	const group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/0123456789abcdef"
	event := func(seconds float64, message string) cluster.Event {
		return cluster.Event{ID: message, At: after(seconds), Message: "(service api) " + message}
	}
	view := cluster.ServiceView{
		Service: cluster.Service{Attachments: []cluster.Attachment{{TargetGroup: group}}, Events: []cluster.Event{ // newest first
			event(120, "deregistered 1 targets in (target-group "+group+")"), event(110, "has stopped 1 running tasks: (task a)."), event(69, "registered 1 targets in (target-group "+group+")"),
		}},
		TargetGroups: []cluster.TargetGroup{{ARN: group, DrainDelay: 30 * time.Second, CheckInterval: 30 * time.Second}},
		Tasks: []cluster.Task{
			{ID: "a", StartedAt: after(-1000), StoppingAt: after(110), ExecutionStoppedAt: after(165), StoppedAt: after(178), StopCode: "ServiceSchedulerInitiated"},
			{ID: "b", CreatedAt: after(0), ConnectedAt: after(4), PullStartedAt: after(11), PullStoppedAt: after(51), StartedAt: after(52)},
		},
	}
	s := measure.OfService(view, fargate())
	for name, c := range map[string]struct {
		got  []time.Duration
		want float64
	}{"attach": {s.Attach, 4}, "queue": {s.Queue, 7}, "pull": {s.Pull, 40}, "start": {s.Start, 1}, "up": {s.Up, 52}, "exit": {s.Exit, 4.9}, "detach": {s.Detach, 13}, "ready": {s.Ready, 22.2}} {
		if len(c.got) != 1 || c.got[0].Round(100*time.Millisecond).Seconds() != c.want {
			t.Errorf("%s: got %v, want %g s", name, c.got, c.want)
		}
	}
}

// TestFailuresAreNoMeasure: a task that ended by itself, or because it was unhealthy, says nothing of how long a task takes to stop.
func TestFailuresAreNoMeasure(t *testing.T) {
	task := cluster.Task{StartedAt: after(-1000), StoppingAt: after(0), ExecutionStoppedAt: after(3), StopCode: "EssentialContainerExited"}
	sick := cluster.Task{StartedAt: after(-1000), StoppingAt: after(0), ExecutionStoppedAt: after(3), StopCode: "ServiceSchedulerInitiated", StoppedReason: "Task failed container health checks"}
	if s := measure.OfService(cluster.ServiceView{Tasks: []cluster.Task{task, sick}}, fargate()); len(s.Exit) > 0 {
		t.Errorf("got %v", s.Exit)
	}
}

func TestKind(t *testing.T) {
	for message, want := range map[string]string{
		"(service a) has started 2 tasks: (task x) (task y).":                                                   "start 2",
		"(service a) has started 1 tasks: (task x). Amazon ECS replaced 1 tasks due to an unhealthy status.":    "start_unhealthy 1",
		"(service a) deregistered 3 targets in (target-group g)":                                                "deregistered 3",
		"(service a, taskSet ecs-svc/1) has begun draining connections on 3 tasks.":                             "draining 3",
		"(service a) (deployment ecs-svc/1) deployment completed.":                                              "completed 0",
		"(service a) has reached a steady state.":                                                               "steady 0",
		"(service a) was unable to place a task because no container instance met all of its requirements.":     "unable_to_place 0",
		"(service a) (task x) (port 80) is unhealthy in (target-group g) due to (reason Health checks failed).": "unhealthy 1",
		"(service a) (deployment ecs-svc/1) deployment failed: tasks failed to start.":                          "failed 0",
		"something that ECS has never said":                                                                     "note 0",
	} {
		kind, count := measure.Kind(message)
		if got := kind + " " + string(rune('0'+count)); got != want {
			t.Errorf("%s: got %s, want %s", message, got, want)
		}
	}
}

// TestWhoseDoingItIsMustBeCertain: of two tasks that were registered before a stop only the first is measured, and a stop that may be the doing of the second measures
// nothing of a third; that a target is deregistered a look after its stop measures nothing at all.
func TestWhoseDoingItIsMustBeCertain(t *testing.T) {
	p, _ := profile.Named("fargate-2026")
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var events []measure.Event
	for _, e := range []struct {
		at   int
		kind string
	}{{44, "registered"}, {74, "registered"}, {89, "stop"}, {99, "deregistered"}, {109, "registered"}, {119, "stop"}, {129, "deregistered"}} {
		events = append(events, measure.Event{At: begin.Add(time.Duration(e.at) * time.Second), Kind: e.kind})
	}
	s := measure.OfEvents(events, measure.Settings{Balanced: true, Drain: 30 * time.Second, CheckInterval: 30 * time.Second}, p)
	if len(s.Ready) != 1 || s.Ready[0] < 15*time.Second {
		t.Errorf("ready %v", s.Ready)
	}
}
