package cli

import (
	"github.com/spf13/cobra"

	"handover/internal/scenario"
)

func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "Show how a command is used, or explain a topic",
		Example: "  handover help restart\n" +
			"  handover help exit-codes\n" +
			"  handover help scenarios",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || found == nil || len(args) > 0 && (found == cmd.Root() || len(rest) > 0) {
				return noCommand(cmd.Root(), args)
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// topics are the help topics: commands that cannot be run.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "What the exit codes mean", Long: exitCodesTopic},
		{Use: "environment", Short: "The environment variables that count", Long: environmentTopic},
		scenariosTopic(),
		{Use: "output", Short: "What goes to stdout and to stderr, as text and as JSON", Long: outputTopic},
	}
}

func scenariosTopic() *cobra.Command {
	topic := &cobra.Command{Use: "scenarios", Short: "The words of a scenario, for --scenario"}
	topic.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		cmd.Printf("A scenario sets the scene of an emulator: one directive a line, a verb, a name, and options. A line with # is a comment.\n\n%s", scenario.Vocabulary())
	})
	return topic
}

const exitCodesTopic = `Exit codes are a contract with scripts: small, stable, the same for every command.

    0  done as asked, or there was nothing to do
    1  could not finish for an unexpected reason: AWS failed, an answer was lost, or a bug
    2  the command line or a file could not be understood, or there are no credentials; nothing was changed
    3  the operation failed: rolled back, or tasks did not get healthy
    4  timed out waiting; ECS goes on
    5  refused by a guard, or the answer was No; nothing was changed
    6  superseded by another deployment
  130  interrupted: watching stopped, what was begun goes on`

const environmentTopic = `HANDOVER_PROGRESS   auto, tty, plain or none: as --progress, which wins
CI                  not empty: --progress auto is never tty
NO_COLOR            not empty: no colour, unless --color always
FORCE_COLOR         not empty and not 0: colour also where stdout is no terminal
CLICOLOR_FORCE      as FORCE_COLOR
TERM                dumb: no colour, and --progress auto is never tty
LC_ALL, LC_CTYPE, LANG
                    where the first that is set is not UTF-8, only ASCII is printed
HANDOVER_STATE      where runs on a service are remembered for its next forecast, off: nowhere
                    (default: $XDG_STATE_HOME/handover, or ~/.local/state/handover)
TZ                  the zone in which wall times are shown

Credentials, Region and endpoints are found as by every AWS tool: AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, AWS_ENDPOINT_URL and so on.
The flags --profile, --region, --role-arn and --endpoint-url win.`

const outputTopic = `Results go to stdout; progress, questions, warnings and errors go to stderr.

--output text    a summary for people
--output json    one document, the last: a verdict, a plan, a status or an error
--output jsonl   every document, one a line, as it comes; the last one is a verdict, a plan, a status or an error

Each document has "schema":"handover/1" and a "type"; docs/json.md describes them, docs/schema/handover-1.json is the
schema. Errors before an operation begins are documents too.

--progress plain prints one line for each change:

    14:02:11  0:00 restart     prod/api     account=123456789012 region=eu-west-1 cluster=prod desired=6 floor=6 ceiling=9
    wall   elapsed word        text         key=value …

--progress tty repaints a view in place, and lets finished lines scroll up above it. Its keys: d and ctrl-c stop watching, enter
lists every task, w shows the command that opens the page. --progress none prints nothing. --progress auto is tty where stderr
is a terminal (TERM not dumb, CI not set) and --output is text, none with --output jsonl, and plain elsewhere.`
