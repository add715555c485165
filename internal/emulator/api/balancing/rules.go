package balancing

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

// defaultPriority is that of a listener's default rule, which is evaluated last.
const defaultPriority = "default"

// rule is a rule with its object.
type rule struct {
	types.Rule
	object world.Object
}

// order is how rules are evaluated: by priority, the default rule last.
func (r rule) order() string {
	n, err := strconv.Atoi(*r.Priority)
	if err != nil {
		return "default"
	}
	return fmt.Sprintf("%09d", n)
}

func (r rule) isDefault() bool { return api.Value(r.IsDefault) }

func (h *handlers) createRule(ctx context.Context, in *elbv2.CreateRuleInput) (*elbv2.CreateRuleOutput, error) {
	if err := checkPriority(in.Priority); err != nil {
		return nil, err
	}
	conditions, err := conditionsOf(in.Conditions)
	if err != nil {
		return nil, err
	}
	if len(conditions) == 0 {
		return nil, invalid("At least one condition must be specified")
	}
	if _, err := tagsFrom(nil, in.Tags); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.CreateRuleOutput, error) {
		of, err := h.routing(v, in.ListenerArn)
		if err != nil {
			return nil, err
		}
		all, err := h.rules(v, of.ARN)
		if err != nil {
			return nil, err
		}
		priority := strconv.Itoa(int(*in.Priority))
		if slices.ContainsFunc(all, func(r rule) bool { return *r.Priority == priority }) {
			return nil, priorityInUse(priority)
		}
		no := false
		made := types.Rule{Priority: &priority, IsDefault: &no, Conditions: conditions, Actions: completed(in.Actions), Transforms: in.Transforms}
		if err := h.checkActions(v, of.Parent, made.Actions); err != nil {
			return nil, err
		}
		o, err := h.write(v, world.Object{ARN: ruleKind.beneath(of.ARN), Type: ruleKind.name, Parent: of.ARN}, made, beside{})
		if err != nil {
			return nil, err
		}
		if err := tag(v, o.ARN, in.Tags); err != nil {
			return nil, err
		}
		out, err := h.rule(v, o)
		return &elbv2.CreateRuleOutput{Rules: []types.Rule{out.Rule}}, err
	})
}

// routing finds a listener that may have rules: those of Application Load Balancers. Source: API Reference, CreateRule.
func (h *handlers) routing(v api.View, arn *string) (world.Object, error) {
	of, err := listenerKind.find(v, arn)
	if err != nil {
		return of, err
	}
	l, _, err := read[types.Listener](h, of)
	if err == nil && l.Protocol != types.ProtocolEnumHttp && l.Protocol != types.ProtocolEnumHttps {
		err = misconfigured("Rules are supported for listeners of Application Load Balancers only")
	}
	return of, err
}

func (h *handlers) describeRules(ctx context.Context, in *elbv2.DescribeRulesInput) (*elbv2.DescribeRulesOutput, error) {
	if (in.ListenerArn == nil) == (len(in.RuleArns) == 0) {
		return nil, invalid("You must specify either listener ARN or rule ARNs")
	}
	if err := sized(in.PageSize); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeRulesOutput, error) {
		all, err := h.rulesAsked(v, in)
		if err != nil {
			return nil, err
		}
		cut, next, err := paged(all, func(r rule) string { return r.order() + r.object.ARN }, in.Marker, in.PageSize)
		out := &elbv2.DescribeRulesOutput{Rules: shown(cut), NextMarker: next}
		return out, err
	})
}

func shown(all []rule) []types.Rule {
	out := []types.Rule{}
	for _, r := range all {
		out = append(out, r.Rule)
	}
	return out
}

func (h *handlers) rulesAsked(v api.View, in *elbv2.DescribeRulesInput) ([]rule, error) {
	if in.ListenerArn != nil {
		of, err := listenerKind.find(v, in.ListenerArn)
		if err != nil {
			return nil, err
		}
		return h.rules(v, of.ARN)
	}
	found, err := ruleKind.all(v, in.RuleArns)
	if err != nil {
		return nil, err
	}
	return h.inOrder(v, found)
}

// rules gives the rules of a listener in the order in which they are evaluated.
func (h *handlers) rules(v api.View, listener string) ([]rule, error) {
	return h.inOrder(v, v.World.DeclaredBeneath(listener, ruleKind.name))
}

func (h *handlers) inOrder(v api.View, objects []world.Object) ([]rule, error) {
	all := make([]rule, 0, len(objects))
	for _, o := range objects {
		r, err := h.rule(v, o)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	all = api.InOrder(all, func(r rule) string { return r.order() + r.object.ARN })
	return all, nil
}

// rule renders a rule. The default rule has its listener's default actions.
func (h *handlers) rule(v api.View, o world.Object) (rule, error) {
	r, _, err := read[types.Rule](h, o)
	if err != nil {
		return rule{}, err
	}
	r.RuleArn = &o.ARN
	if r.Conditions == nil {
		r.Conditions = []types.RuleCondition{}
	}
	if api.Value(r.IsDefault) {
		of, _ := v.World.DeclaredAt(o.Parent)
		l, _, err := read[types.Listener](h, of)
		if err != nil {
			return rule{}, err
		}
		r.Actions = l.DefaultActions
	}
	return rule{Rule: r, object: o}, nil
}

func (h *handlers) modifyRule(ctx context.Context, in *elbv2.ModifyRuleInput) (*elbv2.ModifyRuleOutput, error) {
	conditions, err := conditionsOf(in.Conditions)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.ModifyRuleOutput, error) {
		r, err := h.changeable(v, in.RuleArn, "modified")
		if err != nil {
			return nil, err
		}
		if len(conditions) > 0 {
			r.Conditions = conditions
		}
		if len(in.Actions) > 0 {
			r.Actions = completed(in.Actions)
		}
		if in.Transforms != nil {
			r.Transforms = in.Transforms
		}
		if api.Value(in.ResetTransforms) {
			r.Transforms = nil
		}
		of, _ := v.World.DeclaredAt(r.object.Parent)
		if err := h.checkActions(v, of.Parent, r.Actions); err != nil {
			return nil, err
		}
		_, err = h.write(v, r.object, r.Rule, beside{})
		return &elbv2.ModifyRuleOutput{Rules: []types.Rule{r.Rule}}, err
	})
}

func (h *handlers) deleteRule(ctx context.Context, in *elbv2.DeleteRuleInput) (*elbv2.DeleteRuleOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DeleteRuleOutput, error) {
		r, err := h.changeable(v, in.RuleArn, "deleted")
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.Retract{ARN: r.object.ARN})
		return &elbv2.DeleteRuleOutput{}, err
	})
}

// changeable finds a rule that is no default rule. The words are those of public reports.
func (h *handlers) changeable(v api.View, arn *string, done string) (rule, error) {
	o, err := ruleKind.find(v, arn)
	if err != nil {
		return rule{}, err
	}
	r, err := h.rule(v, o)
	if err == nil && r.isDefault() {
		err = notPermitted("Default rule '%s' cannot be %s", o.ARN, done)
	}
	return r, err
}

func (h *handlers) setRulePriorities(ctx context.Context, in *elbv2.SetRulePrioritiesInput) (*elbv2.SetRulePrioritiesOutput, error) {
	if len(in.RulePriorities) == 0 {
		return nil, invalid("At least one rule priority must be specified")
	}
	for _, p := range in.RulePriorities {
		if err := checkPriority(p.Priority); err != nil {
			return nil, err
		}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.SetRulePrioritiesOutput, error) {
		var moved []rule
		for _, p := range in.RulePriorities {
			r, err := h.changeable(v, p.RuleArn, "modified")
			if err != nil {
				return nil, err
			}
			r.Priority = api.Some(strconv.Itoa(int(*p.Priority)))
			moved = append(moved, r)
		}
		if err := h.distinct(v, moved); err != nil {
			return nil, err
		}
		for _, r := range moved {
			if _, err := h.write(v, r.object, r.Rule, beside{}); err != nil {
				return nil, err
			}
		}
		return &elbv2.SetRulePrioritiesOutput{Rules: shown(moved)}, nil
	})
}

// distinct tells whether no two rules of a listener have one priority once some are moved. The request fails as a whole.
func (h *handlers) distinct(v api.View, moved []rule) error {
	taken := map[string]bool{}
	for _, r := range moved {
		place := r.object.Parent + " " + *r.Priority
		if taken[place] {
			return priorityInUse(*r.Priority)
		}
		taken[place] = true
	}
	for _, r := range moved {
		all, err := h.rules(v, r.object.Parent)
		if err != nil {
			return err
		}
		for _, other := range all {
			stays := !slices.ContainsFunc(moved, func(m rule) bool { return m.object.ARN == other.object.ARN })
			if stays && taken[other.object.Parent+" "+*other.Priority] {
				return priorityInUse(*other.Priority)
			}
		}
	}
	return nil
}

// checkPriority: 1 to 50,000. Source: API Reference, CreateRule.Priority; the words are those of AWS's common check of ranges.
func checkPriority(given *int32) error {
	constraint := "greater than or equal to 1"
	switch {
	case given == nil:
		return invalid("A priority must be specified")
	case *given > 50000:
		constraint = "less than or equal to 50000"
	case *given >= 1:
		return nil
	}
	return invalid("1 validation error detected: Value '%d' at 'priority' failed to satisfy constraint: Member must have value %s", *given, constraint)
}

func priorityInUse(priority string) error {
	return &wire.Error{Code: "PriorityInUse", Message: "Priority '" + priority + "' is currently in use"}
}

func ruleNotFound() error {
	return &wire.Error{Code: "RuleNotFound", Message: "One or more rules not found"}
}
