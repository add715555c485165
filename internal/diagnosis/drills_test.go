package diagnosis

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"handover/internal/cluster"
)

// seen is what is seen in a drill.
func seen(all ...func(*sight)) []func(*sight) { return all }

// saidAt is one service event.
func saidAt(ago time.Duration, text string) func(*sight) {
	return func(s *sight) {
		s.view.Service.Events = append(s.view.Service.Events, cluster.Event{At: s.at.Add(-ago), Message: text})
	}
}

// steady are tasks of a deployment that has been complete for a day, all healthy.
func steady(n int) func(*sight) {
	return func(s *sight) {
		v := &s.view.Service
		v.Desired, v.Running = n, n
		v.Deployments[0].Rollout, v.Deployments[0].Desired, v.Deployments[0].Running = cluster.RolloutCompleted, n, n
		v.Deployments[0].CreatedAt = s.at.Add(-24 * time.Hour)
		for range n {
			t := s.task(23 * time.Hour)
			t.StartedAt = t.CreatedAt.Add(time.Minute)
			if len(s.view.TargetGroups) > 0 {
				s.view.Targets = append(s.view.Targets, cluster.Target{Group: webGroup, ID: t.Address, Port: 80, State: cluster.TargetHealthy})
			}
		}
	}
}

// group gives the service a target group with the usual check, changed as f says.
func group(f func(*cluster.TargetGroup)) func(*sight) {
	return func(s *sight) {
		s.view.Service.Attachments = []cluster.Attachment{{TargetGroup: webGroup, Container: "app", Port: 80}}
		if len(s.view.TargetGroups) == 0 {
			s.view.TargetGroups = []cluster.TargetGroup{{ARN: webGroup, Name: "web", DrainDelay: 300 * time.Second, CheckInterval: 30 * time.Second, HealthyThreshold: 5, UnhealthyThreshold: 2, Protocol: "HTTP", Port: 80,
				Check: cluster.Check{Protocol: "HTTP", Path: "/", Port: "traffic-port", Matcher: "200", Timeout: 5 * time.Second}}}
		}
		if f != nil {
			f(&s.view.TargetGroups[0])
		}
	}
}

func desired(n int) func(*sight) {
	return func(s *sight) { s.view.Service.Desired = n; s.view.Service.Deployments[0].Desired = n }
}

func failedCount(n int) func(*sight) {
	return func(s *sight) { s.view.Service.Deployments[0].Failed = n }
}

// instances are container instances of two vCPUs, all free, changed as f says.
func instances(n int, f func(*cluster.Instance)) func(*sight) {
	return func(s *sight) {
		s.view.Service.Launch = cluster.EC2
		s.all.Scope = s.all.Scope.Union(cluster.InstanceScope{Cluster: "default"}.Of())
		for i := range n {
			in := cluster.Instance{ID: fmt.Sprintf("3f4de1c5%024x", i), ARN: fmt.Sprintf("arn:aws:ecs:us-east-1:111122223333:container-instance/default/3f4de1c5%024x", i), Cluster: "default", EC2ID: fmt.Sprintf("i-0%016x", i), Status: cluster.InstanceActive, Connected: true, Zone: "us-east-1a",
				Registered: cluster.Resources{CPU: 2048, Memory: 3886}, Remaining: cluster.Resources{CPU: 2048, Memory: 3886}, Agent: "1.99.0", RegisteredAt: s.at.Add(-72 * time.Hour)}
			if f != nil {
				f(&in)
			}
			s.all.Instances = append(s.all.Instances, cluster.InstanceView{Instance: in})
		}
	}
}

// define is the definition of the deployment's tasks.
func define(f func(*cluster.TaskDefinition)) func(*sight) {
	return func(s *sight) {
		d := cluster.TaskDefinition{ARN: "api:2", Family: "api", Revision: 2, Network: "awsvpc", CPU: 512, Memory: 1024, Containers: []cluster.ContainerDefinition{{Name: "app", Image: "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:2", Essential: true}}}
		if f != nil {
			f(&d)
		}
		s.view.Definitions = append(s.view.Definitions, d)
	}
}

// started are tasks of the deployment that run.
func started(n int, ago time.Duration, f func(*sight, *cluster.Task)) func(*sight) {
	return func(s *sight) {
		for range n {
			t := s.task(ago)
			t.StartedAt = t.CreatedAt.Add(30 * time.Second)
			t.PullStartedAt, t.PullStoppedAt = t.CreatedAt.Add(10*time.Second), t.CreatedAt.Add(20*time.Second)
			if f != nil {
				f(s, t)
			}
			if t.Last == cluster.Running {
				s.view.Service.Running++
				s.view.Service.Deployments[0].Running++
			}
		}
	}
}

// pendingTasks are tasks of the deployment that do not run yet.
func pendingTasks(n int, ago time.Duration, last cluster.TaskStatus, f func(*sight, *cluster.Task)) func(*sight) {
	return func(s *sight) {
		for range n {
			t := s.task(ago)
			t.Last = last
			s.view.Service.Pending++
			s.view.Service.Deployments[0].Pending++
			if f != nil {
				f(s, t)
			}
		}
	}
}

// target is a task's target.
func target(state cluster.TargetState, reason, desc string) func(*sight, *cluster.Task) {
	return func(s *sight, t *cluster.Task) {
		s.view.Targets = append(s.view.Targets, cluster.Target{Group: webGroup, ID: t.Address, Port: 80, State: state, Reason: reason, Description: desc})
	}
}

func service(f func(*cluster.Service)) func(*sight) { return func(s *sight) { f(&s.view.Service) } }

// TestDrills holds the first cause and the state that somebody who knows ECS would tell. Of the first 177, 140 were right before anything was put right for
// them; of the last 28, 25 then, and all when they were written.
func TestDrills(t *testing.T) {
	for _, r := range drills() {
		t.Run(r.from, func(t *testing.T) {
			all := r.look()
			d, ok := Of(all, all.Services[0].Service.Key, Options{})
			if !ok {
				t.Fatal("no diagnosis")
			}
			first := Cause{}
			if len(d.Causes) > 0 {
				first = d.Causes[0]
			}
			if first.Code != r.cause || d.State != r.state && r.state != "" {
				t.Errorf("want %s, %s; got %s, %s (%s): %s", r.state, r.cause, d.State, first.Code, first.Certainty, d.Summary)
			}
		})
	}
}

// TestRemediesNameTheirObject has what is known put into commands: nobody has to look it up.
func TestRemediesNameTheirObject(t *testing.T) {
	logs := func(d *cluster.TaskDefinition) { d.Containers[0].Logs = &cluster.Logs{Group: "/ecs/api"} }
	for _, c := range []struct {
		command string
		seen    []func(*sight)
	}{
		{"aws logs create-log-group --log-group-name /ecs/api", seen(define(logs), unstarted(2, "ResourceInitializationError: failed to validate logger args: ResourceNotFoundException: The specified log group does not exist."))},
		{"aws ecs describe-capacity-providers --capacity-providers cp1", seen(waiting(2))},
		{"aws elbv2 modify-target-group --target-group-arn " + webGroup + " --health-check-path PATH",
			seen(group(nil), started(1, 13*time.Minute, target(cluster.TargetUnhealthy, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]")))},
	} {
		all := report{seen: c.seen}.look()
		d, _ := Of(all, all.Services[0].Service.Key, Options{})
		if len(d.Causes) == 0 || len(d.Causes[0].Remedies) == 0 || d.Causes[0].Remedies[0].Command != c.command {
			t.Errorf("want %s; got %+v", c.command, d.Causes)
		}
	}
}

// TestEachAdviceIsGiven finds no advice that no service is given.
func TestEachAdviceIsGiven(t *testing.T) {
	var given []string
	for _, r := range slices.Concat(drills(), reports()) {
		all := r.look()
		d, _ := Of(all, all.Services[0].Service.Key, Options{})
		for _, c := range d.Causes {
			for _, m := range c.Remedies {
				given = append(given, m.Text)
			}
		}
	}
	for _, a := range advices() {
		if !slices.Contains(given, a.fix) {
			t.Errorf("nobody is told: %s: %s", a.code, a.fix)
		}
	}
}
