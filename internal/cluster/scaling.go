package cluster

import "time"

// Suspension says which kinds of scaling of a scalable target are suspended.
type Suspension struct {
	In        bool `json:"in,omitempty"`        // by policies, to fewer tasks
	Out       bool `json:"out,omitempty"`       // by policies, to more tasks
	Scheduled bool `json:"scheduled,omitempty"` // by scheduled actions
}

// ScalableTarget is how far Application Auto Scaling may change the desired count of a service.
type ScalableTarget struct {
	ARN       string     `json:"arn,omitempty"` // empty for a target of before 2023 that was never registered again
	Min       int        `json:"min"`
	Max       int        `json:"max"`
	Suspended Suspension `json:"suspended,omitzero"`

	Policies  []string          `json:"policies,omitempty"`  // names of its scaling policies, in order; only where the scope asks for Policies
	Schedules []ScheduledAction `json:"schedules,omitempty"` // by name; likewise
}

// ScheduledAction changes the bounds of a scalable target at its times, and with them, where it is outside of them, the desired count.
type ScheduledAction struct {
	Name      string    `json:"name"`
	Schedule  string    `json:"schedule"`       // see PutScheduledAction
	Zone      string    `json:"zone,omitempty"` // time zone of the schedule; empty: UTC
	Start     time.Time `json:"start,omitzero"`
	End       time.Time `json:"end,omitzero"`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	Min       *int      `json:"min,omitempty"`
	Max       *int      `json:"max,omitempty"`
}

// RegisterScalableTarget lets Application Auto Scaling change the desired count of a service within bounds, or changes these; nil members leave what they
// stand for unchanged. Any registration brings the desired count into the bounds at once. Done gives the scalable target's ARN.
type RegisterScalableTarget struct {
	Service   ServiceKey  `json:"service"`
	Min       *int        `json:"min,omitempty"`
	Max       *int        `json:"max,omitempty"`
	Suspended *Suspension `json:"suspended,omitempty"`
}

// DeregisterScalableTarget ends that, and removes the policies and scheduled actions of the target.
type DeregisterScalableTarget struct {
	Service ServiceKey `json:"service"`
}

// ClockChange is a moment from which on the clocks of a time zone are so far ahead of UTC.
type ClockChange struct {
	At    time.Time     `json:"at"`
	Ahead time.Duration `json:"ahead"` // negative: behind
}

// PutScheduledAction makes or changes a scheduled action of a scalable target: at its times the bounds become Min and Max, where they are given. When one is
// changed, an empty schedule leaves the former one, and no Min and Max the former ones; Start and End are always replaced. Done gives its ARN.
type PutScheduledAction struct {
	Service  ServiceKey    `json:"service"`
	Name     string        `json:"name"`
	Schedule string        `json:"schedule,omitempty"` // at(yyyy-mm-ddThh:mm:ss), rate(NUMBER UNIT) or cron(FIELDS), as the clocks of the zone show it
	Zone     string        `json:"zone,omitempty"`     // the name of the time zone; empty: UTC
	Clocks   []ClockChange `json:"clocks,omitempty"`   // what its clocks do, in order; none: UTC
	Start    time.Time     `json:"start,omitzero"`
	End      time.Time     `json:"end,omitzero"`
	Min      *int          `json:"min,omitempty"`
	Max      *int          `json:"max,omitempty"`
}

// DeleteScheduledAction removes a scheduled action.
type DeleteScheduledAction struct {
	Service ServiceKey `json:"service"`
	Name    string     `json:"name"`
}

// Kind names the AWS operation.
func (RegisterScalableTarget) Kind() string { return "RegisterScalableTarget" }

// Kind names the AWS operation.
func (DeregisterScalableTarget) Kind() string { return "DeregisterScalableTarget" }

// Kind names the AWS operation.
func (PutScheduledAction) Kind() string { return "PutScheduledAction" }

// Kind names the AWS operation.
func (DeleteScheduledAction) Kind() string { return "DeleteScheduledAction" }
