package cli

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/emulator/sandbox"
	"handover/internal/emulator/worldlog"
	"handover/internal/world"
)

// serve makes the emulator of the command emulator: its clock runs on by itself.
func serve(s Serving) (*Server, error) {
	begin := beginning(time.Now().UTC().Truncate(time.Second)) //nolint:forbidigo // a scene that names no time begins now
	scene, err := stage(s.Scene, begin)
	if err != nil {
		return nil, err
	}
	options := emulator.Options{Seed: scene.seed, Throttle: s.Throttle}
	options.Report = func(c emulator.Call, err error) {
		s.Warn(fmt.Sprintf("handover: error: %s: %v", strings.TrimSpace(c.Service+" "+c.Operation), err))
	}
	if s.Trace != nil {
		var mu sync.Mutex
		options.Observe = func(c emulator.Call) {
			mu.Lock()
			defer mu.Unlock()
			s.Trace(traceLine(c))
		}
	}
	if s.Functions != "" {
		if options.Functions, err = sandbox.Open(s.Functions); err != nil {
			return nil, usage(hint("--functions takes the folder with the programs that functions may be of"), "functions: %v", err)
		}
	}
	start, remembered := scene.world.Now(), ""
	if s.Log != "" {
		r, err := resume(s, scene)
		if err != nil {
			return nil, err
		}
		scene, options.Seed, options.Log, options.Past = r.scene, r.scene.seed, r.log, r.past
		start = emulator.ResumeAt(scene.world.Now(), r.past, s.TimeRanOn, s.Scene.Speed)
		remembered = remembers(s, r.past, start)
	}
	options.Clock = emulator.NewWall(start, s.Scene.Speed)
	shown := scene.world
	if lived, ok := options.Past.Regions[scene.region()]; ok {
		shown = lived.World
	}
	made := emulator.New(options)
	server := &Server{Handler: made, Account: emulator.Account, Region: scene.region(), Scene: scene.file.Name, Services: servicesOf(shown), Remembers: remembered, Close: made.Close}
	if options.Functions != nil {
		server.Run = made.Run
		server.Close = func() error { return errors.Join(options.Functions.Close(), made.Close()) }
	}
	return server, nil
}

// resumed is what an emulator goes on from.
type resumed struct {
	scene staged
	log   *worldlog.Log
	past  worldlog.Past
}

// resume opens the log and takes from it what every Region begins with, and what was done since. The scene that is given counts for a log that is begun.
func resume(s Serving, given staged) (resumed, error) {
	begin := worldlog.Scene{Name: s.Scene.Name, Text: s.Scene.Text, Start: given.scene.Start, Account: given.scene.Place.Account,
		Profile: given.scene.Profile, Seed: given.scene.Seed, Jitter: given.scene.Jitter}
	log, err := worldlog.Open(s.Log, begin)
	if err != nil {
		return resumed{}, logFault(err)
	}
	r, err := relive(log, s)
	if err != nil {
		_ = log.Close() // the first error is the one to tell
		return resumed{}, err
	}
	if r.past.Torn > 0 {
		s.Warn(fmt.Sprintf("warning: the last %d bytes of %s were no whole record and were dropped; nobody was answered about them", r.past.Torn, s.Log))
	}
	return r, nil
}

// relive plays the scene of a log and does again what was done since.
func relive(log *worldlog.Log, s Serving) (resumed, error) {
	kept := log.Scene()
	if s.SceneGiven && kept.Text != s.Scene.Text {
		return resumed{}, usage(hint("leave --scenario out to go on with the log, or begin another log"),
			"the log %s was begun with the scenario %s, which is not what %s says now", s.Log, kept.Name, s.Scene.Name)
	}
	base := beginning(kept.Start)
	base.Place.Account, base.Profile, base.Seed, base.Jitter = kept.Account, kept.Profile, kept.Seed, kept.Jitter
	scene, err := stage(Scene{Name: kept.Name, Text: kept.Text}, base)
	if err != nil {
		return resumed{}, err
	}
	past, err := log.Replay(func(region string) *world.World { return scene.seed(emulator.Place(region)) })
	if err != nil {
		return resumed{}, logFault(err)
	}
	return resumed{scene: scene, log: log, past: past}, nil
}

// logFault gives an error of a log its exit code: a file could not be understood.
func logFault(err error) error {
	return &failure{code: cluster.ExitUsage, err: err, hints: hint("nothing was changed; begin another log, or give the file as it was written")}
}

func remembers(s Serving, past worldlog.Past, at time.Time) string {
	if past.Records <= 1 {
		return "remembers what is done to it in " + s.Log
	}
	return fmt.Sprintf("goes on with %s (%d records) at %s", s.Log, past.Records, at.UTC().Format(time.RFC3339))
}
