package timeline_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"handover/internal/cluster"
	"handover/internal/timeline"
)

var update = flag.Bool("update", false, "write the goldens anew")

var begin = time.Date(2026, 1, 1, 14, 2, 11, 0, time.UTC)

func at(seconds float64) time.Time {
	return begin.Add(time.Duration(seconds * float64(time.Second)))
}

func offset(seconds float64) timeline.Offset {
	return timeline.Offset(seconds * float64(time.Second))
}

func TestRecorder(t *testing.T) {
	r := timeline.NewRecorder(timeline.Run{Kind: timeline.Actual, Operation: "restart", Service: cluster.ServiceKey{Cluster: "prod", Service: "api"}, Begin: begin, Floor: 1, Ceiling: 2})
	old := cluster.Task{ID: "a1f30c00000000000000000000000000", Last: cluster.Running, Desired: cluster.Running, CreatedAt: at(-900), StartedAt: at(-860), Zone: "eu-west-1a"}
	fresh := cluster.Task{ID: "7f20b100000000000000000000000000", Last: cluster.Pending, Desired: cluster.Running, CreatedAt: at(5)}
	look := func(seconds float64, tasks ...cluster.Task) {
		r.See(at(seconds), cluster.ServiceView{Service: cluster.Service{Desired: 1, Definition: "arn:aws:ecs:eu-west-1:1:task-definition/api:142",
			Events: []cluster.Event{{ID: "2", At: at(5), Message: "has started 1 tasks: (task 7f20b100000000000000000000000000)."}, {ID: "1", At: at(-60), Message: "has reached a steady state."}}}, Tasks: tasks})
	}
	look(0, old)
	look(10, old, fresh)
	fresh.Last, fresh.StartedAt = cluster.Running, at(40) // and 40 s later it is healthy: it has no health check
	look(60, old, fresh)
	look(90, old, fresh)
	old.Last, old.Desired, old.StoppingAt = cluster.Stopping, cluster.Stopped, at(95)
	look(100, old, fresh)
	old.Last, old.StoppedAt = cluster.Stopped, at(128)
	look(130, old, fresh)

	line := r.Timeline(true)
	want := []timeline.Lane{
		{Name: "a1f30c", Task: old.ID, Old: true, Ended: true, Zone: "eu-west-1a", Spans: []timeline.Span{{Phase: timeline.Healthy, From: 0, To: offset(95)}, {Phase: timeline.Draining, From: offset(95), To: offset(128)}}},
		{Name: "7f20b1", Task: fresh.ID, Spans: []timeline.Span{{Phase: timeline.Pending, From: offset(5), To: offset(40)}, {Phase: timeline.Starting, From: offset(40), To: offset(80)},
			{Phase: timeline.Healthy, From: offset(80), To: offset(130)}}},
	}
	if !reflect.DeepEqual(line.Lanes, want) {
		t.Errorf("lanes\n%+v\nwant\n%+v", line.Lanes, want)
	}
	counts := []timeline.Count{{Tasks: 1, Healthy: 1, Old: 1}, {At: offset(5), Tasks: 2, Healthy: 1, Old: 1}, {At: offset(80), Tasks: 2, Healthy: 2, Old: 1, New: 1},
		{At: offset(95), Tasks: 2, Healthy: 1, New: 1}, {At: offset(128), Tasks: 1, Healthy: 1, New: 1}}
	if !reflect.DeepEqual(line.Counts, counts) {
		t.Errorf("counts\n%+v\nwant\n%+v", line.Counts, counts)
	}
	if len(line.Events) != 1 || line.Events[0].At != offset(5) {
		t.Errorf("the events of the run are %+v", line.Events)
	}
	if line.Mixed() != 15*time.Second || line.Peak() != 2 || line.Lowest() != 1 {
		t.Errorf("two versions for %s, peak %d, lowest %d", line.Mixed(), line.Peak(), line.Lowest())
	}
}

func TestRecorderOfWhatGoesWrong(t *testing.T) {
	r := timeline.NewRecorder(timeline.Run{Kind: timeline.Predicted, Operation: "restart", Begin: begin})
	ill := cluster.Task{ID: "a1f30c00000000000000000000000000", Last: cluster.Running, Desired: cluster.Running, Health: cluster.Healthy, CreatedAt: at(-900), StartedAt: at(-860)}
	failed := cluster.Task{ID: "7f20b100000000000000000000000000", Last: cluster.Stopped, Desired: cluster.Stopped, StoppedReason: "CannotPullContainerError", CreatedAt: at(5), StoppingAt: at(9), StoppedAt: at(9)}
	view := cluster.ServiceView{Tasks: []cluster.Task{ill}}
	r.See(at(0), view)
	view.Tasks[0].Health = cluster.Unhealthy
	view.Tasks = append(view.Tasks, failed)
	view.Service.Events = []cluster.Event{{ID: "1", At: at(9), Message: "(task 7f20b100000000000000000000000000) failed"}}
	r.See(at(10), view)
	r.See(at(20), cluster.ServiceView{}) // ECS shows neither any more
	line := r.Timeline(false)
	if len(line.Lanes) != 2 || line.Lanes[0].Spans[1] != (timeline.Span{Phase: timeline.Unhealthy, From: offset(10), To: offset(20), Seen: true}) {
		t.Errorf("the lanes are %+v", line.Lanes)
	}
	if l := line.Lanes[1]; l.Failed != "CannotPullContainerError" || l.Name != "new-1" || l.Task != "" {
		t.Errorf("the failed start is %+v", l)
	}
	if line.Events[0].Message != "(task new-1) failed" {
		t.Errorf("the predicted event is %q", line.Events[0].Message)
	}
}

// wave is a run that replaces tasks in waves: each new one is healthy 90 s after it was created, an old one drains for 65 s.
func wave(kind timeline.Kind, tasks, size int, late float64) timeline.Timeline {
	r := timeline.NewRecorder(timeline.Run{Kind: kind, Operation: "restart", Service: cluster.ServiceKey{Cluster: "prod", Service: "api"}, Begin: begin, Floor: tasks, Ceiling: tasks + size})
	until := float64((tasks+size-1)/size)*170 + late
	for now := 0.0; now <= until; now += 5 {
		var view cluster.ServiceView
		view.Service.Desired, view.Service.Definition = tasks, "api:142"
		for i := range tasks {
			turn := float64(i/size)*170 + late
			old := cluster.Task{ID: fmt.Sprintf("%06x%026d", 0xa1f30c+i*7919, i), Last: cluster.Running, Desired: cluster.Running, CreatedAt: at(-90000), StartedAt: at(-80000), Zone: zone(i)}
			fresh := cluster.Task{ID: fmt.Sprintf("%06x%026d", 0x7f20b1+i*7919, i), Last: cluster.Pending, Desired: cluster.Running, CreatedAt: at(turn + 5), Zone: zone(i)}
			if now >= turn+50 {
				fresh.Last, fresh.StartedAt = cluster.Running, at(turn+50)
			}
			if now >= turn+100 {
				old.Last, old.Desired, old.StoppingAt = cluster.Deactivating, cluster.Stopped, at(turn+100)
			}
			if now >= turn+165 {
				old.Last, old.StoppedAt = cluster.Stopped, at(turn+165)
			}
			view.Tasks = append(view.Tasks, old)
			if now >= turn+5 {
				view.Tasks = append(view.Tasks, fresh)
			}
		}
		r.See(at(now), view)
	}
	return r.Timeline(true)
}

func zone(i int) string { return "eu-west-1" + string(rune('a'+i%3)) }

func TestDrawings(t *testing.T) {
	predicted, actual := wave(timeline.Predicted, 6, 3, 0), wave(timeline.Actual, 6, 3, 20)
	failing := wave(timeline.Actual, 2, 1, 0)
	failing.Lanes[3].Spans = failing.Lanes[3].Spans[:1]
	failing.Lanes[3].Ended = true
	failing.Lanes[3].Failed = "Task failed ELB health checks in (target-group api-tg)"
	failing.Floor = 3
	for name, drawn := range map[string]string{
		"plan.text":   timeline.Text(predicted, timeline.TextOptions{Width: 80}),
		"ascii.text":  timeline.Text(predicted, timeline.TextOptions{Width: 80, ASCII: true}),
		"narrow.text": timeline.Text(predicted, timeline.TextOptions{Width: 48}),
		"folded.text": timeline.Text(wave(timeline.Actual, 60, 20, 0), timeline.TextOptions{Width: 80}),
		"failed.text": timeline.Text(failing, timeline.TextOptions{Width: 80}),
		"both.svg":    timeline.SVG(timeline.Drawing{Actual: &actual, Predicted: &predicted}),
		"plan.svg":    timeline.SVG(timeline.Drawing{Predicted: &predicted, Width: 400}),
		"failed.svg":  timeline.SVG(timeline.Drawing{Actual: &failing}),
		"folded.svg":  timeline.SVG(timeline.Drawing{Actual: ptr(wave(timeline.Actual, 60, 20, 0)), Rows: 24}),
	} {
		golden(t, name, []byte(drawn))
		if strings.HasSuffix(name, ".svg") {
			wellFormed(t, name, drawn)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path) //nolint:gosec // a golden of ours
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not its golden (%v):\n%s", name, err, got)
	}
}

func wellFormed(t *testing.T, name, picture string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(picture))
	for {
		switch _, err := d.Token(); {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			t.Errorf("%s is not well-formed: %v", name, err)
			return
		}
	}
}

func TestJSON(t *testing.T) {
	line := wave(timeline.Actual, 3, 1, 0.123)
	text, err := json.Marshal(line)
	if err != nil {
		t.Fatal(err)
	}
	var back timeline.Timeline
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, line) {
		t.Errorf("it comes back as\n%+v\nfrom\n%+v (%v)", back, line, err)
	}
	schema, err := jsonschema.NewCompiler().Compile("../../docs/schema/timeline-1.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("it does not follow its schema: %v", err)
	}
}

// Whatever a run was: the counts are those of the lanes, no line of the text is too long, and folding loses no task.
func TestDrawnRuns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tasks := rapid.IntRange(1, 16).Draw(rt, "tasks")
		line := wave(timeline.Actual, tasks, rapid.IntRange(1, tasks).Draw(rt, "size"), rapid.Float64Range(0, 30).Draw(rt, "late"))
		for i, c := range line.Counts {
			until := line.Until
			if i+1 < len(line.Counts) {
				until = line.Counts[i+1].At
			}
			there, healthy := 0, 0
			for _, l := range line.Lanes {
				if p, ok := l.At(c.At + (until-c.At)/2); ok {
					if there++; p == timeline.Healthy {
						healthy++
					}
				}
			}
			if until > c.At && (there != c.Tasks || healthy != c.Healthy) {
				rt.Fatalf("from %s on there are %d tasks and %d healthy ones, the count says %+v", c.At, there, healthy, c)
			}
		}
		width := rapid.IntRange(48, 200).Draw(rt, "width")
		for row := range strings.Lines(timeline.Text(line, timeline.TextOptions{Width: width, ASCII: rapid.Bool().Draw(rt, "ascii")})) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(row, "\n")); n > width {
				rt.Fatalf("a line has %d columns of %d: %s", n, width, row)
			}
		}
		of := 0
		for _, r := range timeline.Rows(line, rapid.IntRange(1, 30).Draw(rt, "most")) {
			of += r.Of
		}
		if of != len(line.Lanes) {
			rt.Fatalf("%d lanes were folded into rows of %d", len(line.Lanes), of)
		}
	})
}

func BenchmarkSVG500Lanes(b *testing.B) {
	line := wave(timeline.Actual, 250, 50, 0)
	for b.Loop() {
		timeline.SVG(timeline.Drawing{Actual: &line})
	}
}

func TestDrift(t *testing.T) {
	predicted, actual := wave(timeline.Predicted, 6, 3, 0), wave(timeline.Actual, 6, 3, 20)
	if late, ok := actual.Drift(predicted); !ok || late != 20*time.Second {
		t.Errorf("it is %s late (%t)", late, ok)
	}
	if _, ok := (timeline.Timeline{}).Drift(predicted); ok {
		t.Error("a run in which nothing happened is late")
	}
}

// A look at a service that has been running for long shows what ECS said of it, not that it got healthy just now.
func TestRecorderOfAServiceThatRuns(t *testing.T) {
	r := timeline.NewRecorder(timeline.Run{Kind: timeline.Actual, Operation: "service", Begin: at(-600), Watermark: at(-7200)})
	behind := cluster.Service{Attachments: []cluster.Attachment{{TargetGroup: "arn", Port: 80}}, Events: []cluster.Event{{ID: "1", At: at(-200), Message: "(service api) has reached a steady state."}}}
	task := func(id string, created float64) cluster.Task {
		return cluster.Task{ID: id, Address: "10.0.0.1", Last: cluster.Running, Desired: cluster.Running, CreatedAt: at(created), StartedAt: at(created + 20)}
	}
	view := cluster.ServiceView{Service: behind, TargetGroups: []cluster.TargetGroup{{ARN: "arn"}}, Targets: []cluster.Target{{Group: "arn", ID: "10.0.0.1", Port: 80, State: cluster.TargetHealthy}},
		Tasks: []cluster.Task{task("long", -3600), task("settled", -400)}}
	r.See(at(0), view)
	for i, want := range []timeline.Offset{0, offset(400)} {
		lane := r.Timeline(false).Lanes[i]
		if last := lane.Spans[len(lane.Spans)-1]; last.Phase != timeline.Healthy || last.From != want || !last.Seen {
			t.Errorf("%s: %+v", lane.Name, lane.Spans)
		}
	}
}

// Few looks: that both new tasks are healthy is seen a minute after ECS has stopped the old ones for them. It never was below the floor.
func TestFewLooksShowNoBreach(t *testing.T) {
	task := func(id string, created float64) cluster.Task {
		return cluster.Task{ID: id, Last: cluster.Running, Desired: cluster.Running, Health: cluster.Healthy, CreatedAt: at(created), StartedAt: at(created + 20)}
	}
	for _, c := range []struct {
		reason string
		low    int
	}{{"Scaling activity initiated by (deployment ecs-svc/1)", 2}, {"Task failed ELB health checks", 0}} {
		r := timeline.NewRecorder(timeline.Run{Kind: timeline.Actual, Operation: "restart", Begin: begin, Floor: 2, Ceiling: 4})
		olds := []cluster.Task{task("a", -900), task("b", -900)}
		r.See(at(0), cluster.ServiceView{Tasks: olds})
		fresh := []cluster.Task{task("c", 10), task("d", 10)}
		fresh[0].Health, fresh[1].Health = cluster.Unhealthy, cluster.Unhealthy
		r.See(at(40), cluster.ServiceView{Tasks: append(olds[:2:2], fresh...)})
		fresh[0].Health, fresh[1].Health = cluster.Healthy, cluster.Healthy
		for i := range olds {
			olds[i].Last, olds[i].Desired, olds[i].StoppingAt, olds[i].StoppedReason = cluster.Stopping, cluster.Stopped, at(60), c.reason
		}
		r.See(at(120), cluster.ServiceView{Tasks: append(olds, fresh...)})
		line := r.Timeline(false)
		if line.Lowest() != c.low {
			t.Errorf("%s: healthy tasks fell to %d, want %d: %+v", c.reason, line.Lowest(), c.low, line.Lanes)
		}
	}
}
