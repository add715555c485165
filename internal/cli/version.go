package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/mod/semver"

	"handover/internal/cluster"
)

// releases is the address that tells of the newest release, a JSON document with the members tag_name and html_url, as the forges' "latest release" has them. It is set when the
// program is built: -ldflags "-X handover/internal/cli.releases=https://…". Nothing but "version --check" asks it.
var releases string

func newVersion(f *Factory) *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show version, commit and the Go version it was built with",
		Long:  "Show version, commit and the Go version it was built with.\n\nWith --check, and with nothing else, the project's list of releases is asked whether there is a newer one.",
		Example: "  handover version\n" +
			"  handover version --check\n" +
			"  handover version | cut -d' ' -f2",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := fmt.Fprintln(f.Streams.Out, versionText(build())); err != nil || !check {
				return err
			}
			text, err := newest(cmd.Context(), f.Releases, version())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(f.Streams.Out, text)
			return err
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "ask the project's list of releases whether there is a newer one")
	return cmd
}

// checkPatience is how long the list of releases may take to answer.
const checkPatience = 10 * time.Second

// newest says whether there is a newer release than this one.
func newest(ctx context.Context, address, own string) (string, error) {
	if address == "" {
		return "", &failure{code: cluster.ExitUsage, err: errors.New("this build knows no list of releases to ask"), hints: hint("look where you have it from", "a build is told by -ldflags \"-X handover/internal/cli.releases=https://…\"")}
	}
	release, err := latestRelease(ctx, address)
	if err != nil {
		return "", &failure{code: exitUnexpected, err: fmt.Errorf("asking %s for the newest release: %w", address, err), hints: hint("check the network and HTTPS_PROXY")}
	}
	switch {
	case !semver.IsValid(own):
		return fmt.Sprintf("the newest release is %s (%s); this build, %s, is none", release.Tag, release.Page, own), nil
	case semver.Compare(own, release.Tag) < 0:
		return fmt.Sprintf("%s is out: %s", release.Tag, release.Page), nil
	}
	return own + " is the newest release", nil
}

type release struct {
	Tag  string `json:"tag_name"`
	Page string `json:"html_url"`
}

func latestRelease(ctx context.Context, address string) (release, error) {
	if to, err := url.Parse(address); err != nil || to.Scheme != "https" && to.Hostname() != "127.0.0.1" {
		return release{}, errors.New("the address is not https")
	}
	ctx, done := context.WithTimeout(ctx, checkPatience)
	defer done()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return release{}, err
	}
	request.Header.Set("User-Agent", "handover/"+version())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return release{}, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return release{}, fmt.Errorf("the answer is %s", response.Status)
	}
	var r release
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&r); err != nil {
		return release{}, fmt.Errorf("reading the answer: %w", err)
	}
	if !semver.IsValid(r.Tag) {
		return release{}, fmt.Errorf("the answer names no version: %q", r.Tag)
	}
	return r, nil
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
