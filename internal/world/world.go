package world

import (
	"encoding/json"
	"fmt"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/balancer"
	"handover/internal/world/draw"
	"handover/internal/world/function"
	"handover/internal/world/logs"
	"handover/internal/world/messaging"
	"handover/internal/world/metric"
	"handover/internal/world/placement"
	"handover/internal/world/profile"
	"handover/internal/world/scaling"
	"handover/internal/world/service"
	"handover/internal/world/workflow"
)

// Config is what a world begins with.
type Config struct {
	Seed    uint64
	Start   time.Time
	Profile profile.Profile
	Manual  bool        // the world leaves its orders to the caller, and the profile's durations of tasks and targets are not used
	Place   cluster.ARN // partition, Region and account; the other parts are not used
}

// World is ECS in one account and Region, with what it needs of the load balancers. Its state is data; see the package's doc for the contract.
type World struct {
	state  state
	tasks  map[string]*service.Task       // by id; an index, only where indexed
	places map[cluster.ServiceKey]int     // of Services, made anew where it is nil
	hosts  map[string]*placement.Instance // container instances by id, likewise
	exact  map[string]*definition         // revisions by ARN, likewise

	zoned   []string // see zones; made anew where it is nil
	indexed bool     // tasks is whole; else it is made anew when it is asked

	digests map[string]string // what images stand for, as far as it was asked; their names decide it

	keyed   keyed
	peeked  peeked
	scratch service.Scratch
	spare   spare
}

// state is the whole state of a World, as it is written as JSON.
type state struct {
	Now  time.Time `json:"now"`
	Seed uint64    `json:"seed"`
	// Salt tells the names that a loaded world gives from those that were read: they may be another world's of the same seed. 0: it was not loaded.
	Salt        uint64                `json:"salt,omitempty"`
	Profile     profile.Profile       `json:"profile"`
	Manual      bool                  `json:"manual,omitempty"`
	Place       cluster.ARN           `json:"place"`
	Clusters    []*clusterState       `json:"clusters,omitempty"`    // by name
	Deleted     []deletedCluster      `json:"deleted,omitempty"`     // clusters that are gone and still shown; oldest first
	Definitions []*definition         `json:"definitions,omitempty"` // by family and revision
	Services    []*service.Service    `json:"services,omitempty"`    // as they were created; a place never changes
	Instances   []*placement.Instance `json:"instances,omitempty"`   // as they were registered
	Fleet       fleet                 `json:"fleet"`
	Unheard     []Report              `json:"unheard,omitempty"` // of tasks whose instances' agents are disconnected
	// FargateQuota is how many CPU units tasks on Fargate may have at a time; 0: any number.
	FargateQuota int             `json:"fargateQuota,omitempty"`
	Quotas       Quotas          `json:"quotas,omitzero"`
	Short        []shortage      `json:"short,omitempty"`      // where Fargate has no capacity
	Launched     []launched      `json:"launched,omitempty"`   // of Fargate's capacity providers
	Throttled    time.Time       `json:"throttled,omitzero"`   // until when the calls that ECS makes for its services are
	Registered   int             `json:"registered,omitempty"` // container instances ever registered
	Balancer     balancer.Model  `json:"balancer"`
	Scaling      scaling.Model   `json:"scaling"`
	Metrics      metric.Model    `json:"metrics"`
	Minute       time.Time       `json:"minute,omitzero"` // when the metrics are looked at next; zero: there are none
	Messaging    messaging.Model `json:"messaging,omitzero"`
	Logs         logs.Model      `json:"logs,omitzero"`
	Function     function.Model  `json:"function,omitzero"`
	Workflow     workflow.Model  `json:"workflow,omitzero"`
	Rules        []cluster.Rule  `json:"rules,omitempty"`    // by name
	Emitted      int             `json:"emitted,omitempty"`  // events ever put on the bus
	Raised       []string        `json:"raised,omitempty"`   // alarms in ALARM, by name
	Alarms       []cluster.Alarm `json:"alarms,omitempty"`   // those that were set, by name
	Tagged       []tagged        `json:"tagged,omitempty"`   // by ARN
	Declared     []Object        `json:"declared,omitempty"` // by ARN
	Numbered     int             `json:"numbered,omitempty"` // declared objects that were ever given an id
	Awake        int             `json:"awake"`              // services that are to be looked at
	Queue        queue           `json:"queue,omitempty"`
	Planned      uint64          `json:"planned"` // entries ever put into the queue
	Orders       []Order         `json:"orders,omitempty"`
}

type clusterState struct {
	Name    string                `json:"name"`
	Status  cluster.ServiceStatus `json:"status"`
	Room    int                   `json:"room"`             // how many tasks its instances hold where they are not modelled one by one; -1: no limit
	Hosted  bool                  `json:"hosted,omitempty"` // it has, or had, container instances
	Members json.RawMessage       `json:"members,omitempty"`
}

// deletedCluster is a cluster that ECS still shows, as INACTIVE.
type deletedCluster struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

type definition struct {
	cluster.TaskDefinition
	Active     bool            `json:"active"`
	Deleting   bool            `json:"deleting,omitempty"`
	InactiveAt time.Time       `json:"inactiveAt,omitzero"` // it was deregistered then
	Behaviour  Behaviour       `json:"behaviour,omitzero"`
	Members    json.RawMessage `json:"members,omitempty"`
}

// Behaviour is how the tasks of a definition behave where that differs from the profile; zero members leave it to the profile.
type Behaviour struct {
	Start time.Duration `json:"start,omitempty"` // created → RUNNING
	Ready time.Duration `json:"ready,omitempty"` // RUNNING → passes health checks
	Exit  time.Duration `json:"exit,omitempty"`  // stop signal → exit
	Fault Fault         `json:"fault,omitempty"` // what is wrong with it
}

// Fault is what is wrong with the tasks of a definition.
type Fault string

// The faults.
const (
	NoFault        Fault = ""
	FaultImage     Fault = "image"     // the image cannot be pulled
	FaultSecret    Fault = "secret"    // secrets or registry cannot be reached
	FaultDenied    Fault = "denied"    // the execution role may not read a secret
	FaultExit      Fault = "exit"      // the application ends with code 1 soon after it runs, before it is ready where its definition does not say when it is
	FaultTarget    Fault = "target"    // the load balancer's health checks fail
	FaultContainer Fault = "container" // the container health checks fail
)

type tagged struct {
	ARN  string        `json:"arn"`
	Tags []cluster.Tag `json:"tags"` // by key
}

// New makes an empty world: without clusters, services or task definitions.
func New(c Config) *World {
	place := cluster.ARN{Partition: c.Place.Partition, Region: c.Place.Region, Account: c.Place.Account}
	return &World{state: state{Now: c.Start, Seed: c.Seed, Profile: c.Profile, Manual: c.Manual, Place: place}}
}

// Now is the time up to which the world has been advanced.
func (w *World) Now() time.Time { return w.state.Now }

// Place is where the world is: its partition, Region and account.
func (w *World) Place() cluster.ARN { return w.state.Place }

// Orders takes what the rules want done since the last call. A world that is not Manual answers its orders itself and has none here.
func (w *World) Orders() []Order {
	taken := w.state.Orders
	w.state.Orders = nil
	return taken
}

// AdvanceTo lets everything happen that is due up to and including a time. A time before Now does nothing.
func (w *World) AdvanceTo(now time.Time) {
	until := now.UnixNano()
	for len(w.state.Queue) > 0 && w.state.Queue[0].at <= until {
		var next *due
		next, w.state.Queue = w.state.Queue.take()
		if next.At.After(w.state.Now) {
			w.state.Now = next.At
		}
		w.happen(next)
		w.spare.dues = append(w.spare.dues, next)
	}
	if now.After(w.state.Now) {
		w.state.Now = now
	}
}

// Next is when something is due next; ok is false if nothing ever is.
func (w *World) Next() (at time.Time, ok bool) {
	if len(w.state.Queue) == 0 {
		return time.Time{}, false
	}
	return w.state.Queue[0].At, true
}

// Steady tells whether no service has anything left to do.
func (w *World) Steady() bool {
	return w.state.Awake == 0
}

func (w *World) happen(d *due) {
	switch d.Kind {
	case dueLook:
		if s := w.state.Services[d.Service]; s.LookAt.Equal(d.At) {
			w.look(d.Service)
		}
	case dueReport:
		w.take(&d.Report, d.task)
	case dueSignal:
		if t, ok := w.known(d.task, d.Task); ok && t.Last == cluster.Deactivating {
			w.signal(t)
		}
	case dueHeartbeat:
		w.heartbeat(d.Service, d.At)
	case dueForget:
		w.forget(d.Service, d.At)
	case dueForgetInstance:
		w.forgetInstance(d.Instance)
	case dueMachine:
		w.machineDue(*d.Fleet)
	case dueGroup:
		w.lookAtGroup(d.Fleet.Group, d.At)
	case dueHook:
		w.hookDue(*d.Fleet, d.At)
	case dueSchedule:
		w.groupScheduleDue(*d.Fleet, d.At)
	case dueReservation:
		w.measureReservation(d.Fleet.Group, d.At)
	case dueScale:
		w.scale(d)
	case dueMinute:
		w.minute(d.At)
	case dueInvocation:
		w.invocationDue(d.ID, d.At)
	case dueMapping:
		w.lookAtQueue(d.ID, d.At)
	case dueExecution:
		w.executionDue(d.ID, d.At)
	}
}

// plan puts something into the queue.
func (w *World) plan(d due) {
	entry := w.spare.due()
	*entry = d
	w.enter(entry)
}

// enter puts something into the queue that is in its own memory already.
func (w *World) enter(d *due) {
	w.state.Planned++
	d.Order = w.state.Planned
	w.state.Queue = w.state.Queue.add(d)
}

// wake has a service looked at, after a time and unless it is looked at sooner.
func (w *World) wake(place int, after time.Duration) {
	s := w.state.Services[place]
	at := w.state.Now.Add(after)
	if !s.LookAt.IsZero() && !s.LookAt.After(at) {
		return
	}
	w.sleep(s)
	s.LookAt = at
	w.state.Awake++
	w.plan(due{At: at, Kind: dueLook, Service: place})
}

// sleep takes back the look at a service that was due next.
func (w *World) sleep(s *service.Service) {
	if !s.LookAt.IsZero() {
		s.LookAt = time.Time{}
		w.state.Awake--
	}
}

func (w *World) task(id string) (found *service.Task, ok bool) {
	if !w.indexed {
		w.index()
	}
	found, ok = w.tasks[id]
	return found, ok
}

// known is a task that may be at hand already. One that is STOPPED may have been forgotten meanwhile, so it is looked for.
func (w *World) known(t *service.Task, id string) (found *service.Task, ok bool) {
	if t != nil && !t.Gone() {
		return t, true
	}
	return w.task(id)
}

// index makes the index of tasks anew.
func (w *World) index() {
	if w.tasks == nil {
		w.tasks = map[string]*service.Task{}
	}
	clear(w.tasks)
	w.indexed = true
	for _, s := range w.state.Services {
		for _, t := range s.Tasks {
			w.tasks[t.ID] = t
		}
	}
}

func (w *World) service(key cluster.ServiceKey) (found *service.Service, ok bool) {
	if key.Service == "" {
		return nil, false // where the tasks are kept that belong to no service
	}
	if w.places == nil {
		w.places = make(map[cluster.ServiceKey]int, len(w.state.Services))
		for i, s := range w.state.Services {
			w.places[s.Key] = i // the newest of a name: one that was deleted may have been created again
		}
	}
	place, ok := w.places[key]
	if !ok {
		return nil, false
	}
	return w.state.Services[place], true
}

// add adds a service at its place.
func (w *World) add(s *service.Service) {
	w.state.Services = append(w.state.Services, s)
	if w.places != nil {
		w.places[s.Key] = s.Place
	}
}

// draw gives a duration of the profile for an object and a purpose.
func (w *World) draw(s profile.Span, object, purpose string) time.Duration {
	return w.drawFor(s, draw.Of(object), purpose)
}

func (w *World) drawFor(s profile.Span, object draw.Key, purpose string) time.Duration {
	if !w.state.Profile.Jitter {
		return s.Median
	}
	return s.At(object.Fraction(w.state.Seed, purpose))
}

// drawNth gives the duration of the nth time that an object draws for a purpose.
func (w *World) drawNth(s profile.Span, object draw.Key, purpose string, n int) time.Duration {
	if !w.state.Profile.Jitter {
		return s.Median
	}
	return s.At(object.Series(purpose).Fraction(w.state.Seed, n))
}

// untilLook is how long the scheduler takes to come to a service again.
func (w *World) untilLook(s *service.Service) time.Duration {
	return w.drawNth(w.state.Profile.Look, s.Luck(), "look", s.Looks)
}

// kind is the draw.Key of a deployment. That of the one which was asked for last is at hand: it is asked for several times for each of its tasks.
func (w *World) kind(deployment string) draw.Key {
	if deployment != w.keyed.deployment || w.keyed.key == 0 {
		w.keyed = keyed{deployment, draw.Of(deployment)}
	}
	return w.keyed.key
}

type keyed struct {
	deployment string
	key        draw.Key
}

// together gives a duration of a task that it mostly shares with others of a kind: tasks of one image that start or end at one time behave much alike. Nine
// of ten take the draw that is theirs in common, and the tenth differs from it, by a third of what services differ by; a mean of two draws would be alike, too, but less spread than what
// was measured. Two tasks that were started at one look were registered at one look in 9 of 10 recordings (F2, AG10, M, AL; not F1), five were in two (L), 10 s apart; so were three in three
// other services, 11, 13 and 20 s apart.
//
// Pulls of 2.5, 9 and 52 s, 20 s in common, and a draw of 39 s of its own: 20 + (39-9) / 3 = 30 s.
func (w *World) together(s profile.Span, kind, task draw.Key, purpose string) time.Duration {
	if !w.state.Profile.Jitter {
		return s.Median
	}
	shared := s.At(kind.Fraction(w.state.Seed, purpose))
	if task.Fraction(w.state.Seed, purpose) < 0.1 {
		own := s.At(task.And(" of its own").Fraction(w.state.Seed, purpose))
		return max(s.Low, shared+(own-s.Median)/3)
	}
	return shared
}

func (w *World) arn(of, resource string) string {
	arn := w.state.Place.With(resource)
	arn.Service = of
	return arn.String()
}

// naming is the seed of the ids of what is new.
func (w *World) naming() uint64 { return w.state.Seed ^ w.state.Salt }

// Reseed gives the world other luck from now on. What is under way already keeps the times that were drawn for it.
func (w *World) Reseed(seed uint64) { w.state.Seed = seed }

// MarshalJSON writes the whole state.
func (w *World) MarshalJSON() ([]byte, error) { return json.Marshal(w.state) }

// UnmarshalJSON replaces the world by what MarshalJSON wrote.
func (w *World) UnmarshalJSON(text []byte) error {
	var s state
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("reading a world: %w", err)
	}
	w.state, w.tasks, w.indexed, w.places, w.hosts, w.exact, w.zoned = s, nil, false, nil, nil, nil, nil // and none of the memory of what was there is used again
	return nil
}
