package lambda

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"handover/internal/lambda/event"
	"handover/internal/operation"
)

// Config is how the function's owner wants it to work. The template deploy/drain.yaml sets it by the environment variables that ReadConfig names.
type Config struct {
	Events    event.Settings
	Departure operation.DepartureOptions

	// Where work goes that takes longer than one invocation. With both, the state machine is taken; with neither, only a queue or the caller can carry on.
	StateMachine string // ARN
	Topic        string // ARN
}

const (
	defaultHookTimeout = time.Hour // Auto Scaling's own default
	defaultLimit       = 47 * time.Hour
	leastHookTimeout   = 30 * time.Second
	mostHookTimeout    = 2 * time.Hour
)

// ReadConfig reads the function's environment:
//
//	HANDOVER_HOOKS           names of the lifecycle hooks that are ours, separated by commas; empty: every terminating hook but ECS's own
//	HANDOVER_CLUSTERS        clusters in which instances are looked for, separated by commas; empty: all of the account
//	HANDOVER_HOOK_TIMEOUT    the hook's HeartbeatTimeout in seconds, from 30 to 7200; 3600 unless set. A heartbeat is sent after a third of it
//	HANDOVER_LIMIT           after how long AtLimit comes in, such as 47h; 0: never. 47h unless set
//	HANDOVER_AT_LIMIT        extend, abandon or continue; extend unless set
//	HANDOVER_STANDALONE      wait, or stop=30m: tasks that belong to no service are stopped after so long; wait unless set
//	HANDOVER_STATE_MACHINE   ARN of the state machine that carries work on
//	HANDOVER_TOPIC           ARN of the topic that does
func ReadConfig(getenv func(string) string) (Config, error) {
	c := Config{
		Events:       event.Settings{Hooks: list(getenv("HANDOVER_HOOKS"))},
		Departure:    operation.DepartureOptions{Clusters: list(getenv("HANDOVER_CLUSTERS")), Limit: defaultLimit},
		StateMachine: getenv("HANDOVER_STATE_MACHINE"), Topic: getenv("HANDOVER_TOPIC"),
	}
	timeout := defaultHookTimeout
	if text := getenv("HANDOVER_HOOK_TIMEOUT"); text != "" {
		seconds, err := strconv.Atoi(text)
		if timeout = time.Duration(seconds) * time.Second; err != nil || timeout < leastHookTimeout || timeout > mostHookTimeout {
			return Config{}, fmt.Errorf("HANDOVER_HOOK_TIMEOUT: %q is not a number of seconds from 30 to 7200", text)
		}
	}
	c.Departure.Heartbeat = timeout / 3
	if text := getenv("HANDOVER_LIMIT"); text != "" {
		limit, err := time.ParseDuration(text)
		if err != nil || limit < 0 {
			return Config{}, fmt.Errorf("HANDOVER_LIMIT: %q is not a duration such as 47h", text)
		}
		c.Departure.Limit = limit
	}
	switch text := getenv("HANDOVER_AT_LIMIT"); text {
	case "", "extend":
	case "abandon", "continue":
		c.Departure.AtLimit = operation.AtLimit(text)
	default:
		return Config{}, fmt.Errorf("HANDOVER_AT_LIMIT: %q is not extend, abandon or continue", text)
	}
	return c, c.standalone(getenv("HANDOVER_STANDALONE"))
}

func (c *Config) standalone(text string) error {
	after, stop := strings.CutPrefix(text, "stop=")
	if !stop {
		if text != "" && text != "wait" {
			return fmt.Errorf("HANDOVER_STANDALONE: %q is neither wait nor, for example, stop=30m", text)
		}
		return nil
	}
	d, err := time.ParseDuration(after)
	if err != nil || d < 0 {
		return fmt.Errorf("HANDOVER_STANDALONE: %q is not a duration such as 30m", after)
	}
	c.Departure.Standalone, c.Departure.StopAfter = operation.StopStandalone, d
	return nil
}

func list(text string) []string {
	var all []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}
