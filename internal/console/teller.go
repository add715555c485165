package console

// Output is what goes to stdout.
type Output string

// The outputs.
const (
	Text  Output = "text"
	JSON  Output = "json"  // one document: the last
	JSONL Output = "jsonl" // every document, one a line
)

// Progress is what goes to stderr while an operation runs.
type Progress string

// The kinds of progress. Auto is tty where a person looks at a terminal, none where stdout has the documents already, and plain elsewhere.
const (
	Auto    Progress = "auto"
	TTY     Progress = "tty"
	Plain   Progress = "plain"
	NoTales Progress = "none"
)

// Teller prints documents.
type Teller interface{ Tell(Document) error }

// NewTeller prints documents in the ways that were asked for.
func NewTeller(s *Streams, output Output, progress Progress) Teller {
	var all tellers
	switch progress {
	case TTY:
		all = append(all, newLive(s))
	case Plain:
		all = append(all, &plain{w: s.Err, zone: s.Zone})
	case Auto:
		return NewTeller(s, output, s.auto(output))
	case NoTales:
	}
	switch output {
	case JSON:
		all = append(all, documents{s: s, lastOnly: true})
	case JSONL:
		all = append(all, documents{s: s})
	case Text:
		all = append(all, summary{s})
	}
	return all
}

// auto is what stands for auto. A terminal of a CI system is no person, and what takes the documents from stdout does not look at it.
func (s *Streams) auto(output Output) Progress {
	switch {
	case output == JSONL:
		return NoTales
	case s.ErrTTY && s.Person && output == Text:
		return TTY
	}
	return Plain
}

type tellers []Teller

func (all tellers) Tell(d Document) error {
	for _, t := range all {
		if err := t.Tell(d); err != nil {
			return err
		}
	}
	return nil
}

// documents prints documents as JSON.
type documents struct {
	s        *Streams
	lastOnly bool
}

func (p documents) Tell(d Document) error {
	switch d := d.(type) {
	case Verdict, Status, Diagnosis, Plan, Problem:
		return p.s.Document(d)
	case Plans:
		if d.Only {
			return p.s.Document(d)
		}
	}
	if p.lastOnly {
		return nil
	}
	return p.s.Document(d)
}
