package operation_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/record"
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

// TestAnAlarmRollsBackNothingThatIsNotOurs: someone else has deployed since, or the restart is complete and only its old tasks drain: before it is older code.
func TestAnAlarmRollsBackNothingThatIsNotOurs(t *testing.T) {
	for name, c := range map[string]struct {
		scene  string
		rings  func(cluster.Service) bool
		before func(*stage)
		says   string
	}{
		"the restart is complete": {"update-service api definition=api:2\nadvance 20m\n", func(s cluster.Service) bool {
			primary, _ := s.Primary()
			return len(s.Deployments) == 1 && primary.Rollout == cluster.RolloutCompleted && primary.Definition != ""
		}, func(*stage) {}, "is complete"},
		"someone else has deployed": {"", func(s cluster.Service) bool { return len(s.Deployments) > 2 },
			func(s *stage) { s.before = map[int]func(*world.World){5: deploy} }, "is left alone"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, alarmed+c.scene)
			former, looks := s.service(t), 0
			c.before(s)
			s.hide = func(_ int, scope cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
				v, shown := snapshot.Service(api)
				if looks++; shown && len(s.sent) > 0 && c.rings(v.Service) {
					ring(s.World)
					return s.World.Look(scope)
				}
				return snapshot
			}
			op := newRestart(operation.RestartOptions{AllowInProgress: true}, time.Hour)
			op.StopOn = []string{"errors"}
			v := s.run(t, op, nil)
			now := s.service(t)
			if v.End != cluster.Failed || v.Cause.Code != "alarm" || !strings.Contains(v.Summary, c.says) || now.Definition != former.Definition {
				t.Errorf("verdict %+v, %+v; %s and not %s", v, v.Cause, now.Definition, former.Definition)
			}
		})
	}
}

// blind has the alarms unreadable, or gone, from a time after the beginning on and for so long.
func (s *stage) blind(from, lasts time.Duration, gone bool) {
	begun := s.Now()
	s.hide = func(_ int, scope cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		if since := s.Now().Sub(begun); len(scope.Alarms) == 0 || since < from || since >= from+lasts {
			return snapshot
		}
		snapshot.Alarms = nil
		if !gone {
			snapshot.Gaps = append(snapshot.Gaps, cluster.Gap{Part: cluster.PartAlarms, Permission: "cloudwatch:DescribeAlarms", Err: *cluster.Errorf(cluster.ClassUnavailable, "ServiceUnavailable", "no")})
		}
		return snapshot
	}
}

// TestAlarmsThatTellNothing: for a while they are waited for; for longer than five minutes they end the operation as one in ALARM does.
func TestAlarmsThatTellNothing(t *testing.T) {
	for _, gone := range []bool{false, true} {
		s := open(t, alarmed)
		former := s.service(t)
		s.blind(time.Minute, 4*time.Minute, gone)
		op := newRecycle(operation.RecycleOptions{})
		op.StopOn = []string{"errors"}
		if v := s.run(t, op, nil); v.End != cluster.Succeeded {
			t.Errorf("after four minutes: %+v, %+v", v, v.Cause)
		}
		s.settled(t, former)

		s = open(t, alarmed)
		former = s.service(t)
		s.blind(time.Minute, time.Hour, gone)
		op = newRecycle(operation.RecycleOptions{Wait: 5 * time.Minute})
		op.StopOn = []string{"errors"}
		if v := s.run(t, op, nil); v.End != cluster.Failed || v.Cause.Code != "alarms-unreadable" || v.Figures.Took > 7*time.Minute {
			t.Errorf("after an hour: %+v, %+v", v, v.Cause)
		}
		s.settled(t, former)
	}
}

// TestAnAlarmWithoutDataIsNoAlarm: ECS does not fail a deployment for it, either.
func TestAnAlarmWithoutDataIsNoAlarm(t *testing.T) {
	s := open(t, alarmed)
	if _, err := s.World.Act(s.Now(), cluster.SetAlarmState{Alarm: "errors", State: cluster.AlarmUnknown}); err != nil {
		t.Fatal(err)
	}
	op := newRestart(operation.RestartOptions{}, time.Hour)
	op.StopOn = []string{"errors"}
	if v := s.run(t, op, nil); v.End != cluster.Succeeded {
		t.Errorf("%+v, %+v", v, v.Cause)
	}
}

// TestWhoGoesOnKnowsTheAlarms: the record names them.
func TestWhoGoesOnKnowsTheAlarms(t *testing.T) {
	s := open(t, alarmed)
	former := s.service(t)
	op := newRecycle(operation.RecycleOptions{})
	op.StopOn = []string{"errors"}
	if _, err := (operation.Driver{Provider: &killed{stage: s}}).Run(t.Context(), op); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	s.World.AdvanceTo(s.Now().Add(15 * time.Minute))
	found, err := record.Read(s.service(t).Tags)
	if err != nil || found.Record == nil {
		t.Fatalf("%+v, %v", found, err)
	}
	ring(s.World)
	next := newRecycle(operation.RecycleOptions{})
	next.Adopt(*found.Record)
	if v := s.run(t, next, nil); v.End != cluster.Failed || v.Cause.Code != "alarm" {
		t.Errorf("%+v, %+v", v, v.Cause)
	}
	s.settled(t, former)
}
