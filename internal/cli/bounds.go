package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
)

// boundsFlags are the bounds that hold for one command only.
type boundsFlags struct {
	minimum, maximum           int
	minimumGiven, maximumGiven bool
}

const (
	minimumFlag = "min-healthy-percent"
	maximumFlag = "max-percent"
	mostPercent = 2000
)

func (b *boundsFlags) flags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&b.minimum, minimumFlag, 100, "lowest count of healthy tasks in percent of the desired count, for this time only (default: the service's)")
	cmd.Flags().IntVar(&b.maximum, maximumFlag, 200, "highest count of tasks in percent of the desired count, for this time only (default: the service's)")
	for _, name := range []string{minimumFlag, maximumFlag} {
		cmd.Flags().Lookup(name).DefValue = "0" // the service's own bounds are the default, so none is shown
	}
}

func (b *boundsFlags) check(cmd *cobra.Command) error {
	b.minimumGiven, b.maximumGiven = cmd.Flags().Changed(minimumFlag), cmd.Flags().Changed(maximumFlag)
	switch {
	case b.minimumGiven && (b.minimum < 0 || b.minimum > 100):
		return usage(nil, "--%s %d is not a percentage from 0 to 100", minimumFlag, b.minimum)
	case b.maximumGiven && (b.maximum < 100 || b.maximum > mostPercent):
		return usage(nil, "--%s %d is not a percentage from 100 to %d", maximumFlag, b.maximum, mostPercent)
	case b.minimumGiven && b.maximumGiven && b.minimum == 100 && b.maximum == 100:
		return usage(hint("lower --"+minimumFlag+" or raise --"+maximumFlag), "--%s 100 and --%s 100 leave no room: no task could be stopped or started", minimumFlag, maximumFlag)
	}
	return nil
}

// of gives the bounds that were asked for, the rest taken from the service's own; nil where none was.
func (b *boundsFlags) of(own cluster.Bounds) *cluster.Bounds {
	if !b.minimumGiven && !b.maximumGiven {
		return nil
	}
	if b.minimumGiven {
		own.MinimumHealthyPercent = b.minimum
	}
	if b.maximumGiven {
		own.MaximumPercent = b.maximum
	}
	return &own
}

// given are the bounds that were asked for, nil where one was not.
func (b *boundsFlags) given() (minimum, maximum *int) {
	if b.minimumGiven {
		minimum = &b.minimum
	}
	if b.maximumGiven {
		maximum = &b.maximum
	}
	return minimum, maximum
}

func boundsOption(b cluster.Bounds) string {
	return fmt.Sprintf("min=%d max=%d", b.MinimumHealthyPercent, b.MaximumPercent)
}
