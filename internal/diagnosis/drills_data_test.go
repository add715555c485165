package diagnosis

import (
	"time"

	"handover/internal/cluster"
)

// drills are services as they look when the thing happens that their names say: those that are stuck, those that only move slowly, and those that are well again. Their texts are such as AWS
// writes, of different years and platforms; unlike those of the reports, not each of them was quoted by somebody.
func drills() []report {
	const m = time.Minute
	const closest = "(service api) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 3f4de1c500000000000000000000000) "
	const guide = " For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
	const rie = "ResourceInitializationError: unable to pull secrets or registry auth: "
	const once = "execution resource retrieval failed: "
	httpGroup := group(nil)
	return []report{
		// Images.
		{from: "ecr repo deleted, new wording", cause: ImageMissing, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: The task can't pull the image '111122223333.dkr.ecr.us-east-1.amazonaws.com/web:2' from Amazon Elastic Container Registry using the task execution role 'arn:aws:iam::111122223333:role/exec'. To fix this, verify that the image URI is correct. Also check that the task execution role has the additional permissions to pull Amazon ECR images. Status Code: 404. Error Message: 'The repository with name 'web' does not exist in the registry with id '111122223333''. "))},
		{from: "ecr 403 from registry of other account", cause: ImageDenied, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref 444455556666.dkr.ecr.us-east-1.amazonaws.com/web:2: unexpected status from HEAD request to https://444455556666.dkr.ecr.us-east-1.amazonaws.com/v2/web/manifests/2: 403 Forbidden"))},
		{from: "ecr 403 pulling from host", cause: ImageDenied, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: inspect image has been retried 1 time(s): failed to resolve ref \"444455556666.dkr.ecr.us-east-1.amazonaws.com/web:2\": pulling from host 444455556666.dkr.ecr.us-east-1.amazonaws.com failed with status code [manifests 2]: 403 Forbidden"))},
		{from: "no basic auth credentials", cause: ImageDenied, state: Stuck, seen: seen(onEC2, unstarted(3, "Task failed to start", box{"app", -1, "CannotPullContainerError: Error response from daemon: Head \"https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/web/manifests/2\": no basic auth credentials"}))},
		{from: "CannotPullECRContainerError role", cause: ImageDenied, state: Stuck, seen: seen(onEC2, unstarted(3, "Task failed to start", box{"app", -1, "CannotPullECRContainerError: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ecsInstanceRole/i-0abc is not authorized to perform: ecr:GetAuthorizationToken on resource: * status code: 400, request id: 9d2"}))},
		{from: "no s3 endpoint: layer blob timeout", cause: RegistryUnreachable, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: failed to do request: Get \"https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/8f2c-111122223333/abc?X-Amz-Security-Token=redacted\": dial tcp 52.216.8.12:443: i/o timeout"))},
		{from: "s3 gateway endpoint policy denies layers", cause: ImageDenied, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com/8f2c/abc: 403 Forbidden"))},
		{from: "dns off in vpc", cause: RegistryUnreachable, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:2: failed to do request: Head \"https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/web/manifests/2\": dial tcp: lookup 111122223333.dkr.ecr.us-east-1.amazonaws.com on 10.0.0.2:53: no such host"))},
		{from: "x509 self-signed registry", cause: ImageUnpullable, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref registry.corp.example/web:2: failed to do request: Head \"https://registry.corp.example/v2/web/manifests/2\": tls: failed to verify certificate: x509: certificate signed by unknown authority"))},
		{from: "docker hub 429 in new words", cause: RateLimited, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/nginx/manifests/sha256:b1: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit"))},
		{from: "ecr public rate", cause: RateLimited, state: Stuck, seen: seen(unstarted(2, "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref public.ecr.aws/nginx/nginx:latest: unexpected status from HEAD request to https://public.ecr.aws/v2/nginx/nginx/manifests/latest: 429 Too Many Requests"))},
		{from: "digest gone: lifecycle policy or tag overwritten", cause: ImageMissing, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:latest@sha256:863f0c: not found"))},
		{from: "no matching manifest arm64", cause: ImagePlatform, state: Stuck, seen: seen(onEC2, unstarted(3, "Task failed to start", box{"app", -1, "CannotPullContainerError: Error response from daemon: no matching manifest for linux/arm64/v8 in the manifest list entries"}))},
		{from: "fargate ephemeral storage too small for image", cause: DiskFull, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer sha256:9a: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/44/fs/model.bin: no space left on device: unknown"))},
		{from: "image only by event, tasks aged out", cause: ImageMissing, state: Stuck, seen: seen(said("(service api) was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:2: 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:2: not found.", "(service api) is unable to consistently start tasks successfully."+guide))},
		{from: "pull through cache: upstream secret", cause: ImageDenied, state: Stuck, seen: seen(unstarted(2, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 111122223333.dkr.ecr.us-east-1.amazonaws.com/docker-hub/library/nginx:1: unexpected status from HEAD request to https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/docker-hub/library/nginx/manifests/1: 401 Unauthorized"))},
		{from: "pulling for ever on EC2", cause: RegistryUnreachable, state: Stuck, seen: seen(onEC2, pendingTasks(1, 14*m, cluster.Pending, func(s *sight, t *cluster.Task) {
			t.PullStartedAt = t.CreatedAt.Add(10 * time.Second)
			t.Instance = "arn:aws:ecs:us-east-1:111122223333:container-instance/default/3f4de1c5"
		}))},

		// Secrets, files, logs, roles, volumes.
		{from: "secret deleted, new words", cause: SecretMissing, state: Stuck, seen: seen(unstarted(3, rie+"unable to retrieve secret from asm: The task can't retrieve the secret with ARN 'arn:aws:secretsmanager:us-east-1:111122223333:secret:db-x1' from AWS Secrets Manager. Check whether the secret exists in the specified Region. ResourceNotFoundException: Fetching secret data from AWS Secrets Manager in region us-east-1: secret arn:aws:secretsmanager:us-east-1:111122223333:secret:db-x1: ResourceNotFoundException: Secrets Manager can't find the specified secret."))},
		{from: "secret marked for deletion", cause: SecretMissing, state: Stuck, seen: seen(unstarted(3, rie+once+"unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:db-x1 from secrets manager: InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."))},
		{from: "json key missing", cause: SecretMissing, state: Stuck, seen: seen(unstarted(3, rie+once+"unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from Secrets Manager did not contain json key PASSWORD"))},
		{from: "secret no json", cause: SecretMissing, state: Stuck, seen: seen(unstarted(3, rie+once+"unable to retrieve secret from asm: service call has been retried 1 time(s): parsing json key PASSWORD for secret db: invalid character 'h' looking for beginning of value"))},
		{from: "kms denied for secret", cause: SecretDenied, state: Stuck, seen: seen(unstarted(3, rie+once+"unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:db-x1 from secrets manager: AccessDeniedException: Access to KMS is not allowed status code: 400, request id: a87a66d9"))},
		{from: "kms denied for ssm", cause: SecretDenied, state: Stuck, seen: seen(unstarted(3, rie+once+"unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access. status code: 400, request id: 5e"))},
		{from: "secret timeouts in private subnet, new words", cause: SecretUnreachable, state: Stuck, seen: seen(unstarted(3, rie+"unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager. Check your task network configuration. failed to fetch secret arn:aws:secretsmanager:us-east-1:111122223333:secret:db-x1 from secrets manager: RequestCanceled: request context canceled caused by: context deadline exceeded"))},
		{from: "secrets manager throttled at scale", cause: SecretUnreadable, state: Stuck, seen: seen(unstarted(3, rie+once+"unable to retrieve secrets from ssm: service call has been retried 5 time(s): ThrottlingException: Rate exceeded status code: 400, request id: 77"))},
		{from: "ssm in another region", cause: SecretMissing, state: Stuck, seen: seen(unstarted(3, rie+once+"unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /prod/api/DB_URL, /prod/api/KEY"))},
		{from: "asm denied by role, EC2 words", cause: SecretDenied, state: Stuck, seen: seen(onEC2, unstarted(3, "Fetching secret data from AWS Secrets Manager in region us-east-1: secret arn:aws:secretsmanager:us-east-1:111122223333:secret:db-x1: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/exec/0a1b is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:us-east-1:111122223333:secret:db-x1"))},
		{from: "ssm EC2 words", cause: SecretMissing, state: Stuck, seen: seen(onEC2, unstarted(3, "Fetching secret data from SSM Parameter Store in us-east-1: invalid parameters: /prod/db"))},
		{from: "exec role missing trust, credentials", cause: RoleUnusable, state: Stuck, seen: seen(unstarted(3, rie+once+"unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: unable to assume role arn:aws:iam::111122223333:role/exec: AccessDenied: User is not authorized to perform: sts:AssumeRole"), said("(service api) failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::111122223333:role/exec' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.)."))},
		{from: "role deleted, only the event", cause: RoleUnusable, state: Stuck, seen: seen(said("(service api) failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::111122223333:role/ecsTaskExecutionRole' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.)."))},
		{from: "log group gone", cause: LogGroupMissing, state: Stuck, seen: seen(unstarted(3, "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: operation error CloudWatch Logs: CreateLogStream, https response error StatusCode: 400, RequestID: 0f, ResourceNotFoundException: The specified log group does not exist. : exit status 1"))},
		{from: "log group new words", cause: LogsUnreachable, state: Stuck, seen: seen(unstarted(3, "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon CloudWatch log group defined in the task definition. There is a connection issue between the task and Amazon CloudWatch. Check your network configuration. : signal: killed"))},
		{from: "logs create group denied", cause: LogsDenied, state: Stuck, seen: seen(unstarted(3, "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log group: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/exec/0a is not authorized to perform: logs:CreateLogGroup on resource: arn:aws:logs:us-east-1:111122223333:log-group:/ecs/api:log-stream: because no identity-based policy allows the logs:CreateLogGroup action : exit status 1"))},
		{from: "splunk driver connection", cause: LogsUnreachable, state: Stuck, seen: seen(unstarted(3, "ResourceInitializationError: failed to initialize logging driver: failed to initialize splunk logger: Options https://splunk.example:8088/services/collector/event/1.0: dial tcp 10.4.0.9:8088: connect: connection refused"))},
		{from: "env file denied", cause: EnvironmentFile, state: Stuck, seen: seen(unstarted(3, "ResourceInitializationError: failed to download env files: file download command: non empty error stream: Forbidden: Forbidden status code: 403, request id: 0A, host id: 1="))},
		{from: "efs dns", cause: VolumeUnmountable, state: Stuck, seen: seen(unstarted(3, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"fs-0867a83d8ed398433.efs.us-east-1.amazonaws.com\" - check that your file system ID is correct, and ensure that the VPC has an EFS mount target for this file system ID."))},
		{from: "efs timeout by sg", cause: VolumeUnmountable, state: Stuck, seen: seen(unstarted(3, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: Connection timed out' : unsuccessful EFS utils command execution; code: 32"))},
		{from: "efs policy", cause: VolumeUnmountable, state: Stuck, seen: seen(unstarted(3, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: access denied by server while mounting 127.0.0.1:/' : unsuccessful EFS utils command execution; code: 32"))},
		{from: "efs directory", cause: VolumeUnmountable, state: Stuck, seen: seen(unstarted(3, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: b'mount.nfs4: mounting fs-0867.efs.eu-west-1.amazonaws.com:/grafana failed, reason given by server: No such file or directory' : unsuccessful EFS utils command execution; code: 32"))},
		{from: "ebs volume role", cause: VolumeUnmountable, state: Stuck, seen: seen(said("(service api) was unable to place a task. Reason: ECS was unable to assume the role 'arn:aws:iam::111122223333:role/ecsInfrastructureRole' that was provided for attaching volume."), unstarted(2, "EBSVolumeAttachmentError: failed to attach EBS volume: timed out waiting for volume to attach"))},
		{from: "servicediscovery", cause: StartFailed, state: Stuck, seen: seen(unstarted(2, "Error: Cloud Map: failed to register instance"))},

		// Containers.
		{from: "entrypoint not executable", cause: CommandMissing, state: Stuck, seen: seen(unstarted(3, "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"/entrypoint.sh\": permission denied: unknown"))},
		{from: "command not in path", cause: CommandMissing, state: Stuck, seen: seen(unstarted(3, "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: \"gunicorn\": executable file not found in $PATH: unknown"))},
		{from: "exec format error", cause: ExecFormat, state: Stuck, seen: seen(unstarted(3, "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec /usr/local/bin/docker-entrypoint.sh: exec format error: unknown"))},
		{from: "port allocated on host", cause: NoPort, state: Stuck, seen: seen(onEC2, unstarted(3, "Task failed to start", box{"app", -1, "CannotStartContainerError: Error response from daemon: driver failed programming external connectivity on endpoint ecs-api-2-app-ae (5d): Bind for 0.0.0.0:8080 failed: port is already allocated"}))},
		{from: "docker timeout on a sick host", cause: RuntimeTimeout, state: Stuck, seen: seen(onEC2, unstarted(3, "Task failed to start", box{"app", -1, "DockerTimeoutError: Could not transition to created; timed out after waiting 4m0s"}))},
		{from: "mount path missing", cause: ContainerCreate, state: Stuck, seen: seen(onEC2, unstarted(3, "Task failed to start", box{"app", -1, "CannotCreateContainerError: Error response from daemon: invalid mount config for type \"bind\": bind source path does not exist: /data"}))},
		{from: "oom", cause: OutOfMemory, state: Stuck, seen: seen(exits(3, 4*m, box{"app", 137, "OutOfMemoryError: Container killed due to memory usage"}))},
		{from: "oom of a steady service", cause: OutOfMemory, state: Unstable, seen: seen(steady(3), exits(4, 12*m, box{"app", 137, "OutOfMemoryError: Container killed due to memory usage"}))},
		{from: "segfault", cause: Crashed, state: Stuck, seen: seen(exits(3, 20*time.Second, box{"app", 139, ""}))},
		{from: "exit 1 at once", cause: Exited, state: Stuck, seen: seen(exits(3, 5*time.Second, box{"app", 1, ""}), failedCount(3))},
		{from: "exit 127 shell", cause: CommandMissing, state: Stuck, seen: seen(exits(3, 2*time.Second, box{"app", 127, ""}))},
		{from: "exit 126 shell", cause: CommandMissing, state: Stuck, seen: seen(exits(3, 2*time.Second, box{"app", 126, ""}))},
		{from: "exit 255 bad arch in shell", cause: Exited, state: Stuck, seen: seen(exits(3, 2*time.Second, box{"app", 255, ""}))},
		{from: "batch job as a service exit 0", cause: Finished, state: Stuck, seen: seen(exits(4, 30*time.Second, box{"app", 0, ""}))},
		{from: "essential sidecar exits 0", cause: Finished, state: Stuck, seen: seen(essentials("app", "migrate"), exits(4, 10*time.Second, box{"migrate", 0, ""}, box{"app", 143, ""}))},
		{from: "sidecar xray crash takes app along", cause: Exited, state: Stuck, seen: seen(essentials("app", "xray"), exits(4, 30*time.Second, box{"xray", 1, ""}, box{"app", 143, ""}))},
		{from: "sigabrt 134", cause: Exited, state: Stuck, seen: seen(exits(3, 30*time.Second, box{"app", 134, ""}))},
		{from: "exit 137 by hand no reason", cause: Killed, state: Stuck, seen: seen(exits(3, 60*time.Second, box{"app", 137, ""}))},
		{from: "container health curl missing", cause: ContainerHealth, state: Stuck, seen: seen(define(func(d *cluster.TaskDefinition) { d.Containers[0].HealthCheck = true }), ended(3, "ServiceSchedulerInitiated", "Task failed container health checks", 2*m, box{"app", 137, ""}), said("(service api) (task 1f) failed container health checks."))},
		{from: "dependsOn success exit 1", cause: Exited, state: Stuck, seen: seen(essentials("app"), exits(3, 0, box{"init", 1, ""}, box{"app", -1, "dependency container init exited with non-zero"}))},
		{from: "essential exit before start, stopcode", cause: Exited, state: Stuck, seen: seen(ended(3, "EssentialContainerExited", "Essential container in task exited", 0, box{"app", 1, ""}))},

		// Health checks.
		{from: "grace 0 slow start", cause: TargetHealth, state: Stuck, seen: seen(httpGroup, service(func(s *cluster.Service) { s.Desired = 1 }), unhealthyTasks(4, 70*time.Second), said("(service api) (port 80) is unhealthy in (target-group "+webGroup+") due to (reason Health checks failed).", "(service api) (task 1) (port 80) is unhealthy in (target-group "+webGroup+") due to (reason Health checks failed)."))},
		{from: "404 on path", cause: TargetResponse, state: Stuck, seen: seen(httpGroup, unhealthyTasks(3, 100*time.Second), started(1, 3*m, target(cluster.TargetUnhealthy, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [404]")))},
		{from: "301 to https", cause: TargetResponse, state: Stuck, seen: seen(httpGroup, unhealthyTasks(3, 100*time.Second), started(1, 3*m, target(cluster.TargetUnhealthy, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [301]")))},
		{from: "only event 403", cause: TargetResponse, state: Stuck, seen: seen(httpGroup, said("(service api) (task 0000) (port 80) is unhealthy in (target-group "+webGroup+") due to (reason Health checks failed with these codes: [403])."), unhealthyTasks(3, 100*time.Second))},
		{from: "timeout by sg", cause: TargetTimeout, state: Stuck, seen: seen(httpGroup, unhealthyTasks(3, 100*time.Second), started(1, 3*m, target(cluster.TargetUnhealthy, "Target.Timeout", "Request timed out")))},
		{from: "only event timed out", cause: TargetTimeout, state: Stuck, seen: seen(httpGroup, said("(service api) (task 0000) (port 80) is unhealthy in (target-group "+webGroup+") due to (reason Request timed out)."), unhealthyTasks(3, 100*time.Second))},
		{from: "listens on localhost: refused", cause: TargetHealth, state: Stuck, seen: seen(httpGroup, unhealthyTasks(3, 100*time.Second), started(1, 3*m, target(cluster.TargetUnhealthy, "Target.FailedHealthChecks", "Health checks failed")))},
		{from: "502 app up but broken", cause: TargetResponse, state: Stuck, seen: seen(httpGroup, unhealthyTasks(3, 100*time.Second), started(1, 3*m, target(cluster.TargetUnhealthy, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [502]")))},
		{from: "unused: no listener", cause: TargetUnused, state: Stuck, seen: seen(httpGroup, started(1, 13*m, target(cluster.TargetUnused, "Target.NotInUse", "Target group is not configured to receive traffic from the load balancer")))},
		{from: "unused: zone", cause: TargetZone, state: Stuck, seen: seen(httpGroup, started(1, 13*m, target(cluster.TargetUnused, "Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer")))},
		{from: "target group deleted", cause: TargetGroupMissing, state: Stuck, seen: seen(service(func(s *cluster.Service) {
			s.Attachments = []cluster.Attachment{{TargetGroup: webGroup, Container: "app", Port: 80}}
		}), started(1, 13*m, nil), said("(service api) (task 1) failed to register targets in (target-group "+webGroup+") with (error The target group with arn "+webGroup+" does not exist)"))},
		{from: "target group other vpc", cause: TargetsRefused, state: Stuck, seen: seen(httpGroup, started(1, 13*m, nil), said("(service api) failed to register targets in (target-group "+webGroup+") with (error The IP address '10.1.2.3' is not within a valid subnet in VPC 'vpc-0abc' or RFC range)"))},
		{from: "initial for ever: NLB with no health", cause: TargetHealth, state: Stuck, seen: seen(group(func(g *cluster.TargetGroup) { g.Protocol = "TCP" }), started(1, 14*m, target(cluster.TargetInitial, "Elb.InitialHealthChecking", "Initial health checks in progress")))},
		{from: "steady but targets flap", cause: TargetTimeout, state: Unstable, seen: seen(httpGroup, steady(3), unhealthyTasks(4, 40*m), said("(service api) (task 77) (port 80) is unhealthy in (target-group "+webGroup+") due to (reason Request timed out)."))},
		{from: "healthy right now, some tasks were slow", state: Moving, seen: seen(httpGroup, started(1, 50*time.Second, target(cluster.TargetInitial, "Elb.InitialHealthChecking", "Initial health checks in progress")), service(func(s *cluster.Service) { s.Deployments[0].CreatedAt = s.Deployments[0].CreatedAt.Add(13 * m) }))},

		// Places.
		{from: "cpu", cause: NoCPU, state: Stuck, seen: seen(instances(2, func(i *cluster.Instance) { i.Remaining.CPU = 128 }), define(nil), said(closest+"has insufficient CPU units available."+guide))},
		{from: "memory", cause: NoMemory, state: Stuck, seen: seen(instances(2, func(i *cluster.Instance) { i.Remaining.Memory = 300 }), define(nil), said(closest+"has insufficient memory available."+guide))},
		{from: "memory, no instance big enough at all", cause: NoMemory, state: Stuck, seen: seen(instances(2, nil), define(func(d *cluster.TaskDefinition) { d.Memory = 8192 }), said(closest+"has insufficient memory available."+guide))},
		{from: "cpu, no instance big enough at all", cause: NoCPU, state: Stuck, seen: seen(instances(2, nil), define(func(d *cluster.TaskDefinition) { d.CPU = 4096 }), said(closest+"has insufficient CPU units available."+guide))},
		{from: "spot instances of a provider", cause: ProviderCannotLaunch, state: Stuck, seen: seen(waiting(1), said("(service api) was unable to place a task. Reason: ResourceInitializationError: Unable to launch instance(s) for capacity provider cp1. MaxSpotInstanceCountExceeded: Max spot instance count exceeded"))},
		{from: "on a draining instance, and no room to move", cause: BoundsBlock, state: Healthy, seen: seen(instances(2, func(i *cluster.Instance) {
			if i.EC2ID == "i-00000000000000000" {
				i.Status = cluster.InstanceDraining
			}
		}), steady(2), func(s *sight) {
			s.view.Service.Bounds = cluster.Bounds{MinimumHealthyPercent: 75, MaximumPercent: 100}
			s.view.Tasks[0].Instance, s.view.Tasks[1].Instance = s.all.Instances[0].Instance.ARN, s.all.Instances[1].Instance.ARN
		})},
		{from: "port host", cause: NoPort, state: Stuck, seen: seen(instances(1, func(i *cluster.Instance) { i.Remaining.TCP = []int{22, 80} }), bounds(1, 100, 200), said(closest+"is already using a port required by your task."+guide))},
		{from: "eni", cause: NoInterface, state: Stuck, seen: seen(instances(2, nil), said(closest+"encountered error \"RESOURCE:ENI\"."+guide))},
		{from: "gpu", cause: NoGPU, state: Stuck, seen: seen(instances(2, nil), said(closest+"encountered error \"RESOURCE:GPU\"."+guide))},
		{from: "gpu attribute", cause: NoGPU, state: Stuck, seen: seen(instances(2, nil), define(func(d *cluster.TaskDefinition) { d.Containers[0].GPUs = 1 }), said(closest+"has insufficient GPU available."+guide))},
		{from: "attribute", cause: AttributeMissing, state: Stuck, seen: seen(instances(2, nil), said(closest+"is missing an attribute required by your task."+guide))},
		{from: "agent down", cause: AgentDisconnected, state: Stuck, seen: seen(instances(2, func(i *cluster.Instance) { i.Connected = false }), said(closest+"encountered error \"AGENT\"."+guide))},
		{from: "memberOf", cause: ConstraintUnsatisfied, state: Stuck, seen: seen(instances(2, nil), said(closest+"encountered error \"MemberOf placement constraint unsatisfied.\"."+guide))},
		{from: "distinct", cause: ConstraintUnsatisfied, state: Stuck, seen: seen(instances(2, nil), said(closest+"encountered error \"DistinctInstance placement constraint unsatisfied.\"."+guide))},
		{from: "no instances", cause: NoInstances, state: Stuck, seen: seen(onEC2, instances(0, nil), said("(service api) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster."+guide))},
		{from: "all draining", cause: NoInstances, state: Stuck, seen: seen(instances(2, func(i *cluster.Instance) { i.Status = cluster.InstanceDraining }), said("(service api) was unable to place a task because no container instance met all of its requirements. Reason: No Container Instances were found in your cluster."+guide))},
		{from: "cp ASG at max: provisioning", cause: NoInstances, state: Stuck, seen: seen(waiting(2), said("(service api) was unable to reach steady state. Reason: No Container Instances were found in your capacity provider."))},
		{from: "cp ASG scale out silent", cause: NoRoom, state: Stuck, seen: seen(waiting(3), instances(1, func(i *cluster.Instance) { i.Provider = "cp1"; i.Remaining.CPU = 0 }), define(nil))},
		{from: "cp provisioning limit", cause: ProvisioningLimit, state: Stuck, seen: seen(waiting(3), said("(service api) was unable to place tasks in your cluster because the tasks provisioning capacity limit was exceeded."))},
		{from: "fargate spot unavailable", cause: CapacityUnavailable, state: Stuck, seen: seen(said("(service api) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone." + guide))},
		{from: "vcpu", cause: VCPUQuota, state: Stuck, seen: seen(said("(service api) was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can run concurrently."))},
		{from: "task limit", cause: TaskQuota, state: Stuck, seen: seen(said("(service api) was unable to place a task. Reason: You've reached the limit on the number of tasks you can run concurrently."))},
		{from: "subnet full", cause: SubnetFull, state: Stuck, seen: seen(unstarted(3, "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment disabled in subnet 'subnet-0abc': InsufficientFreeAddressesInSubnet"), func(s *sight) {
			s.view.Subnets = []cluster.Subnet{{ID: "subnet-0abc", Zone: "us-east-1a", Free: 0}, {ID: "subnet-0def", Zone: "us-east-1b", Free: 200}}
		})},
		{from: "eni quota", cause: InterfaceQuota, state: Stuck, seen: seen(unstarted(3, "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment disabled in subnet 'subnet-0abc': NetworkInterfaceLimitExceeded"))},
		{from: "sg deleted", cause: NetworkInterface, state: Stuck, seen: seen(unstarted(3, "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment enabled in subnet 'subnet-0abc': InvalidGroup.NotFound"), said("(service api) failed to launch a task with (error The security group 'sg-0123' does not exist)"))},
		{from: "subnet deleted", cause: NetworkInterface, state: Stuck, seen: seen(said("(service api) failed to launch a task with (error The subnet ID 'subnet-0abc' does not exist)"))},
		{from: "eni timeout", cause: NetworkInterface, state: Stuck, seen: seen(unstarted(3, "Timeout waiting for network interface provisioning to complete."))},
		{from: "ephemeral timeout", cause: StartFailed, state: Stuck, seen: seen(unstarted(3, "Timeout waiting for EphemeralStorage provisioning to complete."))},
		{from: "ecs internal", cause: StartFailed, state: Stuck, seen: seen(unstarted(3, "InternalError: unable to start task"))},
		{from: "spot in rows", cause: SpotInterrupted, state: Unstable, seen: seen(steady(3), ended(4, "SpotInterruption", "Your Spot Task was interrupted.", 40*m, box{"app", 143, ""}))},
		{from: "host terminated", cause: InstanceLost, state: Unstable, seen: seen(instances(2, nil), steady(3), ended(3, "TerminationNotice", "Host EC2 (instance i-0123456789abcdef0) terminated.", 40*m, box{"app", 137, ""}))},
		{from: "fargate maintenance", state: Healthy, seen: seen(steady(2), ended(1, "ServiceSchedulerInitiated", "ECS is performing maintenance on the underlying infrastructure hosting the task.", 400*m, box{"app", 143, ""}))},
		{from: "azbalance wrong zone", cause: NoRoom, state: Stuck, seen: seen(said("(service api) was unable to place a task because no container instance met all of its requirements in Availability Zone us-east-1c."))},
		{from: "managed instances cannot launch", cause: ProviderCannotLaunch, state: Stuck, seen: seen(waiting(1), said("(service api) was unable to place a task. Reason: ResourceInitializationError: Unable to launch instance(s) for capacity provider cp1. VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 16 allows for the instance bucket that the specified instance type belongs to."))},

		// Rollouts.
		{from: "100/150 desired 1", cause: BoundsBlock, state: Stuck, seen: seen(bounds(1, 100, 150), said("(service api) was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again."))},
		{from: "100/100 silent", cause: BoundsBlock, state: Stuck, seen: seen(bounds(3, 100, 100))},
		{from: "protected old", cause: Protected, state: Stuck, seen: seen(protectedOnes(1), said("(service api, taskSet ecs-svc/1) was unable to scale in due to (reason 1 tasks under protection)."))},
		{from: "breaker rolled back", cause: BreakerRolledBack, state: RolledBack, seen: seen(steady(2), func(s *sight) {
			s.view.Service.Deployments[0].ID = "ecs-svc/1"
			for i := range s.view.Tasks {
				s.view.Tasks[i].StartedBy = "ecs-svc/1"
			}
		}, said("(service api) (deployment ecs-svc/1) deployment completed.", "(service api) rolling back to deployment ecs-svc/1.", "(service api) (deployment ecs-svc/2) deployment failed: tasks failed to start."))},
		{from: "alarm", cause: AlarmRolledBack, state: RolledBack, seen: seen(steady(2), func(s *sight) {
			s.view.Service.Deployments[0].ID = "ecs-svc/1"
			for i := range s.view.Tasks {
				s.view.Tasks[i].StartedBy = "ecs-svc/1"
			}
		}, said("(service api) (deployment ecs-svc/1) deployment completed.", "(service api) rolling back to deployment ecs-svc/1.", "(service api) (deployment ecs-svc/2) deployment failed: alarm detected."))},
		{from: "breaker no rollback: failed", cause: BreakerRolledBack, state: Stuck, seen: seen(old(2), service(func(s *cluster.Service) {
			s.Deployments[0].Rollout = cluster.RolloutFailed
			s.Deployments[0].Reason = "ECS deployment circuit breaker: tasks failed to start."
			s.Desired = 2
		}), said("(service api) (deployment ecs-svc/2) deployment failed: tasks failed to start."))},
		{from: "desired 0", cause: NothingDesired, state: Healthy, seen: seen(desired(0), func(s *sight) { s.view.Scaling = &cluster.ScalableTarget{Min: 0, Max: 4} })},
		{from: "desired 0 plain", cause: NothingDesired, state: Healthy, seen: seen(desired(0))},
		{from: "CODE_DEPLOY", cause: OtherController, seen: seen(service(func(s *cluster.Service) { s.Controller = cluster.ControllerCodeDeploy; s.Deployments = nil }))},
		{from: "desired above aas max", cause: ScalingHolds, seen: seen(steady(6), func(s *sight) { s.view.Scaling = &cluster.ScalableTarget{Min: 1, Max: 4} })},
		{from: "draining 3600", cause: DrainingLong, state: Moving, seen: seen(group(func(g *cluster.TargetGroup) { g.DrainDelay = time.Hour }), started(1, 10*m, target(cluster.TargetHealthy, "", "")), old(1), func(s *sight) {
			t := &s.view.Tasks[len(s.view.Tasks)-1]
			t.Last, t.Desired, t.StoppingAt = cluster.Deactivating, cluster.Stopped, s.at.Add(-8*m)
			s.view.Targets = append(s.view.Targets, cluster.Target{Group: webGroup, ID: t.Address, Port: 80, State: cluster.TargetDraining})
			s.view.Service.Running = 1
		})},
		{from: "calls throttled", cause: CallsThrottled, seen: seen(said("(service api) operations are being throttled. Will try again later."))},
		{from: "throttled on elb", cause: CallsThrottled, seen: seen(httpGroup, started(1, 10*m, nil), said("(service api) operations are being throttled on elb. Will try again later."))},
		{from: "consistently", cause: StartThrottled, state: Stuck, seen: seen(said("(service api) is unable to consistently start tasks successfully." + guide))},
		{from: "agent start timeout", cause: AgentDisconnected, state: Stuck, seen: seen(said("(service api) Timed out waiting for Amazon ECS Agent to start. Please check logs at /var/log/ecs/ecs-agent.log."))},
		{from: "deleted", cause: ServiceDeleted, state: Gone, seen: seen(service(func(s *cluster.Service) { s.Status = cluster.ServiceInactive; s.Desired = 0; s.Deployments = nil }))},
		{from: "cloud map quota", cause: Unexplained, state: Moving, seen: seen(started(1, 13*m, nil), said("(service api) (instance i-0) failed to register instances with AWS Cloud Map: ResourceLimitExceeded"))},
		{from: "stop by user in rows", cause: StoppedByUser, state: Healthy, seen: seen(steady(2), ended(4, "UserInitiated", "Task stopped by user", 9*m, box{"app", 143, ""}))},

		// Not stuck.
		{from: "healthy, old pull failures", state: Healthy, seen: seen(steady(2), saidAt(10*m, "(service api) has reached a steady state."), saidAt(50*m, "(service api) was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 7 time(s): image Manifest does not contain descriptor matching platform 'linux/amd64'."))},
		{from: "healthy, one oom long ago", cause: OutOfMemory, state: Healthy, seen: seen(steady(3), func(s *sight) {}, exits(1, 30*m, box{"app", 137, "OutOfMemoryError: Container killed due to memory usage"}))},
		{from: "healthy placement earlier", state: Healthy, seen: seen(steady(2), saidAt(30*m, closest+"has insufficient memory available."+guide), saidAt(20*m, "(service api) has reached a steady state."))},
		{from: "moving: first minute", state: Moving, seen: seen(bounds(2, 100, 200), service(func(s *cluster.Service) { s.Deployments[0].CreatedAt = s.Deployments[0].CreatedAt.Add(14 * m) }), pendingTasks(2, 30*time.Second, cluster.Provisioning, nil))},
		{from: "scale-out going on", state: Moving, seen: seen(steady(2), service(func(s *cluster.Service) { s.Desired = 6; s.Deployments[0].Desired = 6 }), pendingTasks(4, 25*time.Second, cluster.Pending, nil))},
		{from: "first try failed, second healthy", cause: Exited, state: Moving, seen: seen(bounds(2, 100, 200), exits(1, 5*time.Second, box{"app", 1, ""}), started(1, 90*time.Second, nil), pendingTasks(1, 20*time.Second, cluster.Pending, nil))},
		{from: "scaled in: desired 143 exits", state: Healthy, seen: seen(steady(2), ended(5, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/2)", 50*m, box{"app", 143, ""}))},
		{from: "scaled in with exit 1 on SIGTERM", state: Healthy, seen: seen(steady(2), ended(5, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/2)", 50*m, box{"app", 1, ""}))},

		// Looks that say less than they seem to.
		{from: "pending on an instance whose agent is gone", cause: AgentDisconnected, state: Stuck, seen: seen(instances(1, func(i *cluster.Instance) { i.Connected = false }), pendingTasks(1, 13*m, cluster.Pending, func(s *sight, t *cluster.Task) { t.Instance = s.all.Instances[0].Instance.ARN }))},
		{from: "pending on one of two instances whose agent is gone", cause: AgentDisconnected, state: Stuck, seen: seen(instances(2, func(i *cluster.Instance) { i.Connected = i.EC2ID != "i-00000000000000000" }), pendingTasks(1, 13*m, cluster.Pending, func(s *sight, t *cluster.Task) { t.Instance = s.all.Instances[0].Instance.ARN }))},
		{from: "breaker without rollback, as it is", cause: Exited, state: Stuck, seen: seen(old(2), service(func(s *cluster.Service) {
			s.Breaker.Enabled = true
			s.Deployments[0].Rollout = cluster.RolloutFailed
			s.Deployments[0].Reason = "ECS deployment circuit breaker: tasks failed to start."
			s.Desired = 2
		}), exits(3, 5*time.Second, box{"app", 1, ""}), said("(service api) (deployment ecs-svc/2) deployment failed: tasks failed to start."))},
		{from: "breaker with rollback, going back", cause: Exited, state: Moving, seen: seen(old(2), service(func(s *cluster.Service) {
			s.Breaker.Enabled, s.Breaker.Rollback = true, true
			s.Desired = 2
			s.Deployments[0], s.Deployments[1] = s.Deployments[1], s.Deployments[0]
			s.Deployments[0].Status, s.Deployments[1].Status = cluster.DeploymentPrimary, cluster.DeploymentActive
			s.Deployments[0].Rollout = cluster.RolloutInProgress
			s.Deployments[0].Reason = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."
			s.Deployments[1].Rollout = cluster.RolloutFailed
			s.Deployments[1].Reason = "ECS deployment circuit breaker: tasks failed to start."
		}), exits(3, 5*time.Second, box{"app", 1, ""}), said("(service api) rolling back to deployment ecs-svc/1.", "(service api) (deployment ecs-svc/2) deployment failed: tasks failed to start."))},
		{from: "hook failed blue/green", cause: HookFailed, state: RolledBack, seen: seen(steady(2), func(s *sight) {
			s.view.Service.Deployments[0].ID = "ecs-svc/1"
			for i := range s.view.Tasks {
				s.view.Tasks[i].StartedBy = "ecs-svc/1"
			}
			s.view.History = []cluster.ServiceDeployment{{ARN: "arn:x/2", Deployment: "ecs-svc/2", Status: cluster.DeploymentRollbackSuccessful, Reason: "Service deployment rolled back because of lifecycle hook failure: POST_TEST_TRAFFIC_SHIFT hook arn:aws:lambda:us-east-1:111122223333:function:smoke returned FAILED.", CreatedAt: s.at.Add(-20 * m), FinishedAt: s.at.Add(-5 * m)}}
		})},
		{from: "running, container UNHEALTHY, none stopped yet", cause: ContainerHealth, state: Stuck, seen: seen(define(func(d *cluster.TaskDefinition) { d.Containers[0].HealthCheck = true }), started(1, 12*m, func(s *sight, t *cluster.Task) { t.Health = cluster.Unhealthy }))},
		{from: "running, container health never decided", cause: ContainerHealth, state: Stuck, seen: seen(define(func(d *cluster.TaskDefinition) { d.Containers[0].HealthCheck = true }), started(1, 14*m, nil))},
		{from: "service connect proxy dies", cause: Exited, state: Stuck, seen: seen(essentials("app"), exits(3, 20*time.Second, box{"ecs-service-connect-a1b2c", 1, ""}, box{"app", 143, ""}))},
		{from: "stopped: EMPTY CAPACITY PROVIDER", cause: NoInstances, state: Stuck, seen: seen(onEC2, unstarted(2, "EMPTY CAPACITY PROVIDER"))},
		{from: "stopped: NO ACTIVE INSTANCES", cause: NoInstances, state: Stuck, seen: seen(onEC2, unstarted(2, "NO ACTIVE INSTANCES"))},
		{from: "stopped: RESOURCE:MEMORY", cause: NoMemory, state: Stuck, seen: seen(onEC2, unstarted(2, "RESOURCE:MEMORY"))},
		{from: "stopped: RESOURCE:CPU", cause: NoCPU, state: Stuck, seen: seen(onEC2, unstarted(2, "RESOURCE:CPU"))},
		{from: "stopped: ATTRIBUTE", cause: AttributeMissing, state: Stuck, seen: seen(onEC2, unstarted(2, "ATTRIBUTE"))},
		{from: "stopped: AGENT", cause: AgentDisconnected, state: Stuck, seen: seen(onEC2, unstarted(2, "AGENT"))},
		{from: "stopped: MemberOf", cause: ConstraintUnsatisfied, state: Stuck, seen: seen(onEC2, unstarted(2, "MemberOf placement constraint unsatisfied."))},
		{from: "event RESOURCE:MEMORY", cause: NoMemory, state: Stuck, seen: seen(onEC2, said(closest+"encountered error \"RESOURCE:MEMORY\"."+guide))},
		{from: "event RESOURCE:CPU", cause: NoCPU, state: Stuck, seen: seen(onEC2, said(closest+"encountered error \"RESOURCE:CPU\"."+guide))},
		{from: "event RESOURCE:PORTS", cause: NoPort, state: Stuck, seen: seen(onEC2, said(closest+"encountered error \"RESOURCE:PORTS\"."+guide))},
		{from: "vcpu limit as the task says it", cause: VCPUQuota, state: Stuck, seen: seen(unstarted(2, "You've reached the limit on the number of vCPUs you can run concurrently"))},
		{from: "capacity as the task says it", cause: CapacityUnavailable, state: Stuck, seen: seen(unstarted(2, "Capacity is unavailable at this time. Please try again later or in a different availability zone"))},
		{from: "spot in a rollout", cause: SpotInterrupted, state: Stuck, seen: seen(ended(3, "SpotInterruption", "Your Spot Task was interrupted.", 20*time.Second, box{"app", 143, ""}))},
		{from: "az rebalance: info only", state: Healthy, seen: seen(steady(3), said("(service api) is not AZ balanced with 3 tasks in us-east-1a, 0 in us-east-1b and 0 in us-east-1c. AZ Rebalancing in progress.", "(service api) was unable to AZ Rebalance because no container instance met all of its requirements."))},
		{from: "az rebalance cannot place, steady", state: Healthy, seen: seen(steady(3), said("(service api) is unable to place a task in us-east-1c because no container instance met all of its requirements."))},
		{from: "two target groups, one 404", cause: TargetResponse, state: Stuck, seen: seen(httpGroup, func(s *sight) {
			other := s.view.TargetGroups[0]
			other.ARN, other.Name = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/adm/1", "adm"
			s.view.TargetGroups = append([]cluster.TargetGroup{other}, s.view.TargetGroups...)
			s.view.Service.Attachments = append(s.view.Service.Attachments, cluster.Attachment{TargetGroup: other.ARN, Container: "app", Port: 9000})
		}, started(1, 13*m, func(s *sight, t *cluster.Task) {
			s.view.Targets = append(s.view.Targets, cluster.Target{Group: "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/adm/1", ID: t.Address, Port: 9000, State: cluster.TargetUnhealthy, Reason: "Target.ResponseCodeMismatch", Description: "Health checks failed with these codes: [404]"},
				cluster.Target{Group: webGroup, ID: t.Address, Port: 80, State: cluster.TargetHealthy})
		}))},
		{from: "never registered", cause: TargetsRefused, state: Stuck, seen: seen(httpGroup, started(1, 14*m, nil))},
		{from: "steady: one target unhealthy, replaced in time", state: Healthy, seen: seen(httpGroup, steady(3), saidAt(40*m, "(service api) has started 1 tasks: (task 9). Amazon ECS replaced 1 tasks due to an unhealthy status."))},
		{from: "crash loop after an hour of running", cause: Exited, state: Unstable, seen: seen(steady(2), exits(5, 2*m, box{"app", 1, ""}))},
		{from: "crash loop of 1 of 1, none healthy", cause: Exited, state: Stuck, seen: seen(service(func(s *cluster.Service) {
			s.Deployments[0].Rollout = cluster.RolloutCompleted
			s.Deployments[0].CreatedAt = s.Deployments[0].CreatedAt.Add(-24 * time.Hour)
		}), exits(5, 20*time.Second, box{"app", 1, ""}))},
		{from: "old tasks ignore SIGTERM, max 100", cause: StopIgnored, state: Stuck, seen: seen(define(func(d *cluster.TaskDefinition) { d.Containers[0].StopTimeout = 2 * m }), bounds(1, 0, 100), func(s *sight) {
			t := &s.view.Tasks[0]
			t.Last, t.Desired, t.StoppingAt = cluster.Stopping, cluster.Stopped, s.at.Add(-14*m)
			s.view.Service.Running = 0
		})},
		{from: "superseded and well", state: Moving, seen: seen(old(2), service(func(s *cluster.Service) {
			s.Desired = 2
			s.Deployments[0].CreatedAt = s.Deployments[0].CreatedAt.Add(13 * m)
			s.Deployments = append(s.Deployments, cluster.Deployment{ID: "ecs-svc/3", Status: cluster.DeploymentActive, Definition: "api:3", Rollout: cluster.RolloutInProgress, Failed: 2, CreatedAt: s.Deployments[0].CreatedAt.Add(-10 * m)})
		}), started(2, 70*time.Second, nil))},
		{from: "image missing long ago, now another deployment moves", state: Moving, seen: seen(bounds(2, 100, 200), service(func(s *cluster.Service) { s.Deployments[0].CreatedAt = s.Deployments[0].CreatedAt.Add(14 * m) }), said("(service api) was unable to place a task. Reason: CannotPullContainerError: not found."))},
		{from: "event vpc lattice", cause: TargetHealth, state: Stuck, seen: seen(ended(3, "ServiceSchedulerInitiated", "Task failed VPC Lattice health checks", 2*m, box{"app", 137, ""}))},
		{from: "rolled back, read by events alone, older", cause: ImageMissing, state: RolledBack, seen: seen(steady(1), func(s *sight) {
			s.view.Service.Deployments[0].ID = "ecs-svc/1"
			s.view.Tasks[0].StartedBy = "ecs-svc/1"
		}, said("(service api) has reached a steady state.", "(service api) (deployment ecs-svc/1) deployment completed.", "(service api) rolling back to deployment ecs-svc/1.", "(service api) (deployment ecs-svc/2) deployment failed: tasks failed to start.", "(service api) was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 7 time(s): failed to resolve ref web:2: web:2: not found."))},
		{from: "rolled back yesterday by events", state: Healthy, seen: seen(steady(1), func(s *sight) {
			s.view.Service.Deployments[0].ID = "ecs-svc/3"
			s.view.Tasks[0].StartedBy = "ecs-svc/3"
		}, saidAt(5*m, "(service api) (deployment ecs-svc/3) deployment completed."), saidAt(500*m, "(service api) rolling back to deployment ecs-svc/1."), saidAt(500*m, "(service api) (deployment ecs-svc/2) deployment failed: tasks failed to start."))},
		{from: "drained instance holds: no room elsewhere", cause: NoMemory, state: Stuck, seen: seen(instances(2, func(i *cluster.Instance) {
			if i.EC2ID == "i-00000000000000000" {
				i.Status = cluster.InstanceDraining
			} else {
				i.Remaining.Memory = 100
			}
		}), define(nil), said(closest+"has insufficient memory available."+guide))},
		{from: "event of an unknown kind", cause: Unexplained, seen: seen(said("(service api) failed to do what is not known here."))},
		{from: "cloud map events", cause: Unexplained, state: Moving, seen: seen(started(1, 13*m, nil), said("(service api) (task 1f) failed to register in service discovery (registry arn:aws:servicediscovery:us-east-1:111122223333:service/srv-1) due to (reason ResourceLimitExceeded)."))},

		// A third set, written when the others were right; 28 of its 28 were right at once.
		{from: "ecr throttled", cause: RateLimited, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:2: unexpected status from HEAD request to https://111122223333.dkr.ecr.us-east-1.amazonaws.com/v2/web/manifests/2: 429 Too Many Requests"))},
		{from: "image of ghcr private", cause: ImageDenied, state: Stuck, seen: seen(unstarted(3, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ghcr.io/corp/web:2: failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Acorp%2Fweb%3Apull&service=ghcr.io: 403 Forbidden"))},
		{from: "repositoryCredentials secret wrong", cause: SecretMissing, state: Stuck, seen: seen(unstarted(3, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to get registry auth from asm: service call has been retried 1 time(s): asm fetching secret from the service for registry: ResourceNotFoundException: Secrets Manager can't find the specified secret."))},
		{from: "container name/entry: cwd missing", cause: CommandMissing, state: Stuck, seen: seen(unstarted(3, "CannotStartContainerError: ResourceInitializationError: failed to create new container runtime task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"python app.py\": stat python app.py: no such file or directory: unknown"))},
		{from: "user missing in image", cause: ContainerStart, state: Stuck, seen: seen(unstarted(3, "CannotStartContainerError: ResourceInitializationError: unable to create new container: mount callback failed on /tmp/containerd-mount: no users found"))},
		{from: "read-only sysctl not permitted", cause: ContainerStart, state: Stuck, seen: seen(onEC2, unstarted(3, "Task failed to start", box{"app", -1, "CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: open /proc/sys/net/core/somaxconn: no such file or directory: unknown"}))},
		{from: "gelf logger", cause: LogsBroken, state: Stuck, seen: seen(onEC2, unstarted(3, "Task failed to start", box{"app", -1, "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: gelf: cannot connect to GELF endpoint: logs.corp.example:12201 invalid endpoint"}))},
		{from: "firelens sidecar dies", cause: Exited, state: Stuck, seen: seen(essentials("app", "log_router"), exits(3, 8*time.Second, box{"log_router", 255, ""}, box{"app", 143, ""}))},
		{from: "fargate platform version", cause: StartFailed, state: Stuck, seen: seen(said("(service api) failed to launch a task with (error The specified platform does not satisfy the task definition's required capabilities.)."))},
		{from: "task def deregistered", cause: StartFailed, state: Stuck, seen: seen(said("(service api) failed to launch a task with (error TaskDefinition is inactive)."))},
		{from: "pass role", cause: RoleUnusable, state: Stuck, seen: seen(said("(service api) failed to launch a task with (error ECS was unable to assume the role 'arn:aws:iam::111122223333:role/taskRole' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.)."))},
		{from: "slr for elb", cause: TargetsRefused, state: Stuck, seen: seen(group(nil), started(1, 13*m, nil), said("(service api) failed to register targets in (target-group "+webGroup+") with (error User: arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForECS/ecs-service-scheduler is not authorized to perform: elasticloadbalancing:RegisterTargets)"))},
		{from: "classic elb", cause: TargetHealth, state: Stuck, seen: seen(onEC2, ended(3, "ServiceSchedulerInitiated", "Task failed ELB health checks in (elb web)", 100*time.Second, box{"app", 137, ""}), said("(service api) (instance i-0123) is unhealthy in (elb web) due to (reason Instance has failed at least the UnhealthyThreshold number of health checks consecutively.)"))},
		{from: "nlb cross zone: one zone's targets unused", cause: TargetZone, state: Stuck, seen: seen(group(nil), desired(2), started(1, 13*m, target(cluster.TargetHealthy, "", "")), started(1, 13*m, target(cluster.TargetUnused, "Target.NotInUse", "Target is in an Availability Zone that is not enabled for the load balancer")))},
		{from: "503 until cache warm, third try well", state: Moving, cause: TargetResponse, seen: seen(group(nil), service(func(s *cluster.Service) {
			s.GracePeriod = 5 * m
			s.Deployments[0].CreatedAt = s.Deployments[0].CreatedAt.Add(13 * m)
		}), started(1, 90*time.Second, target(cluster.TargetUnhealthy, "Target.ResponseCodeMismatch", "Health checks failed with these codes: [503]")))},
		{from: "spot provider without instances", cause: NoInstances, state: Stuck, seen: seen(waiting(2), instances(0, nil), func(s *sight) { s.view.Service.Launch = "" })},
		{from: "scaled in: task protection and desired below", cause: Protected, state: Stuck, seen: seen(protectedOnes(3))},
		{from: "vpc endpoint sg", cause: RegistryUnreachable, state: Stuck, seen: seen(unstarted(2, "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve ecr registry auth: service call has been retried 3 time(s): RequestError: send request failed caused by: Post \"https://api.ecr.us-east-1.amazonaws.com/\": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"))},
		{from: "healthy blue-green with two task sets", state: Healthy, seen: seen(steady(4))},
		{from: "just completed, old stopped tasks", state: Healthy, seen: seen(steady(2), ended(2, "ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", 40*m, box{"app", 137, ""}))},
		{from: "oom once a day", state: Healthy, cause: OutOfMemory, seen: seen(steady(2), exits(1, 20*m, box{"app", 137, "OutOfMemoryError: Container killed due to memory usage"}))},
		{from: "all agents fine, no room for one of many", cause: NoMemory, state: Stuck, seen: seen(instances(3, func(i *cluster.Instance) { i.Remaining.Memory = 512 }), define(nil), steady(5), service(func(s *cluster.Service) { s.Desired = 6 }), said("(service api) was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 3f4d) has insufficient memory available."+guide))},
		{from: "exit 1 in one of many, steadily", cause: Exited, state: Unstable, seen: seen(steady(10), exits(4, 30*time.Second, box{"app", 1, ""}))},
		{from: "signal 132 illegal instruction", cause: Exited, state: Stuck, seen: seen(exits(3, time.Second, box{"app", 132, ""}))},
		{from: "fargate task retired while stuck image", cause: ImageMissing, state: Stuck, seen: seen(service(func(s *cluster.Service) {
			s.Desired = 2
			s.Running = 1
			s.Deployments[0].Rollout = cluster.RolloutCompleted
			s.Deployments[0].CreatedAt = s.Deployments[0].CreatedAt.Add(-48 * time.Hour)
		}), started(1, 40*time.Hour, nil), unstarted(3, "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:latest@sha256:863f0c: not found"))},
		{from: "insufficient instance capacity of managed instances", cause: ProviderCannotLaunch, state: Stuck, seen: seen(waiting(1), said("(service api) was unable to place a task. Reason: ResourceInitializationError: Unable to launch instance(s) for capacity provider cp1. InsufficientInstanceCapacity: We currently do not have sufficient m7i.large capacity in the Availability Zone you requested."))},
		{from: "efs mount target in no such zone", cause: VolumeUnmountable, state: Stuck, seen: seen(unstarted(2, "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Mount target is not found. Please create mount target in us-east-1c and then try again"))},
		{from: "gMSA", cause: ResourceInit, state: Stuck, seen: seen(unstarted(2, "ResourceInitializationError: failed to create credentialspec resource: unable to retrieve credential spec"))},

		// Two things at once.
		{from: "image missing and cpu lack", cause: ImageMissing, state: Stuck, seen: seen(instances(1, func(i *cluster.Instance) { i.Remaining.CPU = 0 }), unstarted(3, "Task failed to start", box{"app", -1, "CannotPullContainerError: Error response from daemon: manifest for 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:2 not found: manifest unknown: Requested image not found"}), saidAt(12*m, closest+"has insufficient CPU units available."))},
		{from: "crash that shows as failed ELB checks too", cause: Exited, state: Stuck, seen: seen(httpGroup, exits(3, 20*time.Second, box{"app", 1, ""}), unhealthyTasks(1, 100*time.Second))},
		{from: "oom then elb", cause: OutOfMemory, state: Stuck, seen: seen(httpGroup, exits(3, 90*time.Second, box{"app", 137, "OutOfMemoryError: Container killed due to memory usage"}), said("(service api) (task 1) (port 80) is unhealthy in (target-group "+webGroup+") due to (reason Health checks failed)."))},
	}
}
