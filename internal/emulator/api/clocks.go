package api

import (
	"time"

	"handover/internal/cluster"
)

// clocksFor is how long the changes of a zone's clocks are known beforehand; then they stay as they are.
const clocksFor = 20 * 365 * 24 * time.Hour

// Clocks gives what the clocks of a time zone do from a time on, by the table of the machine, so that a world has no need of one: an action has them, and so does the log. UTC has no
// changes, by whatever name, nor has no zone. known is false for a name that the table does not have.
func Clocks(zone string, now time.Time) (changes []cluster.ClockChange, known bool) {
	place, err := time.LoadLocation(zone)
	if err != nil || place == time.Local {
		return nil, false
	}
	for at := now; at.Before(now.Add(clocksFor)); {
		_, seconds := at.In(place).Zone()
		ahead := time.Duration(seconds) * time.Second
		if n := len(changes); n == 0 || changes[n-1].Ahead != ahead {
			changes = append(changes, cluster.ClockChange{At: at.UTC(), Ahead: ahead})
		}
		_, end := at.In(place).ZoneBounds() // which is the time itself where a table goes over into its rule, and a year's end after that
		switch {
		case end.IsZero():
			at = now.Add(clocksFor)
		case end.After(at):
			at = end
		default:
			at = at.Add(time.Hour)
		}
	}
	if len(changes) == 1 && changes[0].Ahead == 0 {
		return nil, true
	}
	return changes, true
}
