package world_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/world"
)

func emptyWorld() *world.World {
	return world.New(world.Config{Seed: 1, Start: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), Place: cluster.ARN{Partition: "aws", Region: "eu-west-1", Account: "123456789012"}})
}

func declare(t *testing.T, w *world.World, d cluster.Declare) string {
	t.Helper()
	answer, err := w.Act(w.Now(), d)
	if err != nil {
		t.Fatal(err)
	}
	return answer.IDs[0]
}

func arns(all []world.Object) string {
	var list []string
	for _, o := range all {
		list = append(list, o.ARN)
	}
	return strings.Join(list, " ")
}

func TestDeclaredObjectsAreOrderedReplacedAndGoWithTheirParent(t *testing.T) {
	w := emptyWorld()
	declare(t, w, cluster.Declare{ARN: "b", Type: "pole", Name: "B"})
	declare(t, w, cluster.Declare{ARN: "a", Type: "pole", Name: "A"})
	declare(t, w, cluster.Declare{ARN: "A/child", Type: "flag", Parent: "b"})
	declare(t, w, cluster.Declare{ARN: "A/grandchild", Type: "flag", Parent: "A/child"})
	declare(t, w, cluster.Declare{ARN: "z", Type: "flag", Parent: "a"})
	declare(t, w, cluster.Declare{ARN: "b", Type: "pole", Name: "B2", Members: json.RawMessage(`{"Height":3}`)})
	if got := arns(w.Declared("pole")); got != "a b" {
		t.Errorf("poles: %s", got)
	}
	if o, ok := w.DeclaredAt("b"); !ok || o.Name != "B2" || string(o.Members) != `{"Height":3}` {
		t.Errorf("b is %+v", o)
	}
	if got := arns(w.DeclaredBeneath("a", "flag")); got != "z" {
		t.Errorf("flags of a: %s", got)
	}
	if _, err := w.Act(w.Now(), cluster.TagResource{ARN: "A/child", Tags: []cluster.Tag{{Key: "k"}}}); err != nil {
		t.Fatal(err)
	}
	before := w.Clone()
	for range 2 { // the second time there is none, which is no error
		if _, err := w.Act(w.Now(), cluster.Retract{ARN: "b"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := arns(w.Declared("flag")); got != "z" || len(w.Tags("A/child")) != 0 {
		t.Errorf("after b is gone: flags %s, tags %v", got, w.Tags("A/child"))
	}
	if got := arns(before.Declared("flag")); got != "A/child A/grandchild z" {
		t.Errorf("the clone has the flags %s", got)
	}
}

func TestDeclaredObjectsGetIDsThatNoOtherHasHad(t *testing.T) {
	w := emptyWorld()
	seen := map[string]bool{}
	for range 3 {
		arn := declare(t, w, cluster.Declare{ARN: "arn:x/", Type: "x"})
		if seen[arn] || len(arn) != len("arn:x/")+16 {
			t.Errorf("id %s", arn)
		}
		seen[arn] = true
		if _, err := w.Act(w.Now(), cluster.Retract{ARN: arn}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDeclaredObjectsSurviveJSON(t *testing.T) {
	w := emptyWorld()
	declare(t, w, cluster.Declare{ARN: "arn:x/", Type: "x", Name: "n", Parent: "p", Members: json.RawMessage(`{"A":[1]}`)})
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	read := &world.World{}
	if err := json.Unmarshal(text, read); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read.Declared("x"), w.Declared("x")) {
		t.Errorf("got %+v, want %+v", read.Declared("x"), w.Declared("x"))
	}
	if a, b := declare(t, w, cluster.Declare{ARN: "arn:x/", Type: "x"}), declare(t, read, cluster.Declare{ARN: "arn:x/", Type: "x"}); a != b {
		t.Errorf("the world that was read goes on with %s, the other with %s", b, a)
	}
}

func TestDeclareIsReadAsItWasWritten(t *testing.T) {
	for _, want := range []cluster.Action{
		cluster.Declare{ARN: "a", Type: "t", Name: "n", Parent: "p", Members: json.RawMessage(`{"A":1}`)},
		cluster.Retract{ARN: "a"},
	} {
		text, err := cluster.EncodeAction(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := cluster.DecodeAction(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
}
