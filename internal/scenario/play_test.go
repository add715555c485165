package scenario

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the traces that the model gives into the scenario files; look at the diff, and explain it in the commit")

const folder = "../../testdata/scenarios"

// TestScenarios plays every file and holds its traces against what the file says.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in %s: %v", folder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { playFile(t, file) })
	}
}

func playFile(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(filepath.Base(file), string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"rule", "part", "source"} {
		if f.Header[key] == "" {
			t.Errorf("the header has no %q line", key)
		}
	}
	traces, _, err := Play(f, Defaults())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		write(t, file, string(text), f, traces)
		return
	}
	traced := false
	for i, b := range f.Blocks {
		traced = traced || b.Traced
		if b.Traced && !slices.Equal(b.Trace, traces[i]) {
			t.Errorf("%s:%d: want\n%s\n\ngot\n%s", f.Name, b.Line, strings.Join(b.Trace, "\n"), strings.Join(traces[i], "\n"))
		}
	}
	if !traced {
		t.Error("the file has no trace, so it tests nothing")
	}
}

// write puts new traces into a file and leaves all else as it is.
func write(t *testing.T, file, text string, f File, traces [][]string) {
	lines := strings.Split(text, "\n")
	for i := len(f.Blocks) - 1; i >= 0; i-- {
		if b := f.Blocks[i]; b.Traced {
			lines = slices.Replace(lines, b.End-len(b.Trace), b.End, traces[i]...)
		}
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}
