package api

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestEnumsAreFoundWhereverTheyAre(t *testing.T) {
	checked := enumsOf(reflect.TypeFor[ecs.CreateServiceInput](), map[reflect.Type]bool{})
	for name, c := range map[string]struct {
		in   ecs.CreateServiceInput
		want WrongEnum
	}{
		"none":     {in: ecs.CreateServiceInput{LaunchType: types.LaunchTypeEc2}},
		"a member": {in: ecs.CreateServiceInput{LaunchType: "MOON"}, want: WrongEnum{Member: "LaunchType", Value: "MOON"}},
		"beneath a pointer": {
			in:   ecs.CreateServiceInput{DeploymentController: &types.DeploymentController{Type: "ME"}},
			want: WrongEnum{Member: "Type", Value: "ME"},
		},
		"in a list": {
			in:   ecs.CreateServiceInput{PlacementConstraints: []types.PlacementConstraint{{Type: "memberOf"}, {Type: "x"}}},
			want: WrongEnum{Member: "Type", Value: "x"},
		},
	} {
		var got WrongEnum
		if all := checked.wrong(reflect.ValueOf(c.in)); len(all) > 0 {
			got = all[0]
		}
		if got.Member != c.want.Member || got.Value != c.want.Value || got.Value != "" && len(got.Allowed) == 0 {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// TestAllWrongEnumsAreTold: AWS's common check counts what it has found.
func TestAllWrongEnumsAreTold(t *testing.T) {
	checked := enumsOf(reflect.TypeFor[ecs.CreateServiceInput](), map[reflect.Type]bool{})
	all := checked.wrong(reflect.ValueOf(ecs.CreateServiceInput{PropagateTags: "ALL", SchedulingStrategy: "ONE"}))
	if len(all) != 2 {
		t.Fatalf("found %+v", all)
	}
	all[0].Also = all[1:]
	want := "2 validation errors detected: Value 'ALL' at 'propagateTags' failed to satisfy constraint: Member must satisfy enum value set: [TASK_DEFINITION, SERVICE, NONE]; " +
		"Value 'ONE' at 'schedulingStrategy' failed to satisfy constraint: Member must satisfy enum value set: [REPLICA, DAEMON]"
	if got := all[0].Constraint("propagateTags"); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}
