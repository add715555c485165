package cli

import (
	"context"
	"errors"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/forecast"
	"handover/internal/forecast/measure"
	"handover/internal/journal"
	"handover/internal/operation"
	"handover/internal/timeline"
	"handover/internal/web"
)

// This file has a drain from its first look to its last word: look, predict, tell, ask, act, compare; or, as 'handover plan drain', look, predict and tell.

// expected is what is known of a drain before it begins.
type expected struct {
	preview operation.Preview
	exodus  *operation.Exodus // as it has judged
	onHosts []cluster.InstanceView
	before  cluster.Snapshot // what the prediction is made of
	hosts   forecast.Hosts
	figures forecast.Forecast
	none    error // why there is no prediction

	prediction *console.Prediction
	leaving    []console.Prospect
	timeout    time.Duration
}

// unforeseenDrain is the timeout where there is no forecast, or where tasks of no service are waited for, which end when they like.
const unforeseenDrain = time.Hour

// change is what a drain has in common with other commands.
func (o *drainOptions) change() change {
	return change{factory: o.factory, globals: o.globals, operation: operation.KindDrain, service: cluster.ServiceKey{Cluster: o.cluster, Service: o.subject()}, target: o.target, local: o.record.local()}
}

func drainRun(ctx context.Context, o *drainOptions) error {
	interrupts := listen(ctx, o.factory.Signals)
	setup, done := interrupts.until(ctx, 1) // before the operation begins, the first interrupt ends all
	defer done()
	conn, err := reach(setup, o.factory, o.target, o.record.local())
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	if o.choice.given() {
		if o.instances, err = o.choose(setup, conn); err != nil {
			return interruptedOr(interrupts, err)
		}
	}
	if o.planning {
		return o.plan(setup, conn, interrupts)
	}
	d := &driven{conn: conn, interrupts: interrupts, teller: o.globals.teller(o.factory), hints: change{target: o.target}.hints}
	if o.cancel {
		return o.reactivate(ctx, d)
	}
	x, err := o.foresee(setup, conn)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	if o.dryRun && x.preview.Verdict == nil {
		return d.tell(o.planned(conn, x, false))
	}
	return o.carryOut(ctx, d, x)
}

// reactivate has instances take tasks again. There is nothing to foresee.
func (o *drainOptions) reactivate(ctx context.Context, d *driven) error {
	var start console.Start
	d.narrator, start = console.Narrate(o.about(d.conn, 0), cluster.ServiceView{}, d.conn.Provider.Now())
	if err := d.tell(start); err != nil {
		return err
	}
	verdict, err := d.drive(ctx, operation.NewCancelDrain(o.cluster, o.instances))
	if err != nil {
		return err
	}
	return d.end(verdict)
}

func (o *drainOptions) about(conn *Connection, timeout time.Duration) console.About {
	return console.About{Operation: operation.KindDrain, Service: o.change().service, Identity: conn.Identity, Timeout: timeout}
}

// plan says what a drain would do.
func (o *drainOptions) plan(ctx context.Context, conn *Connection, interrupts *interrupts) error {
	x, err := o.foresee(ctx, conn)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	if v := x.preview.Verdict; v != nil && len(x.leaving) == 0 { // it ends before anything can be said of the tasks
		narrator, _ := console.Narrate(o.about(conn, 0), cluster.ServiceView{}, conn.Provider.Now())
		d := driven{conn: conn, interrupts: interrupts, teller: o.globals.teller(o.factory), narrator: narrator, hints: change{target: o.target}.hints}
		return d.end(*v)
	}
	plan := o.planned(conn, x, true)
	if o.out != "" {
		if err := writePlan(o.out, plan); err != nil {
			return err
		}
	}
	if err := o.pictures.draw(web.Report{Predicted: plan.Timeline, Title: "Plan: drain " + plan.Service, Failed: plan.Refusal != nil, Line: plan.Expected(), Place: placeOf(conn.Identity),
		Version: version()}); err != nil && plan.Timeline != nil {
		return err
	}
	if err := tell(o.globals.teller(o.factory), plan); err != nil {
		return err
	}
	if o.exitCode && !x.safe() {
		return exit(cluster.Refused)
	}
	return nil
}

// safe tells whether a drain would be carried out and finishes in every simulated run.
func (x expected) safe() bool {
	return x.preview.Verdict == nil && x.prediction != nil && x.prediction.Succeeded == x.prediction.Seeds
}

// carryOut tells what is expected, asks, and drains.
func (o *drainOptions) carryOut(ctx context.Context, d *driven, x expected) error {
	c := o.change()
	if err := o.announce(d, x); err != nil {
		return err
	}
	if x.preview.Verdict != nil {
		return d.end(*x.preview.Verdict)
	}
	if verdict, stale := o.stale(x); stale {
		return d.end(verdict)
	}
	if verdict, agreed := o.agreed(d, x); !agreed {
		return d.end(verdict)
	}
	began := d.conn.Provider.Now()
	d.narrator.Begin(began)
	d.recording = o.recording(d.conn, c, x)
	d.page = c.pageOf(d)
	verdict, err := d.drive(ctx, o.begin(d.conn, x.timeout))
	d.page.close(verdict)
	if err != nil {
		return interruptedOr(d.interrupts, err)
	}
	if err := o.remember(ctx, d.conn, x, began, verdict); err != nil {
		if err := d.tell(d.narrator.Warn("this drain is not remembered for the next forecast: "+err.Error(), d.conn.Provider.Now())); err != nil {
			return err
		}
	}
	return c.conclude(d, o.pictures, verdict)
}

// announce tells what is about to be done, and what it will come to.
func (o *drainOptions) announce(d *driven, x expected) error {
	now := d.conn.Provider.Now()
	var start console.Start
	d.narrator, start = console.Narrate(o.about(d.conn, x.timeout), cluster.ServiceView{}, now)
	start.Leaving = x.leaving
	documents := []console.Document{start}
	if o.target.Scene != nil {
		documents = append(documents, d.narrator.Say(simulated(o.target.Scene), now))
	}
	switch {
	case x.prediction != nil:
		documents = append(documents, d.narrator.Forecast(*x.prediction, now))
	case x.none != nil:
		documents = append(documents, d.narrator.NoForecast(x.none, now))
	}
	return d.tell(documents...)
}

// foresee looks at the instances and all that runs on them, judges whether it can leave, and predicts what it comes to.
func (o *drainOptions) foresee(ctx context.Context, conn *Connection) (expected, error) {
	x := expected{timeout: o.timeout}
	drain := o.begin(conn, 0)
	var err error
	if x.preview, err = operation.Look(ctx, conn.Provider, drain, cluster.Scope{}); err != nil {
		return x, err
	}
	x.exodus = drain.Exodus
	x.leaving = console.Prospects(x.exodus.Foreseen, o.options, nil)
	if len(x.exodus.Leaving) > 0 {
		if err := o.predict(ctx, conn, &x); err != nil {
			return x, err
		}
	}
	if x.timeout > 0 {
		return x, nil
	}
	x.timeout = unforeseenDrain
	if x.prediction != nil && !o.lingers(x) {
		x.timeout = x.figures.Timeout()
	} else if x.prediction != nil {
		x.timeout = max(x.timeout, x.figures.Timeout())
	}
	if x.prediction != nil {
		x.prediction.Timeout = x.timeout.Seconds()
	}
	return x, nil
}

// lingers tells whether tasks are waited for that end when they like.
func (o *drainOptions) lingers(x expected) bool {
	return o.options.Standalone == operation.WaitStandalone && slices.ContainsFunc(x.exodus.Shares, func(s operation.Share) bool { return s.Service == "" && s.Left > 0 })
}

// predict runs the drain in a world that goes on from what is read for it.
func (o *drainOptions) predict(ctx context.Context, conn *Connection, x *expected) error {
	var ids, services []string
	for _, l := range x.exodus.Leaving {
		ids = append(ids, l.ID)
	}
	for _, s := range x.exodus.Shares {
		if s.Service != "" {
			services = append(services, s.Service)
		}
	}
	slices.Sort(ids)
	on, err := conn.Provider.Observe(ctx, cluster.InstanceScope{Cluster: o.cluster, Instances: ids, Tasks: cluster.AllTasks}.Of())
	if err != nil {
		return err
	}
	x.onHosts, _ = on.InstancesOf(o.cluster)
	if x.preview.Verdict != nil {
		return nil
	}
	if x.before, err = conn.Provider.Observe(ctx, forecast.HostScope(o.cluster, services)); err != nil {
		return err
	}
	x.before = carrying(x.before, x.onHosts)
	past, unread := o.past(*x)
	x.hosts, x.none = forecast.LoadHosts(x.before, o.change().service, ids, past)
	if x.none != nil {
		return nil //nolint:nilerr // that there is no forecast is told, and keeps nobody from draining
	}
	if o.lingers(*x) {
		x.hosts.Assumed = append(x.hosts.Assumed, "tasks of no service have ended by then; they are waited for longer")
	}
	var leaves []forecast.Leave
	x.figures, leaves = x.hosts.Run(o.rehearsed(*x), forecast.Seeds)
	prediction := console.Predict(x.hosts.Base, x.figures, 0)
	if unread != nil {
		prediction.Warnings = append(prediction.Warnings, "earlier runs are not known: "+unread.Error())
	}
	x.prediction, x.leaving = &prediction, console.Prospects(x.exodus.Foreseen, o.options, leaves)
	return nil
}

// carrying puts the instances with their tasks in the place of those without.
func carrying(s cluster.Snapshot, with []cluster.InstanceView) cluster.Snapshot {
	s.Instances = slices.Clone(s.Instances)
	for i, v := range s.Instances {
		for _, w := range with {
			if w.Instance.ARN == v.Instance.ARN {
				s.Instances[i].Tasks = w.Tasks
			}
		}
	}
	return s
}

// rehearsed makes the drain as it is simulated: as it will be carried out, but that it does not wait for tasks of which nobody knows when they end.
func (o *drainOptions) rehearsed(x expected) func() operation.Operation {
	options := o.options
	if o.lingers(x) {
		options.Skip = append(slices.Clone(options.Skip), "")
	}
	return func() operation.Operation {
		return operation.NewDrain(o.cluster, o.instances, options, 0, operation.Recorder{})
	}
}

// planned makes the document of what would be done.
func (o *drainOptions) planned(conn *Connection, x expected, lanes bool) console.Plan {
	p := console.Plan{At: conn.Provider.Now().UTC(), Operation: operation.KindDrain, Service: o.change().service.String(), Identity: conn.Identity, Prediction: x.prediction,
		Options: o.asked, Fingerprint: x.fingerprint(), Hosts: console.HostsOf(x.onHosts), Leaving: x.leaving}
	if v := x.preview.Verdict; v != nil && v.End != cluster.Succeeded {
		p.Refusal, p.Hints = v.Cause, change{target: o.target}.hints(v.Hints)
	}
	if lanes && x.prediction != nil {
		p.Timeline = o.predicted(x)
	}
	return p
}

// predicted is the record of the run that is to be expected; nil where there is none.
func (o *drainOptions) predicted(x expected) *timeline.Timeline {
	if x.prediction == nil {
		return nil
	}
	line := x.hosts.Timeline(o.rehearsed(x), x.figures, operation.KindDrain)
	return &line
}

// recording begins the record of what the instances carry.
func (o *drainOptions) recording(conn *Connection, c change, x expected) *recording {
	look := func(s cluster.Snapshot) (cluster.ServiceView, bool) {
		views, read := s.InstancesOf(o.cluster)
		whole := slices.ContainsFunc(s.Scope.Instances, func(scope cluster.InstanceScope) bool {
			return scope.Tasks == cluster.AllTasks && len(scope.Instances) > 0
		})
		return timeline.Carried(c.service, views), read && whole && len(views) > 0
	}
	view := timeline.Carried(c.service, x.onHosts)
	return &recording{view: view, look: look, predicted: o.predicted(x), recorder: timeline.NewRecorder(timeline.Run{Kind: timeline.Actual, Simulated: conn.Identity.Simulated, Operation: c.operation,
		Service: c.service, Begin: conn.Provider.Now(), Ceiling: view.Service.Desired, Carried: true})}
}

// past is what earlier runs on the services have taught, and earlier drains in this cluster.
func (o *drainOptions) past(x expected) (forecast.HostPast, error) {
	past := forecast.HostPast{Samples: map[string]measure.Samples{}}
	var failed error
	for _, v := range x.before.Services {
		own, err := o.change().past(v.Service)
		past.Samples[v.Service.Key.Service], failed = own.Samples, errors.Join(failed, err)
	}
	store, place, ok := o.journal(x)
	if !ok {
		return past, failed
	}
	reports, err := store.Reports(place, cluster.ServiceKey{Cluster: o.cluster})
	var took, hindsight []time.Duration
	for _, r := range reports {
		took, hindsight = append(took, r.Took), append(hindsight, r.Hindsight)
	}
	past.Bias = forecast.BiasOf(took, hindsight)
	return past, errors.Join(failed, err)
}

// journal is where the drains of the cluster are remembered; ok is false where nothing is to be.
func (o *drainOptions) journal(x expected) (store journal.Store, place cluster.ARN, ok bool) {
	store, ok = o.change().journal()
	if !ok || len(x.onHosts) == 0 {
		return store, place, false
	}
	place, err := cluster.ParseARN(x.onHosts[0].Instance.ARN)
	return store, place, err == nil
}

// remember writes down how a drain went that succeeded from its beginning to its end: for the next forecast of one, and what was measured of each service for those
// of that service.
func (o *drainOptions) remember(ctx context.Context, conn *Connection, x expected, began time.Time, verdict cluster.Verdict) error {
	store, place, ok := o.journal(x)
	if !ok || x.prediction == nil || o.lingers(x) || verdict.End != cluster.Succeeded || verdict.Figures.Replaced == 0 {
		return nil
	}
	scope := cluster.Scope{Services: x.before.Scope.Services}
	after, err := conn.Provider.Observe(ctx, scope)
	if err != nil {
		return err
	}
	r := journal.Report{At: began.UTC(), Operation: operation.KindDrain, End: verdict.End, Took: verdict.Figures.Took, P50: x.figures.Took.P50, P90: x.figures.Took.P90, P99: x.figures.Took.P99}
	samples := map[string]measure.Samples{}
	for _, v := range after.Services {
		own := r // without hindsight: it says nothing of how well runs on this service are predicted
		own.Samples = forecast.Learn(after, v.Service.Key, began)
		samples[v.Service.Key.Service] = own.Samples
		if err := store.Add(place, v.Service.Key, own); err != nil {
			return err
		}
	}
	var ids []string
	for _, l := range x.exodus.Leaving {
		ids = append(ids, l.ID)
	}
	slices.Sort(ids)
	if r.Hindsight, err = forecast.HostsHindsight(x.before, o.change().service, ids, samples, o.rehearsed(x)); err != nil {
		return err
	}
	return store.Add(place, cluster.ServiceKey{Cluster: o.cluster}, r)
}
