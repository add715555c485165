package api

import (
	"testing"
	"time"
)

// TestClocks: clocks change twice a year or never, for twenty years, beyond what the machine's tables list one by one.
func TestClocks(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for zone, want := range map[string]int{"": 0, "UTC": 0, "Etc/UTC": 0, "Asia/Tokyo": 1, "America/New_York": 41, "Europe/Rome": 41} {
		changes, known := Clocks(zone, now)
		if !known || len(changes) != want {
			t.Errorf("%q: %d changes, known %v, want %d", zone, len(changes), known, want)
		}
		place, _ := time.LoadLocation(zone)
		for _, c := range changes {
			if _, ahead := c.At.In(place).Zone(); time.Duration(ahead)*time.Second != c.Ahead {
				t.Errorf("%s at %s: %s", zone, c.At, c.Ahead)
			}
		}
	}
	for _, zone := range []string{"Mars/Olympus", "Local", "../UTC"} {
		if _, known := Clocks(zone, now); known {
			t.Errorf("%q is known", zone)
		}
	}
}
