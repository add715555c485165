package cli

import (
	_ "embed"
	"errors"
	"io/fs"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/scenario"
)

// seedScene is the scene of an emulator that is given none.
//
//go:embed scenes/test.txt
var seedScene string

const (
	seedSceneName = "scenes/test.txt"
	seedBounds    = "min=100 max=200"
	emulatedSpeed = 60
)

// emulation is the options of a command that may run on an emulator of its own.
type emulation struct {
	emulated bool
	file     string
	speed    float64
}

func (e *emulation) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&e.emulated, "emulated", false, "act on an emulator inside this process; AWS is not touched")
	cmd.Flags().StringVar(&e.file, "scenario", "", "with --emulated: the file of the scene (default: service test in cluster default, 5 tasks behind a load balancer)")
	cmd.Flags().Float64Var(&e.speed, "speed", emulatedSpeed, "with --emulated: how many times as fast as AWS")
}

// scene gives what the emulator is loaded with, or nil where the command acts on AWS. Bounds change the seed's scene; a file stands as it is.
func (e *emulation) scene(cmd *cobra.Command, endpointURL string, bounds *cluster.Bounds) (*Scene, error) {
	if !e.emulated {
		for _, name := range []string{"scenario", "speed"} {
			if cmd.Flags().Changed(name) {
				return nil, usage(hint("add --emulated"), "--%s is for --emulated only", name)
			}
		}
		return nil, nil
	}
	if endpointURL != "" {
		return nil, usage(hint("leave one of them out"), "--emulated starts an emulator of its own, --endpoint-url names another one")
	}
	if err := checkSpeed(e.speed); err != nil {
		return nil, err
	}
	if e.file != "" {
		return readScene(e.file, e.speed)
	}
	if bounds != nil && bounds.MinimumHealthyPercent == 100 && bounds.MaximumPercent == 100 {
		return nil, usage(hint("lower --"+minimumFlag+" or raise --"+maximumFlag), "the scene would have 100/100, which ECS refuses: no task could be stopped or started")
	}
	return seed(e.speed, bounds), nil
}

func seed(speed float64, bounds *cluster.Bounds) *Scene {
	text := seedScene
	if bounds != nil {
		text = strings.Replace(text, seedBounds, boundsOption(*bounds), 1)
	}
	return &Scene{Name: seedSceneName, Text: text, Speed: speed}
}

func readScene(file string, speed float64) (*Scene, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, usage(nil, "reading the scenario %s: %w", file, err)
	}
	if _, err := scenario.Parse(file, string(text)); err != nil {
		return nil, usage(hint("'handover help scenarios' lists the words of a scenario"), "%w", err)
	}
	return &Scene{Name: file, Text: string(text), Speed: speed}, nil
}

func checkSpeed(speed float64) error {
	if !(speed > 0) || math.IsInf(speed, 0) {
		return usage(hint("1 is as fast as AWS, 60 makes a minute of a second"), "--speed %v is not a number above 0", speed)
	}
	return nil
}
