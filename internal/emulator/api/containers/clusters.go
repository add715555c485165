package containers

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/world"
)

func (h *handlers) createCluster(ctx context.Context, in *ecs.CreateClusterInput) (*ecs.CreateClusterOutput, error) {
	name := api.Value(in.ClusterName)
	if name == "" {
		name = cluster.DefaultCluster
	}
	if !cluster.ValidName(name) {
		return nil, invalid("Invalid cluster name: up to 255 letters, numbers, underscores, and hyphens are allowed.")
	}
	if err := or(checkSettings(in.Settings), checkCommands(in.Configuration)); err != nil {
		return nil, err
	}
	given, err := h.declared(in, "clusterName", "tags")
	if err != nil {
		return nil, err
	}
	tags, err := tagsFrom(in.Tags)
	if err != nil {
		return nil, err
	}
	text, err := given.text()
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.CreateClusterOutput, error) {
		if err := h.associable(v, in.CapacityProviders, in.DefaultCapacityProviderStrategy); err != nil {
			return nil, err
		}
		if _, err := v.Act(cluster.CreateCluster{Cluster: name, Members: text}); err != nil {
			return nil, err
		}
		if err := tag(v, v.ARN("ecs", "cluster/"+name), tags); err != nil {
			return nil, err
		}
		found, _ := v.World.Cluster(name)
		out, err := h.cluster(v, found, []types.ClusterField{types.ClusterFieldSettings, types.ClusterFieldConfigurations, types.ClusterFieldTags})
		return &ecs.CreateClusterOutput{Cluster: &out}, err
	})
}

// checkSettings refuses what no setting can be. Source: API Reference, ClusterSetting.value; the words are ours.
func checkSettings(given []types.ClusterSetting) error {
	for _, s := range given {
		if !slices.Contains([]string{"enhanced", "enabled", "disabled"}, api.Value(s.Value)) {
			return invalid("Invalid value for the cluster setting %s. It must be one of enhanced, enabled, disabled.", s.Name)
		}
	}
	return nil
}

// checkCommands: where what commands write goes is said with OVERRIDE, and with it alone. The words are those of public reports.
func checkCommands(given *types.ClusterConfiguration) error {
	if given == nil || given.ExecuteCommandConfiguration == nil {
		return nil
	}
	c := given.ExecuteCommandConfiguration
	override, logs := c.Logging == types.ExecuteCommandLoggingOverride, c.LogConfiguration
	switch {
	case logs != nil && !override:
		return invalid("You must set logging to 'OVERRIDE' when you supply a log configuration.")
	case override && (logs == nil || api.Value(logs.CloudWatchLogGroupName) == "" && api.Value(logs.S3BucketName) == ""):
		return invalid("A CloudWatch log group name or S3 bucket name must be specified when overriding the default log configuration.")
	}
	return nil
}

// connected: Service Connect needs a namespace, of the service or of its cluster. The words are those of public reports.
func (h *handlers) connected(c world.Cluster, given *types.ServiceConnectConfiguration) error {
	if given == nil || !given.Enabled || api.Value(given.Namespace) != "" {
		return nil
	}
	var declared types.Cluster
	if err := h.into(c.Members, &declared); err != nil {
		return err
	}
	if d := declared.ServiceConnectDefaults; d == nil || api.Value(d.Namespace) == "" {
		return invalid("Namespace is missing")
	}
	return nil
}

func (h *handlers) deleteCluster(ctx context.Context, in *ecs.DeleteClusterInput) (*ecs.DeleteClusterOutput, error) {
	if api.Value(in.Cluster) == "" {
		return nil, invalid("Cluster cannot be empty.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DeleteClusterOutput, error) {
		name, err := clusterName(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		before, _ := v.World.Cluster(name)
		out, err := h.cluster(v, before, nil)
		if err != nil {
			return nil, err
		}
		if _, err := v.Act(cluster.DeleteCluster{Cluster: name}); err != nil {
			return nil, err
		}
		out.Status = api.Some(string(cluster.ServiceInactive))
		return &ecs.DeleteClusterOutput{Cluster: &out}, nil
	})
}

func (h *handlers) listClusters(ctx context.Context, in *ecs.ListClustersInput) (*ecs.ListClustersOutput, error) {
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListClustersOutput, error) {
		arns := []string{}
		for _, c := range v.World.Clusters() {
			if c.Status == cluster.ServiceActive {
				arns = append(arns, c.ARN)
			}
		}
		slices.Sort(arns)
		cut, next, err := page(arns, func(s string) string { return s }, in.NextToken, size)
		return &ecs.ListClustersOutput{ClusterArns: cut, NextToken: next}, err
	})
}

func (h *handlers) describeClusters(ctx context.Context, in *ecs.DescribeClustersInput) (*ecs.DescribeClustersOutput, error) {
	if len(in.Clusters) > 100 {
		return nil, most("clusters", 100)
	}
	asked := in.Clusters
	if len(asked) == 0 {
		asked = []string{cluster.DefaultCluster}
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DescribeClustersOutput, error) {
		out := &ecs.DescribeClustersOutput{Clusters: []types.Cluster{}, Failures: []types.Failure{}}
		for _, text := range asked {
			name, err := clusterName(v, &text)
			if err != nil {
				return nil, err
			}
			found, ok := v.World.Cluster(name)
			if !ok {
				out.Failures = append(out.Failures, missing(v.ARN("ecs", "cluster/"+name)))
				continue
			}
			c, err := h.cluster(v, found, in.Include)
			if err != nil {
				return nil, err
			}
			out.Clusters = append(out.Clusters, c)
		}
		return out, nil
	})
}

func missing(arn string) types.Failure { return types.Failure{Arn: &arn, Reason: api.Some("MISSING")} }

// cluster renders a cluster with what is to be included.
func (h *handlers) cluster(v api.View, c world.Cluster, include []types.ClusterField) (types.Cluster, error) {
	var out types.Cluster
	if err := h.into(c.Members, &out); err != nil {
		return out, err
	}
	if !slices.Contains(include, types.ClusterFieldSettings) {
		out.Settings = nil
	}
	if !slices.Contains(include, types.ClusterFieldConfigurations) {
		out.Configuration = nil
	}
	out.ClusterArn, out.ClusterName = &c.ARN, &c.Name
	out.Status = api.Some(string(c.Status))
	n := v.World.Counts(c.Name)
	out.ActiveServicesCount, out.RegisteredContainerInstancesCount = int32(n.Services), int32(n.Instances)
	out.RunningTasksCount, out.PendingTasksCount = int32(n.Running), int32(n.Pending)
	out.Tags, out.Statistics = []types.Tag{}, []types.KeyValuePair{}
	if slices.Contains(include, types.ClusterFieldSettings) && len(out.Settings) == 0 {
		insights, err := h.effective(v, types.SettingNameContainerInsights, v.Caller())
		if err != nil {
			return out, err
		}
		out.Settings = []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: insights.Value}}
	}
	out.Settings = present(out.Settings)
	out.CapacityProviders = present(out.CapacityProviders)
	out.DefaultCapacityProviderStrategy = present(out.DefaultCapacityProviderStrategy)
	if slices.Contains(include, types.ClusterFieldTags) {
		out.Tags = tagsOf(v, c.ARN)
	}
	if slices.Contains(include, types.ClusterFieldStatistics) {
		out.Statistics = statistics(v, c.Name)
	}
	return out, nil
}

// statistics counts tasks and services by launch type. Source: API Reference, Cluster.statistics.
func statistics(v api.View, inCluster string) []types.KeyValuePair {
	order := []string{"runningEC2TasksCount", "runningFargateTasksCount", "pendingEC2TasksCount", "pendingFargateTasksCount",
		"activeEC2ServiceCount", "activeFargateServiceCount", "drainingEC2ServiceCount", "drainingFargateServiceCount"}
	kinds := map[cluster.Launch]string{cluster.EC2: "EC2", cluster.Fargate: "Fargate"}
	counts := map[string]int{}
	for _, t := range v.World.Tasks(inCluster) {
		switch {
		case t.Last == cluster.Running && t.MeantToRun():
			counts["running"+kinds[t.Launch]+"TasksCount"]++
		case t.MeantToRun():
			counts["pending"+kinds[t.Launch]+"TasksCount"]++
		}
	}
	for _, key := range v.World.Services(inCluster) {
		s, _ := v.World.Service(key)
		state := "active"
		if s.Status == cluster.ServiceDraining {
			state = "draining"
		}
		counts[state+kinds[s.Launch]+"ServiceCount"]++
	}
	out := make([]types.KeyValuePair, 0, len(order))
	for _, name := range order {
		out = append(out, types.KeyValuePair{Name: &name, Value: api.Some(strconv.Itoa(counts[name]))})
	}
	return out
}

// present makes a list that AWS always sends.
func present[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
