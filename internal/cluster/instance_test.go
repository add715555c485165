package cluster

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestEveryActionOnInstancesComesBackFromJSON(t *testing.T) {
	for _, a := range []Action{
		RegisterContainerInstance{Cluster: "prod", EC2ID: "i-1", Resources: Resources{CPU: 1024, Memory: 900, GPUs: []string{"g"}, TCP: []int{22}}, Attributes: []Attribute{{"a", "b"}}},
		DeregisterContainerInstance{Cluster: "prod", Instance: "1", Force: true}, SetInstanceStatus{Cluster: "prod", Instance: "1", Status: InstanceDraining},
		PutAttribute{"prod", "1", Attribute{"a", "b"}}, DeleteAttribute{"prod", "1", Attribute{Name: "a"}},
		RunTask{Cluster: "prod", Definition: "job", Strategy: []PlacementStrategy{{Binpack, "memory"}}, Constraints: []PlacementConstraint{{Type: DistinctInstance}}, Members: json.RawMessage(`{}`)},
		StartTask{Cluster: "prod", Definition: "job", Instance: "1", StartedBy: "cron"},
		CompleteLifecycleAction{HookedInstance{Group: "g", Hook: "drain", Token: "t", Host: "i-1"}, Continue},
		RecordLifecycleHeartbeat{HookedInstance{Group: "g", Hook: "drain", Token: "t", Host: "i-1"}},
	} {
		text, err := EncodeAction(a)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeAction(text); err != nil || !reflect.DeepEqual(back, a) {
			t.Errorf("%s came back as %+v, %v", text, back, err)
		}
	}
}

func TestNeeds(t *testing.T) {
	ports := []PortMapping{{Container: 80, Host: 8080}, {Container: 53, Protocol: "udp"}}
	two := []ContainerDefinition{{CPU: 256, Memory: 512, Ports: ports}, {CPU: 10, Memory: 256, MemoryReservation: 128, GPUs: 1}}
	for _, c := range []struct {
		definition TaskDefinition
		want       Needs
	}{
		{TaskDefinition{Containers: two}, Needs{CPU: 266, Memory: 640, GPUs: 1, TCP: []int{8080}}},
		{TaskDefinition{Containers: two, Network: "host"}, Needs{CPU: 266, Memory: 640, GPUs: 1, TCP: []int{80}, UDP: []int{53}}},
		{TaskDefinition{Containers: two, Network: "awsvpc", CPU: 512, Memory: 1024}, Needs{CPU: 512, Memory: 1024, GPUs: 1}},
	} {
		if got := c.definition.Needs(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.definition.Network, got, c.want)
		}
	}
}

func TestInstanceScopesUnite(t *testing.T) {
	one := InstanceScope{Cluster: "prod", Instances: []string{"b"}, Tasks: RunningTasks}
	two := InstanceScope{Cluster: "prod", Instances: []string{"a", "b"}, Tasks: AllTasks}
	whole := InstanceScope{Cluster: "prod"}
	if got, want := one.Of().Union(two.Of()), (Scope{Instances: []InstanceScope{{Cluster: "prod", Instances: []string{"a", "b"}, Tasks: AllTasks}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got, want := two.Of().Union(whole.Of()), (Scope{Instances: []InstanceScope{{Cluster: "prod", Tasks: AllTasks}}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	s := Snapshot{Scope: whole.Of(), Instances: []InstanceView{{Instance: Instance{ID: "a", Cluster: "prod"}}, {Instance: Instance{ID: "b", Cluster: "prod"}}},
		Gaps: []Gap{{Service: ServiceKey{Cluster: "prod"}, Part: PartTasks}}}
	if cut := s.Only(one.Of()); len(cut.Instances) != 1 || cut.Instances[0].Instance.ID != "b" || len(cut.Gaps) != 1 {
		t.Errorf("cut to %+v", cut)
	}
	if _, ok := s.InstancesOf("test"); ok {
		t.Error("a cluster that was not asked for is taken for an empty one")
	}
}

func TestAHostIsFoundInAnyCluster(t *testing.T) {
	everywhere := InstanceScope{Hosts: []string{"i-1"}}
	s := Snapshot{Scope: everywhere.Of(), Instances: []InstanceView{{Instance: Instance{ID: "a", Cluster: "prod", EC2ID: "i-1"}}}}
	if v, found, ok := s.Host("i-1"); !found || !ok || v.Instance.Cluster != "prod" {
		t.Errorf("%+v, %v, %v", v, found, ok)
	}
	if _, found, ok := s.Host("i-2"); found || ok {
		t.Error("an instance that was not asked for is taken for none")
	}
	s.Instances = nil
	if _, found, ok := s.Host("i-1"); found || !ok {
		t.Error("an instance that is in no cluster is not taken for none")
	}
	s.Gaps = []Gap{{Service: ServiceKey{Cluster: "test"}, Part: PartInstances}}
	if _, _, ok := s.Host("i-1"); ok {
		t.Error("where a cluster could not be read, none says nothing")
	}
	if cut := (Snapshot{Scope: everywhere.Of(), Instances: []InstanceView{{Instance: Instance{ID: "a", Cluster: "prod", EC2ID: "i-1"}}}}).Only(everywhere.Of()); len(cut.Instances) != 1 {
		t.Errorf("cut to %+v", cut)
	}
}
