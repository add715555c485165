package forecast

import (
	"handover/internal/cluster"
	"handover/internal/operation"
	"handover/internal/world"
)

// LoadStill is Load without chance: every duration is its median.
func LoadStill(snapshot cluster.Snapshot, key cluster.ServiceKey) (Base, error) {
	return load(snapshot, key, Past{}, false)
}

// World is a copy of the world that forecasts begin with.
func (b Base) World() *world.World { return b.world.Clone() }

// Typical is the run that a Timeline is made of.
func (b Base) Once(begin func() operation.Operation) (took, calls int64) {
	r := b.run(&stage{}, begin(), 1)
	return int64(r.took), int64(r.all)
}
