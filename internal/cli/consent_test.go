package cli

import (
	"bytes"
	"strings"
	"testing"

	"handover/internal/console"
)

// onTerminal is a command line at a terminal, on an emulator that it takes for AWS.
func onTerminal(answer string) (f *Factory, out, errs *bytes.Buffer) {
	f, _, _ = emulatedAsAWS("off")
	streams, in, out, errs := console.Test()
	streams.InTTY, streams.ErrTTY = true, true
	in.WriteString(answer)
	f.Streams = streams
	return f, out, errs
}

// TestConsent: what is asked, and what each answer comes to. Nothing is done without consent, and what goes below the service's own bounds takes its name.
func TestConsent(t *testing.T) {
	const dangerous = " --min-healthy-percent 0"
	for _, c := range []struct {
		name, line, answer string
		code               int
		said               string
	}{
		{"yes", "", "y\n", 0, "Proceed? [y/N] "},
		{"no", "", "\n", 5, "Proceed? [y/N] "},
		{"nothing is asked", " --yes", "", 0, ""},
		{"the name", dangerous, "test\n", 0, "Careful: as few as 0 tasks may be healthy meanwhile, where default/test keeps 5. To go on, type the service's name (test): "},
		{"yes is not the name", dangerous, "y\n", 5, "type the service's name (test): "},
		{"the flag is not the name", dangerous + " --yes", "\n", 5, "type the service's name (test): "},
		{"the name as a flag", dangerous + " --confirm test", "", 0, ""},
		{"another name as a flag", dangerous + " --confirm prod", "\n", 5, "type the service's name (test): "},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, _, errs := onTerminal(c.answer)
			if code := Run(f, strings.Fields("restart test"+c.line)); code != c.code {
				t.Errorf("ended with %d, want %d\n%s", code, c.code, errs)
			}
			contains(t, errs.String(), c.said)
			if asked := strings.Contains(errs.String(), "Plan: 5 tasks replaced, started in "); asked != (c.said != "") {
				t.Errorf("the plan stands before the question: %v\n%s", asked, errs)
			}
		})
	}
}

// TestNobodyCanBeAsked: without a terminal the consent is a flag.
func TestNobodyCanBeAsked(t *testing.T) {
	for line, want := range map[string]string{
		"restart test":                         "to go on without being asked: --yes",
		"restart test --min-healthy-percent 0": "to do it without being asked: --confirm test",
	} {
		f, out, _ := emulatedAsAWS("off")
		if code := Run(f, strings.Fields(line)); code != 5 {
			t.Errorf("%s ended with %d", line, code)
		}
		contains(t, out.String(), "was refused: ", want)
	}
}
