package journal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/forecast/measure"
)

var (
	place = cluster.ARN{Partition: "aws", Region: "eu-west-1", Account: "123456789012"}
	key   = cluster.ServiceKey{Cluster: "prod", Service: "api"}
	noon  = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
)

func store(t *testing.T) Store {
	s, ok := Where(func(name string) string { return map[string]string{"HANDOVER_STATE": t.TempDir()}[name] })
	if !ok {
		t.Fatal("there is no store")
	}
	return s
}

func TestReportsComeBackNewestFirst(t *testing.T) {
	s := store(t)
	if got, err := s.Reports(place, key); err != nil || len(got) > 0 {
		t.Fatalf("before the first report: %v, %v", got, err)
	}
	for i := range Kept + 3 {
		r := Report{At: noon.Add(time.Duration(i) * time.Hour), Operation: "restart", Took: time.Duration(i) * time.Second, Samples: measure.Samples{Exit: []time.Duration{time.Second}}}
		if err := s.Add(place, key, r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Reports(place, key)
	if err != nil || len(got) != Kept || got[0].Took != (Kept+2)*time.Second || got[Kept-1].Took != 3*time.Second || got[0].Samples.Exit[0] != time.Second {
		t.Fatalf("%+v, %v", got, err)
	}
	other := place
	other.Region = "eu-west-2"
	if got, err := s.Reports(other, key); err != nil || len(got) > 0 {
		t.Errorf("of another Region: %v, %v", got, err)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	s := store(t)
	if err := s.Add(place, key, Report{}); err != nil {
		t.Fatal(err)
	}
	err := filepath.Walk(s.folder, func(name string, info os.FileInfo, err error) error {
		if err == nil && name != s.folder && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s can be read by others: %s", name, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsDamagedIsLeftOut(t *testing.T) {
	s := store(t)
	if err := s.Add(place, key, Report{Took: time.Second}); err != nil {
		t.Fatal(err)
	}
	name, err := s.file(place, key)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := "not JSON\n" + strings.Replace(string(whole), `"version":1`, `"version":99`, 1) + string(whole) + `{"version":1,"took":`
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Reports(place, key); err != nil || len(got) != 1 || got[0].Took != time.Second {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNamesCannotLeaveTheFolder(t *testing.T) {
	s := store(t)
	for _, service := range []string{"../../etc", "a/b", ".."} {
		if err := s.Add(place, cluster.ServiceKey{Cluster: "prod", Service: service}, Report{}); err == nil {
			t.Errorf("%q was taken for the name of a file", service)
		}
	}
}

func TestWhere(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
		ok   bool
	}{
		{map[string]string{"HANDOVER_STATE": "/s", "XDG_STATE_HOME": "/x", "HOME": "/h"}, "/s", true},
		{map[string]string{"XDG_STATE_HOME": "/x", "HOME": "/h"}, "/x/handover", true},
		{map[string]string{"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/handover", true},
		{map[string]string{"HANDOVER_STATE": "off", "HOME": "/h"}, "", false},
		{nil, "", false},
	} {
		if got, ok := Where(func(name string) string { return c.env[name] }); got.folder != c.want || ok != c.ok {
			t.Errorf("%v: got %q, %v", c.env, got.folder, ok)
		}
	}
}
