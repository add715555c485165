package web

import (
	"testing"

	"handover/internal/console"
)

// TestTheSentenceOfADrain names the service that is the furthest below its desired count: the tasks of an instance are of several services.
func TestTheSentenceOfADrain(t *testing.T) {
	of := func(service string, desired, least int) console.Prospect {
		return console.Prospect{Service: service, Foreseen: &console.Foreseen{Desired: desired, Lowest: least}}
	}
	p := Plan{Plan: console.Plan{Operation: "drain", Desired: 4, Prediction: &console.Prediction{Succeeded: 1, Replaced: 4, Expected: 180, Lowest: 10},
		Leaving: []console.Prospect{of("api", 6, 6), of("web", 3, 2), {}}}}
	if got, want := p.sentence(), "The drain takes about 3m00s; web has never fewer than 2 of 3 healthy"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
