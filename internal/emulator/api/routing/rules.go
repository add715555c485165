package routing

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/pattern"
)

var nameForm = regexp.MustCompile(`^[.\-_A-Za-z0-9]{1,64}$`)

func checkPattern(text string) error {
	if _, err := pattern.Parse(text); err != nil {
		return &wire.Error{Code: "InvalidEventPatternException", Message: "Event pattern is not valid. Reason: " + err.Error()}
	}
	return nil
}

func (h *handlers) putRule(ctx context.Context, in *eventbridge.PutRuleInput) (*eventbridge.PutRuleOutput, error) {
	name, pattern := api.Value(in.Name), api.Value(in.EventPattern)
	switch {
	case !nameForm.MatchString(name):
		return nil, invalid("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+", name)
	case pattern == "" && api.Value(in.ScheduleExpression) == "":
		return nil, invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
	}
	if pattern != "" {
		if err := checkPattern(pattern); err != nil {
			return nil, err
		}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.PutRuleOutput, error) {
		if err := checkBus(v, in.EventBusName); err != nil {
			return nil, err
		}
		r := cluster.Rule{Name: name, Pattern: pattern, Schedule: api.Value(in.ScheduleExpression), Enabled: in.State != types.RuleStateDisabled,
			Description: api.Value(in.Description), Role: api.Value(in.RoleArn)}
		if former, ok := v.World.Rule(name); ok {
			r.Targets = former.Targets
		}
		ids, err := v.Act(cluster.PutRule{Rule: r})
		if err != nil {
			return nil, err
		}
		if len(in.Tags) > 0 {
			if _, err := v.Act(cluster.TagResource{ARN: ids[0], Tags: tagsOf(in.Tags)}); err != nil {
				return nil, err
			}
		}
		return &eventbridge.PutRuleOutput{RuleArn: &ids[0]}, nil
	})
}

// deleteRule removes a rule without targets. Source: API Reference, DeleteRule; the words are those of public reports.
func (h *handlers) deleteRule(ctx context.Context, in *eventbridge.DeleteRuleInput) (*eventbridge.DeleteRuleOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.DeleteRuleOutput, error) {
		if err := checkBus(v, in.EventBusName); err != nil {
			return nil, err
		}
		r, ok := v.World.Rule(api.Value(in.Name))
		if ok && len(r.Targets) > 0 {
			return nil, invalid("Rule can't be deleted since it has targets.")
		}
		_, err := v.Act(cluster.DeleteRule{Rule: api.Value(in.Name)})
		return &eventbridge.DeleteRuleOutput{}, err
	})
}

func shown(r cluster.Rule) types.Rule {
	state := types.RuleStateDisabled
	if r.Enabled {
		state = types.RuleStateEnabled
	}
	return types.Rule{Arn: &r.ARN, Name: &r.Name, EventPattern: api.Some(r.Pattern), ScheduleExpression: api.Some(r.Schedule), State: state, Description: api.Some(r.Description),
		RoleArn: api.Some(r.Role), EventBusName: api.Some("default")}
}

func (h *handlers) describeRule(ctx context.Context, in *eventbridge.DescribeRuleInput) (*eventbridge.DescribeRuleOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.DescribeRuleOutput, error) {
		r, err := find(v, in.EventBusName, in.Name)
		s := shown(r)
		return &eventbridge.DescribeRuleOutput{Arn: s.Arn, Name: s.Name, EventPattern: s.EventPattern, ScheduleExpression: s.ScheduleExpression, State: s.State, Description: s.Description,
			RoleArn: s.RoleArn, EventBusName: s.EventBusName, CreatedBy: &v.Place.Account}, err
	})
}

func (h *handlers) enable(ctx context.Context, bus, name *string, enabled bool) error {
	return h.worlds.Use(ctx, func(v api.View) error {
		r, err := find(v, bus, name)
		if err != nil {
			return err
		}
		r.Enabled = enabled
		_, err = v.Act(cluster.PutRule{Rule: r})
		return err
	})
}

func (h *handlers) enableRule(ctx context.Context, in *eventbridge.EnableRuleInput) (*eventbridge.EnableRuleOutput, error) {
	return &eventbridge.EnableRuleOutput{}, h.enable(ctx, in.EventBusName, in.Name, true)
}

func (h *handlers) disableRule(ctx context.Context, in *eventbridge.DisableRuleInput) (*eventbridge.DisableRuleOutput, error) {
	return &eventbridge.DisableRuleOutput{}, h.enable(ctx, in.EventBusName, in.Name, false)
}

func (h *handlers) listRules(ctx context.Context, in *eventbridge.ListRulesInput) (*eventbridge.ListRulesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.ListRulesOutput, error) {
		if err := checkBus(v, in.EventBusName); err != nil {
			return nil, err
		}
		all := slices.DeleteFunc(v.World.Rules(), func(r cluster.Rule) bool { return !strings.HasPrefix(r.Name, api.Value(in.NamePrefix)) })
		cut, next, err := paged(all, func(r cluster.Rule) string { return r.Name }, in.NextToken, in.Limit)
		out := &eventbridge.ListRulesOutput{Rules: []types.Rule{}, NextToken: next}
		for _, r := range cut {
			out.Rules = append(out.Rules, shown(r))
		}
		return out, err
	})
}

func (h *handlers) listRuleNamesByTarget(ctx context.Context, in *eventbridge.ListRuleNamesByTargetInput) (*eventbridge.ListRuleNamesByTargetOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.ListRuleNamesByTargetOutput, error) {
		if err := checkBus(v, in.EventBusName); err != nil {
			return nil, err
		}
		names := []string{}
		for _, r := range v.World.Rules() {
			if slices.ContainsFunc(r.Targets, func(t cluster.RuleTarget) bool { return t.ARN == api.Value(in.TargetArn) }) {
				names = append(names, r.Name)
			}
		}
		cut, next, err := paged(names, func(name string) string { return name }, in.NextToken, in.Limit)
		return &eventbridge.ListRuleNamesByTargetOutput{RuleNames: cut, NextToken: next}, err
	})
}

// mostTargets is how many targets a rule has. Source: EventBridge quotas.
const mostTargets = 5

func (h *handlers) putTargets(ctx context.Context, in *eventbridge.PutTargetsInput) (*eventbridge.PutTargetsOutput, error) {
	for _, t := range in.Targets {
		switch {
		case !nameForm.MatchString(api.Value(t.Id)):
			return nil, invalid("1 validation error detected: Value '%s' at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+", api.Value(t.Id))
		case !cluster.IsARN(api.Value(t.Arn)):
			return nil, invalid("Parameter %s is not valid. Reason: Provided Arn is not in correct format.", api.Value(t.Arn))
		case t.Input != nil && !json.Valid([]byte(*t.Input)):
			return nil, invalid("JSON syntax error in input for target %s", *t.Id)
		case t.InputTransformer != nil:
			return nil, invalid("The emulator's targets have no input transformers.")
		}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.PutTargetsOutput, error) {
		r, err := find(v, in.EventBusName, in.Rule)
		if err != nil {
			return nil, err
		}
		r.Targets = slices.Clone(r.Targets)
		for _, t := range in.Targets {
			members, err := json.Marshal(t)
			if err != nil {
				return nil, err
			}
			put := cluster.RuleTarget{ID: *t.Id, ARN: *t.Arn, Input: t.Input, InputPath: api.Value(t.InputPath), Members: members}
			at, there := slices.BinarySearchFunc(r.Targets, put.ID, func(t cluster.RuleTarget, id string) int { return strings.Compare(t.ID, id) })
			if there {
				r.Targets[at] = put
				continue
			}
			r.Targets = slices.Insert(r.Targets, at, put)
		}
		if len(r.Targets) > mostTargets {
			return nil, &wire.Error{Code: "LimitExceededException", Message: "The requested resource exceeds the maximum number allowed."}
		}
		_, err = v.Act(cluster.PutRule{Rule: r})
		return &eventbridge.PutTargetsOutput{FailedEntries: []types.PutTargetsResultEntry{}}, err
	})
}

func (h *handlers) removeTargets(ctx context.Context, in *eventbridge.RemoveTargetsInput) (*eventbridge.RemoveTargetsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.RemoveTargetsOutput, error) {
		r, err := find(v, in.EventBusName, in.Rule)
		if err != nil {
			return nil, err
		}
		out := &eventbridge.RemoveTargetsOutput{FailedEntries: []types.RemoveTargetsResultEntry{}}
		r.Targets = slices.DeleteFunc(slices.Clone(r.Targets), func(t cluster.RuleTarget) bool { return slices.Contains(in.Ids, t.ID) })
		_, err = v.Act(cluster.PutRule{Rule: r})
		return out, err
	})
}

func (h *handlers) listTargetsByRule(ctx context.Context, in *eventbridge.ListTargetsByRuleInput) (*eventbridge.ListTargetsByRuleOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.ListTargetsByRuleOutput, error) {
		r, err := find(v, in.EventBusName, in.Rule)
		if err != nil {
			return nil, err
		}
		cut, next, err := paged(r.Targets, func(t cluster.RuleTarget) string { return t.ID }, in.NextToken, in.Limit)
		out := &eventbridge.ListTargetsByRuleOutput{Targets: []types.Target{}, NextToken: next}
		for _, t := range cut {
			var one types.Target
			_ = json.Unmarshal(t.Members, &one) // written by this package
			out.Targets = append(out.Targets, one)
		}
		return out, err
	})
}

func tagsOf(given []types.Tag) []cluster.Tag {
	var all []cluster.Tag
	for _, t := range given {
		all = append(all, cluster.Tag{Key: api.Value(t.Key), Value: api.Value(t.Value)})
	}
	return all
}

// tagged finds the rule that a request about tags names.
func tagged(v api.View, arn *string) (string, error) {
	for _, r := range v.World.Rules() {
		if r.ARN == api.Value(arn) {
			return r.ARN, nil
		}
	}
	return "", notFound("Resource %s does not exist.", api.Value(arn))
}

func (h *handlers) tagResource(ctx context.Context, in *eventbridge.TagResourceInput) (*eventbridge.TagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.TagResourceOutput, error) {
		arn, err := tagged(v, in.ResourceARN)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.TagResource{ARN: arn, Tags: tagsOf(in.Tags)})
		return &eventbridge.TagResourceOutput{}, err
	})
}

func (h *handlers) untagResource(ctx context.Context, in *eventbridge.UntagResourceInput) (*eventbridge.UntagResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.UntagResourceOutput, error) {
		arn, err := tagged(v, in.ResourceARN)
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.UntagResource{ARN: arn, Keys: in.TagKeys})
		return &eventbridge.UntagResourceOutput{}, err
	})
}

func (h *handlers) listTagsForResource(ctx context.Context, in *eventbridge.ListTagsForResourceInput) (*eventbridge.ListTagsForResourceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*eventbridge.ListTagsForResourceOutput, error) {
		arn, err := tagged(v, in.ResourceARN)
		if err != nil {
			return nil, err
		}
		out := &eventbridge.ListTagsForResourceOutput{Tags: []types.Tag{}}
		for _, t := range v.World.Tags(arn) {
			out.Tags = append(out.Tags, types.Tag{Key: &t.Key, Value: &t.Value})
		}
		return out, nil
	})
}
