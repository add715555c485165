package scenario

import (
	"os"
	"strings"
	"testing"
)

const manual = "../../docs/scenarios.md"

// TestManual keeps the vocabulary in docs/scenarios.md what the language knows.
func TestManual(t *testing.T) {
	text, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "<!-- the vocabulary; written by go test ./internal/scenario -update -->\n\n"
	head, vocabulary, found := strings.Cut(string(text), mark)
	if !found {
		t.Fatal("the mark of the vocabulary is missing")
	}
	if *update {
		if err := os.WriteFile(manual, []byte(head+mark+Vocabulary()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if vocabulary != Vocabulary() {
		t.Errorf("%s does not describe the language as it is; write it with go test ./internal/scenario -update", manual)
	}
}
