package wire

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func valueService() *Service {
	s := NewService(Description{Name: "ecs", Protocol: AWSJSON11, Target: "T", LowerCamel: true})
	prepareECS(s)
	Handle(s, func(context.Context, *ecs.RegisterTaskDefinitionInput) (*ecs.RegisterTaskDefinitionOutput, error) {
		return nil, nil
	})
	return s
}

func TestEncodeAndDecodeValues(t *testing.T) {
	s := valueService()
	text, err := s.Encode(&ecs.RegisterTaskDefinitionInput{
		Family: aws.String("web"), EnableFaultInjection: aws.Bool(false),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Essential: aws.Bool(false),
			ResourceRequirements: []types.ResourceRequirement{{SharingStrategy: &types.SharingStrategyMemberNvidiaMps{}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	kept := types.TaskDefinition{RegisteredAt: aws.Time(time.Unix(1, 0))}
	if err := s.Decode(text, &kept); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	c := kept.ContainerDefinitions[0]
	_, union := c.ResourceRequirements[0].SharingStrategy.(*types.SharingStrategyMemberNvidiaMps)
	if *kept.Family != "web" || *kept.EnableFaultInjection || *c.Essential || !union || kept.RegisteredAt == nil {
		t.Errorf("%s became %+v", text, kept)
	}
}

func TestValuesThatCannotBeKept(t *testing.T) {
	s := valueService()
	if text, err := s.Encode(&ecs.CreateServiceInput{}); err == nil {
		t.Errorf("a type that no operation carries became %s", text)
	}
	if text, err := s.Encode("x"); err == nil {
		t.Errorf("a string became %s", text)
	}
	var d types.TaskDefinition
	for name, err := range map[string]error{
		"no pointer": s.Decode([]byte("{}"), d), "a nil pointer": s.Decode([]byte("{}"), (*types.TaskDefinition)(nil)),
		"no JSON": s.Decode([]byte("{"), &d), "a wrong type": s.Decode([]byte(`{"family":1}`), &d),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// TestStringsAnywhere puts each character of ASCII, and one beyond, at each place of a string, because strings are looked at eight bytes at once.
func TestStringsAnywhere(t *testing.T) {
	for c := range rune(utf8.RuneSelf + 1) {
		for at := range 20 {
			want := strings.Repeat("a", at) + string(c) + strings.Repeat("b", 19-at) + `"`
			text := appendJSONString(nil, want)
			var got string
			if err := json.Unmarshal(text, &got); err != nil || got != want {
				t.Errorf("%q is written as %s, which reads as %q, %v", want, text, got, err)
			}
		}
	}
}
