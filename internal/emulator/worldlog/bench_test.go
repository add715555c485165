package worldlog_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/worldlog"
	"handover/internal/world"
)

// BenchmarkRestart opens a log of 100,000 changes and lives through them: deployments, new desired counts, tags and stopped tasks of 50 services over two
// weeks. It is how long an emulator takes to be there again, once with nothing but the changes and once with a whole world
// after every 2,000, the last of them 1,998 changes before the end.
func BenchmarkRestart(b *testing.B) {
	for _, every := range []int{0, 2000} {
		b.Run(fmt.Sprintf("world-every-%d", every), func(b *testing.B) {
			name := filepath.Join(b.TempDir(), "world.log")
			long(b, name, 100_000, every)
			info, err := os.Stat(name)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				log, past := open(b, name)
				if past.Records < 100_000 {
					b.Fatalf("%d records", past.Records)
				}
				if err := log.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(info.Size())/1e6, "MB")
		})
	}
}

func long(b *testing.B, name string, changes, every int) {
	log, _ := open(b, name)
	w := seed(region)
	for n, at := 0, morning; n < changes; n, at = n+1, at.Add(12*time.Second) {
		w.AdvanceTo(at)
		act(b, log, w, at, change(w, n))
		if every > 0 && n%every == 1 {
			log.Append(worldlog.World{Region: region, World: w.Clone()})
		}
		if n%1000 == 0 {
			if err := log.Wait(log.Append(worldlog.Shown{At: at, Until: at, Machine: at})); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := log.Close(); err != nil {
		b.Fatal(err)
	}
}

// change is the nth thing that is done.
func change(w *world.World, n int) cluster.Action {
	key := cluster.ServiceKey{Cluster: "prod", Service: fmt.Sprint("api", n%50)}
	switch {
	case n == 0:
		return cluster.CreateCluster{Cluster: "prod"}
	case n == 1:
		return cluster.RegisterTaskDefinition{Family: "api", Containers: []cluster.ContainerDefinition{{Name: "app", Image: "api:1"}}}
	case n < 100:
		if n < 52 {
			return cluster.CreateService{Service: key, Definition: "api", Desired: 4, Launch: cluster.Fargate}
		}
	case n%10 == 0:
		if tasks := w.Tasks("prod"); len(tasks) > 0 {
			return cluster.StopTask{Cluster: "prod", Task: tasks[n%len(tasks)].ID}
		}
	case n%10 < 3:
		desired := 2 + n%5
		return cluster.UpdateService{Service: key, Desired: &desired}
	case n%10 < 6:
		return cluster.TagResource{ARN: "arn:aws:ecs:eu-west-1:123456789012:service/" + key.String(), Tags: []cluster.Tag{{Key: "n", Value: fmt.Sprint(n)}}}
	}
	return cluster.UpdateService{Service: key, Force: true}
}
