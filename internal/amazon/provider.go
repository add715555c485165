package amazon

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/sync/errgroup"

	"handover/internal/cluster"
	"handover/internal/operation"
)

// parallel is how many calls of one Observe are under way at once. The pace bounds their rate; this bounds the connections.
const parallel = 8

// Provider is AWS to an operation. It may be used by several goroutines, though an operation needs only one.
type Provider struct {
	account *Account
	mutate  aws.Retryer

	// What does not change, or hardly does, for the life of the provider.
	definitions *kept[cluster.TaskDefinition] // by ARN; a revision never changes
	groups      *kept[cluster.TargetGroup]    // settings by ARN; health is never kept
	instances   *kept[string]                 // EC2 instance id by container instance ARN; it never changes
	clusters    *kept[string]                 // cluster name by EC2 instance id

	revisionsRead *kept[cluster.ServiceRevision] // by ARN; a revision never changes
}

var _ operation.Provider = (*Provider)(nil)

// Now is AWS's time.
func (p *Provider) Now() time.Time { return p.account.clock.Now() }

// Sleep waits, or comes back early when an interrupt is pending.
func (p *Provider) Sleep(ctx context.Context, d time.Duration) error {
	return p.account.clock.Sleep(ctx, d)
}

// Observe reads the services first, and then all else of all of them at once.
func (p *Provider) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	r := &reading{p: p, snapshot: cluster.Snapshot{At: p.Now(), Scope: scope}, targets: map[string]*targetsRead{}}
	if scope.Empty() {
		return r.snapshot, nil
	}
	views := r.services(ctx, scope)
	calls, callCtx := errgroup.WithContext(ctx)
	calls.SetLimit(parallel)
	for _, wanted := range scope.Instances {
		calls.Go(func() error {
			r.instances(callCtx, wanted)
			return nil
		})
	}
	if len(scope.Alarms) > 0 {
		calls.Go(func() error {
			r.alarms(callCtx, scope.Alarms)
			return nil
		})
	}
	if len(scope.Images) > 0 {
		calls.Go(func() error {
			r.images(callCtx, cluster.ServiceKey{}, scope.Images)
			return nil
		})
	}
	for _, name := range scope.Definitions {
		calls.Go(func() error {
			r.definition(callCtx, name)
			return nil
		})
	}
	for i := range views {
		r.rest(callCtx, calls, views[i])
	}
	r.startScaling(callCtx, calls, views)
	r.startQuota(callCtx, calls, views)
	_ = calls.Wait() // what fails becomes a gap
	if err := ctx.Err(); err != nil {
		return cluster.Snapshot{}, err
	}
	r.joinTargets(views)
	return r.finish(views), nil
}

// reading is one Observe while it goes on. Several goroutines write into it.
type reading struct {
	p        *Provider
	mu       sync.Mutex
	snapshot cluster.Snapshot
	targets  map[string]*targetsRead // by target group; groups that services share are read once
}

// view is one service while it is read. Each part has one writer.
type view struct {
	cluster.ServiceView
	scope     cluster.ServiceScope
	policies  []string
	schedules []cluster.ScheduledAction
	subnets   []string // ids of those in which its tasks get addresses of their own
	onDemand  bool     // its tasks may be on Fargate, and not on Fargate Spot alone
}

// rest starts what the scope asks for besides the service itself.
func (r *reading) rest(ctx context.Context, calls *errgroup.Group, v *view) {
	if v.scope.Tasks != cluster.NoTasks {
		calls.Go(func() error {
			v.Tasks = r.tasks(ctx, v)
			return nil
		})
	}
	if v.scope.Targets {
		for _, a := range v.Service.Attachments {
			r.startTargets(ctx, calls, a.TargetGroup)
		}
	}
	if v.scope.Scaling && v.scope.Policies {
		r.startPolicies(ctx, calls, v)
	}
	if v.scope.Subnets && len(v.subnets) > 0 {
		calls.Go(func() error {
			v.Subnets = r.subnets(ctx, v)
			return nil
		})
	}
	if v.scope.History {
		calls.Go(func() error {
			v.History, v.Revisions = r.history(ctx, v.Service.Key)
			return nil
		})
	}
	if v.scope.Definitions || v.scope.Images {
		calls.Go(func() error {
			r.definitionsAndImages(ctx, v)
			return nil
		})
	}
}

func (r *reading) gap(key cluster.ServiceKey, part cluster.Part, failed *failure) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.snapshot.Gaps = append(r.snapshot.Gaps, cluster.Gap{Service: key, Part: part, Permission: failed.permission, Err: *classify(failed.err)})
}

// finish puts everything into the order that a Snapshot promises.
func (r *reading) finish(views []*view) cluster.Snapshot {
	s := r.snapshot
	for _, v := range views {
		if v.Scaling != nil {
			v.Scaling.Policies, v.Scaling.Schedules = v.policies, v.schedules
		}
		s.Services = append(s.Services, v.ServiceView)
	}
	slices.SortFunc(s.Services, func(a, b cluster.ServiceView) int { return a.Service.Key.Compare(b.Service.Key) })
	slices.SortFunc(s.Instances, func(a, b cluster.InstanceView) int {
		return cmp.Or(cmp.Compare(a.Instance.Cluster, b.Instance.Cluster), cmp.Compare(a.Instance.ID, b.Instance.ID))
	})
	slices.SortFunc(s.Alarms, func(a, b cluster.Alarm) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Gaps, func(a, b cluster.Gap) int {
		return cmp.Or(a.Service.Compare(b.Service), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Permission, b.Permission))
	})
	s.Gaps = slices.CompactFunc(s.Gaps, func(a, b cluster.Gap) bool { return a.Service == b.Service && a.Part == b.Part })
	slices.SortFunc(s.Definitions, func(a, b cluster.NamedDefinition) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(s.Images, func(a, b cluster.Image) int { return cmp.Compare(a.Name, b.Name) })
	s.Images = slices.CompactFunc(s.Images, func(a, b cluster.Image) bool { return a.Name == b.Name })
	return s
}

// failure is a call that failed, with the IAM action that it takes.
type failure struct {
	permission string
	err        error
}

// gone tells whether the call failed because what it asked for is not there, or is no longer ACTIVE, as a service is whose deletion has ended.
func (f *failure) gone() bool {
	class := classify(f.err).Class
	return class == cluster.ClassNotFound || class == cluster.ClassState
}

// kept is a cache that never forgets.
type kept[T any] struct {
	mu     sync.Mutex
	values map[string]T
}

func newKept[T any]() *kept[T] { return &kept[T]{values: map[string]T{}} }

func (k *kept[T]) get(key string) (value T, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	value, ok = k.values[key]
	return value, ok
}

func (k *kept[T]) put(key string, value T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.values[key] = value
}
