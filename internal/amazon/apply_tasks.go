package amazon

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"handover/internal/cluster"
)

// protectedPerCall is the most tasks that UpdateTaskProtection takes. Source: API Reference, UpdateTaskProtection.tasks.
const protectedPerCall = 10

// protect sends a run of ProtectTasks that ask for the same, ten tasks a call.
func (p *Provider) protect(ctx context.Context, run []cluster.Action) []cluster.Outcome {
	var outcomes []cluster.Outcome
	for batch := range slices.Chunk(run, protectedPerCall) {
		outcomes = append(outcomes, p.protectBatch(ctx, batch)...)
	}
	return outcomes
}

func (p *Provider) protectBatch(ctx context.Context, batch []cluster.Action) []cluster.Outcome {
	first := batch[0].(cluster.ProtectTask)
	in := ecs.UpdateTaskProtectionInput{Cluster: aws.String(first.Cluster), ProtectionEnabled: first.Protect}
	if first.Protect && first.For != 0 {
		in.ExpiresInMinutes = aws.Int32(int32((first.For + time.Minute - 1) / time.Minute)) // AWS counts in minutes
	}
	var ids []string
	for _, a := range batch {
		ids = append(ids, cluster.TaskID(a.(cluster.ProtectTask).Task))
	}
	in.Tasks = ids
	if err := ctx.Err(); err != nil {
		return slices.Repeat([]cluster.Outcome{outcomeOf(&notSentError{err})}, len(batch))
	}
	answer, err := p.account.ecs.UpdateTaskProtection(ctx, &in, p.ecsOnce)
	if err != nil {
		return slices.Repeat([]cluster.Outcome{outcomeOf(err)}, len(batch))
	}
	failed := map[string]*cluster.APIError{}
	for _, f := range answer.Failures {
		failed[cluster.TaskID(aws.ToString(f.Arn))] = unprotectable(aws.ToString(f.Reason), aws.ToString(f.Detail))
	}
	var outcomes []cluster.Outcome
	for _, id := range ids {
		if err, refused := failed[id]; refused {
			outcomes = append(outcomes, cluster.Outcome{Result: cluster.Rejected, Err: err})
			continue
		}
		outcomes = append(outcomes, cluster.Outcome{Result: cluster.Done, IDs: []string{id}})
	}
	return outcomes
}

// unprotectable puts the reason for which one task of a call could not be protected into a class. Source: developer guide, task-scale-in-protection: MISSING,
// TASK_NOT_VALID, and DEPLOYMENT_BLOCKED while a deployment waits for protected tasks.
func unprotectable(reason, detail string) *cluster.APIError {
	if reason == "MISSING" {
		return cluster.Errorf(cluster.ClassNotFound, reason, "the task was not found")
	}
	if detail == "" {
		detail = "the task cannot be protected"
	}
	return cluster.Errorf(cluster.ClassState, reason, "%s", detail)
}
