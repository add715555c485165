package cli

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"handover/internal/cluster"
)

// wrongFlag says what is wrong with a flag, and which one was probably meant.
func wrongFlag(cmd *cobra.Command, err error) error {
	help := "'" + cmd.CommandPath() + " --help' lists the flags"
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			name = "-" + unknown.GetSpecifiedName()
		}
		hints := hint(help)
		if meant := nearest(unknown.GetSpecifiedName(), flagNames(cmd)); meant != "" {
			hints = hint("did you mean --"+meant+"?", help)
		}
		return usage(hints, "there is no flag %s", name)
	case errors.As(err, &invalid):
		flag := invalid.GetFlag()
		return usage(hint(help), "--%s: %q is not %s", flag.Name, invalid.GetValue(), form(flag))
	case errors.As(err, &missing):
		return usage(hint(help), "--%s needs %s", missing.GetFlag().Name, form(missing.GetFlag()))
	}
	return usage(hint(help), "%w", err)
}

// form is what a flag takes, in words.
func form(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "duration":
		return "a duration such as 20m or 1h30m"
	case "int":
		return "a whole number"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	}
	return "a value"
}

func flagNames(cmd *cobra.Command) []string {
	var names []string
	each := func(flag *pflag.Flag) { names = append(names, flag.Name) }
	cmd.Flags().VisitAll(each)
	cmd.InheritedFlags().VisitAll(each)
	return names
}

// noCommand is given what is no command.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var hints []string
	for _, meant := range cmd.SuggestionsFor(args[0]) {
		hints = append(hints, "did you mean 'handover "+meant+"'?")
	}
	return usage(append(hints, "'handover help' lists the commands"), "there is no command %q", args[0])
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage(hint("'"+cmd.CommandPath()+" --help' shows how it is used"), "%s takes no argument, got %q", cmd.Name(), args[0])
}

func oneOf(name, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	var hints []string
	if meant := nearest(value, allowed); meant != "" {
		hints = append(hints, "did you mean "+meant+"?")
	}
	return usage(hints, "%s: %q is not one of %s", name, value, strings.Join(allowed, ", "))
}

func checkRole(arn string) error {
	if arn == "" {
		return nil
	}
	parsed, err := cluster.ParseARN(arn)
	if err != nil {
		return usage(nil, "--role-arn: %w", err)
	}
	if parsed.Service != "iam" || !strings.HasPrefix(parsed.Resource, "role/") {
		return usage(hint("a role looks like arn:aws:iam::123456789012:role/NAME"), "--role-arn: %q is not the ARN of a role", arn)
	}
	return nil
}

func checkEndpoint(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return usage(hint("an endpoint looks like http://127.0.0.1:4510"), "--endpoint-url: %q is not an http or https URL", text)
	}
	return nil
}

// nearest finds the known word that differs from what was written in at most a third of its letters; empty where none does.
func nearest(written string, known []string) string {
	best, least := "", len(written)/3+2
	for _, word := range known {
		if d := distance(written, word); d < least {
			best, least = word, d
		}
	}
	return best
}

// distance is how many letters must be inserted, left out or replaced to turn one word into the other.
func distance(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	above := make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range len(a) {
		left, corner := i+1, i
		for j := range len(b) {
			replaced := corner
			if a[i] != b[j] {
				replaced++
			}
			corner = above[j+1]
			left = min(left+1, above[j+1]+1, replaced)
			above[j+1] = left
		}
		above[0] = i + 1
	}
	return above[len(b)]
}
