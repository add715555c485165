// Package scaling is the API of Application Auto Scaling as far as it is needed to see that nothing scales: there is no scalable target.
package scaling

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/smithy-go"

	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// New makes the service. It asks for no world yet.
func New(api.Worlds) *api.Service {
	s := api.NewService("Application Auto Scaling", wire.Description{
		Name: "application-autoscaling", Version: "2016-02-06", Protocol: wire.AWSJSON11,
		Target:      "AnyScaleFrontendService",
		ServerFault: wire.ServerFault[smithy.ErrorFault],
	})
	api.Offer(s, describeScalableTargets)
	lack(s)
	return s
}

// describeScalableTargets finds none.
func describeScalableTargets(_ context.Context, in *applicationautoscaling.DescribeScalableTargetsInput) (*applicationautoscaling.DescribeScalableTargetsOutput, error) {
	if in.ServiceNamespace == "" {
		return nil, &wire.Error{
			Code:    "ValidationException",
			Message: "1 validation error detected: Value null at 'serviceNamespace' failed to satisfy constraint: Member must not be null",
		}
	}
	return &applicationautoscaling.DescribeScalableTargetsOutput{ScalableTargets: []types.ScalableTarget{}}, nil
}
