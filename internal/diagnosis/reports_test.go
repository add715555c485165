package diagnosis

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"handover/internal/cluster"
)

// report is a service as somebody saw it, in AWS's words, and what turned out to be the matter.
type report struct {
	from  string // a repository with the number of an issue or pull request, or the page
	cause Code
	also  []Code // what is true beside it
	state State  // empty: any
	seen  []func(*sight)
}

// sight is what was to be seen of a service whose deployment began a quarter of an hour ago.
type sight struct {
	at   time.Time
	view cluster.ServiceView
	all  *cluster.Snapshot
	next int // the number of the next task
}

const reported = "ecs-svc/2"

// said are service events, the newest first; the newest was 4 minutes ago.
func said(texts ...string) func(*sight) {
	return func(s *sight) {
		for i, text := range texts {
			s.view.Service.Events = append(s.view.Service.Events, cluster.Event{At: s.at.Add(-time.Duration(4+i) * time.Minute), Message: text})
		}
	}
}

func (s *sight) task(ago time.Duration) *cluster.Task {
	s.next++
	s.view.Tasks = append(s.view.Tasks, cluster.Task{ID: fmt.Sprintf("%032x", s.next), StartedBy: reported, Definition: "api:2", Last: cluster.Running, Desired: cluster.Running, CreatedAt: s.at.Add(-ago),
		Health: cluster.HealthUnknown, Launch: s.view.Service.Launch, Address: fmt.Sprintf("10.0.0.%d", s.next)})
	return &s.view.Tasks[len(s.view.Tasks)-1]
}

// box is a container of a task that ended.
type box struct {
	name   string
	exit   int // below 0: none
	reason string
}

// ended are tasks that stopped after they had run for a time, or had not run at all.
func ended(tasks int, code, reason string, lived time.Duration, boxes ...box) func(*sight) {
	return func(s *sight) {
		for i := range tasks {
			t := s.task(time.Duration(2+3*i)*time.Minute + lived + 30*time.Second)
			t.Last, t.Desired, t.StopCode, t.StoppedReason = cluster.Stopped, cluster.Stopped, code, reason
			t.StoppingAt = s.at.Add(-time.Duration(2+3*i) * time.Minute)
			t.StoppedAt = t.StoppingAt.Add(20 * time.Second)
			if lived > 0 {
				t.StartedAt = t.StoppingAt.Add(-lived)
			}
			for _, b := range boxes {
				c := cluster.Container{Name: b.name, Last: cluster.Stopped, Reason: b.reason}
				if b.exit >= 0 {
					c.ExitCode = &b.exit
				}
				t.Containers = append(t.Containers, c)
			}
		}
	}
}

func unstarted(tasks int, reason string, boxes ...box) func(*sight) {
	return ended(tasks, "TaskFailedToStart", reason, 0, boxes...)
}

func exits(tasks int, lived time.Duration, boxes ...box) func(*sight) {
	return ended(tasks, "EssentialContainerExited", "Essential container in task exited", lived, boxes...)
}

const webGroup = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/73e2d6bc24d8a067"

// balanced gives the service a target group with the usual check, and a task that runs with a target of this health.
func balanced(state cluster.TargetState, reason, description string) func(*sight) {
	return func(s *sight) {
		s.view.Service.Attachments = []cluster.Attachment{{TargetGroup: webGroup, Container: "app", Port: 80}}
		s.view.TargetGroups = []cluster.TargetGroup{{ARN: webGroup, Name: "web", DrainDelay: 300 * time.Second, CheckInterval: 30 * time.Second, HealthyThreshold: 5, UnhealthyThreshold: 2}}
		t := s.task(3 * time.Minute)
		t.StartedAt = t.CreatedAt.Add(30 * time.Second)
		s.view.Targets = append(s.view.Targets, cluster.Target{Group: webGroup, ID: t.Address, Port: 80, State: state, Reason: reason, Description: description})
	}
}

// unhealthyTasks are tasks that ECS stopped for the health checks of the load balancer.
func unhealthyTasks(tasks int, lived time.Duration) func(*sight) {
	return ended(tasks, "ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group "+webGroup+")", lived, box{"app", 137, ""})
}

func grace(d time.Duration) func(*sight) { return func(s *sight) { s.view.Service.GracePeriod = d } }

func bounds(desired, low, high int) func(*sight) {
	return func(s *sight) {
		s.view.Service.Desired, s.view.Service.Bounds = desired, cluster.Bounds{MinimumHealthyPercent: low, MaximumPercent: high}
		old(desired)(s)
	}
}

// old are tasks of the deployment before, which run.
func old(tasks int) func(*sight) {
	return func(s *sight) {
		for range tasks {
			t := s.task(48 * time.Hour)
			t.StartedBy, t.Definition, t.StartedAt = "ecs-svc/1", "api:1", t.CreatedAt.Add(time.Minute)
		}
		s.view.Service.Running = tasks
		s.view.Service.Deployments = append(s.view.Service.Deployments, cluster.Deployment{ID: "ecs-svc/1", Status: cluster.DeploymentActive, Definition: "api:1", Rollout: cluster.RolloutCompleted,
			Desired: tasks, Running: tasks, CreatedAt: s.at.Add(-48 * time.Hour)})
	}
}

func onEC2(s *sight) { s.view.Service.Launch = cluster.EC2 }

// waiting are tasks of a capacity provider that have been PROVISIONING for longer than any start takes.
func waiting(tasks int) func(*sight) {
	return func(s *sight) {
		s.view.Service.Launch, s.view.Service.Provider = "", "cp1"
		for range tasks {
			t := s.task(12 * time.Minute)
			t.Last, t.Launch, t.Address = cluster.Provisioning, "", ""
			s.view.Service.Pending++
		}
	}
}

func protectedOnes(tasks int) func(*sight) {
	return func(s *sight) {
		old(tasks)(s)
		for i := range s.view.Tasks {
			s.view.Tasks[i].ProtectedUntil = s.at.Add(2 * time.Hour)
		}
		t := s.task(10 * time.Minute)
		t.StartedAt = t.CreatedAt.Add(time.Minute)
		s.view.Service.Desired = 1
	}
}

func essentials(names ...string) func(*sight) {
	return func(s *sight) {
		d := cluster.TaskDefinition{ARN: "api:2", Family: "api", Revision: 2}
		for _, name := range names {
			d.Containers = append(d.Containers, cluster.ContainerDefinition{Name: name, Image: name + ":1", Essential: true})
		}
		s.view.Definitions = append(s.view.Definitions, d)
	}
}

// look is the snapshot of a report.
func (r report) look() cluster.Snapshot {
	key := cluster.ServiceKey{Cluster: "default", Service: "api"}
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	all := cluster.Snapshot{At: at, Scope: Scope(key).Of()}
	s := sight{at: at, all: &all, view: cluster.ServiceView{Service: cluster.Service{Key: key, Status: cluster.ServiceActive, Controller: cluster.ControllerECS, Launch: cluster.Fargate, Desired: 1,
		Definition: "api:2", Bounds: cluster.DefaultBounds(), Deployments: []cluster.Deployment{{ID: reported, Status: cluster.DeploymentPrimary, Definition: "api:2", Rollout: cluster.RolloutInProgress, Desired: 1,
			CreatedAt: at.Add(-15 * time.Minute)}}}}}
	for _, see := range r.seen {
		see(&s)
	}
	all.Services = []cluster.ServiceView{s.view}
	return all
}

// general are the codes that name no cause, or a whole field of them.
func general() []Code { return []Code{Unexplained, NoRoom, StartFailed, ResourceInit, RolloutFailed} }

// TestReports holds the diagnosis against what other people's trouble turned out to be. A wrong cause must never be told as certain; what is told as likely, or not at all, is counted:
//
//	go test ./internal/diagnosis -run TestReports -v
//
// What has been reached is held. Before anything was put right for them, 69 of the first 90 were right at the first place and 9 were wrong with certainty; of the further 18, which were looked
// for after that, 13 and 3. What is not right now cannot be told from what AWS shows: whether a registry denies or has nothing, which of two containers ended first, that a program that exits is
// for another architecture, and whether one that fails its checks would pass them later.
func TestReports(t *testing.T) {
	var right, behind, wrong, unknown int
	for _, r := range reports() {
		all := r.look()
		d, ok := Of(all, all.Services[0].Service.Key, Options{})
		if !ok {
			t.Fatalf("%s: no diagnosis", r.from)
		}
		at := slices.IndexFunc(d.Causes, func(c Cause) bool { return c.Code == r.cause })
		told := ""
		for _, c := range d.Causes {
			told += fmt.Sprintf(" %s (%s)", c.Code, c.Certainty)
			if c.Certainty == Certain && c.Code != r.cause && !slices.Contains(r.also, c.Code) && !attendant(c.Code) {
				t.Errorf("%s: it was %s, and %s is told as certain", r.from, r.cause, c.Code)
			}
		}
		switch {
		case at == 0:
			right++
			continue
		case at > 0:
			behind++
		case len(d.Causes) == 0 || slices.Contains(general(), d.Causes[0].Code):
			unknown++
		default:
			wrong++
		}
		t.Logf("%s: it was %s; told is%s, %s", r.from, r.cause, told, d.State)
	}
	t.Logf("%d reports: %d right at the first place, %d behind another cause, %d not explained, %d something else", len(reports()), right, behind, unknown, wrong)
	if right < 101 {
		t.Error("fewer are right at the first place than have been")
	}
}
