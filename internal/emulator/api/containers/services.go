package containers

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

func (h *handlers) createService(ctx context.Context, in *ecs.CreateServiceInput) (*ecs.CreateServiceOutput, error) {
	if err := checkCreate(in); err != nil {
		return nil, err
	}
	request, err := h.fingerprint(in, "cluster", "serviceName", "clientToken")
	if err != nil {
		return nil, err
	}
	if in.AvailabilityZoneRebalancing == "" && schedulingOf(in) == cluster.Replica && controllerOf(in.DeploymentController) == cluster.ControllerECS {
		in.AvailabilityZoneRebalancing = rebalancing(in) // Source: API Reference, CreateService.availabilityZoneRebalancing
	}
	settleNetwork(in.NetworkConfiguration)
	given, err := h.declared(in, "cluster", "serviceName", "taskDefinition", "desiredCount", "tags", "clientToken",
		"launchType", "schedulingStrategy", "healthCheckGracePeriodSeconds", "deploymentController")
	if err != nil {
		return nil, err
	}
	action, err := created(in)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.CreateServiceOutput, error) {
		if action.Service.Cluster, err = clusterName(v, in.Cluster); err != nil {
			return nil, err
		}
		same, err := createdBy(v, action.Service, request, in)
		if err != nil {
			return nil, err
		}
		if !same {
			err = h.create(v, in, action, given, request)
		}
		if err != nil {
			return nil, err
		}
		out, err := h.serviceAt(v, action.Service, true)
		return &ecs.CreateServiceOutput{Service: out}, err
	})
}

// created gives what a request says of a new service, but for what depends on its cluster.
func created(in *ecs.CreateServiceInput) (cluster.CreateService, error) {
	tags, err := tagsFrom(in.Tags)
	if err != nil {
		return cluster.CreateService{}, err
	}
	attachments, err := attachmentsFrom(in.LoadBalancers)
	if err != nil {
		return cluster.CreateService{}, err
	}
	limits := bounds(in.DeploymentConfiguration, startBounds(schedulingOf(in)))
	return cluster.CreateService{
		Service:     cluster.ServiceKey{Service: api.Value(in.ServiceName)},
		Definition:  api.Value(in.TaskDefinition),
		Desired:     int(api.Value(in.DesiredCount)),
		Scheduling:  schedulingOf(in),
		Controller:  controllerOf(in.DeploymentController),
		Bounds:      &limits,
		Breaker:     api.Value(breaker(in.DeploymentConfiguration)),
		Early:       api.Value(early(in.DeploymentConfiguration)),
		Alarms:      api.Value(alarms(in.DeploymentConfiguration)),
		Rebalancing: in.AvailabilityZoneRebalancing == types.AvailabilityZoneRebalancingEnabled,
		GracePeriod: time.Duration(api.Value(in.HealthCheckGracePeriodSeconds)) * time.Second,
		Attachments: attachments,
		Strategy:    strategyFrom(in.PlacementStrategy),
		Constraints: constraintsFrom(in.PlacementConstraints),
		Tags:        tags,
	}, nil
}

// create makes a service with what its cluster adds to the request.
func (h *handlers) create(v api.View, in *ecs.CreateServiceInput, action cluster.CreateService, given members, request string) (err error) {
	found, err := existingCluster(v, in.Cluster)
	if err != nil {
		return err
	}
	if err := h.associated(v, action.Service.Cluster, in.CapacityProviderStrategy); err != nil {
		return err
	}
	if role, ok := given["role"]; ok { // the one member whose name differs in descriptions
		given["roleArn"] = role
	}
	if action.Launch, err = launchOf(v, action.Service.Cluster, in.LaunchType, in.CapacityProviderStrategy, given); err != nil {
		return err
	}
	if action.Provider, action.Providers, err = providersOf(in.CapacityProviderStrategy, given); err != nil {
		return err
	}
	how := use{definition: action.Definition, launch: action.Launch, providers: action.Providers, platform: in.PlatformVersion, network: in.NetworkConfiguration, attachments: action.Attachments,
		volumes: serviceVolumes(in.VolumeConfigurations)}
	if err := h.fits(v, how); err != nil {
		return err
	}
	if how.fargate() && action.Scheduling == cluster.Daemon { // Source: developer guide, service-options; the words are ours
		return invalid("The daemon scheduling strategy is not supported for the Fargate launch type.")
	}
	if can, err := h.runnable(v, action.Definition); err != nil || in.EnableExecuteCommand && !can {
		return or(err, invalid("The service couldn't be created because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again."))
	}
	if err := h.connected(found, in.ServiceConnectConfiguration); err != nil {
		return err
	}
	given["createdBy"], given[requestMember] = quoted(v.Caller()), quoted(request)
	if action.Members, err = given.text(); err != nil {
		return err
	}
	_, err = v.Act(action)
	return err
}

func (h *handlers) updateService(ctx context.Context, in *ecs.UpdateServiceInput) (*ecs.UpdateServiceOutput, error) {
	if err := checkUpdate(in); err != nil {
		return nil, err
	}
	settleNetwork(in.NetworkConfiguration)
	given, err := h.declared(in, "cluster", "service", "taskDefinition", "desiredCount", "forceNewDeployment", "healthCheckGracePeriodSeconds", "deploymentController")
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.UpdateServiceOutput, error) {
		key, err := h.addressed(v, in.Cluster, in.Service)
		if err != nil {
			return nil, err
		}
		before, err := kept(v.World.ServiceMembers(key))
		if err != nil {
			return nil, err
		}
		action, err := changed(in)
		if err != nil {
			return nil, err
		}
		action.Service, action.Force = key, in.ForceNewDeployment || redeploys(before, given)
		if current, ok := v.World.Service(key); ok {
			if err := h.changeable(v, current, before, in, action); err != nil {
				return nil, err
			}
			if limits := bounds(in.DeploymentConfiguration, current.Bounds); limits != current.Bounds {
				action.Bounds = &limits
			}
		}
		if len(given) > 0 {
			delete(before, requestMember)
			if action.Members, err = before.with(given).text(); err != nil {
				return nil, err
			}
		}
		if _, err := v.Act(action); err != nil {
			return nil, err
		}
		out, err := h.serviceAt(v, key, false)
		return &ecs.UpdateServiceOutput{Service: out}, err
	})
}

// changeable refuses what the service as it is cannot become.
func (h *handlers) changeable(v api.View, current cluster.Service, before members, in *ecs.UpdateServiceInput, action cluster.UpdateService) error {
	if err := h.associated(v, current.Key.Cluster, in.CapacityProviderStrategy); err != nil {
		return err
	}
	if err := serviceAllows(current, in); err != nil {
		return err
	}
	if in.CapacityProviderStrategy != nil && !in.ForceNewDeployment {
		same, err := sameStrategy(before, in.CapacityProviderStrategy)
		if err != nil || !same { // words of public reports: kayac/ecspresso#481, aws/aws-cdk#34631
			return or(err, invalid("When switching from launch type to capacity provider strategy on an existing service, "+
				"or making a change to a capacity provider strategy on a service that is already using one, you must force a new deployment."))
		}
	}
	if err := h.stillFits(v, current, before, in, action); err != nil {
		return err
	}
	can, err := h.runnable(v, cmp.Or(action.Definition, current.Definition))
	if err != nil || api.Value(in.EnableExecuteCommand) && !can { // Source: behaviour §10
		return or(err, invalid("The service couldn't be updated because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again."))
	}
	return nil
}

// changed gives what a request changes of a service, but for what depends on the service as it is.
func changed(in *ecs.UpdateServiceInput) (cluster.UpdateService, error) {
	action := cluster.UpdateService{Definition: api.Value(in.TaskDefinition), Breaker: breaker(in.DeploymentConfiguration), Alarms: alarms(in.DeploymentConfiguration), Early: early(in.DeploymentConfiguration)}
	if err := checkEarly(in.DeploymentConfiguration); err != nil {
		return action, err
	}
	if in.LoadBalancers != nil {
		attachments, err := attachmentsFrom(in.LoadBalancers)
		if err != nil {
			return action, err
		}
		action.Attachments = &attachments
	}
	if in.AvailabilityZoneRebalancing != "" {
		on := in.AvailabilityZoneRebalancing == types.AvailabilityZoneRebalancingEnabled
		action.Rebalancing = &on
	}
	if in.CapacityProviderStrategy != nil {
		provider, providers, err := providersOf(in.CapacityProviderStrategy, nil)
		if err != nil {
			return action, err
		}
		action.Provider, action.Providers = &provider, &providers
	}
	if in.PlacementStrategy != nil {
		strategy := strategyFrom(in.PlacementStrategy)
		action.Strategy = &strategy
	}
	if in.PlacementConstraints != nil {
		constraints := constraintsFrom(in.PlacementConstraints)
		action.Constraints = &constraints
	}
	if in.DesiredCount != nil {
		desired := int(*in.DesiredCount)
		action.Desired = &desired
	}
	if in.HealthCheckGracePeriodSeconds != nil {
		grace := time.Duration(*in.HealthCheckGracePeriodSeconds) * time.Second
		action.GracePeriod = &grace
	}
	return action, nil
}

func (h *handlers) deleteService(ctx context.Context, in *ecs.DeleteServiceInput) (*ecs.DeleteServiceOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DeleteServiceOutput, error) {
		key, err := h.addressed(v, in.Cluster, in.Service)
		if err != nil {
			return nil, err
		}
		if _, err := v.Act(cluster.DeleteService{Service: key, Force: api.Value(in.Force)}); err != nil {
			return nil, err
		}
		out, err := h.serviceAt(v, key, false)
		return &ecs.DeleteServiceOutput{Service: out}, err
	})
}

func (h *handlers) describeServices(ctx context.Context, in *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	switch {
	case len(in.Services) == 0:
		return nil, invalid("Services cannot be empty.")
	case len(in.Services) > 10: // Source: API Reference, DescribeServices.services
		return nil, most("services", 10)
	}
	withTags := slices.Contains(in.Include, types.ServiceFieldTags)
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DescribeServicesOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		out := &ecs.DescribeServicesOutput{Services: []types.Service{}, Failures: []types.Failure{}}
		for _, text := range in.Services {
			key, err := serviceKey(v, found.Name, text)
			if err != nil {
				return nil, err
			}
			if !v.World.HasService(key) {
				out.Failures = append(out.Failures, missing(v.ARN("ecs", "service/"+key.String())))
				continue
			}
			s, err := h.serviceAt(v, key, withTags)
			if err != nil {
				return nil, err
			}
			out.Services = append(out.Services, *s)
		}
		return out, nil
	})
}

func (h *handlers) listServices(ctx context.Context, in *ecs.ListServicesInput) (*ecs.ListServicesOutput, error) {
	size, err := pageSize(in.MaxResults, 10) // Source: API Reference, ListServices.maxResults
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListServicesOutput, error) {
		found, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		arns := []string{}
		for _, key := range v.World.Services(found.Name) {
			s, ok := v.World.Service(key)
			// A DRAINING service is not listed. Source: API Reference, DeleteService.
			if !ok || s.Status != cluster.ServiceActive ||
				in.LaunchType != "" && string(in.LaunchType) != string(s.Launch) ||
				in.SchedulingStrategy != "" && string(in.SchedulingStrategy) != string(s.Scheduling) {
				continue
			}
			arns = append(arns, s.ARN)
		}
		slices.Sort(arns)
		cut, next, err := page(arns, func(s string) string { return s }, in.NextToken, size)
		return &ecs.ListServicesOutput{ServiceArns: cut, NextToken: next}, err
	})
}

// quoted writes a text as JSON.
func quoted(text string) json.RawMessage { return json.RawMessage(strconv.Quote(text)) }

// rebalancing is ENABLED for a new service that may be rebalanced. Source: developer guide, service-rebalancing: not with a maximum of 100 %, with Classic Load
// Balancers, or with a placement strategy that does not begin by spreading over zones.
func rebalancing(in *ecs.CreateServiceInput) types.AvailabilityZoneRebalancing {
	spread := len(in.PlacementStrategy) == 0 ||
		in.PlacementStrategy[0].Type == types.PlacementStrategyTypeSpread && api.Value(in.PlacementStrategy[0].Field) == "attribute:ecs.availability-zone"
	classic := slices.ContainsFunc(in.LoadBalancers, func(b types.LoadBalancer) bool { return b.TargetGroupArn == nil })
	if !spread || classic || bounds(in.DeploymentConfiguration, startBounds(schedulingOf(in))).MaximumPercent <= 100 {
		return types.AvailabilityZoneRebalancingDisabled
	}
	return types.AvailabilityZoneRebalancingEnabled
}

// addressed reads the cluster and service parameters of a mutation. Whether there is such a service is for the world to say.
func (h *handlers) addressed(v api.View, inCluster, service *string) (cluster.ServiceKey, error) {
	name, err := clusterName(v, inCluster)
	if err != nil {
		return cluster.ServiceKey{}, err
	}
	return serviceKey(v, name, api.Value(service))
}

// serviceAt renders a service that is there.
func (h *handlers) serviceAt(v api.View, key cluster.ServiceKey, withTags bool) (*types.Service, error) {
	found, ok := v.World.Service(key)
	if !ok {
		return nil, serviceNotFound()
	}
	return h.service(v, found, withTags)
}
