package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/lambda"
	"handover/internal/operation"
	"handover/internal/scenario"
	"handover/internal/world"
)

// cloud is as much of AWS as the function works with, in the time of a synctest bubble: ECS is package world; lifecycle hooks, Lambda, SNS, SQS and Step
// Functions are here, with the limits that AWS publishes for them.
type cloud struct {
	t       *testing.T
	config  lambda.Config
	machine machine // from the template
	faults  faults
	random  *rand.Rand
	running sync.WaitGroup

	mu      sync.Mutex
	world   *world.World
	hooks   map[string]*hook // by EC2 instance id
	queue   []*message
	results []lambda.Result
	figures figures
}

// figures are what the tests judge.
type figures struct {
	invocations, deaths, overrun int
	executions, history          int // state machines that were started, and the longest history
	published                    int
	longestHide                  time.Duration
	unsafe                       int // tasks that were not STOPPED when a hook was completed with CONTINUE
	lost                         int // tasks that were on an instance when its hook ran out
	lowest                       map[cluster.ServiceKey]int
	throttles                    int
	calls                        int
	refusals                     []string
}

// faults say what goes wrong, each as one in so many; 0 is never.
type faults struct{ die, throttle, loseAnswer, failSend int }

// hook is an instance that Auto Scaling holds.
type hook struct {
	action      cluster.HookedInstance
	timeout     time.Duration
	began, beat time.Time
	completed   cluster.HookResult
	expired     bool
}

type message struct {
	id, body string
	visible  time.Time
	received int
	deleted  bool
}

const (
	functionTimeout = 15 * time.Minute
	visibility      = 16 * time.Minute // of the template's queue
	recursions      = 16               // Lambda developer guide, invocation-recursion
)

// newCloud plays a scene, and waits until it is now.
func newCloud(t *testing.T, scene string, config lambda.Config, seed uint64) *cloud {
	t.Helper()
	f, err := scenario.Parse("scene", scene)
	if err != nil {
		t.Fatal(err)
	}
	set := scenario.Defaults()
	set.Seed, set.Start = seed, time.Now().UTC()
	_, w, err := scenario.Play(f, set)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(w.Now()))
	return &cloud{t: t, config: config, world: w, hooks: map[string]*hook{}, random: rand.New(rand.NewPCG(seed, 2)), machine: readMachine(t),
		figures: figures{lowest: map[cluster.ServiceKey]int{}}}
}

// one tells whether a thing that happens once in n times happens now. It is called with mu held.
func (c *cloud) one(n int) bool { return n > 0 && c.random.IntN(n) == 0 }

// now brings the world to the present. It is called with mu held.
func (c *cloud) now() *world.World {
	c.world.AdvanceTo(time.Now().UTC())
	return c.world
}

// left counts the tasks on an instance that are not STOPPED. It is called with mu held.
func (c *cloud) left(ec2 string) int {
	n := 0
	for _, v := range c.now().Look(cluster.InstanceScope{Hosts: []string{ec2}, Tasks: cluster.AllTasks}.Of()).Instances {
		for _, t := range v.Tasks {
			if !t.Gone() {
				n++
			}
		}
	}
	return n
}

// hold puts an instance into a hook and gives the message that Auto Scaling sends of it.
func (c *cloud) hold(ec2 string, timeout time.Duration) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now().UTC()
	h := &hook{action: cluster.HookedInstance{Group: "prod-ecs", Hook: "drain", Token: "token-" + ec2, Host: ec2}, timeout: timeout, began: now, beat: now}
	c.hooks[ec2] = h
	c.running.Go(func() { c.watch(h) })
	text, err := json.Marshal(map[string]string{"LifecycleHookName": h.action.Hook, "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING", "AutoScalingGroupName": h.action.Group,
		"EC2InstanceId": ec2, "LifecycleActionToken": h.action.Token, "Time": now.Format(time.RFC3339), "Service": "AWS Auto Scaling"})
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

// watch lets the hook run out: after its timeout without a heartbeat, and after 48 hours or 100 timeouts whatever is done.
func (c *cloud) watch(h *hook) {
	for {
		c.mu.Lock()
		end := h.beat.Add(h.timeout)
		if most := h.began.Add(min(48*time.Hour, 100*h.timeout)); most.Before(end) {
			end = most
		}
		over := h.completed != "" || !time.Now().Before(end)
		if over && h.completed == "" {
			h.expired = true
			c.figures.lost += c.left(h.action.Host)
		}
		if over {
			c.terminate(h.action.Host)
		}
		c.mu.Unlock()
		if over {
			return
		}
		time.Sleep(min(time.Until(end), time.Minute))
	}
}

// terminate takes the instance away, with what runs on it. It is called with mu held.
func (c *cloud) terminate(ec2 string) {
	w := c.now()
	for _, v := range w.Look(cluster.InstanceScope{Hosts: []string{ec2}}.Of()).Instances {
		if _, err := w.Act(w.Now(), cluster.DeregisterContainerInstance{Cluster: v.Instance.Cluster, Instance: v.Instance.ID, Force: true}); err != nil {
			c.t.Error(err)
		}
	}
}

// provider is the cloud to an operation.
type provider struct{ *cloud }

func (p provider) Now() time.Time { return time.Now().UTC() }

func (p provider) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return ctx.Err()
	}
}

func (p provider) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	if err := p.Sleep(ctx, 50*time.Millisecond); err != nil {
		return cluster.Snapshot{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.figures.calls++
	p.measure()
	if p.one(p.faults.throttle) {
		p.figures.throttles++
		gap := cluster.Gap{Part: cluster.PartInstances, Permission: "ecs:ListContainerInstances", Err: *cluster.Errorf(cluster.ClassThrottled, "ThrottlingException", "Rate exceeded")}
		if len(scope.Instances) > 0 {
			gap.Service.Cluster = scope.Instances[0].Cluster
		}
		return cluster.Snapshot{At: p.world.Now(), Scope: scope, Gaps: []cluster.Gap{gap}}, nil
	}
	return p.now().Look(scope), nil
}

func (p provider) AllClusters(context.Context) ([]string, error) { return []string{"default"}, nil }

func (p provider) Services(_ context.Context, inCluster string) ([]cluster.ServiceKey, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now().Services(inCluster), nil
}

// measure keeps the lowest count of healthy tasks of each service, where a task counts as it does for a draining instance: without a target group from when it
// runs. Source: API Reference, UpdateContainerInstancesState. It is called with mu held.
func (c *cloud) measure() {
	w := c.now()
	for _, key := range w.Services("default") {
		view, _ := w.Look(cluster.ServiceScope{Service: key, Tasks: cluster.RunningTasks, Targets: true}.Of()).Service(key)
		_, healthy := view.Count(w.Now())
		if len(view.Service.Attachments) == 0 {
			healthy = view.Service.Running
		}
		if lowest, ok := c.figures.lowest[key]; !ok || healthy < lowest {
			c.figures.lowest[key] = healthy
		}
	}
}

func (p provider) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	var outcomes []cluster.Outcome
	for _, a := range actions {
		if p.Sleep(ctx, 50*time.Millisecond) != nil {
			return append(outcomes, cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassUnavailable, "NotSent", "the invocation has ended")})
		}
		outcome := p.apply(a)
		if outcomes = append(outcomes, outcome); outcome.Result != cluster.Done {
			break
		}
	}
	return outcomes
}

func (c *cloud) apply(a cluster.Action) cluster.Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.figures.calls++
	if c.one(c.faults.throttle) {
		c.figures.throttles++
		return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassThrottled, "ThrottlingException", "Rate exceeded")}
	}
	err := c.act(a)
	var refused *cluster.APIError
	switch {
	case c.one(c.faults.loseAnswer):
		return cluster.Outcome{Result: cluster.Unknown}
	case errors.As(err, &refused):
		c.figures.refusals = append(c.figures.refusals, refused.Error())
		return cluster.Outcome{Result: cluster.Rejected, Err: refused}
	}
	return cluster.Outcome{Result: cluster.Done}
}

// act carries an action out. It is called with mu held.
func (c *cloud) act(a cluster.Action) error {
	switch a := a.(type) {
	case cluster.RecordLifecycleHeartbeat:
		h, err := c.holding(a.HookedInstance)
		if err == nil {
			h.beat = time.Now().UTC()
		}
		return err
	case cluster.CompleteLifecycleAction:
		h, err := c.holding(a.HookedInstance)
		if err != nil {
			return err
		}
		h.completed = a.Result
		if a.Result == cluster.Continue {
			c.figures.unsafe += c.left(a.Host)
		}
		c.terminate(a.Host)
		return nil
	}
	w := c.now()
	_, err := w.Act(w.Now(), a)
	return err
}

func (c *cloud) holding(a cluster.HookedInstance) (*hook, error) {
	h, ok := c.hooks[a.Host]
	if !ok || h.completed != "" || h.expired || h.action != a {
		return nil, cluster.Errorf(cluster.ClassInvalid, "ValidationError", "No active Lifecycle Action found with instance ID %s", a.Host)
	}
	return h, nil
}

var errDied = errors.New("the function died")

// invoke runs the function once, within its time limit.
func (c *cloud) invoke(id string, payload []byte) (lambda.Answer, error) {
	c.mu.Lock()
	c.figures.invocations++
	life := functionTimeout
	died := c.one(c.faults.die)
	if died {
		c.figures.deaths++
		life = time.Duration(c.random.Int64N(int64(min(functionTimeout, time.Duration(c.faults.die)*10*time.Second))))
	}
	c.mu.Unlock()
	deadline := time.Now().Add(functionTimeout)
	ctx, cancel := context.WithTimeout(context.Background(), life)
	defer cancel()
	h := &lambda.Handler{Config: c.config, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Left: func(context.Context) time.Duration { return time.Until(deadline) },
		Open: func(context.Context) (lambda.AWS, error) {
			return lambda.AWS{Provider: provider{c}, Messenger: c, Directory: provider{c}}, nil
		}}
	answer, err := h.Invoke(ctx, lambda.Invocation{ID: id, Payload: payload})
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case died && ctx.Err() != nil:
		return lambda.Answer{}, errDied
	case ctx.Err() != nil:
		c.figures.overrun++
		return lambda.Answer{}, ctx.Err()
	}
	c.results = append(c.results, answer.Results...)
	return answer, err
}

// async is an asynchronous invocation: Lambda tries twice more, after one and after two minutes. Source: Lambda developer guide, invocation-async-error-handling.
func (c *cloud) async(id string, payload []byte) {
	c.running.Go(func() {
		for _, pause := range []time.Duration{time.Minute, 2 * time.Minute, 0} {
			if _, err := c.invoke(id, payload); err == nil {
				return
			}
			time.Sleep(pause)
		}
	})
}

// notify delivers a message to the function through a topic.
func (c *cloud) notify(id, text string) {
	payload, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"EventSource": "aws:sns", "Sns": map[string]string{"Type": "Notification", "MessageId": id, "Message": text}}}})
	if err != nil {
		c.t.Error(err)
	}
	c.async(id, payload)
}

func (c *cloud) send() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.one(c.faults.failSend) {
		return cluster.Errorf(cluster.ClassThrottled, "ThrottlingException", "Rate exceeded")
	}
	return nil
}

// Publish delivers to the function, which is subscribed.
func (c *cloud) Publish(_ context.Context, _, text string) error {
	if err := c.send(); err != nil {
		return err
	}
	c.mu.Lock()
	c.figures.published++
	id := fmt.Sprintf("published-%d", c.figures.published)
	c.mu.Unlock()
	c.notify(id, text)
	return nil
}

// StartExecution runs the template's state machine.
func (c *cloud) StartExecution(_ context.Context, _, _, input string) error {
	if err := c.send(); err != nil {
		return err
	}
	c.mu.Lock()
	c.figures.executions++
	c.mu.Unlock()
	c.running.Go(func() {
		history := c.machine.run(c.t, []byte(input), c.invoke)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.figures.history = max(c.figures.history, history)
	})
	return nil
}

// Hide makes a message visible later.
func (c *cloud) Hide(_ context.Context, _, receipt string, d time.Duration) error {
	if err := c.send(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.figures.longestHide = max(c.figures.longestHide, d)
	for _, m := range c.queue {
		if m.id == receipt {
			m.visible = time.Now().Add(d)
		}
	}
	return nil
}

// enqueue puts a message into the queue, from which the function receives it until it is deleted.
func (c *cloud) enqueue(id, body string) {
	m := &message{id: id, body: body}
	c.mu.Lock()
	c.queue = append(c.queue, m)
	c.mu.Unlock()
	c.running.Go(func() {
		for !m.deleted {
			c.receive(m)
		}
	})
}

func (c *cloud) receive(m *message) {
	time.Sleep(time.Until(m.visible))
	c.mu.Lock()
	m.received++
	m.visible = time.Now().Add(visibility)
	payload, err := json.Marshal(map[string]any{"Records": []any{map[string]any{"messageId": m.id, "receiptHandle": m.id, "body": m.body, "eventSource": "aws:sqs",
		"eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:drain", "attributes": map[string]string{"ApproximateReceiveCount": fmt.Sprint(m.received)}}}})
	c.mu.Unlock()
	if err != nil {
		c.t.Error(err)
	}
	answer, err := c.invoke(fmt.Sprintf("%s-%d", m.id, m.received), payload)
	c.mu.Lock()
	defer c.mu.Unlock()
	m.deleted = err == nil && !slices.ContainsFunc(answer.Failures, func(f lambda.Failure) bool { return f.ID == m.id })
}

// state asks for what came of a hook.
func (c *cloud) state(ec2 string) hook {
	c.mu.Lock()
	defer c.mu.Unlock()
	return *c.hooks[ec2]
}

// succeeded counts the results that ended well.
func (c *cloud) succeeded() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, r := range c.results {
		if r.Verdict != nil && r.Verdict.End == cluster.Succeeded {
			n++
		}
	}
	return n
}

var (
	_ operation.Provider = provider{}
	_ lambda.Messenger   = (*cloud)(nil)
)
