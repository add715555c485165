package amazon

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"handover/internal/cluster"
)

var update = flag.Bool("update", false, "write the goldens anew; look at the difference and explain it in the commit")

// sample is the answer that AWS's own SDK tests itself with: every member of an operation is set.
func sample(t *testing.T, operation string) func(http.ResponseWriter, input) {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/ecs").Output()
	if err != nil {
		t.Fatalf("finding the SDK's module: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "response_snapshot", operation+".response.snap"))
	if err != nil {
		t.Fatalf("reading AWS's sample: %v", err)
	}
	_, body, ok := bytes.Cut(text, []byte("\n\n"))
	if !ok {
		t.Fatalf("AWS's sample of %s has another form than it had", operation)
	}
	named := strings.NewReplacer("__LastStatus__", "DEACTIVATING", "__DesiredStatus__", "STOPPED") // which are text in the API, but not any text
	return answer("%s", named.Replace(string(body)))
}

func TestAWSOwnSamples(t *testing.T) {
	f := newFake(t)
	for _, operation := range []string{"DescribeServices", "DescribeTasks", "DescribeTaskDefinition", "DescribeContainerInstances"} {
		f.handles[operation] = sample(t, operation)
	}
	f.handles["ListTasks"] = answer(`{"taskArns":["__TaskArn__"]}`)
	f.balancingSamples()
	f.header.Set("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
	o := fakeOptions(Into(f))
	o.Clock = &standing{}
	key := cluster.ServiceKey{Cluster: "prod", Service: "__ServiceName__"}
	s := observe(t, openOn(t, o), cluster.ServiceScope{Service: key, Tasks: cluster.AllTasks, Targets: true, Definitions: true, Images: true}.Of())
	got, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "samples.json")
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(append(got, '\n'), want) {
		t.Errorf("AWS's samples come out otherwise than in %s; see with -update and git diff:\n%s", golden, got)
	}
}

// balancingSamples answers for ELBv2, whose module has no samples of answers.
func (f *fake) balancingSamples() {
	f.handles["DescribeTargetHealth"] = answerXML(targetXML)
	f.handles["DescribeTargetGroups"] = answerXML(`<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member><TargetGroupName>sample</TargetGroupName></member></TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>`)
	f.handles["DescribeTargetGroupAttributes"] = answerXML(`<DescribeTargetGroupAttributesResponse><DescribeTargetGroupAttributesResult><Attributes/></DescribeTargetGroupAttributesResult></DescribeTargetGroupAttributesResponse>`)
}

// The SDK's samples of errors, all of which have a class of their own.
func TestAWSOwnErrors(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-sdk-go-v2/service/ecs").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "response_snapshot", "*.error.snap"))
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d samples of errors: %v", len(files), err)
	}
	meant := map[string]cluster.Class{}
	for _, file := range files {
		code := strings.TrimSuffix(filepath.Base(file), ".error.snap")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := bytes.Cut(text, []byte("\n\n"))
		f := newFake(t)
		f.handles["StopTask"] = func(w http.ResponseWriter, _ input) {
			w.Header().Set("X-Amzn-Errortype", code)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write(body)
		}
		got := applyOne(t, openFake(t, f), cluster.StopTask{Cluster: "prod", Task: "ab"})
		if got.Err == nil || got.Err.Code != code {
			t.Errorf("%s: got %+v %v", code, got, got.Err)
			continue
		}
		meant[code] = got.Err.Class
	}
	got, err := json.MarshalIndent(meant, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "errors.json")
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(append(got, '\n'), want) {
		t.Errorf("classes differ from %s (%v):\n%s", golden, err, got)
	}
}
