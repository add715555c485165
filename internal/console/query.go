package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/itchyny/gojq"
)

// Query picks out of documents what is asked for, in the language of jq.
type Query struct{ code *gojq.Code }

// ParseQuery reads a query. It can see documents alone: neither files nor the environment.
func ParseQuery(text string) (*Query, error) {
	parsed, err := gojq.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("reading the query %q: %w", text, err)
	}
	code, err := gojq.Compile(parsed, gojq.WithEnvironLoader(func() []string { return nil }))
	if err != nil {
		return nil, fmt.Errorf("reading the query %q: %w", text, err)
	}
	return &Query{code}, nil
}

// write writes what the query picks out of a document, one result a line: a text as it is, anything else as JSON.
func (q *Query) write(w io.Writer, document []byte) error {
	var v any
	if err := json.Unmarshal(document, &v); err != nil {
		return fmt.Errorf("reading a document of ours: %w", err)
	}
	results := q.code.Run(v)
	for {
		result, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := result.(error); failed {
			return fmt.Errorf("picking out what --jq asks for: %w", err)
		}
		text, isText := result.(string)
		if !isText {
			written, err := gojq.Marshal(result)
			if err != nil {
				return fmt.Errorf("writing what --jq asks for: %w", err)
			}
			text = string(written)
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
}

// Document writes a document to stdout as JSON, or what the Query picks out of it.
func (s *Streams) Document(d Document) error {
	if s.Query == nil {
		return Encode(s.Out, d)
	}
	var b bytes.Buffer
	if err := Encode(&b, d); err != nil {
		return err
	}
	return s.Query.write(s.Out, b.Bytes())
}
