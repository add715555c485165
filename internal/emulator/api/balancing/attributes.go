package balancing

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/world"
)

const drainDelay = "deregistration_delay.timeout_seconds"

// attributesMember is where attributes are kept among a target group's members. No member of the API has this name.
const attributesMember = "Attributes"

const stickiness = "stickiness.type"

// defaults are the attributes of a target group with their values, which depend on the load balancers that it can be behind.
// Source: API Reference, TargetGroupAttribute.
func defaults(g types.TargetGroup) map[string]string {
	if g.TargetType == types.TargetTypeEnumLambda {
		return map[string]string{"lambda.multi_value_headers.enabled": "false"}
	}
	all := map[string]string{drainDelay: "300", "stickiness.enabled": "false"}
	switch g.Protocol {
	case types.ProtocolEnumGeneve:
		maps.Copy(all, map[string]string{stickiness: "source_ip_dest_ip_proto", "target_failover.on_deregistration": "no_rebalance", "target_failover.on_unhealthy": "no_rebalance"})
		return all
	case types.ProtocolEnumTcp, types.ProtocolEnumUdp, types.ProtocolEnumTcpUdp, types.ProtocolEnumTls:
		maps.Copy(all, map[string]string{
			stickiness: "source_ip", "deregistration_delay.connection_termination.enabled": "false", "proxy_protocol_v2.enabled": "false",
			"preserve_client_ip.enabled": keepsClientAddress(g), "target_health_state.unhealthy.connection_termination.enabled": "true",
			"target_health_state.unhealthy.draining_interval_seconds": "0",
		})
	default:
		maps.Copy(all, map[string]string{
			stickiness: "lb_cookie", "stickiness.lb_cookie.duration_seconds": "86400", "stickiness.app_cookie.cookie_name": "", "stickiness.app_cookie.duration_seconds": "86400",
			"slow_start.duration_seconds": "0", "load_balancing.algorithm.type": "round_robin", "load_balancing.algorithm.anomaly_mitigation": "off",
		})
	}
	maps.Copy(all, map[string]string{
		"load_balancing.cross_zone.enabled":                                              "use_load_balancer_configuration",
		"target_group_health.dns_failover.minimum_healthy_targets.count":                 "1",
		"target_group_health.dns_failover.minimum_healthy_targets.percentage":            "off",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      "1",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
	})
	return all
}

// keepsClientAddress is the default of preserve_client_ip.enabled: off for targets that are addresses, behind TCP and TLS. Source: API Reference, TargetGroupAttribute.
func keepsClientAddress(g types.TargetGroup) string {
	if g.TargetType == types.TargetTypeEnumIp && (g.Protocol == types.ProtocolEnumTcp || g.Protocol == types.ProtocolEnumTls) {
		return "false"
	}
	return "true"
}

// checkStickiness refuses a kind of stickiness that the load balancers of a target group do not have. The words are those of public reports.
func checkStickiness(g types.TargetGroup, kind string) error {
	if g.Protocol == types.ProtocolEnumGeneve {
		if kind != "source_ip_dest_ip" && kind != "source_ip_dest_ip_proto" {
			return invalid("'%s' must be one of [source_ip_dest_ip_proto, source_ip_dest_ip]", kind)
		}
		return nil
	}
	if !slices.Contains([]string{"app_cookie", "lb_cookie", "source_ip"}, kind) {
		return invalid("'Stickiness type' must be one of [app_cookie, lb_cookie, source_ip]")
	}
	web := g.Protocol == types.ProtocolEnumHttp || g.Protocol == types.ProtocolEnumHttps
	if web == (kind == "source_ip") {
		return invalid("Stickiness type '%s' is not supported for target groups with the %s protocol", kind, g.Protocol)
	}
	return nil
}

func (h *handlers) describeTargetGroupAttributes(ctx context.Context, in *elbv2.DescribeTargetGroupAttributesInput) (*elbv2.DescribeTargetGroupAttributesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.DescribeTargetGroupAttributesOutput, error) {
		found, err := group(v, in.TargetGroupArn)
		if err != nil {
			return nil, err
		}
		list, err := h.attributes(found)
		return &elbv2.DescribeTargetGroupAttributesOutput{Attributes: list}, err
	})
}

func (h *handlers) modifyTargetGroupAttributes(ctx context.Context, in *elbv2.ModifyTargetGroupAttributesInput) (*elbv2.ModifyTargetGroupAttributesOutput, error) {
	if len(in.Attributes) == 0 {
		return nil, invalid("At least one target group attribute must be specified")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*elbv2.ModifyTargetGroupAttributesOutput, error) {
		found, err := group(v, in.TargetGroupArn)
		if err != nil {
			return nil, err
		}
		shown, err := h.render(found, nil)
		if err != nil {
			return nil, err
		}
		given, delay, err := checkAttributes(shown, in.Attributes)
		if err != nil {
			return nil, err
		}
		text, err := keep(found.Members, nil, given)
		if err != nil {
			return nil, err
		}
		if _, err := v.Act(cluster.ModifyTargetGroup{Group: found.ARN, DrainDelay: delay, Members: text}); err != nil {
			return nil, err
		}
		if found, err = group(v, in.TargetGroupArn); err != nil {
			return nil, err
		}
		list, err := h.attributes(found)
		return &elbv2.ModifyTargetGroupAttributesOutput{Attributes: list}, err
	})
}

// checkAttributes gives the attributes that no rule uses, and the deregistration delay if it is given.
func checkAttributes(g types.TargetGroup, list []types.TargetGroupAttribute) (given map[string]string, delay *time.Duration, err error) {
	given, known := map[string]string{}, defaults(g)
	for _, a := range list {
		key, text := api.Value(a.Key), api.Value(a.Value)
		if _, ok := known[key]; !ok {
			return nil, nil, invalid("Target group attribute key '%s' is not recognized", key)
		}
		if key == stickiness {
			if err := checkStickiness(g, text); err != nil {
				return nil, nil, err
			}
		}
		if key != drainDelay {
			given[key] = text
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 3600 {
			return nil, nil, invalid("'%s' must be between '0' and '3600'", drainDelay)
		}
		d := time.Duration(n) * time.Second
		delay = &d
	}
	return given, delay, nil
}

// attributes gives all attributes by key.
func (h *handlers) attributes(g world.TargetGroup) ([]types.TargetGroupAttribute, error) {
	shown, err := h.render(g, nil)
	if err != nil {
		return nil, err
	}
	all := defaults(shown)
	kept, err := keptAttributes(g.Members)
	if err != nil {
		return nil, err
	}
	maps.Copy(all, kept)
	if _, drains := all[drainDelay]; drains {
		all[drainDelay] = strconv.Itoa(int(g.DrainDelay / time.Second))
	}
	out := make([]types.TargetGroupAttribute, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		text := all[key]
		out = append(out, types.TargetGroupAttribute{Key: &key, Value: &text})
	}
	return out, nil
}

func keptAttributes(members json.RawMessage) (map[string]string, error) {
	var kept struct{ Attributes map[string]string }
	if len(members) > 0 {
		if err := json.Unmarshal(members, &kept); err != nil {
			return nil, fmt.Errorf("reading the members of an earlier request: %w", err)
		}
	}
	return kept.Attributes, nil
}

// keep merges what a request declares of a target group into what is kept of it: members and attributes that are given replace the others.
func keep(before, declared json.RawMessage, given map[string]string) (json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	for _, text := range []json.RawMessage{before, declared} {
		if len(text) == 0 {
			continue
		}
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, fmt.Errorf("keeping the members of a request: %w", err)
		}
	}
	// The Action and the group itself carry these.
	for _, name := range []string{"Name", "Tags", "TargetGroupArn", "HealthCheckIntervalSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount"} {
		delete(all, name)
	}
	if len(given) > 0 {
		merged, err := keptAttributes(before)
		if err != nil {
			return nil, err
		}
		merged = maps.Clone(merged)
		if merged == nil {
			merged = map[string]string{}
		}
		maps.Copy(merged, given)
		if all[attributesMember], err = json.Marshal(merged); err != nil {
			return nil, fmt.Errorf("keeping attributes: %w", err)
		}
	}
	return json.Marshal(all)
}
