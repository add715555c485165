package cli

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/timeline"
)

// change is a command that changes one service, once its command line is known to be sound.
type change struct {
	factory *Factory
	globals *globals

	operation string // restart, as the command is called
	service   cluster.ServiceKey
	target    Target
	timeout   time.Duration                           // 0: what the forecast gives
	bounds    func(own cluster.Bounds) cluster.Bounds // those that hold for the duration; nil: the service's own
	local     bool                                    // its record is written on this machine, and not on the service
	follows   bool                                    // it only follows what was begun before, so that there is nothing to consent to
	watches   bool                                    // it changes nothing, and leaves a report only where one is asked for
	options   map[string]string
	begin     func(begun) Watched // makes the operation, anew each time

	// keeps are the fewest healthy tasks and the most tasks that there are by our own actions; nil: those of the bounds.
	keeps func(s cluster.Service) (floor, ceiling int)
	// rehearse makes the operation as it is simulated, of the service as it was found, where that is not as it is carried out; nil: as it is.
	rehearse func(found, begun) Watched
	seeds    int // of the forecast; 0: forecast.Seeds

	// danger says, of the service as it was found, why a person must name it before this is done; empty where y or N is enough.
	danger func(cluster.Service) string
	// checks refuses what names something that the service does not have, as a command line that is not understood; nil: it names nothing.
	checks func(cluster.ServiceView) error
	// tells says what becomes of what an earlier operation has left or begun, in sentences; nil: it is not about one.
	tells func(found) []string
	// stopsFirst are the flags with which old tasks stop before new ones start; empty: those of a deployment.
	stopsFirst string
	// alternatives are other flags with which the same could be done.
	alternatives func(cluster.Service) []alternative
}

// begun is what is decided about an operation after its command line was read.
type begun struct {
	claim        claim // of who carries it out; zero where it is only looked at or simulated
	timeout      time.Duration
	allowNewCode bool
	pace         *operation.Pace // when to look; nil where nothing is known
	attach       string          // a deployment that the same command began before, to be followed
	another      bool            // one is begun although that deployment is in flight
}

// alternative is the same operation with other flags.
type alternative struct {
	flags string
	begin func() operation.Operation
	seeds int // 0: alternativeSeeds
}

// verb is what becomes of a change: it is carried out, or it is planned.
type verb interface {
	// flags adds what is asked of the command line beside the flags of the change itself.
	flags(*flagSet)
	// complete reads it before the change reads its own flags, and may set these.
	complete(*flagSet) error
	run(context.Context, change) error
	several(context.Context, several) error
}

// found is a service as it was found before anything was done to it, and what is expected of the change.
type found struct {
	view        cluster.ServiceView
	preview     operation.Preview
	fingerprint string
	timeout     time.Duration
	pace        *operation.Pace

	foreseen   cluster.Snapshot // what the prediction is made of
	forecast   error            // why there is no prediction
	base       forecast.Base
	figures    forecast.Forecast
	prediction *console.Prediction
}

// begins tells whether the operation would begin, if need be once somebody agrees to other code.
func (f found) begins() bool { return f.preview.Verdict == nil || f.ships() }

// judged is a change that was found to have nothing to do, or to be refused: to begin it would write a claim on the service, for no more than the same verdict.
type judged struct {
	scope   cluster.Scope
	verdict cluster.Verdict
}

// Step looks at what was judged by, so that it is shown, and ends.
func (j judged) Step(in operation.Input) operation.Decision {
	if in.Snapshot.Scope.Empty() {
		return operation.Decision{Look: j.scope}
	}
	return operation.Decision{Verdict: &j.verdict}
}

// Progress is none.
func (j judged) Progress(time.Time) operation.Progress { return operation.Progress{} }

// ships tells whether the operation refuses for no other reason than that it would ship code which does not run yet.
func (f found) ships() bool {
	v := f.preview.Verdict
	return v != nil && v.Cause != nil && v.Cause.Code == newCode
}

// carryOut is the verb of the commands that act: look, predict, ask, act, compare.
type carryOut struct {
	consent  consent
	pictures pictures
	ends     bool // the command ends or goes on with what was begun before: it neither ships code nor goes below any bounds
}

func (v *carryOut) run(ctx context.Context, c change) error {
	interrupts := listen(ctx, c.factory.Signals)
	setup, done := interrupts.until(ctx, 1) // before the operation begins, the first interrupt ends all
	defer done()
	conn, err := reach(setup, c.factory, c.target, c.local)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	if !v.consent.chooses(c) {
		c.alternatives = nil
	}
	f, err := c.find(setup, conn)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	c, f, found, err := v.again(setup, conn, c, f)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	d := &driven{conn: conn, interrupts: interrupts, teller: c.globals.teller(c.factory), hints: c.hints, read: f.preview.Snapshot, lesson: forecast.Scope(c.service).Of()}
	if v.consent.dryRun {
		return d.tell(c.plan(conn, f, false))
	}
	if console.Watched(d.teller) {
		f.pace = f.pace.WhileWatched()
	}
	if d.narrator, err = c.announce(d, f); err != nil {
		return err
	}
	if found != "" {
		if err := d.tell(d.narrator.Say(found, conn.Provider.Now())); err != nil {
			return err
		}
	}
	if f.begins() {
		verdict, agreed := v.consent.given(c, f, interrupts)
		if !agreed {
			return d.end(verdict)
		}
	}
	began := conn.Provider.Now()
	d.narrator.Begin(began)
	d.recording = c.recording(conn, f)
	d.began = c.noteBegun(d, f.view.Service)
	d.page = c.pageOf(d)
	op := c.begin(begun{claim: claimOf(conn), timeout: f.timeout, allowNewCode: v.consent.newCode || f.ships(), pace: f.pace})
	if !f.begins() {
		op = judged{scope: f.preview.Snapshot.Scope, verdict: *f.preview.Verdict}
	}
	verdict, err := c.drive(ctx, d, op)
	if err != nil {
		return err
	}
	if err := c.remember(f, d.whole, began, verdict); err != nil {
		if err := d.tell(d.narrator.Warn("this run is not remembered for the next forecast: "+err.Error(), conn.Provider.Now())); err != nil {
			return err
		}
	}
	return c.conclude(d, v.pictures, d.explain(ctx, c.service, verdict))
}

// find looks at the service, and predicts the change.
func (c change) find(ctx context.Context, conn *Connection) (found, error) {
	preview, err := operation.Look(ctx, conn.Provider, c.begin(begun{}), forecast.Whole(c.service))
	if err != nil {
		return found{}, err
	}
	view, err := shown(ctx, preview.Snapshot, c.service, conn)
	if err != nil {
		return found{}, err
	}
	if c.checks != nil {
		if err := c.checks(view); err != nil {
			return found{}, err
		}
	}
	f := found{view: view, preview: preview, fingerprint: fingerprint(view), timeout: c.timeout}
	if f.begins() {
		f = c.predict(f)
	}
	if f.timeout == 0 {
		f.timeout = unforeseen
	}
	return f, nil
}

// unforeseen is the timeout where there is no forecast: four times the restart of one batch that drains for 300 s, 382 s (case L).
const unforeseen = 30 * time.Minute

// predict runs the change in a world that goes on from what was read.
func (c change) predict(f found) found {
	past, unread := c.past(f.view.Service)
	to, deploys := goal(f.preview)
	f.foreseen = forecast.WithRevision(f.preview.Snapshot, c.service, to.Definition)
	f.base, f.forecast = forecast.Load(f.foreseen, c.service, past)
	if f.forecast != nil {
		return f
	}
	if deploys {
		f.base.Assumed = append(f.base.Assumed, "new tasks start, get healthy and stop as those of "+cluster.Revision(f.view.Service.Definition)+" do")
	}
	f.base.StopsFirst = c.stopsFirst
	f.pace = f.base.Pace(c.rehearsed(f))
	f.figures = f.base.Run(c.rehearsed(f), cmp.Or(c.seeds, forecast.Seeds))
	if f.timeout == 0 {
		f.timeout = f.figures.Timeout()
	}
	prediction := console.Predict(f.base, f.figures, f.timeout)
	if c.alternatives != nil {
		for _, a := range c.alternatives(f.view.Service) {
			prediction.Alternatives = append(prediction.Alternatives, console.Instead(a.flags, f.base.Run(a.begin, cmp.Or(a.seeds, alternativeSeeds))))
		}
	}
	if _, ceiling := c.limits(f.view.Service); prediction.Peak > ceiling && f.view.Service.Rebalancing {
		prediction.Warnings = append(prediction.Warnings, fmt.Sprintf("AZ rebalancing is on: ECS itself may move tasks to another zone meanwhile, and start one more for each; then there are up to %d tasks", prediction.Peak))
	}
	if unread != nil {
		prediction.Warnings = append(prediction.Warnings, "earlier runs are not known: "+unread.Error())
	}
	f.prediction = &prediction
	return f
}

// goal is which revision is deployed, and with which images, by the first actions of an operation; known is false where it deploys none, or the one that there is.
func goal(p operation.Preview) (to cluster.ReviseTaskDefinition, known bool) {
	for _, action := range p.Decision.Actions {
		switch a := action.(type) {
		case cluster.ReviseTaskDefinition:
			return a, true
		case cluster.UpdateService:
			return cluster.ReviseTaskDefinition{Definition: a.Definition}, a.Definition != ""
		}
	}
	return to, false
}

// rehearsed makes the change as it is simulated: as it will be carried out, but for the question about new code, because a world has no other.
func (c change) rehearsed(f found) func() operation.Operation {
	b := begun{allowNewCode: true, pace: f.pace}
	if c.rehearse != nil {
		return func() operation.Operation { return c.rehearse(f, b) }
	}
	return func() operation.Operation { return c.begin(b) }
}

// alternativeSeeds are enough for the median of what somebody may look at next: it stands within a second or two.
const alternativeSeeds = 100

// announce tells what is about to be done, and what it will come to.
func (c change) announce(d *driven, f found) (*console.Narrator, error) {
	bounds := c.boundsFor(f.view.Service)
	about := console.About{Operation: c.operation, Service: c.service, Identity: d.conn.Identity, Timeout: f.timeout, Bounds: &bounds}
	now := d.conn.Provider.Now()
	narrator, start := console.Narrate(about, f.view, now)
	start.Floor, start.Ceiling = c.limits(f.view.Service)
	documents := []console.Document{start}
	if c.target.Scene != nil {
		documents = append(documents, narrator.Say(simulated(c.target.Scene), now))
	}
	for _, text := range c.effects(f) {
		documents = append(documents, narrator.Say(text, now))
	}
	switch {
	case f.prediction != nil:
		documents = append(documents, narrator.Forecast(*f.prediction, now))
	case f.forecast != nil:
		documents = append(documents, narrator.NoForecast(f.forecast, now))
	}
	return narrator, d.tell(documents...)
}

// effects says what becomes of what was left or begun before, where the operation would do anything at all.
func (c change) effects(f found) []string {
	if c.tells == nil || !f.begins() {
		return nil
	}
	return c.tells(f)
}

func simulated(s *Scene) string {
	return fmt.Sprintf("simulated: this runs on the emulator, %g times as fast as AWS; AWS is not touched", s.Speed)
}

// plan makes the document of what would be done.
func (c change) plan(conn *Connection, f found, lanes bool) console.Plan {
	s := f.view.Service
	floor, ceiling := c.limits(s)
	p := console.Plan{At: f.preview.Snapshot.At.UTC(), Operation: c.operation, Service: c.service.String(), Identity: conn.Identity, Definition: s.Definition, Desired: s.Desired,
		Floor: floor, Ceiling: ceiling, Options: c.options, Fingerprint: f.fingerprint, Prediction: f.prediction, Effects: c.effects(f)}
	switch v := f.preview.Verdict; {
	case v == nil:
	case v.End == cluster.Succeeded:
		p.Nothing = v.Summary
	default:
		p.Refusal, p.Hints = v.Cause, c.hints(v.Hints)
	}
	if lanes && f.prediction != nil {
		p.Timeline = c.predicted(f)
	}
	return p
}

// predicted is the record of the run that is to be expected.
func (c change) predicted(f found) *timeline.Timeline {
	line := f.base.Timeline(c.rehearsed(f), f.figures, c.operation, c.boundsFor(f.view.Service))
	line.Floor, line.Ceiling = c.limits(f.view.Service)
	return &line
}

// limits are the fewest healthy tasks and the most tasks that there are meanwhile.
func (c change) limits(s cluster.Service) (floor, ceiling int) {
	if c.keeps != nil {
		return c.keeps(s)
	}
	bounds := c.boundsFor(s)
	return bounds.Floor(s.Desired), bounds.Ceiling(s.Desired)
}

// boundsFor are the bounds that hold for the duration.
func (c change) boundsFor(s cluster.Service) cluster.Bounds {
	if c.bounds == nil {
		return s.Bounds
	}
	return c.bounds(s.Bounds)
}

// newCode is the cause of a refusal to ship code that does not run yet.
const newCode = "new-code"

// hints adds to commands how this one reached AWS, and leaves out what cannot be done: an emulator of our own is gone when we are.
func (c change) hints(all []string) []string {
	var kept []string
	for _, hint := range all {
		ours := strings.Contains(hint, "handover ")
		if c.target.Scene != nil && (ours || strings.Contains(hint, "aws ")) {
			continue
		}
		if ours {
			hint += c.target.flags()
		}
		kept = append(kept, hint)
	}
	return kept
}

// flags are those with which a command reaches the same place.
func (t Target) flags() string {
	var flags strings.Builder
	for _, option := range [][2]string{{"region", t.Region}, {"profile", t.Profile}, {"role-arn", t.RoleARN}, {"endpoint-url", t.EndpointURL}} {
		if option[1] != "" {
			fmt.Fprintf(&flags, " --%s %s", option[0], option[1])
		}
	}
	return flags.String()
}
