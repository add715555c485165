package cluster

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Metric names a metric of CloudWatch.
type Metric struct {
	Namespace  string      `json:"namespace"`
	Name       string      `json:"name"`
	Dimensions []Dimension `json:"dimensions,omitempty"` // by name
}

// Dimension is one of the names and values that tell a metric from others of its name.
type Dimension struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Compare orders metrics; it is 0 where both are the same.
func (m Metric) Compare(other Metric) int {
	if order := strings.Compare(m.Namespace, other.Namespace); order != 0 {
		return order
	}
	if order := strings.Compare(m.Name, other.Name); order != 0 {
		return order
	}
	return slices.CompareFunc(m.Dimensions, other.Dimensions, func(a, b Dimension) int {
		if order := strings.Compare(a.Name, b.Name); order != 0 {
			return order
		}
		return strings.Compare(a.Value, b.Value)
	})
}

// Statistic is what is made of the values of a period. Source: CloudWatch API Reference, MetricAlarm.Statistic.
type Statistic string

// The statistics.
const (
	Average     Statistic = "Average"
	Sum         Statistic = "Sum"
	Minimum     Statistic = "Minimum"
	Maximum     Statistic = "Maximum"
	SampleCount Statistic = "SampleCount"
)

// Values are the values of a metric at a time, or in a time, as far as statistics need them.
type Values struct {
	Count float64 `json:"count"`
	Sum   float64 `json:"sum"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
}

// PutMetricData says what a metric was at a time. Only a world has it carried out: nothing of ours measures.
type PutMetricData struct {
	Metric Metric    `json:"metric"`
	At     time.Time `json:"at"`
	Values Values    `json:"values"`
}

// AlarmRule is by what CloudWatch decides the state of an alarm: it is raised where Datapoints of the last Periods are beyond the Threshold.
type AlarmRule struct {
	Metric     Metric        `json:"metric"`
	Statistic  Statistic     `json:"statistic"`
	Period     time.Duration `json:"period"` // whole minutes
	Periods    int           `json:"periods"`
	Datapoints int           `json:"datapoints"`
	Threshold  float64       `json:"threshold"`
	Comparison string        `json:"comparison"`        // the API's word: GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold, LessThanOrEqualToThreshold
	Missing    string        `json:"missing,omitempty"` // how periods without data count: breaching, notBreaching, ignore, missing; empty: missing
}

// Breached tells whether a value is beyond the threshold.
func (r AlarmRule) Breached(value float64) bool {
	switch r.Comparison {
	case "GreaterThanOrEqualToThreshold":
		return value >= r.Threshold
	case "GreaterThanThreshold":
		return value > r.Threshold
	case "LessThanThreshold":
		return value < r.Threshold
	}
	return value <= r.Threshold
}

// PutMetricAlarm makes or changes an alarm. One that is there keeps its state; a new one has no data.
type PutMetricAlarm struct {
	Alarm     string          `json:"alarm"`
	Rule      *AlarmRule      `json:"rule,omitempty"` // nil: only SetAlarmState changes its state
	Mute      bool            `json:"mute,omitempty"` // its actions are disabled
	OnRaised  []string        `json:"onRaised,omitempty"`
	OnOK      []string        `json:"onOK,omitempty"`
	OnUnknown []string        `json:"onUnknown,omitempty"`
	Members   json.RawMessage `json:"members,omitempty"` // of the request, of which no rule uses any
}

// DeleteAlarm removes an alarm. One that is not there is an error.
type DeleteAlarm struct {
	Alarm string `json:"alarm"`
}

// Kind names the AWS operation.
func (PutMetricData) Kind() string { return "PutMetricData" }

// Kind names the AWS operation.
func (PutMetricAlarm) Kind() string { return "PutMetricAlarm" }

// Kind names the AWS operation.
func (DeleteAlarm) Kind() string { return "DeleteAlarms" }
