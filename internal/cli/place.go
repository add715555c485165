package cli

import (
	"github.com/spf13/cobra"

	"handover/internal/cluster"
)

// place is where a command on a service is carried out: on which service, and on AWS or an emulator.
type place struct {
	factory *Factory
	globals *globals

	inCluster string
	service   cluster.ServiceKey
	target    Target
	emulation emulation
}

func placed(f *Factory, g *globals) place { return place{factory: f, globals: g} }

func (p *place) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.inCluster, "cluster", "", "the service's cluster (default: default)")
	p.emulation.flags(cmd)
	completeTarget(cmd, p.factory, p.globals, &p.emulation, &p.inCluster)
}

// aim checks how the service's Region is reached, with the scene that is simulated if one is. bounds are those that the seed's scene is to have; nil: its own.
func (p *place) aim(cmd *cobra.Command, region string, bounds *cluster.Bounds) (err error) {
	if p.target, err = p.globals.target(p.factory, cmd.Name(), region); err != nil {
		return err
	}
	p.target.Scene, err = p.emulation.scene(cmd, p.globals.endpointURL, bounds)
	return err
}
