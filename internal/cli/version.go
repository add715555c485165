package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(f *Factory) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show version, commit and the Go version it was built with",
		Example: "  handover version",
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(f.Streams.Out, versionText(build()))
			return err
		},
	}
}

func versionText(info *debug.BuildInfo) string {
	version, commit, modified := cmp.Or(info.Main.Version, "(devel)"), "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = " commit " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " (modified)"
		}
	}
	return fmt.Sprintf("handover %s%s%s %s %s/%s", version, commit, modified, info.GoVersion, runtime.GOOS, runtime.GOARCH)
}

func build() *debug.BuildInfo {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info
	}
	return &debug.BuildInfo{GoVersion: runtime.Version()}
}

// version is the module's version alone.
func version() string {
	return cmp.Or(build().Main.Version, "(devel)")
}
