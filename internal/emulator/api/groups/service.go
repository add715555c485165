package groups

import (
	"fmt"
	"strings"

	"github.com/aws/smithy-go"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are EC2 Auto Scaling's operations on the worlds of a server.
type handlers struct {
	worlds api.Worlds
	codec  *wire.Service // for the members of requests that are kept as they are
}

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Amazon EC2 Auto Scaling", wire.Description{
		Name: "autoscaling", Version: "2011-01-01", Protocol: wire.AWSQuery,
		Namespace:   "http://autoscaling.amazonaws.com/doc/2011-01-01/",
		Names:       map[string]string{"CpuPerformanceFactorRequest.References": "Reference"},
		ServerFault: wire.ServerFault[smithy.ErrorFault],
	})
	h := &handlers{worlds: worlds, codec: s.Service}
	api.Offer(s, h.createAutoScalingGroup)
	api.Offer(s, h.updateAutoScalingGroup)
	api.Offer(s, h.deleteAutoScalingGroup)
	api.Offer(s, h.describeAutoScalingGroups)
	api.Offer(s, h.describeAutoScalingInstances)
	api.Offer(s, h.setDesiredCapacity)
	api.Offer(s, h.terminateInstanceInAutoScalingGroup)
	api.Offer(s, h.setInstanceProtection)
	api.Offer(s, h.setInstanceHealth)
	api.Offer(s, h.putWarmPool)
	api.Offer(s, h.describeWarmPool)
	api.Offer(s, h.deleteWarmPool)
	api.Offer(s, h.enterStandby)
	api.Offer(s, h.exitStandby)
	api.Offer(s, h.detachInstances)
	api.Offer(s, h.attachInstances)
	api.Offer(s, h.suspendProcesses)
	api.Offer(s, h.resumeProcesses)
	api.Offer(s, h.describeScalingActivities)
	api.Offer(s, h.createOrUpdateTags)
	api.Offer(s, h.deleteTags)
	api.Offer(s, h.describeTags)
	api.Offer(s, h.putLifecycleHook)
	api.Offer(s, h.deleteLifecycleHook)
	api.Offer(s, h.describeLifecycleHooks)
	api.Offer(s, h.describeLifecycleHookTypes)
	api.Offer(s, h.completeLifecycleAction)
	api.Offer(s, h.recordLifecycleActionHeartbeat)
	api.Offer(s, h.startInstanceRefresh)
	api.Offer(s, h.cancelInstanceRefresh)
	api.Offer(s, h.describeInstanceRefreshes)
	besides(s, h)
	lack(s)
	return s
}

// besides offers what groups have besides their instances.
func besides(s *api.Service, h *handlers) {
	api.Offer(s, h.createLaunchConfiguration)
	api.Offer(s, h.deleteLaunchConfiguration)
	api.Offer(s, h.describeLaunchConfigurations)
	api.Offer(s, h.putScalingPolicy)
	api.Offer(s, h.describePolicies)
	api.Offer(s, h.deletePolicy)
	api.Offer(s, h.executePolicy)
	api.Offer(s, h.putScheduledUpdateGroupAction)
	api.Offer(s, h.batchPutScheduledUpdateGroupAction)
	api.Offer(s, h.describeScheduledActions)
	api.Offer(s, h.deleteScheduledAction)
	api.Offer(s, h.batchDeleteScheduledAction)
	api.Offer(s, h.attachLoadBalancerTargetGroups)
	api.Offer(s, h.detachLoadBalancerTargetGroups)
	api.Offer(s, h.describeLoadBalancerTargetGroups)
	api.Offer(s, h.attachLoadBalancers)
	api.Offer(s, h.detachLoadBalancers)
	api.Offer(s, h.describeLoadBalancers)
	api.Offer(s, h.attachTrafficSources)
	api.Offer(s, h.detachTrafficSources)
	api.Offer(s, h.describeTrafficSources)
	api.Offer(s, h.enableMetricsCollection)
	api.Offer(s, h.disableMetricsCollection)
	api.Offer(s, h.describeMetricCollectionTypes)
	api.Offer(s, h.putNotificationConfiguration)
	api.Offer(s, h.deleteNotificationConfiguration)
	api.Offer(s, h.describeNotificationConfigurations)
	api.Offer(s, h.describeAdjustmentTypes)
	api.Offer(s, h.describeScalingProcessTypes)
	api.Offer(s, h.describeTerminationPolicyTypes)
	api.Offer(s, h.describeAutoScalingNotificationTypes)
	api.Offer(s, h.describeAccountLimits)
}

// invalid is EC2 Auto Scaling's error for a parameter.
func invalid(format string, args ...any) error {
	return &wire.Error{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

// null is its error for a parameter that is required. The words are those of AWS's common check.
func null(member string) error {
	return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

// named reads a group parameter: a name, or an ARN.
func named(text *string) (string, error) {
	if api.Value(text) == "" {
		return "", null("autoScalingGroupName")
	}
	if _, name, isARN := strings.Cut(*text, ":autoScalingGroupName/"); isARN {
		return name, nil
	}
	return *text, nil
}

// find gives a group that is there.
func find(v api.View, text *string) (cluster.Group, error) {
	name, err := named(text)
	if err != nil {
		return cluster.Group{}, err
	}
	for _, g := range v.World.Groups() {
		if g.Name == name {
			return g, nil
		}
	}
	return cluster.Group{}, invalid("%s AutoScalingGroup '%s' not found", notFound, name)
}

// notFound begins the error for a group that is not there.
const notFound = "AutoScalingGroup name not found -"

// page cuts a page out of items in the order of their keys. Source: API Reference: 50 a page unless set, 100 at most.
func page[T any](all []T, key func(T) string, token *string, size *int32) ([]T, *string, error) {
	most := 50
	if size != nil {
		most = int(*size)
	}
	if most < 1 || most > 100 {
		return nil, nil, invalid("MaxRecords must be between 1 and 100.")
	}
	cut, next, err := api.Page(api.InOrder(all, key), key, api.Value(token), most)
	if err != nil {
		return nil, nil, &wire.Error{Code: "InvalidNextToken", Message: "The token is not valid."}
	}
	return cut, api.Some(next), nil
}
