package journal_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/journal"
)

func TestWhatWasBegunIsKnownAgain(t *testing.T) {
	folder := t.TempDir()
	store, _ := journal.Where(func(name string) string { return map[string]string{"HANDOVER_STATE": folder}[name] })
	place := cluster.ARN{Partition: "aws", Service: "ecs", Region: "eu-west-1", Account: "123456789012", Resource: "service/prod/api"}
	key := cluster.ServiceKey{Cluster: "prod", Service: "api"}
	if _, ok, err := store.Begun(place, key); ok || err != nil {
		t.Fatalf("before anything was: %t, %v", ok, err)
	}
	b := journal.Begun{Version: journal.Version, At: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC), Operation: "restart", Options: map[string]string{"max-percent": "150"}, Deployment: "ecs-svc/1"}
	if err := store.Begin(place, key, b); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := store.Begun(place, key); !ok || err != nil || !reflect.DeepEqual(got, b) {
		t.Errorf("%+v, %t, %v", got, ok, err)
	}
	damaged := filepath.Join(folder, "reports", "123456789012", "eu-west-1", "prod", "api.begun.json")
	if err := os.WriteFile(damaged, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := store.Begun(place, key); ok || err != nil {
		t.Errorf("what is damaged: %t, %v", ok, err)
	}
	if _, _, err := store.Begun(place, cluster.ServiceKey{Cluster: "..", Service: "api"}); err == nil {
		t.Error("a name that leads elsewhere is taken")
	}
}
