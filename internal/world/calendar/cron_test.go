package calendar

import (
	"testing"
	"time"
)

// TestUnix: 2026-11-21 is a Saturday. The expressions of six fields are in the tests of scaling.
func TestUnix(t *testing.T) {
	now := time.Date(2026, 11, 21, 9, 0, 30, 0, time.UTC)
	for _, c := range []struct{ text, want string }{
		{"0 10 * * *", "2026-11-21T10:00"},
		{"30 0 1 1,6,12 *", "2026-12-01T00:30"}, // the user guide's example
		{"0 9 * * MON-FRI", "2026-11-23T09:00"},
		{"0 9 * * 1-5", "2026-11-23T09:00"},
		{"0 9 * * 0", "2026-11-22T09:00"},
		{"0 9 * * 7", "2026-11-22T09:00"},
		{"*/15 * * * *", "2026-11-21T09:15"},
		{"0 0 25 * SUN", "2026-11-22T00:00"}, // a Sunday, or a 25th
		{"0 0 22 * FRI", "2026-11-22T00:00"},
		{"0 0 30 2 *", ""},
	} {
		parsed, err := ParseUnix(c.text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if at, ok := parsed.Next(now); ok {
			got = at.Format("2006-01-02T15:04")
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestUnixRefuses(t *testing.T) {
	for _, text := range []string{"", "0 9 * *", "0 9 * * * *", "60 9 * * *", "0 9 ? * MON", "0 9 * * MOON", "0 9 * * 8", "0 9 0 * *"} {
		if _, err := ParseUnix(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}
