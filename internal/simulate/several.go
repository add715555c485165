package simulate

import (
	"math/rand/v2"
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// This file has the operations of fault runs on several services at once, as one operation.Group. The faults and what others do meet the service in the middle; the
// others are there to share calls, looks and outcomes with, and must come out of it as untouched.

// siblings are the services beside api, before it and after it in the order of names.
func siblings() []cluster.ServiceKey {
	return []cluster.ServiceKey{{Cluster: "default", Service: "aside"}, {Cluster: "default", Service: "beside"}}
}

// own is the place of api among them.
const own = 1

// siblingCount is the desired count of each of them.
const siblingCount = 2

// company is with whom an operation runs.
type company struct {
	several   bool
	parallel  int // 0: all at once
	stopAfter int // 0: whatever fails
	alarms    []string
}

func drawCompany(random *rand.Rand, s scene) company {
	c := company{several: s.siblings, parallel: random.IntN(3), stopAfter: random.IntN(3)}
	if s.alarmed {
		c.alarms = []string{alarmName}
	}
	return c
}

// made says how an operation is made, read and looked into.
type made struct {
	make  func() operation.Operation                              // anew
	blank func() operation.Operation                              // to read a state into
	own   func(operation.Operation) kept                          // what it does on api
	ended func(operation.Operation) []*cluster.Verdict            // how each service ended, in the order of names; none where it is alone
	begun func(operation.Operation) (underway, failed, begun int) // members of each kind; zeros where it is alone
}

// in makes an operation out of its body, alone or in company.
func in[T operation.Body](c company, body func(cluster.ServiceKey) T) made {
	single := func(key cluster.ServiceKey) *operation.Keep[T] {
		op := keep(body(key))
		op.StopOn = c.alarms
		return op
	}
	if !c.several {
		return made{
			make:  func() operation.Operation { return single(api()) },
			blank: func() operation.Operation { return new(operation.Keep[T]) },
			own:   func(op operation.Operation) kept { return op.(kept) },
			ended: func(operation.Operation) []*cluster.Verdict { return nil },
			begun: func(operation.Operation) (underway, failed, begun int) { return 0, 0, 0 },
		}
	}
	type group = operation.Group[*operation.Keep[T]]
	return made{
		make: func() operation.Operation {
			g := &group{Parallel: c.parallel, StopAfter: c.stopAfter}
			for _, key := range slices.Insert(siblings(), own, api()) {
				g.Members = append(g.Members, &operation.Member[*operation.Keep[T]]{Service: key, Operation: single(key)})
			}
			return g
		},
		blank: func() operation.Operation { return new(group) },
		own:   func(op operation.Operation) kept { return op.(*group).Members[own].Operation },
		ended: func(op operation.Operation) (verdicts []*cluster.Verdict) {
			for _, m := range op.(*group).Members {
				verdicts = append(verdicts, m.Verdict)
			}
			return verdicts
		},
		begun: func(op operation.Operation) (underway, failed, begun int) {
			for _, m := range op.(*group).Members {
				switch {
				case m.Begun && m.Verdict == nil:
					underway, begun = underway+1, begun+1
				case m.Begun:
					begun++
				}
				if m.Verdict != nil && m.Verdict.End.Failure() {
					failed++
				}
			}
			return underway, failed, begun
		},
	}
}

// crowd holds that no more members are under way than are wanted at once, and that none is begun after as many have failed as are too many.
func (f *faulty) crowd(op operation.Operation) {
	c := f.work.company
	underway, failed, begun := f.work.begun(op)
	if c.parallel > 0 && underway > c.parallel {
		f.fail("%d services are under way, and %d are wanted at once", underway, c.parallel)
	}
	if c.stopAfter > 0 && f.failedBefore >= c.stopAfter && begun > f.begunBefore {
		f.fail("a service was begun after %d had failed", f.failedBefore)
	}
	f.failedBefore, f.begunBefore = failed, begun
}

// isOwn tells whether an action is one on api, and not on a sibling.
func (f *faulty) isOwn(v cluster.ServiceView, a cluster.Action) bool {
	if !f.work.company.several {
		return true
	}
	task := func(id string) bool {
		for _, t := range v.Tasks {
			if t.ID == id {
				return true
			}
		}
		return false
	}
	switch a := a.(type) {
	case cluster.UpdateService:
		return a.Service == api()
	case cluster.RegisterScalableTarget:
		return a.Service == api()
	case cluster.TagResource:
		return a.ARN == v.Service.ARN
	case cluster.UntagResource:
		return a.ARN == v.Service.ARN
	case cluster.StopTask:
		return task(a.Task)
	case cluster.ProtectTask:
		return task(a.Task)
	case cluster.StopServiceDeployment:
		return strings.Contains(a.ARN, "/"+api().Service+"/")
	case cluster.DeregisterTarget: // they have none
		return true
	default: // it belongs to no service
		return false
	}
}

// settledBeside holds that the siblings are as they were, unless their verdict names what is not: those that an operation gave, or a restore of each.
func (f *faulty) settledBeside(verdicts []*cluster.Verdict) {
	for i, key := range slices.Insert(siblings(), own, api()) {
		if i == own || f.denies || i < len(verdicts) && verdicts[i] != nil && named(*verdicts[i]) {
			continue
		}
		v, _ := f.world.Peek(cluster.ServiceScope{Service: key, Tasks: cluster.AllTasks, Protection: true}.Of()).Service(key)
		if v.Service.Desired != siblingCount || v.Service.Bounds != (cluster.Bounds{MinimumHealthyPercent: 100, MaximumPercent: 200}) || len(ours(v.Service.Tags)) > 0 {
			f.fail("%s is left with %d desired, %+v and the tags %v", key, v.Service.Desired, v.Service.Bounds, ours(v.Service.Tags))
		}
		for _, t := range v.Tasks {
			if t.MeantToRun() && f.world.Now().Before(t.ProtectedUntil) {
				f.fail("task %s of %s is left protected", t.Short(), key)
			}
		}
	}
}
