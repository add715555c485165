package diagnosis

import (
	"slices"
	"strings"
)

// This file tells what the texts of AWS mean. They are of the developer guide's pages stopped-task-error-codes, task_cannot_pull_image, resource-initialization-error and
// service-event-messages-list, and of reports of users, whose wordings differ by platform version and by year. So a text is told by words that all of its wordings
// have, in lower case, and the first line that fits stands.

// meaning is what a text stands for.
type meaning struct {
	code      Code
	certainty Certainty
}

// wording is one line of a table: a text that has one of each group of words means this.
type wording struct {
	all  [][]string
	code Code
	sure Certainty
}

// words makes one group.
func words(any ...string) []string { return any }

// read finds the first line of a table that a text fits.
func read(table []wording, text string) (m meaning, ok bool) {
	text = strings.ToLower(strings.ReplaceAll(text, "’", "'"))
	for _, w := range table {
		if fits(w.all, text) {
			return meaning{w.code, w.sure}, true
		}
	}
	return meaning{}, false
}

func fits(all [][]string, text string) bool {
	for _, group := range all {
		if !slices.ContainsFunc(group, func(word string) bool { return strings.Contains(text, word) }) {
			return false
		}
	}
	return true
}

// unreachable are the ways in which the network is said to be at fault.
func unreachable() []string {
	return words("i/o timeout", "dial tcp", "no such host", "connection refused", "connection issue", "request canceled", "requestcanceled", "context deadline", "context canceled",
		"tls handshake", "connection reset", "signal: killed", "network is unreachable", "requesterror: send request failed", "request send failed", ": eof")
}

func denied() []string {
	return words("accessdenied", "access denied", "not authorized", "unauthorized", "403 forbidden", "authorization failed", "no basic auth", "no identity-based policy",
		"access to kms is not allowed", "denied: ", "do not have permission", "forbidden")
}

// reasons are the texts of why a task did not start, or stopped. Each stands behind what it is a case of.
func reasons() []wording { return slices.Concat(beforeTheContainers(), ofTheContainers()) }

// beforeTheContainers are those of what a task needs before its containers are there: roles, images, volumes, logs, secrets and a network interface.
func beforeTheContainers() []wording {
	pull, logger := words("cannotpull"), words("failed to validate logger args", "failed to initialize logging driver", "logging driver", "log driver", "cloudwatch log")
	secret := words("secretsmanager", "secrets manager", "from asm", "from ssm", "ssm param", "parameter store", "systems manager", "fetch secret", "retrieve the secret")
	registry := words("ecr registry auth", "registry auth from amazon ecr", "getauthorizationtoken", "api.ecr.")
	missing := words("resourcenotfoundexception", "can't find the specified secret", "invalid ssm parameters", "invalid parameters", "parameternotfound", "did not contain json key", "marked for deletion", "marked deleted",
		"looking for beginning of value", "secret exists in the specified region")
	return []wording{
		{[][]string{words("unable to assume the role", "unable to assume role", "cannot assume the role", "failed to assume role")}, RoleUnusable, Certain},
		{[][]string{words("service linked role", "service-linked role")}, ServiceLinkedRole, Certain},

		{[][]string{pull, words("toomanyrequests", "too many requests", "pull rate limit")}, RateLimited, Certain},
		{[][]string{words("no space left on device", "thin pool has"), words("cannotpull", "cannotcreate", "cannotstart")}, DiskFull, Certain},
		{[][]string{words("amazon-ecs-pause", "~internal~ecs~pause")}, AgentImage, Certain}, // of the agent's own: amazon-ecs-agent 1430, 1837, 2193, 2290
		{[][]string{words("operating system does not match the host")}, ImagePlatform, Certain},
		{[][]string{pull, words("matching platform", "no matching manifest", "no match for platform", "image operating system", "is incompatible with a")}, ImagePlatform, Certain},
		{[][]string{words("normalize image reference", "invalid reference format")}, ImageMissing, Certain},
		{[][]string{pull, words("invalid reference")}, ImageMissing, Certain},
		{[][]string{pull, unreachable()}, RegistryUnreachable, Likely},
		{[][]string{pull, words("docker.io/library/"), words("does not exist or may require", "pull access denied")}, ImageMissing, Likely}, // whatever is there, anybody may pull
		{[][]string{pull, words("does not exist or no pull access")}, ImageMissing, Likely},                                                 // as it says: amazon-ecs-agent 943 had no access
		{[][]string{pull, words("repository does not exist or may require", "requested access to the resource is denied", "pull access denied")}, ImageDenied, Likely},
		{[][]string{pull, denied()}, ImageDenied, Certain},
		{[][]string{pull, words("error: image ")}, ImageMissing, Likely}, // daemons of 2016 say so of what they may not see, too: amazon-ecs-agent 308
		{[][]string{pull, words("not found", "manifest unknown", "does not exist", "error (404)", "name unknown", "notfound")}, ImageMissing, Certain},
		{[][]string{pull}, ImageUnpullable, Certain},

		{[][]string{words("efs utils", "efs volume", "mount.nfs", "amazon efs", "file system utils")}, VolumeUnmountable, Certain},
		{[][]string{words("error while mounting volume", "volumedriver.")}, VolumeUnmountable, Certain},
		{[][]string{words("ebs attach", "ebs volume", "amazon ebs", "cannotcreatevolume")}, VolumeUnmountable, Certain},
		{[][]string{words("env file", "environment file", "envfile")}, EnvironmentFile, Certain},

		{[][]string{logger, words("127.0.0.1", "localhost", "dial unix")}, LogsBroken, Certain}, // a collector on the instance
		{[][]string{logger, unreachable()}, LogsUnreachable, Likely},
		{[][]string{logger, words("log group does not exist", "resourcenotfoundexception", "cannot find the amazon cloudwatch log group")}, LogGroupMissing, Certain},
		{[][]string{logger, denied()}, LogsDenied, Certain},
		{[][]string{logger}, LogsBroken, Certain},

		{[][]string{secret, denied()}, SecretDenied, Certain},
		{[][]string{secret, missing}, SecretMissing, Certain},
		{[][]string{secret, unreachable()}, SecretUnreachable, Likely},
		{[][]string{secret}, SecretUnreadable, Likely},
		{[][]string{registry, denied()}, ImageDenied, Certain},
		{[][]string{registry, unreachable()}, RegistryUnreachable, Likely},
		{[][]string{registry}, ImageUnpullable, Likely},
		{[][]string{words("unable to pull secrets or registry auth"), denied()}, SecretDenied, Likely}, // or the registry, which it does not say
		{[][]string{words("unable to pull secrets or registry auth")}, SecretUnreadable, Likely},

		{[][]string{words("insufficientfreeaddresses", "enough free addresses", "enough free ip", "enough ip addresses", "insufficient free addresses", "no available ip")}, SubnetFull, Certain},
		{[][]string{words("networkinterfacelimitexceeded")}, InterfaceQuota, Certain},
		{[][]string{words("unused device index")}, NoInterface, Certain}, // the instance has none left: containers-roadmap 1545
		{[][]string{words("subnet", "security group", "invalidgroup"), words("does not exist", "notfound", "not found")}, NetworkInterface, Certain},
		{[][]string{words("network interface provisioning", "unexpected ec2 error", "failed to configure eni", "network interface")}, NetworkInterface, Likely},
	}
}

// ofTheContainers are those of its containers, their checks, and what it ran on; what else failed before them is the last.
func ofTheContainers() []wording {
	start := words("cannotstart", "oci runtime", "cannotcreate", "create failed")
	return []wording{
		{[][]string{words("exec format error")}, ExecFormat, Certain},
		{[][]string{words("outofmemory", "oomkilled", "oom-killed", "container killed due to memory usage", "out of memory")}, OutOfMemory, Certain},
		{[][]string{start, words("nvidia-container", "prestart hook", "custom device", "error mounting", "mount error", "mounting \"")}, ContainerStart, Certain}, // what is missing is not its command
		{[][]string{start, words("port is already allocated", "address already in use")}, NoPort, Certain},
		{[][]string{start, words("executable file not found", "no such file or directory", "permission denied"), words("exec: ", "exec /", "cwd")}, CommandMissing, Certain},
		{[][]string{words("dockertimeout", "containerruntimetimeout", "could not transition to")}, RuntimeTimeout, Likely},
		{[][]string{words("cannotcreatecontainer")}, ContainerCreate, Certain},
		{[][]string{words("cannotstartcontainer", "containerruntimeerror", "cannotinspectcontainer", "internalerror: unable to create new container")}, ContainerStart, Certain},

		{[][]string{words("failed container health checks", "container health check")}, ContainerHealth, Certain},
		{[][]string{words("failed elb health checks", "is unhealthy in (target-group", "is unhealthy in (elb", "failed vpc lattice health", "elb health check")}, TargetHealth, Certain},
		{[][]string{words("target group is not found")}, TargetGroupMissing, Certain},
		{[][]string{words("does not have an associated load balancer")}, TargetUnused, Certain},
		{[][]string{words("spot task was interrupted", "spot interruption", "spotinterruption")}, SpotInterrupted, Certain},
		{[][]string{words("host ec2 (instance", "container instance deregistration", "instance terminated")}, InstanceLost, Certain},
		{[][]string{words("unable to launch instance(s)", "maxspotinstancecountexceeded")}, ProviderCannotLaunch, Certain},
		{[][]string{words("resourceinitializationerror", "failed to initialize", "taskfailedtostart")}, ResourceInit, Likely},
	}
}

// placements are the texts of why a task was not placed. A task that waited in vain for its capacity provider ends with one of them, which may be a single word in capitals; so
// its reason is looked up in quotation marks. Source: developer guide, stopped-task-error-codes, "TaskFailedToStart".
func placements() []wording {
	return []wording{
		{[][]string{words("account is currently blocked")}, AccountBlocked, Certain},
		{[][]string{words("no container instances were found in your capacity provider")}, NoInstances, Certain},
		{[][]string{words("no container instances were found", "empty capacity provider", "no active instances")}, NoInstances, Certain},
		{[][]string{words("unable to launch instance(s)", "maxspotinstancecountexceeded")}, ProviderCannotLaunch, Certain},
		{[][]string{words("insufficient cpu", "resource:cpu")}, NoCPU, Certain},
		{[][]string{words("insufficient memory", "resource:memory")}, NoMemory, Certain},
		{[][]string{words("insufficient gpu", "resource:gpu", "insufficient gpus")}, NoGPU, Certain},
		{[][]string{words("already using a port", "resource:port", "too many ports")}, NoPort, Certain},
		{[][]string{words(`"agent"`, `: agent"`, "agent connected", "waiting for amazon ecs agent")}, AgentDisconnected, Certain},
		{[][]string{words("resource:eni", "not enough eni", "network interface", "eni attachment", "eni capacity")}, NoInterface, Certain},
		{[][]string{words("placement constraint", "distinctinstance", "memberof")}, ConstraintUnsatisfied, Certain},
		{[][]string{words("missing an attribute", "attribute")}, AttributeMissing, Certain},
		{[][]string{words("no container instance met all of its requirements")}, NoRoom, Certain},
		{[][]string{words("capacity is unavailable")}, CapacityUnavailable, Certain},
		{[][]string{words("number of vcpus")}, VCPUQuota, Certain},
		{[][]string{words("limit on the number of tasks", "number of tasks you can run")}, TaskQuota, Certain},
		{[][]string{words("configuration is above your limit")}, SizeQuota, Certain},
		{[][]string{words("provisioning capacity limit")}, ProvisioningLimit, Certain},
		{[][]string{words("reason: internal error")}, ZoneUnsupported, Possible},
	}
}
