package console

import (
	"fmt"
	"io"
)

// Explain prints a problem for people.
func (s *Streams) Explain(p Problem) error {
	if err := line(s.Err, "handover: error: ", p.Error); err != nil {
		return err
	}
	for _, hint := range p.Hints {
		if err := line(s.Err, "hint: ", hint); err != nil {
			return err
		}
	}
	return nil
}

func line(w io.Writer, parts ...any) error {
	_, err := fmt.Fprintln(w, fmt.Sprint(parts...))
	return err
}
