// Package logs is Amazon CloudWatch Logs as a pure model: log groups, log streams, and their events.
//
// It guarantees that the events of a stream are in the order of their times, events of one time in the order in which they came, and that an event older than
// its group's retention is not shown. It has no clock: time is an argument.
package logs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Model is all log groups of a world.
type Model struct {
	Groups []*Group `json:"groups,omitempty"` // by name
	Put    int      `json:"put,omitempty"`    // events ever put
}

// Group is a log group with its streams.
type Group struct {
	cluster.LogGroup
	Streams []*Stream `json:"streams,omitempty"` // by name
}

// Stream is a log stream with its events.
type Stream struct {
	cluster.LogStream
	Events []cluster.LogEvent `json:"events,omitempty"` // by time
}

// Clone makes a copy that shares nothing that either may change.
func (m Model) Clone() Model {
	m.Groups = slices.Clone(m.Groups)
	for i, g := range m.Groups {
		copied := *g
		copied.Streams = slices.Clone(g.Streams)
		for j, s := range copied.Streams {
			stream := *s
			stream.Events = slices.Clone(s.Events)
			copied.Streams[j] = &stream
		}
		m.Groups[i] = &copied
	}
	return m
}

// Group finds a log group by name.
func (m *Model) Group(name string) (found *Group, ok bool) {
	at, ok := m.place(name)
	if !ok {
		return nil, false
	}
	return m.Groups[at], true
}

func (m *Model) place(name string) (at int, there bool) {
	return slices.BinarySearchFunc(m.Groups, name, func(g *Group, name string) int { return strings.Compare(g.Name, name) })
}

// Add adds a log group; ok is false where its name is taken.
func (m *Model) Add(g cluster.LogGroup) (ok bool) {
	at, there := m.place(g.Name)
	if there {
		return false
	}
	m.Groups = slices.Insert(m.Groups, at, &Group{LogGroup: g})
	return true
}

// Remove removes a log group.
func (m *Model) Remove(name string) {
	m.Groups = slices.DeleteFunc(m.Groups, func(g *Group) bool { return g.Name == name })
}

// Stream finds a log stream by name.
func (g *Group) Stream(name string) (found *Stream, ok bool) {
	at, ok := g.place(name)
	if !ok {
		return nil, false
	}
	return g.Streams[at], true
}

func (g *Group) place(name string) (at int, there bool) {
	return slices.BinarySearchFunc(g.Streams, name, func(s *Stream, name string) int { return strings.Compare(s.Name, name) })
}

// Add adds a log stream; ok is false where its name is taken.
func (g *Group) Add(s cluster.LogStream) (ok bool) {
	at, there := g.place(s.Name)
	if there {
		return false
	}
	g.Streams = slices.Insert(g.Streams, at, &Stream{LogStream: s})
	return true
}

// Remove removes a log stream.
func (g *Group) Remove(name string) {
	g.Streams = slices.DeleteFunc(g.Streams, func(s *Stream) bool { return s.Name == name })
}

// overhead is what CloudWatch Logs counts for each event beside its message. Source: API Reference, PutLogEvents.
const overhead = 26

// PutEvents adds events to a stream of a group.
func (m *Model) PutEvents(g *Group, s *Stream, events []cluster.LogEvent, now time.Time) {
	for _, e := range events {
		m.Put++
		e.ID, e.Stream, e.IngestedAt = fmt.Sprintf("%020d%036d", e.At.UnixMilli(), m.Put), s.Name, now
		g.Bytes += len(e.Message) + overhead
		at, _ := slices.BinarySearchFunc(s.Events, e.At, func(known cluster.LogEvent, at time.Time) int {
			if known.At.After(at) {
				return 1
			}
			return -1 // after those of the same time
		})
		s.Events = slices.Insert(s.Events, at, e)
	}
	if len(s.Events) > 0 {
		s.FirstEvent, s.LastEvent, s.Ingested = s.Events[0].At, s.Events[len(s.Events)-1].At, now
	}
}

// Kept gives the events of a stream that are not older than the group's retention.
func (g *Group) Kept(s *Stream, now time.Time) []cluster.LogEvent {
	if g.Retention == 0 {
		return s.Events
	}
	oldest := now.Add(-time.Duration(g.Retention) * 24 * time.Hour)
	at, _ := slices.BinarySearchFunc(s.Events, oldest, func(e cluster.LogEvent, at time.Time) int { return e.At.Compare(at) })
	return s.Events[at:]
}
