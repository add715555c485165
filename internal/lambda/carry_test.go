package lambda_test

import (
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/cluster"
	"handover/internal/lambda"
	"handover/internal/lambda/event"
	"handover/internal/operation"
)

// job is a cluster with a task of no service on its first instance, which runs until somebody stops it, besides two of a service.
const job = `world jitter=on profile=ec2-2026
target-group web drain=60s
instance a1
instance b1 zone=b
task-definition api image=api@sha256:1 cpu=256 memory=512
service api desired=4 min=100 max=200 target-group=web launch=ec2
task-definition job image=j@sha256:1 cpu=256 memory=512
run-task job
advance 1m
`

// function is the configuration that the template sets.
func function(machine, topic string) lambda.Config {
	return lambda.Config{Events: event.Settings{Hooks: []string{"drain"}}, StateMachine: machine, Topic: topic,
		Departure: operation.DepartureOptions{Clusters: []string{"default"}, Heartbeat: 10 * time.Minute, Limit: 47 * time.Hour}}
}

// TestADrainOfFortyHours: through every carrier it is completed when the last task has stopped, with its heartbeats in time, and no invocation over its limit.
func TestADrainOfFortyHours(t *testing.T) {
	const long, timeout = 40 * time.Hour, 30 * time.Minute
	for _, c := range []struct {
		name   string
		config lambda.Config
		send   func(c *cloud, text string)
		check  func(t *testing.T, f figures)
	}{
		{"state machine", function("machine", ""), func(c *cloud, text string) { c.notify("first", text) }, func(t *testing.T, f figures) {
			if f.executions != 1 || f.history > 25000 {
				t.Errorf("%d executions, %d events", f.executions, f.history)
			}
			t.Logf("%d invocations, %d events", f.invocations, f.history)
		}},
		{"topic", function("", "topic"), func(c *cloud, text string) { c.notify("first", text) }, func(t *testing.T, f figures) {
			if f.published != f.invocations-1 || f.published <= recursions {
				t.Errorf("%d messages, %d invocations", f.published, f.invocations)
			}
			t.Logf("%d invocations", f.invocations)
		}},
		{"queue", function("", ""), func(c *cloud, text string) { c.enqueue("first", text) }, func(t *testing.T, f figures) {
			if f.longestHide > 12*time.Hour || f.longestHide == 0 {
				t.Errorf("a message was hidden for %s", f.longestHide)
			}
			t.Logf("%d invocations", f.invocations)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud(t, job, c.config, 1)
				began := time.Now()
				var tasks []string
				for _, task := range cloud.world.Tasks("default") {
					if task.Service() == "" {
						tasks = append(tasks, task.ID)
					}
				}
				if len(tasks) != 1 {
					t.Fatalf("%d tasks of no service", len(tasks))
				}
				held := cloud.onWhich(t, tasks[0])
				c.send(cloud, cloud.hold(held, timeout))
				time.Sleep(long)
				cloud.mu.Lock()
				if err := cloud.act(cluster.StopTask{Cluster: "default", Task: tasks[0]}); err != nil {
					t.Error(err)
				}
				cloud.mu.Unlock()
				cloud.running.Wait()
				h, f := cloud.state(held), cloud.figures
				took := time.Since(began)
				if h.completed != cluster.Continue || h.expired || f.unsafe != 0 || f.overrun != 0 || took < long || took > long+10*time.Minute {
					t.Errorf("completed with %q after %s, expired %v, %d tasks left, %d invocations over their limit", h.completed, took, h.expired, f.unsafe, f.overrun)
				}
				if n := cloud.succeeded(); n != 1 {
					t.Errorf("%d verdicts: %+v", n, cloud.results[len(cloud.results)-1])
				}
				c.check(t, f)
			})
		})
	}
}

// onWhich finds the EC2 instance on which a task is.
func (c *cloud) onWhich(t *testing.T, task string) string {
	t.Helper()
	for _, v := range c.world.Look(cluster.InstanceScope{Cluster: "default", Tasks: cluster.AllTasks}.Of()).Instances {
		for _, on := range v.Tasks {
			if on.ID == task {
				return v.Instance.EC2ID
			}
		}
	}
	t.Fatalf("task %s is on no instance", task)
	return ""
}
