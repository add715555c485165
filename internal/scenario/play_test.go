package scenario

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"handover/internal/world"
	"handover/internal/world/profile"
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
	traces := played(t, f)
	if len(traces) == 0 {
		t.Error("the file has no trace, so it tests nothing")
	}
	if *update {
		write(t, file, string(text), traces)
		return
	}
	for _, one := range traces {
		if !slices.Equal(one.want, one.got) {
			t.Errorf("%s:%d: want\n%s\n\ngot\n%s", f.Name, one.line, strings.Join(one.want, "\n"), strings.Join(one.got, "\n"))
		}
	}
}

// traced is a trace of a file, and what the model gives in its place.
type traced struct {
	want, got []string
	line, end int    // where its block begins, and the line after its last one
	option    string // to which it is another answer; empty for one that follows as the file stands
}

// played plays a file as it stands and with each other answer that it has traces for. Traces are in the order of the file.
func played(t *testing.T, f File) []traced {
	play := func(f File) [][]string {
		traces, _, err := Play(f, Defaults())
		if err != nil {
			t.Fatal(err)
		}
		return traces
	}
	var all []traced
	traces := play(f)
	for i, b := range f.Blocks {
		if b.Traced {
			all = append(all, traced{want: b.Trace, got: traces[i], line: b.Line, end: b.End})
		}
		for _, o := range b.Otherwise {
			all = append(all, traced{want: o.Trace, got: play(f.Answered(o))[i], line: o.Line, end: o.End, option: o.Option})
		}
	}
	return all
}

// TestWhatAWorldRemembersDoesNotShow: a world that is written and read after each step, so that it has lost whatever it had worked out beforehand, lives through the same.
func TestWhatAWorldRemembersDoesNotShow(t *testing.T) {
	for _, f := range all(t) {
		t.Run(strings.TrimSuffix(f.Name, ".txt"), func(t *testing.T) {
			want, _, err := Play(f, Defaults())
			if err != nil {
				t.Fatal(err)
			}
			p, err := newPlayer(f, Defaults())
			if err != nil {
				t.Fatal(err)
			}
			p.stepped = func() { reread(t, p.world) }
			got, err := p.playAll(f)
			if err != nil {
				t.Fatal(err)
			}
			for i := range want {
				if !slices.Equal(want[i], got[i]) {
					t.Errorf("the block of line %d: with its memory\n%s\n\nwithout\n%s", f.Blocks[i].Line, strings.Join(want[i], "\n"), strings.Join(got[i], "\n"))
				}
			}
		})
	}
}

// reread writes a world and reads it back.
func reread(t *testing.T, w *world.World) {
	t.Helper()
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, w); err != nil {
		t.Fatal(err)
	}
}

// TestEveryQuestionIsShown: each thing that is not established has a scenario in which both answers are seen, and they differ.
func TestEveryQuestionIsShown(t *testing.T) {
	shown := map[string]string{}
	for _, f := range all(t) {
		for i, b := range f.Blocks {
			for _, o := range b.Otherwise {
				if q, _ := profile.Asked(o.Option); !slices.Contains(q.Answers[:], o.Answer) || slices.Equal(f.Blocks[i].Trace, o.Trace) {
					t.Errorf("%s: with %s=%s the same follows as without", f.Name, o.Option, o.Answer)
				}
				shown[o.Option] = f.Name
			}
		}
	}
	for _, q := range profile.Questions() {
		if shown[q.Option] == "" {
			t.Errorf("no scenario shows what follows from the other answer to %s: add a trace after a line \"---- %s=%s\"", q.Name, q.Option, q.Answers[1])
		}
	}
}

// all reads the scenarios in the order of their names.
func all(t *testing.T) []File {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	parsed := make([]File, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if parsed[i], err = Parse(filepath.Base(file), string(text)); err != nil {
			t.Fatal(err)
		}
	}
	return parsed
}

// write puts new traces into a file and leaves all else as it is.
func write(t *testing.T, file, text string, traces []traced) {
	lines := strings.Split(text, "\n")
	for _, one := range slices.Backward(traces) {
		lines = slices.Replace(lines, one.end-len(one.want), one.end, one.got...)
	}
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}
