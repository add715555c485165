package forecast

import (
	"handover/internal/cluster"
	"handover/internal/world"
)

// LoadStill is Load without chance: every duration is its median.
func LoadStill(snapshot cluster.Snapshot, key cluster.ServiceKey) (Base, error) {
	return load(snapshot, key, Past{}, false)
}

// World is a copy of the world that forecasts begin with.
func (b Base) World() *world.World { return b.world.Clone() }
