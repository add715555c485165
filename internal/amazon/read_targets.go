package amazon

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"golang.org/x/sync/errgroup"

	"handover/internal/cluster"
)

// targetsRead is one target group while it is read. Its two goroutines write different members.
type targetsRead struct {
	group        cluster.TargetGroup
	targets      []cluster.Target
	groupFailed  *failure
	healthFailed *failure
}

func (t *targetsRead) failed() *failure { return cmp.Or(t.healthFailed, t.groupFailed) }

// startTargets reads a target group unless it is being read already.
func (r *reading) startTargets(ctx context.Context, calls *errgroup.Group, arn string) {
	if _, started := r.targets[arn]; started {
		return
	}
	t := &targetsRead{}
	r.targets[arn] = t
	calls.Go(func() error {
		t.targets, t.healthFailed = r.p.targetHealth(ctx, arn)
		return nil
	})
	calls.Go(func() error {
		t.group, t.groupFailed = r.p.targetGroup(ctx, arn)
		return nil
	})
}

// joinTargets hands each service its targets. It is all or nothing: a service of whose target groups one could not be read has a gap, and neither
// targets nor groups, so that what is shown of it is never taken for the whole.
func (r *reading) joinTargets(views []*view) {
	for _, v := range views {
		if !v.scope.Targets || r.hasGap(v.Service.Key) {
			continue
		}
		var groups []string
		for _, a := range v.Service.Attachments {
			groups = append(groups, a.TargetGroup)
		}
		slices.Sort(groups)
		for _, arn := range slices.Compact(groups) {
			t := r.targets[arn]
			if failed := t.failed(); failed != nil {
				r.gap(v.Service.Key, cluster.PartTargets, failed)
				v.TargetGroups, v.Targets = nil, nil
				break
			}
			v.TargetGroups = append(v.TargetGroups, t.group)
			v.Targets = append(v.Targets, t.targets...)
		}
		slices.SortFunc(v.Targets, byTarget)
	}
}

func (r *reading) hasGap(key cluster.ServiceKey) bool {
	_, gap := r.snapshot.Gap(key, cluster.PartTargets)
	return gap
}

func (p *Provider) targetHealth(ctx context.Context, arn string) ([]cluster.Target, *failure) {
	answer, err := p.account.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String(arn)})
	if err != nil {
		return nil, &failure{"elasticloadbalancing:DescribeTargetHealth", err}
	}
	var targets []cluster.Target
	for _, t := range answer.TargetHealthDescriptions {
		targets = append(targets, targetOf(arn, t))
	}
	return targets, nil
}

// targetGroup reads the settings of a target group, once.
func (p *Provider) targetGroup(ctx context.Context, arn string) (cluster.TargetGroup, *failure) {
	if group, known := p.groups.get(arn); known {
		return group, nil
	}
	answer, err := p.account.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
	if err == nil && len(answer.TargetGroups) != 1 {
		err = cluster.Errorf(cluster.ClassNotFound, "TargetGroupNotFound", "target group %s is not described", arn)
	}
	if err != nil {
		return cluster.TargetGroup{}, &failure{"elasticloadbalancing:DescribeTargetGroups", err}
	}
	g := answer.TargetGroups[0]
	group := cluster.TargetGroup{ARN: arn, Protocol: string(g.Protocol), Name: aws.ToString(g.TargetGroupName), CheckInterval: seconds(g.HealthCheckIntervalSeconds),
		HealthyThreshold: int(aws.ToInt32(g.HealthyThresholdCount)), UnhealthyThreshold: int(aws.ToInt32(g.UnhealthyThresholdCount)),
		Check: cluster.Check{Protocol: string(g.HealthCheckProtocol), Path: aws.ToString(g.HealthCheckPath), Port: aws.ToString(g.HealthCheckPort), Timeout: seconds(g.HealthCheckTimeoutSeconds)}}
	if g.Matcher != nil {
		group.Check.Matcher = cmp.Or(aws.ToString(g.Matcher.HttpCode), aws.ToString(g.Matcher.GrpcCode))
	}
	if group.DrainDelay, err = p.drainDelay(ctx, arn); err != nil {
		return cluster.TargetGroup{}, &failure{"elasticloadbalancing:DescribeTargetGroupAttributes", err}
	}
	p.groups.put(arn, group)
	return group, nil
}

// drainDelay is how long a target drains: 300 s unless set. Source: ELBv2 API Reference, TargetGroupAttribute.
func (p *Provider) drainDelay(ctx context.Context, arn string) (time.Duration, error) {
	answer, err := p.account.elb.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: aws.String(arn)})
	if err != nil {
		return 0, err
	}
	for _, a := range answer.Attributes {
		if aws.ToString(a.Key) != "deregistration_delay.timeout_seconds" {
			continue
		}
		n, err := strconv.Atoi(aws.ToString(a.Value))
		if err != nil {
			return 0, fmt.Errorf("reading the deregistration delay of %s: %w", arn, err)
		}
		return time.Duration(n) * time.Second, nil
	}
	return 300 * time.Second, nil
}
