package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"handover/internal/cluster"
	"handover/internal/console"
)

// Run carries out a command line and gives the exit code.
func Run(f *Factory, args []string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	g := &globals{}
	root := newRoot(f, g)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return explain(f.Streams, wantedOutput(args), err)
}

// wantedOutput reads --output, and --jq, which asks for documents, from the arguments themselves: an error in another flag must not hide them.
func wantedOutput(args []string) console.Output {
	wanted := console.Text
	for i, arg := range args {
		value, given := strings.CutPrefix(arg, "--output=")
		if arg == "--output" && i+1 < len(args) {
			value, given = args[i+1], true
		}
		if arg == "--" {
			break
		}
		if given && (value == string(console.JSON) || value == string(console.JSONL)) {
			return console.Output(value)
		}
		if arg == "--jq" || strings.HasPrefix(arg, "--jq=") {
			wanted = console.JSON
		}
	}
	return wanted
}

// globals are the flags that every command has.
type globals struct {
	region, profile, roleARN, endpointURL string
	output, progress, color, jq           string
	debug                                 bool
}

func newRoot(f *Factory, g *globals) *cobra.Command {
	root := &cobra.Command{
		Use:   "handover",
		Short: "Replace the tasks of Amazon ECS services while they keep serving",
		Long: "Handover replaces the tasks of Amazon ECS services while they keep serving, says what it is waiting for,\n" +
			"and puts back what it changed for the duration.",
		Example: "  handover restart test --cluster default --emulated    # try it: no AWS account needed\n" +
			"  handover restart prod/api\n" +
			"  handover status prod/api",
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		Args:                       noCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE:          func(cmd *cobra.Command, _ []string) error { return g.settle(f, cmd.Flags().Changed("progress")) },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&g.region, "region", "", "AWS Region")
	flags.StringVar(&g.profile, "profile", "", "profile of the AWS configuration files")
	flags.StringVar(&g.roleARN, "role-arn", "", "role to act as")
	flags.StringVar(&g.endpointURL, "endpoint-url", "", "where AWS is, for example an emulator: http://127.0.0.1:4510")
	flags.StringVar(&g.output, "output", "text", "what goes to stdout: text, json (one document) or jsonl (one a line, as it comes)")
	flags.StringVar(&g.jq, "jq", "", "pick out of the documents on stdout what this jq query asks for; with --output text, of the last one")
	flags.StringVar(&g.progress, "progress", "auto", "what goes to stderr meanwhile: auto, tty, plain or none ($HANDOVER_PROGRESS)")
	flags.StringVar(&g.color, "color", "auto", "colour of results: auto, always or never ($NO_COLOR, $FORCE_COLOR, $CLICOLOR_FORCE)")
	flags.BoolVar(&g.debug, "debug", false, "show each call to AWS with its request id on stderr, never a secret")
	completeWords(root, "output", "text", "json", "jsonl")
	completeWords(root, "progress", "auto", "tty", "plain", "none")
	completeWords(root, "color", "auto", "always", "never")
	root.SetOut(f.Streams.Out)
	root.SetErr(f.Streams.Err)
	root.SetIn(f.Streams.In)
	root.SetFlagErrorFunc(wrongFlag)
	root.SetHelpCommand(newHelp())
	root.AddCommand(newRestart(f, g, &carryOut{}), newDrain(f, g, nil), newRecycle(f, g, &carryOut{}), newUpdate(f, g, &carryOut{}), newRollback(f, g, &carryOut{}), newPlan(f, g),
		newWatch(f, g), newWait(f, g), newAbort(f, g, &carryOut{ends: true}), newResume(f, g, &carryOut{ends: true}), newRestore(f, g, &carryOut{ends: true}), newStatus(f, g, nil), newDiagnose(f, g, nil), newWeb(f, g, nil), newEmulator(f, g, nil), newVersion(f), newSimulate(f), newMan())
	root.AddCommand(topics()...)
	root.InitDefaultCompletionCmd()
	exemplify(root)
	return root
}

// exemplify gives the commands that cobra makes the examples that ours have.
func exemplify(root *cobra.Command) {
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		return
	}
	completion.Example = "  source <(handover completion bash)\n  handover completion zsh > \"${fpath[1]}/_handover\"\n  handover completion fish | source"
	for shell, example := range map[string]string{
		"bash": "  source <(handover completion bash)\n  handover completion bash > /etc/bash_completion.d/handover\n  handover completion bash --no-descriptions",
		"zsh":  "  source <(handover completion zsh)\n  handover completion zsh > \"${fpath[1]}/_handover\"\n  handover completion zsh --no-descriptions",
		"fish": "  handover completion fish | source\n  handover completion fish > ~/.config/fish/completions/handover.fish\n  handover completion fish --no-descriptions",
		"powershell": "  handover completion powershell | Out-String | Invoke-Expression\n  handover completion powershell >> $PROFILE\n" +
			"  handover completion powershell --no-descriptions",
	} {
		if cmd, _, err := completion.Find([]string{shell}); err == nil {
			cmd.Example = example
		}
	}
}

// completeWords lets the shell complete a flag by the words that it takes.
func completeWords(cmd *cobra.Command, flag string, words ...cobra.Completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag does not exist, which the first test finds
	}
}

// settle checks the flags that every command has, and what stands for them in the environment.
func (g *globals) settle(f *Factory, progressGiven bool) error {
	if fromEnv := f.Getenv("HANDOVER_PROGRESS"); fromEnv != "" && !progressGiven {
		if err := oneOf("HANDOVER_PROGRESS", fromEnv, "auto", "tty", "plain", "none"); err != nil {
			return err
		}
		g.progress = fromEnv
	}
	for _, err := range []error{
		oneOf("--output", g.output, "text", "json", "jsonl"),
		oneOf("--progress", g.progress, "auto", "tty", "plain", "none"),
		oneOf("--color", g.color, "auto", "always", "never"),
	} {
		if err != nil {
			return err
		}
	}
	if err := g.query(f); err != nil {
		return err
	}
	if err := checkRole(g.roleARN); err != nil {
		return err
	}
	if err := checkEndpoint(g.endpointURL); err != nil {
		return err
	}
	f.Streams.Color = console.ColorWanted(g.color, f.Getenv, f.Streams.OutTTY)
	return nil
}

// query reads --jq, which asks for documents.
func (g *globals) query(f *Factory) (err error) {
	if g.jq == "" {
		return nil
	}
	if g.output == string(console.Text) {
		g.output = string(console.JSON)
	}
	if f.Streams.Query, err = console.ParseQuery(g.jq); err != nil {
		return usage(hint("--jq takes a query such as .verdict, or '.tasks[] | .id'; 'handover help output' shows the documents"), "--jq: %w", err)
	}
	return nil
}

func (g *globals) teller(f *Factory) console.Teller {
	return console.NewTeller(f.Streams, console.Output(g.output), console.Progress(g.progress))
}

// target is where a command acts on this service; the Region of an ARN stands unless another one is asked for, which is then a contradiction.
func (g *globals) target(f *Factory, command, arnRegion string) (Target, error) {
	t := Target{Command: command, Region: g.region, Profile: g.profile, RoleARN: g.roleARN, EndpointURL: g.endpointURL}
	if g.debug {
		t.Debug = f.Streams.Err
	}
	if arnRegion != "" && t.Region != "" && arnRegion != t.Region {
		return Target{}, usage(nil, "the ARN is of the Region %s, but --region asks for %s", arnRegion, t.Region)
	}
	if arnRegion != "" {
		t.Region = arnRegion
	}
	return t, nil
}

// service reads the one argument that names a service.
func service(cmd *cobra.Command, args []string, inCluster string) (key cluster.ServiceKey, region string, err error) {
	forms := hint("name it CLUSTER/SERVICE, by its ARN, or as SERVICE with --cluster")
	switch {
	case len(args) == 0:
		return key, "", usage(forms, "%s needs a service", cmd.Name())
	case len(args) > 1:
		return key, "", usage(forms, "%s takes one service, got %d", cmd.Name(), len(args))
	}
	key, region, err = cluster.ParseService(args[0], inCluster)
	if err != nil {
		return key, "", usage(forms, "%w", err)
	}
	return key, region, nil
}
