package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"handover/internal/cluster"
)

type flagSet = pflag.FlagSet

// consent is what the user agrees to: by flags, or by an answer on a terminal.
type consent struct {
	yes     bool
	confirm string // the service's name
	newCode bool
	dryRun  bool
	another bool   // deployment, although the same command has begun one that is in flight
	file    string // of a plan
	plan    *planFile
}

func (v *carryOut) flags(flags *flagSet) {
	flags.BoolVar(&v.consent.yes, "yes", false, "do it without asking; needed where no terminal can be asked")
	flags.BoolVar(&v.consent.dryRun, "dry-run", false, "say what would be done and what it would come to, and change nothing")
	if !v.ends {
		flags.StringVar(&v.consent.confirm, "confirm", "", "the service's name: do without asking what goes below the service's own bounds")
		flags.BoolVar(&v.consent.newCode, "allow-new-code", false, "do it although an image's tag stands for other code now than what runs")
		flags.BoolVar(&v.consent.another, "new", false, "begin another deployment although the one that this command began before is in flight; without it, that one is followed")
	}
	flags.StringVar(&v.consent.file, "plan", "", "do what this file of 'handover plan --out' says, unless the service has changed since")
	v.pictures.flags(flags)
}

func (v *carryOut) complete(flags *flagSet) error {
	if err := v.pictures.check(); err != nil || v.consent.file == "" {
		return err
	}
	plan, err := readPlan(v.consent.file)
	if err != nil {
		return err
	}
	if len(plan.Instances) > 0 {
		return usage(hint("to carry it out: handover drain --plan "+v.consent.file), "%s is a plan for %s %s", v.consent.file, plan.Operation, plan.Service)
	}
	v.consent.plan = plan
	return plan.apply(flags)
}

// chooses tells whether somebody is going to read what else could be done before it is done.
func (c consent) chooses(what change) bool {
	streams := what.factory.Streams
	return c.dryRun || streams.InTTY && streams.ErrTTY && !c.yes && what.target.Scene == nil
}

// given tells whether the change may be carried out; if not, the verdict says why.
func (c consent) given(what change, f found, i *interrupts) (verdict cluster.Verdict, agreed bool) {
	if c.plan != nil {
		if refusal, stands := c.plan.holds(what, f); !stands {
			return refusal, false
		}
	}
	if what.follows || what.target.Scene != nil {
		return cluster.Verdict{}, true // nothing is begun, or AWS is not touched
	}
	streams := what.factory.Streams
	danger := ""
	if what.danger != nil {
		danger = what.danger(f.view.Service)
	}
	agreed = c.yes || c.confirm == what.service.Service || c.plan != nil
	if danger != "" {
		agreed = c.confirm == what.service.Service
	}
	unasked := f.preview.Verdict != nil && !c.newCode
	if agreed && !unasked {
		return cluster.Verdict{}, true
	}
	if !streams.InTTY || !streams.ErrTTY {
		return c.silent(what, f, danger), false
	}
	if f.prediction != nil {
		if err := streams.Ask(*f.prediction); err != nil {
			return refused("no-answer", "the question could not be asked"), false
		}
	}
	return answered(ask(streams, i, question(what, f, danger), danger != "", what.service.Service))
}

// silent refuses where nobody can be asked. New code was refused by the operation already, and in better words.
func (c consent) silent(what change, f found, danger string) cluster.Verdict {
	if f.preview.Verdict != nil {
		return *f.preview.Verdict
	}
	if danger != "" {
		verdict := refused("not-confirmed", danger+", and nobody can be asked")
		verdict.Hints = []string{"to do it without being asked: --confirm " + what.service.Service}
		return verdict
	}
	verdict := refused("not-confirmed", "nobody can be asked whether to go on")
	verdict.Hints = []string{"to go on without being asked: --yes", "to see only what would happen: --dry-run"}
	return verdict
}

// question is what is asked before the answer is read.
func question(what change, f found, danger string) string {
	var b strings.Builder
	if v := f.preview.Verdict; v != nil {
		fmt.Fprintf(&b, "%s:\n  %s\n", v.Cause.Text, strings.Join(v.Cause.Evidence, "\n  "))
	}
	if danger != "" {
		fmt.Fprintf(&b, "Careful: %s. To go on, type the service's name (%s): ", danger, what.service.Service)
		return b.String()
	}
	b.WriteString("Proceed? [y/N] ")
	return b.String()
}

func answered(a answer) (verdict cluster.Verdict, agreed bool) {
	switch a {
	case yes:
		return cluster.Verdict{}, true
	case interrupted:
		cause := cluster.Cause{Code: "interrupted", Certain: true, Text: "interrupted before anything was changed"}
		return cluster.Verdict{End: cluster.Interrupted, Summary: cause.Text, Cause: &cause}, false
	case no:
	}
	return refused("answer-no", "the answer was No"), false
}

func refused(code, text string) cluster.Verdict {
	return cluster.Verdict{End: cluster.Refused, Summary: text, Cause: &cluster.Cause{Code: code, Text: text, Certain: true}}
}
