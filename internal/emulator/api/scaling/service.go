// Package scaling is the API of Application Auto Scaling for ECS services: scalable targets, scheduled actions, policies, tags.
//
// Targets, scheduled actions and policies are the world's, which has rules for them; policies are declared besides, and come back in descriptions as they were put. What
// their metrics are has to be said: by PutMetricData, or for steps by SetAlarmState, of CloudWatch.
package scaling

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/smithy-go"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are Application Auto Scaling's operations on the worlds of a server.
type handlers struct {
	worlds api.Worlds
	codec  *wire.Service // for policies, which are kept as they are
}

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Application Auto Scaling", wire.Description{
		Name: "application-autoscaling", Version: "2016-02-06", Protocol: wire.AWSJSON11,
		Target:      "AnyScaleFrontendService",
		ServerFault: wire.ServerFault[smithy.ErrorFault],
	})
	s.Wrong = func(w api.WrongEnum) error {
		slices.Sort(w.Allowed) // as the service names them. Source: public reports
		for _, other := range w.Also {
			slices.Sort(other.Allowed)
		}
		return invalid("%s", w.Constraint(api.LowerCamel(w.Member)))
	}
	h := &handlers{worlds: worlds, codec: s.Service}
	api.Offer(s, h.registerScalableTarget)
	api.Offer(s, h.describeScalableTargets)
	api.Offer(s, h.deregisterScalableTarget)
	api.Offer(s, h.putScalingPolicy)
	api.Offer(s, h.describeScalingPolicies)
	api.Offer(s, h.deleteScalingPolicy)
	api.Offer(s, h.putScheduledAction)
	api.Offer(s, h.describeScheduledActions)
	api.Offer(s, h.deleteScheduledAction)
	api.Offer(s, h.describeScalingActivities)
	api.Offer(s, h.listTagsForResource)
	api.Offer(s, h.tagResource)
	api.Offer(s, h.untagResource)
	lack(s)
	return s
}

// invalid is Application Auto Scaling's error for a parameter.
func invalid(format string, args ...any) error {
	return &wire.Error{Code: "ValidationException", Message: fmt.Sprintf(format, args...)}
}

// null is its error for a parameter that is required. The words are those of AWS's common check.
func null(member string) error {
	return invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", member)
}

// dimension is the only one that an ECS service has.
const dimension = types.ScalableDimensionECSServiceDesiredCount

// addressed reads the three members that name a scalable target.
func addressed(namespace types.ServiceNamespace, resource *string, of types.ScalableDimension) (cluster.ServiceKey, error) {
	switch {
	case namespace == "":
		return cluster.ServiceKey{}, null("serviceNamespace")
	case resource == nil:
		return cluster.ServiceKey{}, null("resourceId")
	case of == "":
		return cluster.ServiceKey{}, null("scalableDimension")
	case namespace != types.ServiceNamespaceEcs && slices.Contains(namespace.Values(), namespace):
		return cluster.ServiceKey{}, invalid("The emulator does not offer the service namespace %s.", namespace)
	}
	parts := strings.Split(*resource, "/")
	if namespace != types.ServiceNamespaceEcs || of != dimension || len(parts) != 3 || parts[0] != "service" {
		return cluster.ServiceKey{}, invalid("Unsupported service namespace, resource type or scalable dimension") // public reports
	}
	return cluster.ServiceKey{Cluster: parts[1], Service: parts[2]}, nil
}

// filter is what descriptions may be narrowed down by.
type filter struct {
	namespace types.ServiceNamespace
	resources []string
	dimension types.ScalableDimension
	token     *string
	size      *int32
}

// check refuses what AWS refuses. A dimension needs a resource. Source: API Reference, DescribeScalableTargets.
func (f filter) check() error {
	switch {
	case f.namespace == "":
		return null("serviceNamespace")
	case f.dimension != "" && len(f.resources) == 0:
		return invalid("A resource ID is required with a scalable dimension")
	case f.size != nil && (*f.size < 1 || *f.size > 50):
		return invalid("MaxResults must be between 1 and 50")
	}
	return nil
}

// has tells whether a service is among those that are asked for. No other namespace has anything.
func (f filter) has(key cluster.ServiceKey) bool {
	return f.namespace == types.ServiceNamespaceEcs && (f.dimension == "" || f.dimension == dimension) &&
		(len(f.resources) == 0 || slices.Contains(f.resources, resourceOf(key)))
}

func resourceOf(key cluster.ServiceKey) string { return "service/" + key.String() }

// optional makes a list of a member that may be missing.
func optional(resource *string) []string {
	if resource == nil {
		return nil
	}
	return []string{*resource}
}

// paged cuts a page out of items in the order of their keys. Source: API Reference, DescribeScalableTargets.MaxResults: 50 where it is not given.
func paged[T any](all []T, key func(T) string, f filter) (page []T, next *string, err error) {
	size := 50
	if f.size != nil {
		size = int(*f.size)
	}
	all = api.InOrder(all, key)
	cut, token, err := api.Page(all, key, api.Value(f.token), size)
	if err != nil {
		return nil, nil, &wire.Error{Code: "InvalidNextTokenException", Message: "The next token is not valid."}
	}
	return cut, api.Some(token), nil
}
