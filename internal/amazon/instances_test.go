package amazon

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"handover/internal/cluster"
)

// hosting answers for a cluster with so many container instances; task 1 runs on the first, task 2 drains on the second, and task 3 has none.
func (f *fake) hosting(instances int) {
	arn := func(n int) string { return fmt.Sprintf("%scontainer-instance/prod/%032d", arns, n) }
	f.handles["ListContainerInstances"] = func(w http.ResponseWriter, in input) {
		from := 0
		_, _ = fmt.Sscanf(in.text("nextToken"), "%d", &from)
		end, next := min(from+100, instances), ""
		if end < instances {
			next = fmt.Sprintf(`,"nextToken":"%d"`, end)
		}
		var list []string
		for n := from; n < end; n++ {
			list = append(list, fmt.Sprintf("%q", arn(n)))
		}
		answer(`{"containerInstanceArns":[%s]%s}`, strings.Join(list, ","), next)(w, in)
	}
	f.handles["DescribeContainerInstances"] = func(w http.ResponseWriter, in input) {
		wanted := in.list("containerInstances")
		if len(wanted) > 100 {
			f.t.Errorf("%d container instances in one call", len(wanted))
		}
		var list []string
		for _, text := range wanted {
			var n int
			_, _ = fmt.Sscanf(cluster.TaskID(text), "%d", &n)
			list = append(list, fmt.Sprintf(`{"containerInstanceArn":%q,"ec2InstanceId":"i-%d","status":"ACTIVE","agentConnected":true,"runningTasksCount":1,
				"registeredResources":[{"name":"CPU","type":"INTEGER","integerValue":2048},{"name":"PORTS","type":"STRINGSET","stringSetValue":["51678","22"]}],
				"remainingResources":[{"name":"CPU","type":"INTEGER","integerValue":1024},{"name":"MEMORY","type":"INTEGER","integerValue":512}],
				"attributes":[{"name":"ecs.availability-zone","value":"cn-north-1b"},{"name":"a"}],"versionInfo":{"agentVersion":"1.99.0"}}`, arn(n), n))
		}
		slices.Reverse(list)
		answer(`{"containerInstances":[%s],"failures":[]}`, strings.Join(list, ","))(w, in)
	}
	f.handles["ListTasks"] = func(w http.ResponseWriter, in input) {
		number := map[string]int{"RUNNING": 1, "STOPPED": 2}[in.text("desiredStatus")]
		answer(`{"taskArns":["%[1]stask/prod/%032[2]d","%[1]stask/prod/%032[3]d"]}`, arns, number, 3)(w, in)
	}
	on := func(n int) string { return fmt.Sprintf(`,"containerInstanceArn":%q`, arn(n)) }
	f.handles["DescribeTasks"] = answer(`{"tasks":[%s,%s,%s]}`, taskJSON(1, "RUNNING", on(0)), taskJSON(2, "STOPPED", on(1)), taskJSON(3, "RUNNING", ""))
}

func TestInstancesAreReadAHundredACall(t *testing.T) {
	f := newFake(t)
	f.hosting(250)
	s := observe(t, openFake(t, f), cluster.InstanceScope{Cluster: "prod", Tasks: cluster.AllTasks}.Of())
	views, ok := s.InstancesOf("prod")
	if !ok || len(views) != 250 || f.count("ListContainerInstances") != 3 || f.count("DescribeContainerInstances") != 3 || f.count("ListTasks") != 2 {
		t.Fatalf("%d instances, gaps %+v, calls %v", len(views), s.Gaps, f.calls)
	}
	i := views[0].Instance
	if i.EC2ID != "i-0" || i.Zone != "cn-north-1b" || i.Registered.CPU != 2048 || !slices.Equal(i.Registered.TCP, []int{22, 51678}) || i.Remaining.Memory != 512 || !i.Connected || i.Agent != "1.99.0" {
		t.Errorf("the first instance is %+v", i)
	}
	if len(views[0].Tasks) != 1 || len(views[1].Tasks) != 1 || views[1].Tasks[0].MeantToRun() || len(views[2].Tasks) != 0 {
		t.Errorf("tasks are %+v, %+v, %+v", views[0].Tasks, views[1].Tasks, views[2].Tasks)
	}
}

func TestFewInstancesAreAskedForTheirTasks(t *testing.T) {
	f := newFake(t)
	f.hosting(2)
	scope := cluster.InstanceScope{Cluster: "prod", Instances: []string{fmt.Sprintf("%032d", 0)}, Tasks: cluster.RunningTasks}.Of()
	s := observe(t, openFake(t, f), scope)
	if len(s.Instances) != 1 || len(s.Instances[0].Tasks) != 1 || f.count("ListContainerInstances") != 0 || f.count("ListTasks") != 1 {
		t.Errorf("%+v by %v", s.Instances, f.calls)
	}
}

func TestUnreadInstancesAreAGapAndNotNone(t *testing.T) {
	for operation, part := range map[string]cluster.Part{"ListContainerInstances": cluster.PartInstances, "DescribeContainerInstances": cluster.PartInstances, "ListTasks": cluster.PartTasks} {
		f := newFake(t)
		f.hosting(2)
		f.handles[operation] = answerError(400, "AccessDeniedException", "no")
		s := observe(t, openFake(t, f), cluster.InstanceScope{Cluster: "prod", Tasks: cluster.AllTasks}.Of())
		gap, ok := s.Gap(cluster.ServiceKey{Cluster: "prod"}, part)
		if !ok || gap.Permission != "ecs:"+operation {
			t.Errorf("%s: gaps %+v", operation, s.Gaps)
		}
		if _, read := s.InstancesOf("prod"); read != (part == cluster.PartTasks) {
			t.Errorf("%s: instances read: %t", operation, read)
		}
	}
	f := newFake(t)
	f.handles["ListContainerInstances"] = answerError(400, "ClusterNotFoundException", "Cluster not found.")
	if s := observe(t, openFake(t, f), cluster.InstanceScope{Cluster: "prod"}.Of()); len(s.Gaps) != 0 || len(s.Instances) != 0 {
		t.Errorf("a cluster that is not there: %+v", s)
	}
}

func TestAnInstanceThatAWSLeavesAloneIsRejected(t *testing.T) {
	f := newFake(t)
	f.handles["UpdateContainerInstancesState"] = answer(`{"containerInstances":[],"failures":[{"arn":"x","reason":"MISSING"}]}`)
	a := cluster.SetInstanceStatus{Cluster: "prod", Instance: "1", Status: cluster.InstanceDraining}
	outcomes := openFake(t, f).Apply(context.Background(), []cluster.Action{a})
	if outcomes[0].Result != cluster.Rejected || outcomes[0].Err.Class != cluster.ClassNotFound {
		t.Errorf("%+v", outcomes[0])
	}
}
