package measure

import (
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/profile"
)

// OfService measures a service by its tasks, those that stopped in the last hour included, and by its events. The tasks' own timestamps are better than what
// events say of them, so events tell only what tasks do not.
func OfService(view cluster.ServiceView, p profile.Profile) Samples {
	settings := SettingsOf(view)
	events := eventsOf(view.Service)
	var out Samples
	for _, t := range view.Tasks {
		out = out.Join(ofTask(t, events, settings, p))
	}
	said := OfEvents(events, settings, p)
	if !settings.Balanced {
		said.Ready = nil
	}
	out.Ready = said.Ready
	if len(out.Up) == 0 {
		out.Up = said.Up
	}
	if len(out.Exit) == 0 {
		out.Exit = said.Exit
	}
	return out
}

// SettingsOf reads a service's settings out of what was read of it.
func SettingsOf(view cluster.ServiceView) Settings {
	s := Settings{Balanced: len(view.Service.Attachments) > 0, StopTimeout: stopTimeout(view)}
	for _, g := range view.TargetGroups {
		s.Drain, s.CheckInterval = max(s.Drain, g.DrainDelay), max(s.CheckInterval, g.CheckInterval)
	}
	return s
}

// stopTimeout is the longest of the current definition's containers, 30 s where none is set. Source: API Reference, ContainerDefinition.stopTimeout.
func stopTimeout(view cluster.ServiceView) time.Duration {
	longest := time.Duration(0)
	if d, ok := view.Definition(view.Service.Definition); ok {
		for _, c := range d.Containers {
			longest = max(longest, c.StopTimeout)
		}
	}
	if longest == 0 {
		return 30 * time.Second
	}
	return longest
}

func eventsOf(s cluster.Service) []Event {
	events := make([]Event, 0, len(s.Events))
	for _, e := range slices.Backward(s.Events) {
		kind, _ := Kind(e.Message)
		events = append(events, Event{At: e.At, Kind: kind})
	}
	return events
}

// ofTask measures one task: those of its steps that have a beginning and an end.
func ofTask(t cluster.Task, events []Event, s Settings, p profile.Profile) Samples {
	var out Samples
	out.Attach = between(t.CreatedAt, t.ConnectedAt)
	out.Queue = between(t.ConnectedAt, t.PullStartedAt)
	out.Pull = between(t.PullStartedAt, t.PullStoppedAt)
	out.Start = between(t.PullStoppedAt, t.StartedAt)
	out.Up = between(t.CreatedAt, t.StartedAt)
	if t.StopCode == "ServiceSchedulerInitiated" && !strings.Contains(t.StoppedReason, "failed") {
		out.Exit = exit(t, events, s, p)
	}
	out.Detach = between(t.ExecutionStoppedAt, t.StoppedAt)
	return out
}

func between(from, to time.Time) []time.Duration {
	if from.IsZero() || to.Before(from) {
		return nil
	}
	return []time.Duration{to.Sub(from)}
}

// exit is how long a task took from its stop signal. ECS shows neither the signal nor the end of a drain: behind a load balancer the signal came when the drain
// was over and that had been noticed.
//
// Stopped at 0:00 and deregistered at 0:10 with a delay of 30 s, executionStopped at 0:55: 55 - 10 - 30 - (0.5 + 9.6) = 4.9 s.
func exit(t cluster.Task, events []Event, s Settings, p profile.Profile) []time.Duration {
	if t.StoppingAt.IsZero() || t.ExecutionStoppedAt.IsZero() || t.StartedAt.IsZero() {
		return nil
	}
	signalled := t.StoppingAt
	if s.Balanced {
		signalled = deregistered(t.StoppingAt, events, p).Add(s.Drain + p.DrainEnd.Median + p.Drained.Median + slowness(s.Drain, p))
	}
	return []time.Duration{min(s.StopTimeout, max(time.Second/2, t.ExecutionStoppedAt.Sub(signalled)))}
}

// deregistered is when the targets of a task that was stopped were deregistered: at the event that says so soon after, or half a look later.
func deregistered(stopped time.Time, events []Event, p profile.Profile) time.Time {
	for _, e := range events {
		if e.Kind == "deregistered" && !e.At.Before(stopped) && e.At.Before(stopped.Add(2*p.Look.High)) {
			return e.At
		}
	}
	return stopped.Add(p.Look.Median / 2)
}
