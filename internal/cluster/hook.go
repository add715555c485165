package cluster

// HookResult is how a lifecycle action is completed: Continue or Abandon. An instance in a terminating hook is terminated after either; Abandon also takes the time from the
// group's other hooks. Source: Auto Scaling API Reference, CompleteLifecycleAction.
type HookResult string

// HookedInstance names one instance that Auto Scaling holds in one lifecycle hook.
type HookedInstance struct {
	Group string `json:"group"` // the Auto Scaling group's name
	Hook  string `json:"hook"`
	Token string `json:"token,omitempty"` // empty: whichever lifecycle action of the instance is under way
	Host  string `json:"host"`            // the EC2 instance's id
}

// CompleteLifecycleAction lets Auto Scaling go on with an instance. It is refused with ClassInvalid where no such lifecycle action is under way, because it
// was completed before or its time was up.
type CompleteLifecycleAction struct {
	HookedInstance
	Result HookResult `json:"result"`
}

// RecordLifecycleHeartbeat lets the hook's timeout begin anew. It is refused as CompleteLifecycleAction is.
type RecordLifecycleHeartbeat struct {
	HookedInstance
}

// Kind names the AWS operation.
func (CompleteLifecycleAction) Kind() string { return "CompleteLifecycleAction" }

// Kind names the AWS operation.
func (RecordLifecycleHeartbeat) Kind() string { return "RecordLifecycleActionHeartbeat" }
