package amazon

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"handover/internal/cluster"
)

// sendToGroup sends the actions on the instances of Auto Scaling groups.
func (p *Provider) sendToGroup(ctx context.Context, action cluster.Action) ([]string, error) {
	once := func(o *autoscaling.Options) { o.Retryer = p.mutate }
	switch a := action.(type) {
	case cluster.CompleteLifecycleAction:
		_, err := p.account.few.complete(ctx, &autoscaling.CompleteLifecycleActionInput{AutoScalingGroupName: aws.String(a.Group), LifecycleHookName: aws.String(a.Hook),
			LifecycleActionToken: optional(a.Token), InstanceId: aws.String(a.Host), LifecycleActionResult: aws.String(string(a.Result))}, once)
		return nil, err
	case cluster.RecordLifecycleHeartbeat:
		_, err := p.account.few.heartbeat(ctx, &autoscaling.RecordLifecycleActionHeartbeatInput{AutoScalingGroupName: aws.String(a.Group),
			LifecycleHookName: aws.String(a.Hook), LifecycleActionToken: optional(a.Token), InstanceId: aws.String(a.Host)}, once)
		return nil, err
	}
	return nil, unsupported("%s is not sent to AWS by this tool", action.Kind())
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return aws.String(text)
}

// GroupHosts gives the ids of the EC2 instances of an Auto Scaling group, in AWS's order, without those that are on their way out. found is false where there is no such group.
func (a *Account) GroupHosts(ctx context.Context, group string) (hosts []string, found bool, err error) {
	answer, err := a.few.groups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err != nil {
		return nil, false, classify(err)
	}
	for _, g := range answer.AutoScalingGroups {
		found = true
		for _, i := range g.Instances {
			if i.LifecycleState == "InService" || i.LifecycleState == "Standby" {
				hosts = append(hosts, aws.ToString(i.InstanceId))
			}
		}
	}
	return hosts, found, nil
}
