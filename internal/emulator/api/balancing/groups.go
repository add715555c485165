package balancing

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

func (h *handlers) createTargetGroup(ctx context.Context, in *elbv2.CreateTargetGroupInput) (*elbv2.CreateTargetGroupOutput, error) {
	if err := checkCreate(in); err != nil {
		return nil, err
	}
	if _, err := tagsFrom(nil, in.Tags); err != nil {
		return nil, err
	}
	declared, err := h.codec.Encode(in)
	if err != nil {
		return nil, err
	}
	text, err := keep(nil, declared, nil)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.CreateTargetGroupOutput, error) {
		if lost := v.LostNetwork(api.Value(in.VpcId)); lost != "" {
			return nil, invalid("The VPC ID '%s' is not found", lost)
		}
		ids, err := v.Act(cluster.CreateTargetGroup{Members: text, Group: cluster.TargetGroup{
			Name:               *in.Name,
			CheckInterval:      seconds(in.HealthCheckIntervalSeconds, interval(in)),
			HealthyThreshold:   int(or(in.HealthyThresholdCount, 5)),
			UnhealthyThreshold: int(or(in.UnhealthyThresholdCount, 2)),
			DrainDelay:         300 * time.Second,
			Protocol:           string(in.Protocol),
			Port:               int(api.Value(in.Port)),
		}})
		if err != nil {
			return nil, err
		}
		if err := tag(v, ids[0], in.Tags); err != nil {
			return nil, err
		}
		found, err := group(v, &ids[0])
		if err != nil {
			return nil, err
		}
		out, err := h.render(found, nil)
		out.LoadBalancerArns = nil // Source: API Reference, CreateTargetGroup, the example: a new one does not show it
		return &elbv2.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{out}}, err
	})
}

func (h *handlers) describeTargetGroups(ctx context.Context, in *elbv2.DescribeTargetGroupsInput) (*elbv2.DescribeTargetGroupsOutput, error) {
	given := 0
	for _, is := range []bool{len(in.TargetGroupArns) > 0, len(in.Names) > 0, in.LoadBalancerArn != nil} {
		if is {
			given++
		}
	}
	switch {
	case given > 1:
		return nil, invalid("Target group ARNs, target group names, and a load balancer ARN cannot be specified at the same time")
	case in.PageSize != nil && (*in.PageSize < 1 || *in.PageSize > 400):
		return nil, invalid("The page size must be between 1 and 400")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeTargetGroupsOutput, error) {
		users, err := h.users(v)
		if err != nil {
			return nil, err
		}
		all, err := chosen(v, in, users)
		if err != nil {
			return nil, err
		}
		cut, next, err := api.Page(all, func(g world.TargetGroup) string { return g.Name }, api.Value(in.Marker), int(or(in.PageSize, 400)))
		if err != nil {
			return nil, invalid("The marker is not valid")
		}
		out := &elbv2.DescribeTargetGroupsOutput{TargetGroups: []types.TargetGroup{}, NextMarker: api.Some(next)}
		for _, g := range cut {
			rendered, err := h.render(g, users)
			if err != nil {
				return nil, err
			}
			out.TargetGroups = append(out.TargetGroups, rendered)
		}
		return out, nil
	})
}

// chosen gives the target groups that are asked for, by name. One that is not there is an error.
func chosen(v api.View, in *elbv2.DescribeTargetGroupsInput, users map[string][]string) ([]world.TargetGroup, error) {
	var all []world.TargetGroup
	if in.LoadBalancerArn != nil {
		of, err := balancerKind.find(v, in.LoadBalancerArn)
		return slices.DeleteFunc(v.World.TargetGroups(), func(g world.TargetGroup) bool { return !slices.Contains(users[g.ARN], of.ARN) }), err
	}
	missing := len(in.TargetGroupArns) + len(in.Names)
	everything := missing == 0
	for _, g := range v.World.TargetGroups() {
		asked := slices.Contains(in.TargetGroupArns, g.ARN) || slices.Contains(in.Names, g.Name)
		if asked {
			missing--
		}
		if asked || everything {
			all = append(all, g)
		}
	}
	if missing > 0 {
		return nil, groupNotFound()
	}
	all = api.InOrder(all, func(g world.TargetGroup) string { return g.Name })
	return all, nil
}

func (h *handlers) modifyTargetGroup(ctx context.Context, in *elbv2.ModifyTargetGroupInput) (*elbv2.ModifyTargetGroupOutput, error) {
	declared, err := h.codec.Encode(in)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.ModifyTargetGroupOutput, error) {
		found, err := group(v, in.TargetGroupArn)
		if err != nil {
			return nil, err
		}
		before, err := h.render(found, nil)
		if err != nil {
			return nil, err
		}
		given := checks{before.Protocol, in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds, in.HealthyThresholdCount, in.UnhealthyThresholdCount}
		if err := given.check(); err != nil {
			return nil, err
		}
		action := cluster.ModifyTargetGroup{Group: found.ARN, HealthyThreshold: count(in.HealthyThresholdCount), UnhealthyThreshold: count(in.UnhealthyThresholdCount)}
		if in.HealthCheckIntervalSeconds != nil {
			interval := seconds(in.HealthCheckIntervalSeconds, 0)
			action.CheckInterval = &interval
		}
		if action.Members, err = keep(found.Members, declared, nil); err != nil {
			return nil, err
		}
		if _, err := v.Act(action); err != nil {
			return nil, err
		}
		if found, err = group(v, in.TargetGroupArn); err != nil {
			return nil, err
		}
		users, err := h.users(v)
		if err != nil {
			return nil, err
		}
		out, err := h.render(found, users)
		return &elbv2.ModifyTargetGroupOutput{TargetGroups: []types.TargetGroup{out}}, err
	})
}

func (h *handlers) deleteTargetGroup(ctx context.Context, in *elbv2.DeleteTargetGroupInput) (*elbv2.DeleteTargetGroupOutput, error) {
	if api.Value(in.TargetGroupArn) == "" {
		return nil, invalid("A target group ARN must be specified")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DeleteTargetGroupOutput, error) {
		users, err := h.users(v)
		if err != nil {
			return nil, err
		}
		if len(users[*in.TargetGroupArn]) > 0 { // the words are those of public reports
			return nil, &wire.Error{Code: "ResourceInUse", Message: "Target group '" + *in.TargetGroupArn + "' is currently in use by a listener or a rule"}
		}
		_, err = v.Act(cluster.DeleteTargetGroup{Group: *in.TargetGroupArn})
		return &elbv2.DeleteTargetGroupOutput{}, err
	})
}

// group finds a target group by a parameter.
func group(v api.View, arn *string) (world.TargetGroup, error) {
	if api.Value(arn) == "" {
		return world.TargetGroup{}, invalid("A target group ARN must be specified")
	}
	if parsed, err := cluster.ParseARN(*arn); err != nil || parsed.Service != "elasticloadbalancing" {
		return world.TargetGroup{}, invalid("'%s' is not a valid target group ARN", *arn)
	}
	found, ok := v.World.TargetGroup(*arn)
	if !ok {
		return world.TargetGroup{}, groupNotFound()
	}
	return found, nil
}

// render shows a target group, with the defaults that ELBv2 fills in. Source: API Reference, CreateTargetGroup.
// users are the load balancers that forward to each target group.
func (h *handlers) render(g world.TargetGroup, users map[string][]string) (types.TargetGroup, error) {
	var out types.TargetGroup
	if len(g.Members) > 0 {
		if err := h.codec.Decode(g.Members, &out); err != nil {
			return out, err
		}
		fill(&out.TargetType, types.TargetTypeEnumInstance)
	}
	out.TargetGroupArn, out.TargetGroupName, out.LoadBalancerArns = &g.ARN, &g.Name, append([]string{}, users[g.ARN]...)
	interval, healthy, unhealthy := int32(g.CheckInterval/time.Second), int32(g.HealthyThreshold), int32(g.UnhealthyThreshold)
	out.HealthCheckIntervalSeconds, out.HealthyThresholdCount, out.UnhealthyThresholdCount = &interval, &healthy, &unhealthy
	fill(&out.TargetType, types.TargetTypeEnumIp) // of a group that no request made, such as one of a scenario
	if out.TargetType == types.TargetTypeEnumLambda {
		return ofFunctions(out), nil
	}
	fill(&out.Protocol, types.ProtocolEnumHttp)
	fill(&out.IpAddressType, types.TargetGroupIpAddressTypeEnumIpv4)
	http := out.Protocol == types.ProtocolEnumHttp || out.Protocol == types.ProtocolEnumHttps
	checkProtocol, timeout := types.ProtocolEnumHttp, int32(5)
	if !http {
		checkProtocol, timeout = types.ProtocolEnumTcp, 10
	}
	fill(&out.HealthCheckProtocol, checkProtocol)
	fillPointer(&out.Port, 80)
	fillPointer(&out.HealthCheckEnabled, true)
	fillPointer(&out.HealthCheckPort, "traffic-port")
	fillPointer(&out.HealthCheckTimeoutSeconds, min(timeout, interval))
	if http {
		fillPointer(&out.ProtocolVersion, "HTTP1")
	}
	if out.HealthCheckProtocol == types.ProtocolEnumHttp || out.HealthCheckProtocol == types.ProtocolEnumHttps {
		fillPointer(&out.HealthCheckPath, "/")
		if out.Matcher == nil {
			out.Matcher = &types.Matcher{HttpCode: api.Some("200")}
		}
	}
	return out, nil
}

// ofFunctions shows a target group of functions, which has neither port nor protocol, and whose health checks are off unless they are asked for. Source: API Reference,
// CreateTargetGroup.TargetType, HealthCheckEnabled, and HealthCheckTimeoutSeconds.
func ofFunctions(out types.TargetGroup) types.TargetGroup {
	fill(&out.IpAddressType, types.TargetGroupIpAddressTypeEnumIpv4)
	fillPointer(&out.HealthCheckEnabled, false)
	fillPointer(&out.HealthCheckTimeoutSeconds, 30)
	fillPointer(&out.HealthCheckPath, "/")
	if out.Matcher == nil {
		out.Matcher = &types.Matcher{HttpCode: api.Some("200")}
	}
	return out
}

// interval is the time between health checks where none is asked for. Source: API Reference, CreateTargetGroup.HealthCheckIntervalSeconds.
func interval(in *elbv2.CreateTargetGroupInput) int32 {
	if in.TargetType == types.TargetTypeEnumLambda {
		return 35
	}
	return 30
}

func fill[T ~string](member *T, otherwise T) {
	if *member == "" {
		*member = otherwise
	}
}

func fillPointer[T any](member **T, otherwise T) {
	if *member == nil {
		*member = &otherwise
	}
}

var groupForm = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)

// checkCreate makes the checks that ELBv2 makes on the request alone. Source: API Reference, CreateTargetGroup; the words are those of public reports.
func checkCreate(in *elbv2.CreateTargetGroupInput) error {
	name, kind := api.Value(in.Name), in.TargetType
	switch {
	case name == "":
		return invalid("A target group name must be specified")
	case len(name) > 32:
		return invalid("Target group name '%s' cannot be longer than '32' characters", name)
	case !groupForm.MatchString(name):
		return invalid("Target group name '%s' can only contain characters that are alphanumeric characters or hyphens(-)", name)
	case name[0] == '-' || name[len(name)-1] == '-' || strings.Contains(name, "--"):
		return invalid("1 validation error detected: Value '%s' at 'targetGroup.targetGroupArn.targetGroupName' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: (?!.*--)(?!^-)(?!.*-$)^[A-Za-z0-9-]+$", name)
	}
	if err := checkPlace(in, kind); err != nil {
		return err
	}
	return checks{in.Protocol, in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds, in.HealthyThresholdCount, in.UnhealthyThresholdCount}.check()
}

// checkPlace: a function is nowhere, and every other target is in a network.
func checkPlace(in *elbv2.CreateTargetGroupInput, kind types.TargetTypeEnum) error {
	const nowhere = "%s cannot be specified for target groups with target type 'lambda'"
	lambda := kind == types.TargetTypeEnumLambda
	switch {
	case lambda && in.Port != nil:
		return invalid(nowhere, "Port")
	case lambda && in.Protocol != "":
		return invalid(nowhere, "Protocol")
	case lambda && in.VpcId != nil:
		return invalid(nowhere, "VPC ID")
	case lambda:
		return nil
	case in.Protocol == "":
		return invalid("A protocol must be specified")
	case in.Port == nil:
		return invalid("A port must be specified")
	case *in.Port < 1 || *in.Port > 65535:
		return invalid("The port must be between 1 and 65535")
	case api.Value(in.VpcId) == "":
		return invalid("A VPC ID must be specified")
	}
	return nil
}

// checks are the numbers of a target group's health checks.
type checks struct {
	protocol                              types.ProtocolEnum // of the target group
	interval, timeout, healthy, unhealthy *int32             // nil for one that is not given
}

// check: the interval is 5 to 300 seconds, the timeout 2 to 120 and not longer, a threshold 2 to 10. Source: API Reference, CreateTargetGroup; the words about both are those
// of public reports.
func (c checks) check() error {
	if c.interval != nil && (*c.interval < 5 || *c.interval > 300) {
		return invalid("Health check interval must be between 5 and 300")
	}
	if c.timeout != nil && (*c.timeout < 2 || *c.timeout > 120) {
		return invalid("Health check timeout must be between 2 and 120")
	}
	for _, threshold := range []*int32{c.healthy, c.unhealthy} {
		if threshold != nil && (*threshold < 2 || *threshold > 10) {
			return invalid("Health check thresholds must be between 2 and 10")
		}
	}
	if c.interval == nil || c.timeout == nil {
		return nil
	}
	web := c.protocol == types.ProtocolEnumHttp || c.protocol == types.ProtocolEnumHttps
	switch {
	case web && *c.timeout >= *c.interval:
		return invalid("Health check timeout '%d' must be smaller than the interval '%d'", *c.timeout, *c.interval)
	case *c.timeout > *c.interval:
		return invalid("Health check timeout '%d' must be smaller than or equal to the interval '%d'", *c.timeout, *c.interval)
	}
	return nil
}

// or is a default that AWS documents.
func or(given *int32, otherwise int32) int32 {
	if given == nil {
		return otherwise
	}
	return *given
}

func seconds(given *int32, otherwise int32) time.Duration {
	return time.Duration(or(given, otherwise)) * time.Second
}

func count(given *int32) *int {
	if given == nil {
		return nil
	}
	n := int(*given)
	return &n
}
