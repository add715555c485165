package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/console"
	"handover/internal/emulator"
)

// advancePatience is how long an emulator may take to live through what is asked for: a year of a thousand services is some seconds.
const advancePatience = 5 * time.Minute

type advanceOptions struct {
	factory *Factory
	output  console.Output
	url     string
	within  time.Duration
	target  string // a duration, or until-steady
}

func newAdvance(f *Factory, g *globals) *cobra.Command {
	o := &advanceOptions{factory: f}
	cmd := &cobra.Command{
		Use:   "advance DURATION | until-steady",
		Short: "Put the time of a running emulator forward",
		Long: "Put the time of a running emulator forward, by a duration or until no service has anything left to do.\n" +
			"What is due in between happens at its own time, as if somebody had waited.",
		Example: "  handover emulator advance 10m\n" +
			"  handover emulator advance until-steady --within 1h\n" +
			"  handover emulator advance 90s --url http://127.0.0.1:4510",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if g.endpointURL != "" && !cmd.Flags().Changed("url") { // as every other command is told where an emulator is
				o.url = g.endpointURL
			}
			if err := o.complete(cmd, args); err != nil {
				return err
			}
			o.output = console.Output(g.output)
			return o.run(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&o.url, "url", "http://127.0.0.1:4510", "where the emulator is")
	cmd.Flags().DurationVar(&o.within, "within", 4*time.Hour, "with until-steady: how far at most")
	return cmd
}

func (o *advanceOptions) complete(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage(hint("say 10m, or until-steady"), "advance takes one argument, got %d", len(args))
	}
	if u, err := url.Parse(o.url); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return usage(hint("an emulator is at http://127.0.0.1:4510 unless it was told otherwise"), "--url: %q is not an http or https URL", o.url)
	}
	o.target = args[0]
	if o.target == "until-steady" {
		return nil
	}
	if d, err := time.ParseDuration(o.target); err != nil || d < 0 {
		return usage(hint("say 10m, or until-steady"), "%q is neither until-steady nor a duration", o.target)
	}
	if cmd.Flags().Changed("within") {
		return usage(nil, "--within is for until-steady only")
	}
	return nil
}

func (o *advanceOptions) run(ctx context.Context) error {
	query := url.Values{"by": {o.target}}
	if o.target == "until-steady" {
		query = url.Values{"until": {"steady"}, "within": {o.within.String()}}
	}
	ctx, cancel := context.WithTimeout(ctx, advancePatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(o.url, "/")+"/_handover/advance?"+query.Encode(), nil)
	if err != nil {
		return fmt.Errorf("asking the emulator: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return &failure{code: exitUnexpected, err: fmt.Errorf("reaching the emulator: %w", err), hints: hint("'handover emulator' starts one; --url says where it is")}
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("reading the emulator's answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		code := exitUnexpected
		if answer.StatusCode == http.StatusBadRequest {
			code = cluster.ExitUsage
		}
		return &failure{code: code, err: fmt.Errorf("the emulator refused (%s): %s", answer.Status, strings.TrimSpace(string(text)))}
	}
	return o.show(text)
}

func (o *advanceOptions) show(text []byte) error {
	var done emulator.Advanced
	if err := json.Unmarshal(text, &done); err != nil {
		return fmt.Errorf("reading the emulator's answer: %w", err)
	}
	var b []byte
	if o.output != console.Text {
		b = fmt.Appendf(b, "%s\n", text)
	} else {
		for _, e := range done.Events {
			b = fmt.Appendf(b, "%s %s %s %s\n", e.At.Format(time.RFC3339), e.Region, e.Service, e.Message)
		}
		left := "no service has anything left to do"
		if !done.Steady {
			left = "a service still has something to do"
		}
		b = fmt.Appendf(b, "now %s, %s later; %s\n", done.Now.Format(time.RFC3339), done.Now.Sub(done.From).Round(time.Second), left)
	}
	_, err := o.factory.Streams.Out.Write(b)
	return err
}
