package amazon

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
)

// historyPerPage is the most that ListServiceDeployments gives. Source: API Reference, ListServiceDeployments.maxResults.
const historyPerPage = 100

// revisionsPerCall is the most that DescribeServiceRevisions takes. Source: API Reference, DescribeServiceRevisions.serviceRevisionArns.
const revisionsPerCall = 20

// history reads the latest service deployments and the revisions that they name; nothing where a gap was noted.
func (r *reading) history(ctx context.Context, key cluster.ServiceKey) ([]cluster.ServiceDeployment, []cluster.ServiceRevision) {
	history, failed := r.p.serviceDeployments(ctx, key)
	var revisions []cluster.ServiceRevision
	if failed == nil {
		revisions, failed = r.p.revisions(ctx, key, history)
	}
	if failed != nil {
		r.gap(key, cluster.PartHistory, failed)
		return nil, nil
	}
	return history, revisions
}

// serviceDeployments lists all that ECS remembers, because in which order it lists them is not documented, and describes the newest.
func (p *Provider) serviceDeployments(ctx context.Context, key cluster.ServiceKey) ([]cluster.ServiceDeployment, *failure) {
	var listed []types.ServiceDeploymentBrief
	in := ecs.ListServiceDeploymentsInput{Cluster: aws.String(key.Cluster), Service: aws.String(key.Service), MaxResults: aws.Int32(historyPerPage)}
	for first := true; first || aws.ToString(in.NextToken) != ""; first = false { // the SDK has no paginator for it
		page, err := p.account.ecs.ListServiceDeployments(ctx, &in)
		if err != nil {
			return nil, &failure{"ecs:ListServiceDeployments", err}
		}
		listed, in.NextToken = append(listed, page.ServiceDeployments...), page.NextToken
	}
	slices.SortStableFunc(listed, func(a, b types.ServiceDeploymentBrief) int { return utc(b.CreatedAt).Compare(utc(a.CreatedAt)) })
	var arns []string
	for _, brief := range listed[:min(len(listed), cluster.HistoryRead)] {
		arns = append(arns, aws.ToString(brief.ServiceDeploymentArn))
	}
	if len(arns) == 0 {
		return nil, nil
	}
	answer, err := p.account.ecs.DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: arns})
	if err != nil {
		return nil, &failure{"ecs:DescribeServiceDeployments", err}
	}
	var history []cluster.ServiceDeployment
	for _, d := range answer.ServiceDeployments {
		history = append(history, serviceDeploymentOf(key, d))
	}
	slices.SortStableFunc(history, func(a, b cluster.ServiceDeployment) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return history, nil
}

// revisions reads the revisions that a history names. A revision never changes, so each is read once.
func (p *Provider) revisions(ctx context.Context, key cluster.ServiceKey, history []cluster.ServiceDeployment) ([]cluster.ServiceRevision, *failure) {
	var named, unread []string
	for _, d := range history {
		named = append(append(named, d.Target), d.Sources...)
	}
	slices.Sort(named)
	named = slices.DeleteFunc(slices.Compact(named), func(arn string) bool { return arn == "" })
	for _, arn := range named {
		if _, known := p.revisionsRead.get(arn); !known {
			unread = append(unread, arn)
		}
	}
	for batch := range slices.Chunk(unread, revisionsPerCall) {
		answer, err := p.account.ecs.DescribeServiceRevisions(ctx, &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: batch})
		if err != nil {
			return nil, &failure{"ecs:DescribeServiceRevisions", err}
		}
		for _, revision := range answer.ServiceRevisions {
			p.revisionsRead.put(aws.ToString(revision.ServiceRevisionArn), revisionOf(key, revision))
		}
	}
	var revisions []cluster.ServiceRevision
	for _, arn := range named {
		if revision, known := p.revisionsRead.get(arn); known {
			revisions = append(revisions, revision)
		}
	}
	return revisions, nil
}

func serviceDeploymentOf(key cluster.ServiceKey, d types.ServiceDeployment) cluster.ServiceDeployment {
	out := cluster.ServiceDeployment{ARN: aws.ToString(d.ServiceDeploymentArn), Service: key, Status: cluster.ServiceDeploymentStatus(d.Status), Reason: aws.ToString(d.StatusReason),
		CreatedAt: utc(d.CreatedAt), StartedAt: utc(d.StartedAt), FinishedAt: utc(d.FinishedAt), UpdatedAt: utc(d.UpdatedAt)}
	if d.TargetServiceRevision != nil {
		out.Target = aws.ToString(d.TargetServiceRevision.Arn)
		out.Deployment = cluster.DeploymentOf(out.Target)
	}
	for _, source := range d.SourceServiceRevisions {
		out.Sources = append(out.Sources, aws.ToString(source.Arn))
	}
	if d.Rollback != nil {
		out.RolledBack = aws.ToString(d.Rollback.ServiceRevisionArn)
	}
	if d.Alarms != nil {
		out.Alarms, out.Triggered = slices.Clone(d.Alarms.AlarmNames), slices.Clone(d.Alarms.TriggeredAlarmNames)
	}
	return out
}

func revisionOf(key cluster.ServiceKey, r types.ServiceRevision) cluster.ServiceRevision {
	out := cluster.ServiceRevision{ARN: aws.ToString(r.ServiceRevisionArn), Service: key, Definition: aws.ToString(r.TaskDefinition), Launch: cluster.Launch(r.LaunchType), CreatedAt: utc(r.CreatedAt)}
	for _, image := range r.ContainerImages {
		out.Images = append(out.Images, cluster.Container{Name: aws.ToString(image.ContainerName), Image: aws.ToString(image.Image), Digest: aws.ToString(image.ImageDigest)})
	}
	return out
}
