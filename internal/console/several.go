package console

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/operation"
)

// Plans says what is going to be done to several services, one after the other or at once, and what it comes to.
type Plans struct {
	Moment
	Operation string `json:"operation"`
	Service   string `json:"service"` // CLUSTER/3-services
	Identity
	Options     map[string]string `json:"options,omitempty"` // flags of the operation by name
	Parallel    int               `json:"parallel"`          // services under way at once
	MaxFailures int               `json:"maxFailures"`       // with more, no other service is begun
	Services    []Plan            `json:"services"`
	Whole       *Joint            `json:"forecast,omitempty"` // absent where no service can be foreseen

	Only bool `json:"-"` // nothing is done afterwards
}

// Joint are the figures of a forecast of several services. Times are in seconds.
type Joint struct {
	Services  int     `json:"services"` // that are foreseen
	Seeds     int     `json:"seeds"`
	Succeeded int     `json:"succeeded"`
	Expected  float64 `json:"expected"`
	P90       float64 `json:"p90"`
	P99       float64 `json:"p99"`
	Replaced  int     `json:"replaced"`
	Peak      int     `json:"peak"`
	Lowest    int     `json:"lowest"`
	Calls     int     `json:"calls"`
}

// Ended says how the operation on one of several services has ended. The verdict of all follows at the end.
type Ended struct{ Verdict }

func (Plans) kind() string { return "plans" }
func (Ended) kind() string { return "ended" }

// PredictAll makes the figures of a joint forecast.
func PredictAll(j forecast.Joint, services int) Joint {
	return Joint{Services: services, Seeds: j.Seeds, Succeeded: j.Succeeded, Expected: seconds(j.Took.P50), P90: seconds(j.Took.P90), P99: seconds(j.Took.P99),
		Replaced: j.Replaced, Peak: j.Peak, Lowest: j.Lowest, Calls: j.Calls}
}

// SeveralName is what stands for several services where one is named: prod/3-services.
func SeveralName(keys []cluster.ServiceKey) string {
	clusters := map[string]bool{}
	for _, k := range keys {
		clusters[k.Cluster] = true
	}
	of := slices.Sorted(maps.Keys(clusters))
	if len(of) == 1 {
		return fmt.Sprintf("%s/%d-services", of[0], len(keys))
	}
	return fmt.Sprintf("%d-clusters/%d-services", len(of), len(keys))
}

// Chorus narrates an operation on several services: each has a Narrator of its own, and what is waited for as a whole is told once.
type Chorus struct {
	whole  *Narrator
	voices map[cluster.ServiceKey]*Narrator
	plans  Plans
	Hints  func([]string) []string // rewrites what is advised; nil: as it is
}

// NarrateSeveral begins the tale of an operation on several services as they were found. The plans are told first.
func NarrateSeveral(plans Plans, views []cluster.ServiceView, now time.Time) *Chorus {
	c := &Chorus{voices: map[cluster.ServiceKey]*Narrator{}, plans: plans}
	_, name, _ := strings.Cut(plans.Service, "/")
	of, _, _ := strings.Cut(plans.Service, "/")
	about := About{Operation: plans.Operation, Service: cluster.ServiceKey{Cluster: of, Service: name}, Identity: plans.Identity}
	c.whole, _ = Narrate(about, cluster.ServiceView{}, now)
	if w := plans.Whole; w != nil {
		c.whole.predicted = &Prediction{Seeds: w.Seeds, Succeeded: w.Succeeded, Expected: w.Expected, P90: w.P90, P99: w.P99}
	}
	for i, v := range views {
		about.Service = v.Service.Key
		c.voices[about.Service], _ = Narrate(about, v, now)
		c.voices[about.Service].predicted = plans.Services[i].Prediction
	}
	return c
}

// Begin lets the time of the operation begin now.
func (c *Chorus) Begin(now time.Time) {
	c.whole.Begin(now)
	for _, n := range c.voices {
		n.Begin(now)
	}
}

// Step tells what is new in one step of the group. deployment gives the id of a service's own deployment, once it is known.
func (c *Chorus) Step(parts []operation.Part, whole operation.Decision, now time.Time, deployment func(cluster.ServiceKey) string) []Document {
	var told []Document
	for _, p := range parts {
		voice := c.voices[p.Service]
		for _, d := range voice.Step(p.Input, p.Decision, deployment(p.Service)) {
			if note, ok := d.(Note); ok {
				note.Service = p.Service.String()
				d = note
			}
			told = append(told, d)
		}
		if v := p.Decision.Verdict; v != nil {
			told = append(told, c.ended(p.Service, *v, now))
		}
	}
	if len(told) > 0 {
		c.whole.spoke = now
	}
	if whole.Verdict == nil && whole.Waiting != nil {
		told = append(told, c.whole.wait(*whole.Waiting, now, len(told) > 0)...)
	}
	return told
}

// ended is the end of one service. It took the time that its own operation took, and not that since the first one began.
func (c *Chorus) ended(service cluster.ServiceKey, v cluster.Verdict, now time.Time) Ended {
	if c.Hints != nil {
		v.Hints = c.Hints(v.Hints)
	}
	d := c.voices[service].End(v, now)
	d.Took = seconds(v.Figures.Took)
	return Ended{d}
}

// Warn makes a warning of our own, of one of the services.
func (c *Chorus) Warn(service cluster.ServiceKey, text string, now time.Time) Note {
	note := c.whole.Warn(text, now)
	note.Service = service.String()
	return note
}

// Say makes a note of our own.
func (c *Chorus) Say(text string, now time.Time) Note { return c.whole.Say(text, now) }

// End tells the verdict of all, with that of each service. A peak of several is the sum of their peaks, wherever in time these were.
func (c *Chorus) End(v cluster.Verdict, each []cluster.Verdict, now time.Time) Verdict {
	d := c.whole.End(v, now)
	for i, own := range each {
		key, _, _ := cluster.ParseService(c.plans.Services[i].Service, "")
		d.Services = append(d.Services, c.ended(key, own, now).Verdict)
	}
	return d
}
