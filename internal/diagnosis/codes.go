package diagnosis

import (
	"maps"
	"slices"
)

// Code names a cause. It is stable, in kebab case.
type Code string

// The causes. What each says, and what can be done about it, is in facts.
const (
	ImageMissing        Code = "image-missing"
	ImageDenied         Code = "image-denied"
	ImagePlatform       Code = "image-platform"
	ImageUnpullable     Code = "image-unpullable"
	RateLimited         Code = "registry-rate-limit"
	RegistryUnreachable Code = "registry-unreachable"
	DiskFull            Code = "disk-full"
	SecretMissing       Code = "secret-missing"
	SecretDenied        Code = "secret-denied"
	SecretUnreachable   Code = "secret-unreachable"
	SecretUnreadable    Code = "secret-unreadable"
	EnvironmentFile     Code = "environment-file"
	LogGroupMissing     Code = "log-group-missing"
	LogsDenied          Code = "logs-denied"
	LogsUnreachable     Code = "logs-unreachable"
	LogsBroken          Code = "logs-broken"
	RoleUnusable        Code = "role-unusable"
	ServiceLinkedRole   Code = "service-linked-role"
	VolumeUnmountable   Code = "volume-unmountable"
	ResourceInit        Code = "resource-initialization"
	AgentImage          Code = "agent-image"

	ContainerCreate Code = "container-create"
	ContainerStart  Code = "container-start"
	CommandMissing  Code = "command-missing"
	ExecFormat      Code = "exec-format"
	RuntimeTimeout  Code = "runtime-timeout"
	OutOfMemory     Code = "out-of-memory"
	Killed          Code = "exit-137"
	Crashed         Code = "exit-139"
	Terminated      Code = "exit-143"
	Exited          Code = "exit"
	Finished        Code = "exit-0"
	StartFailed     Code = "start-failed"

	ContainerHealth    Code = "container-health"
	TargetHealth       Code = "target-health"
	TargetResponse     Code = "target-response"
	TargetTimeout      Code = "target-timeout"
	TargetUnused       Code = "target-unused"
	TargetZone         Code = "target-zone"
	TargetBalancer     Code = "target-balancer"
	TargetGroupMissing Code = "target-group-missing"
	TargetsRefused     Code = "targets-refused"
	GraceShort         Code = "grace-period-short"

	NoRoom                Code = "no-room"
	NoInstances           Code = "no-instances"
	NoCPU                 Code = "no-cpu"
	NoMemory              Code = "no-memory"
	NoGPU                 Code = "no-gpu"
	NoPort                Code = "no-port"
	NoInterface           Code = "no-network-interface"
	AttributeMissing      Code = "attribute-missing"
	ConstraintUnsatisfied Code = "constraint-unsatisfied"
	AgentDisconnected     Code = "agent-disconnected"
	ProviderCannotLaunch  Code = "provider-cannot-launch"
	ProvisioningLimit     Code = "provisioning-limit"
	CapacityUnavailable   Code = "fargate-capacity"
	VCPUQuota             Code = "vcpu-quota"
	TaskQuota             Code = "task-quota"
	SizeQuota             Code = "size-quota"
	ZoneUnsupported       Code = "zone-unsupported"
	SubnetFull            Code = "subnet-full"
	InterfaceQuota        Code = "network-interface-quota"
	NetworkInterface      Code = "network-interface"
	AccountBlocked        Code = "account-blocked"

	BoundsBlock       Code = "bounds-block"
	Protected         Code = "protected-tasks"
	DrainingLong      Code = "draining"
	StopIgnored       Code = "stop-ignored"
	BreakerSlow       Code = "breaker-slow"
	StartThrottled    Code = "starts-throttled"
	CallsThrottled    Code = "calls-throttled"
	BreakerRolledBack Code = "breaker-rolled-back"
	AlarmRolledBack   Code = "alarm-rolled-back"
	DeploymentStopped Code = "deployment-stopped"
	RolloutFailed     Code = "rollout-failed"
	NothingDesired    Code = "nothing-desired"
	OtherController   Code = "other-controller"
	ScalingHolds      Code = "scaling-holds"
	ServiceDeleted    Code = "service-deleted"
	InstanceLost      Code = "instance-lost"
	SpotInterrupted   Code = "spot-interrupted"
	StoppedByUser     Code = "stopped-by-user"
	Unexplained       Code = "unexplained"
)

// aspect is what a cause is a case of; what is none can be ruled out as a whole.
type aspect string

const (
	aspectPull      aspect = "image pull"
	aspectSecrets   aspect = "secrets"
	aspectLogs      aspect = "log driver"
	aspectRole      aspect = "roles"
	aspectContainer aspect = "container exit code"
	aspectHealth    aspect = "health checks"
	aspectCapacity  aspect = "capacity"
	aspectAddresses aspect = "subnet addresses"
	aspectBounds    aspect = "minimum and maximum percent"
	aspectProtected aspect = "task protection"
	aspectOther     aspect = ""
)

// fact is what is to be said of a cause.
type fact struct {
	aspect aspect
	text   string // after "N of M new tasks: ", and by itself
	fix    string
	// command helps with the fix; SERVICE (with its cluster), CLUSTER, NAME and TASKS in it are put in. Empty: there is none.
	command string
	// lasting tells that another try comes to the same, so that one failure is enough to say so. What IAM or the network refuses may be allowed by the next try.
	lasting bool
}

func facts(code Code) fact { return catalogue()[code] }

// Codes are all causes that can be told, by name.
func Codes() []Code { return slices.Sorted(maps.Keys(catalogue())) }

// Text is what is said of a cause, unless more is known of it, and how it can be mended.
func (c Code) Text() (text, mend string) {
	f := facts(c)
	return f.text, f.fix
}

func catalogue() map[Code]fact {
	all := ofStarts()
	for _, more := range []map[Code]fact{ofContainers(), ofHealth(), ofPlaces(), ofRollouts()} {
		maps.Copy(all, more)
	}
	return all
}

// ofStarts has what keeps a task from being started.
func ofStarts() map[Code]fact {
	return map[Code]fact{
		ImageMissing:        {aspectPull, "the image is not there", "check the image's name, push the image, or deploy one that exists", "handover update SERVICE --image CONTAINER=IMAGE", true},
		ImageDenied:         {aspectPull, "the registry does not let the task pull the image", "allow the execution role ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer, or give the container repositoryCredentials", "", false},
		ImagePlatform:       {aspectPull, "the image is not built for the architecture that the task runs on", "build it for that architecture (docker build --platform), or set runtimePlatform in the task definition", "", true},
		ImageUnpullable:     {aspectPull, "the image cannot be pulled", "read what AWS says; check the name, the registry and the execution role", "", false},
		RateLimited:         {aspectPull, "the registry refuses more pulls: its rate limit is reached", "log in to the registry (repositoryCredentials), or pull through an ECR pull-through cache", "", false},
		RegistryUnreachable: {aspectPull, "the registry cannot be reached from the task's subnet", "give the subnet a route to it: a public address, a NAT gateway, or VPC endpoints for ecr.api, ecr.dkr and s3, whose security group lets the task in on port 443", "", false},
		DiskFull:            {aspectPull, "there is no space left on the disk for the image or the container", "free space on the container instance, or raise ephemeralStorage in the task definition", "", false},
		SecretMissing:       {aspectSecrets, "a secret or parameter that the task definition names is not there, or has not the key that is asked for", "check the names under secrets in the task definition, and their Region", "", true},
		SecretDenied:        {aspectSecrets, "the execution role may not read a secret or parameter", "allow the execution role secretsmanager:GetSecretValue or ssm:GetParameters, and kms:Decrypt for a key of your own", "", false},
		SecretUnreachable:   {aspectSecrets, "the place of the secrets cannot be reached from the task's subnet", "give the subnet a route to it: a NAT gateway, or VPC endpoints for secretsmanager, ssm and kms, whose security group lets the task in on port 443", "", false},
		SecretUnreadable:    {aspectSecrets, "its secrets, or the login for its registry, cannot be fetched", "check the secrets' names, the execution role's permissions, and the subnet's route to Secrets Manager, Parameter Store and ECR", "", false},
		EnvironmentFile:     {aspectSecrets, "an environment file cannot be fetched", "check the file in S3, and that the execution role may s3:GetObject it", "", false},
		LogGroupMissing:     {aspectLogs, "the log group is not there", "create it, or set awslogs-create-group", "aws logs create-log-group --log-group-name GROUP", true},
		LogsDenied:          {aspectLogs, "the execution role may not write logs", "allow the execution role logs:CreateLogStream and logs:PutLogEvents, and logs:CreateLogGroup with awslogs-create-group", "", false},
		LogsUnreachable:     {aspectLogs, "CloudWatch Logs cannot be reached from the task's subnet", "give the subnet a route to it: a NAT gateway, or a VPC endpoint for logs, whose security group lets the task in on port 443", "", false},
		LogsBroken:          {aspectLogs, "the log driver cannot be set up", "check logConfiguration in the task definition", "", false},
		RoleUnusable:        {aspectRole, "ECS cannot assume a role of the task", "check that the role exists and trusts ecs-tasks.amazonaws.com; a new role takes some seconds to be known", "", false},
		ServiceLinkedRole:   {aspectRole, "ECS cannot use its service-linked role", "create it", "aws iam create-service-linked-role --aws-service-name ecs.amazonaws.com", false},
		VolumeUnmountable:   {aspectOther, "a volume cannot be mounted", "check that the file system or volume and the access point exist, that its security group lets the task in (port 2049 for EFS), and the task's permissions", "", false},
		AgentImage:          {aspectOther, "the agent's own pause image is not on the container instance, which every task with an address of its own needs", "restart the agent, which loads it (sudo systemctl restart ecs), and keep clean-up jobs off the agent's images", "", false},
		ResourceInit:        {aspectOther, "what the task needs could not be set up", "read what AWS says", "", false},
	}
}

// ofContainers has what ends containers.
func ofContainers() map[Code]fact {
	return map[Code]fact{
		ContainerCreate: {aspectContainer, "the container cannot be created", "read what the runtime says", "", false},
		ContainerStart:  {aspectContainer, "the container cannot be started", "read what the runtime says", "", false},
		CommandMissing:  {aspectContainer, "the container's command is not in its image, or may not be executed", "check entryPoint, command and workingDirectory against the image", "", true},
		ExecFormat:      {aspectContainer, "the program is built for another architecture than the task runs on", "build the image for that architecture (docker build --platform), or set runtimePlatform in the task definition", "", true},
		RuntimeTimeout:  {aspectContainer, "the container runtime did not answer in time", "check the load and the disk of the container instance", "", false},
		OutOfMemory:     {aspectContainer, "the container uses more memory than it has, and is killed", "raise memory in the task definition, or have the program use less", "", false},
		Killed:          {aspectContainer, "the container was killed (exit code 137)", "look for too little memory, and for a program that does not end on SIGTERM within its stop timeout", "", false},
		Crashed:         {aspectContainer, "the program crashed with a segmentation fault (exit code 139)", "read its log", "", false},
		Terminated:      {aspectContainer, "the container ended on SIGTERM (exit code 143)", "find out who stops it", "", false},
		Exited:          {aspectContainer, "an essential container exits", "read its log", "", false},
		Finished:        {aspectContainer, "an essential container finishes its work and exits with code 0, which a service may not", "have it go on running, or set essential to false; work that ends is for RunTask or a scheduled task", "", false},
		StartFailed:     {aspectOther, "tasks end before they are healthy", "read what AWS says", "", false},
	}
}

// ofHealth has what fails health checks.
func ofHealth() map[Code]fact {
	return map[Code]fact{
		ContainerHealth:    {aspectHealth, "the container starts and then fails its own health check", "try the check's command in the image; give a slow start a startPeriod", "", false},
		TargetHealth:       {aspectHealth, "the container starts and then fails its load-balancer health check", "try the check's path and port in the container, and check that its security group lets the load balancer in", "", false},
		TargetResponse:     {aspectHealth, "the container starts and answers its load-balancer health check with another code than is wanted", "have the program answer the path, or change path or matcher of the target group", "", false},
		TargetTimeout:      {aspectHealth, "the load balancer's health check gets no answer in time", "check that the program listens on the port on all addresses, that the task's security group lets the load balancer's in on it, and that it answers within the timeout", "", false},
		TargetUnused:       {aspectHealth, "no listener of a load balancer uses the target group, so its targets never get healthy", "have a listener forward to it", "", true},
		TargetZone:         {aspectHealth, "the task runs in a zone that the load balancer has not enabled", "enable the zone for the load balancer, or take its subnet from the service", "", true},
		TargetBalancer:     {aspectHealth, "the load balancer itself has trouble with its health checks", "look at the load balancer's state, and try again", "", false},
		TargetGroupMissing: {aspectHealth, "a target group of the service is not there", "attach one that exists", "", true},
		TargetsRefused:     {aspectHealth, "the load balancer does not take the service's tasks for targets", "see what it says: the target group's type must fit the network mode, its VPC the subnets, and ECS's role must be allowed to register targets", "", true},
		GraceShort:         {aspectHealth, "tasks are stopped before they have had the time to start: the health check grace period is shorter than that", "raise the grace period", "aws ecs update-service --cluster CLUSTER --service NAME --health-check-grace-period-seconds SECONDS", false},
	}
}

// ofPlaces has what keeps a task from being placed.
func ofPlaces() map[Code]fact {
	return map[Code]fact{
		NoRoom:                {aspectCapacity, "no container instance has room for another task", "add container instances, or lower what a task asks for", "", false},
		NoInstances:           {aspectCapacity, "there are no container instances", "add container instances, or check the capacity provider and its Auto Scaling group", "", false},
		NoCPU:                 {aspectCapacity, "no container instance has enough CPU left for another task", "add container instances, lower the task's cpu, or make room: a lower minimum healthy percent lets ECS stop an old task first", "", false},
		NoMemory:              {aspectCapacity, "no container instance has enough memory left for another task", "add container instances, lower the task's memory, or make room: a lower minimum healthy percent lets ECS stop an old task first", "", false},
		NoGPU:                 {aspectCapacity, "no container instance has enough GPUs left for another task", "add container instances with GPUs", "", false},
		NoPort:                {aspectCapacity, "the host port of the task is taken on every container instance", "use a dynamic host port (hostPort 0), add container instances, or lower the minimum healthy percent, so that ECS stops an old task first", "", false},
		NoInterface:           {aspectCapacity, "no container instance has a network interface left for another task", "add container instances, or turn on awsvpcTrunking", "", false},
		AttributeMissing:      {aspectCapacity, "no container instance has an attribute that the task needs", "check the task's requirements (log driver, network mode, platform) against the instances' attributes, and their subnets' zones", "", false},
		ConstraintUnsatisfied: {aspectCapacity, "no container instance meets the placement constraints", "change the constraints, or add container instances that meet them", "", false},
		AgentDisconnected:     {aspectCapacity, "the agent of a container instance is disconnected, so that nothing is placed on it", "restart the agent (sudo systemctl restart ecs), or replace the instance", "", false},
		ProviderCannotLaunch:  {aspectCapacity, "the capacity provider cannot launch instances", "read what AWS says; quotas and Spot capacity are the usual reasons", "", false},
		ProvisioningLimit:     {aspectCapacity, "the cluster has as many tasks PROVISIONING as it may (500)", "wait, or add capacity", "", false},
		CapacityUnavailable:   {aspectCapacity, "Fargate has no capacity for the task at this time", "wait: ECS tries again by itself; or give the service subnets in other zones, mix FARGATE and FARGATE_SPOT in its capacity provider strategy, or let the task have another size", "", false},
		VCPUQuota:             {aspectCapacity, "the account's quota of Fargate vCPUs is reached", "ask for more", "aws service-quotas list-service-quotas --service-code fargate", false},
		TaskQuota:             {aspectCapacity, "the account's quota of concurrent tasks is reached", "ask for more", "aws service-quotas list-service-quotas --service-code fargate", false},
		SizeQuota:             {aspectCapacity, "the task is larger than the account may run", "lower the task's cpu and memory, or ask for a higher quota", "", true},
		ZoneUnsupported:       {aspectCapacity, "AWS has an internal error; the guide's reason for it is a subnet in a zone without Fargate", "check the zones of the service's subnets", "", false},
		AccountBlocked:        {aspectOther, "AWS has blocked the account", "ask AWS Support", "", true},
		SubnetFull:            {aspectAddresses, "a subnet of the service has no free address left", "free addresses, or add a subnet to the service", "", false},
		InterfaceQuota:        {aspectAddresses, "the account's quota of network interfaces is reached", "ask for more", "", false},
		NetworkInterface:      {aspectAddresses, "the task's network interface cannot be set up", "read what AWS says; try again, and check subnets, security groups and tag policies", "", false},
	}
}

// ofRollouts has what holds a deployment or the whole service up.
func ofRollouts() map[Code]fact {
	return map[Code]fact{
		BoundsBlock:       {aspectBounds, "minimum and maximum percent leave no room to start or stop a task", "raise the maximum, or lower the minimum", "handover restart SERVICE --max-percent 200 --allow-in-progress", true},
		Protected:         {aspectProtected, "old tasks are protected, and ECS waits until their protection ends", "end their protection if they may be stopped, or wait", "aws ecs update-task-protection --cluster CLUSTER --tasks TASKS --no-protection-enabled", false},
		DrainingLong:      {aspectOther, "old tasks are draining their connections", "wait, or shorten deregistration_delay.timeout_seconds of the target group", "", false},
		StopIgnored:       {aspectOther, "tasks do not end on SIGTERM, and hold their places until they are killed", "have the program end on SIGTERM, or shorten its stopTimeout", "", false},
		BreakerSlow:       {aspectOther, "the circuit breaker counts many failures before it acts", "lower its threshold", "", false},
		StartThrottled:    {aspectOther, "so many starts have failed that ECS waits longer and longer between them, up to 27 minutes", "mend what makes them fail, then update the service: that sets the wait back", "handover restart SERVICE", false},
		CallsThrottled:    {aspectOther, "the account's calls are throttled, and ECS waits", "wait; if it happens often, ask for higher rates", "", false},
		BreakerRolledBack: {aspectOther, "the circuit breaker gave the deployment up: too many of its tasks failed", "mend what makes them fail, and deploy again", "", false},
		AlarmRolledBack:   {aspectOther, "a CloudWatch alarm went off, and ECS gave the deployment up", "look at the alarm, and deploy again", "", false},
		DeploymentStopped: {aspectOther, "the deployment was stopped", "find out who stopped it (CloudTrail: StopServiceDeployment), or deploy again", "", false},
		RolloutFailed:     {aspectOther, "the deployment failed", "read what AWS says", "", false},
		NothingDesired:    {aspectOther, "the desired count is 0", "raise it if there is to be a task", "aws ecs update-service --cluster CLUSTER --service NAME --desired-count 1", false},
		OtherController:   {aspectOther, "its tasks are replaced by something else than ECS", "look there: CodeDeploy's deployments, or the owner of the service's task sets", "", false},
		ScalingHolds:      {aspectOther, "the desired count is outside of what Application Auto Scaling allows, and may be changed back", "change the scalable target's bounds, or the desired count", "", false},
		ServiceDeleted:    {aspectOther, "the service was deleted", "create it again", "", true},
		InstanceLost:      {aspectOther, "container instances under the tasks are stopped or terminated", "find out why the instances go", "", false},
		SpotInterrupted:   {aspectOther, "Spot capacity under the tasks was taken back", "wait for other capacity, or use some that is not Spot", "", false},
		StoppedByUser:     {aspectOther, "somebody stops the tasks by StopTask", "find out who (CloudTrail: StopTask)", "", false},
		Unexplained:       {aspectOther, "nothing that was read explains it", "look at the service's events and its tasks' logs", "handover status SERVICE", false},
	}
}

// Room tells whether a cause is want of room for tasks.
func (c Code) Room() bool { return facts(c).aspect == aspectCapacity }
