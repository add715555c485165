package cli

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/diagnosis"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/web"
)

// This file has one command on several services: they are found, looked at in few calls, foreseen in one table, agreed to once, and acted on together.

// severalScene is the scene of a command on several services on an emulator that is given none.
//
//go:embed scenes/several.txt
var severalScene string

const severalSceneName = "scenes/several.txt"

// several is a change of several services, once its command line is known to be sound.
type several struct {
	selection selection
	on        func(cluster.ServiceKey) change // the change of one of them
	common    change                          // what all of them have in common: of no service
}

// candidate is one of the services, as it was found.
type candidate struct {
	change
	found
}

// act runs a change of one service, or of several, by a verb, once the command line is known to be sound: complete says whether it is, of the operation's own flags. on makes the change of
// one service.
func (o *onService) act(cmd *cobra.Command, v verb, args []string, complete func(*cobra.Command, []string) error, on func(cluster.ServiceKey) change) error {
	if err := v.complete(cmd.Flags()); err != nil {
		return err
	}
	if err := complete(cmd, args); err != nil {
		return err
	}
	if !o.selection.several() {
		return v.run(cmd.Context(), on(o.service))
	}
	if err := o.forOne(cmd, "plan", "out", "svg"); err != nil {
		return err
	}
	return v.several(cmd.Context(), several{selection: *o.selection, on: on, common: on(cluster.ServiceKey{})})
}

// several carries a change out on several services.
func (v *carryOut) several(ctx context.Context, s several) error {
	interrupts := listen(ctx, s.common.factory.Signals)
	setup, done := interrupts.until(ctx, 1)
	defer done()
	conn, err := reach(setup, s.common.factory, s.common.target, s.common.local)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	all, read, err := s.find(setup, conn)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	if len(all) == 0 {
		return s.none(conn)
	}
	plans := s.plans(conn, all, v.consent.dryRun)
	d := &drivenTogether{conn: conn, interrupts: interrupts, teller: s.common.globals.teller(s.common.factory), read: read, of: all,
		chorus: console.NarrateSeveral(plans, views(all), conn.Provider.Now()), whole: map[cluster.ServiceKey]cluster.Snapshot{}, begun: map[cluster.ServiceKey]time.Time{}, recordings: map[cluster.ServiceKey]*recording{}, why: map[cluster.ServiceKey]*diagnosis.Diagnosis{}}
	d.chorus.Hints = s.common.hints
	if err := tell(d.teller, plans); err != nil || v.consent.dryRun {
		return err
	}
	if scene := s.common.target.Scene; scene != nil {
		if err := tell(d.teller, d.chorus.Say(simulated(scene), conn.Provider.Now())); err != nil {
			return err
		}
	}
	if verdict, agreed := v.consent.givenForAll(s, all, plans, interrupts); !agreed {
		return d.end(verdict)
	}
	d.chorus.Begin(conn.Provider.Now())
	group := s.group(conn, all, v.consent.newCode)
	verdict, err := d.drive(ctx, group)
	if err != nil {
		return err
	}
	if err := d.remember(ctx, group); err != nil {
		return err
	}
	drawn := v.pictures.drawAll(d.reports(verdict, group))
	if ended := d.end(verdict, ends(group)...); ended != nil {
		return ended
	}
	return drawn
}

// several plans a change of several services.
func (v *planning) several(ctx context.Context, s several) error {
	interrupts := listen(ctx, s.common.factory.Signals)
	ctx, done := interrupts.until(ctx, 1)
	defer done()
	conn, err := reach(ctx, s.common.factory, s.common.target, s.common.local)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	all, _, err := s.find(ctx, conn)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	if len(all) == 0 {
		return s.none(conn)
	}
	plans := s.plans(conn, all, true)
	if err := v.pictures.drawAll(s.foreseen(conn, all)); err != nil {
		return err
	}
	if err := tell(s.common.globals.teller(s.common.factory), plans); err != nil {
		return err
	}
	for i, c := range all {
		if v.exitCode && plans.Services[i].Nothing == "" && !safe(plans.Services[i], c.view.Service) {
			return exit(cluster.Refused)
		}
	}
	return nil
}

// foreseen are the plans of all services of which a run is foreseen, on one page.
func (s several) foreseen(conn *Connection, all []candidate) web.Reports {
	reports := web.Reports{Title: fmt.Sprintf("Plan: %s of %d services", s.common.operation, len(all)), Place: placeOf(conn.Identity), Version: version()}
	for _, c := range all {
		if plan := c.plan(conn, c.found, true); plan.Timeline != nil {
			reports.Of = append(reports.Of, c.foreseenReport(conn, plan))
		}
	}
	return reports
}

// find finds the services, and looks at all of them in one go.
func (s several) find(ctx context.Context, conn *Connection) ([]candidate, cluster.Snapshot, error) {
	keys, err := s.selection.find(ctx, conn)
	if err != nil {
		return nil, cluster.Snapshot{}, err
	}
	var scope cluster.Scope
	changes := make([]change, len(keys))
	for i, key := range keys {
		c := s.on(key)
		c.alternatives, c.seeds = nil, max(leastSeeds, cmp.Or(c.seeds, forecast.Seeds)/len(keys))
		changes[i] = c
		scope = scope.Union(forecast.Whole(key)).Union(c.begin(begun{}).Step(operation.Input{Now: conn.Provider.Now()}).Look)
	}
	read, err := conn.Provider.Observe(ctx, scope)
	if err != nil {
		return nil, read, err
	}
	if err := allThere(read, keys, conn); err != nil {
		return nil, read, err
	}
	once := *conn
	once.Provider = prefetched{conn.Provider, read}
	all := make([]candidate, len(keys))
	for i, c := range changes {
		f, err := c.find(ctx, &once)
		if err != nil {
			return nil, read, err
		}
		all[i] = candidate{c, f}
	}
	return all, read, nil
}

// none says that there is no service on which anything is to be done.
func (s several) none(conn *Connection) error {
	of := cluster.ServiceKey{Cluster: s.selection.cluster(), Service: "0-services"}
	now := conn.Provider.Now()
	narrator, _ := console.Narrate(console.About{Operation: s.common.operation, Service: of, Identity: conn.Identity}, cluster.ServiceView{}, now)
	verdict := cluster.Verdict{End: cluster.Succeeded, Summary: "nothing was left on any service of cluster " + of.Cluster}
	return tell(s.common.globals.teller(s.common.factory), narrator.End(verdict, now))
}

// leastSeeds are as few as a service has where there are many: the forecast of all of them together then takes no longer than that of one does.
const leastSeeds = 20

// allThere names every service that was named and is not there.
func allThere(read cluster.Snapshot, keys []cluster.ServiceKey, conn *Connection) error {
	var missing []string
	for _, key := range keys {
		_, there := read.Service(key)
		_, gap := read.Gap(key, cluster.PartService)
		if !there && !gap {
			missing = append(missing, key.String())
		}
	}
	if len(missing) < 2 { // of one, what it would be looked at by itself says more
		return nil
	}
	return usage(hint("to list the services: aws ecs list-services --cluster CLUSTER", "another cluster is named by --cluster, another Region by --region"),
		"there are no services %s in account %s, Region %s", strings.Join(missing, ", "), conn.Identity.Account, conn.Identity.Region)
}

// prefetched answers a look from what was read before, where that has all of it.
type prefetched struct {
	operation.Provider
	read cluster.Snapshot
}

func (p prefetched) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	if p.read.Scope.Covers(scope) {
		return p.read.Only(scope), nil
	}
	return p.Provider.Observe(ctx, scope)
}

func views(all []candidate) []cluster.ServiceView {
	found := make([]cluster.ServiceView, len(all))
	for i, c := range all {
		found[i] = c.view
	}
	return found
}

func keysOf(all []candidate) []cluster.ServiceKey {
	keys := make([]cluster.ServiceKey, len(all))
	for i, c := range all {
		keys[i] = c.service
	}
	return keys
}

// plans makes the document of what would be done.
func (s several) plans(conn *Connection, all []candidate, only bool) console.Plans {
	now := conn.Provider.Now()
	p := console.Plans{Moment: console.Moment{At: now.UTC()}, Operation: s.common.operation, Service: console.SeveralName(keysOf(all)), Identity: conn.Identity, Options: s.common.options,
		Parallel: min(s.selection.parallel, len(all)), MaxFailures: s.selection.maxFailures, Only: only}
	var shares []forecast.Share
	for _, c := range all {
		plan := c.plan(conn, c.found, false)
		plan.Options = nil // they are those of all
		if c.preview.Verdict == nil && c.prediction != nil {
			shares = append(shares, forecast.Share{Forecast: c.figures, Desired: c.view.Service.Desired, Timeout: c.found.timeout})
		}
		p.Services = append(p.Services, plan)
	}
	if len(shares) > 0 {
		whole := console.PredictAll(forecast.Several(shares, s.selection.parallel), len(shares))
		p.Whole = &whole
	}
	return p
}

// group makes the operation on all services.
func (s several) group(conn *Connection, all []candidate, newCode bool) *operation.Group[Watched] {
	group := &operation.Group[Watched]{Parallel: s.selection.parallel, StopAfter: s.selection.maxFailures + 1}
	for _, c := range all {
		op := c.begin(begun{claim: claimOf(conn), timeout: c.found.timeout, allowNewCode: newCode, pace: c.pace})
		group.Members = append(group.Members, &operation.Member[Watched]{Service: c.service, Operation: op})
	}
	return group
}

func ends(group *operation.Group[Watched]) []cluster.Verdict {
	all := make([]cluster.Verdict, len(group.Members))
	for i, m := range group.Members {
		all[i] = *m.Verdict
	}
	return all
}

// drivenTogether is what an operation on several services is run with.
type drivenTogether struct {
	conn       *Connection
	interrupts *interrupts
	teller     console.Teller
	chorus     *console.Chorus
	of         []candidate
	read       cluster.Snapshot                        // what was read before; the first look need not read it again
	whole      map[cluster.ServiceKey]cluster.Snapshot // of each service, the last that has what is to be learnt of the run
	begun      map[cluster.ServiceKey]time.Time
	recordings map[cluster.ServiceKey]*recording
	why        map[cluster.ServiceKey]*diagnosis.Diagnosis // of each service on which it failed
}

// drive runs the group to its verdict and tells how it goes.
func (d *drivenTogether) drive(ctx context.Context, group *operation.Group[Watched]) (cluster.Verdict, error) {
	ctx, done := d.interrupts.until(ctx, 3)
	defer done()
	if audience, watches := d.teller.(console.Audience); watches {
		defer audience.Attend(console.Show{Clock: d.conn.Provider.Now, Stop: d.interrupts.add})()
	}
	var told error
	heard := false
	driver := operation.Driver{
		Provider:  interruptible{&primed{Provider: d.conn.Provider, read: d.read}, d.interrupts},
		Interrupt: d.interrupts.asked,
		Watch: func(in operation.Input, decision operation.Decision) {
			if in.Interrupt == operation.Detach && decision.Verdict == nil && !heard {
				heard = true
				told = errors.Join(told, tell(d.teller, d.chorus.Say(puttingBack, in.Now)))
			}
			d.learn(group.Parts(), in.Now)
			told = errors.Join(told, tell(d.teller, d.chorus.Step(group.Parts(), decision, in.Now, deploymentsOf(group, in.Now))...))
		},
	}
	ending, err := driver.Run(ctx, group)
	if err != nil {
		return cluster.Verdict{}, interruptedOr(d.interrupts, err)
	}
	return *ending.Verdict, told
}

// learn keeps of each service when it was begun, the record of its run, and the last look at all of it.
func (d *drivenTogether) learn(parts []operation.Part, now time.Time) {
	for _, p := range parts {
		if _, known := d.begun[p.Service]; !known {
			d.begun[p.Service] = now
			at := slices.IndexFunc(d.of, func(c candidate) bool { return c.service == p.Service })
			d.recordings[p.Service] = d.of[at].recording(d.conn, d.of[at].found)
		}
		d.recordings[p.Service].see(p.Input)
		if p.Input.Snapshot.Scope.Covers(forecast.Scope(p.Service).Of()) {
			d.whole[p.Service] = p.Input.Snapshot
		}
	}
}

// deploymentsOf gives the id of each service's own deployment.
func deploymentsOf(group *operation.Group[Watched], now time.Time) func(cluster.ServiceKey) string {
	return func(key cluster.ServiceKey) string {
		at := slices.IndexFunc(group.Members, func(m *operation.Member[Watched]) bool { return m.Service == key })
		return group.Members[at].Operation.Progress(now).Figures.Deployment
	}
}

// remember finds out why those failed that did, writes down how each run went, for the next forecast of its service, and leaves its page.
func (d *drivenTogether) remember(ctx context.Context, group *operation.Group[Watched]) error {
	for i, c := range d.of {
		m := group.Members[i]
		if m.Verdict.End == cluster.Failed || m.Verdict.End == cluster.TimedOut {
			d.why[c.service] = diagnosed(ctx, d.conn, c.service, m.Verdict.Figures.Deployment)
		}
		if err := c.remember(c.found, d.whole[c.service], d.begun[c.service], *m.Verdict); err != nil {
			if err := tell(d.teller, d.chorus.Warn(c.service, "this run is not remembered for the next forecast: "+err.Error(), d.conn.Provider.Now())); err != nil {
				return err
			}
		}
		if r := d.recordings[c.service]; r != nil {
			if _, err := c.keep(r.view, c.report(d.conn, r, *m.Verdict, d.why[c.service])); err != nil {
				if err := tell(d.teller, d.chorus.Warn(c.service, "the report could not be kept: "+err.Error(), d.conn.Provider.Now())); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// reports are the pages of all runs that were begun, on one.
func (d *drivenTogether) reports(verdict cluster.Verdict, group *operation.Group[Watched]) web.Reports {
	all := web.Reports{Title: web.Sentence(verdict.Summary), Failed: verdict.End != cluster.Succeeded, Place: placeOf(d.conn.Identity), Version: version()}
	for i, c := range d.of {
		if r := d.recordings[c.service]; r != nil {
			all.Of = append(all.Of, c.report(d.conn, r, *group.Members[i].Verdict, d.why[c.service]))
		}
	}
	if left := len(d.of) - len(all.Of); left > 0 {
		all.Line = fmt.Sprintf("%d of %d services were not begun", left, len(d.of))
	}
	return all
}

// end tells the verdict of all and of each, and ends with the exit code of the gravest.
func (d *drivenTogether) end(verdict cluster.Verdict, each ...cluster.Verdict) error {
	document := d.chorus.End(verdict, each, d.conn.Provider.Now())
	for i := range document.Services {
		document.Services[i].Diagnosis = d.why[d.of[i].service]
	}
	if err := tell(d.teller, document); err != nil {
		return err
	}
	return exit(verdict.End)
}

// givenForAll tells whether the change of several services may be carried out; if not, the verdict says why.
func (c consent) givenForAll(s several, all []candidate, plans console.Plans, i *interrupts) (verdict cluster.Verdict, agreed bool) {
	begins := slices.ContainsFunc(all, func(c candidate) bool { return c.preview.Verdict == nil })
	if s.common.target.Scene != nil || !begins {
		return cluster.Verdict{}, true // AWS is not touched, or nothing will be done
	}
	word := severalName(keysOf(all))
	danger := s.danger(all)
	if danger == "" && (c.yes || c.confirm == word) || danger != "" && c.confirm == word {
		return cluster.Verdict{}, true
	}
	streams := s.common.factory.Streams
	switch {
	case (!streams.InTTY || !streams.ErrTTY) && danger == "":
		verdict = refused("not-confirmed", "nobody can be asked whether to go on")
		verdict.Hints = []string{"to go on without being asked: --yes", "to see only what would happen: --dry-run"}
		return verdict, false
	case !streams.InTTY || !streams.ErrTTY:
		verdict = refused("not-confirmed", danger+", and nobody can be asked")
		verdict.Hints = []string{"to do it without being asked: --confirm " + word}
		return verdict, false
	}
	if err := streams.AskAll(plans); err != nil {
		return refused("no-answer", "the question could not be asked"), false
	}
	question := fmt.Sprintf("Proceed with %d services? [y/N] ", len(all))
	if danger != "" {
		question = fmt.Sprintf("Careful: %s. To go on, type %s: ", danger, word)
	}
	return answered(ask(streams, i, question, danger != "", word))
}

// danger says why a person must name the cluster, or type how many services there are, before this is done; empty where y or N is enough.
func (s several) danger(all []candidate) string {
	var texts []string
	if s.selection.all {
		texts = append(texts, fmt.Sprintf("these are all %d services of cluster %s", len(all), s.selection.cluster()))
	}
	for _, c := range all {
		if c.danger == nil || c.preview.Verdict != nil {
			continue
		}
		if text := c.danger(c.view.Service); text != "" {
			texts = append(texts, text)
		}
	}
	if more := len(texts) - dangersShown; more > 0 {
		texts = append(texts[:dangersShown], fmt.Sprintf("and %d more like this", more))
	}
	return strings.Join(texts, "; ")
}

const dangersShown = 3
