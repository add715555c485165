package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
)

// payload is the outermost form of all that a function is invoked with; which members are there tells which form it is.
type payload struct {
	Records    []record        `json:"Records"`
	DetailType string          `json:"detail-type"`
	Handover   json.RawMessage `json:"handover"`
	Operation  string          `json:"operation"`
}

// record is one record of an SNS or an SQS event.
type record struct {
	SNS struct {
		MessageID string  `json:"MessageId"`
		Message   string  `json:"Message"`
		Timestamp anyTime `json:"Timestamp"`
	} `json:"Sns"`
	MessageID  string `json:"messageId"`
	Receipt    string `json:"receiptHandle"`
	Body       string `json:"body"`
	QueueARN   string `json:"eventSourceARN"`
	Attributes struct {
		Received string `json:"ApproximateReceiveCount"`
		Sent     string `json:"SentTimestamp"` // milliseconds since 1970
	} `json:"attributes"`
}

// depth is how many envelopes may lie in each other: EventBridge's in SNS's in SQS's.
const depth = 3

// Decode takes an invocation's payload apart. It fails where the payload is no JSON object, or an event without records: then there is nothing to report on.
func Decode(text []byte) (Delivery, error) {
	var p payload
	if err := json.Unmarshal(text, &p); err != nil {
		return Delivery{}, fmt.Errorf("reading the invocation's payload: %w", err)
	}
	switch {
	case p.Records != nil:
		return decodeRecords(p.Records)
	case p.DetailType != "":
		return Delivery{By: EventBridge, Records: []Record{Record{ID: idOf(text), Notice: read(text, depth)}.from(text)}}, nil
	}
	return Delivery{By: Direct, Records: []Record{Record{Notice: read(text, depth)}.from(text)}}, nil
}

func decodeRecords(records []record) (Delivery, error) {
	var d Delivery
	for _, r := range records {
		switch {
		case r.Body != "" || r.Receipt != "":
			received, _ := strconv.Atoi(r.Attributes.Received) // 0 where it is missing: it only sizes waits
			d.By = SQS
			sent, _ := strconv.ParseInt(r.Attributes.Sent, 10, 64)
			one := Record{ID: r.MessageID, Receipt: r.Receipt, Queue: r.QueueARN, Received: received, Notice: read([]byte(r.Body), depth), Event: r.MessageID}
			if sent > 0 {
				one.Sent = time.UnixMilli(sent).UTC()
			}
			d.Records = append(d.Records, one.from([]byte(r.Body)))
		case r.SNS.Message != "" || r.SNS.MessageID != "":
			d.By = SNS
			one := Record{ID: r.SNS.MessageID, Notice: read([]byte(r.SNS.Message), depth), Event: r.SNS.MessageID, Sent: r.SNS.Timestamp.Time}
			d.Records = append(d.Records, one.from([]byte(r.SNS.Message)))
		default:
			d.Records = append(d.Records, Record{Notice: Strange{Why: "a record that is neither of SNS nor of SQS"}})
		}
	}
	if len(d.Records) == 0 {
		return Delivery{}, errors.New("reading the invocation's payload: it has no records")
	}
	if d.By == "" {
		d.By = Direct
	}
	return d, nil
}

// from takes the id and the time of the innermost envelope that has them. An event of EventBridge has both, and so may a request: a schedule puts its own there.
// Source: SNS developer guide, sns-message-and-json-formats; EventBridge user guide, aws-events-structure, and scheduler user guide, managing-schedule-context-attributes.
func (r Record) from(text []byte) Record {
	for range depth {
		var e struct {
			Type      string  `json:"Type"`
			Message   string  `json:"Message"`
			MessageID string  `json:"MessageId"`
			Timestamp anyTime `json:"Timestamp"`
			ID        string  `json:"id"`
			Time      anyTime `json:"time"`
		}
		if json.Unmarshal(text, &e) != nil {
			return r
		}
		if e.Type != "Notification" {
			if e.ID != "" {
				r.Event, r.Sent = e.ID, e.Time.Time
			}
			return r
		}
		if r.Event, text = e.MessageID, []byte(e.Message); !e.Timestamp.IsZero() {
			r.Sent = e.Timestamp.Time
		}
	}
	return r
}

// message is every form of a message at once.
type message struct {
	// Of SNS, around the message proper, where a queue is subscribed without raw delivery.
	Type    string `json:"Type"`
	Message string `json:"Message"`
	// Of Auto Scaling.
	Event      string          `json:"Event"`
	Transition string          `json:"LifecycleTransition"`
	Hook       string          `json:"LifecycleHookName"`
	Token      string          `json:"LifecycleActionToken"`
	Group      string          `json:"AutoScalingGroupName"`
	AlarmName  string          `json:"AlarmName"` // of CloudWatch, to a topic
	NewState   string          `json:"NewStateValue"`
	Instance   string          `json:"EC2InstanceId"`
	Metadata   string          `json:"NotificationMetadata"`
	Time       anyTime         `json:"Time"`
	At         anyTime         `json:"time"`
	DetailType string          `json:"detail-type"`
	Resources  []string        `json:"resources"`
	Detail     json.RawMessage `json:"detail"`
	// Of ours.
	Handover  json.RawMessage `json:"handover"`
	Operation string          `json:"operation"`
	// Of the recycle function that seeds this one.
	ClusterName string `json:"cluster_name"`
	ServiceName string `json:"service_name"`
}

// read takes one message apart. left is how many envelopes it may still lie in.
func read(text []byte, left int) Notice {
	var m message
	if err := json.Unmarshal(text, &m); err != nil {
		return Strange{Why: "a message that is no JSON object: " + err.Error()}
	}
	switch {
	case m.Handover != nil:
		return Continuation{Text: m.Handover}
	case m.Operation != "" || m.ServiceName != "":
		return request(text)
	case m.DetailType != "":
		return m.bridged()
	case m.Event != "" || m.Transition != "":
		return m.scaling()
	case m.AlarmName != "" && m.NewState != "":
		return Alarm{Name: m.AlarmName, State: m.NewState}
	case m.Type == "Notification" && left > 0:
		return read([]byte(m.Message), left-1)
	}
	return Strange{Why: "a message of a form that is not known"}
}

// scaling is a message of Auto Scaling. Besides lifecycle actions and the test, a topic may carry the group's own notifications, of which nothing waits.
func (m message) scaling() Notice {
	switch {
	case m.Event == "autoscaling:TEST_NOTIFICATION":
		return Test{Group: m.Group}
	case m.Transition == "":
		return Foreign{What: "the notification " + m.Event + " of group " + m.Group}
	}
	return m.hook(m.Time.Time)
}

func (m message) hook(at time.Time) Notice {
	if m.Group == "" || m.Hook == "" || m.Instance == "" {
		return Strange{Why: "a lifecycle action without its group, hook or instance"}
	}
	return Hook{Group: m.Group, Name: m.Hook, Token: m.Token, Instance: m.Instance, Transition: m.Transition, Metadata: m.Metadata, At: at}
}

// detail is the inner part of every event of EventBridge that is read here.
type detail struct {
	message
	InstanceID string   `json:"instance-id"`
	Action     string   `json:"instance-action"`
	Service    string   `json:"service"`
	Code       string   `json:"eventTypeCode"`
	Status     string   `json:"statusCode"`
	Begins     httpTime `json:"startTime"`
	Entities   []struct {
		Value string `json:"entityValue"`
	} `json:"affectedEntities"`
}

// bridged is an event of EventBridge.
func (m message) bridged() Notice {
	if m.DetailType == alarmChange {
		return alarmed(m.Detail)
	}
	var d detail
	if err := json.Unmarshal(m.Detail, &d); err != nil {
		return Strange{Why: "an event " + m.DetailType + " whose detail is not understood: " + err.Error()}
	}
	switch m.DetailType {
	case "EC2 Instance-terminate Lifecycle Action", "EC2 Instance-launch Lifecycle Action":
		return d.hook(m.At.Time)
	case "EC2 Spot Instance Interruption Warning":
		if d.InstanceID != "" {
			return Interruption{Instance: d.InstanceID, Action: d.Action, At: m.At.Time}
		}
		return Strange{Why: "a Spot interruption warning without its instance"}
	case "EC2 Instance Rebalance Recommendation":
		if d.InstanceID != "" {
			return Rebalance{Instance: d.InstanceID, At: m.At.Time}
		}
		return Strange{Why: "a rebalance recommendation without its instance"}
	case "AWS Health Event":
		return m.health(d)
	}
	return Foreign{What: "the event " + m.DetailType}
}

// retirements is the code of AWS Health for Fargate tasks that are about to be stopped.
const retirements = "AWS_ECS_TASK_PATCHING_RETIREMENT"

// health is a notice of AWS Health. Its resources are CLUSTER|SERVICE for the tasks of services and ARNs for tasks of their own; both appear in either place.
func (m message) health(d detail) Notice {
	if d.Service != "ECS" || d.Code != retirements {
		return Foreign{What: "the AWS Health event " + d.Code}
	}
	names := m.Resources
	for _, e := range d.Entities {
		names = append(names, e.Value)
	}
	r := Retirement{Begins: d.Begins.Time, Over: d.Status == "closed"}
	for _, name := range names {
		r.add(name)
	}
	if len(r.Services)+len(r.Tasks) == 0 {
		return Strange{Why: "a task retirement that names neither a service nor a task"}
	}
	return r
}

func (r *Retirement) add(name string) {
	if inCluster, service, ok := strings.Cut(name, "|"); ok && cluster.ValidName(inCluster) && cluster.ValidName(service) {
		r.Services = appendNew(r.Services, cluster.ServiceKey{Cluster: inCluster, Service: service})
		return
	}
	arn, err := cluster.ParseARN(name)
	parts := strings.Split(arn.Resource, "/")
	if err != nil || len(parts) != 3 {
		return
	}
	switch parts[0] {
	case "task":
		r.Tasks = appendNew(r.Tasks, TaskName{Cluster: parts[1], Task: parts[2]})
	case "service":
		r.Services = appendNew(r.Services, cluster.ServiceKey{Cluster: parts[1], Service: parts[2]})
	}
}

func appendNew[T comparable](all []T, one T) []T {
	for _, known := range all {
		if known == one {
			return all
		}
	}
	return append(all, one)
}

// request is an operation that is asked for in so many words, or in those of the recycle function of old, which says cluster_name and service_name.
func request(text []byte) Notice {
	var asked struct {
		Operation   string `json:"operation"`
		Service     string `json:"service"`
		Cluster     string `json:"cluster"`
		Timeout     string `json:"timeout"`
		ClusterName string `json:"cluster_name"`
		ServiceName string `json:"service_name"`
	}
	if err := json.Unmarshal(text, &asked); err != nil {
		return Strange{Why: "a request whose members have other types than they should: " + err.Error()}
	}
	r := Request{Operation: asked.Operation, Service: asked.Service, Cluster: asked.Cluster, Options: json.RawMessage(text)}
	if r.Operation == "" {
		r.Operation = "recycle"
	}
	if r.Service == "" {
		r.Service, r.Cluster = asked.ServiceName, asked.ClusterName
	}
	if asked.Timeout != "" {
		timeout, err := time.ParseDuration(asked.Timeout)
		if err != nil || timeout <= 0 {
			return Strange{Why: fmt.Sprintf("a request whose timeout %q is no duration such as 20m", asked.Timeout)}
		}
		r.Timeout = timeout
	}
	return r
}

func idOf(text []byte) string {
	var e struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(text, &e) // it was read as an object already; an id of another type is no id
	return e.ID
}

// anyTime is a time in RFC 3339, with or without a fraction; any other text is no time, and no error: a time only sizes a wait.
type anyTime struct{ time.Time }

// UnmarshalJSON reads the time.
func (t *anyTime) UnmarshalJSON(text []byte) error {
	var s string
	if json.Unmarshal(text, &s) == nil {
		t.Time, _ = time.Parse(time.RFC3339, s)
	}
	return nil
}

// httpTime is a time as AWS Health writes it: Wed, 16 Aug 2023 23:18:51 GMT.
type httpTime struct{ time.Time }

// UnmarshalJSON reads the time.
func (t *httpTime) UnmarshalJSON(text []byte) error {
	var s string
	if json.Unmarshal(text, &s) == nil {
		t.Time, _ = time.Parse(time.RFC1123, s)
	}
	return nil
}
