package operation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/world"
)

const alarmed = "task-definition api image=api:1\ntask-definition api image=api:2\ntarget-group web drain=60s\nservice api desired=4 min=100 max=150 target-group=web definition=api:1\nalarm errors state=OK\n"

func ring(w *world.World) {
	if _, err := w.Act(w.Now(), cluster.SetAlarmState{Alarm: "errors", State: cluster.AlarmRaised}); err != nil {
		panic(err)
	}
}

// ringAfter raises the alarm once so much time has passed.
func (s *stage) ringAfter(d time.Duration) {
	begun, rung := s.Now(), false
	s.hide = func(_ int, _ cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		if !rung && s.Now().Sub(begun) > d {
			rung = true
			ring(s.World)
		}
		return snapshot
	}
}

func TestAnAlarmRollsAnUpdateBack(t *testing.T) {
	for _, fast := range []bool{false, true} {
		s := open(t, alarmed)
		s.ringAfter(50 * time.Second)
		op := &operation.Keep[*operation.Update]{Body: operation.NewUpdate(api, operation.UpdateOptions{Definition: "api:2", Fast: fast, Restart: operation.RestartOptions{MaximumPercent: percent(200)}}),
			ID: "op-1", Owner: "ann", Timeout: time.Hour, StopOn: []string{"errors"}}
		v := s.run(t, op, nil)
		if v.End != cluster.Failed || v.Cause.Code != "alarm" || !strings.HasPrefix(v.Summary, "alarm errors is in ALARM: stopped; rolled default/api back to api:1") {
			t.Errorf("verdict %+v, %+v", v, v.Cause)
		}
		service := s.service(t)
		if primary, _ := service.Primary(); !strings.HasSuffix(primary.Definition, "api:1") || service.Bounds.MaximumPercent != 150 || len(service.Tags) > 0 {
			t.Errorf("the service is left with %+v, bounds %+v, tags %v", primary, service.Bounds, service.Tags)
		}
	}
}

func TestAnAlarmStopsARecycleBetweenBatches(t *testing.T) {
	for _, options := range []operation.RecycleOptions{{}, {Method: operation.Stop, Surge: 1}} {
		s := open(t, alarmed+"scalable-target api min=1 max=4\n")
		former := s.service(t)
		s.ringAfter(2 * time.Minute)
		op := newRecycle(options)
		op.StopOn = []string{"errors"}
		v := s.run(t, op, nil)
		if v.End != cluster.Failed || v.Cause.Code != "alarm" || v.Figures.Replaced >= 4 {
			t.Errorf("verdict %+v, %+v", v, v.Cause)
		}
		s.settled(t, former)
	}
}

// TestAnAlarmThatSaysNothingRefuses: one that is raised already, one that is not there, and one that may not be read.
func TestAnAlarmThatSaysNothingRefuses(t *testing.T) {
	for _, c := range []struct {
		name, code string
		prepare    func(*stage)
	}{
		{"errors", "alarm", func(s *stage) { ring(s.World) }},
		{"latency", "no-such-alarm", func(*stage) {}},
		{"errors", "alarms-unreadable", func(s *stage) {
			s.hide = func(_ int, _ cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
				snapshot.Gaps = append(snapshot.Gaps, cluster.Gap{Part: cluster.PartAlarms, Permission: "cloudwatch:DescribeAlarms", Err: *cluster.Errorf(cluster.ClassDenied, "AccessDenied", "no")})
				return snapshot
			}
		}},
	} {
		s := open(t, alarmed)
		c.prepare(s)
		op := newRestart(operation.RestartOptions{}, time.Hour)
		op.StopOn = []string{c.name}
		ending, err := operation.Driver{Provider: s}.Run(context.Background(), op)
		if err != nil || ending.Verdict.End != cluster.Refused || ending.Verdict.Cause.Code != c.code || len(s.sent) > 0 {
			t.Errorf("%s: %+v, %v, sent %d", c.code, ending.Verdict, err, len(s.sent))
		}
	}
}
