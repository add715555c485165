package scenario

import (
	"fmt"
	"slices"
	"time"

	"handover/internal/cluster"
)

// This file has topics, queues, rules of the event bus, and functions, of which a scene says what their programs do.

// deeds are what the program of a function may do with an event.
func deeds() []string { return []string{"answers", "fails", "hangs", "publishes"} }

func functions() map[string]verb {
	to := anyText().as("a function, a queue or a topic")
	return map[string]verb{
		"topic": {name: "the topic's name", about: "SNS's CreateTopic", options: map[string]kind{}},
		"queue": {name: "the queue's name", about: "SQS's CreateQueue", options: map[string]kind{
			"visibility":   duration().as("visibility timeout; default 30s"),
			"retention":    duration().as("default 96h"),
			"dead-letter":  anyText().as("the queue to which messages go that were received too often"),
			"max-receives": number(1, 1000).as("how often is not too often"),
		}},
		"function": {name: "the function's name", about: "Lambda's CreateFunction; topics and rules may invoke it", options: map[string]kind{
			"timeout":    duration().as("default 3s"),
			"retries":    number(0, 2).as("of an asynchronous invocation that has failed; default 2"),
			"on-failure": anyText().as("the queue that is told of events that were given up"),
			"does":       oneOf(deeds()...).as("what its program does with each event; publishes: sends it to the topic again; default answers"),
			"to":         anyText().as("the topic, where it publishes"),
		}},
		"subscribe": {name: "the topic", about: "SNS's Subscribe", options: map[string]kind{"to": to}, required: []string{"to"}},
		"feed":      {name: "the function", about: "Lambda's CreateEventSourceMapping", options: map[string]kind{"from": anyText().as("the queue")}, required: []string{"from"}},
		"rule": {name: "the rule's name", about: "EventBridge's PutRule with one target", options: map[string]kind{
			"source": anyText().as("the source of the events, such as aws.ecs"),
			"to":     to,
		}, required: []string{"source", "to"}},
		"publish": {name: "the topic", about: "SNS's Publish", action: true, options: map[string]kind{}},
		"send":    {name: "the queue", about: "SQS's SendMessage", action: true, options: map[string]kind{}},
		"receive": {name: "the queue", about: "SQS's ReceiveMessage of one message", action: true, options: map[string]kind{}},
		"invoke":  {name: "the function", about: "Lambda's Invoke", action: true, options: map[string]kind{"async": toggle("as an event, for whose answer nobody waits")}},
	}
}

// arn is the ARN of a function, a queue or a topic that the scene has under a name.
func (p *player) arn(name string) (string, error) {
	for _, f := range p.world.Functions() {
		if f.Name == name {
			return f.ARN, nil
		}
	}
	for _, q := range p.world.Queues() {
		if q.Name == name {
			return q.ARN, nil
		}
	}
	for _, t := range p.world.Topics() {
		if t.Name == name {
			return t.ARN, nil
		}
	}
	return "", fmt.Errorf("there is no function, queue or topic %q", name)
}

// ofFunctions are the actions of the directives about topics, queues, rules and functions; ok is false for another directive.
func (p *player) ofFunctions(d Directive) (actions []cluster.Action, ok bool, err error) {
	if _, ours := functions()[d.Verb]; !ours {
		return nil, false, nil
	}
	one := func(a cluster.Action, err error) ([]cluster.Action, bool, error) {
		return []cluster.Action{a}, true, err
	}
	switch d.Verb {
	case "topic":
		return one(cluster.PutTopic{Topic: cluster.Topic{Name: d.Name}}, nil)
	case "queue":
		return one(p.queue(d))
	case "function":
		return one(p.function(d))
	}
	arn, err := p.arn(d.Name)
	switch d.Verb {
	case "publish":
		return one(cluster.Publish{Topic: arn, Message: cluster.Message{Body: "{}"}}, err)
	case "send":
		return one(cluster.SendMessage{Queue: arn, Message: cluster.Message{Body: "{}"}}, err)
	case "receive":
		return one(cluster.ReceiveMessages{Queue: arn, Most: 1}, err)
	case "invoke":
		return one(cluster.Invoke{Function: arn, Payload: "{}", Async: d.Has("async")}, err)
	case "feed":
		queue, missing := p.arn(d.Options["from"])
		return one(cluster.PutMapping{Mapping: cluster.Mapping{Queue: queue, Function: arn, Enabled: true, Batch: 10}}, firstOf(err, missing))
	case "subscribe":
		endpoint, missing := p.arn(d.Options["to"])
		place, _ := cluster.ParseARN(endpoint)
		return one(cluster.PutSubscription{Subscription: cluster.Subscription{Topic: arn, Protocol: place.Service, Endpoint: endpoint}}, firstOf(err, missing))
	}
	target, err := p.arn(d.Options["to"])
	return one(cluster.PutRule{Rule: cluster.Rule{Name: d.Name, Enabled: true, Pattern: fmt.Sprintf(`{"source":[%q]}`, d.Options["source"]), Targets: []cluster.RuleTarget{{ID: "1", ARN: target}}}}, err)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *player) queue(d Directive) (cluster.Action, error) {
	q := cluster.Queue{Name: d.Name, Visibility: d.Duration("visibility", 30*time.Second), Retention: d.Duration("retention", 96*time.Hour), MaxReceives: d.Int("max-receives", 0)}
	var err error
	if d.Has("dead-letter") {
		q.DeadLetter, err = p.arn(d.Options["dead-letter"])
	}
	return cluster.PutQueue{Queue: q}, err
}

func (p *player) function(d Directive) (cluster.Action, error) {
	f := cluster.Function{Name: d.Name, Timeout: d.Duration("timeout", 3*time.Second), Retries: d.Int("retries", 2), MaxAge: 6 * time.Hour}
	for _, principal := range []string{"sns.amazonaws.com", "events.amazonaws.com"} {
		f.Grants = append(f.Grants, cluster.Grant{ID: principal, Action: "lambda:InvokeFunction", Principal: principal})
	}
	p.programs[d.Name] = d
	var err error
	if d.Has("on-failure") {
		f.OnFailure, err = p.arn(d.Options["on-failure"])
	}
	return cluster.PutFunction{Function: f}, err
}

// invocations adds to the trace what functions were invoked with and how that ended, and how many messages each queue has, where that is another number than before.
func (p *player) invocations() {
	for _, i := range p.world.Invocations(cluster.InvocationEnded) {
		p.ended(i)
	}
	for _, i := range p.world.Invocations(cluster.InvocationWaiting) {
		p.ended(i)
	}
	for ready := p.world.Invocations(cluster.InvocationReady); len(ready) > 0; ready = p.world.Invocations(cluster.InvocationReady) {
		p.run(ready[0])
	}
	for _, q := range p.world.Queues() {
		visible, hidden, _ := p.world.MessageCounts(q.ARN, p.world.Now())
		if now := fmt.Sprintf("queue %s visible=%d hidden=%d", q.Name, visible, hidden); now != p.lives[q.ARN] {
			if first := p.lives[q.ARN] == ""; !first || visible+hidden > 0 {
				p.line(cluster.ServiceKey{}, p.world.Now(), now)
			}
			p.lives[q.ARN] = now
		}
	}
	if stopped, givenUp := p.world.Loops(); stopped+givenUp > 0 {
		if now := fmt.Sprintf("Lambda has ended %d loops and given up %d events", stopped, givenUp); now != p.lives["loops"] {
			p.lives["loops"] = now
			p.line(cluster.ServiceKey{}, p.world.Now(), now)
		}
	}
}

// ended adds to the trace that an invocation which hung has ended.
func (p *player) ended(i cluster.Invocation) {
	if p.lives[i.ID] != "hangs" {
		return
	}
	p.lives[i.ID] = ""
	p.line(cluster.ServiceKey{}, p.world.Now(), "an invocation is ended: "+i.Answer)
}

// run lets the program of a function do what it does, which takes it no time.
func (p *player) run(i cluster.Invocation) {
	at := slices.IndexFunc(p.world.Functions(), func(f cluster.Function) bool { return f.ARN == i.Function })
	program := p.programs[p.world.Functions()[at].Name]
	does := program.Text("does", deeds()[0])
	p.line(cluster.ServiceKey{}, p.world.Now(), fmt.Sprintf("%s is invoked, attempt %d, and %s", program.Name, i.Attempt, does))
	act := func(a cluster.Action) { _, _ = p.world.Act(p.world.Now(), a) } // what is refused shows in the trace by what does not come of it
	act(cluster.TakeInvocation{ID: i.ID})
	switch does {
	case "hangs":
		p.lives[i.ID] = does
		return
	case "publishes":
		if topic, err := p.arn(program.Options["to"]); err == nil {
			act(cluster.Publish{Topic: topic, Message: cluster.Message{Body: "{}", Lineage: i.Lineage}})
		}
	}
	act(cluster.EndInvocation{ID: i.ID, Answer: "{}", Failed: does == "fails"})
}
