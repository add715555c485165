package amazon

import (
	"net/http"
	"testing"
	"time"
)

func TestOnlyAnEmulatorTellsItsWorldsTime(t *testing.T) {
	for _, c := range []struct {
		header http.Header
		want   bool
	}{
		{http.Header{"Date": {"Sat, 21 Nov 2026 09:00:00 GMT"}}, false},
		{http.Header{TimeHeader: {"2026-11-21T09:00:00.5Z"}, SpeedHeader: {"60"}}, true},
	} {
		clock := newFollowed(nil)
		clock.hear(c.header, time.Time{}, time.Time{})
		if got := (&Account{clock: clock}).Emulated(); got != c.want {
			t.Errorf("%v: emulated is %t", c.header, got)
		}
	}
}
