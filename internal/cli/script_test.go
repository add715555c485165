package cli

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"handover": func() { os.Exit(Run(Default(make(chan os.Signal)), os.Args[1:])) },
	})
}

// TestScripts runs testdata/script/*.txtar. Beside testscript's own commands there are:
//
//	ends CODE COMMAND ARGUMENT…   runs a command, which must end with this exit code
//	schema FILE                   every line of the file, such as stdout, is a document of the schema
func TestScripts(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/schema/handover-1.json")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, "TZ=UTC", "LANG=C.UTF-8", "AWS_EC2_METADATA_DISABLED=true")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ends":   endsWith,
			"schema": func(ts *testscript.TestScript, _ bool, args []string) { documents(ts, schema, args) },
		},
	})
}

func endsWith(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: ends CODE COMMAND ARGUMENT…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d:\n%s%s", strings.Join(args[1:], " "), got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

func documents(ts *testscript.TestScript, schema *jsonschema.Schema, args []string) {
	lines := strings.TrimSpace(ts.ReadFile(args[0]))
	for line := range strings.Lines(lines) {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
		ts.Check(err)
		if err := schema.Validate(document); err != nil {
			ts.Fatalf("%s: %v", line, err)
		}
	}
	if lines == "" {
		ts.Fatalf("%s has no document", args[0])
	}
}
