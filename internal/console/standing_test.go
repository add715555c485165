package console

import (
	"strings"
	"testing"
	"time"

	"handover/internal/record"
)

// TestStatusShowsWhatAnOperationHasLeft holds that who looks at a service learns what stands changed on it, of whom, and how it is put back.
func TestStatusShowsWhatAnOperationHasLeft(t *testing.T) {
	held := record.Held{Desired: &record.Desired{Base: 2, By: 1}, ScalingIn: true}
	for name, c := range map[string]struct {
		lease time.Time
		shown []string
	}{
		"somebody is at it": {noon.Add(5 * time.Minute), []string{"at work  recycle by ops, since 2026-11-21 11:50:00; taken to be alive until 12:05:00", "when it ends, its desired count is lowered by 1",
			"when it ends, scaling in is resumed", "to put it back: handover abort prod/api"}},
		"nobody is any more": {noon, []string{"left     recycle by ops, since 2026-11-21 11:50:00; nobody is at it any more", "once put back, its desired count is lowered by 1",
			"to put it back: handover restore prod/api; or to go on with it: handover resume prod/api"}},
	} {
		t.Run(name, func(t *testing.T) {
			tags, err := record.Record{ID: record.NewID(noon, 1), Kind: "recycle", Owner: "ops", Since: noon.Add(-10 * time.Minute), Lease: c.lease, Held: held}.Tags()
			if err != nil {
				t.Fatal(err)
			}
			v := scene()
			v.Service.Tags = tags
			streams, _, out, _ := Test()
			if err := NewTeller(streams, Text, Auto).Tell(Describe(snapshot(noon, v), v, who)); err != nil {
				t.Fatal(err)
			}
			for _, line := range c.shown {
				if !strings.Contains(out.String(), line+"\n") {
					t.Errorf("there is no line %q:\n%s", line, out.String())
				}
			}
		})
	}
}

// TestPicturesOfPlansFitTheTerminal holds that the lanes of a plan are drawn as wide as the terminal is, and 100 columns wide where there is none.
func TestPicturesOfPlansFitTheTerminal(t *testing.T) {
	for columns, width := range map[int]int{0: 100, 60: 60, 100: 100, 240: 100} {
		if got := (&Streams{Columns: columns}).width(); got != width {
			t.Errorf("%d columns: %d, and not %d", columns, got, width)
		}
	}
}
