package forecast

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast/measure"
	"handover/internal/world"
	"handover/internal/world/profile"
)

// Base is a service as it was read, in a world that goes on from there, with what is known of how long things take with it.
type Base struct {
	Service   cluster.ServiceKey
	At        time.Time // when it was read
	Durations []Duration
	Room      []Room        // for how many more tasks there is room, as far as that was read
	Assumed   []string      // what a snapshot does not show, in sentences
	Warnings  []string      // what may get in the way and is not part of the forecast
	Gaps      []cluster.Gap // what could not be read; AWS's defaults stand for target groups and definitions, and nothing stands for the rest
	Samples   measure.Samples

	// StopsFirst are the flags with which the operation stops old tasks before new ones start, for remedies; empty: those of a deployment.
	StopsFirst string

	world   *world.World
	stages  *stages
	desired int
	present int // tasks that are not STOPPED
	bias    Bias

	addresses *int // free ones in the service's subnets; nil: not known
}

// Duration is one of the durations that a forecast rests on, and where it comes from.
type Duration struct {
	Name   string        `json:"name"` // start, ready, drain, stop, leave
	Low    time.Duration `json:"low"`
	Median time.Duration `json:"median"`
	High   time.Duration `json:"high"`
	Source Source        `json:"source"`
	Tasks  int           `json:"tasks,omitempty"`  // Measured: of how many tasks
	Detail string        `json:"detail,omitempty"` // Set: where; Assumed: what the assumption rests on
}

// Source is where a Duration comes from.
type Source string

// The sources.
const (
	Measured Source = "measured"
	Set      Source = "set"
	Assumed  Source = "assumed"
)

// Past is what earlier runs of this service have taught. The zero Past is that of a service that was never seen.
type Past struct {
	Samples measure.Samples
	Bias    Bias
}

// Scope is what a forecast needs to be read of a service.
func Scope(key cluster.ServiceKey) cluster.ServiceScope {
	return cluster.ServiceScope{Service: key, Tasks: cluster.AllTasks, Targets: true, Definitions: true}
}

// Whole is the Scope of a service with all that may get in its way: protected tasks, auto scaling, the addresses and the quota that are left, and the room on the cluster's container
// instances.
func Whole(key cluster.ServiceKey) cluster.Scope {
	service := Scope(key)
	service.Protection, service.Scaling, service.Policies, service.Subnets, service.Quota = true, true, true, true, true
	return cluster.Scope{Services: []cluster.ServiceScope{service}, Instances: []cluster.InstanceScope{{Cluster: key.Cluster}}}
}

// Load makes the Base of one service out of a snapshot of at least its Scope. Where target groups or definitions could not be read, AWS's defaults stand for
// them, and the gap is listed; without the service or its tasks there is nothing to go on from, which is an error.
func Load(snapshot cluster.Snapshot, key cluster.ServiceKey, past Past) (Base, error) {
	return load(snapshot, key, past, true)
}

// load makes a Base whose durations vary, or are their medians throughout.
func load(snapshot cluster.Snapshot, key cluster.ServiceKey, past Past, varied bool) (Base, error) {
	view, gaps, err := readable(snapshot, key)
	if err != nil {
		return Base{}, err
	}
	base := Base{Service: key, At: snapshot.At, Gaps: gaps, stages: &stages{}, desired: view.Service.Desired, bias: past.Bias}
	view = completed(view, base.Gaps)
	known := profileOf(view)
	base.Samples = measure.OfService(view, known)
	all := base.Samples.Join(past.Samples)
	fitted := all.Fit(known)
	fitted.Jitter = varied
	place, err := cluster.ParseARN(view.Service.ARN)
	if err != nil {
		return Base{}, fmt.Errorf("the service has no ARN: %w", err)
	}
	whole := cluster.Snapshot{At: snapshot.At, Scope: Scope(key).Of(), Services: []cluster.ServiceView{view}, Alarms: snapshot.Alarms}
	if onInstances(view) {
		whole, base.Gaps = withInstances(whole, snapshot, base.Gaps)
	}
	base.world, base.Assumed, err = world.Load(world.Config{Seed: 1, Profile: fitted, Place: place}, whole, nil)
	if err != nil {
		return Base{}, err
	}
	base.world.LimitFargate(beside(view))
	base.Durations = durations(view, all, fitted, base.Gaps)
	base.Warnings = hindrances(view, snapshot)
	base.present, _ = view.Count(snapshot.At)
	base.addresses = freeAddresses(view)
	base.Room = base.room(view)
	base.Assumed = append(base.Assumed, unread(view, whole, base.addresses)...)
	return base, nil
}

// readable finds a service of which at least its tasks were read, and lists what else of it could not be.
func readable(snapshot cluster.Snapshot, key cluster.ServiceKey) (view cluster.ServiceView, gaps []cluster.Gap, err error) {
	view, ok := snapshot.Service(key)
	for _, part := range []cluster.Part{cluster.PartService, cluster.PartTasks} {
		if gap, missing := snapshot.Gap(key, part); missing {
			return view, nil, fmt.Errorf("the %s could not be read, which takes %s", part, gap.Permission)
		}
	}
	if !ok {
		return view, nil, fmt.Errorf("%s is not there", key)
	}
	for _, part := range []cluster.Part{cluster.PartTargets, cluster.PartDefinitions, cluster.PartProtection, cluster.PartScaling, cluster.PartPolicies, cluster.PartSchedules, cluster.PartSubnets, cluster.PartQuota} {
		if gap, missing := snapshot.Gap(key, part); missing {
			gaps = append(gaps, gap)
		}
	}
	return view, gaps, nil
}

// profileOf is the profile of where the service's tasks run.
func profileOf(view cluster.ServiceView) profile.Profile {
	name := "fargate-2026"
	if onInstances(view) {
		name = "ec2-2026"
	}
	known, _ := profile.Named(name)
	return known
}

// onInstances tells whether the service's tasks run on container instances of the cluster.
func onInstances(view cluster.ServiceView) bool {
	return view.Service.Launch == cluster.EC2 || view.Service.Launch == "" && slices.ContainsFunc(view.Tasks, func(t cluster.Task) bool { return t.Instance != "" })
}

// completed lets AWS's defaults stand for what could not be read: target groups that check every 30 s and drain for 300 s, in which whatever runs is healthy,
// and definitions without health checks and with a stop timeout of 30 s. Source: ELBv2 API Reference, CreateTargetGroup; API Reference, ContainerDefinition.
func completed(view cluster.ServiceView, gaps []cluster.Gap) cluster.ServiceView {
	for _, gap := range gaps {
		if gap.Part == cluster.PartTargets {
			view.TargetGroups, view.Targets = assumedTargets(view)
		}
	}
	for _, d := range view.Service.Deployments {
		if _, known := view.Definition(d.Definition); !known {
			family, _, _ := strings.Cut(d.Definition[strings.LastIndexByte(d.Definition, '/')+1:], ":")
			view.Definitions = append(slices.Clone(view.Definitions), cluster.TaskDefinition{ARN: d.Definition, Family: family})
		}
	}
	return view
}

func assumedTargets(view cluster.ServiceView) (groups []cluster.TargetGroup, targets []cluster.Target) {
	for _, a := range view.Service.Attachments {
		name := a.TargetGroup
		if parts := strings.Split(name, "/"); len(parts) > 1 {
			name = parts[1]
		}
		groups = append(groups, cluster.TargetGroup{ARN: a.TargetGroup, Name: name, DrainDelay: 300 * time.Second, CheckInterval: 30 * time.Second, HealthyThreshold: 5, UnhealthyThreshold: 2})
		for _, t := range view.Tasks {
			switch {
			case t.Last == cluster.Running && t.MeantToRun():
				targets = append(targets, cluster.Target{Group: a.TargetGroup, ID: t.Address, Port: t.HostPort(a.Container, a.Port), Zone: t.Zone, State: cluster.TargetHealthy})
			case t.Last == cluster.Deactivating:
				targets = append(targets, cluster.Target{Group: a.TargetGroup, ID: t.Address, Port: t.HostPort(a.Container, a.Port), Zone: t.Zone, State: cluster.TargetDraining})
			}
		}
	}
	return groups, targets
}

// durations are those that people know a service by.
func durations(view cluster.ServiceView, s measure.Samples, p profile.Profile, gaps []cluster.Gap) []Duration {
	whole := profile.Span{
		Low:    p.Attach.Low + p.Queue.Low + p.Pull.Low + p.Start.Low,
		Median: p.Attach.Median + p.Queue.Median + p.Pull.Median + p.Start.Median,
		High:   p.Attach.High + p.Queue.High + p.Pull.High + p.Start.High,
		Source: p.Pull.Source,
	}
	if len(s.Up) > 0 {
		sorted := slices.Sorted(slices.Values(s.Up))
		whole.Low, whole.Median, whole.High = sorted[0], sorted[(len(sorted)-1)/2], sorted[len(sorted)-1]
	}
	all := []Duration{of("start", whole, s.Up)}
	if len(view.Service.Attachments) > 0 {
		all = append(all, of("ready", p.Ready, s.Ready), drain(view, gaps))
	}
	return append(all, of("stop", p.Exit, s.Exit), of("leave", p.Detach, s.Detach))
}

func of(name string, span profile.Span, samples []time.Duration) Duration {
	d := Duration{Name: name, Low: span.Low, Median: span.Median, High: span.High, Source: Measured, Tasks: len(samples)}
	if len(samples) == 0 {
		d.Source, d.Detail = Assumed, span.Source
	}
	return d
}

func drain(view cluster.ServiceView, gaps []cluster.Gap) Duration {
	d := Duration{Name: "drain", Source: Set}
	for _, g := range view.TargetGroups {
		if g.DrainDelay >= d.Median {
			d.Low, d.Median, d.High, d.Detail = g.DrainDelay, g.DrainDelay, g.DrainDelay, "target group "+g.Name
		}
	}
	for _, gap := range gaps {
		if gap.Part == cluster.PartTargets {
			d.Source, d.Detail = Assumed, "AWS's default; reading it takes "+gap.Permission
		}
	}
	return d
}
