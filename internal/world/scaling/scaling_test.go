package scaling

import (
	"testing"
	"time"
)

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02T15:04:05", text)
	if err != nil {
		panic(err)
	}
	return t
}

// TestNext has the user guide's examples of expressions among others. 2026-11-21 is a Saturday.
func TestNext(t *testing.T) {
	const now = "2026-11-21T09:00:30"
	for _, c := range []struct{ schedule, start, end, want string }{
		{"at(2026-11-21T09:01:00)", "", "", "2026-11-21T09:01:00"},
		{"at(2026-11-21T09:00:00)", "", "", ""}, // it is over
		{"rate(5 minutes)", "", "", "2026-11-21T09:05:00"},
		{"rate(5minute)", "", "", "2026-11-21T09:05:00"},
		{"rate(1 minutes)", "", "", "2026-11-21T09:01:00"},
		{"rate(1 day)", "2026-11-21T09:30:00", "", "2026-11-21T09:30:00"},
		{"rate(1 hour)", "2026-11-21T07:30:00", "", "2026-11-21T09:30:00"},
		{"rate(1 hour)", "2026-11-21T07:30:00", "2026-11-21T09:29:59", ""},
		{"cron(0 10 * * ? *)", "", "", "2026-11-21T10:00:00"},
		{"cron(15 12 * * ? *)", "", "", "2026-11-21T12:15:00"},
		{"cron(0 18 ? * MON-FRI *)", "", "", "2026-11-23T18:00:00"},
		{"cron(0 8 1 * ? *)", "", "", "2026-12-01T08:00:00"},
		{"cron(0/15 * * * ? *)", "", "", "2026-11-21T09:15:00"},
		{"cron(0/10 * ? * 2-6 *)", "", "", "2026-11-23T00:00:00"},
		{"cron(30 0 L * ? *)", "", "", "2026-11-30T00:30:00"},
		{"cron(0 0 ? * 6L *)", "", "", "2026-11-27T00:00:00"},
		{"cron(0 0 ? * SAT#1 *)", "", "", "2026-12-05T00:00:00"},
		{"cron(0 0 29 FEB ? *)", "", "", "2028-02-29T00:00:00"},
		{"cron(0 0 30 FEB ? *)", "", "", ""},
		{"cron(0 0 1 JAN ? 2030)", "", "", "2030-01-01T00:00:00"},
		{"cron(0 9 * * ? *)", "2026-11-25T09:00:00", "", "2026-11-25T09:00:00"},
		{"cron(1,59 9 * * ? *)", "", "", "2026-11-21T09:01:00"},
	} {
		a := Action{Schedule: c.schedule, PutAt: at("2026-11-21T09:00:00")}
		if c.start != "" {
			a.Start = at(c.start)
		}
		if c.end != "" {
			a.End = at(c.end)
		}
		got := ""
		if next, ok := a.Next(at(now)); ok {
			got = next.Format("2006-01-02T15:04:05")
		}
		if got != c.want {
			t.Errorf("%s from %q to %q: got %q, want %q", c.schedule, c.start, c.end, got, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "daily", "at(tomorrow)", "at(2026-11-21T09:00:00", "rate(0 minutes)", "rate(2 weeks)", "rate(minutes)", "rate(5)",
		"cron(0 0 * * *)", "cron(0 0 * * * *)", "cron(0 0 ? * ? *)", "cron(60 0 * * ? *)", "cron(0 0 ? * MOON *)", "cron(5-1 0 * * ? *)", "cron(0/0 0 * * ? *)", "cron(0 0 15W * ? *)",
		"cron(0 0 ? * 2#6 *)"} {
		if _, err := Parse(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestRunKeepsTheBoundsInOrder(t *testing.T) {
	n := func(n int) *int { return &n }
	for _, c := range []struct {
		min, max         *int
		wantMin, wantMax int
	}{
		{n(3), n(5), 3, 5}, {n(4), nil, 4, 10}, {nil, n(4), 2, 4}, {n(12), nil, 12, 12}, {nil, n(1), 1, 1}, {n(20), n(30), 20, 30}, {n(0), n(1), 0, 1},
	} {
		target := Target{Min: 2, Max: 10}
		if !target.Run(&Action{Min: c.min, Max: c.max}) || target.Min != c.wantMin || target.Max != c.wantMax {
			t.Errorf("bounds %d to %d, want %d to %d", target.Min, target.Max, c.wantMin, c.wantMax)
		}
		target.Suspended.Scheduled = true
		if target.Run(&Action{Min: n(0), Max: n(0)}) || target.Max != c.wantMax {
			t.Error("a suspended action happened")
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"at(2026-11-21T09:00:00)", "rate(5 minutes)", "cron(0 18 ? * MON-FRI *)", "cron(0/15 1,2 L * ? 2030-2031)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := Action{Schedule: text, PutAt: at("2026-11-21T09:00:00")}
		if next, ok := a.Next(a.PutAt); ok && !next.After(a.PutAt) {
			t.Errorf("%q is next at %s, which is not after %s", text, next, a.PutAt)
		}
	})
}
