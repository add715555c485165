package scaling

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"handover/internal/world/calendar"
)

// Expression is a schedule: at(…), rate(…) or cron(…). Source: Application Auto Scaling user guide, scheduled actions and cron expressions.
type Expression struct {
	at    time.Time
	every time.Duration
	cron  calendar.Cron
}

// Parse reads a schedule expression.
func Parse(text string) (Expression, error) {
	kind, rest, _ := strings.Cut(text, "(")
	inside, closed := strings.CutSuffix(rest, ")")
	if !closed {
		return Expression{}, fmt.Errorf("%q is none of at(…), rate(…) and cron(…)", text)
	}
	switch kind {
	case "at":
		at, err := time.Parse("2006-01-02T15:04:05", inside)
		if err != nil {
			return Expression{}, fmt.Errorf("%q is not of the form yyyy-mm-ddThh:mm:ss", inside)
		}
		return Expression{at: at}, nil
	case "rate":
		every, err := parseRate(inside)
		return Expression{every: every}, err
	case "cron":
		c, err := calendar.Parse(inside)
		return Expression{cron: c}, err
	}
	return Expression{}, fmt.Errorf("%q is none of at(…), rate(…) and cron(…)", text)
}

// parseRate reads a number and minutes, hours or days, each in the singular or the plural, and perhaps a space between. Source: the words with which AWS refuses others, in which the
// syntax is rate(<number>\s?(minutes?|hours?|days?)).
func parseRate(text string) (time.Duration, error) {
	units := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	number := strings.TrimRight(text, " abcdefghijklmnopqrstuvwxyz")
	unit := strings.TrimPrefix(text[len(number):], " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 100_000 { // 100,000 days are just what a Duration holds
		return 0, fmt.Errorf("%q has no positive number", text)
	}
	length, known := units[strings.TrimSuffix(unit, "s")]
	if !known {
		return 0, fmt.Errorf("%q has none of the units minute, minutes, hour, hours, day, days", text)
	}
	return time.Duration(n) * length, nil
}

func (e Expression) recurs() bool { return e.at.IsZero() }

// next is the first time after another, where clocks are as those of a zone. A rate counts from a base, which is itself a time of it or not.
func (e Expression) next(zone calendar.Zone, after, base time.Time, withBase bool) (at time.Time, ok bool) {
	switch {
	case e.cron != (calendar.Cron{}):
		return zone.Next(e.cron, after)
	case !e.recurs():
		at = zone.Moment(e.at)
		return at, at.After(after)
	case after.Before(base) && withBase:
		return base, true
	case after.Before(base):
		return base.Add(e.every), true
	}
	return base.Add((after.Sub(base)/e.every + 1) * e.every), true
}
