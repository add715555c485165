package diagnosis

import (
	"cmp"
	"slices"
	"strings"
)

// advice is what mends a cause where the words of its evidence say more than its code does.
type advice struct {
	code    Code
	words   []string // one of them is in the evidence, in lower case
	fix     string
	command string // as in fact
}

// remedy is how a finding can be mended: by the first advice that its evidence speaks for, or as its code says.
func (f finding) remedy() (fix, command string) {
	for _, a := range advices() {
		if a.code == f.code && slices.ContainsFunc(f.evidence, func(e Evidence) bool { return fits([][]string{a.words}, strings.ToLower(e.Text)) }) {
			return a.fix, a.command
		}
	}
	about := facts(f.code)
	return about.fix, about.command
}

// about adds what the commands of remedies are about: the log group that the definition names, and the service's capacity provider.
func (x *subject) about(all []finding) []finding {
	group := ""
	if d, ok := x.view.Definition(x.definition); ok {
		for _, c := range d.Containers {
			if c.Logs != nil {
				group = cmp.Or(group, c.Logs.Group)
			}
		}
	}
	for i, f := range all {
		switch {
		case f.code == LogGroupMissing:
			all[i].object = cmp.Or(f.object, group)
		case facts(f.code).aspect == aspectCapacity:
			all[i].object = cmp.Or(f.object, x.view.Service.Provider)
		}
	}
	return all
}

// advices have the special cases of a cause. Sources: the pages named in texts.go; Amazon ECR guide, vpc-endpoints; Amazon EFS guide, troubleshooting-efs-mounting; Systems Manager guide,
// parameter-store-throughput.
func advices() []advice {
	const (
		layers   = "starport-layer-bucket"
		provider = "aws ecs describe-capacity-providers --capacity-providers OBJECT"
		path     = "aws elbv2 modify-target-group --target-group-arn OBJECT --health-check-path PATH"
	)
	return []advice{
		{ImageDenied, words(layers), "the layers of ECR's images are in S3: allow s3:GetObject on the bucket prod-REGION-starport-layer-bucket in the policy of the VPC's endpoint for S3", ""},
		{RegistryUnreachable, words(layers), "the layers of ECR's images are in S3: give the subnet's route table the gateway endpoint for S3, or a NAT gateway", ""},
		{RegistryUnreachable, words("no such host"), "the registry's name is not resolved: check it, turn on DNS resolution in the VPC, and private DNS of its endpoints for ecr.api and ecr.dkr", ""},
		{ImageUnpullable, words("x509", "certificate"), "have the registry show a certificate of a public authority, or, on container instances, have them trust the one it has", ""},
		{SecretMissing, words("marked for deletion", "marked deleted"), "restore the secret, or name another one in the task definition", "aws secretsmanager restore-secret --secret-id SECRET"},
		{SecretMissing, words("json key", "looking for beginning of value"), "the secret is there, but is not JSON with that key: put the key into it, or change what valueFrom has after the secret's ARN", ""},
		{SecretDenied, words("kms", "ciphertext", "customer master key"), "allow the execution role kms:Decrypt on the key of the secret, by the role's policy and by the key's", ""},
		{SecretUnreadable, words("throttl", "rate exceeded"), "the calls for secrets are throttled: start fewer tasks at a time, or have Parameter Store take more calls",
			"aws ssm update-service-setting --setting-id /ssm/parameter-store/high-throughput-enabled --setting-value true"},
		{RoleUnusable, words("infrastructure", "attaching volume"), "check that the infrastructure role exists and trusts ecs.amazonaws.com", ""},
		{VolumeUnmountable, words("failed to resolve"), "the file system's name is not resolved: check its id, give it a mount target in the task's zone, and turn on DNS resolution and DNS hostnames in the VPC", ""},
		{VolumeUnmountable, words("timed out", "connection reset"), "have the security group of the file system's mount targets let the task in on port 2049", ""},
		{VolumeUnmountable, words("access denied"), "allow the task role elasticfilesystem:ClientMount by the file system's policy, and have the volume use the access point and IAM authorization that the policy asks for", ""},
		{VolumeUnmountable, words("no such file or directory"), "the directory is not on the file system: make it, or use an access point that makes it", ""},
		{TargetResponse, words("codes: [3"), "the check is answered by a redirect: check a path that is answered by itself, or have the matcher take that code", path},
		{TargetResponse, words("codes: [401", "codes: [403"), "the check's path asks for a login, which the load balancer has not: use an open path, or have the matcher take that code", path},
		{TargetResponse, words("codes: [404"), "the program does not know the check's path: have it answer that, or change the path", path},
		{TargetResponse, words("codes: [5"), "the program answers that it is not well: read its log, and see whether the check depends on something else that fails", ""},
		{NoInstances, words("capacity provider", "for a container instance of"), "see whether the Auto Scaling group of the capacity provider is at its maximum, or fails to launch instances (describe-scaling-activities)", provider},
		{NoRoom, words("for a container instance of"), "see whether the Auto Scaling group of the capacity provider is at its maximum, or fails to launch instances (describe-scaling-activities); or lower what a task asks for", provider},
		{BoundsBlock, words("draining, with"), "raise the maximum for as long as the instance is drained", "handover drain OBJECT --cluster CLUSTER --temporary-max NAME=200"},
		{NoCPU, words("when it is empty"), "use a larger instance type, or lower the task's cpu", ""},
		{NoMemory, words("when it is empty"), "use a larger instance type, or lower the task's memory", ""},
		{ProviderCannotLaunch, words("vcpulimitexceeded"), "ask for more vCPUs of that family of instances", "aws service-quotas list-service-quotas --service-code ec2"},
		{ProviderCannotLaunch, words("insufficientinstancecapacity", "maxspotinstancecountexceeded", "spot"), "let the capacity provider use more instance types and zones, or capacity that is not Spot", provider},
		{NothingDesired, words("application auto scaling"), "raise the scalable target's minimum: a desired count that is set by hand may be lowered again",
			"aws application-autoscaling register-scalable-target --service-namespace ecs --scalable-dimension ecs:service:DesiredCount --resource-id service/SERVICE --min-capacity 1"},
	}
}
