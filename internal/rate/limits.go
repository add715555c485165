package rate

import "strings"

// For gives the buckets that one call of an operation draws on, none where AWS publishes no number. The service is its signing name.
//
// Sources: ECS developer guide, request-throttling; Elastic Load Balancing guide, api-throttling. Application Auto Scaling publishes no rates.
func For(service, operation string) []Limit {
	switch service {
	case "ecs":
		if l, ok := ecs(operation); ok {
			return []Limit{l}
		}
	case "elasticloadbalancing":
		// "overall" holds for all operations of the account together, on top of the bucket of their own kind.
		return []Limit{balancing(operation), {Name: "elb-overall", Burst: 40, Refill: 10}}
	}
	return nil
}

// FargateLaunches is the rate at which Fargate launches tasks of an account in a Region, whoever asks for them; On-Demand and Spot each have one of their own. It is that of the 16 main
// Regions; others have 25 and 5 a second. Source: ECS developer guide, service-quotas and throttling.
func FargateLaunches() Limit { return Limit{"fargate-launches", 100, 20} }

// ecs gives the bucket of an ECS operation: each belongs to exactly one.
func ecs(operation string) (l Limit, ok bool) {
	switch operation {
	case "StopTask", "RunTask", "StartTask", "ExecuteCommand", "UpdateContainerInstancesState", "DeregisterContainerInstance",
		"PutAttributes", "DeleteAttributes", "UpdateContainerAgent":
		return Limit{"ecs-cluster-resource-modify", 100, 40}, true
	case "RegisterContainerInstance", "SubmitTaskStateChange", "SubmitContainerStateChange", "SubmitAttachmentStateChanges", "DiscoverPollEndpoint":
		return Limit{"ecs-agent-modify", 200, 120}, true
	case "DescribeTasks", "ListTasks", "DescribeContainerInstances", "ListContainerInstances", "ListAttributes":
		return Limit{"ecs-cluster-resource-read", 100, 20}, true
	case "CreateService", "UpdateService", "DeleteService", "StopServiceDeployment": // that the last belongs here is not published
		return Limit{"ecs-service-modify", 50, 5}, true
	case "DescribeServices", "ListServices", "DescribeTaskSets":
		return Limit{"ecs-service-read", 100, 20}, true
	case "CreateCluster", "DeleteCluster", "UpdateCluster", "UpdateClusterSettings", "PutClusterCapacityProviders":
		return Limit{"ecs-cluster-modify", 20, 1}, true
	case "DescribeClusters", "ListClusters":
		return Limit{"ecs-cluster-read", 50, 20}, true
	case "RegisterTaskDefinition", "DeregisterTaskDefinition":
		return Limit{"ecs-definition-modify", 20, 1}, true
	case "DescribeTaskDefinition", "ListTaskDefinitions", "ListTaskDefinitionFamilies":
		return Limit{"ecs-definition-read", 50, 20}, true
	case "DeleteTaskDefinitions":
		return Limit{"ecs-definition-delete", 5, 1}, true
	case "TagResource", "UntagResource":
		return Limit{"ecs-tag-modify", 20, 10}, true
	case "ListTagsForResource":
		return Limit{"ecs-tag-read", 50, 20}, true
	case "GetTaskProtection", "UpdateTaskProtection":
		return Limit{"ecs-task-protection", 200, 80}, true
	case "DescribeServiceDeployments", "ListServiceDeployments":
		return Limit{"ecs-deployment-read", 50, 20}, true
	case "DescribeServiceRevisions":
		return Limit{"ecs-revision-read", 50, 20}, true
	case "CreateCapacityProvider", "DeleteCapacityProvider", "UpdateCapacityProvider":
		return Limit{"ecs-capacity-provider-modify", 10, 1}, true
	case "DescribeCapacityProviders":
		return Limit{"ecs-capacity-provider-read", 50, 20}, true
	case "CreateTaskSet", "UpdateTaskSet", "DeleteTaskSet", "UpdateServicePrimaryTaskSet":
		return Limit{"ecs-task-set-modify", 100, 20}, true
	case "PutAccountSetting", "PutAccountSettingDefault", "DeleteAccountSetting":
		return Limit{"ecs-settings-modify", 10, 1}, true
	case "ListAccountSettings":
		return Limit{"ecs-settings-read", 50, 20}, true
	case "ListServicesByNamespace":
		return Limit{"ecs-namespace-read", 10, 1}, true
	}
	return Limit{}, false
}

func balancing(operation string) Limit {
	switch {
	case operation == "RegisterTargets" || operation == "DeregisterTargets":
		return Limit{"elb-targets", 20, 4}
	case strings.HasPrefix(operation, "Describe"):
		return Limit{"elb-describe", 200, 50}
	case operation == "CreateLoadBalancer" || operation == "DeleteLoadBalancer" || operation == "SetSubnets" || operation == "SetIpAddressType":
		return Limit{"elb-intensive", 10, 0.2}
	}
	return Limit{"elb-mutating", 20, 3}
}
