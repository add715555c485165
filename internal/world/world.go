package world

import (
	"encoding/json"
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/profile"
)

// Config is what a world begins with.
type Config struct {
	Seed    uint64
	Start   time.Time
	Profile profile.Profile // the zero Profile leaves all orders to the caller
	Place   cluster.ARN     // partition, Region and account; the other parts are not used
}

// World is ECS in one account and Region, with what it needs of the load balancers. Its state is data; see the package's doc for the contract.
type World struct{ state state }

// state is the whole state of a World, as it is written as JSON.
type state struct {
	Now     time.Time       `json:"now"`
	Seed    uint64          `json:"seed"`
	Profile profile.Profile `json:"profile"`
	Place   cluster.ARN     `json:"place"`
}

// New makes an empty world: without clusters, services or task definitions.
func New(c Config) *World {
	return &World{state: state{Now: c.Start, Seed: c.Seed, Profile: c.Profile, Place: c.Place}}
}

// Now is the time up to which the world has been advanced.
func (w *World) Now() time.Time { return w.state.Now }

// Answer is what an accepted action gave.
type Answer struct {
	IDs []string // what the Action's doc says that it gives
}

// Act carries out what a caller asks for at a time. An error is a *cluster.APIError in AWS's words, and then nothing has changed.
func (w *World) Act(now time.Time, a cluster.Action) (Answer, error) {
	w.AdvanceTo(now)
	return Answer{}, cluster.Errorf(cluster.ClassUnsupported, "UnsupportedFeatureException", "%s is not offered.", a.Kind())
}

// Orders takes what the rules want done since the last call. A world with a profile answers its orders itself and has none here.
func (w *World) Orders() []Order { return nil }

// Report tells what happened in the data plane. An error says that the report fits nothing that is there; the world is then unchanged.
func (w *World) Report(now time.Time, r Report) error {
	w.AdvanceTo(now)
	return fmt.Errorf("report %s: there is no task %q", r.Kind, r.Task)
}

// AdvanceTo lets everything happen that is due up to and including a time. A time before Now does nothing.
func (w *World) AdvanceTo(now time.Time) {
	if now.After(w.state.Now) {
		w.state.Now = now
	}
}

// Next is when something is due next; ok is false if nothing ever is.
func (w *World) Next() (at time.Time, ok bool) { return time.Time{}, false }

// Clone makes a copy that shares nothing.
func (w *World) Clone() *World {
	copied := *w
	return &copied
}

// MarshalJSON writes the whole state.
func (w *World) MarshalJSON() ([]byte, error) { return json.Marshal(w.state) }

// UnmarshalJSON replaces the world by what MarshalJSON wrote.
func (w *World) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &w.state) }
