package journal_test

import (
	"reflect"
	"testing"

	"handover/internal/cluster"
	"handover/internal/journal"
)

func TestRecords(t *testing.T) {
	folder := t.TempDir()
	store, _ := journal.Where(func(name string) string { return map[string]string{"HANDOVER_STATE": folder}[name] })
	tags := []cluster.Tag{{Key: "handover:id", Value: "a"}, {Key: "handover:held", Value: "b"}}
	for _, arn := range []string{"arn:aws:ecs:eu-west-1:123456789012:service/prod/api", "arn:aws-cn:ecs:cn-north-1:123456789012:service/api"} {
		if kept, err := store.Record(arn); err != nil || kept != nil {
			t.Errorf("before: %v, %v", kept, err)
		}
		if err := store.Keep(arn, tags); err != nil {
			t.Fatal(err)
		}
		if kept, err := store.Record(arn); err != nil || !reflect.DeepEqual(kept, tags) {
			t.Errorf("kept: %v, %v", kept, err)
		}
		if err := store.Keep(arn, nil); err != nil {
			t.Fatal(err)
		}
		if kept, err := store.Record(arn); err != nil || kept != nil {
			t.Errorf("after: %v, %v", kept, err)
		}
	}
	for _, arn := range []string{"api", "arn:aws:ecs:eu-west-1:123456789012:service/../../x", "arn:aws:ecs:eu-west-1::service/prod/api"} {
		if err := store.Keep(arn, tags); err == nil {
			t.Errorf("%q was taken", arn)
		}
	}
}
