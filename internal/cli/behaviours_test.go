package cli

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestEveryBehaviourIsShown holds the table of what people may rely on against the tests that show it: each of the 25 has a line, and what the line names is there.
func TestEveryBehaviourIsShown(t *testing.T) {
	table, err := os.ReadFile("testdata/behaviours.tsv")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[int]bool{}
	for line := range strings.Lines(string(table)) {
		column := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(column) != 4 {
			t.Fatalf("%q has %d columns", line, len(column))
		}
		number, err := strconv.Atoi(column[0])
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join("../..", column[2]))
		if err != nil || !strings.Contains(string(text), column[3]) {
			t.Errorf("%d, %s: %s does not have %q (%v)", number, column[1], column[2], column[3], err)
		}
		shown[number] = true
	}
	for number := 1; number <= 25; number++ {
		if !shown[number] {
			t.Errorf("nothing shows behaviour %d", number)
		}
	}
}
