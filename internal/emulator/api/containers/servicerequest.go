package containers

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// checkCreate makes the checks that ECS makes on the request alone. The words about the launch type are those of public reports.
func checkCreate(in *ecs.CreateServiceInput) error {
	switch {
	case !cluster.ValidName(api.Value(in.ServiceName)):
		return invalid("Invalid service name: up to 255 letters, numbers, underscores, and hyphens are allowed.")
	case in.LaunchType != "" && len(in.CapacityProviderStrategy) > 0:
		return bothLaunches()
	case in.DesiredCount != nil && *in.DesiredCount < 0:
		return invalid("desiredCount cannot be negative.")
	case in.DesiredCount == nil && schedulingOf(in) == cluster.Replica && controllerOf(in.DeploymentController) != cluster.ControllerExternal:
		return invalid("desiredCount is required when the scheduling strategy is REPLICA.")
	case in.DesiredCount != nil && schedulingOf(in) == cluster.Daemon:
		return daemonCount()
	case len(in.ServiceRegistries) > 1:
		return most("service registries", 1) // words of public reports
	case api.Value(in.Role) != "" && (in.NetworkConfiguration != nil || len(in.ServiceRegistries) > 0 || len(in.LoadBalancers) > 1):
		return invalid("You cannot specify an IAM role for services that require a service linked role.") // words of public reports
	case in.HealthCheckGracePeriodSeconds != nil && *in.HealthCheckGracePeriodSeconds < 0:
		return invalid("healthCheckGracePeriodSeconds cannot be negative.")
	}
	for _, err := range []error{
		checkController(in), checkDaemon(in), checkPlacement(in.LaunchType, in.PlacementStrategy, in.PlacementConstraints), checkConnect(in.ServiceConnectConfiguration),
		checkNetwork(in.NetworkConfiguration), checkEarly(in.DeploymentConfiguration),
	} {
		if err != nil {
			return err
		}
	}
	return checkDeployment(in.DeploymentConfiguration)
}

// checkController: who deploys otherwise than ECS has needs of its own. The words are those of public reports.
func checkController(in *ecs.CreateServiceInput) error {
	switch controllerOf(in.DeploymentController) {
	case cluster.ControllerCodeDeploy:
		if !slices.ContainsFunc(in.LoadBalancers, func(b types.LoadBalancer) bool { return b.TargetGroupArn != nil }) {
			return invalid("When specifying the CODE_DEPLOY deployment controller type, the service requires an Application Load Balancer or Network Load Balancer.")
		}
	case cluster.ControllerECS:
	case cluster.ControllerExternal:
		if api.Value(in.TaskDefinition) != "" {
			return invalid("TaskDefinition must be blank.")
		}
		if len(in.LoadBalancers) > 0 {
			return invalid("LoadBalancers must be empty or null.")
		}
	}
	if in.LaunchType == types.LaunchTypeFargate && slices.ContainsFunc(in.LoadBalancers, func(b types.LoadBalancer) bool { return api.Value(b.LoadBalancerName) != "" }) {
		return invalid("Classic Load Balancers are not supported with Fargate.")
	}
	return nil
}

// checkDaemon: one task on each instance leaves nothing to choose. The words are those of public reports.
func checkDaemon(in *ecs.CreateServiceInput) error {
	if schedulingOf(in) != cluster.Daemon {
		return nil
	}
	switch {
	case len(in.PlacementStrategy) > 0:
		return invalid("The daemon scheduling strategy does not support placement strategies. Remove the placement strategy and try again")
	case in.AvailabilityZoneRebalancing == types.AvailabilityZoneRebalancingEnabled:
		return invalid("The service couldn't be created because Availability Zone Rebalancing does not support DAEMON as scheduling strategy. Update scheduling strategy and try again.")
	}
	return nil
}

// checkPlacement refuses rules for the placement of tasks that say nothing, or that nothing follows. The words are those of public reports, but for the number of constraints.
func checkPlacement(launch types.LaunchType, strategy []types.PlacementStrategy, constraints []types.PlacementConstraint) error {
	switch {
	case launch == types.LaunchTypeFargate && len(constraints) > 0:
		return invalid("Placement constraints are not supported with FARGATE launch type.")
	case launch == types.LaunchTypeFargate && len(strategy) > 0:
		return invalid("Placement strategies are not supported with FARGATE launch type.")
	case len(strategy) > 5:
		return invalid("Maximum number of strategies is 5.")
	case len(constraints) > 10: // Source: API Reference, CreateService.placementConstraints
		return most("placementConstraints", 10)
	}
	for _, s := range strategy {
		switch field := api.Value(s.Field); {
		case s.Type == types.PlacementStrategyTypeBinpack && !strings.EqualFold(field, "cpu") && !strings.EqualFold(field, "memory"):
			return invalid("binpack field '%s' is invalid.", field)
		case s.Type == types.PlacementStrategyTypeRandom && field != "":
			return invalid("random field should not be specified.")
		}
	}
	if slices.ContainsFunc(constraints, func(c types.PlacementConstraint) bool {
		return c.Type == types.PlacementConstraintTypeDistinctInstance && api.Value(c.Expression) != ""
	}) {
		return invalid("distinctInstance expression should not be specified.")
	}
	return nil
}

// checkConnect: the words are those of public reports.
func checkConnect(given *types.ServiceConnectConfiguration) error {
	if given == nil {
		return nil
	}
	for _, s := range given.Services {
		if n := len(s.ClientAliases); n > 1 {
			return invalid("%d clientAliases exceeds the max limit of 1", n)
		}
	}
	return nil
}

func checkUpdate(in *ecs.UpdateServiceInput) error {
	switch {
	case api.Value(in.Service) == "":
		return invalid("Service cannot be empty.")
	case in.DesiredCount != nil && *in.DesiredCount < 0:
		return invalid("desiredCount cannot be negative.")
	case in.HealthCheckGracePeriodSeconds != nil && *in.HealthCheckGracePeriodSeconds < 0:
		return invalid("healthCheckGracePeriodSeconds cannot be negative.")
	}
	// That the service runs on Fargate does not matter here. Source: public reports of constraints that were taken with an update.
	for _, err := range []error{checkPlacement("", in.PlacementStrategy, in.PlacementConstraints), checkConnect(in.ServiceConnectConfiguration), checkNetwork(in.NetworkConfiguration)} {
		if err != nil {
			return err
		}
	}
	return checkDeployment(in.DeploymentConfiguration)
}

// daemonCount: the words are those of public reports.
func daemonCount() error {
	return invalid("The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again")
}

func bothLaunches() error {
	return invalid("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
}

// serviceAllows refuses members which the world does not know to be refused, because it does not know the members. Source: behaviour §10.
func serviceAllows(current cluster.Service, in *ecs.UpdateServiceInput) error {
	c := current.Controller
	if in.DeploymentController != nil && controllerOf(in.DeploymentController) != c {
		return unsupported("The emulator does not offer to change the deployment controller of a service.")
	}
	if current.Scheduling == cluster.Daemon && in.DesiredCount != nil {
		return daemonCount()
	}
	if c == cluster.ControllerCodeDeploy && in.NetworkConfiguration != nil {
		return invalid("Unable to update network parameters on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.")
	}
	return nil
}

// checkNetwork: a subnet is required, 16 and 5 security groups are allowed. Source: API Reference, AwsVpcConfiguration.
func checkNetwork(given *types.NetworkConfiguration) error {
	if given == nil || given.AwsvpcConfiguration == nil {
		return nil
	}
	switch n := len(given.AwsvpcConfiguration.Subnets); {
	case n == 0:
		return invalid("subnets can not be empty.")
	case n > 16:
		return most("subnets", 16)
	case len(given.AwsvpcConfiguration.SecurityGroups) > 5:
		return most("securityGroups", 5)
	}
	return nil
}

// settleNetwork says what a request leaves out, as descriptions have it. Source: API Reference, AwsVpcConfiguration.assignPublicIp; public reports of services.
func settleNetwork(given *types.NetworkConfiguration) {
	if given == nil || given.AwsvpcConfiguration == nil {
		return
	}
	a := given.AwsvpcConfiguration
	a.AssignPublicIp, a.SecurityGroups = cmp.Or(a.AssignPublicIp, types.AssignPublicIpDisabled), present(a.SecurityGroups)
}

// sameStrategy tells whether a service has this capacity provider strategy.
func sameStrategy(before members, given []types.CapacityProviderStrategyItem) (bool, error) {
	var its []struct {
		CapacityProvider string
		Base, Weight     int32
	}
	if text := before["capacityProviderStrategy"]; len(text) > 0 {
		if err := json.Unmarshal(text, &its); err != nil {
			return false, fmt.Errorf("reading the capacity provider strategy of a service: %w", err)
		}
	}
	return len(its) == len(given) && !slices.ContainsFunc(given, func(g types.CapacityProviderStrategyItem) bool {
		return !slices.ContainsFunc(its, func(i struct {
			CapacityProvider string
			Base, Weight     int32
		}) bool {
			return i.CapacityProvider == api.Value(g.CapacityProvider) && i.Base == g.Base && i.Weight == g.Weight
		})
	}), nil
}

// checkDeployment refuses what the world has no rules for, so that nobody mistakes a rolling deployment for another.
func checkDeployment(given *types.DeploymentConfiguration) error {
	if given == nil {
		return nil
	}
	if given.Strategy != "" && given.Strategy != types.DeploymentStrategyRolling {
		return unsupported("The emulator does not offer the deployment strategy %s.", given.Strategy)
	}
	switch least, most := given.MinimumHealthyPercent, given.MaximumPercent; { // words of public reports, but for what is negative
	case least != nil && *least < 0:
		return invalid("minimumHealthyPercent must be at least 0")
	case least != nil && *least > 100:
		return invalid("minimumHealthyPercent must be at most 100")
	case most != nil && *most < 100:
		return invalid("maximumPercent must be at least 100")
	}
	return nil
}

// stillFits is fits for what a service is once a request has changed it. What the request leaves alone was checked before.
func (h *handlers) stillFits(v api.View, current cluster.Service, before members, in *ecs.UpdateServiceInput, action cluster.UpdateService) error {
	if in.TaskDefinition == nil && in.NetworkConfiguration == nil && in.LoadBalancers == nil && in.PlatformVersion == nil && in.VolumeConfigurations == nil {
		return nil
	}
	var former types.Service
	text, err := before.text()
	if err != nil {
		return err
	}
	if err := h.into(text, &former); err != nil {
		return err
	}
	how := use{definition: current.Definition, launch: current.Launch, platform: in.PlatformVersion, network: in.NetworkConfiguration, attachments: current.Attachments,
		volumes: serviceVolumes(in.VolumeConfigurations)}
	if in.TaskDefinition != nil {
		how.definition = *in.TaskDefinition
	}
	if how.network == nil {
		how.network = former.NetworkConfiguration
	}
	if former.CreatedBy == nil { // no request made it, so it need not have a network, nor its definitions the size of a task
		how.launch, how.network = "", cmp.Or(how.network, &types.NetworkConfiguration{})
	}
	if in.LoadBalancers != nil {
		how.attachments = *action.Attachments
	}
	if action.Providers != nil {
		how.launch, how.providers = "", *action.Providers
	}
	return h.fits(v, how)
}

func serviceVolumes(given []types.ServiceVolumeConfiguration) (names []string) {
	for _, v := range given {
		names = append(names, api.Value(v.Name))
	}
	return names
}

// networkFits: a definition with awsvpc networking needs subnets, and they and the security groups must be there. The words are those of public reports.
func networkFits(v api.View, name *string, given *types.NetworkConfiguration) error {
	definition, ok := v.World.Definition(api.Value(name))
	own := definition.Network == string(types.NetworkModeAwsvpc)
	switch {
	case ok && own && given == nil:
		return invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	case ok && !own && definition.Members != nil && given != nil && given.AwsvpcConfiguration != nil:
		return invalid("Network Configuration is not valid for the given networkMode of this task definition.")
	case given == nil || given.AwsvpcConfiguration == nil:
		return nil
	}
	if lost := v.LostSubnet(given.AwsvpcConfiguration.Subnets); lost != "" {
		return invalid("Error retrieving subnet information for [%s]: The subnet ID '%s' does not exist (ErrorCode: InvalidSubnetID.NotFound)", lost, lost)
	}
	if lost := v.LostSecurityGroup(given.AwsvpcConfiguration.SecurityGroups); lost != "" {
		return invalid("Error retrieving security group information for [%s]: The security group '%s' does not exist (ErrorCode: InvalidGroup.NotFound)", lost, lost)
	}
	return nil
}

func schedulingOf(in *ecs.CreateServiceInput) cluster.Scheduling {
	if in.SchedulingStrategy == "" {
		return cluster.Replica
	}
	return cluster.Scheduling(in.SchedulingStrategy)
}

func controllerOf(given *types.DeploymentController) cluster.Controller {
	if given == nil || given.Type == "" {
		return cluster.ControllerECS
	}
	return cluster.Controller(given.Type)
}

// launchOf is empty where a capacity provider strategy stands in its place: the request's own, or else the cluster's default, which then becomes a member
// of the service. Source: API Reference, CreateService.capacityProviderStrategy and launchType: EC2 where neither is there.
func launchOf(v api.View, inCluster string, asked types.LaunchType, strategy []types.CapacityProviderStrategyItem, given members) (cluster.Launch, error) {
	if asked != "" || len(strategy) > 0 {
		return cluster.Launch(asked), nil
	}
	found, _ := v.World.Cluster(inCluster)
	ofCluster, err := kept(found.Members)
	if err != nil {
		return "", err
	}
	if strategy := ofCluster["defaultCapacityProviderStrategy"]; len(strategy) > 0 && string(strategy) != "[]" {
		given["capacityProviderStrategy"] = strategy
		return "", nil
	}
	return cluster.EC2, nil
}

// providersOf are the capacity providers of a service's strategy, its own or the cluster's default, which launchOf has added to its members; and the first of them, where they
// have container instances. Source: API Reference, CreateService.capacityProviderStrategy: a strategy has providers of Fargate or of Auto Scaling groups, not of both.
func providersOf(own []types.CapacityProviderStrategyItem, given members) (first string, all []cluster.ProviderShare, err error) {
	if text := given["capacityProviderStrategy"]; len(own) == 0 && len(text) > 0 {
		if err := json.Unmarshal(text, &own); err != nil {
			return "", nil, fmt.Errorf("reading the cluster's default capacity provider strategy: %w", err)
		}
	}
	if all, err = sharesFrom(own); err != nil || len(all) == 0 {
		return "", nil, err
	}
	fargate := 0
	for _, p := range all {
		if strings.HasPrefix(p.Name, "FARGATE") {
			fargate++
		}
	}
	switch fargate {
	case 0:
		return all[0].Name, all, nil
	case len(all):
		return "", all, nil
	}
	return "", nil, invalid("A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers.")
}

// startBounds are those of a service that sets none. Source: behaviour §1.1 (4), for requests through the API.
func startBounds(s cluster.Scheduling) cluster.Bounds {
	if s == cluster.Daemon {
		return cluster.Bounds{MinimumHealthyPercent: 0, MaximumPercent: 100}
	}
	return cluster.DefaultBounds()
}

// bounds changes those that are given.
func bounds(given *types.DeploymentConfiguration, b cluster.Bounds) cluster.Bounds {
	if given == nil {
		return b
	}
	if given.MinimumHealthyPercent != nil {
		b.MinimumHealthyPercent = int(*given.MinimumHealthyPercent)
	}
	if given.MaximumPercent != nil {
		b.MaximumPercent = int(*given.MaximumPercent)
	}
	return b
}

func breaker(given *types.DeploymentConfiguration) *cluster.Breaker {
	if given == nil || given.DeploymentCircuitBreaker == nil {
		return nil
	}
	b := given.DeploymentCircuitBreaker
	out := cluster.Breaker{Enabled: b.Enable, Rollback: b.Rollback, Cumulative: b.ResetOnHealthyTask != nil && !*b.ResetOnHealthyTask}
	if t := b.ThresholdConfiguration; t != nil {
		out.Threshold = cluster.Threshold{Type: cluster.ThresholdType(t.Type), Value: int(t.Value)}
	}
	return &out
}

// early reads early success criteria; nil where none are given. What they need when they are on is checked with the request.
func early(given *types.DeploymentConfiguration) *cluster.EarlySuccess {
	if given == nil || given.EarlySuccessCriteria == nil {
		return nil
	}
	e := given.EarlySuccessCriteria
	return &cluster.EarlySuccess{Enabled: e.Enable, HealthyPercent: int(api.Value(e.HealthyPercent)), Deferred: e.SourceServiceRevisionCleanup == types.ServiceRevisionCleanupDeferred}
}

// checkEarly refuses early success criteria that say too little. Source: API Reference, DeploymentEarlySuccessCriteria; the words are ours.
func checkEarly(given *types.DeploymentConfiguration) error {
	if given == nil || given.EarlySuccessCriteria == nil || !given.EarlySuccessCriteria.Enable {
		return nil
	}
	if e := given.EarlySuccessCriteria; e.HealthyPercent == nil || e.SourceServiceRevisionCleanup == "" {
		return invalid("healthyPercent and sourceServiceRevisionCleanup are required when earlySuccessCriteria is enabled.")
	}
	return nil
}

func alarms(given *types.DeploymentConfiguration) *cluster.Alarms {
	if given == nil || given.Alarms == nil {
		return nil
	}
	return &cluster.Alarms{Names: given.Alarms.AlarmNames, Enabled: given.Alarms.Enable, Rollback: given.Alarms.Rollback}
}

func attachmentsFrom(given []types.LoadBalancer) ([]cluster.Attachment, error) {
	if len(given) > 5 {
		return nil, most("loadBalancers", 5) // Source: quotas, target groups of a service
	}
	var out []cluster.Attachment
	for _, b := range given {
		switch {
		case api.Value(b.TargetGroupArn) != "" && api.Value(b.LoadBalancerName) != "": // words of public reports
			return nil, invalid("loadBalancerName and targetGroupArn cannot both be specified. You must specify either a loadBalancerName or a targetGroupArn in all loadBalancer entries")
		case b.TargetGroupArn == nil && api.Value(b.LoadBalancerName) != "":
			continue // a Classic Load Balancer; it is kept and does nothing
		case api.Value(b.TargetGroupArn) == "":
			return nil, invalid("targetGroupArn cannot be empty.")
		case api.Value(b.ContainerName) == "" || b.ContainerPort == nil:
			return nil, invalid("containerName and containerPort are required for each load balancer.")
		}
		out = append(out, cluster.Attachment{TargetGroup: *b.TargetGroupArn, Container: *b.ContainerName, Port: int(*b.ContainerPort)})
	}
	return out, nil
}

// redeploys tells whether members that belong to a revision of the service are given and differ from those that it has: such an update starts a deployment,
// even though no rule uses them. Source: API Reference, UpdateService; behaviour §1.7.
func redeploys(before, given members) bool {
	ofRevision := []string{"networkConfiguration", "platformVersion", "serviceRegistries", "serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations"}
	return slices.ContainsFunc(ofRevision, func(name string) bool {
		text, isGiven := given[name]
		return isGiven && plain(name, text) != plain(name, before[name])
	})
}

// plain writes a member of a revision so that what says no more than its absence is written as that: an empty list, and a default. So a service that is put back as it
// was described stays as it is. Source: API Reference, CreateService.platformVersion, AwsVpcConfiguration.assignPublicIp, ServiceConnectConfiguration.enabled.
func plain(name string, text json.RawMessage) string {
	switch name {
	case "platformVersion":
		return cmp.Or(string(text), strconv.Quote(latest))
	case "networkConfiguration":
		var n struct {
			AwsvpcConfiguration types.AwsVpcConfiguration
		}
		if len(text) == 0 || json.Unmarshal(text, &n) != nil {
			return string(text)
		}
		a := n.AwsvpcConfiguration
		return fmt.Sprint(a.Subnets, a.SecurityGroups, cmp.Or(a.AssignPublicIp, types.AssignPublicIpDisabled))
	case "serviceConnectConfiguration":
		var c struct{ Enabled bool }
		if json.Unmarshal(text, &c) == nil && !c.Enabled {
			return ""
		}
	}
	if string(text) == "[]" {
		return ""
	}
	return string(text)
}
