package expression_test

import (
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/expression"
)

// instance is one with three tasks.
func instance(attributes ...cluster.Attribute) cluster.Instance {
	return cluster.Instance{ID: "1", EC2ID: "i-1", Connected: true, Agent: "1.70.2", Running: 3, RegisteredAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Attributes: attributes}
}

func TestExpressions(t *testing.T) {
	i := instance(cluster.Attribute{Name: "ecs.instance-type", Value: "m5.large"}, cluster.Attribute{Name: "ssd"}, cluster.Attribute{Name: "stack", Value: "blue green"})
	groups := []string{"service:web", "family:job"}
	for text, want := range map[string]bool{
		"attribute:ecs.instance-type == m5.large":                           true,
		"attribute:ecs.instance-type equals m5.xlarge":                      false,
		"attribute:ecs.instance-type != t3.micro":                           true,
		"attribute:ecs.instance-type =~ m5.*":                               true,
		"attribute:ecs.instance-type !~ (m5|c5).*":                          false,
		"attribute:ecs.instance-type in [t3.micro, m5.large]":               true,
		"attribute:ecs.instance-type not_in [t3.micro,m5.large]":            false,
		"attribute:ssd exists":                                              true,
		"attribute:gpu exists":                                              false,
		"attribute:gpu !exists":                                             true,
		"attribute:stack == 'blue green'":                                   true,
		"not (task:group == service:web)":                                   false,
		"task:group == family:job":                                          true,
		"!(task:group =~ service:.*)":                                       false,
		"task:group == service:api or attribute:ssd exists":                 true,
		"(task:group == service:api) && attribute:ssd exists":               false,
		"ec2InstanceId in [i-1]":                                            true,
		"agentConnected == true and runningTasksCount >= 3":                 true,
		"runningTasksCount > 10":                                            false,
		"runningTasksCount<10":                                              true,
		"agentVersion < 1.100.0":                                            true,
		"registeredAt > 2025-12-31T00:00:00Z":                               true,
		"registeredAt greater_than 2026-12-31":                              false,
		"attribute:a exists or attribute:b exists and attribute:ssd exists": false,
	} {
		e, err := expression.Parse(text)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if got := e.Matches(i, groups); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	for _, text := range []string{
		"", "attribute:x", "attribute: == y", "attribute:x is y", "(attribute:x exists", "attribute:x in y", "attribute:x in []", "attribute:x in [a", "attribute:x == 'y", "zone == a",
		"attribute:x =~ [", "attribute:x exists attribute:y exists", "attribute:x ==", "attribute:x = y",
	} {
		if _, err := expression.Parse(text); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("attribute:a =~ (x|y) and not (task:group in [a,b]) or ec2InstanceId == 'i-1'")
	f.Fuzz(func(t *testing.T, text string) {
		if e, err := expression.Parse(text); err == nil {
			e.Matches(instance(), []string{"family:job"})
		}
	})
}
