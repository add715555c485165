package scaling

import (
	"cmp"
	"math"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"handover/internal/emulator/api"
)

// checkConfiguration refuses a policy without the configuration of its type, or with a request of more than that one, and one that cannot be followed. The words are those
// of public reports.
func checkConfiguration(p types.ScalingPolicy, in *applicationautoscaling.PutScalingPolicyInput) error {
	has := map[types.PolicyType]bool{
		types.PolicyTypeStepScaling:           p.StepScalingPolicyConfiguration != nil,
		types.PolicyTypeTargetTrackingScaling: p.TargetTrackingScalingPolicyConfiguration != nil,
		types.PolicyTypePredictiveScaling:     p.PredictiveScalingPolicyConfiguration != nil,
	}
	if !has[p.PolicyType] {
		return invalid("%s policy configuration must be specified", p.PolicyType)
	}
	given := 0
	for _, is := range []bool{in.StepScalingPolicyConfiguration != nil, in.TargetTrackingScalingPolicyConfiguration != nil, in.PredictiveScalingPolicyConfiguration != nil} {
		if is {
			given++
		}
	}
	if given > 1 {
		return invalid("You must only provide a single scaling policy configuration, which must match the scaling policy type specified.")
	}
	switch p.PolicyType {
	case types.PolicyTypeStepScaling:
		return checkSteps(*p.StepScalingPolicyConfiguration)
	case types.PolicyTypeTargetTrackingScaling:
		return checkTracking(*p.TargetTrackingScalingPolicyConfiguration)
	case types.PolicyTypePredictiveScaling: // it is only kept
	}
	return nil
}

// labelForm names a load balancer and a target group of it. Source: API Reference, PredefinedMetricSpecification.ResourceLabel.
var labelForm = regexp.MustCompile(`^app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+$`)

func checkTracking(c types.TargetTrackingScalingPolicyConfiguration) error {
	own, known := c.CustomizedMetricSpecification, c.PredefinedMetricSpecification
	switch {
	case own != nil && known != nil:
		return invalid("Only one of PredefinedMetricSpecification or CustomizedMetricSpecification can be set for target tracking scaling.")
	case own == nil && known == nil:
		return invalid("PredefinedMetricSpecification or CustomizedMetricSpecification must be set for target tracking scaling.")
	case known == nil:
		return nil
	}
	label, labelled := api.Value(known.ResourceLabel), known.PredefinedMetricType == types.MetricTypeALBRequestCountPerTarget
	switch {
	case labelled && label == "":
		return invalid("Resource label should be specified for predefined metric type %s", known.PredefinedMetricType)
	case labelled && !labelForm.MatchString(label):
		return invalid("Invalid resource label '%s' for predefined metric type %s", label, known.PredefinedMetricType)
	case !labelled && label != "":
		return invalid("Resource label should not be specified for predefined metric type %s", known.PredefinedMetricType)
	}
	return nil
}

// checkSteps: each step must have an interval, and together they must cover one without a gap, which is open towards either side that they are on.
func checkSteps(c types.StepScalingPolicyConfiguration) error {
	switch {
	case c.AdjustmentType == "":
		return invalid("Adjustment type must be specified")
	case len(c.StepAdjustments) == 0:
		return invalid("There must be at least one step adjustment")
	case c.MinAdjustmentMagnitude != nil && c.AdjustmentType != types.AdjustmentTypePercentChangeInCapacity:
		return invalid("Minimum adjustment magnitude is only allowed for adjustment type PercentChangeInCapacity")
	}
	openBelow, openAbove, below, above := 0, 0, false, false
	for _, s := range c.StepAdjustments {
		from, to := s.MetricIntervalLowerBound, s.MetricIntervalUpperBound
		switch {
		case from == nil && to == nil:
			return invalid("Both lower and upper bounds of a step adjustment cannot be left unspecified")
		case from != nil && to != nil && *from >= *to:
			return invalid("Lower bound must be less than upper bound for a step adjustment")
		case c.AdjustmentType == types.AdjustmentTypeExactCapacity && api.Value(s.ScalingAdjustment) < 0:
			return invalid("Scaling adjustment cannot be less than 0 when adjustment type is ExactCapacity")
		case from == nil:
			openBelow++
		case to == nil:
			openAbove++
		}
		below, above = below || api.Value(from) < 0, above || api.Value(to) > 0
	}
	switch {
	case openBelow > 1:
		return invalid("At most one step adjustment may have an unspecified lower bound")
	case openAbove > 1:
		return invalid("At most one step adjustment may have an unspecified upper bound")
	}
	if err := checkIntervals(c.StepAdjustments); err != nil {
		return err
	}
	switch {
	case below && openBelow == 0:
		return invalid("There must be a step adjustment with an unspecified lower bound when one step adjustment has a negative lower bound")
	case above && openAbove == 0:
		return invalid("There must be a step adjustment with an unspecified upper bound when one step adjustment has a positive upper bound")
	}
	return nil
}

// checkIntervals: in their order each begins where the one before ends. 0 to 10 and 10 to 20 do; 0 to 20 and 10 to 30 overlap; 0 to 10 and 20 to 30 leave a gap.
func checkIntervals(steps []types.StepAdjustment) error {
	from := func(s types.StepAdjustment) float64 { return or(s.MetricIntervalLowerBound, math.Inf(-1)) }
	to := func(s types.StepAdjustment) float64 { return or(s.MetricIntervalUpperBound, math.Inf(1)) }
	inOrder := slices.SortedFunc(slices.Values(steps), func(a, b types.StepAdjustment) int { return cmp.Compare(from(a), from(b)) })
	for i := 1; i < len(inOrder); i++ {
		switch end, begin := to(inOrder[i-1]), from(inOrder[i]); {
		case end > begin:
			return invalid("Step adjustment intervals cannot overlap")
		case end < begin:
			return invalid("Step adjustment intervals cannot have gaps between them")
		}
	}
	return nil
}

// or is a bound, or what one that is not given stands for.
func or(bound *float64, otherwise float64) float64 {
	if bound == nil {
		return otherwise
	}
	return *bound
}
