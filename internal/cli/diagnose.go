package cli

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"handover/internal/amazon"
	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/diagnosis"
	"handover/internal/web"
)

// stuckScene is the scene of diagnose on an emulator that is given none.
//
//go:embed scenes/stuck.txt
var stuckScene string

const stuckSceneName = "scenes/stuck.txt"

type diagnoseOptions struct {
	looking
	options diagnosis.Options
	log     bool
}

func newDiagnose(f *Factory, g *globals, run func(context.Context, *diagnoseOptions) error) *cobra.Command {
	o := &diagnoseOptions{looking: looking{place: placed(f, g)}}
	cmd := &cobra.Command{
		Use:   "diagnose SERVICE",
		Short: "Say why a service does not get on, and what can be done",
		Long: "Say why a service does not get on, or why its last deployment failed: the causes with the evidence for them, what was ruled out, what ECS will do by itself,\n" +
			"what it means for users, and what can be done. Nothing is changed.\n\n" +
			"The exit code is 3 where the service is stuck, keeps losing tasks or was deleted, or where the deployment that --deployment asks for failed, and 0 otherwise.\n\n" +
			"With --emulated, and without --scenario, there are the services bad-health, missing-image, crashing, no-room, protected, blocked, rolled-back and fine.",
		Example: "  handover diagnose prod/api\n" +
			"  handover diagnose prod/api --deployment ecs-svc/0458381663513047547 --output json\n" +
			"  handover diagnose missing-image --emulated    # try it: no AWS account needed",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd, args); err != nil {
				return err
			}
			if run != nil {
				return run(cmd.Context(), o)
			}
			return diagnoseRun(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.options.Deployment, "deployment", "", "the deployment that is asked about (default: the one under way, or the last one where it failed)")
	cmd.Flags().BoolVar(&o.log, "log", true, "show the last line that a failed task logged to CloudWatch Logs; --log=false reads none")
	o.flags(cmd)
	return cmd
}

func (o *diagnoseOptions) complete(cmd *cobra.Command, args []string) error {
	err := o.looking.complete(cmd, args)
	if o.target.Scene != nil && o.emulation.file == "" {
		o.target.Scene = &Scene{Name: stuckSceneName, Text: stuckScene, Speed: o.emulation.speed}
	}
	return err
}

func diagnoseRun(ctx context.Context, o *diagnoseOptions) error { return o.reached(ctx, o.explain) }

// explain says why the service does not get on.
func (o *diagnoseOptions) explain(ctx context.Context, conn *Connection) error {
	snapshot, view, err := lookClosely(ctx, conn, o.service)
	if err != nil {
		return err
	}
	found, ok := diagnosis.Of(snapshot, o.service, o.options)
	if !ok {
		return usage(hint("to see its deployments: handover status "+o.service.String()), "%s has no deployment %s", o.service, o.options.Deployment)
	}
	if o.log {
		found = withLog(ctx, conn, found)
	}
	found.Next = within(o.target, found.Next)
	document := console.Diagnosis{Diagnosis: found, Identity: conn.Identity}
	if !found.Fine(o.options) {
		document.Exit = cluster.Failed.ExitCode()
	}
	if err := o.pictures.draw(o.report(conn, snapshot, view, document)); err != nil {
		return err
	}
	if err := o.globals.teller(o.factory).Tell(document); err != nil {
		return err
	}
	if document.Exit != 0 {
		return ended{document.Exit}
	}
	return nil
}

// withLog adds the last line that the task logged which failed last.
func withLog(ctx context.Context, conn *Connection, d diagnosis.Diagnosis) diagnosis.Diagnosis {
	if d.LogSource == nil || conn.LastLine == nil {
		return d
	}
	line, err := conn.LastLine(ctx, d.LogSource.Region, d.LogSource.Group, d.LogSource.Stream)
	if err != nil {
		d.Unread = append(d.Unread, diagnosis.Unread{Part: "log", Permission: amazon.LogPermission})
		return d
	}
	line = strings.TrimSpace(line)
	if runes := []rune(line); len(runes) > logWidth {
		line = string(runes[:logWidth]) + "…"
	}
	d.LastLog = line
	return d
}

// logWidth is how much of a log line is shown.
const logWidth = 300

// within gives commands the flags that say where: a command that is copied must act where this one has looked.
func within(t Target, all []diagnosis.Remedy) []diagnosis.Remedy {
	var placed []diagnosis.Remedy
	for _, r := range all {
		switch {
		case strings.HasPrefix(r.Command, "handover "):
			r.Command += t.flags()
		case strings.HasPrefix(r.Command, "aws ") && !strings.Contains(r.Command, "--region"):
			r.Command += Target{Region: t.Region, Profile: t.Profile, EndpointURL: t.EndpointURL}.flags()
		}
		placed = append(placed, r)
	}
	return placed
}

// lookClosely reads all that a diagnosis is made of.
func lookClosely(ctx context.Context, conn *Connection, service cluster.ServiceKey) (cluster.Snapshot, cluster.ServiceView, error) {
	snapshot, view, err := look(ctx, conn, diagnosis.Scope(service))
	if err != nil {
		return snapshot, view, err
	}
	further := diagnosis.Further(snapshot, service)
	if further.Empty() {
		return snapshot, view, nil
	}
	more, err := conn.Provider.Observe(ctx, further)
	return snapshot.With(more), view, err
}

// report is the service as it is, with why it is so.
func (o *diagnoseOptions) report(conn *Connection, snapshot cluster.Snapshot, view cluster.ServiceView, d console.Diagnosis) web.Report {
	line := change{operation: "diagnose", service: o.service}.following(conn, snapshot.At, view).recorder.Timeline(true)
	title, rest, _ := strings.Cut(d.Summary, ": ")
	return web.Report{Actual: &line, Standing: true, Title: web.Sentence(title), Notes: []string{web.Sentence(rest)}, Failed: d.Exit != 0, Diagnosis: &d.Diagnosis, Place: placeOf(conn.Identity), Version: version(),
		Line: fmt.Sprintf("%d of %d tasks healthy · %s", d.Healthy, d.Desired, snapshot.At.UTC().Format("2006-01-02 15:04:05 UTC"))}
}

// explain adds to the verdict of an operation that has failed, or has run out of time, why. Where that cannot be read, the verdict stands without it.
func (d *driven) explain(ctx context.Context, service cluster.ServiceKey, verdict cluster.Verdict) cluster.Verdict {
	if verdict.End != cluster.Failed && verdict.End != cluster.TimedOut {
		return verdict
	}
	d.diagnosis = diagnosed(ctx, d.conn, service, verdict.Figures.Deployment)
	if d.diagnosis == nil {
		return verdict
	}
	command := "handover diagnose " + service.String()
	if verdict.Figures.Deployment != "" {
		command += " --deployment " + verdict.Figures.Deployment
	}
	verdict.Hints = append(slices.Clone(verdict.Hints), "to see all that speaks for it: "+command)
	return verdict
}

// diagnosed is why a deployment of a service does not get on; nil where there is nothing to explain, or it cannot be read.
func diagnosed(ctx context.Context, conn *Connection, service cluster.ServiceKey, deployment string) *diagnosis.Diagnosis {
	snapshot, _, err := lookClosely(ctx, conn, service)
	if err != nil {
		return nil
	}
	d, ok := diagnosis.Of(snapshot, service, diagnosis.Options{Deployment: deployment})
	if !ok || len(d.Causes) == 0 {
		return nil
	}
	return &d
}
