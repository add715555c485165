package balancing

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// handlers are ELBv2's operations on the worlds of a server.
type handlers struct {
	worlds api.Worlds
	codec  *wire.Service // for the members of requests that are kept as they are
}

// New makes the service.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Elastic Load Balancing", wire.Description{
		Name: "elasticloadbalancing", Version: "2015-12-01", Protocol: wire.AWSQuery,
		Namespace:   "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
		ServerFault: wire.ServerFault[smithy.ErrorFault],
	})
	s.Wrong = func(w api.WrongEnum) error { return invalid("%s", w.Constraint(api.LowerCamel(w.Member))) }
	h := &handlers{worlds: worlds, codec: s.Service}
	api.Offer(s, h.createTargetGroup)
	api.Offer(s, h.describeTargetGroups)
	api.Offer(s, h.modifyTargetGroup)
	api.Offer(s, h.deleteTargetGroup)
	api.Offer(s, h.describeTargetGroupAttributes)
	api.Offer(s, h.modifyTargetGroupAttributes)
	api.Offer(s, h.registerTargets)
	api.Offer(s, h.deregisterTargets)
	api.Offer(s, h.describeTargetHealth)
	api.Offer(s, h.describeTags)
	api.Offer(s, h.addTags)
	api.Offer(s, h.removeTags)
	balancers(s, h)
	lack(s)
	return s
}

// balancers offers what stands before the target groups.
func balancers(s *api.Service, h *handlers) {
	api.Offer(s, h.createLoadBalancer)
	api.Offer(s, h.describeLoadBalancers)
	api.Offer(s, h.deleteLoadBalancer)
	api.Offer(s, h.describeLoadBalancerAttributes)
	api.Offer(s, h.modifyLoadBalancerAttributes)
	api.Offer(s, h.describeCapacityReservation)
	api.Offer(s, h.modifyCapacityReservation)
	api.Offer(s, h.setSubnets)
	api.Offer(s, h.setSecurityGroups)
	api.Offer(s, h.setIPAddressType)
	api.Offer(s, h.createListener)
	api.Offer(s, h.describeListeners)
	api.Offer(s, h.modifyListener)
	api.Offer(s, h.deleteListener)
	api.Offer(s, h.describeListenerAttributes)
	api.Offer(s, h.modifyListenerAttributes)
	api.Offer(s, h.createRule)
	api.Offer(s, h.describeRules)
	api.Offer(s, h.modifyRule)
	api.Offer(s, h.deleteRule)
	api.Offer(s, h.setRulePriorities)
	api.Offer(s, h.addListenerCertificates)
	api.Offer(s, h.removeListenerCertificates)
	api.Offer(s, h.describeListenerCertificates)
	api.Offer(s, h.describeAccountLimits)
	api.Offer(s, h.describeSSLPolicies)
}

// notPermitted is ELBv2's error for what something forbids.
func notPermitted(format string, args ...any) error {
	return &wire.Error{Code: "OperationNotPermitted", Message: fmt.Sprintf(format, args...)}
}

// missing tells whether an error says that there is no such load balancer.
func missing(err error) bool {
	var refused *wire.Error
	return errors.As(err, &refused) && refused.Code == "LoadBalancerNotFound"
}

// invalid is ELBv2's error for a parameter.
func invalid(format string, args ...any) error {
	return &wire.Error{Code: "ValidationError", Message: fmt.Sprintf(format, args...)}
}

// Errors in AWS's words, as public reports show them.
func groupNotFound() error {
	return &wire.Error{Code: "TargetGroupNotFound", Message: "One or more target groups not found"}
}

func balancerNotFound() error {
	return &wire.Error{Code: "LoadBalancerNotFound", Message: "One or more load balancers not found"}
}

func listenerNotFound() error {
	return &wire.Error{Code: "ListenerNotFound", Message: "One or more listeners not found"}
}
