package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// This file binds a drain to a plan that was written: 'handover plan drain --out FILE', and then 'handover drain --plan FILE'.

// choosing are the flags that say which instances; a plan names those that they chose.
func choosing() []string { return []string{"asg", "oldest", "ami-not"} }

// optionsOfDrain are the flags that a plan keeps.
func optionsOfDrain(flags *flagSet) map[string]string {
	options := optionsOf(flags)
	maps.DeleteFunc(options, func(name, _ string) bool { return name == "record" || slices.Contains(choosing(), name) })
	return options
}

// bind takes the instances, their cluster and the options from a plan, where the command line names one.
func (o *drainOptions) bind(cmd *cobra.Command) error {
	if o.file == "" {
		return nil
	}
	plan, err := readPlan(o.file)
	if err != nil {
		return err
	}
	flags := cmd.Flags()
	again := hint("make a new plan with it, or leave it out")
	switch inCluster, _, _ := strings.Cut(plan.Service, "/"); {
	case plan.Operation != operation.KindDrain || len(plan.Instances) == 0:
		return usage(hint("to carry it out: handover "+plan.Operation+" "+plan.Service+" --plan "+o.file), "%s is a plan for %s %s", o.file, plan.Operation, plan.Service)
	case len(o.instances) > 0:
		return usage(hint("leave the instances out, or make a new plan of them"), "--plan says which instances are drained")
	case o.cancel:
		return usage(again, "--cancel would change what --plan says")
	case flags.Changed("cluster") && o.cluster != inCluster:
		return usage(again, "--cluster %s would change what --plan says", o.cluster)
	default:
		o.cluster = inCluster
	}
	for _, name := range choosing() {
		if flags.Changed(name) {
			return usage(again, "--%s would change what --plan says", name)
		}
	}
	if err := plan.apply(flags, "record"); err != nil {
		return err
	}
	for _, i := range plan.Instances {
		o.instances = append(o.instances, i.Name)
	}
	o.bound = plan
	return nil
}

// fingerprint is one value of all that a plan of a drain depends on: the cluster's instances, with the tasks of those that leave, and every service that has some of them.
func (x expected) fingerprint() string {
	type instance struct {
		ARN, Status string
		Connected   bool
		Tasks       []string
	}
	told := struct {
		Instances []instance
		Services  []string
	}{}
	views := x.onHosts
	if len(x.before.Instances) > 0 {
		views = x.before.Instances
	}
	for _, v := range views {
		i := instance{ARN: v.Instance.ARN, Status: string(v.Instance.Status), Connected: v.Instance.Connected}
		for _, t := range v.Tasks {
			if t.MeantToRun() {
				i.Tasks = append(i.Tasks, t.ID)
			}
		}
		told.Instances = append(told.Instances, i)
	}
	for _, v := range x.before.Services {
		told.Services = append(told.Services, fingerprint(v))
	}
	text, err := json.Marshal(told)
	if err != nil {
		panic(errors.Join(errors.New("instances cannot be written as JSON"), err)) // it is made of strings and booleans
	}
	return digest(text)
}

// stale refuses a plan that was made of other instances or services than there are now.
func (o *drainOptions) stale(x expected) (refusal cluster.Verdict, is bool) {
	if o.bound == nil || o.bound.Fingerprint == x.fingerprint() {
		return cluster.Verdict{}, false
	}
	refusal = refused("stale-plan", fmt.Sprintf("the instances of %s, or services with tasks on %s, have changed since the plan was made", o.cluster, o.subject()))
	refusal.Hints = []string{fmt.Sprintf("to make a new one: handover plan drain %s --cluster %s --out FILE", strings.Join(o.instances, " "), o.cluster)}
	return refusal, true
}
