package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/operation"
	"handover/internal/record"
)

// fake is a provider in the time of a synctest bubble. It is no model of ECS: a forced deployment starts all new tasks at once, they are healthy after
// 30 s, the old ones drain from then on, and are gone after 60 s.
type fake struct {
	service  cluster.Service
	deployed time.Time
	former   string
	sent     []cluster.Action
	denied   bool
}

const (
	fakeReady = 30 * time.Second
	fakeGone  = 60 * time.Second
)

func newFake(now time.Time) *fake {
	key := cluster.ServiceKey{Cluster: "default", Service: "test"}
	f := &fake{former: deploymentID(1), service: cluster.Service{Key: key, Status: cluster.ServiceActive, Desired: 2, Running: 2, Bounds: cluster.DefaultBounds(), Definition: "web:1"}}
	f.service.Deployments = []cluster.Deployment{{ID: f.former, Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutCompleted, Desired: 2, Running: 2, CreatedAt: now.Add(-time.Hour)}}
	return f
}

func deploymentID(n int) string { return fmt.Sprintf("ecs-svc/%019d", n) }

func (f *fake) Now() time.Time { return time.Now() }

func (f *fake) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (f *fake) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	s := cluster.Snapshot{At: f.Now(), Scope: scope}
	for _, wanted := range scope.Services {
		if f.denied {
			s.Gaps = append(s.Gaps, cluster.Gap{Service: wanted.Service, Part: cluster.PartService, Permission: "ecs:DescribeServices",
				Err: cluster.APIError{Class: cluster.ClassDenied, Code: "AccessDeniedException", Message: "no"}})
		} else if wanted.Service == f.service.Key {
			s.Services = append(s.Services, f.view())
		}
	}
	return s, ctx.Err()
}

func (f *fake) view() cluster.ServiceView {
	v := cluster.ServiceView{Service: f.service}
	age := f.Now().Sub(f.deployed)
	for i := range f.service.Desired {
		old := f.task(i, f.former)
		switch {
		case !f.deployed.IsZero() && age >= fakeGone:
			old.Last, old.Desired = cluster.Stopped, cluster.Stopped
		case !f.deployed.IsZero() && age >= fakeReady:
			old.Last, old.Desired = cluster.Deactivating, cluster.Stopped
		}
		v.Tasks = append(v.Tasks, old)
	}
	if f.deployed.IsZero() {
		return v
	}
	ours := cluster.Deployment{ID: deploymentID(2), Status: cluster.DeploymentPrimary, Rollout: cluster.RolloutInProgress, Desired: 2}
	for i := range f.service.Desired {
		task := f.task(10+i, ours.ID)
		if age < fakeReady {
			task.Last, task.Health = cluster.Pending, cluster.HealthUnknown
		}
		v.Tasks = append(v.Tasks, task)
	}
	v.Service.Deployments = []cluster.Deployment{ours, {ID: f.former, Status: cluster.DeploymentActive, Rollout: cluster.RolloutCompleted, CreatedAt: f.deployed.Add(-time.Hour)}}
	if age >= fakeGone {
		ours.Rollout = cluster.RolloutCompleted
		v.Service.Deployments = []cluster.Deployment{ours}
	}
	v.Service.Events = []cluster.Event{{ID: "1", At: f.deployed, Message: "(service test) has started 2 tasks."}}
	return v
}

func (f *fake) task(n int, deployment string) cluster.Task {
	return cluster.Task{ID: fmt.Sprintf("%032x", n+1), StartedBy: deployment, Last: cluster.Running, Desired: cluster.Running, Health: cluster.Healthy}
}

func (f *fake) Apply(_ context.Context, actions []cluster.Action) []cluster.Outcome {
	var outcomes []cluster.Outcome
	for _, a := range actions {
		f.sent = append(f.sent, a)
		update := a.(cluster.UpdateService)
		if update.Bounds != nil {
			f.service.Bounds = *update.Bounds
		}
		outcome := cluster.Outcome{Result: cluster.Done}
		if update.Force {
			f.deployed, outcome.IDs = f.Now(), []string{deploymentID(2)}
		}
		outcomes = append(outcomes, outcome)
	}
	return outcomes
}

// toy is the least operation that restarts on a fake.
type toy struct {
	Request RestartRequest
	Sent    bool
	Ours    string
	Peak    int
	News    string
}

func (o *toy) bounds(own cluster.Bounds) cluster.Bounds {
	if o.Request.Minimum != nil {
		own.MinimumHealthyPercent = *o.Request.Minimum
	}
	if o.Request.Maximum != nil {
		own.MaximumPercent = *o.Request.Maximum
	}
	return own
}

func (o *toy) Step(in operation.Input) operation.Decision {
	look := cluster.ServiceScope{Service: o.Request.Service, Tasks: cluster.AllTasks}.Of()
	view, found := in.Snapshot.Service(o.Request.Service)
	for _, outcome := range in.Outcomes {
		o.Ours = outcome.IDs[0]
	}
	switch {
	case !found:
		return operation.Decision{Look: look}
	case o.News != "" && !o.Request.AllowNewCode:
		cause := cluster.Cause{Code: "new-code", Certain: true, Text: "this would not only restart default/test", Evidence: []string{o.News}}
		return operation.Decision{Verdict: &cluster.Verdict{End: cluster.Refused, Summary: cause.Text, Cause: &cause, Hints: []string{"to ship it: --allow-new-code"}}}
	case !o.Sent:
		o.Sent = true
		update := cluster.UpdateService{Service: o.Request.Service, Force: true}
		d := operation.Decision{Actions: []cluster.Action{update}, Look: look, Wait: 5 * time.Second}
		if ours := o.bounds(view.Service.Bounds); ours != view.Service.Bounds {
			update.Bounds = &ours
			d.Actions[0] = update
			d.Held = &record.Held{Bounds: &record.Bounds{Former: view.Service.Bounds, Ours: ours}}
		}
		return d
	}
	tasks, _ := view.Count(in.Now)
	o.Peak = max(o.Peak, tasks)
	if d, _ := view.Service.Primary(); d.Rollout == cluster.RolloutCompleted {
		return operation.Decision{Verdict: &cluster.Verdict{End: cluster.Succeeded, Summary: "restarted default/test", Figures: o.Progress(in.Now).Figures}}
	}
	return operation.Decision{Look: look, Wait: 5 * time.Second, Waiting: &cluster.Condition{Object: "2 old tasks", Condition: "to be stopped", Of: 2}}
}

func (o *toy) Target() operation.Target {
	return operation.Target{Service: o.Request.Service, Kind: "toy"}
}

func (o *toy) Progress(time.Time) operation.Progress {
	return operation.Progress{Changed: o.Ours != "", GoesOn: "the deployment", Attach: "handover restart default/test --attach " + o.Ours,
		Figures: cluster.Figures{Deployment: o.Ours, Replaced: 2, PeakTasks: o.Peak, LowestHealthy: 2}}
}

// bench is a command line on a fake, in a synctest bubble.
type bench struct {
	fake      *fake
	factory   *Factory
	signals   chan os.Signal
	target    Target
	news      string
	request   RestartRequest
	in        *bytes.Buffer
	out, errs *bytes.Buffer
}

func newBench() *bench {
	b := &bench{fake: newFake(time.Now()), signals: make(chan os.Signal, 3)}
	var streams *console.Streams
	streams, b.in, b.out, b.errs = console.Test()
	b.factory = &Factory{
		Streams: streams, Getenv: func(string) string { return "" }, Signals: b.signals,
		Connect: func(_ context.Context, t Target) (*Connection, error) {
			b.target = t
			who := console.Identity{Account: "123456789012", Region: "eu-west-1", Caller: "arn:aws:iam::123456789012:user/ann", Simulated: t.Scene != nil}
			return &Connection{Provider: b.fake, Directory: &listed{}, Identity: who, Close: func() {}}, nil
		},
		Restart: func(r RestartRequest) Watched {
			b.request = r
			return &operation.Keep[*toy]{Body: &toy{Request: r, News: b.news}, Timeout: r.Timeout}
		},
	}
	return b
}

// run runs a command line and checks its exit code.
func (b *bench) run(t *testing.T, line string, code int) {
	t.Helper()
	if got := Run(b.factory, strings.Fields(line)); got != code {
		t.Errorf("%s ended with %d, want %d\n%s%s", line, got, code, b.out, b.errs)
	}
}
