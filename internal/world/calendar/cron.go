// Package calendar reads cron expressions, and says when they happen. It has no clock and no table of time zones: what clocks show is given, and all times are UTC.
package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Cron is the times that an expression names, in UTC.
type Cron struct{ *fields }

// fields have what each field allows, in order.
type fields struct {
	minutes, hours, months, years []int
	days                          []int // of the month; empty where the day of the week alone decides
	weekdays                      []int // 1 is Sunday; empty where the day of the month alone decides
	last                          bool  // the last day of the month, or with weekdays the last such day
	nth                           int   // with weekdays: the nth such day of the month; 0: each
	either                        bool  // a day of the month and one of the week are each enough
}

const (
	firstYear = 1970
	lastYear  = 2199
	months    = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"
	weekdays  = "SUN MON TUE WED THU FRI SAT"
)

// Parse reads the six fields of Application Auto Scaling and EventBridge: minutes, hours, day of month, month, day of week, year. Of the two days one is always "?".
// Source: Application Auto Scaling user guide, scheduled-scaling-using-cron-expressions.
func Parse(text string) (Cron, error) {
	given := strings.Fields(text)
	if len(given) != 6 {
		return Cron{}, fmt.Errorf("%q has %d fields instead of minutes, hours, day of month, month, day of week, year", text, len(given))
	}
	if (given[2] == "?") == (given[4] == "?") {
		return Cron{}, fmt.Errorf("%q must have ? for one of day of month and day of week", text)
	}
	c := &fields{}
	if given[2] == "L" {
		c.last, given[2] = true, "?"
	}
	weekday, nth, isNth := strings.Cut(given[4], "#")
	if isNth {
		n, err := strconv.Atoi(nth)
		if err != nil || n < 1 || n > 5 {
			return Cron{}, fmt.Errorf("%q is not a day of the week and 1 to 5", given[4])
		}
		c.nth, given[4] = n, weekday
	}
	if before, isLast := strings.CutSuffix(given[4], "L"); isLast && before != "" {
		c.last, given[4] = true, before
	}
	for i, f := range []struct {
		into        *[]int
		least, most int
		names       string
	}{
		{&c.minutes, 0, 59, ""}, {&c.hours, 0, 23, ""}, {&c.days, 1, 31, ""}, {&c.months, 1, 12, months},
		{&c.weekdays, 1, 7, weekdays}, {&c.years, firstYear, lastYear, ""},
	} {
		values, err := parseField(given[i], f.least, f.most, strings.Fields(f.names))
		if err != nil {
			return Cron{}, err
		}
		*f.into = values
	}
	return Cron{c}, nil
}

// ParseUnix reads the five fields of EC2 Auto Scaling: minutes, hours, day of month, month, day of week, whose Sunday is 0 and 7. A day is one of them that either field names where both
// do. Source: EC2 Auto Scaling user guide, scheduled-scaling-recurring-schedules; crontab(5), to which it refers.
func ParseUnix(text string) (Cron, error) {
	given := strings.Fields(text)
	if len(given) != 5 {
		return Cron{}, fmt.Errorf("%q has %d fields instead of minutes, hours, day of month, month, day of week", text, len(given))
	}
	c := &fields{}
	for year := firstYear; year <= lastYear; year++ {
		c.years = append(c.years, year)
	}
	for i, f := range []struct {
		into        *[]int
		least, most int
		names       string
	}{{&c.minutes, 0, 59, ""}, {&c.hours, 0, 23, ""}, {&c.days, 1, 31, ""}, {&c.months, 1, 12, months}, {&c.weekdays, 0, 7, ""}} {
		text := given[i]
		if f.into == &c.weekdays {
			text = numbered(text)
		}
		values, err := parseField(text, f.least, f.most, strings.Fields(f.names))
		if err != nil {
			return Cron{}, err
		}
		if len(values) == 0 {
			return Cron{}, fmt.Errorf("%q has ?, which these expressions do not have", text)
		}
		*f.into = values
	}
	for i, day := range c.weekdays {
		c.weekdays[i] = day%7 + 1
	}
	switch {
	case strings.HasPrefix(given[4], "*"):
		c.weekdays = nil
	case strings.HasPrefix(given[2], "*"):
		c.days = nil
	default:
		c.either = true
	}
	return Cron{c}, nil
}

// numbered gives the days of a week by their numbers from 0.
func numbered(text string) string {
	text = strings.ToUpper(text)
	for i, name := range strings.Fields(weekdays) {
		text = strings.ReplaceAll(text, name, strconv.Itoa(i))
	}
	return text
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

// Next is the first time after another; ok is false where there is none. It goes from day to day: about 63,000 until the last year, for an expression that has no time, such as the 30th
// of February.
func (c Cron) Next(after time.Time) (at time.Time, ok bool) {
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
func (c *fields) on(day time.Time) bool {
	if !slices.Contains(c.years, day.Year()) || !slices.Contains(c.months, int(day.Month())) {
		return false
	}
	if c.either {
		return slices.Contains(c.days, day.Day()) || slices.Contains(c.weekdays, int(day.Weekday())+1)
	}
	endsWithin := func(days int) bool { return day.AddDate(0, 0, days).Month() != day.Month() }
	if len(c.weekdays) == 0 {
		return c.last && endsWithin(1) || slices.Contains(c.days, day.Day())
	}
	return slices.Contains(c.weekdays, int(day.Weekday())+1) && (!c.last || endsWithin(7)) && (c.nth == 0 || (day.Day()-1)/7+1 == c.nth)
}
