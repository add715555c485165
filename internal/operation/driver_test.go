package operation_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"handover/internal/operation"
)

// TestAStateOfAnotherVersionIsNotResumed: one that has no version, too, and neither is anything read nor sent for it.
func TestAStateOfAnotherVersionIsNotResumed(t *testing.T) {
	for _, version := range []int{0, operation.StateVersion - 1, operation.StateVersion + 1} {
		s := open(t, five)
		d := operation.Driver{Provider: s, Deadline: s.Now().Add(time.Second)}
		ending, err := d.Run(t.Context(), newRestart(operation.RestartOptions{}, time.Hour))
		for ; err == nil && len(s.sent) == 0; ending, err = d.Resume(t.Context(), read(t, ending.Carry.Saved), ending.Carry.Saved) {
			d.Deadline = s.Now().Add(time.Second)
		}
		if err != nil || ending.Carry == nil || ending.Carry.Saved.Version != operation.StateVersion {
			t.Fatalf("%+v, %v", ending, err)
		}
		looks, sent, saved := s.looks, len(s.sent), ending.Carry.Saved
		saved.Version = version
		_, err = d.Resume(t.Context(), read(t, saved), saved)
		var other *operation.StateVersionError
		if !errors.As(err, &other) || other.Version != version || !strings.Contains(err.Error(), "handover restore") || s.looks != looks || len(s.sent) != sent {
			t.Errorf("version %d: %v, %d looks, %d actions", version, err, s.looks-looks, len(s.sent)-sent)
		}
	}
}

func read(t *testing.T, saved operation.Saved) *restart {
	t.Helper()
	op := new(restart)
	if err := json.Unmarshal(saved.State, op); err != nil {
		t.Fatal(err)
	}
	return op
}
