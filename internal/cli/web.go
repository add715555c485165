package cli

import (
	"context"
	_ "embed"
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/web"
)

// webScene is the scene of a page on an emulator that is given none: something to do for each operation.
//
//go:embed scenes/web.txt
var webScene string

const webSceneName = "scenes/web.txt"

type webOptions struct {
	factory *Factory
	globals *globals

	service   *cluster.ServiceKey
	target    Target
	emulation emulation
	actions   bool
}

func newWeb(f *Factory, g *globals, run func(context.Context, *webOptions) error) *cobra.Command {
	o := &webOptions{factory: f, globals: g}
	var inCluster string
	cmd := &cobra.Command{
		Use:   "web [SERVICE]",
		Short: "Show services on a page: tasks over time, what a restart would do, and what if",
		Long: "Show services on a page in the browser: their tasks over time, live while anything happens, and what a restart would do.\n" +
			"'What if' shows the same for a service on paper, while bounds and durations move.\n\n" +
			"The page is served on 127.0.0.1 alone, to the one browser that opens the address that is printed. It ends on Ctrl-C.",
		Example: "  handover web --emulated --allow-actions    # try it: no AWS account needed\n" +
			"  handover web prod/api\n" +
			"  handover web",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(cmd, args, inCluster); err != nil {
				return err
			}
			if run != nil {
				return run(cmd.Context(), o)
			}
			return webRun(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&inCluster, "cluster", "", "the service's cluster (default: default)")
	cmd.Flags().BoolVar(&o.actions, "allow-actions", false, "let operations be started from the page, after a confirmation")
	o.emulation.flags(cmd)
	completeTarget(cmd, f, g, &o.emulation, &inCluster)
	return cmd
}

func (o *webOptions) complete(cmd *cobra.Command, args []string, inCluster string) (err error) {
	var region string
	switch {
	case len(args) > 0:
		var key cluster.ServiceKey
		if key, region, err = service(cmd, args, inCluster); err != nil {
			return err
		}
		o.service = &key
	case inCluster != "":
		return usage(hint("name the service, too, or leave --cluster out and choose on the page"), "--cluster is for a service")
	}
	if o.target, err = o.globals.target(o.factory, cmd.Name(), region); err != nil {
		return err
	}
	o.target.Scene, err = o.emulation.scene(cmd, o.globals.endpointURL, nil)
	if o.target.Scene != nil && o.emulation.file == "" {
		o.target.Scene = &Scene{Name: webSceneName, Text: webScene, Speed: o.emulation.speed}
	}
	return err
}

func webRun(ctx context.Context, o *webOptions) error {
	interrupts := listen(ctx, o.factory.Signals)
	setup, done := interrupts.until(ctx, 1)
	defer done()
	conn, err := o.factory.Connect(setup, o.target)
	if err != nil {
		return interruptedOr(interrupts, err)
	}
	defer conn.Close()
	if o.service != nil {
		if _, _, err := look(setup, conn, cluster.ServiceScope{Service: *o.service}); err != nil {
			return interruptedOr(interrupts, err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return listening("127.0.0.1:0", err)
	}
	return o.serve(ctx, conn, interrupts, listener)
}

// serve serves the page until the first interrupt. Operations that run then are told of it, and put back what they changed before the page ends.
func (o *webOptions) serve(ctx context.Context, conn *Connection, i *interrupts, listener net.Listener) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	options := web.Options{Host: listener.Addr().String(), Token: web.Token(), Version: version(), Place: &web.Place{Provider: withRecords(o.factory, o.target, conn.Provider, false), Directory: conn.Directory,
		Account: conn.Identity.Account, Region: conn.Identity.Region, Caller: conn.Identity.Caller, Simulated: conn.Identity.Simulated}}
	if o.service != nil {
		options.Open = &web.Subject{Cluster: o.service.Cluster, Name: o.service.Service}
	}
	kept := func(key cluster.ServiceKey) change { return change{factory: o.factory, target: o.target, service: key} }
	options.Keep = func(v cluster.ServiceView, report web.Report) (string, error) {
		return kept(v.Service.Key).keep(v, report)
	}
	desk := &desk{ctx: ctx, factory: o.factory, target: o.target, conn: conn, interrupts: i}
	options.Plan, options.Forms, options.Drains, options.Actions = desk.plan, forms(o.factory), drains(o.factory), o.actions
	page := web.New(ctx, options)
	if _, err := fmt.Fprintf(o.factory.Streams.Out, "http://%s/?token=%s\n", options.Host, options.Token); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(o.factory.Streams.Err, "the address opens the page once, in one browser on this machine; ctrl-c ends it\n")
	over := make(chan struct{})
	go func() {
		defer close(over)
		<-i.after(0)
		page.Wait()
		end()
	}()
	return serveUntil(over, listener, page)
}
