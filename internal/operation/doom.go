package operation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// This file has what makes an operation hopeless long before its time is up.

const (
	sameReason    = 3               // new tasks that ended for one reason, without one that got healthy
	placePatience = 3 * time.Minute // ECS tries again by itself, and capacity may come
)

// doomed tells why no new task will get healthy: the same stop reason on three of them, an image that is not there, or no capacity. It judges the tasks that are not
// old, and what the service said after a time. While a single new task is healthy, nothing is doomed.
func doomed(in Input, view cluster.ServiceView, old func(cluster.Task) bool, since time.Time) *cluster.Cause {
	reasons := map[string]int{}
	var last cluster.Task
	for _, t := range view.Tasks {
		if old(t) || !t.CreatedAt.After(since) {
			continue
		}
		if view.Healthy(t, in.Now) {
			return nil
		}
		if t.MeantToRun() || t.StoppedReason == "" || !ownFault(t) {
			continue
		}
		reason := alike(t.StoppedReason)
		if reasons[reason]++; reasons[reason] >= sameReason || imageMissing(t.StoppedReason) {
			last = t
		}
	}
	if last.ID != "" {
		code, text := "tasks-fail", fmt.Sprintf("new tasks of %s end before they are healthy: %s", view.Service.Key, last.StoppedReason)
		if imageMissing(last.StoppedReason) {
			code, text = "image-missing", fmt.Sprintf("the image of new tasks of %s cannot be pulled: %s", view.Service.Key, last.StoppedReason)
		}
		return &cluster.Cause{Code: code, Certain: true, Text: text, Evidence: []string{"task " + last.ID}}
	}
	return unplaced(in, view, since)
}

// ownFault tells whether a task ended by a fault of its own, and not because somebody, or the scheduler, had no more need of it.
func ownFault(t cluster.Task) bool {
	switch t.StopCode {
	case "TaskFailedToStart", "EssentialContainerExited":
		return true
	case "ServiceSchedulerInitiated":
		return strings.HasPrefix(t.StoppedReason, "Task failed")
	}
	return false
}

// alike cuts off what differs between tasks that end for one reason, such as request ids: what follows the first bracket.
func alike(reason string) string {
	head, _, _ := strings.Cut(reason, "(")
	return head
}

// imageMissing tells a pull that cannot succeed from one that may the next time. Source: developer guide, stopped-task-error-codes, CannotPullContainerError.
func imageMissing(reason string) bool {
	if !strings.HasPrefix(reason, "CannotPullContainer") {
		return false
	}
	return slices.ContainsFunc([]string{"not found", "manifest unknown", "does not exist"}, func(mark string) bool { return strings.Contains(reason, mark) })
}

// unplaced tells whether the newest that the service said is that it cannot place a task, and has been for placePatience.
func unplaced(in Input, view cluster.ServiceView, since time.Time) *cluster.Cause {
	for _, e := range view.Service.Events {
		if !e.At.After(since) || !strings.Contains(e.Message, "was unable to place a task") {
			return nil
		}
		if in.Now.Sub(e.At) >= placePatience {
			return &cluster.Cause{Code: "no-capacity", Certain: true, Text: fmt.Sprintf("there is no room for new tasks of %s", view.Service.Key), Evidence: []string{e.Message}}
		}
	}
	return nil
}
