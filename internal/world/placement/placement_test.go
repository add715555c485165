package placement_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/internal/cluster"
	"handover/internal/world/placement"
)

func host(id, zone string, cpu, memory int) *placement.Instance {
	i := &placement.Instance{Instance: cluster.Instance{
		ID: id, ARN: "arn/" + id, Zone: zone, Status: cluster.InstanceActive, Connected: true, EC2ID: "i-" + id, Agent: "1.70.2",
		RegisteredAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Running: 3,
	}}
	i.Registered = cluster.Resources{CPU: cpu, Memory: memory, GPUs: []string{"g1", "g2"}, TCP: placement.ReservedPorts()}
	i.Remaining = i.Clone().Registered
	return i
}

func byName(instance string) uint64 {
	return uint64(instance[0])<<8 + uint64(instance[len(instance)-1])
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name     string
		strategy []cluster.PlacementStrategy
		group    map[string]int
		want     string
	}{
		{"the emptiest zone, then the emptiest instance", nil, map[string]int{"a1": 2, "a2": 1, "b1": 2}, "b1"},
		{"zones tie, then the emptiest instance", nil, map[string]int{"a1": 2, "a2": 1, "b1": 3}, "a2"},
		{"binpack by memory", []cluster.PlacementStrategy{{Type: cluster.Binpack, Field: "memory"}}, nil, "a2"},
		{"binpack by cpu", []cluster.PlacementStrategy{{Type: cluster.Binpack, Field: "cpu"}}, nil, "b1"},
		{"spread over instances", []cluster.PlacementStrategy{{Type: cluster.Spread, Field: "instanceId"}}, map[string]int{"a1": 1, "b1": 1}, "a2"},
		{"spread over an attribute that none has", []cluster.PlacementStrategy{{Type: cluster.Spread, Field: "attribute:rack"}}, map[string]int{"a1": 5}, "a1"},
		{"random is the rank", []cluster.PlacementStrategy{{Type: cluster.Random}}, map[string]int{"a1": 5}, "a1"},
	} {
		instances := []*placement.Instance{host("b1", "b", 512, 4096), host("a2", "a", 2048, 1024), host("a1", "a", 1024, 2048)}
		got, misfits := placement.Choose(instances, placement.Request{Needs: cluster.Needs{CPU: 256, Memory: 256}, Strategy: c.strategy, Group: c.group, Rank: byName})
		if got == nil || got.ID != c.want || len(misfits) > 0 {
			t.Errorf("%s: got %v, %v", c.name, got, misfits)
		}
	}
}

func TestMisfits(t *testing.T) {
	small, full, port, off, draining := host("1", "a", 100, 1000), host("2", "a", 1000, 100), host("3", "a", 1000, 1000), host("4", "a", 1000, 1000), host("5", "a", 1000, 1000)
	port.Remaining.TCP = append(port.Remaining.TCP, 8080)
	off.Connected, draining.Status = false, cluster.InstanceDraining
	needs := cluster.Needs{CPU: 200, Memory: 200, TCP: []int{8080}}
	got, misfits := placement.Choose([]*placement.Instance{small, full, port, off, draining}, placement.Request{Needs: needs, Rank: byName})
	want := []placement.Misfit{{"arn/1", "RESOURCE:CPU"}, {"arn/2", "RESOURCE:MEMORY"}, {"arn/3", "RESOURCE:PORTS"}, {"arn/4", "AGENT"}}
	if got != nil || !reflect.DeepEqual(misfits, want) {
		t.Errorf("got %v, %v", got, misfits)
	}
	reserved := placement.Request{Needs: cluster.Needs{CPU: 900}, Rank: byName, Reserved: map[string]cluster.Needs{"3": {CPU: 200}}}
	if got, _ := placement.Choose([]*placement.Instance{port}, reserved); got != nil {
		t.Error("a task took what is reserved for a daemon")
	}
}

// TestBooksBalance: what tasks take and give comes back whole, nothing is ever overdrawn, and no two tasks hold one port or GPU.
func TestBooksBalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := host("1", "a", 1000, 1000)
		before := i.Clone()
		held := map[string]cluster.Resources{}
		var order []string
		for n := range rapid.IntRange(1, 30).Draw(t, "steps") {
			if len(order) > 0 && rapid.Bool().Draw(t, "give") {
				at := rapid.IntRange(0, len(order)-1).Draw(t, "which")
				i.Give(held[order[at]])
				i.Leave(order[at])
				order = slices.Delete(order, at, at+1)
				continue
			}
			needs := cluster.Needs{CPU: rapid.IntRange(0, 400).Draw(t, "cpu"), Memory: rapid.IntRange(0, 400).Draw(t, "memory"), GPUs: rapid.IntRange(0, 1).Draw(t, "gpus")}
			if rapid.Bool().Draw(t, "port") {
				needs.TCP = []int{rapid.IntRange(22, 26).Draw(t, "number")}
			}
			if i.Lacks(needs) != "" {
				continue
			}
			id := fmt.Sprint(n)
			held[id] = i.Take(id, needs)
			order = append(order, id)
			ports := slices.Clone(i.Remaining.TCP)
			if i.Remaining.CPU < 0 || i.Remaining.Memory < 0 || len(slices.Compact(ports)) != len(i.Remaining.TCP) {
				t.Fatalf("overdrawn: %+v", i.Remaining)
			}
		}
		for _, id := range order {
			i.Give(held[id])
			i.Leave(id)
		}
		if !reflect.DeepEqual(i.Remaining, before.Remaining) && len(i.Remaining.UDP)+len(before.Remaining.UDP) > 0 || i.Remaining.CPU != before.Remaining.CPU ||
			i.Remaining.Memory != before.Remaining.Memory || !slices.Equal(i.Remaining.TCP, before.Remaining.TCP) || !slices.Equal(i.Remaining.GPUs, before.Remaining.GPUs) || len(i.Tasks) > 0 {
			t.Fatalf("ends as %+v, began as %+v", i.Remaining, before.Remaining)
		}
	})
}
