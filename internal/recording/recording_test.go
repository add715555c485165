package recording

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

const folder = "../../testdata/timelines"

// TestLogsOfTheSeed holds the model against the two logs of December 2020: 0/100 and 50/100 with five tasks. Over 200 seeds the order is always right, each
// recorded gap lies between the model's p5 and p95, and the median total is within 5 % of the recorded one.
func TestLogsOfTheSeed(t *testing.T) {
	for _, name := range []string{"L-test5-min0-max100", "M-test5-min50-max100"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(folder, name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			got := Compare(c, Learned{}, 200)
			if got.Skipped != "" {
				t.Fatalf("skipped: %s", got.Skipped)
			}
			if got.Ordered != got.Seeds {
				t.Errorf("the order is right in %d of %d seeds", got.Ordered, got.Seeds)
			}
			for _, g := range got.Gaps {
				t.Logf("%12s → %-12s recorded %5.0f s   p5 %5.1f   median %5.1f   p95 %5.1f", g.From, g.To, g.Recorded.Seconds(), g.P5.Seconds(), g.Median.Seconds(), g.P95.Seconds())
				if !g.Within() {
					t.Errorf("%s → %s: recorded %s is not within %s and %s", g.From, g.To, g.Recorded, g.P5, g.P95)
				}
			}
			t.Logf("total: recorded %s, predicted %s, error %.1f %%", got.Recorded, got.Predicted, 100*got.Error())
			if math.Abs(got.Error()) > 0.05 {
				t.Errorf("the total is predicted as %s, recorded are %s", got.Predicted, got.Recorded)
			}
		})
	}
}
