package cluster

import "time"

// PutScalingPolicy makes or changes a policy by which the desired count of a scalable target follows a metric. Exactly one of Track and Step is set. Done gives its name.
type PutScalingPolicy struct {
	Service ServiceKey   `json:"service"`
	Name    string       `json:"name"`
	Track   *TrackBy     `json:"track,omitempty"`
	Step    *StepScaleBy `json:"step,omitempty"`
	Follow  *Follow      `json:"follow,omitempty"` // of Track
}

// TrackBy keeps a metric near a target value. Source: API Reference, TargetTrackingScalingPolicyConfiguration.
type TrackBy struct {
	Target      float64       `json:"target"`
	OutCooldown time.Duration `json:"outCooldown"`
	InCooldown  time.Duration `json:"inCooldown"`
	NeverIn     bool          `json:"neverIn,omitempty"` // DisableScaleIn
}

// StepScaleBy changes the count by how far the metric of an alarm is beyond its threshold. Source: API Reference, StepScalingPolicyConfiguration.
type StepScaleBy struct {
	Adjust    Adjustment    `json:"adjust"`
	Cooldown  time.Duration `json:"cooldown"`
	Magnitude int           `json:"magnitude,omitempty"` // MinAdjustmentMagnitude, of percentages
	Steps     []Step        `json:"steps"`
}

// Adjustment is how a Step is meant.
type Adjustment string

// The adjustments.
const (
	ChangeInCapacity        Adjustment = "ChangeInCapacity"
	ExactCapacity           Adjustment = "ExactCapacity"
	PercentChangeInCapacity Adjustment = "PercentChangeInCapacity"
)

// Step is one step: it holds where the metric is beyond the threshold by From up to, but not including, To; the other way round below the threshold.
type Step struct {
	From *float64 `json:"from,omitempty"` // nil: minus infinity
	To   *float64 `json:"to,omitempty"`   // nil: infinity
	By   int      `json:"by"`
}

// Follow is the metric that a policy keeps near its target. Without it what the metric is has to be reported policy by policy.
type Follow struct {
	Metric    Metric    `json:"metric"`
	Statistic Statistic `json:"statistic"`
	Policy    string    `json:"policy"`        // the policy's ARN, of which its alarms tell
	High      string    `json:"high"`          // the alarm above the target
	Low       string    `json:"low,omitempty"` // and below it; empty where scale-in is disabled
}

// DeleteScalingPolicy removes a policy.
type DeleteScalingPolicy struct {
	Service ServiceKey `json:"service"`
	Name    string     `json:"name"`
}

// Kind names the AWS operation.
func (PutScalingPolicy) Kind() string { return "PutScalingPolicy" }

// Kind names the AWS operation.
func (DeleteScalingPolicy) Kind() string { return "DeleteScalingPolicy" }
