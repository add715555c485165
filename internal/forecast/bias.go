package forecast

import (
	"time"
)

// Bias is by how much earlier runs of a service took longer or shorter than the model says, once it is told how long their own tasks took. 0 stands for no
// run: then nothing is corrected.
type Bias struct {
	Runs   int     `json:"runs"`
	Factor float64 `json:"factor"` // actual over predicted, the median of the runs
}

// correct applies the bias. One run says half as much as it seems to, three say three quarters: Factor 1.10 after one run makes 6m00s into 6m18s.
func (b Bias) correct(q Quantiles) Quantiles {
	if b.Runs == 0 {
		return q
	}
	by := 1 + (b.Factor-1)*float64(b.Runs)/float64(b.Runs+1)
	scale := func(d time.Duration) time.Duration { return time.Duration(float64(d) * by) }
	return Quantiles{P50: scale(q.P50), P90: scale(q.P90), P99: scale(q.P99)}
}
