package world

import (
	"encoding/json"
	"fmt"
	"strings"

	"handover/internal/cluster"
	"handover/internal/world/group"
)

// This file is where lifecycle hooks meet topics and queues: what EC2 Auto Scaling sends to a hook's notification target. A target that is not there loses the message,
// as on AWS where the role may not send it. Source: EC2 Auto Scaling user guide, prepare-for-lifecycle-notifications; behaviour §7.3.

// hookNotice is the body of a message about a lifecycle action, or, with Event, of the test when a hook is put.
type hookNotice struct {
	Origin      string `json:",omitempty"`
	Destination string `json:",omitempty"`
	Token       string `json:"LifecycleActionToken,omitempty"`
	AccountID   string `json:"AccountId"`
	GroupARN    string `json:"AutoScalingGroupARN,omitempty"`
	Group       string `json:"AutoScalingGroupName"`
	Hook        string `json:"LifecycleHookName,omitempty"`
	Instance    string `json:"EC2InstanceId,omitempty"`
	Transition  string `json:"LifecycleTransition,omitempty"`
	Metadata    string `json:"NotificationMetadata,omitempty"`
	Service     string
	Time        string
	RequestID   string `json:"RequestId"`
	Event       string `json:",omitempty"`
}

// tellHook sends the message that an instance is held.
func (w *World) tellHook(g *group.Group, m *group.Member, a *cluster.LifecycleAction) {
	from, to := way(m, a)
	n := hookNotice{
		Origin: from, Destination: to, Token: a.Token, Group: g.Name, Hook: a.Hook.Name, Instance: a.Instance, Transition: a.Hook.Transition, Metadata: a.Hook.Metadata,
	}
	short := "TERMINATING"
	if a.Hook.Transition == cluster.TransitionLaunching {
		short = "LAUNCHING"
	}
	w.tell(a.Hook.Target, fmt.Sprintf("Auto Scaling: Lifecycle action '%s' for instance %s in progress.", short, a.Instance), n)
}

// testHook sends the message by which a new target is tried. It has no instance, and whoever gets it has nothing to do.
func (w *World) testHook(g *group.Group, h cluster.Hook) {
	w.tell(h.Target, fmt.Sprintf("Auto Scaling: test notification for group %q", g.Name), hookNotice{GroupARN: g.ARN, Group: g.Name, Event: "autoscaling:TEST_NOTIFICATION"})
}

func (w *World) tell(target, subject string, n hookNotice) {
	if target == "" {
		return
	}
	n.AccountID, n.Service, n.Time, n.RequestID = w.state.Place.Account, "AWS Auto Scaling", w.state.Now.UTC().Format("2006-01-02T15:04:05.000Z"), w.uuid("request")
	text, err := json.Marshal(n)
	if err != nil {
		return // texts alone, which always can be written
	}
	w.sendNotice(target, subject, cluster.Message{Body: string(text)})
}

// sendNotice sends a message to a queue or a topic.
func (w *World) sendNotice(target, subject string, message cluster.Message) {
	if strings.Contains(target, ":sqs:") {
		_, _ = w.sendMessage(cluster.SendMessage{Queue: target, Message: message}) // a queue that is not there
		return
	}
	_, _ = w.publish(cluster.Publish{Topic: target, Subject: subject, Message: message}) // a topic that is not there
}
