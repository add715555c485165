package amazon

import (
	"context"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// defaultShare leaves a fifth of the account's rates to everyone else: consoles, dashboards, pipelines, and other runs of this tool.
const defaultShare = 0.8

// family is a set of operations that draw on one token bucket of an account and Region.
type family struct {
	service    string
	perSecond  float64
	burst      int
	operations []string // empty: all that no other family of the service names
}

// families are AWS's buckets, as far as calls of this package draw on them. Sources: ECS developer guide, request-throttling; ELB API throttling.
// CloudWatch quotas, DescribeAlarms: 9 a second. STS is called once and has none here. ECR's ten a second and Application Auto Scaling's five, of which AWS publishes no rate, are our own choice: both are
// asked rarely.
func families() []family {
	return []family{
		{"ECS", 20, 100, []string{"DescribeTasks", "ListTasks", "DescribeContainerInstances"}},
		{"ECS", 20, 100, []string{"DescribeServices", "ListServices"}},
		{"ECS", 5, 50, []string{"CreateService", "UpdateService", "DeleteService", "StopServiceDeployment"}},
		{"ECS", 40, 100, []string{"StopTask"}},
		{"ECS", 20, 50, []string{"DescribeTaskDefinition"}},
		{"ECS", 1, 20, []string{"RegisterTaskDefinition", "DeregisterTaskDefinition"}},
		{"ECS", 10, 20, []string{"TagResource", "UntagResource"}},
		{"ECS", 80, 200, []string{"GetTaskProtection", "UpdateTaskProtection"}},
		{"ECS", 20, 50, []string{"ListServiceDeployments", "DescribeServiceDeployments"}},
		{"ECS", 20, 50, []string{"DescribeServiceRevisions"}},
		{"ECS", 1, 20, []string{"CreateCluster", "DeleteCluster"}},
		{"Elastic Load Balancing v2", 4, 20, []string{"RegisterTargets", "DeregisterTargets"}},
		{"Elastic Load Balancing v2", 10, 40, nil},
		{"ECR", 10, 20, nil},
		{"Application Auto Scaling", 5, 20, nil},
		{"CloudWatch", 9, 9, nil},
	}
}

// pace holds calls back so that they do not draw more than a share of each bucket. A call that AWS throttles all the same is retried; the pace is
// there so that this tool is not what gets a whole account throttled.
//
// It counts in the provider's time: the buckets of a world that runs sixty times as fast fill sixty times as fast.
type pace struct {
	clock   Clock
	buckets map[string]*rate.Limiter // by service/operation, and by service/ for all others
}

// newPace gives no pace for a clock of the caller's, unless a share was asked for: there, waiting is letting the world go on.
func newPace(o Options, clock Clock) *pace {
	share := o.Share
	if share == 0 && o.Clock == nil {
		share = defaultShare
	}
	if share <= 0 {
		return nil
	}
	p := &pace{clock: clock, buckets: map[string]*rate.Limiter{}}
	for _, f := range families() {
		bucket := rate.NewLimiter(rate.Limit(f.perSecond*share), max(1, int(float64(f.burst)*share)))
		for _, operation := range append(slices.Clone(f.operations), "")[:max(1, len(f.operations))] {
			p.buckets[f.service+"/"+operation] = bucket
		}
	}
	return p
}

// take waits until the call may be made. It fails where ctx ends first.
func (p *pace) take(ctx context.Context, service, operation string) error {
	if p == nil {
		return nil
	}
	bucket, ok := p.buckets[service+"/"+operation]
	if !ok {
		bucket, ok = p.buckets[service+"/"]
	}
	if !ok {
		return nil
	}
	now := p.now()
	place := bucket.ReserveN(now, 1)
	if err := p.pause(ctx, place.DelayFrom(now)); err != nil {
		place.CancelAt(now)
		return err
	}
	return nil
}

// now does not count as a reading of the clock: what is only counted with here must not bind what Provider.Now may say later.
func (p *pace) now() time.Time {
	if follows, ok := p.clock.(*followed); ok {
		return follows.peek()
	}
	return p.clock.Now()
}

func (p *pace) pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if follows, ok := p.clock.(*followed); ok {
		return follows.pause(ctx, d)
	}
	return p.clock.Sleep(ctx, d)
}

// isMutation tells an operation that may change something from one that reads. AWS names them so throughout.
func isMutation(operation string) bool {
	for _, reading := range []string{"Describe", "List", "Get", "Batch"} {
		if strings.HasPrefix(operation, reading) {
			return false
		}
	}
	return operation != "AssumeRole"
}
