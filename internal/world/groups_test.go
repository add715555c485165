package world_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/internal/cluster"
	"handover/internal/world"
)

// grouped makes a world with a cluster and an Auto Scaling group of its instances.
func grouped(t fataler, desired int, hooks ...cluster.Hook) *world.World {
	w := world.New(world.Config{Seed: 3, Start: start, Profile: profileNamed("ec2-2026"), Place: place})
	for _, a := range []cluster.Action{
		cluster.CreateCluster{Cluster: "default"},
		cluster.CreateLaunchTemplate{Name: "hosts", Data: cluster.TemplateData{Image: "ami-1", Type: "t3.medium", UserData: "echo ECS_CLUSTER=default"}},
		cluster.CreateGroup{Group: cluster.Group{Name: "web", Max: 6, Desired: desired, Template: cluster.Template{Name: "hosts"}, Hooks: hooks,
			Tags: []cluster.GroupTag{{Tag: cluster.Tag{Key: "team", Value: "web"}, Propagate: true}, {Tag: cluster.Tag{Key: "own"}}}}},
	} {
		if _, err := w.Act(start, a); err != nil {
			t.Fatalf("making a group: %v", err)
		}
	}
	return w
}

// TestGroupsStayWithinTheirBounds: whatever is asked of a group, it never has more instances that count than its maximum, a protected instance goes only where it is named, and
// every instance of it is one of EC2's.
func TestGroupsStayWithinTheirBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := grouped(t, rapid.IntRange(0, 4).Draw(t, "desired"), cluster.Hook{Name: "drain", Transition: cluster.TransitionTerminating, Timeout: 5 * time.Minute})
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			named := disturbGroup(t, w)
			before := protectedOf(w)
			w.AdvanceTo(w.Now().Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "seconds")) * time.Second))
			checkGroup(t, w, before, named)
		}
		text, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		read, cloned, later := &world.World{}, w.Clone(), w.Now().Add(10*time.Minute)
		if err := json.Unmarshal(text, read); err != nil {
			t.Fatal(err)
		}
		for _, one := range []*world.World{read, cloned, w} {
			one.AdvanceTo(later)
		}
		want, _ := json.Marshal(w)
		for _, one := range []*world.World{read, cloned} {
			if got, _ := json.Marshal(one); string(got) != string(want) {
				t.Fatal("a copy goes on otherwise")
			}
		}
	})
}

// disturbGroup does one thing to a group, which may be refused, and tells which instance it named, if any.
func disturbGroup(t *rapid.T, w *world.World) (named string) {
	g := w.Groups()[0]
	if len(g.Instances) > 0 {
		named = g.Instances[rapid.IntRange(0, len(g.Instances)-1).Draw(t, "instance")].ID
	}
	var a cluster.Action
	switch rapid.IntRange(0, 8).Draw(t, "what") {
	case 0, 1:
		a = cluster.SetDesiredCapacity{Name: "web", Desired: rapid.IntRange(0, 6).Draw(t, "count")}
	case 2:
		a = cluster.TerminateGroupInstance{Instance: named, Decrement: rapid.Bool().Draw(t, "decrement")}
	case 3:
		a = cluster.CompleteLifecycleAction{HookedInstance: cluster.HookedInstance{Group: "web", Hook: "drain", Host: named}, Result: cluster.HookResult(cluster.Continue)}
	case 4:
		a = cluster.ProtectInstance{Name: "web", Instance: named, Protect: rapid.Bool().Draw(t, "protect")}
	case 5:
		a = cluster.SetStandby{Name: "web", Instance: named, Standby: rapid.Bool().Draw(t, "standby"), Decrement: rapid.Bool().Draw(t, "decrement")}
	case 6:
		a = cluster.TerminateMachine{ID: named}
	case 7:
		a = cluster.StartRefresh{Name: "web", Settings: cluster.RefreshSettings{MinHealthy: 50, MaxHealthy: rapid.SampledFrom([]int{100, 150}).Draw(t, "max"), Protected: "Ignore"}}
	default:
		a = cluster.RecordLifecycleHeartbeat{HookedInstance: cluster.HookedInstance{Group: "web", Hook: "drain", Host: named}}
	}
	_, _ = w.Act(w.Now(), a)
	return named
}

func protectedOf(w *world.World) (ids []string) {
	for _, i := range w.Groups()[0].Instances {
		if i.Protected && i.Lifecycle == cluster.LifecycleInService && i.Healthy {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

func checkGroup(t *rapid.T, w *world.World, protected []string, named string) {
	g := w.Groups()[0]
	counting := 0
	for _, i := range g.Instances {
		if i.Lifecycle == cluster.LifecycleInService || i.Lifecycle == cluster.LifecyclePending {
			counting++
		}
		if !slices.ContainsFunc(w.Machines(), func(m cluster.Machine) bool { return m.ID == i.ID && m.Group == "web" }) {
			t.Fatalf("%s of the group is none of EC2's", i.ID)
		}
		leaving := i.Lifecycle != cluster.LifecycleInService && i.Lifecycle != cluster.LifecycleStandby
		if slices.Contains(protected, i.ID) && i.ID != named && leaving {
			t.Fatalf("%s is protected, and is %s", i.ID, i.Lifecycle)
		}
	}
	if surge := 3; counting > g.Max+surge { // a refresh may have half as many again as are desired
		t.Fatalf("%d instances count, the maximum is %d", counting, g.Max)
	}
}

// TestTagsOfAGroupPropagate to the instances that it launches, where the tag says so. Source: API Reference, Tag.PropagateAtLaunch.
func TestTagsOfAGroupPropagate(t *testing.T) {
	w := grouped(t, 1)
	w.AdvanceTo(start.Add(5 * time.Minute))
	m := w.Machines()[0]
	got := w.Tags(m.ID)
	want := []cluster.Tag{{Key: "aws:autoscaling:groupName", Value: "web"}, {Key: "team", Value: "web"}}
	if !slices.Equal(got, want) || m.State != cluster.MachineRunning {
		t.Errorf("%+v has the tags %+v", m, got)
	}
	instances := w.Instances("default")
	if len(instances) != 1 || instances[0].EC2ID != m.ID || instances[0].Registered.CPU != 2048 || instances[0].Registered.Memory != 4096*95/100 {
		t.Errorf("the cluster has %+v", instances)
	}
	if kind, _ := instances[0].Attribute("ecs.instance-type"); kind != "t3.medium" {
		t.Errorf("its type is %q", kind)
	}
}

// TestALaunchTemplateHasVersions. Source: EC2 API Reference, CreateLaunchTemplateVersion.
func TestALaunchTemplateHasVersions(t *testing.T) {
	w := grouped(t, 0)
	act := func(a cluster.Action) string {
		answer, err := w.Act(w.Now(), a)
		if err != nil {
			return err.Error()
		}
		return answer.IDs[0]
	}
	hosts := cluster.Template{Name: "hosts"}
	if got := act(cluster.CreateLaunchTemplateVersion{Template: cluster.Template{Name: "hosts", Version: "1"}, Data: cluster.TemplateData{Image: "ami-2"}}); got != "2" {
		t.Fatal(got)
	}
	second, _ := w.LaunchTemplates()[0].Version("$Latest")
	if second.Data.Type != "t3.medium" || second.Data.Image != "ami-2" || w.LaunchTemplates()[0].Default != 1 {
		t.Errorf("version 2 is %+v", second)
	}
	if got := act(cluster.ModifyLaunchTemplate{Template: cluster.Template{Name: "hosts", Version: "2"}}); got != "2" || w.LaunchTemplates()[0].Default != 2 {
		t.Errorf("the default is %s", got)
	}
	if got := act(cluster.CreateLaunchTemplate{Name: "hosts"}); got != "InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use." {
		t.Error(got)
	}
	if got := act(cluster.ModifyLaunchTemplate{Template: cluster.Template{Name: "hosts", Version: "9"}}); got != "InvalidLaunchTemplateId.VersionNotFound: Could not find launch template version 9." {
		t.Error(got)
	}
	act(cluster.DeleteLaunchTemplate{Template: hosts})
	if got := act(cluster.RunMachine{Template: hosts}); got != "InvalidLaunchTemplateName.NotFoundException: The specified launch template, with template name hosts, does not exist." {
		t.Error(got)
	}
}

// TestHooksNotify a queue, directly and through a topic: first a test without an instance, then the instance that is held, with the token that completes its action.
// Source: EC2 Auto Scaling user guide, prepare-for-lifecycle-notifications.
func TestHooksNotify(t *testing.T) {
	w := grouped(t, 1)
	w.AdvanceTo(start.Add(5 * time.Minute))
	act := func(a cluster.Action) []string {
		answer, err := w.Act(w.Now(), a)
		if err != nil {
			t.Fatalf("%s: %v", a.Kind(), err)
		}
		return answer.IDs
	}
	queue := act(cluster.PutQueue{Queue: cluster.Queue{Name: "hooks", Visibility: time.Minute, Retention: 48 * time.Hour}})[0]
	topic := act(cluster.PutTopic{Topic: cluster.Topic{Name: "hooks"}})[0]
	act(cluster.PutSubscription{Subscription: cluster.Subscription{Topic: topic, Protocol: "sqs", Endpoint: queue, Raw: true}})
	act(cluster.PutHook{Name: "web", Hook: cluster.Hook{Name: "direct", Transition: cluster.TransitionTerminating, Target: queue, Metadata: "prod"}})
	act(cluster.PutHook{Name: "web", Hook: cluster.Hook{Name: "topic", Transition: cluster.TransitionTerminating, Target: topic}})
	act(cluster.PutHook{Name: "web", Hook: cluster.Hook{Name: "lost", Transition: cluster.TransitionTerminating, Target: queue + "-gone"}})
	id := w.Groups()[0].Instances[0].ID
	act(cluster.TerminateGroupInstance{Instance: id, Decrement: true})
	var tests int
	tokens := map[string]string{}
	for _, receipt := range act(cluster.ReceiveMessages{Queue: queue, Most: 10}) {
		m, _ := w.MessageAt(queue, receipt)
		var body struct {
			Event, LifecycleHookName, LifecycleActionToken, LifecycleTransition, NotificationMetadata string
			EC2InstanceID                                                                             string `json:"EC2InstanceId"`
			AccountID                                                                                 string `json:"AccountId"`
		}
		if err := json.Unmarshal([]byte(m.Body), &body); err != nil {
			t.Fatal(err)
		}
		switch {
		case body.Event == "autoscaling:TEST_NOTIFICATION":
			tests++
		case body.EC2InstanceID != id || body.LifecycleTransition != cluster.TransitionTerminating || body.AccountID != place.Account || (body.NotificationMetadata == "prod") != (body.LifecycleHookName == "direct"):
			t.Errorf("the message is %s", m.Body)
		default:
			tokens[body.LifecycleHookName] = body.LifecycleActionToken
		}
	}
	if tests != 2 || len(tokens) != 2 {
		t.Fatalf("%d tests and the actions %v", tests, tokens)
	}
	for _, hook := range []string{"direct", "topic"} {
		token := tokens[hook]
		act(cluster.CompleteLifecycleAction{HookedInstance: cluster.HookedInstance{Group: "web", Hook: hook, Token: token}, Result: cluster.Continue})
	}
	if state := w.Groups()[0].Instances[0].Lifecycle; state != cluster.LifecycleTerminatingWait {
		t.Errorf("with one action left it is %s", state)
	}
}
