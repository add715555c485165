package calendar

import (
	"testing"
	"time"
)

// TestZone: Rome in 2027, whose clocks are put forward on 28 March at 01:00 UTC and back on 31 October at 01:00 UTC; and UTC.
func TestZone(t *testing.T) {
	rome := Zone{
		{At: moment("2026-11-21T00:00:00Z"), Ahead: time.Hour}, {At: moment("2027-03-28T01:00:00Z"), Ahead: 2 * time.Hour}, {At: moment("2027-10-31T01:00:00Z"), Ahead: time.Hour},
	}
	for _, c := range []struct {
		zone       Zone
		cron       string
		after, due string
	}{
		{nil, "0 8 * * ? *", "2027-01-01T07:59:59Z", "2027-01-01T08:00:00Z"},
		{rome, "0 8 * * ? *", "2027-01-01T06:59:59Z", "2027-01-01T07:00:00Z"},
		{rome, "0 8 * * ? *", "2027-01-01T07:00:00Z", "2027-01-02T07:00:00Z"},
		{rome, "0 8 * * ? *", "2027-06-01T00:00:00Z", "2027-06-01T06:00:00Z"},
		{rome, "30 0 * * ? *", "2027-05-31T22:00:00Z", "2027-05-31T22:30:00Z"}, // the first of June there
		{rome, "30 1 * * ? *", "2027-03-28T00:00:00Z", "2027-03-28T00:30:00Z"},
		{rome, "30 2 * * ? *", "2027-03-28T00:00:00Z", "2027-03-28T01:00:00Z"}, // which is left out
		{rome, "30 2 * * ? *", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"},
		{rome, "30 2 * * ? *", "2027-10-31T00:00:00Z", "2027-10-31T00:30:00Z"}, // which comes twice
		{rome, "30 2 * * ? *", "2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"},
		{rome, "30 3 * * ? *", "2027-10-31T00:30:00Z", "2027-10-31T02:30:00Z"},
		{rome, "0 8 30 2 ? *", "2027-10-31T00:30:00Z", ""},
	} {
		expression, err := Parse(c.cron)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if at, ok := c.zone.Next(expression, moment(c.after)); ok {
			got = at.Format(time.RFC3339)
		}
		if got != c.due {
			t.Errorf("%s after %s: %s, want %s", c.cron, c.after, got, c.due)
		}
	}
}

// TestZoneAgreesWithGo: every time that clocks show is the moment that Go's own tables give for it.
func TestZoneAgreesWithGo(t *testing.T) {
	place := time.FixedZone("behind", -3*3600-1800)
	zone := Zone{{At: moment("2026-01-01T00:00:00Z"), Ahead: -3*time.Hour - 30*time.Minute}}
	for hour := range 48 {
		shown := moment("2027-06-30T00:10:00Z").Add(time.Duration(hour) * time.Hour)
		want := time.Date(shown.Year(), shown.Month(), shown.Day(), shown.Hour(), shown.Minute(), 0, 0, place)
		if got := zone.Moment(shown); !got.Equal(want) {
			t.Errorf("%s: %s, want %s", shown, got, want.UTC())
		}
	}
}

func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}
