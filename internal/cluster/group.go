package cluster

import (
	"encoding/json"
	"time"
)

// Group is an EC2 Auto Scaling group as DescribeAutoScalingGroups shows it.
type Group struct {
	Name      string          `json:"name"`
	ARN       string          `json:"arn"`
	Min       int             `json:"min"`
	Max       int             `json:"max"`
	Desired   int             `json:"desired"`
	Zones     []string        `json:"zones"`
	Subnets   []string        `json:"subnets,omitempty"`
	Template  Template        `json:"template"`
	Protect   bool            `json:"protect,omitempty"`  // new instances are protected from scale-in
	Grace     time.Duration   `json:"grace,omitempty"`    // health check grace period
	Warmup    time.Duration   `json:"warmup,omitempty"`   // default instance warmup
	Policies  []string        `json:"policies,omitempty"` // termination policies
	Suspended []string        `json:"suspended,omitempty"`
	Deleting  bool            `json:"deleting,omitempty"`
	Lifetime  time.Duration   `json:"lifetime,omitempty"`  // the longest that an instance lives; 0: any
	Pool      *WarmPool       `json:"pool,omitempty"`      // nil: none
	Instances []GroupInstance `json:"instances,omitempty"` // by age; those of the warm pool are not among them
	Warm      []GroupInstance `json:"warm,omitempty"`      // those of the warm pool, by age
	Hooks     []Hook          `json:"hooks,omitempty"`     // by name
	Tags      []GroupTag      `json:"tags,omitempty"`      // by key
	Schedules []GroupSchedule `json:"schedules,omitempty"` // by name
	Balanced  bool            `json:"balanced,omitempty"`  // HealthCheckType has ELB: an instance that is unhealthy as a target is replaced
	Targets   []string        `json:"targets,omitempty"`   // the ARNs of the target groups that its instances are registered with
	Members   json.RawMessage `json:"members,omitempty"`   // what no rule uses
	CreatedAt time.Time       `json:"createdAt"`
}

// GroupSchedule is a scheduled action of an Auto Scaling group: its sizes change at a time, or again and again. Source: EC2 Auto Scaling API Reference, ScheduledUpdateGroupAction.
type GroupSchedule struct {
	Name       string        `json:"name"`
	Start      time.Time     `json:"start,omitzero"`       // of one that recurs: its first time, if that was given
	End        time.Time     `json:"end,omitzero"`         // of one that recurs: after it nothing happens
	Recurrence string        `json:"recurrence,omitempty"` // five fields of cron, as the clocks of the zone show it; empty: once, at Start
	Zone       string        `json:"zone,omitempty"`       // the name of the time zone; empty: UTC
	Clocks     []ClockChange `json:"clocks,omitempty"`     // what its clocks do, in order; none: UTC
	Min        *int          `json:"min,omitempty"`
	Max        *int          `json:"max,omitempty"`
	Desired    *int          `json:"desired,omitempty"`
	Due        time.Time     `json:"due,omitzero"` // when it happens next; the world sets it
}

// GroupInstance is an EC2 instance of an Auto Scaling group.
type GroupInstance struct {
	ID        string    `json:"id"`
	Zone      string    `json:"zone"`
	Type      string    `json:"type"`
	Lifecycle Lifecycle `json:"lifecycle"`
	Healthy   bool      `json:"healthy"`
	Protected bool      `json:"protected,omitempty"` // from scale-in
	Template  Template  `json:"template"`            // with the version that it was launched from
}

// Lifecycle is the state of an instance in its Auto Scaling group. Source: EC2 Auto Scaling user guide, ec2-auto-scaling-lifecycle.
type Lifecycle string

// The lifecycle states.
const (
	LifecyclePending            Lifecycle = "Pending"
	LifecyclePendingWait        Lifecycle = "Pending:Wait"
	LifecyclePendingProceed     Lifecycle = "Pending:Proceed"
	LifecycleInService          Lifecycle = "InService"
	LifecycleTerminating        Lifecycle = "Terminating"
	LifecycleTerminatingWait    Lifecycle = "Terminating:Wait"
	LifecycleTerminatingProceed Lifecycle = "Terminating:Proceed"
	LifecycleTerminated         Lifecycle = "Terminated"
	LifecycleDetaching          Lifecycle = "Detaching"
	LifecycleDetached           Lifecycle = "Detached"
	LifecycleEnteringStandby    Lifecycle = "EnteringStandby"
	LifecycleStandby            Lifecycle = "Standby"

	LifecycleWarmedPending            Lifecycle = "Warmed:Pending"
	LifecycleWarmedPendingWait        Lifecycle = "Warmed:Pending:Wait"
	LifecycleWarmedPendingProceed     Lifecycle = "Warmed:Pending:Proceed"
	LifecycleWarmedStopped            Lifecycle = "Warmed:Stopped"
	LifecycleWarmedRunning            Lifecycle = "Warmed:Running"
	LifecycleWarmedHibernated         Lifecycle = "Warmed:Hibernated"
	LifecycleWarmedTerminating        Lifecycle = "Warmed:Terminating"
	LifecycleWarmedTerminatingWait    Lifecycle = "Warmed:Terminating:Wait"
	LifecycleWarmedTerminatingProceed Lifecycle = "Warmed:Terminating:Proceed"
	LifecycleWarmedTerminated         Lifecycle = "Warmed:Terminated"
)

// WarmPool is how a group keeps instances ready. Source: API Reference, WarmPoolConfiguration.
type WarmPool struct {
	Min      int       `json:"min,omitempty"`
	Prepared *int      `json:"prepared,omitempty"` // instances that there are with those of the group; nil: as many as the group may have
	State    PoolState `json:"state"`
	Reuse    bool      `json:"reuse,omitempty"`    // a scale-in gives instances back to the pool
	Deleting bool      `json:"deleting,omitempty"` // it is removed once its last instance is gone
}

// PoolState is how the instances of a warm pool wait.
type PoolState string

// How they may wait.
const (
	PoolStopped    PoolState = "Stopped"
	PoolRunning    PoolState = "Running"
	PoolHibernated PoolState = "Hibernated"
)

// The transitions at which lifecycle hooks hold an instance.
const (
	TransitionLaunching   = "autoscaling:EC2_INSTANCE_LAUNCHING"
	TransitionTerminating = "autoscaling:EC2_INSTANCE_TERMINATING"
)

// The results of a lifecycle action.
const (
	Continue = "CONTINUE"
	Abandon  = "ABANDON"
)

// Hook is a lifecycle hook.
type Hook struct {
	Name       string        `json:"name"`
	Transition string        `json:"transition"`
	Timeout    time.Duration `json:"timeout"` // HeartbeatTimeout, 30 s to 2 h; 1 h unless set
	Default    string        `json:"default"` // the result when the time is up: CONTINUE, or ABANDON unless set
	Target     string        `json:"target,omitempty"`
	Role       string        `json:"role,omitempty"`
	Metadata   string        `json:"metadata,omitempty"`
}

// Global is the longest that an instance can be held, whatever heartbeats come: 48 hours or a hundred times the heartbeat timeout, whichever is less.
// Source: API Reference, LifecycleHook.GlobalTimeout. A timeout of 15 min gives 25 h, one of 30 min 48 h.
func (h Hook) Global() time.Duration { return min(48*time.Hour, 100*h.Timeout) }

// LifecycleAction is a lifecycle hook that holds an instance.
type LifecycleAction struct {
	Group      string    `json:"group"`
	Hook       Hook      `json:"hook"`
	Instance   string    `json:"instance"` // the EC2 instance's id
	Token      string    `json:"token"`
	BeganAt    time.Time `json:"beganAt"`
	ExpiresAt  time.Time `json:"expiresAt"`  // when the default result is taken, unless a heartbeat comes before
	LastsUntil time.Time `json:"lastsUntil"` // beyond which no heartbeat reaches
	Heartbeats int       `json:"heartbeats,omitempty"`
}

// GroupTag is a tag of an Auto Scaling group.
type GroupTag struct {
	Tag
	Propagate bool `json:"propagate,omitempty"` // its instances get it when they are launched
}

// Refresh is an instance refresh.
type Refresh struct {
	ID        string          `json:"id"`
	Group     string          `json:"group"`
	Status    string          `json:"status"` // Pending, InProgress, Successful, Failed, Cancelling, Cancelled
	Reason    string          `json:"reason,omitempty"`
	Done      int             `json:"done"` // instances that were replaced
	Of        int             `json:"of"`   // instances that were there when it began
	Settings  RefreshSettings `json:"settings"`
	StartedAt time.Time       `json:"startedAt"`
	EndedAt   time.Time       `json:"endedAt,omitzero"`
}

// RefreshSettings are the preferences of an instance refresh. Source: API Reference, RefreshPreferences.
type RefreshSettings struct {
	MinHealthy int           `json:"minHealthy"`         // percent; 90 unless set
	MaxHealthy int           `json:"maxHealthy"`         // percent; 100 unless set
	Warmup     time.Duration `json:"warmup"`             // the group's unless set
	Protected  string        `json:"protected"`          // Wait unless set, Ignore or Refresh: what becomes of instances that are protected from scale-in
	Skip       bool          `json:"skip,omitempty"`     // leave instances alone that match already
	Template   *Template     `json:"template,omitempty"` // the desired configuration
}

// Activity is a scaling activity of an Auto Scaling group.
type Activity struct {
	ID          string    `json:"id"`
	Group       string    `json:"group"`
	Instance    string    `json:"instance"`
	Description string    `json:"description"`
	Cause       string    `json:"cause"`
	Status      string    `json:"status"` // InProgress, WaitingForLifecycleAction…, Successful, Cancelled
	StartedAt   time.Time `json:"startedAt"`
	EndedAt     time.Time `json:"endedAt,omitzero"`
}

// CreateGroup makes an Auto Scaling group. Done gives its ARN.
type CreateGroup struct {
	Group Group `json:"group"` // without ARN, instances and creation time
}

// UpdateGroup changes a group; nil members stay as they are.
type UpdateGroup struct {
	Name     string          `json:"name"`
	Min      *int            `json:"min,omitempty"`
	Max      *int            `json:"max,omitempty"`
	Desired  *int            `json:"desired,omitempty"`
	Zones    *[]string       `json:"zones,omitempty"`
	Subnets  *[]string       `json:"subnets,omitempty"`
	Template *Template       `json:"template,omitempty"`
	Protect  *bool           `json:"protect,omitempty"`
	Grace    *time.Duration  `json:"grace,omitempty"`
	Lifetime *time.Duration  `json:"lifetime,omitempty"`
	Warmup   *time.Duration  `json:"warmup,omitempty"`
	Policies *[]string       `json:"policies,omitempty"`
	Balanced *bool           `json:"balanced,omitempty"`
	Targets  *[]string       `json:"targets,omitempty"`
	Members  json.RawMessage `json:"members,omitempty"`
}

// DeleteGroup removes a group; with Force also while it has instances, which are then terminated.
type DeleteGroup struct {
	Name  string `json:"name"`
	Force bool   `json:"force,omitempty"`
}

// SetDesiredCapacity sets the desired capacity of a group.
type SetDesiredCapacity struct {
	Name    string `json:"name"`
	Desired int    `json:"desired"`
}

// ExecuteGroupPolicy changes the desired capacity of a group by the step that its metric is on. A policy without steps is one step without bounds.
type ExecuteGroupPolicy struct {
	Name   string      `json:"name"` // the group's
	Step   StepScaleBy `json:"step"`
	Breach float64     `json:"breach,omitempty"` // how far the metric is beyond the threshold
}

// TerminateGroupInstance terminates one instance of a group, with a replacement or with one desired less. Done gives the activity's id.
type TerminateGroupInstance struct {
	Instance  string `json:"instance"`
	Decrement bool   `json:"decrement"`
}

// ProtectInstance protects one instance of a group from scale-in, or takes its protection away.
type ProtectInstance struct {
	Name     string `json:"name"`
	Instance string `json:"instance"`
	Protect  bool   `json:"protect"`
}

// SetInstanceHealth is the word of a health check from outside on an instance of a group.
type SetInstanceHealth struct {
	Instance string `json:"instance"`
	Healthy  bool   `json:"healthy"`
	Grace    bool   `json:"grace,omitempty"` // it counts only once the group's grace period for the instance is over
}

// SetStandby takes one instance of a group out of service, or puts it back. Done gives the activity's id.
type SetStandby struct {
	Name      string `json:"name"`
	Instance  string `json:"instance"`
	Standby   bool   `json:"standby"`
	Decrement bool   `json:"decrement,omitempty"` // entering: desired is one less, and so nothing takes its place
}

// DetachInstance takes one instance out of a group, and lets it run. Done gives the activity's id.
type DetachInstance struct {
	Name      string `json:"name"`
	Instance  string `json:"instance"`
	Decrement bool   `json:"decrement,omitempty"` // desired is one less, and so nothing takes its place
}

// AttachInstance adds a running EC2 instance to a group, which then desires one more.
type AttachInstance struct {
	Name     string `json:"name"`
	Instance string `json:"instance"`
}

// SuspendProcesses suspends or resumes processes of a group.
type SuspendProcesses struct {
	Name      string   `json:"name"`
	Processes []string `json:"processes"` // never empty
	Suspend   bool     `json:"suspend"`
}

// PutHook makes or changes a lifecycle hook.
type PutHook struct {
	Name string `json:"name"` // the group's
	Hook Hook   `json:"hook"`
}

// DeleteHook removes a lifecycle hook. Instances that it holds go on, launching ones by ABANDON and terminating ones by CONTINUE.
type DeleteHook struct {
	Name string `json:"name"`
	Hook string `json:"hook"`
}

// PutGroupSchedule makes a scheduled action of a group, or changes what is given of it.
type PutGroupSchedule struct {
	Name     string        `json:"name"` // the group's
	Schedule GroupSchedule `json:"schedule"`
}

// DeleteGroupSchedule removes a scheduled action of a group.
type DeleteGroupSchedule struct {
	Name     string `json:"name"`
	Schedule string `json:"schedule"`
}

// PutWarmPool makes or changes the warm pool of a group.
type PutWarmPool struct {
	Name string   `json:"name"` // the group's
	Pool WarmPool `json:"pool"`
}

// DeleteWarmPool removes the warm pool of a group; with Force also while it has instances, which are then terminated.
type DeleteWarmPool struct {
	Name  string `json:"name"`
	Force bool   `json:"force,omitempty"`
}

// StartRefresh begins to replace the instances of a group. Done gives the refresh's id.
type StartRefresh struct {
	Name     string          `json:"name"`
	Settings RefreshSettings `json:"settings"`
}

// CancelRefresh ends an instance refresh; replacements under way go on. Done gives its id.
type CancelRefresh struct {
	Name string `json:"name"`
}

// TagGroup sets tags of a group.
type TagGroup struct {
	Name string     `json:"name"`
	Tags []GroupTag `json:"tags"`
}

// UntagGroup removes tags of a group.
type UntagGroup struct {
	Name string   `json:"name"`
	Keys []string `json:"keys"`
}

// SetCapacityProvider ties a capacity provider to an Auto Scaling group, or changes how ECS manages it.
type SetCapacityProvider struct {
	Name     string          `json:"name"`
	Group    string          `json:"group"`              // the group's name
	Draining bool            `json:"draining,omitempty"` // managed draining
	Protect  bool            `json:"protect,omitempty"`  // managed termination protection
	Scaling  *ManagedScaling `json:"scaling,omitempty"`  // nil: the group is scaled by others
}

// ManagedScaling is how ECS scales the group of a capacity provider. Source: API Reference, ManagedScaling.
type ManagedScaling struct {
	Target  int           `json:"target"`  // percent of the instances that are to be in use, 1 to 100
	MinStep int           `json:"minStep"` // instances that come at once, 1 to 10000
	MaxStep int           `json:"maxStep"`
	Warmup  time.Duration `json:"warmup"`
}

// ProviderShare is a capacity provider's part of a service's tasks. Source: API Reference, CapacityProviderStrategyItem.
type ProviderShare struct {
	Name   string `json:"name"`
	Base   int    `json:"base,omitempty"`   // so many tasks first
	Weight int    `json:"weight,omitempty"` // of what is beyond the base
}

// RemoveCapacityProvider unties it.
type RemoveCapacityProvider struct {
	Name string `json:"name"`
}

// Kind names the AWS operation.
func (CreateGroup) Kind() string { return "CreateAutoScalingGroup" }

// Kind names the AWS operation.
func (UpdateGroup) Kind() string { return "UpdateAutoScalingGroup" }

// Kind names the AWS operation.
func (DeleteGroup) Kind() string { return "DeleteAutoScalingGroup" }

// Kind names the AWS operation.
func (ExecuteGroupPolicy) Kind() string { return "ExecutePolicy" }

// Kind names the AWS operation.
func (SetDesiredCapacity) Kind() string { return "SetDesiredCapacity" }

// Kind names the AWS operation.
func (TerminateGroupInstance) Kind() string { return "TerminateInstanceInAutoScalingGroup" }

// Kind names the AWS operation.
func (SetInstanceHealth) Kind() string { return "SetInstanceHealth" }

// Kind names the AWS operation.
func (ProtectInstance) Kind() string { return "SetInstanceProtection" }

// Kind names the AWS operation.
func (DetachInstance) Kind() string { return "DetachInstances" }

// Kind names the AWS operation.
func (AttachInstance) Kind() string { return "AttachInstances" }

// Kind names the AWS operation; leaving standby is ExitStandby.
func (SetStandby) Kind() string { return "EnterStandby" }

// Kind names the AWS operation; resuming is ResumeProcesses.
func (SuspendProcesses) Kind() string { return "SuspendProcesses" }

// Kind names the AWS operation.
func (PutGroupSchedule) Kind() string { return "PutScheduledUpdateGroupAction" }

// Kind names the AWS operation; EC2 Auto Scaling and Application Auto Scaling have one of this name each.
func (DeleteGroupSchedule) Kind() string { return "DeleteScheduledUpdateGroupAction" }

// Kind names the AWS operation.
func (PutHook) Kind() string { return "PutLifecycleHook" }

// Kind names the AWS operation.
func (DeleteHook) Kind() string { return "DeleteLifecycleHook" }

// Kind names the AWS operation.
func (PutWarmPool) Kind() string { return "PutWarmPool" }

// Kind names the AWS operation.
func (DeleteWarmPool) Kind() string { return "DeleteWarmPool" }

// Kind names the AWS operation.
func (StartRefresh) Kind() string { return "StartInstanceRefresh" }

// Kind names the AWS operation.
func (CancelRefresh) Kind() string { return "CancelInstanceRefresh" }

// Kind names the AWS operation.
func (TagGroup) Kind() string { return "CreateOrUpdateTags" }

// Kind names the AWS operation; Auto Scaling calls it DeleteTags, as EC2 does.
func (UntagGroup) Kind() string { return "DeleteTags" }

// Kind names the AWS operation that makes one.
func (SetCapacityProvider) Kind() string { return "CreateCapacityProvider" }

// Kind names the AWS operation.
func (RemoveCapacityProvider) Kind() string { return "DeleteCapacityProvider" }
