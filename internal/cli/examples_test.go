package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"handover/internal/console"
)

// TestEveryCommandLeadsWithThreeExamples walks the tree, hidden commands and all: each command has three examples at least, which name commands and flags that there are.
func TestEveryCommandLeadsWithThreeExamples(t *testing.T) {
	seen := 0
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if cmd.IsAdditionalHelpTopicCommand() {
			return
		}
		seen++
		examples := 0
		for line := range strings.Lines(cmd.Example) {
			command, _, _ := strings.Cut(strings.TrimSpace(line), "    #")
			if words := strings.Fields(last(command)); len(words) > 0 {
				examples++
				sound(t, cmd, command, words)
			}
		}
		if examples < 3 {
			t.Errorf("%s has %d examples", cmd.CommandPath(), examples)
		}
	}
	walk(tree())
	if seen < 25 {
		t.Errorf("only %d commands were seen", seen)
	}
}

func tree() *cobra.Command {
	f := Default(nil)
	f.Streams, _, _, _ = console.Test()
	root := newRoot(f, &globals{})
	root.InitDefaultHelpCmd()
	return root
}

// last is the part of a line that calls handover for the last time, without what is done with its output.
func last(line string) string {
	at := strings.LastIndex(line, "handover ")
	for _, folder := range []string{"etc/", "/_", "man1/"} { // names of files
		if strings.Contains(line, folder) {
			at = strings.Index(line, "handover ")
		}
	}
	if at < 0 {
		return line[max(0, strings.Index(line, "handover")):]
	}
	line = line[at+len("handover "):]
	for _, end := range []string{" | ", " > ", " >> ", " && ", ")"} {
		line, _, _ = strings.Cut(line, end)
	}
	return line
}

// sound holds the words of an example against the commands and flags that there are.
func sound(t *testing.T, of *cobra.Command, line string, words []string) {
	t.Helper()
	if words[0] == "handover" { // the program alone
		return
	}
	found, rest, err := tree().Find(words)
	if err != nil || found == found.Root() && !strings.HasPrefix(words[0], "-") {
		t.Errorf("%s: %q calls no command: %v", of.CommandPath(), line, err)
		return
	}
	found.InitDefaultHelpFlag()
	for _, word := range rest {
		name, isFlag := strings.CutPrefix(word, "--")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && name != "" && lookup(found, name) == nil {
			t.Errorf("%s: %q has the flag --%s, which %s does not have", of.CommandPath(), line, name, found.CommandPath())
		}
	}
}

func lookup(cmd *cobra.Command, name string) *pflag.Flag {
	if f := cmd.Flags().Lookup(name); f != nil {
		return f
	}
	return cmd.InheritedFlags().Lookup(name)
}
