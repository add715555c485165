package group

import (
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// PutHook makes or changes a hook. What is left out takes its default. Actions under way keep the hook that began them.
// Source: API Reference, PutLifecycleHook.
func (g *Group) PutHook(h cluster.Hook) {
	if h.Timeout == 0 {
		h.Timeout = time.Hour
	}
	if h.Default == "" {
		h.Default = cluster.Abandon
	}
	at, there := slices.BinarySearchFunc(g.Hooks, h.Name, func(one cluster.Hook, name string) int { return strings.Compare(one.Name, name) })
	if there {
		g.Hooks[at] = h
		return
	}
	g.Hooks = slices.Insert(g.Hooks, at, h)
}

// Hook finds a hook by name.
func (g *Group) Hook(name string) (found cluster.Hook, ok bool) {
	for _, h := range g.Hooks {
		if h.Name == name {
			return h, true
		}
	}
	return cluster.Hook{}, false
}

// Hold begins the actions of all hooks of a transition; none where the group has no such hook, and the instance goes on at once. token makes the token of the nth
// action of the group.
func (g *Group) Hold(m *Member, transition string, now time.Time, token func(n int) string) []*cluster.LifecycleAction {
	for _, h := range g.Hooks {
		if h.Transition != transition {
			continue
		}
		g.Acted++
		m.Actions = append(m.Actions, &cluster.LifecycleAction{
			Group: g.Name, Hook: h, Instance: m.ID, Token: token(g.Acted), BeganAt: now, ExpiresAt: now.Add(min(h.Timeout, h.Global())), LastsUntil: now.Add(h.Global()),
		})
	}
	return m.Actions
}

// Action finds a lifecycle action under way by its hook, and by its instance or its token.
func (g *Group) Action(hook, instance, token string) (m *Member, found *cluster.LifecycleAction, ok bool) {
	for _, m := range g.Members {
		for _, a := range m.Actions {
			if a.Hook.Name == hook && (token != "" && a.Token == token || token == "" && m.ID == instance) {
				return m, a, true
			}
		}
	}
	return nil, nil, false
}

// Heartbeat restarts the time of an action, but not beyond the longest that a hook may hold.
//
// Timeout 15 min: at 24:50 h a heartbeat gives 10 minutes more, and at 25 h it is over.
func Heartbeat(a *cluster.LifecycleAction, now time.Time) {
	a.Heartbeats++
	a.ExpiresAt = now.Add(a.Hook.Timeout)
	if a.ExpiresAt.After(a.LastsUntil) {
		a.ExpiresAt = a.LastsUntil
	}
}

// Complete ends an action and tells what becomes of its instance: whether it goes on now, and whether it goes on into service. ABANDON ends all other actions, too: of a
// launching instance, which is then terminated, and of a terminating one, which is terminated in any case. Source: API Reference, CompleteLifecycleAction.
func (m *Member) Complete(a *cluster.LifecycleAction, result string) (free, abandoned bool) {
	m.Actions = slices.DeleteFunc(m.Actions, func(one *cluster.LifecycleAction) bool { return one == a })
	if result == cluster.Abandon {
		m.Actions = nil
		return true, a.Hook.Transition == cluster.TransitionLaunching
	}
	return len(m.Actions) == 0, false
}
