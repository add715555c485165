package cli

import (
	"context"
	"fmt"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/operation"
	"handover/internal/timeline"
	"handover/internal/web"
)

// drains are the operations on a container instance that the page offers.
func drains(f *Factory) []web.Form {
	form := web.Form{Operation: "drain", Title: "Drain", About: "Lets the tasks of the instance move elsewhere, and waits until every one has stopped."}
	flags := newDrain(f, &globals{}, nil).Flags()
	for _, name := range []string{"temporary-max", "skip", "standalone", "standalone-after", "stay-draining", "force", "timeout"} {
		form.Fields = append(form.Fields, field(flags.Lookup(name), name != "temporary-max" && name != "skip"))
	}
	return []web.Form{form, {Operation: "reactivate", Title: "Take tasks again", AtOnce: true, About: "Makes an instance that is DRAINING take tasks again."}}
}

// drain plans the drain of an instance, or its end.
func (d *desk) drain(ctx context.Context, asked web.Asked) (web.Plan, error) {
	o, err := d.drainOf(asked)
	if err != nil {
		return web.Plan{}, err
	}
	conn := *d.conn
	conn.Provider = withRecords(d.factory, d.target, d.conn.Provider, false)
	subject := asked.Subject
	snapshot, err := conn.Provider.Observe(ctx, timeline.OnInstances(subject.Cluster, []string{subject.Name}, cluster.AllTasks))
	if err != nil {
		return web.Plan{}, err
	}
	views, _ := snapshot.InstancesOf(subject.Cluster)
	view := timeline.Carried(subject.Key(), views)
	p := web.Plan{View: view, Plan: console.Plan{At: snapshot.At.UTC(), Operation: asked.Operation, Service: subject.String(), Identity: conn.Identity, Desired: view.Service.Desired,
		Ceiling: view.Service.Desired}}
	if o.cancel {
		return d.reactivation(p, &conn, o, subject), nil
	}
	x, err := o.foresee(ctx, &conn)
	if err != nil {
		return web.Plan{}, err
	}
	for _, prospect := range x.exodus.Foreseen {
		p.Prospects = append(p.Prospects, prospect.String())
	}
	if p.Refusal, p.Hints = refusalOf(x.preview.Verdict); p.Refusal != nil {
		return p, nil
	}
	if x.none != nil {
		p.Prospects = append(p.Prospects, "no forecast: "+x.none.Error())
	}
	p.Prediction, p.Timeline, p.Leaving = x.prediction, o.predicted(x), x.leaving
	p.Question = fmt.Sprintf("Drain %s: %d tasks leave it", subject.Name, view.Service.Running)
	if f := x.prediction; f != nil && f.Succeeded > 0 {
		p.Question += ", about " + console.Span(x.figures.Took.P50)
	}
	p.Question += "."
	if o.options.Force {
		p.Name, p.Question = o.named(), p.Question+" Careful: it is drained even where a service blocks it for ever."
	}
	p.Begin = func(watch web.Watch) (cluster.Verdict, error) {
		return d.run(&conn, console.About{Operation: asked.Operation, Service: subject.Key(), Identity: conn.Identity, Timeout: x.timeout}, view, o.begin(&conn, x.timeout), watch)
	}
	return p, nil
}

// reactivation is the plan that an instance takes tasks again.
func (d *desk) reactivation(p web.Plan, conn *Connection, o *drainOptions, subject web.Subject) web.Plan {
	p.Question = fmt.Sprintf("Have %s take tasks again?", subject.Name)
	p.Begin = func(watch web.Watch) (cluster.Verdict, error) {
		return d.run(conn, console.About{Operation: p.Operation, Service: subject.Key(), Identity: conn.Identity}, p.View, operation.NewCancelDrain(subject.Cluster, o.instances), watch)
	}
	return p
}

// drainOf reads what is asked for as the command does.
func (d *desk) drainOf(asked web.Asked) (*drainOptions, error) {
	var read *drainOptions
	cmd := newDrain(d.factory, &globals{progress: string(console.NoTales)}, func(_ context.Context, o *drainOptions) error {
		read = o
		return nil
	})
	for _, form := range drains(d.factory) {
		if form.Operation != asked.Operation {
			continue
		}
		args := []string{asked.Subject.Name, "--cluster=" + asked.Subject.Cluster}
		if form.Operation != "drain" {
			args = append(args, "--cancel")
		}
		if err := d.read(cmd, form, args, asked.Options); err != nil {
			return nil, err
		}
		return read, nil
	}
	return nil, usage(nil, "the page has no operation %q", asked.Operation)
}
