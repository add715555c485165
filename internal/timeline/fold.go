package timeline

import (
	"fmt"
	"slices"
	"time"
)

// Row is a lane as it is drawn: one task, or several that go through the same at the same time.
type Row struct {
	Lane
	Of int // how many tasks; 1 for a lane that was not folded
}

// Title is what the row is called: a task's name, or how many tasks it stands for.
func (r Row) Title() string {
	if r.Of == 1 {
		return r.Name
	}
	if r.Old {
		return fmt.Sprintf("%d × old", r.Of)
	}
	return fmt.Sprintf("%d × new", r.Of)
}

// label is the title with whose task it is, where that is told, or else with the last letters of the zone: eu-west-1a is 1a.
func label(r Row) string {
	if r.Service != "" {
		return shortened(r.Service, labelLetters-len(r.Title())-1) + " " + r.Title()
	}
	if r.Zone == "" {
		return r.Title()
	}
	return r.Title() + " " + r.Zone[max(0, len(r.Zone)-2):]
}

// shortened cuts a name that has more than so many letters.
func shortened(name string, most int) string {
	if letters := []rune(name); len(letters) > most && most > 1 {
		return string(letters[:most-1]) + "…"
	}
	return name
}

const (
	labelLetters = 15 // there is room for so many beside a lane

	waveGap = Offset(15 * time.Second) // tasks that come or go within one look and a half of the scheduler belong together
	foldAt  = 24                       // ux.md, behaviour 25
)

// Rows gives the lanes as they are to be drawn. More than most of them are folded by wave and zone: a wave are tasks of which each comes (or, of old ones, goes) at
// most 15 s after the one before it. Where that leaves too many rows, zones no longer count, and then waves further apart are joined. What failed or is
// unhealthy is never folded, so that there may still be more.
func Rows(t Timeline, most int) []Row {
	if len(t.Lanes) <= most {
		return unfolded(t.Lanes)
	}
	for gap, zones := waveGap, true; ; zones = false {
		rows := folded(t.Lanes, gap, zones)
		if len(rows) <= most || gap > t.Until {
			return rows
		}
		if !zones {
			gap *= 2
		}
	}
}

func unfolded(lanes []Lane) []Row {
	rows := make([]Row, len(lanes))
	for i, l := range lanes {
		rows[i] = Row{Lane: l, Of: 1}
	}
	return rows
}

// band are the lanes that become one row.
type band struct {
	key   string
	last  Offset // when the last of them came or went
	lanes []Lane
}

func folded(lanes []Lane, gap Offset, zones bool) []Row {
	order := slices.Clone(lanes)
	slices.SortStableFunc(order, func(a, b Lane) int {
		if a.Old != b.Old {
			return 0
		}
		return int(a.turnsAt() - b.turnsAt())
	})
	var bands []*band
	open := map[string]*band{}
	for _, l := range order {
		key := fmt.Sprint(l.Old)
		if zones {
			key += l.Zone
		}
		b := open[key]
		if b == nil || l.odd() || l.turnsAt()-b.last > gap {
			b = &band{key: key}
			bands = append(bands, b)
		}
		if b.lanes, b.last = append(b.lanes, l), l.turnsAt(); !l.odd() {
			open[key] = b
		}
	}
	rows := make([]Row, len(bands))
	for i, b := range bands {
		rows[i] = b.row(zones)
	}
	return rows
}

// odd lanes are shown by themselves.
func (l Lane) odd() bool {
	return l.Failed != "" || slices.ContainsFunc(l.Spans, func(s Span) bool { return s.Phase == Unhealthy })
}

// turnsAt is when the replacement concerns the task: an old one begins to drain, a new one is created. One that never does is last.
func (l Lane) turnsAt() Offset {
	if !l.Old {
		return l.Spans[0].From
	}
	for _, s := range l.Spans {
		if s.Phase == Draining {
			return s.From
		}
	}
	return l.Spans[len(l.Spans)-1].To
}

// row draws many lanes as one: at each time in the phase that most of them are in; of equally many in the later one.
func (b *band) row(zones bool) Row {
	if len(b.lanes) == 1 {
		return Row{Lane: b.lanes[0], Of: 1}
	}
	first := b.lanes[0]
	r := Row{Of: len(b.lanes), Lane: Lane{Name: first.Name, Old: first.Old, Revision: first.Revision}}
	if zones {
		r.Zone = first.Zone
	}
	var edges []Offset
	for _, l := range b.lanes {
		for _, s := range l.Spans {
			edges = append(edges, s.From, s.To)
		}
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	for i, from := range edges[:len(edges)-1] {
		phase, there := most(b.lanes, from)
		n := len(r.Spans)
		switch {
		case !there:
		case n > 0 && r.Spans[n-1].Phase == phase && r.Spans[n-1].To == from:
			r.Spans[n-1].To = edges[i+1]
		default:
			r.Spans = append(r.Spans, Span{Phase: phase, From: from, To: edges[i+1]})
		}
	}
	return r
}

// most is the phase that most of the lanes are in.
func most(lanes []Lane, at Offset) (phase Phase, there bool) {
	counts := make([]int, len(Phases()))
	for _, l := range lanes {
		if p, ok := l.At(at); ok {
			counts[rank(p)]++
		}
	}
	best := 0
	for i, n := range counts {
		if n >= counts[best] {
			best = i
		}
	}
	return Phases()[best], counts[best] > 0
}
