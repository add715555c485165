package cli

import (
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast"
	"handover/internal/journal"
)

// journal is where runs on services are remembered; ok is false where nothing is to be. What ran on an emulator of our own says nothing of a service.
func (c change) journal() (store journal.Store, ok bool) {
	if c.target.Scene != nil {
		return journal.Store{}, false
	}
	return journal.Where(c.factory.Getenv)
}

// past is what earlier runs of the service have taught.
func (c change) past(s cluster.Service) (forecast.Past, error) {
	store, ok := c.journal()
	place, err := cluster.ParseARN(s.ARN)
	if !ok || err != nil { // a service without an ARN has no forecast either, which says why
		return forecast.Past{}, nil
	}
	reports, err := store.Reports(place, s.Key)
	if err != nil {
		return forecast.Past{}, err
	}
	var past forecast.Past
	var took, hindsight []time.Duration
	for _, r := range reports {
		past.Samples = past.Samples.Join(r.Samples)
		if r.End == cluster.Succeeded {
			took, hindsight = append(took, r.Took), append(hindsight, r.Hindsight)
		}
	}
	past.Bias = forecast.BiasOf(took, hindsight)
	return past, nil
}

// remember writes down how a run went that succeeded from its beginning to its end, for the next forecast of the service.
func (c change) remember(f found, end cluster.Snapshot, began time.Time, verdict cluster.Verdict) error {
	store, ok := c.journal()
	if !ok || c.follows || f.prediction == nil || verdict.End != cluster.Succeeded || verdict.Figures.Replaced == 0 {
		return nil
	}
	place, err := cluster.ParseARN(f.view.Service.ARN)
	if err != nil {
		return fmt.Errorf("the service has no ARN: %w", err)
	}
	r := journal.Report{At: began.UTC(), Operation: c.operation, End: verdict.End, Took: verdict.Figures.Took, P50: f.figures.Took.P50, P90: f.figures.Took.P90, P99: f.figures.Took.P99,
		Samples: forecast.Learn(end, c.service, began)}
	if r.Hindsight, err = forecast.Hindsight(f.foreseen, c.service, r.Samples, c.rehearsed(f)); err != nil {
		return err
	}
	return store.Add(place, c.service, r)
}
