package operation_test

import (
	"slices"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

const four = `world jitter=on
target-group a drain=30s
target-group b drain=90s
service api desired=2 target-group=a
service cart desired=2 target-group=a
service pay desired=2 target-group=b
service web desired=3 target-group=b
`

func named(name string) cluster.ServiceKey {
	return cluster.ServiceKey{Cluster: "default", Service: name}
}

func groupOf(options operation.RestartOptions, names ...string) *operation.Group[*restart] {
	g := &operation.Group[*restart]{}
	for _, name := range names {
		g.Members = append(g.Members, &operation.Member[*restart]{Service: named(name),
			Operation: &restart{Body: operation.NewRestart(named(name), options), ID: "op-" + name, Owner: "ann", Timeout: time.Hour}})
	}
	return g
}

// watched runs a group and gives what of it was under way at once, at most.
func watched(t *testing.T, s *stage, g *operation.Group[*restart]) (cluster.Verdict, int) {
	most := 0
	v := s.run(t, g, func(int) operation.Interrupt {
		underway := 0
		for _, m := range g.Members {
			if m.Begun && m.Verdict == nil {
				underway++
			}
		}
		most = max(most, underway)
		return operation.NoInterrupt
	})
	return v, most
}

func TestGroupHasNoMoreUnderWayThanAreWanted(t *testing.T) {
	for _, c := range []struct{ parallel, most int }{{0, 4}, {1, 1}, {3, 3}} {
		g := groupOf(operation.RestartOptions{}, "api", "cart", "pay", "web")
		g.Parallel = c.parallel
		v, most := watched(t, open(t, four), g)
		if v.End != cluster.Succeeded || v.Figures.Replaced != 9 || most != c.most {
			t.Errorf("with %d at once: %d were, %+v", c.parallel, most, v)
		}
	}
}

// TestGroupBeginsNoOtherOnceOneHasFailed: those that are under way go on to their ends, and a refusal is no failure.
func TestGroupBeginsNoOtherOnceOneHasFailed(t *testing.T) {
	const broken = "task-definition cart fails=exit\nservice cart desired=2 breaker=rollback definition=cart\nservice api desired=2\nservice pay desired=2 controller=CODE_DEPLOY\nservice web desired=2\nservice zeta desired=2\n"
	s := open(t, broken)
	g := groupOf(operation.RestartOptions{AllowUnstable: true}, "pay", "cart", "api", "web", "zeta")
	g.Parallel, g.StopAfter = 2, 1
	g.Members[1].Operation.Timeout = 2 * time.Minute
	v := s.run(t, g, nil)
	var ends []cluster.End
	for _, m := range g.Members {
		ends = append(ends, m.Verdict.End)
	}
	if g.Members[1].Verdict.End.Failure() == false || !slices.Equal(ends[2:], []cluster.End{cluster.Succeeded, cluster.Refused, cluster.Refused}) && ends[4] != cluster.Refused {
		t.Errorf("ends %v: %+v", ends, v)
	}
	if last := g.Members[4].Verdict; last.Cause.Code != "not-begun" || g.Members[4].Begun {
		t.Errorf("the last one was %+v", last)
	}
	if len(s.sent) == 0 || v.End != g.Members[1].Verdict.End {
		t.Errorf("verdict %+v", v)
	}
}

// TestGroupPutsAllBack: an interrupt goes to every member, and to those that are not begun.
func TestGroupPutsAllBack(t *testing.T) {
	s := open(t, four)
	g := groupOf(operation.RestartOptions{MaximumPercent: percent(150)}, "api", "cart", "web")
	g.Parallel = 2
	begun := s.Now()
	v := s.run(t, g, func(int) operation.Interrupt {
		if s.Now().Sub(begun) > time.Minute {
			return operation.Detach
		}
		return operation.NoInterrupt
	})
	if v.End != cluster.Interrupted || v.Summary != "0 of 3 services done, 3 interrupted" {
		t.Errorf("verdict %+v", v)
	}
	for _, name := range []string{"api", "cart", "web"} {
		service, _ := s.World.Service(named(name))
		if service.Bounds.MaximumPercent != 200 || len(service.Tags) > 0 {
			t.Errorf("%s is left with %+v and %v", name, service.Bounds, service.Tags)
		}
	}
	if g.Members[2].Begun {
		t.Error("the third was begun")
	}
}

// patient is an operation that looks at its service once in five seconds for a minute, whatever it is told, and begins so much later.
type patient struct {
	Service cluster.ServiceKey
	Later   time.Duration
	Steps   int
	Until   time.Time
}

func (p *patient) Step(in operation.Input) operation.Decision {
	d := operation.Decision{Look: cluster.ServiceScope{Service: p.Service}.Of(), Wait: 5 * time.Second}
	switch p.Steps++; {
	case p.Until.IsZero():
		p.Until, d.Wait = in.Now.Add(time.Minute), p.Later
	case !in.Now.Before(p.Until):
		d.Verdict = &cluster.Verdict{End: cluster.Interrupted}
	}
	return d
}

// TestAnInterruptIsNewsOnce: although it lasts, each member waits between its looks after it as long as it wants to.
func TestAnInterruptIsNewsOnce(t *testing.T) {
	s := open(t, four)
	g := &operation.Group[*patient]{}
	for i, name := range []string{"api", "cart"} {
		g.Members = append(g.Members, &operation.Member[*patient]{Service: named(name), Operation: &patient{Service: named(name), Later: time.Duration(i) * 2500 * time.Millisecond}})
	}
	begun := s.Now()
	s.run(t, g, func(int) operation.Interrupt {
		if s.Now().Sub(begun) > 10*time.Second {
			return operation.Detach
		}
		return operation.NoInterrupt
	})
	for _, m := range g.Members {
		if m.Operation.Steps > 16 { // twelve in a minute, the first one, and one because of the news
			t.Errorf("%s took %d steps", m.Service, m.Operation.Steps)
		}
	}
}

// TestGroupKeepsEachWait: a member acts three seconds after it has written its claim, however soon another one is stepped.
func TestGroupKeepsEachWait(t *testing.T) {
	s := open(t, four)
	v := s.run(t, groupOf(operation.RestartOptions{MaximumPercent: percent(150)}, "api", "web"), nil)
	claimed, updated := 0, 0
	for i, a := range s.sent {
		switch a.(type) {
		case cluster.TagResource:
			claimed++
		case cluster.UpdateService:
			if updated++; updated == 1 && (claimed < 2 || s.at[i].Sub(s.at[0]) < 3*time.Second) {
				t.Errorf("%d claims, and the first update %s after the first of them", claimed, s.at[i].Sub(s.at[0]))
			}
		}
	}
	if v.End != cluster.Succeeded || updated < 2 {
		t.Errorf("%d updates, verdict %+v", updated, v)
	}
}

// TestGroupReadsWhatIsDue: what one of two services waits for long is not read whenever the other one is looked at.
func TestGroupReadsWhatIsDue(t *testing.T) {
	s := open(t, four)
	alone := 0
	s.hide = func(_ int, scope cluster.Scope, snapshot cluster.Snapshot) cluster.Snapshot {
		if len(scope.Services) == 1 {
			alone++
		}
		return snapshot
	}
	g := groupOf(operation.RestartOptions{}, "api")
	slow := operation.NewRestart(named("web"), operation.RestartOptions{Pace: &operation.Pace{Moved: operation.Window{Early: 5 * time.Minute, Late: 6 * time.Minute},
		Ended: operation.Window{Early: time.Minute, Late: 2 * time.Minute}}})
	g.Members = append(g.Members, &operation.Member[*restart]{Service: named("web"), Operation: &restart{Body: slow, Timeout: time.Hour}})
	if v := s.run(t, g, nil); v.End != cluster.Succeeded || alone < 5 {
		t.Errorf("%d looks at one of both: %+v", alone, v)
	}
}
