package scenario

import (
	"fmt"

	"handover/internal/cluster"
)

// taskSets are the verbs about task sets. A task set is named by its external id.
func taskSets() map[string]verb {
	of := func() map[string]kind {
		return map[string]kind{"service": anyText().as("its service"), "cluster": anyText().as("its cluster; default: default")}
	}
	made := of()
	made["scale"] = number(0, 100).as("percent of the service's desired count; default 100")
	made["definition"] = anyText().as("its task definition; default: the family with the service's name")
	made["target-group"] = anyText().as("its target groups, by name, separated by commas")
	scaled := of()
	scaled["scale"] = number(0, 100).as("percent of the service's desired count")
	deleted := of()
	deleted["force"] = toggle("even while its scale is not 0")
	return map[string]verb{
		"create-task-set":  {name: "the task set's external id", about: "CreateTaskSet", action: true, options: made, required: []string{"service"}},
		"update-task-set":  {name: "the task set", about: "UpdateTaskSet", action: true, options: scaled, required: []string{"service", "scale"}},
		"delete-task-set":  {name: "the task set", about: "DeleteTaskSet", action: true, options: deleted, required: []string{"service"}},
		"primary-task-set": {name: "the task set", about: "UpdateServicePrimaryTaskSet", action: true, options: of(), required: []string{"service"}},
	}
}

// taskSet is the action of a directive about a task set.
func (p *player) taskSet(d Directive) ([]cluster.Action, error) {
	key := cluster.ServiceKey{Cluster: d.Text("cluster", cluster.DefaultCluster), Service: d.Options["service"]}
	scale := float64(d.Int("scale", 100))
	if d.Verb == "create-task-set" {
		a := cluster.CreateTaskSet{Service: key, Definition: d.Text("definition", key.Service), External: d.Name, Scale: scale, Launch: cluster.Fargate}
		var err error
		a.Attachments, err = p.attachments(d, a.Definition)
		return []cluster.Action{a}, err
	}
	id := ""
	for _, set := range p.world.TaskSets(key) {
		if set.External == d.Name {
			id = set.ID
		}
	}
	if id == "" {
		return nil, fmt.Errorf("there is no task set %q of service %q", d.Name, key.Service)
	}
	switch d.Verb {
	case "update-task-set":
		return []cluster.Action{cluster.UpdateTaskSet{Service: key, TaskSet: id, Scale: scale}}, nil
	case "delete-task-set":
		return []cluster.Action{cluster.DeleteTaskSet{Service: key, TaskSet: id, Force: d.Has("force")}}, nil
	}
	return []cluster.Action{cluster.SetPrimaryTaskSet{Service: key, TaskSet: id}}, nil
}

// showTaskSets adds a service's task sets to the trace.
func (p *player) showTaskSets(key cluster.ServiceKey) {
	for _, set := range p.world.TaskSets(key) {
		stability := "STABILIZING"
		if set.Stable {
			stability = "STEADY_STATE"
		}
		p.trace = append(p.trace, fmt.Sprintf("  %s %s %s scale=%g%% desired=%d running=%d pending=%d", set.External, set.Status, stability, set.Scale, set.Desired, set.Running, set.Pending))
	}
}
