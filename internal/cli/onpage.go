package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/forecast"
	"handover/internal/operation"
	"handover/internal/record"
	"handover/internal/web"
)

// This file lets the page plan and begin operations. What is asked for there is a command line, read by the command itself, so that an option means the same in
// both places, is checked by the same code, predicted by the same forecast, and asks for the same consent.

// onPage is the verb of what is asked for on the page: the change is kept, to be planned and perhaps carried out.
type onPage struct{ change *change }

func (v *onPage) flags(*flagSet)          {}
func (v *onPage) complete(*flagSet) error { return nil }

func (v *onPage) run(_ context.Context, c change) error {
	v.change = &c
	return nil
}

func (v *onPage) several(context.Context, several) error {
	return usage(nil, "the page acts on one service at a time")
}

// offer is an operation that the page offers.
type offer struct {
	title, about string
	command      func(*Factory, *globals, verb) *cobra.Command
	first        []string // the options that are shown at once; the others are shown on request
}

// offers are the changes of a service, in the order in which they are offered.
func offers() []offer {
	return []offer{
		{"Restart", "Replaces every task by a new one of the same revision. Bounds are for this time only.", newRestart, []string{minimumFlag, maximumFlag, "fast"}},
		{"Recycle", "Replaces tasks batch by batch, without a deployment.", newRecycle, []string{"method", "batch", "older-than", "limit", "canary"}},
		{"Update", "Deploys another task definition, or other images.", newUpdate, []string{"task-definition", "image", minimumFlag, maximumFlag, "fast"}},
		{"Roll back", "Goes back to what was deployed before and successful.", newRollback, []string{"to", "fast"}},
	}
}

// name is the operation as its command is called.
func (o offer) name() string { return strings.ToLower(strings.ReplaceAll(o.title, " ", "")) }

// notOnPage are options that make no sense there: what a command line names before it begins, what follows without changing anything, and what is for several services.
func notOnPage() []string { return append([]string{"attach", "record"}, severalFlags()...) }

// form is the offer with the options of its command.
func (o offer) form(f *Factory) web.Form {
	form := web.Form{Operation: o.name(), Title: o.title, About: o.about}
	flags := o.command(f, &globals{}, &onPage{}).Flags()
	for _, name := range o.first {
		form.Fields = append(form.Fields, field(flags.Lookup(name), false))
	}
	flags.VisitAll(func(flag *pflag.Flag) {
		if !slices.Contains(o.first, flag.Name) && !slices.Contains(besides(), flag.Name) && !slices.Contains(notOnPage(), flag.Name) {
			form.Fields = append(form.Fields, field(flag, true))
		}
	})
	return form
}

// field shows a flag as its command explains it.
func field(flag *pflag.Flag, more bool) web.Field {
	f := web.Field{Name: flag.Name, Label: web.Sentence(strings.ReplaceAll(flag.Name, "-", " ")), About: web.Sentence(flag.Usage), Kind: web.Text, Value: flag.DefValue, More: more}
	switch {
	case flag.Name == minimumFlag:
		f.Kind, f.Most, f.Step = web.Range, 100, 5
	case flag.Name == maximumFlag:
		f.Kind, f.Least, f.Most, f.Step = web.Range, 100, 300, 5
	case flag.Name == "method":
		f.Kind, f.Words = web.Words, []string{"", "graceful", "stop"}
	case flag.Value.Type() == "bool":
		f.Kind = web.Check
	case flag.Value.Type() == "stringArray":
		f.Kind, f.Value, f.About = web.List, "", strings.NewReplacer("; may be given more than once", "; one a line", "; once for each", "; one a line").Replace(f.About)
	case flag.Value.Type() == "duration" && f.Value == "0s" || flag.Value.Type() == "int" && f.Value == "0":
		f.Value = "" // 0 stands for none
	}
	return f
}

// forms are all operations on a service that the page offers.
func forms(f *Factory) []web.Form {
	var all []web.Form
	for _, o := range offers() {
		all = append(all, o.form(f))
	}
	return append(all,
		web.Form{Operation: "abort", Title: "Abort", AtOnce: true, About: "Has what is under way on the service stop, wherever it runs, and put everything back. Where no operation is, a rollout in flight is rolled back by ECS."},
		web.Form{Operation: "restore", Title: "Restore", AtOnce: true, About: "Puts back what an operation whose process is no more has changed for its duration."})
}

// desk plans what is asked for on the page.
type desk struct {
	ctx        context.Context // of the server: operations outlive the request that began them
	factory    *Factory
	target     Target
	conn       *Connection
	interrupts *interrupts
}

// plan looks at what is asked for, and predicts it.
func (d *desk) plan(ctx context.Context, asked web.Asked) (web.Plan, error) {
	switch {
	case asked.Subject.Instance:
		return d.drain(ctx, asked)
	case asked.Operation == "abort":
		return d.ending(ctx, asked, newAbort)
	case asked.Operation == "restore":
		return d.ending(ctx, asked, newRestore)
	}
	for _, o := range offers() {
		if o.name() == asked.Operation {
			return d.changing(ctx, o, asked)
		}
	}
	return web.Plan{}, usage(nil, "the page has no operation %q", asked.Operation)
}

// changing plans a change of a service.
func (d *desk) changing(ctx context.Context, o offer, asked web.Asked) (web.Plan, error) {
	c, err := d.change(o, asked)
	if err != nil {
		return web.Plan{}, err
	}
	conn := *d.conn
	conn.Provider = withRecords(d.factory, d.target, d.conn.Provider, c.local)
	f, err := c.find(ctx, &conn)
	if err != nil {
		return web.Plan{}, err
	}
	p := web.Plan{Plan: c.plan(&conn, f, true), View: f.view, Prospects: f.prospects(c)}
	if f.preview.Verdict != nil && !f.ships() {
		return p, nil
	}
	p.Question, p.Name = d.question(c, f)
	if f.ships() {
		p.Refusal, p.Prospects = nil, append(append(p.Prospects, f.preview.Verdict.Cause.Text), f.preview.Verdict.Cause.Evidence...)
	}
	p.Begin = func(watch web.Watch) (cluster.Verdict, error) { return d.carryOut(c, &conn, f, watch) }
	return p, nil
}

// prospects are what a change does to what is there, and why there is no forecast where there is none.
func (f found) prospects(c change) []string {
	all := c.effects(f)
	if f.forecast != nil {
		all = append(all, "no forecast: "+f.forecast.Error())
	}
	return all
}

// change reads what is asked for as its command does.
func (d *desk) change(o offer, asked web.Asked) (change, error) {
	v := &onPage{}
	if err := d.read(o.command(d.factory, &globals{progress: string(console.NoTales)}, v), o.form(d.factory), []string{asked.Subject.String()}, asked.Options); err != nil {
		return change{}, err
	}
	c := *v.change
	c.target, c.alternatives = d.target, nil
	return c, nil
}

// read has a command read what is asked for. Options that its form does not have are refused.
func (d *desk) read(cmd *cobra.Command, form web.Form, args []string, options url.Values) error {
	for name, values := range options {
		if !slices.ContainsFunc(form.Fields, func(f web.Field) bool { return f.Name == name }) {
			return usage(nil, "the page has no option %q for %s", name, form.Operation)
		}
		for _, value := range values {
			args = append(args, "--"+name+"="+value)
		}
	}
	cmd.SetArgs(args)
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetFlagErrorFunc(wrongFlag)
	return cmd.ExecuteContext(d.ctx)
}

// question is what is asked before a change begins, and the name that has to be typed where it is dangerous.
func (d *desk) question(c change, f found) (text, name string) {
	var sentences []string
	if p := f.prediction; p != nil && p.Succeeded > 0 {
		sentences = append(sentences, fmt.Sprintf("%s %s: %d tasks are replaced, about %s. At least %d stay healthy, and there are at most %d tasks.", web.Sentence(c.operation), c.service, p.Replaced,
			console.Span(f.figures.Took.P50), p.Lowest, p.Peak))
	} else {
		sentences = append(sentences, fmt.Sprintf("%s %s. What it comes to is not known.", web.Sentence(c.operation), c.service))
	}
	if f.ships() {
		sentences = append(sentences, web.Sentence(f.preview.Verdict.Cause.Text)+".")
	}
	if c.danger != nil {
		if danger := c.danger(f.view.Service); danger != "" {
			sentences, name = append(sentences, "Careful: "+danger+"."), c.service.Service
		}
	}
	return strings.Join(sentences, " "), name
}

// carryOut carries a change out as its command does, but for what is told meanwhile.
func (d *desk) carryOut(c change, conn *Connection, f found, watch web.Watch) (cluster.Verdict, error) {
	began := conn.Provider.Now()
	narrator, _ := console.Narrate(console.About{Operation: c.operation, Service: c.service, Identity: conn.Identity}, f.view, began)
	run := &driven{conn: conn, interrupts: d.interrupts, teller: silent{}, narrator: narrator, hints: c.hints, read: f.preview.Snapshot, lesson: forecast.Scope(c.service).Of(), watch: watch}
	verdict, err := run.drive(d.ctx, c.begin(begun{claim: claimOf(conn), timeout: f.timeout, allowNewCode: f.ships(), pace: f.pace.WhileWatched()}))
	if err != nil {
		return verdict, err
	}
	verdict.Hints = c.hints(verdict.Hints)
	if err := c.remember(f, run.whole, began, verdict); err != nil {
		verdict.Hints = append(verdict.Hints, "this run is not remembered for the next forecast: "+err.Error())
	}
	return verdict, nil
}

// ending plans what ends another operation, or puts back what one has left, as its command does.
func (d *desk) ending(ctx context.Context, asked web.Asked, command func(*Factory, *globals, verb) *cobra.Command) (web.Plan, error) {
	if len(asked.Options) > 0 {
		return web.Plan{}, usage(nil, "%s has no options", asked.Operation)
	}
	c, err := d.change(offer{title: asked.Operation, command: command}, asked)
	if err != nil {
		return web.Plan{}, err
	}
	conn := *d.conn
	conn.Provider = withRecords(d.factory, d.target, d.conn.Provider, false)
	f, err := c.find(ctx, &conn)
	if err != nil {
		return web.Plan{}, err
	}
	p := web.Plan{Plan: c.plan(&conn, f, true), View: f.view, Prospects: f.prospects(c), Beside: asked.Operation == "abort"}
	if p.Refusal, p.Hints = refusalOf(f.preview.Verdict); p.Refusal != nil {
		return p, nil
	}
	p.Question, p.Fingerprint = endingQuestion(f.preview, f.view.Service)
	p.Begin = func(watch web.Watch) (cluster.Verdict, error) {
		op := c.begin(begun{claim: claimOf(&conn), timeout: unforeseen})
		return d.run(&conn, console.About{Operation: asked.Operation, Service: c.service, Identity: conn.Identity}, f.view, op, watch)
	}
	return p, nil
}

// refusalOf is why an operation would end before it has done anything; nil where it would begin.
func refusalOf(v *cluster.Verdict) (cause *cluster.Cause, hints []string) {
	switch {
	case v == nil:
		return nil, nil
	case v.Cause == nil:
		return &cluster.Cause{Code: "nothing-to-do", Certain: true, Text: v.Summary}, v.Hints
	}
	return v.Cause, v.Hints
}

// endingQuestion is what is asked before something is ended, and what must still be so when it is: who is at it, or that nobody is.
func endingQuestion(preview operation.Preview, s cluster.Service) (text, fingerprint string) {
	found, _ := record.Read(s.Tags) // the operation has read it already
	claim, held := found.Foremost(preview.Snapshot.At)
	rolls := slices.ContainsFunc(preview.Decision.Actions, func(a cluster.Action) bool { _, stops := a.(cluster.StopServiceDeployment); return stops })
	switch {
	case rolls:
		return fmt.Sprintf("Have ECS roll back the deployment of %s that is in flight?", s.Key), "rollout"
	case held:
		return fmt.Sprintf("Have the operation of %s stop, and put everything back?", claim.Owner), claim.ID
	}
	return fmt.Sprintf("Put back what was left on %s, where nobody is at it any more?", s.Key), "left"
}

// run carries out what has no forecast.
func (d *desk) run(conn *Connection, about console.About, view cluster.ServiceView, op Watched, watch web.Watch) (cluster.Verdict, error) {
	narrator, _ := console.Narrate(about, view, conn.Provider.Now())
	hints := change{target: d.target}.hints
	run := &driven{conn: conn, interrupts: d.interrupts, teller: silent{}, narrator: narrator, hints: hints, watch: watch}
	verdict, err := run.drive(d.ctx, op)
	verdict.Hints = hints(verdict.Hints)
	return verdict, err
}

// silent tells nothing: the page shows what there is to see.
type silent struct{}

func (silent) Tell(console.Document) error { return nil }
