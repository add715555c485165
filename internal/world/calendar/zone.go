package calendar

import (
	"time"

	"handover/internal/cluster"
)

// Zone is what the clocks of a time zone show, by the moments at which they change, in order; none is UTC. Before the first change they are as after it, and after the last
// one they stay as they are.
type Zone []cluster.ClockChange

// ahead is by how much the clocks are ahead of UTC.
func (z Zone) ahead(at time.Time) time.Duration {
	ahead := time.Duration(0)
	for i, c := range z {
		if i == 0 || !at.Before(c.At) {
			ahead = c.Ahead
		}
	}
	return ahead
}

// Moment is when the clocks show a time that is written as one of UTC. Of two such moments it is the earlier one; where the clocks leave the time out, it is when they are put forward.
// What AWS does in either case is not published.
//
// Of a zone that is 1 h ahead, and 2 h from 01:00 UTC on: 01:30 is 00:30 UTC, 03:30 is 01:30 UTC, and 02:30, which no clock shows, 01:00 UTC.
func (z Zone) Moment(shown time.Time) time.Time {
	if len(z) == 0 {
		return shown
	}
	var found time.Time
	for i, c := range z {
		moment := shown.Add(-c.Ahead)
		if z.ahead(moment) == c.Ahead && (found.IsZero() || moment.Before(found)) {
			found = moment
		}
		if i > 0 && moment.Before(c.At) && !shown.Add(-z[i-1].Ahead).Before(c.At) {
			return c.At
		}
	}
	return found
}

// Next is the first time of an expression after another; ok is false where there is none.
func (z Zone) Next(c Cron, after time.Time) (at time.Time, ok bool) {
	shown := after.UTC().Add(z.ahead(after) - 24*time.Hour) // a day earlier: no clock is put back by more
	for {
		if shown, ok = c.Next(shown); !ok {
			return time.Time{}, false
		}
		if at = z.Moment(shown); at.After(after) {
			return at, true
		}
	}
}
