package forecast

import (
	"fmt"
	"strings"

	"handover/internal/cluster"
)

// stuck says why an operation did not end within the horizon: by what ECS said last of what it could not do, or else by what was waited for.
func stuck(p *rehearsal) *cluster.Cause {
	cause := &cluster.Cause{Code: "never-finishes", Certain: true, Text: fmt.Sprintf("it does not end within %s", horizon)}
	if p.waiting != nil {
		cause.Text = fmt.Sprintf("it never finishes: %s never gets %s", p.waiting.Object, strings.TrimPrefix(p.waiting.Condition, "to be "))
	}
	return cause
}
