package messaging

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/internal/cluster"
)

func TestFilterPolicies(t *testing.T) {
	m := cluster.Message{Body: `{"order":{"state":"new","lines":[1,2]},"price":12.5}`, Attributes: []cluster.MessageAttribute{
		{Name: "kind", Type: "String", Value: "drain"}, {Name: "n", Type: "Number", Value: "12.5"}, {Name: "zones", Type: "String.Array", Value: `["a","b"]`},
	}}
	for _, c := range []struct {
		policy string
		body   bool
		want   bool
	}{
		{`{"kind":["stop","drain"]}`, false, true}, {`{"kind":["stop"]}`, false, false}, {`{"other":["x"]}`, false, false},
		{`{"kind":[{"prefix":"dr"}]}`, false, true}, {`{"kind":[{"suffix":"in"}]}`, false, true}, {`{"kind":[{"equals-ignore-case":"DRAIN"}]}`, false, true},
		{`{"kind":[{"anything-but":["drain"]}]}`, false, false}, {`{"kind":[{"anything-but":{"prefix":"st"}}]}`, false, true}, {`{"kind":[{"exists":false}]}`, false, false},
		{`{"other":[{"exists":false}]}`, false, true}, {`{"n":[{"numeric":[">",12,"<=",12.5]}]}`, false, true}, {`{"n":[{"numeric":["<",12]}]}`, false, false}, {`{"n":[12.5]}`, false, true},
		{`{"zones":["b"]}`, false, true}, {`{"zones":["c"]}`, false, false}, {`{"kind":["drain"],"n":[1]}`, false, false},
		{`{"order":{"state":["new"],"lines":[2]}}`, true, true}, {`{"order":{"state":["old"]}}`, true, false}, {`{"price":[{"numeric":["=",12.5]}]}`, true, true},
		{`{"$or":[{"price":[1]},{"order":{"state":["new"]}}]}`, true, true}, {`{"kind":"drain"}`, false, false}, {`[`, false, false},
	} {
		if got := Takes(cluster.Subscription{Filter: json.RawMessage(c.policy), FilterBody: c.body}, m); got != c.want {
			t.Errorf("%s: %v, want %v", c.policy, got, c.want)
		}
	}
}

// FuzzTakes: a filter policy and a message are whatever a caller sent.
func FuzzTakes(f *testing.F) {
	f.Add(`{"kind":[{"anything-but":[["x"]]}]}`, `{"kind":[["x"]]}`)
	f.Add(`{"a":[{"numeric":[">"]}],"$or":[1]}`, `{"a":1}`)
	f.Fuzz(func(t *testing.T, policy, body string) {
		s := cluster.Subscription{Filter: json.RawMessage(policy), FilterBody: true}
		m := cluster.Message{Body: body, Attributes: []cluster.MessageAttribute{{Name: "a", Type: "String.Array", Value: body}}}
		if first := Takes(s, m); Takes(s, m) != first {
			t.Fatal("a policy takes a message, or not")
		}
		s.FilterBody = false
		Takes(s, m)
	})
}

// TestQueueLosesNothing: whatever is sent is received until it is deleted, no message by two at once, those of a group in order, and the counts agree.
func TestQueueLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := &Queue{Queue: cluster.Queue{Visibility: 30 * time.Second, Retention: time.Hour, FIFO: rapid.Bool().Draw(t, "fifo")}}
		now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
		held := map[string]time.Time{} // receipt handles, and until when their messages are hidden
		sent, deleted, receipts := 0, 0, 0
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				sent++
				id := time.Duration(sent).String()
				q.Send(cluster.Message{ID: id, Group: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "group"), Deduplication: id}, nil, now)
			case 1:
				taken, _ := q.Receive(rapid.IntRange(1, 3).Draw(t, "most"), nil, func() string { receipts++; return time.Duration(receipts).String() }, now)
				for _, m := range taken {
					held[m.Receipt] = m.VisibleAt
				}
			case 2:
				for _, m := range q.Messages {
					if until, ok := held[m.Receipt]; ok && until.After(now) {
						q.Delete(m.Receipt)
						deleted++
						break
					}
				}
			case 3:
				now = now.Add(rapid.SampledFrom([]time.Duration{time.Second, 31 * time.Second}).Draw(t, "passes"))
			}
			visible, inFlight, delayed := q.Counts(now)
			if visible+inFlight+delayed != sent-deleted {
				t.Fatalf("%d visible, %d in flight and %d delayed of %d sent and %d deleted", visible, inFlight, delayed, sent, deleted)
			}
			for _, i := range q.ready(10, now) {
				if m := q.Messages[i]; m.VisibleAt.After(now) {
					t.Fatalf("a hidden message is given out: %+v", m)
				}
			}
		}
	})
}
