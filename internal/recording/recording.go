// Package recording holds the model against recorded timelines of real ECS services: it reads a recording, replays what was done to the service on the
// model over many seeds, and compares order, gaps and total.
//
// It guarantees that a recording gets no parameter of its own: all that differs between two replays is what the recording's "# replay:" line says of the
// service and what was done to it, and, where the line is silent, what the recording itself shows of either (type Shown), which every Comparison lists. Durations
// are never taken from the case itself. A case whose line asks for something that the model does not know is reported as such and never counted as right.
package recording

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Row is one event of a recording.
type Row struct {
	At    time.Duration // since the first row
	Kind  string        // start, registered, stop, deregistered, draining, completed, steady, …
	Count int
}

// Case is a recorded timeline.
type Case struct {
	Name   string
	Header map[string]string
	Replay map[string]string // the words of the "# replay:" line; nil where it has none
	Rows   []Row
}

// Parse reads a recording: a header of "# key: value" lines, and rows of time, seconds from the first row, seconds from the one before, kind, count and
// message, separated by tabs.
func Parse(text string) (Case, error) {
	c := Case{Header: map[string]string{}}
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimRight(line, "\r")
		if key, value, ok := strings.Cut(strings.TrimPrefix(line, "# "), ": "); ok && strings.HasPrefix(line, "# ") {
			if _, twice := c.Header[key]; !twice {
				c.Header[key] = value
			}
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		row, err := parseRow(line)
		if err != nil {
			return Case{}, fmt.Errorf("line %d: %w", number+1, err)
		}
		c.Rows = append(c.Rows, row)
	}
	c.Name = c.Header["case"]
	if words, ok := c.Header["replay"]; ok {
		c.Replay = map[string]string{}
		for _, word := range strings.Fields(words) {
			key, value, _ := strings.Cut(word, "=")
			c.Replay[key] = value
		}
	}
	return c, nil
}

func parseRow(line string) (Row, error) {
	fields := strings.Split(line, "\t")
	if len(fields) < 5 {
		return Row{}, fmt.Errorf("%d fields separated by tabs, want at least 5", len(fields))
	}
	seconds, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		return Row{}, fmt.Errorf("seconds from the first row: %w", err)
	}
	count, err := strconv.Atoi(fields[4])
	if err != nil {
		return Row{}, fmt.Errorf("count: %w", err)
	}
	switch fields[3] {
	case "start", "start_unhealthy", "registered", "stop", "stop_pending", "deregistered", "draining", "unhealthy", "target_unhealthy", "desired_count":
	default:
		count = 0 // the author's own way of counting what has no count
	}
	return Row{At: time.Duration(seconds * float64(time.Second)), Kind: fields[3], Count: count}, nil
}

// second tells whether a recording gives whole seconds only.
func second(rows []Row) bool {
	return !slices.ContainsFunc(rows, func(r Row) bool { return r.At%time.Second != 0 })
}

// between cuts rows from the first of a kind to the last of another, and merges neighbours of one kind: the first one's time, the sum of their counts.
// What one look of ECS reports in two events another reports in one.
func between(rows []Row, from, until string) []Row {
	begin := slices.IndexFunc(rows, func(r Row) bool { return r.Kind == from })
	if begin < 0 {
		return nil
	}
	var merged []Row
	for _, r := range rows[begin:] {
		if n := len(merged); n > 0 && merged[n-1].Kind == r.Kind {
			merged[n-1].Count += r.Count
		} else {
			merged = append(merged, r)
		}
	}
	for end := len(merged) - 1; end >= 0; end-- {
		if merged[end].Kind == until {
			return merged[:end+1]
		}
	}
	return nil
}
