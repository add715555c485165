package world

import (
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/scaling"
)

// This file has what EC2 Auto Scaling has besides groups: launch configurations, and what a scaling policy does to a group when it is executed.

func (w *World) configurationAt(name string) (at int, there bool) {
	return slices.BinarySearchFunc(w.state.Fleet.Configurations, name, func(c cluster.LaunchConfiguration, name string) int { return strings.Compare(c.Name, name) })
}

// launchConfiguration finds a launch configuration. Message: public reports.
func (w *World) launchConfiguration(name string) (cluster.LaunchConfiguration, error) {
	at, there := w.configurationAt(name)
	if !there {
		return cluster.LaunchConfiguration{}, ungroupable("Launch configuration name not found - A launch configuration with the name: %s does not exist", name)
	}
	return w.state.Fleet.Configurations[at], nil
}

// LaunchConfigurations gives all launch configurations by name.
func (w *World) LaunchConfigurations() []cluster.LaunchConfiguration {
	return slices.Clone(w.state.Fleet.Configurations)
}

// createLaunchConfiguration. Source: EC2 Auto Scaling API Reference, CreateLaunchConfiguration; message: public reports.
func (w *World) createLaunchConfiguration(a cluster.CreateLaunchConfiguration) (ids []string, err error) {
	at, there := w.configurationAt(a.Name)
	if there {
		return nil, cluster.Errorf(cluster.ClassState, "AlreadyExists", "Launch Configuration by this name already exists - A launch configuration already exists with the name %s", a.Name)
	}
	w.state.Fleet.Templated++
	id := draw.Bits(w.state.Seed, a.Name, draw.Nth("launch-configuration", w.state.Fleet.Templated))
	c := cluster.LaunchConfiguration{Name: a.Name, ARN: w.arn("autoscaling", "launchConfiguration:"+uuid(id, ^id)+":launchConfigurationName/"+a.Name), Data: a.Data, CreatedAt: w.state.Now}
	w.state.Fleet.Configurations = slices.Insert(w.state.Fleet.Configurations, at, c)
	return []string{c.ARN}, nil
}

// deleteLaunchConfiguration removes one that no group has. Source: EC2 Auto Scaling API Reference, DeleteLaunchConfiguration; messages: public reports.
func (w *World) deleteLaunchConfiguration(a cluster.DeleteLaunchConfiguration) (ids []string, err error) {
	at, there := w.configurationAt(a.Name)
	if !there {
		return nil, ungroupable("Launch configuration name not found - Launch configuration %s not found", a.Name)
	}
	for _, g := range w.state.Fleet.Groups {
		if g.Template.Configuration == a.Name {
			return nil, cluster.Errorf(cluster.ClassState, "ResourceInUse", "Cannot delete launch configuration %s because it is attached to AutoScalingGroup %s", a.Name, g.Name)
		}
	}
	arn := w.state.Fleet.Configurations[at].ARN
	w.state.Fleet.Configurations = slices.Delete(w.state.Fleet.Configurations, at, at+1)
	return []string{arn}, nil
}

// executeGroupPolicy changes the desired capacity, within the bounds of the group. Source: EC2 Auto Scaling API Reference, ExecutePolicy; user guide, as-scaling-simple-step.
func (w *World) executeGroupPolicy(a cluster.ExecuteGroupPolicy) (ids []string, err error) {
	g, err := w.group(a.Name)
	if err != nil {
		return nil, err
	}
	wanted := min(max(scaling.Stepped(a.Step, a.Breach, g.Desired), g.Min), g.Max)
	return w.updateGroup(cluster.UpdateGroup{Name: a.Name, Desired: &wanted})
}
