package diagnosis

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"handover/internal/cluster"
)

// TestTexts has wordings that AWS documents and that users have reported. Sources: developer guide, stopped-task-error-codes, task_cannot_pull_image, resource-initialization-error,
// service-event-messages-list; containers-roadmap, copilot-cli 2095 and 3104, amazon-ecs-agent; part 2 F.
func TestTexts(t *testing.T) {
	for _, c := range []struct {
		text string
		code Code
		sure Certainty
	}{
		{"CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref 111122223333.dkr.ecr.ap-southeast-1.amazonaws.com/web:latest: not found.", ImageMissing, Certain},
		{"CannotPullContainerError: API error (404): repository 111122223333.dkr.ecr.us-east-1.amazonaws.com/web not found", ImageMissing, Certain},
		{"CannotPullContainerError: Error response from daemon: manifest for web:1 not found: manifest unknown: Requested image not found", ImageMissing, Certain},
		{"CannotPullContainerError: inspect image has been retried 1 time(s): failed to resolve ref \"docker.io/library/web:1\": docker.io/library/web:1: not found", ImageMissing, Certain},
		{"CannotPullContainerError: Error response from daemon: pull access denied for web, repository does not exist or may require 'docker login': denied", ImageDenied, Likely},
		{"CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReaderSeeker: failed open: unexpected status code https://x/blobs/sha256:14012: 403 Forbidden", ImageDenied, Certain},
		{"CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReaderSeeker: failed open: unexpected status code", ImageUnpullable, Certain},
		{"CannotPullContainerError: API error (500): Get https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/: net/http: request canceled while waiting for connection", RegistryUnreachable, Likely},
		{"CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref docker.io/library/web:1: failed to do request: Head \"https://registry-1.docker.io/v2/library/web/manifests/1\": dial tcp 44.205.64.79:443: i/o timeout", RegistryUnreachable, Likely},
		{"CannotPullContainerError: inspect image has been retried 5 time(s): httpReaderSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/x: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.", RateLimited, Certain},
		{"CannotPullContainerError: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading", RateLimited, Certain},
		{"CannotPullContainerError: write /var/lib/docker/tmp/GetImageBlob111111111: no space left on device", DiskFull, Certain},
		{"CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'", ImagePlatform, Certain},

		{"ResourceInitializationError: unable to pull secrets or registry auth", SecretUnreadable, Likely},
		{"ResourceInitializationError: unable to pull secrets or registry auth: pull command failed: : signal: killed", SecretUnreadable, Likely},
		{"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:db from secrets manager: AccessDeniedException: User: x is not authorized to perform: secretsmanager:GetSecretValue", SecretDenied, Certain},
		{"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): ResourceNotFoundException: Secrets Manager can't find the specified secret.", SecretMissing, Certain},
		{"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /api/key", SecretMissing, Certain},
		{"ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: The task cannot pull secrets from AWS Systems Manager. There is a connection issue between the task and AWS Systems Manager Parameter Store. Check your task network configuration.", SecretUnreachable, Likely},
		{"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: RequestCanceled: request context canceled caused by: context deadline exceeded", SecretUnreachable, Likely},
		{"ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. operation error ECR: GetAuthorizationToken, exceeded maximum number of attempts, 3: dial tcp 13.53.180.123:443: i/o timeout", RegistryUnreachable, Likely},
		{"ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 1 time(s): AccessDeniedException: User is not authorized to perform: ecr:GetAuthorizationToken", ImageDenied, Certain},
		{"ResourceInitializationError: failed to download env files: file download command: non empty error stream: service call has been retried 5 time(s): RequestCanceled", EnvironmentFile, Certain},

		{"ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1", LogGroupMissing, Certain},
		{"ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration.: signal: killed", LogsUnreachable, Likely},
		{"ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException: User is not authorized to perform: logs:CreateLogGroup", LogsDenied, Certain},
		{"CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.", LogGroupMissing, Certain},
		{"ResourceInitializationError: failed to validate logger args: unable to get awslogs driver arguments: awslogs-region is required", LogsBroken, Certain},

		{"ECS was unable to assume the role 'arn:aws:iam::111122223333:role/task' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.", RoleUnusable, Certain},
		{"ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'", VolumeUnmountable, Certain},
		{"Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-1': InsufficientFreeAddressesInSubnet", SubnetFull, Certain},
		{"Unexpected EC2 error while attempting to tag the network interface: TagPolicyViolation", NetworkInterface, Likely},
		{"Timeout waiting for network interface provisioning to complete.", NetworkInterface, Likely},

		{"OutOfMemoryError: Container killed due to memory usage", OutOfMemory, Certain},
		{"CannotStartContainerError: Error response from daemon: failed to create task for container: OCI runtime create failed: exec: \"web\": executable file not found in $PATH: unknown", CommandMissing, Certain},
		{"CannotStartContainerError: exec /bin/web: exec format error", ExecFormat, Certain},
		{"CannotCreateContainerError: Error response from daemon: invalid mount config for type \"bind\"", ContainerCreate, Certain},
		{"DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s", RuntimeTimeout, Likely},
		{"Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/1)", TargetHealth, Certain},
		{"Task failed container health checks", ContainerHealth, Certain},
		{"Host EC2 (instance i-0123456789abcdef0) terminated.", InstanceLost, Certain},
		{"Your Spot Task was interrupted.", SpotInterrupted, Certain},
	} {
		m, ok := read(reasons(), c.text)
		if !ok || m.code != c.code || m.certainty != c.sure {
			t.Errorf("%s\n  is %s, %s; want %s, %s", c.text, m.code, m.certainty, c.code, c.sure)
		}
	}
}

// TestPlacements has the events that say why a task was not placed. Sources: developer guide, service-event-messages-list; reports of users; part 2 F.
// TestTargetsThatAreRefused: whom ECS may not register says so in an event, which a later registration overcomes.
func TestTargetsThatAreRefused(t *testing.T) {
	key := cluster.ServiceKey{Cluster: "default", Service: "api"}
	at := time.Date(2026, 1, 1, 0, 10, 0, 0, time.UTC)
	for text, want := range map[string]Code{
		"(service api) failed to register targets in (target-group arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/1) with (error The IP address '10.1.2.3' is not within a range of the VPC)": TargetsRefused,
		"(service api) failed to register targets in (target-group arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/1) with (error One or more target groups not found)":                        TargetGroupMissing,
	} {
		view := cluster.ServiceView{Service: cluster.Service{Key: key, Status: cluster.ServiceActive, Desired: 1, Definition: "api:2", Events: []cluster.Event{{At: at, Message: text}},
			Deployments: []cluster.Deployment{{ID: "ecs-svc/2", Status: cluster.DeploymentPrimary, Definition: "api:2", Rollout: cluster.RolloutInProgress, Desired: 1, CreatedAt: at.Add(-5 * time.Minute)}}}}
		d, ok := Of(cluster.Snapshot{At: at.Add(10 * time.Minute), Scope: Scope(key).Of(), Services: []cluster.ServiceView{view}}, key, Options{})
		if !ok || d.State != Stuck || len(d.Causes) == 0 || d.Causes[0].Code != want {
			t.Errorf("%s: %+v", text, d)
		}
	}
}

func TestPlacements(t *testing.T) {
	closest := "(service web) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 3f4de1c5) "
	for _, c := range []struct {
		text string
		code Code
	}{
		{closest + "has insufficient CPU units available. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.", NoCPU},
		{closest + "has insufficient memory available.", NoMemory},
		{closest + "is already using a port required by your task.", NoPort},
		{closest + "encountered error \"AGENT\".", AgentDisconnected},
		{closest + "doesn't have the agent connected.", AgentDisconnected},
		{closest + "is missing an attribute required by your task.", AttributeMissing},
		{closest + "encountered error \"MemberOf placement constraint unsatisfied.\".", ConstraintUnsatisfied},
		{closest + "encountered error \"RESOURCE:ENI\".", NoInterface},
		{"(service web) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster.", NoInstances},
		{"(service web) was unable to place a task because no container instance met all of its requirements.", NoRoom},
		{"(service web) was unable to reach steady state. Reason: No Container Instances were found in your capacity provider.", NoInstances},
		{"(service web) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone.", CapacityUnavailable},
		{"(service web) was unable to place a task. Reason: You’ve reached the limit on the number of vCPUs you can run concurrently", VCPUQuota},
		{"(service web) was unable to place a task. Reason: You've reached the limit on the number of tasks you can run concurrently", TaskQuota},
		{"(service web) was unable to place a task. Reason: The requested MEMORY configuration is above your limit.", SizeQuota},
		{"(service web) was unable to place a task. Reason: Internal error.", ZoneUnsupported},
		{"(service web) was unable to place a task. Reason: ResourceInitializationError: Unable to launch instance(s) for capacity provider spot. MaxSpotInstanceCountExceeded: Max spot instance count exceeded", ProviderCannotLaunch},
		{"(service web) was unable to place tasks in your cluster because the tasks provisioning capacity limit was exceeded.", ProvisioningLimit},
		{"(service web) was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref web:none: not found", ImageMissing},
		{"(service web) failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::111122223333:role/task' that was provided for this task.)", RoleUnusable},
		{"(service web) was unable to place a task. Reason: something that nobody has seen.", NoRoom},
	} {
		if m := meaningOfUnplaced(c.text, &cluster.ServiceView{Service: cluster.Service{Launch: cluster.EC2}}); m.code != c.code {
			t.Errorf("%s\n  is %s, want %s", c.text, m.code, c.code)
		}
	}
	for _, launch := range []cluster.Launch{cluster.EC2, cluster.Fargate} {
		m := meaningOfUnplaced("(service web) was unable to place a task. Reason: something that nobody has seen.", &cluster.ServiceView{Service: cluster.Service{Launch: launch}})
		if m.certainty == Certain || launch == cluster.Fargate && m.code == NoRoom {
			t.Errorf("an unknown text is %v on %s", m, launch)
		}
	}
}

func TestEveryCauseIsKnown(t *testing.T) {
	for _, table := range [][]wording{reasons(), placements()} {
		for _, w := range table {
			if f := facts(w.code); f.text == "" || f.fix == "" {
				t.Errorf("nothing is said of %s", w.code)
			}
		}
	}
}

var update = flag.Bool("update", false, "write the causes into docs/diagnose.md")

// TestDocs holds the table of causes in docs/diagnose.md against the catalogue.
func TestDocs(t *testing.T) {
	const file, begin, end = "../../docs/diagnose.md", "<!-- the causes; written by go test ./internal/diagnosis -update -->\n", "<!-- end -->"
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n| code | what it says | what mends it |\n|---|---|---|\n")
	for _, code := range Codes() {
		text, mend := code.Text()
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", code, text, mend)
	}
	b.WriteString("\n")
	before, rest, found := strings.Cut(string(page), begin)
	is, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("the page has no place for the causes")
	}
	if is == b.String() {
		return
	}
	if !*update {
		t.Error("docs/diagnose.md has other causes; write them with go test ./internal/diagnosis -update")
		return
	}
	if err := os.WriteFile(file, []byte(before+begin+b.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
