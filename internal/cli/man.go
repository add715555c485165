package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// newMan is for packagers: man pages of the whole tree of commands, of topics in section 7.
func newMan() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the man pages into a folder",
		Example: "  handover man /usr/local/share/man\n" +
			"  handover man man && man -l man/man1/handover-restart.1\n" +
			"  handover man \"$pkgdir/usr/share/man\"    # when a package is built",
		Hidden: true,
		Args:   cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(hint("it is made where there is none"), "man needs one folder, got %d", len(args))
			}
			return writeMan(cmd.Root(), args[0])
		},
	}
}

func writeMan(root *cobra.Command, folder string) error {
	root.DisableAutoGenTag = true
	when := built()
	commands := filepath.Join(folder, "man1")
	topics := filepath.Join(folder, "man7")
	for _, each := range []string{commands, topics} {
		if err := os.MkdirAll(each, 0o755); err != nil { //nolint:gosec // man pages are for everybody
			return &failure{code: exitUnexpected, err: fmt.Errorf("making the folder of the man pages: %w", err)}
		}
	}
	if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "Handover " + version(), Manual: "Handover", Date: &when}, commands); err != nil {
		return fmt.Errorf("writing the man pages: %w", err)
	}
	for _, topic := range root.Commands() {
		if !topic.IsAdditionalHelpTopicCommand() {
			continue
		}
		file, err := os.Create(filepath.Join(topics, "handover-"+topic.Name()+".7"))
		if err != nil {
			return fmt.Errorf("writing the man page of %s: %w", topic.Name(), err)
		}
		err = doc.GenMan(topic, &doc.GenManHeader{Section: "7", Source: "Handover " + version(), Manual: "Handover", Date: &when}, file)
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return fmt.Errorf("writing the man page of %s: %w", topic.Name(), err)
		}
	}
	return nil
}

// built is the day of the commit that this was built from, so that the same commit gives the same pages.
func built() time.Time {
	for _, s := range build().Settings {
		if s.Key == "vcs.time" {
			if when, err := time.Parse(time.RFC3339, s.Value); err == nil {
				return when
			}
		}
	}
	return time.Unix(0, 0).UTC()
}
