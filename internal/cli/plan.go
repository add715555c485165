package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/web"
)

func newPlan(f *Factory, g *globals) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plan COMMAND SERVICE|INSTANCE…",
		Short: "Say what a command would do and what it would come to, task by task",
		Long: "Say what a command would do and what it would come to, task by task. Nothing is changed.\n\n" +
			"--out FILE writes the plan; the command itself takes it with --plan FILE, and refuses when the service has changed since.",
		Example: "  handover plan restart prod/api\n" +
			"  handover plan restart prod/api --max-percent 150 --out p.json && handover restart prod/api --plan p.json\n" +
			"  handover plan drain i-0ab1c2d3e4f56789a --cluster prod\n" +
			"  handover plan restart test --emulated",
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newRestart(f, g, &planning{}), newRecycle(f, g, &planning{}), newUpdate(f, g, &planning{}), newRollback(f, g, &planning{}),
		newAbort(f, g, &planning{}), newResume(f, g, &planning{}), newRestore(f, g, &planning{}), newPlanDrain(f, g))
	return cmd
}

// planning is the verb of 'handover plan'.
type planning struct {
	out      string
	pictures pictures
	exitCode bool
}

func (v *planning) flags(flags *flagSet) {
	flags.StringVar(&v.out, "out", "", "write the plan to this file, for --plan")
	flags.BoolVar(&v.exitCode, "exit-code", false, "end with exit code 5 where it would be refused, would not finish, or would go below the service's own bounds")
	v.pictures.flags(flags)
}

func (v *planning) complete(*flagSet) error { return v.pictures.check() }

func (v *planning) run(ctx context.Context, c change) error {
	interrupts := listen(ctx, c.factory.Signals)
	ctx, done := interrupts.until(ctx, 1)
	defer done()
	conn, err := reach(ctx, c.factory, c.target, c.local)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	f, err := c.find(ctx, conn)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	if f.forecast != nil {
		return &failure{code: exitUnexpected, err: fmt.Errorf("there is no forecast of %s: %w", c.service, f.forecast)}
	}
	plan := c.plan(conn, f, true)
	if v.out != "" {
		if err := writePlan(v.out, plan); err != nil {
			return err
		}
	}
	if err := v.pictures.draw(c.foreseenReport(conn, plan)); err != nil {
		return err
	}
	if err := c.globals.teller(c.factory).Tell(plan); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	if v.exitCode && !safe(plan, f.view.Service) {
		return exit(cluster.Refused)
	}
	return nil
}

// foreseenReport is the page of a plan.
func (c change) foreseenReport(conn *Connection, plan console.Plan) web.Report {
	return web.Report{Predicted: plan.Timeline, Title: "Plan: " + c.operation + " " + c.service.String(), Failed: plan.Refusal != nil, Line: plan.Expected(), Place: placeOf(conn.Identity), Version: version()}
}

// safe tells whether a plan would be carried out, finishes in every simulated run, and stays within the service's own bounds.
func safe(p console.Plan, s cluster.Service) bool {
	if p.Refusal != nil || p.Prediction == nil {
		return false
	}
	return p.Prediction.Succeeded == p.Prediction.Seeds && p.Prediction.Lowest >= s.Bounds.Floor(s.Desired) && p.Prediction.Peak <= max(s.Desired, s.Bounds.Ceiling(s.Desired))
}

// planFile is what a command takes from a plan that was written.
type planFile struct {
	Schema      string            `json:"schema"`
	Type        string            `json:"type"`
	Operation   string            `json:"operation"`
	Service     string            `json:"service"`
	Account     string            `json:"account"`
	Region      string            `json:"region"`
	Options     map[string]string `json:"options"`
	Fingerprint string            `json:"fingerprint"`
	Instances   []console.Host    `json:"instances"` // of a drain
}

func writePlan(name string, plan console.Plan) error {
	var text bytes.Buffer
	if err := console.Encode(&text, plan); err != nil {
		return err
	}
	if err := os.WriteFile(name, text.Bytes(), 0o600); err != nil {
		return &failure{code: cluster.ExitUsage, err: fmt.Errorf("writing the plan: %w", err)}
	}
	return nil
}

// planLimit is far more than any plan has: a lane of one of 10,000 tasks takes 300 bytes.
const planLimit = 16 << 20

func readPlan(name string) (*planFile, error) {
	again := hint("write it anew: handover plan … --out " + name)
	file, err := os.Open(name)
	if err != nil {
		return nil, usage(again, "reading the plan: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, planLimit))
	if err != nil {
		return nil, usage(again, "reading the plan %s: %w", name, err)
	}
	var plan planFile
	if err := json.Unmarshal(text, &plan); err != nil {
		return nil, usage(again, "reading the plan %s: %w", name, err)
	}
	if plan.Schema != console.Schema || plan.Type != "plan" {
		return nil, usage(again, "%s is not a plan of %s: its schema is %q and its type %q", name, console.Schema, plan.Schema, plan.Type)
	}
	return &plan, nil
}

// apply sets the flags that the plan was made with. Others would make it another plan, but for those that are named.
func (p *planFile) apply(flags *flagSet, beside ...string) error {
	for _, name := range slices.Sorted(maps.Keys(optionsOf(flags))) {
		if slices.Contains(beside, name) {
			continue
		}
		return usage(hint("make a new plan with it, or leave it out"), "--%s would change what --plan says", name)
	}
	for name, value := range p.Options {
		flag := flags.Lookup(name)
		if flag == nil {
			return usage(nil, "the plan has an option %q, which this command does not know", name)
		}
		values := []string{value}
		if _, many := flag.Value.(pflag.SliceValue); many { // it was written as "[a,b]"
			values = strings.Split(strings.Trim(value, "[]"), ",")
		}
		for _, one := range values {
			if err := flags.Set(name, one); err != nil {
				return usage(nil, "the plan's option %s: %w", name, err)
			}
		}
	}
	return nil
}

// optionsOf are the flags that make a change what it is, of those that were given: not how it is reached or shown, and not what is consented to.
func optionsOf(flags *flagSet) map[string]string {
	options := map[string]string{}
	flags.Visit(func(f *pflag.Flag) {
		if !slices.Contains(besides(), f.Name) {
			options[f.Name] = f.Value.String()
		}
	})
	return options
}

// besides are the flags that do not belong to a plan.
func besides() []string {
	return []string{"region", "profile", "role-arn", "endpoint-url", "output", "jq", "progress", "color", "debug", "help",
		"cluster", "timeout", "emulated", "scenario", "speed", "yes", "confirm", "allow-new-code", "dry-run", "plan", "out", "exit-code", "html", "svg", "keep-waiting", "new"}
}

// holds tells whether the plan was made for this change of the service as it is.
func (p *planFile) holds(c change, f found) (refusal cluster.Verdict, ok bool) {
	var text string
	switch {
	case p.Operation != c.operation || p.Service != c.service.String():
		text = fmt.Sprintf("the plan is for %s %s", p.Operation, p.Service)
	case p.Fingerprint != f.fingerprint:
		text = fmt.Sprintf("%s has changed since the plan was made", c.service)
	default:
		return cluster.Verdict{}, true
	}
	refusal = refused("stale-plan", text)
	refusal.Hints = []string{fmt.Sprintf("to make a new one: handover plan %s %s --out FILE", c.operation, c.service)}
	return refusal, false
}

// fingerprint is one value of all that a plan depends on: what the service is to run, within which bounds, its deployments, the tasks that are there, and what
// decides how they come and go. Counts and health are not in it: they change from minute to minute.
func fingerprint(view cluster.ServiceView) string {
	s := view.Service
	type deployment struct{ ID, Definition, Rollout string }
	told := struct {
		Service      string
		Definition   string
		Desired      int
		Bounds       cluster.Bounds
		Breaker      cluster.Breaker
		Attachments  []cluster.Attachment
		TargetGroups []cluster.TargetGroup
		Deployments  []deployment
		Tasks        []string
	}{Service: s.ARN, Definition: s.Definition, Desired: s.Desired, Bounds: s.Bounds, Breaker: s.Breaker, Attachments: s.Attachments, TargetGroups: view.TargetGroups}
	for _, d := range s.Deployments {
		told.Deployments = append(told.Deployments, deployment{d.ID, d.Definition, string(d.Rollout)})
	}
	for _, t := range view.Tasks {
		if t.MeantToRun() {
			told.Tasks = append(told.Tasks, t.ID)
		}
	}
	text, err := json.Marshal(told)
	if err != nil {
		panic(errors.Join(errors.New("a service cannot be written as JSON"), err)) // it is made of strings and numbers
	}
	return digest(text)
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
