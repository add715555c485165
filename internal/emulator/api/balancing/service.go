package balancing

import (
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
	api.Offer(s, h.describeLoadBalancers)
	api.Offer(s, h.describeListeners)
	lack(s)
	return s
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
