package world_test

import (
	"encoding/json"
	"testing"

	"handover/internal/world"
	"handover/internal/world/profile"
)

// TestEveryQuestionHasTwoAnswers: each is a member of Variants, and seeds draw both of its answers.
func TestEveryQuestionHasTwoAnswers(t *testing.T) {
	p, _ := profile.Named("fargate-2026")
	for _, q := range profile.Questions() {
		member := func(v profile.Variants) string {
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			members := map[string]any{}
			if err := json.Unmarshal(text, &members); err != nil {
				t.Fatal(err)
			}
			value, err := json.Marshal(members[q.Name])
			if err != nil {
				t.Fatal(err)
			}
			return string(value)
		}
		if q.Source == "" || member(q.Answered(p.Variants, false)) == member(q.Answered(p.Variants, true)) {
			t.Errorf("%s (%s): both answers are the same", q.Name, q.Source)
		}
		seen := map[string]bool{}
		for seed := range uint64(50) {
			seen[member(world.DrawVariants(p.Variants, seed+1))] = true
		}
		if len(seen) != 2 {
			t.Errorf("%s: 50 seeds draw %d answers", q.Name, len(seen))
		}
	}
	if world.DrawVariants(p.Variants, 0) != p.Variants {
		t.Error("seed 0 changes the profile")
	}
}
