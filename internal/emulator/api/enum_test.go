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
		got, any := checked.wrong(reflect.ValueOf(c.in))
		if any != (c.want.Value != "") || got.Member != c.want.Member || got.Value != c.want.Value || any && len(got.Allowed) == 0 {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
