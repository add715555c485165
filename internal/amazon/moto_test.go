package amazon

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"handover/internal/cluster"
)

// moto starts moto_server, an emulator that others have written, and gives its URL. It knows the shapes of AWS and little of its behaviour.
func moto(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("moto_server")
	if err != nil && os.Getenv("HANDOVER_REQUIRE_MOTO") != "1" {
		t.Skip("moto_server is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().(*net.TCPAddr)
	_ = listener.Close()
	command := exec.Command(program, "-H", "127.0.0.1", "-p", fmt.Sprint(address.Port))
	command.Env = append(os.Environ(), "MOTO_EC2_LOAD_DEFAULT_AMIS=false")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	for range 300 {
		connection, err := net.Dial("tcp", address.String())
		if err == nil {
			_ = connection.Close()
			return "http://" + address.String()
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("moto_server did not come up within 30 s")
	return ""
}

func TestOverMoto(t *testing.T) {
	o := fakeOptions(nil)
	o.EndpointURL, o.Region = moto(t), "us-east-1"
	p := openOn(t, o)
	if p.account.Caller.Account == "" || p.account.Caller.Partition != "aws" {
		t.Errorf("got %+v", p.account.Caller)
	}
	target, err := p.account.elb.CreateTargetGroup(t.Context(), &elb.CreateTargetGroupInput{Name: aws.String("api"), Protocol: "HTTP", Port: aws.Int32(80), VpcId: aws.String(motoVPC(t, o.EndpointURL)), TargetType: "ip"})
	if err != nil {
		t.Fatal(err)
	}
	arn := aws.ToString(target.TargetGroups[0].TargetGroupArn)
	var actions []cluster.Action
	actions = append(actions, cluster.CreateCluster{Cluster: "prod"},
		cluster.RegisterTaskDefinition{Family: "api", Containers: []cluster.ContainerDefinition{{Name: "web", Image: "nginx:1", Essential: true}}, Members: json.RawMessage(`{"containerDefinitions":[{"memory":64}]}`)},
		cluster.RegisterTarget{Group: arn, ID: "10.0.0.9", Port: 80})
	var scope cluster.Scope
	for n := range 12 {
		key := cluster.ServiceKey{Cluster: "prod", Service: fmt.Sprintf("api-%02d", n)}
		actions = append(actions, cluster.CreateService{Service: key, Definition: "api:1", Desired: 2, Attachments: []cluster.Attachment{{TargetGroup: arn, Container: "web", Port: 80}}})
		scope = scope.Union(cluster.ServiceScope{Service: key, Tasks: cluster.AllTasks, Targets: true, Definitions: true}.Of())
	}
	scope = scope.Union(cluster.ServiceScope{Service: cluster.ServiceKey{Cluster: "prod", Service: "missing"}, Tasks: cluster.AllTasks}.Of()).
		Union(cluster.ServiceScope{Service: cluster.ServiceKey{Cluster: "nowhere", Service: "api"}}.Of())
	for i, outcome := range p.Apply(t.Context(), actions) {
		if outcome.Result != cluster.Done {
			t.Fatalf("%s: %+v %v", actions[i].Kind(), outcome, outcome.Err)
		}
	}
	s := observe(t, p, scope)
	if len(s.Services) != 12 || len(s.Gaps) != 0 {
		t.Fatalf("want 12 services and no gap, got %d and %+v", len(s.Services), s.Gaps)
	}
	v := s.Services[0]
	if v.Service.Desired != 2 || len(v.Definitions) != 1 || v.Definitions[0].Containers[0].Image != "nginx:1" || len(v.Targets) != 1 || len(v.TargetGroups) != 1 ||
		v.TargetGroups[0].DrainDelay != 300*time.Second || v.TargetGroups[0].CheckInterval != 30*time.Second {
		t.Errorf("got %+v", v)
	}
	motoRejections(t, p, v.Service)
}

func motoRejections(t *testing.T, p *Provider, s cluster.Service) {
	missing := cluster.ServiceKey{Cluster: "prod", Service: "missing"}
	if got := applyOne(t, p, cluster.UpdateService{Service: missing, Force: true}); got.Result != cluster.Rejected || got.Err.Class != cluster.ClassNotFound {
		t.Errorf("updating a missing service: %+v %v", got, got.Err)
	}
	if got := applyOne(t, p, cluster.TagResource{ARN: s.ARN, Tags: []cluster.Tag{{Key: "handover:id", Value: "x"}}}); got.Result != cluster.Done {
		t.Errorf("tagging: %+v %v", got, got.Err)
	}
	if v, _ := observe(t, p, cluster.ServiceScope{Service: s.Key}.Of()).Service(s.Key); len(v.Service.Tags) != 1 {
		t.Errorf("want the tag, got %+v", v.Service.Tags)
	}
}

// motoVPC asks for the default VPC in the Query protocol, since service/ec2 takes a minute to compile.
func motoVPC(t *testing.T, endpoint string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(url.Values{"Action": {"DescribeVpcs"}, "Version": {"2016-11-15"}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	found := regexp.MustCompile(`vpc-[0-9a-f]{8,}`).Find(text)
	if err != nil || found == nil {
		t.Fatalf("no VPC in %s (%v)", text, err)
	}
	return string(found)
}
