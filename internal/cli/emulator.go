package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/emulator"
)

// Serving says which emulator is to be served.
type Serving struct {
	Scene      Scene
	SceneGiven bool   // and not the usual one, which stands back behind that of a log
	Log        string // the file of the log; empty: nothing is remembered
	TimeRanOn  bool   // the world's time went on while no emulator ran
	Functions  string // the folder of the programs that functions may be of; empty: no function can be made
	Throttle   bool
	Trace      func(line string) // nil: nothing is traced
	Warn       func(line string)
}

// Server is an emulator that can be served.
type Server struct {
	Handler  http.Handler
	Account  string
	Region   string
	Scene    string // the name of the scene
	Services []cluster.Service
	// Remembers says what is kept in a log; empty where nothing is.
	Remembers string
	Close     func() error // nil: there is nothing to close
	// Run runs functions until ctx ends; they reach the emulator by the endpoint. Nil: there are none.
	Run func(ctx context.Context, endpoint string)
}

type emulatorOptions struct {
	factory *Factory

	listen      string
	allowRemote bool
	file        string
	speed       float64
	log         string
	whileDown   string
	functions   string
	noThrottle  bool
	trace       bool
	scene       *Scene
}

func newEmulator(f *Factory, g *globals, run func(context.Context, *emulatorOptions) error) *cobra.Command {
	o := &emulatorOptions{factory: f}
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Serve an emulator of ECS for the AWS CLI, SDKs and Handover itself",
		Long: "Serve an emulator of ECS and its load balancer targets, for the AWS CLI, SDKs and Handover itself.\n" +
			"Everything is simulated: AWS is not touched, any credentials will do. It ends on Ctrl-C.\n" +
			"With --log it has the same state when it is started again, also after kill -9.",
		Example: "  handover emulator\n" +
			"  handover emulator --listen 127.0.0.1:0 --speed 60 --trace\n" +
			"  handover emulator --scenario scene.txt\n" +
			"  handover emulator --log world.log",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.complete(); err != nil {
				return err
			}
			if run != nil {
				return run(cmd.Context(), o)
			}
			return emulatorRun(cmd.Context(), o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.listen, "listen", "127.0.0.1:4510", "address and port; port 0 takes any that is free")
	flags.BoolVar(&o.allowRemote, "allow-remote", false, "allow an address that other machines can reach; there is no authentication")
	flags.StringVar(&o.file, "scenario", "", "the file of the scene (default: service test in cluster default, 5 tasks behind a load balancer)")
	flags.StringVar(&o.log, "log", "", "the file that remembers what is done to the emulator; it is made where there is none")
	flags.StringVar(&o.whileDown, "while-down", "stops", "with --log: what the emulator's time does while none runs: stops, or goes-on")
	flags.StringVar(&o.functions, "functions", "", "run functions of Lambda: the folder of the programs that may be run, and no other ever is")
	flags.Float64Var(&o.speed, "speed", 1, "how many times as fast as AWS")
	flags.BoolVar(&o.noThrottle, "no-throttle", false, "do not throttle calls as AWS does")
	flags.BoolVar(&o.trace, "trace", false, "show each call on stderr")
	completeWords(cmd, "while-down", "stops", "goes-on")
	cmd.AddCommand(newAdvance(f, g))
	return cmd
}

func (o *emulatorOptions) complete() (err error) {
	if err := checkListen(o.listen, o.allowRemote); err != nil {
		return err
	}
	if err := checkSpeed(o.speed); err != nil {
		return err
	}
	if err := oneOf("--while-down", o.whileDown, "stops", "goes-on"); err != nil {
		return err
	}
	if o.file != "" {
		o.scene, err = readScene(o.file, o.speed)
		return err
	}
	o.scene = seed(o.speed, nil)
	return nil
}

func checkListen(address string, allowRemote bool) error {
	host, port, err := net.SplitHostPort(address)
	number, notNumber := strconv.Atoi(port)
	if err != nil || notNumber != nil || number < 0 || number > 65535 {
		return usage(hint("an address looks like 127.0.0.1:4510"), "--listen: %q is not an address and a port", address)
	}
	ip := net.ParseIP(host)
	if host == "localhost" || ip != nil && ip.IsLoopback() || allowRemote {
		return nil
	}
	return usage(hint("listen on 127.0.0.1:"+port, "or add --allow-remote where whoever can reach it may use it"),
		"--listen: other machines can reach %q, and the emulator has no authentication", address)
}

func emulatorRun(ctx context.Context, o *emulatorOptions) error {
	interrupts := listen(ctx, o.factory.Signals)
	debug.SetGCPercent(emulator.GCPercent)
	serving := Serving{Scene: *o.scene, SceneGiven: o.file != "", Log: o.log, TimeRanOn: o.whileDown == "goes-on", Functions: o.functions, Throttle: !o.noThrottle,
		Warn: func(line string) { _, _ = fmt.Fprintln(o.factory.Streams.Err, line) }}
	if o.trace {
		serving.Trace = func(line string) { _, _ = fmt.Fprintln(o.factory.Streams.Err, line) }
	}
	server, err := o.factory.Serve(serving)
	if err != nil {
		return err
	}
	err = o.serve(server, interrupts)
	if server.Close != nil {
		err = errors.Join(err, server.Close())
	}
	return err
}

func (o *emulatorOptions) serve(server *Server, i *interrupts) error {
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return listening(o.listen, err)
	}
	if err := o.welcome(server, "http://"+listener.Addr().String()); err != nil {
		return err
	}
	defer o.runFunctions(server, listener)()
	return serveUntil(i.after(0), listener, unhurried(server.Handler))
}

// runFunctions lets functions run while the emulator is served, and gives what ends them. They reach it where it listens, by the loopback interface where that is everywhere.
func (o *emulatorOptions) runFunctions(server *Server, listener net.Listener) (end func()) {
	if server.Run == nil {
		return func() {}
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return func() {} // it listens by TCP
	}
	host := address.IP
	if host.IsUnspecified() {
		host = net.IPv4(127, 0, 0, 1)
	}
	endpoint := "http://" + net.JoinHostPort(host.String(), strconv.Itoa(address.Port))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.Run(ctx, endpoint)
	}()
	return func() {
		cancel()
		<-ended
	}
}

func listening(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return &failure{code: exitUnexpected, err: fmt.Errorf("%s is in use by another process", address), hints: hint("--listen 127.0.0.1:0 takes any port that is free")}
	}
	return fmt.Errorf("listening on %s: %w", address, err)
}

const (
	headerPatience = 10 * time.Second
	closePatience  = 5 * time.Second
)

// serveUntil serves until it is told to end, and lets the requests that are under way finish.
func serveUntil(end <-chan struct{}, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerPatience}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving: %w", err)
	case <-end:
	}
	ctx, cancel := context.WithTimeout(context.Background(), closePatience)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}

// welcome says where the emulator is, what is on it, and what can be tried.
func (o *emulatorOptions) welcome(server *Server, url string) error {
	var b []byte
	b = fmt.Appendf(b, "emulator of ECS on %s\n", url)
	b = fmt.Appendf(b, "simulated: account %s, %g times as fast as AWS, scene %s; AWS is not touched\n", server.Account, o.speed, cmp.Or(server.Scene, o.scene.Name))
	if server.Remembers != "" {
		b = fmt.Appendf(b, "%s\n", server.Remembers)
	}
	b = append(b, '\n')
	example := cluster.ServiceKey{Cluster: cluster.DefaultCluster, Service: "test"}
	for i, s := range server.Services {
		if i == 0 {
			example = s.Key
		}
		b = fmt.Appendf(b, "  service %s   %d tasks   %d/%d\n", s.Key, s.Desired, s.Bounds.MinimumHealthyPercent, s.Bounds.MaximumPercent)
	}
	b = fmt.Appendf(b, "\ntry:\n  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=%s AWS_REGION=%s\n", server.Region, server.Region)
	for _, line := range []string{
		"aws ecs describe-services --cluster %[1]s --services %[2]s --endpoint-url %[3]s",
		"aws ecs update-service --cluster %[1]s --service %[2]s --force-new-deployment --endpoint-url %[3]s",
		"aws ecs list-tasks --cluster %[1]s --service-name %[2]s --endpoint-url %[3]s",
		"aws ecs wait services-stable --cluster %[1]s --services %[2]s --endpoint-url %[3]s",
		"handover restart %[1]s/%[2]s --endpoint-url %[3]s",
	} {
		b = fmt.Appendf(b, "  "+line+"\n", example.Cluster, example.Service, url)
	}
	b = append(b, "\nctrl-c ends it\n"...)
	_, err := o.factory.Streams.Out.Write(b)
	return err
}
