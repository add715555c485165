package cli

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
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

// beginning is a scene that begins at a time, where a file says nothing else.
func beginning(start time.Time) scenario.Scene {
	scene := scenario.Defaults()
	scene.Start, scene.Place.Account = start, emulator.Account
	return scene
}

// stage plays a scene. Where and when it is set is given, unless the file has another place or time.
func stage(s Scene, scene scenario.Scene) (staged, error) {
	file, err := scenario.Parse(s.Name, s.Text)
	if err != nil {
		return staged{}, usage(nil, "%w", err)
	}
	_, first, err := scenario.Play(file, scene)
	if err != nil {
		return staged{}, usage(nil, "playing the scenario %w", err)
	}
	return staged{file: file, scene: scene, world: first}, nil
}

// seed makes the world with which a Region begins; each Region has the scene.
func (s staged) seed(place cluster.ARN) *world.World {
	if place == s.world.Place() {
		return s.world.Clone()
	}
	scene := s.scene
	scene.Place, scene.Placed = place, true
	_, begun, err := scenario.Play(s.file, scene)
	if err != nil {
		return s.world.Clone() // what could be played once can be played again; this is not reached
	}
	return begun
}

func servicesOf(w *world.World) []cluster.Service {
	var all []cluster.Service
	for _, c := range w.Clusters() {
		for _, key := range w.Services(c.Name) {
			if found, ok := w.Service(key); ok {
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

// sceneShare is how much of AWS's rates the calls of a scene may take: as much as on AWS. Without a pace, a service of thousands of tasks could not be read: the emulator
// throttles as AWS does, and its buckets do not fill while the SDK waits to try again, because time passes in a clock's Sleep alone.
const sceneShare = 0.8

// emulate starts an emulator on a loopback address and reaches it as AWS is reached. Its clock stands still while a step or a call runs, so the same scene
// takes the same time and gives the same lines on every run.
func emulate(ctx context.Context, t Target) (*Connection, error) {
	scene, err := stage(*t.Scene, beginning(scenario.Defaults().Start))
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
	conn, err := open(ctx, amazon.Options{Operation: t.Command, Region: region, EndpointURL: "http://" + listener.Addr().String(), Credentials: amazon.NewStatic("emulated", "emulated", ""),
		Clock: clock, Share: sceneShare, Observer: observer(t.Debug)})
	if err != nil {
		_ = server.Close()
		return nil, err
	}
	conn.Identity.Simulated = true
	conn.Close = func() { _ = server.Close() }
	return conn, nil
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
