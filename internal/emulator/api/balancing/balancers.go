package balancing

import (
	"context"

	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// describeLoadBalancers finds none: there are only target groups.
func (h *handlers) describeLoadBalancers(_ context.Context, in *elbv2.DescribeLoadBalancersInput) (*elbv2.DescribeLoadBalancersOutput, error) {
	if len(in.LoadBalancerArns) > 0 || len(in.Names) > 0 {
		return nil, balancerNotFound()
	}
	return &elbv2.DescribeLoadBalancersOutput{LoadBalancers: []types.LoadBalancer{}}, nil
}

// describeListeners finds none.
func (h *handlers) describeListeners(_ context.Context, in *elbv2.DescribeListenersInput) (*elbv2.DescribeListenersOutput, error) {
	switch {
	case len(in.ListenerArns) > 0:
		return nil, listenerNotFound()
	case in.LoadBalancerArn != nil:
		return nil, balancerNotFound()
	}
	return nil, invalid("You must specify either listener ARNs or a load balancer ARN")
}
