package balancing

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// completed gives the actions of a request as descriptions show them: with both ways to name a target group and the defaults of a redirect filled in, and
// without secrets. Source: API Reference, Action, RedirectActionConfig.
func completed(given []types.Action) []types.Action {
	out := make([]types.Action, 0, len(given))
	for _, a := range given {
		switch a.Type {
		case types.ActionTypeEnumForward:
			a = forwarding(a)
		case types.ActionTypeEnumRedirect:
			redirect := api.Value(a.RedirectConfig)
			fillPointer(&redirect.Host, "#{host}")
			fillPointer(&redirect.Path, "/#{path}")
			fillPointer(&redirect.Port, "#{port}")
			fillPointer(&redirect.Protocol, "#{protocol}")
			fillPointer(&redirect.Query, "#{query}")
			a.RedirectConfig = &redirect
		case types.ActionTypeEnumAuthenticateOidc:
			oidc := api.Value(a.AuthenticateOidcConfig)
			oidc.ClientSecret = nil
			a.AuthenticateOidcConfig = &oidc
		case types.ActionTypeEnumAuthenticateCognito, types.ActionTypeEnumFixedResponse, types.ActionTypeEnumJwtValidation:
		}
		out = append(out, a)
	}
	return out
}

func forwarding(a types.Action) types.Action {
	config := api.Value(a.ForwardConfig)
	config.TargetGroups = slices.Clone(config.TargetGroups)
	if len(config.TargetGroups) == 0 {
		config.TargetGroups = []types.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn}}
	}
	for i := range config.TargetGroups {
		fillPointer(&config.TargetGroups[i].Weight, 1) // of the only group; several must have weights
	}
	if config.TargetGroupStickinessConfig == nil {
		off := false
		config.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: &off}
	}
	if len(config.TargetGroups) == 1 {
		a.TargetGroupArn = config.TargetGroups[0].TargetGroupArn
	}
	a.ForwardConfig = &config
	return a
}

// groupsOf are the target groups that actions forward to.
func groupsOf(actions []types.Action) []string {
	var all []string
	for _, a := range actions {
		if a.TargetGroupArn != nil {
			all = append(all, *a.TargetGroupArn)
		}
		if a.ForwardConfig != nil {
			for _, t := range a.ForwardConfig.TargetGroups {
				all = append(all, api.Value(t.TargetGroupArn))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// checkActions refuses actions that ELBv2 refuses. Source: API Reference, Action and CreateRule.Actions; the words about target groups are those of
// public reports, the others are ours.
func (h *handlers) checkActions(v api.View, balancer string, actions []types.Action) error {
	last := []types.ActionTypeEnum{types.ActionTypeEnumForward, types.ActionTypeEnumRedirect, types.ActionTypeEnumFixedResponse}
	if len(actions) == 0 {
		return invalid("At least one action must be specified")
	}
	for i, a := range actions {
		if slices.Contains(last, a.Type) != (i == len(actions)-1) {
			return invalid("The last action, and no other, must be of the type 'forward', 'redirect', or 'fixed-response'")
		}
		if !slices.Contains(a.Type.Values(), a.Type) {
			return invalid("The action type '%s' is not valid", a.Type)
		}
		if a.Type == types.ActionTypeEnumForward && len(groupsOf(actions[i:])) == 0 {
			return invalid("A target group ARN must be specified")
		}
		if a.Type == types.ActionTypeEnumFixedResponse {
			if err := checkFixedResponse(a.FixedResponseConfig); err != nil {
				return err
			}
		}
	}
	users, err := h.users(v)
	if err != nil {
		return err
	}
	for _, arn := range groupsOf(actions) {
		if _, err := group(v, &arn); err != nil {
			return err
		}
		if of := users[arn]; len(of) > 0 && !slices.Contains(of, balancer) {
			return &wire.Error{Code: "TargetGroupAssociationLimit", Message: "The following target groups cannot be associated with more than one load balancer: " + arn}
		}
	}
	return nil
}

// statusForm are the codes of a fixed response.
var statusForm = regexp.MustCompile(`^(2|4|5)\d\d$`)

// checkFixedResponse. Source: API Reference, FixedResponseActionConfig.
func checkFixedResponse(c *types.FixedResponseActionConfig) error {
	if c == nil || api.Value(c.StatusCode) == "" {
		return invalid("A status code must be specified for a fixed-response action")
	}
	if !statusForm.MatchString(*c.StatusCode) {
		return invalid("1 validation error detected: Value '%s' at 'actions.1.member.fixedResponseConfig.statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: %s", *c.StatusCode, statusForm)
	}
	kinds := []string{"text/plain", "text/css", "text/html", "application/javascript", "application/json"}
	if kind := api.Value(c.ContentType); kind != "" && !slices.Contains(kinds, kind) {
		return &wire.Error{Code: "InvalidLoadBalancerAction", Message: "The ContentType must be one of:'" + strings.Join(kinds, "', '") + "'"} // public reports
	}
	if len(api.Value(c.MessageBody)) > 1024 {
		return invalid("The MessageBody can have at most 1024 characters")
	}
	return nil
}

// users gives the load balancers whose listeners and rules forward to each target group.
func (h *handlers) users(v api.View) (map[string][]string, error) {
	users := map[string][]string{}
	of := map[string]string{} // the load balancer of each listener
	for _, o := range v.World.Declared(listenerKind.name) {
		l, _, err := read[types.Listener](h, o)
		if err != nil {
			return nil, err
		}
		of[o.ARN] = o.Parent
		for _, arn := range groupsOf(l.DefaultActions) {
			users[arn] = append(users[arn], o.Parent)
		}
	}
	for _, o := range v.World.Declared(ruleKind.name) {
		r, _, err := read[types.Rule](h, o)
		if err != nil {
			return nil, err
		}
		for _, arn := range groupsOf(r.Actions) {
			users[arn] = append(users[arn], of[o.Parent])
		}
	}
	for arn, all := range users {
		slices.Sort(all)
		users[arn] = slices.Compact(all)
	}
	return users, nil
}

// conditionsOf gives the conditions of a request as descriptions show them: with both ways to name values. Source: API Reference, RuleCondition.
func conditionsOf(given []types.RuleCondition) ([]types.RuleCondition, error) {
	out := make([]types.RuleCondition, 0, len(given))
	for _, c := range given {
		values := c.Values
		if err := checkCondition(c); err != nil {
			return nil, err
		}
		switch field := api.Value(c.Field); field {
		case "path-pattern":
			config := api.Value(c.PathPatternConfig)
			values = first(config.Values, values)
			config.Values, c.PathPatternConfig, c.Values = values, &config, values
			values = slices.Concat(values, config.RegexValues)
		case "host-header":
			config := api.Value(c.HostHeaderConfig)
			values = first(config.Values, values)
			config.Values, c.HostHeaderConfig, c.Values = values, &config, values
			values = slices.Concat(values, config.RegexValues)
		case "http-header":
			values = slices.Concat(api.Value(c.HttpHeaderConfig).Values, api.Value(c.HttpHeaderConfig).RegexValues)
		case "http-request-method":
			values = api.Value(c.HttpRequestMethodConfig).Values
		case "source-ip":
			values = api.Value(c.SourceIpConfig).Values
		case "query-string":
			values = make([]string, len(api.Value(c.QueryStringConfig).Values))
		default:
			fields := []string{"http-header", "http-request-method", "host-header", "path-pattern", "source-ip", "query-string"}
			return nil, invalid("Condition field '%s' must be one of '[%s]'", field, strings.Join(fields, ","))
		}
		if len(values) == 0 {
			return nil, invalid("A condition value must be specified")
		}
		if err := fits(*c.Field, values); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// methodForm are the methods of a condition.
var methodForm = regexp.MustCompile(`^[A-Z_-]*$`)

// checkCondition refuses what the field of a condition does not allow. Source: API Reference, RuleCondition and what it consists of; the words are those of public reports.
func checkCondition(c types.RuleCondition) error {
	const lacks = "A '%s' must be specified with '%s'"
	switch field := api.Value(c.Field); field {
	case "host-header", "path-pattern":
		if len(c.Values) > 1 && c.HostHeaderConfig == nil && c.PathPatternConfig == nil {
			return invalid("The '%s' field contains too many values; the limit is '1'", field)
		}
	case "http-header":
		if c.HttpHeaderConfig == nil {
			return invalid(lacks, "HttpHeaderConfig", field)
		}
		if len(api.Value(c.HttpHeaderConfig.HttpHeaderName)) > 40 {
			return invalid("The 'HttpHeaderName' value is too long; the limit is '40'")
		}
	case "http-request-method":
		if c.HttpRequestMethodConfig == nil {
			return invalid(lacks, "HttpRequestMethodConfig", field)
		}
		if slices.ContainsFunc(c.HttpRequestMethodConfig.Values, func(m string) bool { return !methodForm.MatchString(m) }) {
			return invalid("The 'http-request-method' value is invalid; the allowed characters are A-Z, hyphen and underscore")
		}
	case "source-ip":
		if c.SourceIpConfig == nil {
			return invalid(lacks, "SourceIpConfig", field)
		}
		if len(c.SourceIpConfig.Values) == 0 {
			return invalid("A 'source-ip' value must be specified")
		}
	case "query-string":
		return checkQueries(c.QueryStringConfig)
	}
	return nil
}

func checkQueries(given *types.QueryStringConditionConfig) error {
	if given == nil {
		return invalid("A 'QueryStringConfig' must be specified with 'query-string'")
	}
	for _, q := range given.Values {
		switch {
		case len(api.Value(q.Key)) > 128:
			return invalid("The 'Key' value is too long; the limit is '128'")
		case len(api.Value(q.Value)) > 128:
			return invalid("The 'Value' value is too long; the limit is '128'")
		case api.Value(q.Value) == "":
			return invalid("A 'Value' must be specified in 'QueryStringKeyValuePair'")
		}
	}
	return nil
}

// fits refuses values that are too long. Source: API Reference, RuleCondition; the words are those of public reports.
func fits(field string, values []string) error {
	limit := 128
	if field == "http-request-method" {
		limit = 40
	}
	for _, value := range values {
		if len(value) > limit {
			return invalid("The '%s' value is too long; the limit is '%d'", field, limit)
		}
	}
	return nil
}

func first(one, other []string) []string {
	if len(one) > 0 {
		return one
	}
	return other
}
