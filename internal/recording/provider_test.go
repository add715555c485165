package recording

import (
	"context"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// TestRestartOnRecordings runs a restart over what real services did, without the model: it succeeds where the recorded deployment did, soon after it was
// completed, and fails where it was rolled back.
func TestRestartOnRecordings(t *testing.T) {
	all, _ := readAll(t)
	succeeded, failed := 0, 0
	for _, c := range all {
		p, err := NewProvider(c)
		if err != nil {
			continue
		}
		over, rolledBack := outcome(c)
		if over == 0 {
			continue // the recording ends before its deployment
		}
		op := &operation.Keep[*operation.Restart]{Body: operation.NewRestart(RecordedService(), operation.RestartOptions{}), Timeout: 2 * time.Hour}
		ending, err := operation.Driver{Provider: p}.Run(context.Background(), op)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		want := cluster.Succeeded
		if rolledBack {
			want = cluster.Failed
		}
		v := ending.Verdict
		if v.End != want {
			t.Errorf("%s: the restart %s (%s), want %s", c.Name, v.End, v.Summary, want)
		}
		if late := p.now.Sub(p.begun) - over; late < 0 || late > 15*time.Second {
			t.Errorf("%s: ended %s after it was over", c.Name, late)
		}
		if rolledBack {
			failed++
		} else {
			succeeded++
		}
	}
	t.Logf("%d recorded deployments succeeded, %d failed", succeeded, failed)
	if succeeded < 10 || failed < 3 {
		t.Errorf("only %d recorded deployments succeeded and %d failed", succeeded, failed)
	}
}

// outcome is when a recorded deployment was over, and whether by a rollback.
func outcome(c Case) (over time.Duration, rolledBack bool) {
	for _, r := range c.Rows {
		switch r.Kind {
		case "failed":
			return r.At, true
		case "completed":
			return r.At, false
		}
	}
	return 0, false
}
