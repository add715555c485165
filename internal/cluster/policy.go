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

// ScalingActivity is what Application Auto Scaling did to a service, and why. Source: API Reference, ScalingActivity.
type ScalingActivity struct {
	ID          string          `json:"id"`
	Description string          `json:"description"`
	Cause       string          `json:"cause"`
	Status      ScalingProgress `json:"status"`
	Message     string          `json:"message"`
	StartedAt   time.Time       `json:"startedAt"`
	EndedAt     time.Time       `json:"endedAt,omitzero"`
}

// ScalingProgress is how far a ScalingActivity is.
type ScalingProgress string

// The states of a scaling activity. Source: API Reference, ScalingActivity.StatusCode.
const (
	ScalingInProgress ScalingProgress = "InProgress"
	ScalingSuccessful ScalingProgress = "Successful"
	ScalingOverridden ScalingProgress = "Overridden"
	ScalingFailed     ScalingProgress = "Failed"
)
