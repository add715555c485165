package cluster

// Bounds are the two limits that ECS keeps while it replaces the tasks of a service, in percent of the desired count.
// Source: API Reference, DeploymentConfiguration.
type Bounds struct {
	MinimumHealthyPercent int `json:"minimumHealthyPercent"` // 0 or more; 100 unless set otherwise
	MaximumPercent        int `json:"maximumPercent"`        // 100 or more for REPLICA services in practice; 200 unless set otherwise
}

// DefaultBounds are those of a REPLICA service which sets none: 100/200.
func DefaultBounds() Bounds { return Bounds{MinimumHealthyPercent: 100, MaximumPercent: 200} }

// Floor is the lowest number of healthy tasks: desired × minimumHealthyPercent / 100, rounded up.
// 5 tasks at 50 % give 3, so that two may go at once.
func (b Bounds) Floor(desired int) int { return (desired*b.MinimumHealthyPercent + 99) / 100 }

// Ceiling is the highest number of tasks: desired × maximumPercent / 100, rounded down. 1 task at 150 % gives 1, so that none may be added.
func (b Bounds) Ceiling(desired int) int { return desired * b.MaximumPercent / 100 }

// LeaveMove tells whether a rolling deployment of so many tasks can take a step at all: either one task more may be started, or one healthy task may
// be stopped. 1 task with 100/150 and 2 tasks with 75/100 leave none; ECS then reports that it "was unable to stop or start tasks during a
// deployment because of the service deployment configuration" and waits for ever. No task needs no move.
func (b Bounds) LeaveMove(desired int) bool {
	return desired == 0 || b.Ceiling(desired) > desired || b.Floor(desired) < desired
}
