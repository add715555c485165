package cluster

// Breaker is the deployment circuit breaker's setting. Source: API Reference, DeploymentCircuitBreaker.
type Breaker struct {
	Enabled    bool      `json:"enabled"`
	Rollback   bool      `json:"rollback"`
	Cumulative bool      `json:"cumulative,omitempty"` // resetOnHealthyTask is false: a task that gets healthy does not set the count back
	Threshold  Threshold `json:"threshold,omitzero"`   // zero: half the desired count, from 3 to 200
}

// Threshold is how many failures trip the circuit breaker. Source: API Reference, ThresholdConfiguration.
type Threshold struct {
	Type  ThresholdType `json:"type"`
	Value int           `json:"value"` // a percentage, or a count
}

// ThresholdType is how a Threshold is meant.
type ThresholdType string

// The types.
const (
	BoundedPercent   ThresholdType = "BOUNDED_PERCENT"   // of the desired count, rounded up, from 3 to 200
	UnboundedPercent ThresholdType = "UNBOUNDED_PERCENT" // the same without these bounds
	FailureCount     ThresholdType = "COUNT"
)

// Of is how many failures trip the breaker of a service: 50 % of 25 are 13, of 1 they are 3, and of 800 they are 200, where they are bounded.
// Source: developer guide, deployment-circuit-breaker.
func (t Threshold) Of(desired int) int {
	if t.Type == FailureCount {
		return max(1, t.Value)
	}
	percent := 50
	if t.Value > 0 {
		percent = t.Value
	}
	share := (percent*desired + 99) / 100
	if t.Type == UnboundedPercent {
		return max(1, share)
	}
	return min(200, max(3, share))
}

// EarlySuccess is when a rollout is complete before all of its tasks are there. Source: API Reference, DeploymentEarlySuccessCriteria.
type EarlySuccess struct {
	Enabled        bool `json:"enabled"`
	HealthyPercent int  `json:"healthyPercent"`     // of the desired count, from the minimum healthy percent to 100
	Deferred       bool `json:"deferred,omitempty"` // the tasks of the former revision leave after that, and need not have left before
}

// Of is how many tasks of the new revision must be healthy: 90 % of 100 are 90, 50 % of 3 are 2, and at least one is.
// Source: developer guide, early-success-criteria.
func (e EarlySuccess) Of(desired int) int { return max(1, (e.HealthyPercent*desired+99)/100) }

// Alarms are the CloudWatch alarms that fail a rollout. Source: API Reference, DeploymentAlarms.
type Alarms struct {
	Names    []string `json:"names,omitempty"`
	Enabled  bool     `json:"enabled,omitempty"`
	Rollback bool     `json:"rollback,omitempty"`
}

// Alarm is a CloudWatch alarm. Source: CloudWatch API Reference, MetricAlarm.
type Alarm struct {
	Name   string     `json:"name"`
	State  AlarmState `json:"state"`
	Reason string     `json:"reason,omitempty"` // why it is in its state, in CloudWatch's words
}

// AlarmState is the state of an Alarm.
type AlarmState string

// The states of an alarm.
const (
	AlarmOK      AlarmState = "OK"
	AlarmRaised  AlarmState = "ALARM"
	AlarmUnknown AlarmState = "INSUFFICIENT_DATA"
)
