package cluster

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// Action is one AWS mutation of one object. The set is closed: the types that DecodeAction reads. An Action says what is wanted, never how it is sent.
type Action interface{ Kind() string }

// UpdateService changes a service; zero and nil members leave what they stand for unchanged. Done gives the id of the deployment that it
// started, or no id where it started none.
type UpdateService struct {
	Service     ServiceKey             `json:"service"`
	Force       bool                   `json:"force,omitempty"` // start a deployment even though nothing changed
	Desired     *int                   `json:"desired,omitempty"`
	Definition  string                 `json:"definition,omitempty"` // family, family:revision or ARN
	Bounds      *Bounds                `json:"bounds,omitempty"`
	GracePeriod *time.Duration         `json:"gracePeriod,omitempty"`
	Breaker     *Breaker               `json:"breaker,omitempty"`
	Early       *EarlySuccess          `json:"early,omitempty"`
	Alarms      *Alarms                `json:"alarms,omitempty"`
	Rebalancing *bool                  `json:"rebalancing,omitempty"`
	Provider    *string                `json:"provider,omitempty"`
	Providers   *[]ProviderShare       `json:"providers,omitempty"`
	Strategy    *[]PlacementStrategy   `json:"strategy,omitempty"`
	Constraints *[]PlacementConstraint `json:"constraints,omitempty"`
	Attachments *[]Attachment          `json:"attachments,omitempty"` // other ones start a deployment, whose tasks they are of
	// Members are the members of the request that no rule uses, kept beside the service as they were declared.
	Members json.RawMessage `json:"members,omitempty"`
}

// StopServiceDeployment stops a service deployment that is under way; today ECS always rolls it back. Done gives its ARN.
type StopServiceDeployment struct {
	ARN string `json:"arn"`
}

// StopTask stops one task at once, whatever the floor. Done gives the task's id.
type StopTask struct {
	Cluster string `json:"cluster"`
	Task    string `json:"task"` // id or ARN
	Reason  string `json:"reason,omitempty"`
}

// ProtectTask protects one task from scale-in and from deployments, or takes its protection away. Done gives the task's id.
type ProtectTask struct {
	Cluster string        `json:"cluster"`
	Task    string        `json:"task"` // id or ARN
	Protect bool          `json:"protect"`
	For     time.Duration `json:"for,omitempty"` // 0: two hours
}

// CreateCluster makes a cluster; one that exists already is left as it is. Done gives its name.
type CreateCluster struct {
	Cluster string          `json:"cluster"`
	Members json.RawMessage `json:"members,omitempty"`
}

// DeleteCluster removes a cluster that has neither services nor tasks.
type DeleteCluster struct {
	Cluster string `json:"cluster"`
}

// RegisterTaskDefinition makes the next revision of a family. Done gives its ARN.
type RegisterTaskDefinition struct {
	Family      string                `json:"family"`
	Containers  []ContainerDefinition `json:"containers"`
	Network     string                `json:"network,omitempty"` // awsvpc, bridge, host, none
	CPU         int                   `json:"cpu,omitempty"`     // of the whole task, in CPU units
	Memory      int                   `json:"memory,omitempty"`  // of the whole task, in MiB
	Constraints []PlacementConstraint `json:"constraints,omitempty"`
	Members     json.RawMessage       `json:"members,omitempty"`
}

// ReviseTaskDefinition registers a copy of a revision, in the same family, in which some containers have other images. Done gives the new revision's ARN.
type ReviseTaskDefinition struct {
	Definition string           `json:"definition"` // family:revision or ARN of the one that is copied
	Images     []ContainerImage `json:"images"`
}

// ContainerImage says which image a container is to have.
type ContainerImage struct {
	Container string `json:"container"`
	Image     string `json:"image"`
}

// DeregisterTaskDefinition makes a revision INACTIVE.
type DeregisterTaskDefinition struct {
	Definition string `json:"definition"` // family:revision or ARN
}

// CreateService makes a service. Done gives its ARN.
type CreateService struct {
	Service     ServiceKey            `json:"service"`
	Definition  string                `json:"definition,omitempty"`
	Desired     int                   `json:"desired"`
	Scheduling  Scheduling            `json:"scheduling,omitempty"`
	Controller  Controller            `json:"controller,omitempty"`
	Launch      Launch                `json:"launch,omitempty"`
	Bounds      *Bounds               `json:"bounds,omitempty"`
	Breaker     Breaker               `json:"breaker,omitzero"`
	Early       EarlySuccess          `json:"early,omitzero"`
	Alarms      Alarms                `json:"alarms,omitzero"`
	Rebalancing bool                  `json:"rebalancing,omitempty"`
	GracePeriod time.Duration         `json:"gracePeriod,omitempty"`
	Attachments []Attachment          `json:"attachments,omitempty"`
	Provider    string                `json:"provider,omitempty"`  // the capacity provider whose container instances take its tasks, instead of a launch type
	Providers   []ProviderShare       `json:"providers,omitempty"` // where there are several, or of Fargate; Provider is the first of them that has container instances
	Strategy    []PlacementStrategy   `json:"strategy,omitempty"`
	Constraints []PlacementConstraint `json:"constraints,omitempty"`
	Tags        []Tag                 `json:"tags,omitempty"`
	Members     json.RawMessage       `json:"members,omitempty"`
}

// DeleteService starts to remove a service. Without Force its desired count must be 0.
type DeleteService struct {
	Service ServiceKey `json:"service"`
	Force   bool       `json:"force,omitempty"`
}

// SetAlarmState sets the state of a CloudWatch alarm. Only a world has it carried out: nothing of ours sets alarms.
type SetAlarmState struct {
	Alarm  string     `json:"alarm"`
	State  AlarmState `json:"state"`
	Reason string     `json:"reason,omitempty"`
}

// CreateTargetGroup makes a target group. Done gives its ARN.
type CreateTargetGroup struct {
	Group   TargetGroup     `json:"group"` // without ARN
	Members json.RawMessage `json:"members,omitempty"`
}

// ModifyTargetGroup changes what is set; nil members stay.
type ModifyTargetGroup struct {
	Group              string          `json:"group"` // ARN
	DrainDelay         *time.Duration  `json:"drainDelay,omitempty"`
	CheckInterval      *time.Duration  `json:"checkInterval,omitempty"`
	HealthyThreshold   *int            `json:"healthyThreshold,omitempty"`
	UnhealthyThreshold *int            `json:"unhealthyThreshold,omitempty"`
	Members            json.RawMessage `json:"members,omitempty"`
}

// DeleteTargetGroup removes a target group.
type DeleteTargetGroup struct {
	Group string `json:"group"` // ARN
}

// RegisterTarget adds one target to a target group.
type RegisterTarget struct {
	Group string `json:"group"` // ARN
	ID    string `json:"id"`
	Port  int    `json:"port"`
}

// DeregisterTarget starts to drain one target.
type DeregisterTarget struct {
	Group string `json:"group"` // ARN
	ID    string `json:"id"`
	Port  int    `json:"port"` // 0: every port of the id
}

// TagResource sets tags on a service or another resource.
type TagResource struct {
	ARN  string `json:"arn"`
	Tags []Tag  `json:"tags"`
}

// UntagResource removes tags.
type UntagResource struct {
	ARN  string   `json:"arn"`
	Keys []string `json:"keys"`
}

// Kind names the AWS operation.
func (UpdateService) Kind() string { return "UpdateService" }

// Kind names the AWS operation.
func (StopServiceDeployment) Kind() string { return "StopServiceDeployment" }

// Kind names the AWS operation.
func (StopTask) Kind() string { return "StopTask" }

// Kind names the AWS operation.
func (ProtectTask) Kind() string { return "UpdateTaskProtection" }

// Kind names the AWS operation.
func (CreateCluster) Kind() string { return "CreateCluster" }

// Kind names the AWS operation.
func (DeleteCluster) Kind() string { return "DeleteCluster" }

// Kind names the AWS operation.
func (RegisterTaskDefinition) Kind() string { return "RegisterTaskDefinition" }

// Kind names the action. It is one RegisterTaskDefinition, after what is copied was read.
func (ReviseTaskDefinition) Kind() string { return "ReviseTaskDefinition" }

// Kind names the action.
func (SetAlarmState) Kind() string { return "SetAlarmState" }

// Kind names the AWS operation.
func (DeregisterTaskDefinition) Kind() string { return "DeregisterTaskDefinition" }

// Kind names the AWS operation.
func (CreateService) Kind() string { return "CreateService" }

// Kind names the AWS operation.
func (DeleteService) Kind() string { return "DeleteService" }

// Kind names the AWS operation.
func (CreateTargetGroup) Kind() string { return "CreateTargetGroup" }

// Kind names the AWS operation.
func (ModifyTargetGroup) Kind() string { return "ModifyTargetGroup" }

// Kind names the AWS operation.
func (DeleteTargetGroup) Kind() string { return "DeleteTargetGroup" }

// Kind names the AWS operation.
func (RegisterTarget) Kind() string { return "RegisterTarget" }

// Kind names the AWS operation.
func (DeregisterTarget) Kind() string { return "DeregisterTarget" }

// Kind names the AWS operation.
func (TagResource) Kind() string { return "TagResource" }

// Kind names the AWS operation.
func (UntagResource) Kind() string { return "UntagResource" }

// envelope is an Action as JSON: {"kind":"StopTask","action":{…}}.
type envelope struct {
	Kind   string          `json:"kind"`
	Action json.RawMessage `json:"action"`
}

// EncodeAction writes an Action with its kind, so that DecodeAction gives the same value back.
func EncodeAction(a Action) ([]byte, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encoding action %s: %w", a.Kind(), err)
	}
	return json.Marshal(envelope{Kind: a.Kind(), Action: body})
}

// DecodeAction reads what EncodeAction wrote. It fails on a kind that does not exist.
func DecodeAction(text []byte) (Action, error) {
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("decoding action: %w", err)
	}
	decode, known := decoders()[e.Kind]
	if !known {
		return nil, fmt.Errorf("decoding action: there is no kind %q", e.Kind)
	}
	return decode(e.Action)
}

func decoders() map[string]func([]byte) (Action, error) {
	all := map[string]func([]byte) (Action, error){
		"UpdateService":            decodeInto[UpdateService],
		"StopServiceDeployment":    decodeInto[StopServiceDeployment],
		"StopTask":                 decodeInto[StopTask],
		"UpdateTaskProtection":     decodeInto[ProtectTask],
		"CreateCluster":            decodeInto[CreateCluster],
		"DeleteCluster":            decodeInto[DeleteCluster],
		"RegisterTaskDefinition":   decodeInto[RegisterTaskDefinition],
		"ReviseTaskDefinition":     decodeInto[ReviseTaskDefinition],
		"SetAlarmState":            decodeInto[SetAlarmState],
		"PutMetricAlarm":           decodeInto[PutMetricAlarm],
		"DeleteAlarms":             decodeInto[DeleteAlarm],
		"PutMetricData":            decodeInto[PutMetricData],
		"DeregisterTaskDefinition": decodeInto[DeregisterTaskDefinition],
		"CreateService":            decodeInto[CreateService],
		"DeleteService":            decodeInto[DeleteService],
		"CreateTargetGroup":        decodeInto[CreateTargetGroup],
		"ModifyTargetGroup":        decodeInto[ModifyTargetGroup],
		"DeleteTargetGroup":        decodeInto[DeleteTargetGroup],
		"RegisterTarget":           decodeInto[RegisterTarget],
		"DeregisterTarget":         decodeInto[DeregisterTarget],
		"TagResource":              decodeInto[TagResource],
		"UntagResource":            decodeInto[UntagResource],
		"Declare":                  decodeInto[Declare],
		"Retract":                  decodeInto[Retract],
		"RegisterScalableTarget":   decodeInto[RegisterScalableTarget],
		"DeregisterScalableTarget": decodeInto[DeregisterScalableTarget],
		"PutScheduledAction":       decodeInto[PutScheduledAction],
		"DeleteScheduledAction":    decodeInto[DeleteScheduledAction],
		"PutScalingPolicy":         decodeInto[PutScalingPolicy],
		"DeleteScalingPolicy":      decodeInto[DeleteScalingPolicy],
		"UpdateCluster":            decodeInto[UpdateCluster],
		"DeleteTaskDefinitions":    decodeInto[DeleteTaskDefinition],

		"RegisterContainerInstance":     decodeInto[RegisterContainerInstance],
		"DeregisterContainerInstance":   decodeInto[DeregisterContainerInstance],
		"UpdateContainerInstancesState": decodeInto[SetInstanceStatus],
		"PutAttributes":                 decodeInto[PutAttribute],
		"DeleteAttributes":              decodeInto[DeleteAttribute],
		"RunTask":                       decodeInto[RunTask],
		"StartTask":                     decodeInto[StartTask],
	}
	maps.Copy(all, groupDecoders())
	maps.Copy(all, messageDecoders())
	maps.Copy(all, functionDecoders())
	return all
}
func groupDecoders() map[string]func([]byte) (Action, error) {
	return map[string]func([]byte) (Action, error){
		"RunInstances":                        decodeInto[RunMachine],
		"TerminateInstances":                  decodeInto[TerminateMachine],
		"StopInstances":                       decodeInto[StopMachine],
		"StartInstances":                      decodeInto[StartMachine],
		"ModifyInstanceAttribute":             decodeInto[ModifyMachine],
		"CreateLaunchTemplate":                decodeInto[CreateLaunchTemplate],
		"CreateLaunchConfiguration":           decodeInto[CreateLaunchConfiguration],
		"DeleteLaunchConfiguration":           decodeInto[DeleteLaunchConfiguration],
		"ExecutePolicy":                       decodeInto[ExecuteGroupPolicy],
		"CreateLaunchTemplateVersion":         decodeInto[CreateLaunchTemplateVersion],
		"ModifyLaunchTemplate":                decodeInto[ModifyLaunchTemplate],
		"DeleteLaunchTemplate":                decodeInto[DeleteLaunchTemplate],
		"CreateAutoScalingGroup":              decodeInto[CreateGroup],
		"UpdateAutoScalingGroup":              decodeInto[UpdateGroup],
		"DeleteAutoScalingGroup":              decodeInto[DeleteGroup],
		"SetDesiredCapacity":                  decodeInto[SetDesiredCapacity],
		"TerminateInstanceInAutoScalingGroup": decodeInto[TerminateGroupInstance],
		"SetInstanceProtection":               decodeInto[ProtectInstance],
		"SetInstanceHealth":                   decodeInto[SetInstanceHealth],
		"EnterStandby":                        decodeInto[SetStandby],
		"DetachInstances":                     decodeInto[DetachInstance],
		"AttachInstances":                     decodeInto[AttachInstance],
		"SuspendProcesses":                    decodeInto[SuspendProcesses],
		"PutScheduledUpdateGroupAction":       decodeInto[PutGroupSchedule],
		"DeleteScheduledUpdateGroupAction":    decodeInto[DeleteGroupSchedule],
		"PutLifecycleHook":                    decodeInto[PutHook],
		"DeleteLifecycleHook":                 decodeInto[DeleteHook],
		"CompleteLifecycleAction":             decodeInto[CompleteLifecycleAction],
		"RecordLifecycleActionHeartbeat":      decodeInto[RecordLifecycleHeartbeat],
		"PutWarmPool":                         decodeInto[PutWarmPool],
		"DeleteWarmPool":                      decodeInto[DeleteWarmPool],
		"StartInstanceRefresh":                decodeInto[StartRefresh],
		"CancelInstanceRefresh":               decodeInto[CancelRefresh],
		"CreateOrUpdateTags":                  decodeInto[TagGroup],
		"DeleteTags":                          decodeInto[UntagGroup],
		"CreateCapacityProvider":              decodeInto[SetCapacityProvider],
		"DeleteCapacityProvider":              decodeInto[RemoveCapacityProvider],
		"CreateTaskSet":                       decodeInto[CreateTaskSet],
		"UpdateTaskSet":                       decodeInto[UpdateTaskSet],
		"DeleteTaskSet":                       decodeInto[DeleteTaskSet],
		"UpdateServicePrimaryTaskSet":         decodeInto[SetPrimaryTaskSet],
	}
}
func messageDecoders() map[string]func([]byte) (Action, error) {
	return map[string]func([]byte) (Action, error){
		"CreateTopic":             decodeInto[PutTopic],
		"DeleteTopic":             decodeInto[DeleteTopic],
		"Subscribe":               decodeInto[PutSubscription],
		"Unsubscribe":             decodeInto[DeleteSubscription],
		"Publish":                 decodeInto[Publish],
		"CreateQueue":             decodeInto[PutQueue],
		"DeleteQueue":             decodeInto[DeleteQueue],
		"SendMessage":             decodeInto[SendMessage],
		"ReceiveMessage":          decodeInto[ReceiveMessages],
		"DeleteMessage":           decodeInto[DeleteMessage],
		"ChangeMessageVisibility": decodeInto[HideMessage],
		"PurgeQueue":              decodeInto[PurgeQueue],
		"CreateLogGroup":          decodeInto[CreateLogGroup],
		"DeleteLogGroup":          decodeInto[DeleteLogGroup],
		"PutRetentionPolicy":      decodeInto[RetainLogs],
		"CreateLogStream":         decodeInto[CreateLogStream],
		"DeleteLogStream":         decodeInto[DeleteLogStream],
		"PutLogEvents":            decodeInto[PutLogEvents],
	}
}

func functionDecoders() map[string]func([]byte) (Action, error) {
	return map[string]func([]byte) (Action, error){
		"CreateFunction":           decodeInto[PutFunction],
		"DeleteFunction":           decodeInto[DeleteFunction],
		"CreateEventSourceMapping": decodeInto[PutMapping],
		"DeleteEventSourceMapping": decodeInto[DeleteMapping],
		"Invoke":                   decodeInto[Invoke],
		"NextInvocation":           decodeInto[TakeInvocation],
		"InvocationResponse":       decodeInto[EndInvocation],
		"PutRule":                  decodeInto[PutRule],
		"DeleteRule":               decodeInto[DeleteRule],
		"PutEvents":                decodeInto[PutEvent],
		"CreateStateMachine":       decodeInto[PutStateMachine],
		"DeleteStateMachine":       decodeInto[DeleteStateMachine],
		"StartExecution":           decodeInto[StartExecution],
		"StopExecution":            decodeInto[StopExecution],
	}
}

func decodeInto[A Action](text []byte) (Action, error) {
	var a A
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("decoding action %s: %w", a.Kind(), err)
	}
	return a, nil
}
