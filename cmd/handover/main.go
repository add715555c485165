// Command handover replaces the tasks of Amazon ECS services while they keep serving.
package main

import (
	"os"
	"os/signal"
	"syscall"

	"handover/internal/cli"
)

func main() {
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(cli.Run(cli.Default(signals), os.Args[1:]))
}
