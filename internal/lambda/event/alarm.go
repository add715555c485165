package event

import "encoding/json"

// Alarm says that a CloudWatch alarm has changed its state.
type Alarm struct {
	Name  string `json:"name"`
	State string `json:"state"` // OK, ALARM or INSUFFICIENT_DATA
}

func (Alarm) notice() {}

// alarmChange is the type of EventBridge's event. Source: CloudWatch user guide, cloudwatch-and-eventbridge.
const alarmChange = "CloudWatch Alarm State Change"

// alarmed is an event of EventBridge about an alarm.
func alarmed(text json.RawMessage) Notice {
	var d struct {
		Name  string `json:"alarmName"`
		State struct {
			Value string `json:"value"`
		} `json:"state"`
	}
	if err := json.Unmarshal(text, &d); err != nil || d.Name == "" || d.State.Value == "" {
		return Strange{Why: "an event " + alarmChange + " without the alarm's name or its state"}
	}
	return Alarm{Name: d.Name, State: d.State.Value}
}

// rings is the work that an alarm asks for: only one that has gone off stops anything.
func rings(a Alarm) Work {
	if a.State != "ALARM" {
		return nothing("alarm " + a.Name + " is in " + a.State)
	}
	return Work{Do: Ring, Alarm: a.Name}
}
