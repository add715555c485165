package scaling

import (
	"math"
	"slices"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Policy is a scaling policy of a target, with what it has seen and done.
type Policy struct {
	Name    string               `json:"name"`
	Track   *cluster.TrackBy     `json:"track,omitempty"`
	Step    *cluster.StepScaleBy `json:"step,omitempty"`
	Follow  *cluster.Follow      `json:"follow,omitempty"`
	Seen    []float64            `json:"seen,omitempty"`    // the last datapoints of a tracked metric, one a minute, oldest first
	OutAt   time.Time            `json:"outAt,omitzero"`    // the last time it scaled out
	InAt    time.Time            `json:"inAt,omitzero"`     // and in
	Reached int                  `json:"reached,omitempty"` // the count to which it scaled out last
}

// Above, Below and Low are how many datapoints of a minute raise the alarms that target tracking makes: 3 of 3 above the target, 15 of 15 below nine tenths of it.
// Source: Application Auto Scaling user guide, target tracking, for that there are two such alarms; the numbers are those that the alarms of real services have,
// for which there is no page.
const (
	Above = 3
	Below = 15
	Low   = 0.9
)

// Circumstances are what a decision needs to know beside the policy.
type Circumstances struct {
	Now       time.Time
	Running   int  // the base of every step. Source: behaviour §8
	Desired   int  // the count that is to be changed
	Deploying bool // a deployment is under way: no scale-in. Source: behaviour §8; case AH4
}

// PutPolicy adds a policy, in the place of one of its name if there is one.
func (t *Target) PutPolicy(p *Policy) {
	at, there := slices.BinarySearchFunc(t.Policies, p.Name, func(p *Policy, name string) int { return strings.Compare(p.Name, name) })
	if there {
		t.Policies[at] = p
		return
	}
	t.Policies = slices.Insert(t.Policies, at, p)
}

// Policy finds a policy.
func (t *Target) Policy(name string) (found *Policy, ok bool) {
	for _, p := range t.Policies {
		if p.Name == name {
			return p, true
		}
	}
	return nil, false
}

// DeletePolicy removes a policy.
func (t *Target) DeletePolicy(name string) {
	t.Policies = slices.DeleteFunc(t.Policies, func(p *Policy) bool { return p.Name == name })
}

// Observe takes what a policy's metric is: a tracked one its value, once a minute; one of steps how far it is beyond its alarm's threshold, once a minute for as long
// as the alarm lasts. It gives the desired count that follows, within the bounds; the same one where nothing does.
func (t *Target) Observe(p *Policy, value float64, c Circumstances) int {
	if p.Step != nil {
		return t.apply(p, p.Step.Cooldown, p.Step.Cooldown, p.step(value, c.Running), c)
	}
	p.Seen = append(p.Seen, value)
	if over := len(p.Seen) - Below; over > 0 {
		p.Seen = slices.Clone(p.Seen[over:])
	}
	return t.apply(p, p.Track.OutCooldown, p.Track.InCooldown, p.track(c.Running), c)
}

// apply lets a policy have its count, if neither a cooldown, nor a suspension, nor a deployment is against it.
//
// After a scale-out and before its cooldown is over only what is more than that counts; after a scale-in nothing less, while a scale-out acts at once.
// Source: Application Auto Scaling user guide, cooldown of target tracking and step scaling.
func (t *Target) apply(p *Policy, outCooldown, inCooldown time.Duration, wanted int, c Circumstances) int {
	to := t.Clamp(wanted)
	switch {
	case wanted > c.Running && to > c.Desired: // a count below the minimum is raised to it. Source: behaviour §8
		if t.Suspended.Out || c.Now.Before(p.OutAt.Add(outCooldown)) && to <= p.Reached {
			return c.Desired
		}
		p.OutAt, p.Reached = c.Now, to
		return to
	case wanted < c.Running && to < c.Desired: // one above the maximum is brought to it first
		if t.Suspended.In || c.Deploying || c.Now.Before(p.InAt.Add(inCooldown)) || c.Now.Before(p.OutAt.Add(outCooldown)) {
			return c.Desired
		}
		p.InAt = c.Now
		return to
	}
	return c.Desired
}

// track is the count that target tracking wants: as many times more as the metric is above its target, and one less where it has been below for long.
// 4 tasks at 90 for a target of 60 are 6; at 50 for 15 minutes they are 3. One step down a time is what case AH4 shows (6 → 2, exactly 6 min apart).
func (p *Policy) track(running int) int {
	every := func(n int, test func(float64) bool) bool {
		return len(p.Seen) >= n && !slices.ContainsFunc(p.Seen[len(p.Seen)-n:], func(v float64) bool { return !test(v) })
	}
	switch {
	case every(Above, func(v float64) bool { return v > p.Track.Target }):
		return max(running+1, int(math.Ceil(float64(running)*p.Seen[len(p.Seen)-1]/p.Track.Target)))
	case !p.Track.NeverIn && every(Below, func(v float64) bool { return v < Low*p.Track.Target }):
		return running - 1
	}
	return running
}

// step is the count that a policy of steps wants.
func (p *Policy) step(breach float64, running int) int { return Stepped(*p.Step, breach, running) }

// Stepped is the count that steps want of a metric that is so far beyond its threshold. Below the threshold a step holds from its To, which is included, down to its From,
// which is not; where none holds, the count stays. Source: Application Auto Scaling user guide, step scaling; EC2 Auto Scaling user guide, as-scaling-simple-step.
func Stepped(by cluster.StepScaleBy, breach float64, running int) int {
	for _, s := range by.Steps {
		from, to := math.Inf(-1), math.Inf(1)
		if s.From != nil {
			from = *s.From
		}
		if s.To != nil {
			to = *s.To
		}
		if breach >= 0 && from <= breach && breach < to || breach < 0 && from < breach && breach <= to {
			return adjusted(by, s.By, running)
		}
	}
	return running
}

// adjusted changes a count as a step says. A percentage is cut off, but for one that comes to less than a task: 10 tasks and 25 % are 12, -66 % are 4, 1 % are 11.
// Source: Application Auto Scaling user guide, scaling adjustment types.
func adjusted(how cluster.StepScaleBy, by, running int) int {
	switch how.Adjust {
	case cluster.ExactCapacity:
		return max(0, by)
	case cluster.PercentChangeInCapacity:
		change := running * by / 100 // cut off toward zero
		least := max(1, how.Magnitude)
		switch {
		case by > 0:
			change = max(change, least)
		case by < 0:
			change = min(change, -least)
		}
		return max(0, running+change)
	case cluster.ChangeInCapacity:
	}
	return max(0, running+by)
}
