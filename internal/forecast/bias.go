package forecast

import (
	"slices"
	"time"
)

// Bias is by how much earlier runs of a service took longer or shorter than the model says, once it is told how long their own tasks took: what is left is the
// model's error with this service. The zero Bias is that of a service which was never seen; it corrects nothing.
type Bias struct {
	Runs   int     `json:"runs"`
	Factor float64 `json:"factor"` // actual over predicted in hindsight, the median of the runs
}

// BiasOf is the bias of runs, of which each took so long and would have been predicted to take so long in hindsight. Those without hindsight do not count.
func BiasOf(took, hindsight []time.Duration) Bias {
	var factors []float64
	for i, h := range hindsight {
		if h > 0 {
			factors = append(factors, float64(took[i])/float64(h))
		}
	}
	if len(factors) == 0 {
		return Bias{}
	}
	slices.Sort(factors)
	return Bias{Runs: len(factors), Factor: factors[(len(factors)-1)/2]}
}

// by is the factor that is applied. One run says half as much as it seems to, three say three quarters: a Factor of 1.10 after one run makes 6m00s into 6m18s.
func (b Bias) by() float64 {
	if b.Runs == 0 {
		return 1
	}
	return 1 + (b.Factor-1)*float64(b.Runs)/float64(b.Runs+1)
}

func (b Bias) correct(q Quantiles) Quantiles {
	scale := func(d time.Duration) time.Duration { return time.Duration(float64(d) * b.by()) }
	return Quantiles{P50: scale(q.P50), P90: scale(q.P90), P99: scale(q.P99)}
}
