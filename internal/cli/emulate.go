package cli

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"handover/internal/amazon"
	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/scenario"
	"handover/internal/world"
)

// staged is a scene that was played: what an emulator begins with.
type staged struct {
	file  scenario.File
	scene scenario.Scene
	world *world.World // in the Region that the scene names
}

// stage plays a scene. Its time is the one given, unless the file has another.
func stage(s Scene, start time.Time) (staged, error) {
	file, err := scenario.Parse(s.Name, s.Text)
	if err != nil {
		return staged{}, usage(nil, "%w", err)
	}
	scene := scenario.Defaults()
	scene.Start, scene.Place.Account = start, emulator.Account
	_, first, err := scenario.Play(file, scene)
	if err != nil {
		return staged{}, usage(nil, "playing the scenario %w", err)
	}
	return staged{file: file, scene: scene, world: first}, nil
}

// seed makes the world with which a Region begins; each Region has the scene.
func (s staged) seed(place cluster.ARN) *world.World {
	scene := s.scene
	scene.Place = place
	_, begun, err := scenario.Play(s.file, scene)
	if err != nil {
		return s.world.Clone() // what could be played once can be played again; this is not reached
	}
	return begun
}

func (s staged) services() []cluster.Service {
	var all []cluster.Service
	for _, c := range s.world.Clusters() {
		for _, key := range s.world.Services(c.Name) {
			if found, ok := s.world.Service(key); ok {
				all = append(all, found)
			}
		}
	}
	return all
}

// region is where the scene is set.
func (s staged) region() string {
	for _, b := range s.file.Blocks {
		for _, d := range b.Directives {
			if d.Verb == "world" {
				return d.Text("region", s.scene.Place.Region)
			}
		}
	}
	return s.scene.Place.Region
}

// emulate starts an emulator on a loopback address and reaches it as AWS is reached. Its clock stands still while a step or a call runs, so the same scene
// takes the same time and gives the same lines on every run.
func emulate(ctx context.Context, t Target) (*Connection, error) {
	scene, err := stage(*t.Scene, scenario.Defaults().Start)
	if err != nil {
		return nil, err
	}
	clock := emulator.NewPaced(scene.world.Now(), t.Scene.Speed, nil)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the emulator: %w", err)
	}
	server := &http.Server{Handler: emulator.New(emulator.Options{Clock: clock, Seed: scene.seed, Throttle: true}),
		ReadHeaderTimeout: headerPatience, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(listener) }() // it ends with Close
	region := t.Region
	if region == "" {
		region = scene.region()
	}
	conn, err := open(ctx, amazon.Options{Region: region, EndpointURL: "http://" + listener.Addr().String(), Credentials: amazon.NewStatic("emulated", "emulated", ""),
		Clock: clock, Observer: observer(t.Debug)})
	if err != nil {
		_ = server.Close()
		return nil, err
	}
	conn.Identity.Simulated = true
	conn.Close = func() { _ = server.Close() }
	return conn, nil
}

// serve makes the emulator of the command emulator: its clock runs on by itself.
func serve(s Serving) (*Server, error) {
	scene, err := stage(s.Scene, time.Now().UTC().Truncate(time.Second)) //nolint:forbidigo // a scene that names no time begins now
	if err != nil {
		return nil, err
	}
	options := emulator.Options{Clock: emulator.NewWall(scene.world.Now(), s.Scene.Speed), Seed: scene.seed, Throttle: s.Throttle}
	if s.Trace != nil {
		var mu sync.Mutex
		options.Observe = func(c emulator.Call) {
			mu.Lock()
			defer mu.Unlock()
			s.Trace(traceLine(c))
		}
	}
	return &Server{Handler: emulator.New(options), Account: emulator.Account, Region: scene.region(), Services: scene.services()}, nil
}

func traceLine(c emulator.Call) string {
	name := c.Service + " " + c.Operation
	if c.Operation == "" {
		name = "(unknown)"
	}
	line := fmt.Sprintf("%s %s region=%s status=%d", c.At.UTC().Format(time.RFC3339), name, c.Region, c.Status)
	if c.Code != "" {
		line += " code=" + c.Code
	}
	return line
}
