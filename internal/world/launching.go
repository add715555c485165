package world

import (
	"slices"

	"handover/internal/rate"
	"handover/internal/world/placement"
	"handover/internal/world/service"
)

// This file keeps the rate at which Fargate launches tasks of an account, whoever's they are. Source: developer guide, service-quotas; behaviour §6.

// launched is what a capacity provider of Fargate has launched of late.
type launched struct {
	Provider string `json:"provider"`
	rate.Bucket
}

// launchTasks starts as many of so many tasks of a deployment as find a place, and as Fargate's launch rate allows now. The rest come as soon as it allows them, later counts them; where it
// allows none, because other services are faster, the next look tries again: a thousand services that all ask as soon as there may be one would find none, and ask again at once.
//
// 250 tasks are 100 at once, 100 after 5 s and 50 after 10 s: 20 a second after the first hundred.
func (w *World) launchTasks(s *service.Service, d *service.Deployment, count int) (started []*service.Task, later int) {
	now := w.launchable(s, count)
	started = w.newTasks(s, d, now)
	for _, t := range started {
		w.tookToken(fargateOf(t.Launch, t.Provider))
	}
	if 0 < now && now < count {
		l := rate.FargateLaunches()
		w.wake(s.Place, l.Fill(min(count-now, int(l.Burst))))
	}
	return started, count - now
}

// launchable is how many of so many tasks of a service Fargate launches now. Of several capacity providers, those up to the first one that must wait.
func (w *World) launchable(s *service.Service, count int) int {
	if len(s.Providers) == 0 {
		return min(count, w.tokens(fargateOf(s.Launch, s.Provider), count))
	}
	if len(w.state.Launched) == 0 && float64(count) <= rate.FargateLaunches().Burst {
		return count
	}
	counts, taken := s.ByProvider(), map[string]int{}
	for n := range count {
		provider := placement.Share(s.Providers, counts)
		counts[provider]++
		if taken[provider]++; w.tokens(fargateOf("", provider), taken[provider]) < taken[provider] {
			return n
		}
	}
	return count
}

// tokens is how many of so many tasks a capacity provider launches now; all of them where it is none of Fargate's.
func (w *World) tokens(provider string, count int) int {
	if provider == "" {
		return count
	}
	bucket := rate.Bucket{}
	if at := w.launchedBy(provider); at >= 0 {
		bucket = w.state.Launched[at].Bucket
	}
	_, there := bucket.TakeMost(rate.FargateLaunches(), w.state.Now, count)
	return there
}

// tookToken notes that a capacity provider has launched a task.
func (w *World) tookToken(provider string) {
	if provider == "" {
		return
	}
	at := w.launchedBy(provider)
	if at < 0 {
		at = len(w.state.Launched)
		w.state.Launched = append(w.state.Launched, launched{Provider: provider})
	}
	w.state.Launched[at].Bucket, _ = w.state.Launched[at].TakeMost(rate.FargateLaunches(), w.state.Now, 1)
}

func (w *World) launchedBy(provider string) int {
	return slices.IndexFunc(w.state.Launched, func(l launched) bool { return l.Provider == provider })
}
