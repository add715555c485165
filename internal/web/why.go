package web

import (
	"time"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/diagnosis"
)

// why is a diagnosis as the page shows it.
type why struct {
	Causes   []whyCause
	Changed  []string
	RuledOut []string
	Unread   []diagnosis.Unread
	ByItself string
	Next     []diagnosis.Remedy
	Impact   string
	Affected string
	LastLog  string
}

type whyCause struct {
	Text, Certainty string
	Evidence        []whyEvidence
}

type whyEvidence struct{ Kind, Clock, Text string }

// whyOf puts a diagnosis into the words of the page; nil where there is nothing to explain.
func whyOf(d *diagnosis.Diagnosis) *why {
	if d == nil || len(d.Causes) == 0 {
		return nil
	}
	w := &why{Changed: d.Changed, RuledOut: d.RuledOut, Unread: d.Unread, ByItself: d.ByItself, Next: d.Next, Impact: d.Impact.Text, Affected: d.Impact.Affected, LastLog: d.LastLog}
	for _, c := range d.Causes {
		cause := whyCause{Text: Sentence(c.Text), Certainty: string(c.Certainty)}
		for _, e := range c.Evidence {
			line := whyEvidence{Kind: e.Kind, Text: console.Shorten(e.Text)}
			if e.At != nil {
				line.Clock = e.At.UTC().Format(time.TimeOnly)
			}
			cause.Evidence = append(cause.Evidence, line)
		}
		w.Causes = append(w.Causes, cause)
	}
	return w
}

// diagnosed is why a service does not get on, by what the page reads of it; nil where nothing goes wrong.
func (s sight) diagnosed(subject Subject) *why {
	if subject.Instance {
		return nil
	}
	key := s.View.Service.Key
	snapshot := cluster.Snapshot{At: s.At, Scope: subject.scope(true), Services: []cluster.ServiceView{s.View}}
	d, ok := diagnosis.Of(snapshot, key, diagnosis.Options{})
	if !ok || d.State != diagnosis.Stuck {
		return nil
	}
	return whyOf(&d)
}
