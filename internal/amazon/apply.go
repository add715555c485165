package amazon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"handover/internal/cluster"
)

// Apply sends the actions one after the other, but for runs of neighbours that are independent of each other, which go out together. It stops after the first
// run of which one is not Done. Where ctx has ended, the next action is not sent, and its outcome is Rejected.
func (p *Provider) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	var outcomes []cluster.Outcome
	for _, run := range cluster.Runs(actions) {
		outcomes = append(outcomes, p.run(ctx, run)...)
		if slices.ContainsFunc(outcomes, func(o cluster.Outcome) bool { return o.Result != cluster.Done }) {
			break
		}
	}
	return outcomes
}

// stopsAtOnce is how many StopTasks are under way at once. At AWS's 40 a second, calls may take up to 0.8 s each before fewer than the rate allows are made.
const stopsAtOnce = 32

func (p *Provider) run(ctx context.Context, run []cluster.Action) []cluster.Outcome {
	if _, protects := run[0].(cluster.ProtectTask); protects {
		return p.protect(ctx, run)
	}
	outcomes := make([]cluster.Outcome, len(run))
	var calls errgroup.Group
	calls.SetLimit(stopsAtOnce)
	for i, a := range run {
		calls.Go(func() error {
			outcomes[i] = p.one(ctx, a)
			return nil
		})
	}
	_ = calls.Wait() // what fails is in its outcome
	return outcomes
}

func (p *Provider) one(ctx context.Context, a cluster.Action) cluster.Outcome {
	if err := ctx.Err(); err != nil {
		return outcomeOf(&notSentError{err})
	}
	ids, err := p.send(ctx, a)
	if err != nil {
		return outcomeOf(err)
	}
	return cluster.Outcome{Result: cluster.Done, IDs: ids}
}

func (p *Provider) send(ctx context.Context, action cluster.Action) ([]string, error) {
	switch a := action.(type) {
	case cluster.UpdateService:
		return p.updateService(ctx, a)
	case cluster.StopTask:
		return p.stopTask(ctx, a)
	case cluster.StopServiceDeployment:
		in := ecs.StopServiceDeploymentInput{ServiceDeploymentArn: aws.String(a.ARN), StopType: types.StopServiceDeploymentStopTypeRollback}
		_, err := p.account.ecs.StopServiceDeployment(ctx, &in, p.ecsOnce)
		return []string{a.ARN}, err
	case cluster.RegisterScalableTarget:
		return p.registerScalableTarget(ctx, a)
	case cluster.ReviseTaskDefinition:
		return p.reviseDefinition(ctx, a)
	case cluster.TagResource:
		return nil, p.tag(ctx, a)
	case cluster.UntagResource:
		return nil, p.untag(ctx, a)
	case cluster.RegisterTarget:
		return nil, p.registerTarget(ctx, a)
	case cluster.DeregisterTarget:
		return nil, p.deregisterTarget(ctx, a)
	case cluster.CreateService:
		return p.createService(ctx, a)
	case cluster.DeleteService:
		_, err := p.account.ecs.DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: aws.String(a.Service.Cluster), Service: aws.String(a.Service.Service), Force: aws.Bool(a.Force)}, p.ecsOnce)
		return nil, err
	case cluster.CreateCluster:
		return p.createCluster(ctx, a)
	case cluster.DeleteCluster:
		_, err := p.account.ecs.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: aws.String(a.Cluster)}, p.ecsOnce)
		return nil, err
	case cluster.RegisterTaskDefinition:
		return p.registerDefinition(ctx, a)
	case cluster.DeregisterTaskDefinition:
		_, err := p.account.ecs.DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String(a.Definition)}, p.ecsOnce)
		return nil, err
	}
	return p.sendToInstance(ctx, action)
}

// sendToInstance sends the actions on container instances.
func (p *Provider) sendToInstance(ctx context.Context, action cluster.Action) ([]string, error) {
	switch a := action.(type) {
	case cluster.SetInstanceStatus:
		return p.setInstanceStatus(ctx, a)
	case cluster.DeregisterContainerInstance:
		in := ecs.DeregisterContainerInstanceInput{Cluster: aws.String(a.Cluster), ContainerInstance: aws.String(a.Instance), Force: aws.Bool(a.Force)}
		answer, err := p.account.ecs.DeregisterContainerInstance(ctx, &in, p.ecsOnce)
		if err != nil || answer.ContainerInstance == nil {
			return nil, err
		}
		return []string{aws.ToString(answer.ContainerInstance.ContainerInstanceArn)}, nil
	case cluster.PutAttribute:
		in := ecs.PutAttributesInput{Cluster: aws.String(a.Cluster), Attributes: attribute(a.Instance, a.Attribute)}
		_, err := p.account.ecs.PutAttributes(ctx, &in, p.ecsOnce)
		return []string{a.Instance}, err
	case cluster.DeleteAttribute:
		in := ecs.DeleteAttributesInput{Cluster: aws.String(a.Cluster), Attributes: attribute(a.Instance, a.Attribute)}
		_, err := p.account.ecs.DeleteAttributes(ctx, &in, p.ecsOnce)
		return []string{a.Instance}, err
	}
	return p.sendToGroup(ctx, action)
}

// setInstanceStatus asks for one instance, so that what the answer lists as a failure is that of this action.
func (p *Provider) setInstanceStatus(ctx context.Context, a cluster.SetInstanceStatus) ([]string, error) {
	in := ecs.UpdateContainerInstancesStateInput{Cluster: aws.String(a.Cluster), ContainerInstances: []string{a.Instance}, Status: types.ContainerInstanceStatus(a.Status)}
	answer, err := p.account.ecs.UpdateContainerInstancesState(ctx, &in, p.ecsOnce)
	if err != nil {
		return nil, err
	}
	if len(answer.Failures) > 0 {
		f := answer.Failures[0]
		reason := aws.ToString(f.Reason)
		class := cluster.ClassState
		if reason == "MISSING" {
			class = cluster.ClassNotFound
		}
		return nil, cluster.Errorf(class, reason, "container instance %s: %s %s", a.Instance, reason, aws.ToString(f.Detail))
	}
	var ids []string
	for _, i := range answer.ContainerInstances {
		ids = append(ids, aws.ToString(i.ContainerInstanceArn))
	}
	return ids, nil
}

func attribute(of string, a cluster.Attribute) []types.Attribute {
	set := types.Attribute{Name: aws.String(a.Name), TargetId: aws.String(of), TargetType: types.TargetTypeContainerInstance}
	if a.Value != "" {
		set.Value = aws.String(a.Value)
	}
	return []types.Attribute{set}
}

// ecsOnce, elbOnce and scalingOnce put a call under the rule for mutations.
func (p *Provider) ecsOnce(o *ecs.Options)                        { o.Retryer = p.mutate }
func (p *Provider) elbOnce(o *elb.Options)                        { o.Retryer = p.mutate }
func (p *Provider) scalingOnce(o *applicationautoscaling.Options) { o.Retryer = p.mutate }

func unsupported(format string, args ...any) error {
	return cluster.Errorf(cluster.ClassUnsupported, "Unsupported", format, args...)
}

func (p *Provider) updateService(ctx context.Context, a cluster.UpdateService) ([]string, error) {
	in := ecs.UpdateServiceInput{}
	if err := members(a.Members, &in); err != nil {
		return nil, err
	}
	in.Cluster, in.Service, in.ForceNewDeployment = aws.String(a.Service.Cluster), aws.String(a.Service.Service), a.Force
	if a.Desired != nil {
		in.DesiredCount = aws.Int32(int32(*a.Desired))
	}
	if a.Definition != "" {
		in.TaskDefinition = aws.String(a.Definition)
	}
	if a.GracePeriod != nil {
		in.HealthCheckGracePeriodSeconds = aws.Int32(int32(*a.GracePeriod / time.Second))
	}
	in.DeploymentConfiguration = limits(in.DeploymentConfiguration, a.Bounds, a.Breaker)
	before := p.Now()
	answer, err := p.account.ecs.UpdateService(ctx, &in, p.ecsOnce)
	if err != nil {
		return nil, err
	}
	return started(a, answer.Service, before), nil
}

// stampSlack is how far a deployment's createdAt may lie before our reading of AWS's time and still be of this call. Our reading is up to a second and
// one call's duration off, and the clocks of AWS's servers are not one clock.
const stampSlack = 2 * time.Second

// started finds the deployment that an UpdateService has started, from the answer alone.
//
// A forced update always starts one, and the answer shows it as PRIMARY. Bounds, desired count, grace period and breaker never start one (behaviour, section 1.7),
// and then the PRIMARY deployment is someone else's, or an earlier one of ours. What is left is a task definition, or other members, without
// force: ECS starts a deployment if they differ from what is, which the answer does not say. A deployment that has just been started is then told by three marks
// together: it was created no earlier than the call, it is IN_PROGRESS, and the scheduler, which comes by after 6 to 19 s, has not looked at it yet, so that
// all its counts are 0 (behaviour, section 1.8). Two people who set the same definition within two seconds could both be told of one deployment; it is
// the one both asked for.
func started(a cluster.UpdateService, s *types.Service, before time.Time) []string {
	mayStart := a.Force || a.Definition != "" || len(a.Members) > 0
	if s == nil || !mayStart {
		return nil
	}
	for _, d := range s.Deployments {
		if aws.ToString(d.Status) != string(cluster.DeploymentPrimary) {
			continue
		}
		untouched := d.DesiredCount == 0 && d.RunningCount == 0 && d.PendingCount == 0 && d.RolloutState == types.DeploymentRolloutStateInProgress
		recent := !utc(d.CreatedAt).Before(before.Add(-stampSlack))
		if a.Force || untouched && recent {
			return []string{aws.ToString(d.Id)}
		}
	}
	return nil
}

// limits lays bounds and breaker over what was declared otherwise.
func limits(declared *types.DeploymentConfiguration, bounds *cluster.Bounds, breaker *cluster.Breaker) *types.DeploymentConfiguration {
	if bounds == nil && breaker == nil {
		return declared
	}
	var c types.DeploymentConfiguration
	if declared != nil {
		c = *declared
	}
	if bounds != nil {
		c.MinimumHealthyPercent, c.MaximumPercent = aws.Int32(int32(bounds.MinimumHealthyPercent)), aws.Int32(int32(bounds.MaximumPercent))
	}
	if breaker != nil {
		b := types.DeploymentCircuitBreaker{}
		if c.DeploymentCircuitBreaker != nil {
			b = *c.DeploymentCircuitBreaker
		}
		b.Enable, b.Rollback = breaker.Enabled, breaker.Rollback
		c.DeploymentCircuitBreaker = &b
	}
	return &c
}

// reasonLength is the longest reason of a StopTask. Source: API Reference, StopTask.
const reasonLength = 255

func (p *Provider) stopTask(ctx context.Context, a cluster.StopTask) ([]string, error) {
	in := ecs.StopTaskInput{Cluster: aws.String(a.Cluster), Task: aws.String(a.Task)}
	if a.Reason != "" {
		in.Reason = aws.String(cut(a.Reason, reasonLength))
	}
	answer, err := p.account.ecs.StopTask(ctx, &in, p.ecsOnce)
	if err != nil {
		return nil, err
	}
	if answer.Task == nil || answer.Task.TaskArn == nil {
		return []string{cluster.TaskID(a.Task)}, nil
	}
	return []string{cluster.TaskID(*answer.Task.TaskArn)}, nil
}

// cut shortens a text to so many bytes, without breaking a character.
func cut(text string, length int) string {
	if len(text) <= length {
		return text
	}
	for length > 0 && !utf8.RuneStart(text[length]) {
		length--
	}
	return text[:length]
}

func (p *Provider) tag(ctx context.Context, a cluster.TagResource) error {
	switch owner(a.ARN) {
	case "ecs":
		in := ecs.TagResourceInput{ResourceArn: aws.String(a.ARN), Tags: ecsTags(a.Tags)}
		_, err := p.account.ecs.TagResource(ctx, &in, p.ecsOnce)
		return err
	case "elasticloadbalancing":
		in := elb.AddTagsInput{ResourceArns: []string{a.ARN}}
		for _, t := range a.Tags {
			in.Tags = append(in.Tags, elbtypes.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)})
		}
		_, err := p.account.elb.AddTags(ctx, &in, p.elbOnce)
		return err
	}
	return unsupported("%s cannot be tagged by this tool", a.ARN)
}

func (p *Provider) untag(ctx context.Context, a cluster.UntagResource) error {
	switch owner(a.ARN) {
	case "ecs":
		_, err := p.account.ecs.UntagResource(ctx, &ecs.UntagResourceInput{ResourceArn: aws.String(a.ARN), TagKeys: a.Keys}, p.ecsOnce)
		return err
	case "elasticloadbalancing":
		_, err := p.account.elb.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{a.ARN}, TagKeys: a.Keys}, p.elbOnce)
		return err
	}
	return unsupported("%s cannot be untagged by this tool", a.ARN)
}

// owner is the AWS service that an ARN belongs to.
func owner(text string) string {
	arn, err := cluster.ParseARN(text)
	if err != nil {
		return ""
	}
	return arn.Service
}

func ecsTags(tags []cluster.Tag) []types.Tag {
	var out []types.Tag
	for _, t := range tags {
		out = append(out, types.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)})
	}
	return out
}

func (p *Provider) registerTarget(ctx context.Context, a cluster.RegisterTarget) error {
	_, err := p.account.elb.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: aws.String(a.Group), Targets: targets(a.ID, a.Port)}, p.elbOnce)
	return err
}

func (p *Provider) deregisterTarget(ctx context.Context, a cluster.DeregisterTarget) error {
	_, err := p.account.elb.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: aws.String(a.Group), Targets: targets(a.ID, a.Port)}, p.elbOnce)
	return err
}

// targets is the one target; without a port, ELB takes every port of the id.
func targets(id string, port int) []elbtypes.TargetDescription {
	target := elbtypes.TargetDescription{Id: aws.String(id)}
	if port != 0 {
		target.Port = aws.Int32(int32(port))
	}
	return []elbtypes.TargetDescription{target}
}

func (p *Provider) createService(ctx context.Context, a cluster.CreateService) ([]string, error) {
	in := ecs.CreateServiceInput{}
	if err := members(a.Members, &in); err != nil {
		return nil, err
	}
	in.Cluster, in.ServiceName = aws.String(a.Service.Cluster), aws.String(a.Service.Service)
	in.SchedulingStrategy, in.LaunchType, in.Tags = types.SchedulingStrategy(a.Scheduling), types.LaunchType(a.Launch), ecsTags(a.Tags)
	if a.Scheduling != cluster.Daemon { // a DAEMON service takes no desired count
		in.DesiredCount = aws.Int32(int32(a.Desired))
	}
	if a.Definition != "" {
		in.TaskDefinition = aws.String(a.Definition)
	}
	if a.Controller != "" {
		in.DeploymentController = &types.DeploymentController{Type: types.DeploymentControllerType(a.Controller)}
	}
	if a.GracePeriod != 0 {
		in.HealthCheckGracePeriodSeconds = aws.Int32(int32(a.GracePeriod / time.Second))
	}
	for _, t := range a.Attachments {
		in.LoadBalancers = append(in.LoadBalancers, types.LoadBalancer{TargetGroupArn: aws.String(t.TargetGroup), ContainerName: aws.String(t.Container), ContainerPort: aws.Int32(int32(t.Port))})
	}
	var breaker *cluster.Breaker
	if a.Breaker != (cluster.Breaker{}) {
		breaker = &a.Breaker
	}
	in.DeploymentConfiguration = limits(in.DeploymentConfiguration, a.Bounds, breaker)
	answer, err := p.account.ecs.CreateService(ctx, &in, p.ecsOnce)
	if err != nil {
		return nil, err
	}
	if answer.Service == nil {
		return nil, nil
	}
	return []string{aws.ToString(answer.Service.ServiceArn)}, nil
}

func (p *Provider) createCluster(ctx context.Context, a cluster.CreateCluster) ([]string, error) {
	in := ecs.CreateClusterInput{}
	if err := members(a.Members, &in); err != nil {
		return nil, err
	}
	in.ClusterName = aws.String(a.Cluster)
	if _, err := p.account.ecs.CreateCluster(ctx, &in, p.ecsOnce); err != nil {
		return nil, err
	}
	return []string{a.Cluster}, nil
}

func (p *Provider) registerDefinition(ctx context.Context, a cluster.RegisterTaskDefinition) ([]string, error) {
	in := ecs.RegisterTaskDefinitionInput{}
	if err := members(a.Members, &in); err != nil {
		return nil, err
	}
	in.Family = aws.String(a.Family)
	if a.Network != "" {
		in.NetworkMode = types.NetworkMode(a.Network)
	}
	for i, c := range a.Containers {
		if i >= len(in.ContainerDefinitions) {
			in.ContainerDefinitions = append(in.ContainerDefinitions, types.ContainerDefinition{})
		}
		d := &in.ContainerDefinitions[i]
		d.Name, d.Image, d.Essential = aws.String(c.Name), aws.String(c.Image), aws.Bool(c.Essential)
		if c.StopTimeout != 0 {
			d.StopTimeout = aws.Int32(int32(c.StopTimeout / time.Second))
		}
	}
	answer, err := p.account.ecs.RegisterTaskDefinition(ctx, &in, p.ecsOnce)
	if err != nil {
		return nil, err
	}
	if answer.TaskDefinition == nil {
		return nil, nil
	}
	return []string{aws.ToString(answer.TaskDefinition.TaskDefinitionArn)}, nil
}

// members reads the members of a request that no rule uses, in AWS's spelling, into the SDK's input. One that the SDK does not know is an error: left out in
// silence, the request would ask for something else than what was declared. (encoding/json takes the SDK's field names in any letter case.)
func members(declared json.RawMessage, input any) error {
	if len(bytes.TrimSpace(declared)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(declared))
	d.DisallowUnknownFields()
	err := d.Decode(input)
	if err == nil && d.More() {
		err = errors.New("more than one value")
	}
	if err != nil {
		return cluster.Errorf(cluster.ClassInvalid, codeMalformed, "members of the request: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
