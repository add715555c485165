package scaling

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Expression is a schedule: at(…), rate(…) or cron(…), in UTC. Source: Application Auto Scaling user guide, scheduled actions and cron expressions.
type Expression struct {
	at    time.Time
	every time.Duration
	cron  *cron
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
		c, err := parseCron(inside)
		return Expression{cron: c}, err
	}
	return Expression{}, fmt.Errorf("%q is none of at(…), rate(…) and cron(…)", text)
}

// parseRate reads a number and minutes, hours or days, in the singular for 1 alone. Source: the user guide as above.
func parseRate(text string) (time.Duration, error) {
	units := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
	number, unit, _ := strings.Cut(text, " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > 100_000 { // 100,000 days are just what a Duration holds
		return 0, fmt.Errorf("%q has no positive number", text)
	}
	singular, isPlural := strings.CutSuffix(unit, "s")
	length, known := units[singular]
	if !known || isPlural == (n == 1) {
		return 0, fmt.Errorf("%q has none of the units minute, minutes, hour, hours, day, days that fits its number", text)
	}
	return time.Duration(n) * length, nil
}

func (e Expression) recurs() bool { return e.at.IsZero() }

// next is the first time after another. A rate counts from a base, which is itself a time of it or not.
func (e Expression) next(after, base time.Time, withBase bool) (at time.Time, ok bool) {
	switch {
	case e.cron != nil:
		return e.cron.next(after)
	case !e.recurs():
		return e.at, e.at.After(after)
	case after.Before(base) && withBase:
		return base, true
	case after.Before(base):
		return base.Add(e.every), true
	}
	return base.Add((after.Sub(base)/e.every + 1) * e.every), true
}

// cron has what each field allows. Of the day of the month and the day of the week one is always "?".
type cron struct {
	minutes, hours, months, years []int
	days                          []int // of the month; empty where it is "?"
	weekdays                      []int // 1 is Sunday; empty where it is "?"
	last                          bool  // the last day of the month, or with weekdays the last such day
	nth                           int   // with weekdays: the nth such day of the month; 0: each
}

const (
	firstYear = 1970
	lastYear  = 2199
)

func parseCron(text string) (*cron, error) {
	fields := strings.Fields(text)
	if len(fields) != 6 {
		return nil, fmt.Errorf("%q has %d fields instead of minutes, hours, day of month, month, day of week, year", text, len(fields))
	}
	if (fields[2] == "?") == (fields[4] == "?") {
		return nil, fmt.Errorf("%q must have ? for one of day of month and day of week", text)
	}
	c := &cron{}
	if fields[2] == "L" {
		c.last, fields[2] = true, "?"
	}
	weekday, nth, isNth := strings.Cut(fields[4], "#")
	if isNth {
		n, err := strconv.Atoi(nth)
		if err != nil || n < 1 || n > 5 {
			return nil, fmt.Errorf("%q is not a day of the week and 1 to 5", fields[4])
		}
		c.nth, fields[4] = n, weekday
	}
	if before, isLast := strings.CutSuffix(fields[4], "L"); isLast && before != "" {
		c.last, fields[4] = true, before
	}
	for i, f := range []struct {
		into        *[]int
		least, most int
		names       string
	}{
		{&c.minutes, 0, 59, ""}, {&c.hours, 0, 23, ""}, {&c.days, 1, 31, ""}, {&c.months, 1, 12, "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"},
		{&c.weekdays, 1, 7, "SUN MON TUE WED THU FRI SAT"}, {&c.years, firstYear, lastYear, ""},
	} {
		values, err := parseField(fields[i], f.least, f.most, strings.Fields(f.names))
		if err != nil {
			return nil, err
		}
		*f.into = values
	}
	return c, nil
}

// parseField reads one field: lists of values, ranges and steps. It gives the values in order, none for "?".
func parseField(text string, least, most int, names []string) ([]int, error) {
	if text == "?" {
		return nil, nil
	}
	var all []int
	for part := range strings.SplitSeq(text, ",") {
		span, by, stepped := strings.Cut(part, "/")
		from, to, ranged := strings.Cut(span, "-")
		low, high, step := least, most, 1
		if span != "*" {
			low = value(from, names)
			high = low
			if ranged {
				high = value(to, names)
			} else if stepped {
				high = most
			}
		}
		if stepped {
			step = value(by, nil)
		}
		if low < least || high > most || low > high || step < 1 {
			return nil, fmt.Errorf("%q is not a value, list, range or step of %d to %d", text, least, most)
		}
		for v := low; v <= high; v += step {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// value is a number or the place of a name, from 1; -1 for anything else.
func value(text string, names []string) int {
	if at := slices.Index(names, strings.ToUpper(text)); at >= 0 {
		return at + 1
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// next goes from day to day: about 63,000 until the last year, for an expression that has no time, such as the 30th of February.
func (c *cron) next(after time.Time) (at time.Time, ok bool) {
	after = after.UTC()
	for day := time.Date(after.Year(), after.Month(), after.Day(), 0, 0, 0, 0, time.UTC); day.Year() <= lastYear; day = day.AddDate(0, 0, 1) {
		if !c.on(day) {
			continue
		}
		for _, hour := range c.hours {
			for _, minute := range c.minutes {
				at := day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
				if at.After(after) {
					return at, true
				}
			}
		}
	}
	return time.Time{}, false
}

// on tells whether a day is one of those of the expression.
func (c *cron) on(day time.Time) bool {
	if !slices.Contains(c.years, day.Year()) || !slices.Contains(c.months, int(day.Month())) {
		return false
	}
	endsWithin := func(days int) bool { return day.AddDate(0, 0, days).Month() != day.Month() }
	if len(c.weekdays) == 0 {
		return c.last && endsWithin(1) || slices.Contains(c.days, day.Day())
	}
	return slices.Contains(c.weekdays, int(day.Weekday())+1) && (!c.last || endsWithin(7)) && (c.nth == 0 || (day.Day()-1)/7+1 == c.nth)
}
