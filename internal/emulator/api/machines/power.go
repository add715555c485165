package machines

import (
	"context"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// InstancesInput is the request of StopInstances, StartInstances and RebootInstances.
type InstancesInput struct {
	InstanceId []string
	Force      *bool
	DryRun     *bool
}

// The inputs have the names of their operations.
type (
	// StopInstancesInput is the request of StopInstances.
	StopInstancesInput InstancesInput
	// StartInstancesInput is the request of StartInstances.
	StartInstancesInput InstancesInput
	// RebootInstancesInput is the request of RebootInstances.
	RebootInstancesInput InstancesInput
)

func (h *handlers) stopInstances(ctx context.Context, in *StopInstancesInput) (*TerminateInstancesOutput, error) {
	return h.change(ctx, in.InstanceId, func(v api.View, id string) error {
		_, err := v.Act(cluster.StopMachine{ID: id})
		return err
	})
}

func (h *handlers) startInstances(ctx context.Context, in *StartInstancesInput) (*TerminateInstancesOutput, error) {
	return h.change(ctx, in.InstanceId, func(v api.View, id string) error {
		_, err := v.Act(cluster.StartMachine{ID: id})
		return err
	})
}

// terminateInstances refuses instances whose termination is disabled. Source: EC2 API Reference, TerminateInstances; message: public reports.
func (h *handlers) terminateInstances(ctx context.Context, in *TerminateInstancesInput) (*TerminateInstancesOutput, error) {
	return h.change(ctx, in.InstanceId, func(v api.View, id string) error {
		if beside(machineAt(v, id)).Shielded {
			return failed("OperationNotPermitted", "The instance '%s' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", id)
		}
		_, err := v.Act(cluster.TerminateMachine{ID: id})
		return err
	})
}

// change has something done to each of some instances, and tells what became of it. All ids are checked before any is changed.
func (h *handlers) change(ctx context.Context, ids []string, do func(v api.View, id string) error) (*TerminateInstancesOutput, error) {
	if len(ids) == 0 {
		return nil, missing("InstanceId")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*TerminateInstancesOutput, error) {
		if err := known(v, ids); err != nil {
			return nil, err
		}
		out := &TerminateInstancesOutput{Instances: []Change{}}
		for _, id := range ids {
			before := machineAt(v, id)
			if err := do(v, id); err != nil {
				return nil, err
			}
			out.Instances = append(out.Instances, Change{id, stateOf(machineAt(v, id).State), stateOf(before.State)})
		}
		return out, nil
	})
}

// rebootInstances does nothing but look whether it could: an instance that reboots is running all the while. Source: EC2 user guide, ec2-instance-reboot.
func (h *handlers) rebootInstances(ctx context.Context, in *RebootInstancesInput) (*Deletion, error) {
	if len(in.InstanceId) == 0 {
		return nil, missing("InstanceId")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		if err := known(v, in.InstanceId); err != nil {
			return nil, err
		}
		for _, id := range in.InstanceId {
			if m := machineAt(v, id); m.State != cluster.MachineRunning && m.State != cluster.MachinePending {
				return nil, failed("IncorrectState", "Instance '%s' is in state '%s'", id, m.State)
			}
		}
		return &Deletion{true}, nil
	})
}
