package world

import (
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/world/logs"
)

// This file has log groups. Nothing in a world writes to them but callers. Source: CloudWatch Logs API Reference.

// actOnLogs carries out the actions on log groups.
func (w *World) actOnLogs(a cluster.Action) (ids []string, err error) {
	switch a := a.(type) {
	case cluster.CreateLogGroup:
		return w.createLogGroup(a)
	case cluster.DeleteLogGroup:
		return w.onLogGroup(a.Group, func(g *logs.Group) error {
			w.state.Logs.Remove(g.Name)
			w.untag(g.ARN)
			return nil
		})
	case cluster.RetainLogs:
		return w.onLogGroup(a.Group, func(g *logs.Group) error {
			g.Retention = a.Days
			return nil
		})
	case cluster.CreateLogStream:
		return w.createLogStream(a)
	case cluster.DeleteLogStream:
		return w.onLogStream(a.Group, a.Stream, func(g *logs.Group, s *logs.Stream) { g.Remove(s.Name) })
	case cluster.PutLogEvents:
		return w.onLogStream(a.Group, a.Stream, func(g *logs.Group, s *logs.Stream) { w.state.Logs.PutEvents(g, s, a.Events, w.state.Now) })
	}
	return w.actOnFunctions(a)
}

func (w *World) createLogGroup(a cluster.CreateLogGroup) (ids []string, err error) {
	a.Group.ARN, a.Group.CreatedAt = w.arn("logs", "log-group:"+a.Group.Name), w.state.Now
	if !w.state.Logs.Add(a.Group) {
		return nil, cluster.Errorf(cluster.ClassState, "ResourceAlreadyExistsException", "The specified log group already exists")
	}
	return []string{a.Group.ARN}, nil
}

func (w *World) createLogStream(a cluster.CreateLogStream) (ids []string, err error) {
	return w.onLogGroup(a.Group, func(g *logs.Group) error {
		if !g.Add(cluster.LogStream{ARN: g.ARN + ":log-stream:" + a.Stream, Name: a.Stream, CreatedAt: w.state.Now}) {
			return cluster.Errorf(cluster.ClassState, "ResourceAlreadyExistsException", "The specified log stream already exists")
		}
		return nil
	})
}

func (w *World) onLogGroup(name string, change func(*logs.Group) error) (ids []string, err error) {
	g, ok := w.state.Logs.Group(name)
	if !ok {
		return nil, cluster.Errorf(cluster.ClassNotFound, "ResourceNotFoundException", "The specified log group does not exist.")
	}
	return []string{g.ARN}, change(g)
}

func (w *World) onLogStream(group, stream string, change func(*logs.Group, *logs.Stream)) (ids []string, err error) {
	return w.onLogGroup(group, func(g *logs.Group) error {
		s, ok := g.Stream(stream)
		if !ok {
			return cluster.Errorf(cluster.ClassNotFound, "ResourceNotFoundException", "The specified log stream does not exist.")
		}
		change(g, s)
		return nil
	})
}

// LogGroups gives all log groups by name.
func (w *World) LogGroups() []cluster.LogGroup {
	all := make([]cluster.LogGroup, 0, len(w.state.Logs.Groups))
	for _, g := range w.state.Logs.Groups {
		all = append(all, g.LogGroup)
	}
	return all
}

// LogGroup finds a log group by name.
func (w *World) LogGroup(name string) (found cluster.LogGroup, ok bool) {
	g, ok := w.state.Logs.Group(name)
	if !ok {
		return cluster.LogGroup{}, false
	}
	return g.LogGroup, true
}

// LogStreams gives the log streams of a log group by name.
func (w *World) LogStreams(group string) []cluster.LogStream {
	g, ok := w.state.Logs.Group(group)
	if !ok {
		return nil
	}
	all := make([]cluster.LogStream, 0, len(g.Streams))
	for _, s := range g.Streams {
		all = append(all, s.LogStream)
	}
	return all
}

// LogEvents gives the events of a log group's streams that wanted takes by name, in the order of time. Nobody may change them.
func (w *World) LogEvents(group string, wanted func(stream string) bool) []cluster.LogEvent {
	g, ok := w.state.Logs.Group(group)
	if !ok {
		return nil
	}
	var all []cluster.LogEvent
	streams := 0
	for _, s := range g.Streams {
		if wanted(s.Name) {
			streams++
			all = append(all, g.Kept(s, w.state.Now)...)
		}
	}
	if streams > 1 {
		slices.SortStableFunc(all, func(a, b cluster.LogEvent) int {
			if c := a.At.Compare(b.At); c != 0 {
				return c
			}
			return strings.Compare(a.ID, b.ID)
		})
	}
	return all
}
