package containers

import (
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

var familyForm = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

// checkDefinition makes the checks that ECS makes on the request alone, and stops at the first that fails, as ECS does. The words are those of public reports of each
// error, many of them of deployments made to see it; where they are ours, the check says so.
func checkDefinition(in *ecs.RegisterTaskDefinitionInput) error {
	switch {
	case api.Value(in.Family) == "":
		return client("Family should not be null or empty.")
	case !familyForm.MatchString(*in.Family):
		return client("Family contains invalid characters.")
	case len(in.InferenceAccelerators) > 0: //nolint:staticcheck // it is looked at because AWS refuses it since Elastic Inference has ended
		return client("Unsupported field 'inferenceAccelerators'.")
	case len(in.ContainerDefinitions) == 0:
		return client("Container list cannot be empty.")
	case len(in.ContainerDefinitions) > 10:
		return client("Too many containers.")
	}
	for _, check := range []func(*ecs.RegisterTaskDefinitionInput) error{
		checkContainers, checkOrder, checkPorts, checkVolumes, checkProxy, checkFirelens, checkStorage, checkFargate, checkSize,
	} {
		if err := check(in); err != nil {
			return err
		}
	}
	return nil
}

func onFargate(in *ecs.RegisterTaskDefinitionInput) bool {
	return slices.Contains(in.RequiresCompatibilities, types.CompatibilityFargate)
}

// checkVolumes refuses volumes of two kinds at once, what EFS does not mount, and one to be configured at launch that no container mounts.
func checkVolumes(in *ecs.RegisterTaskDefinitionInput) error {
	for _, v := range in.Volumes {
		if kindsOf(v) > 1 {
			return client("When the volume parameter is specified, only one volume configuration type should be used.")
		}
		if err := checkEFS(v.EfsVolumeConfiguration); err != nil {
			return err
		}
		if api.Value(v.ConfiguredAtLaunch) && !slices.ContainsFunc(in.ContainerDefinitions, func(c types.ContainerDefinition) bool { return mounts(c, api.Value(v.Name)) }) {
			return client("Volumes [%s] are not referenced by any of the containers", api.Value(v.Name))
		}
	}
	return nil
}

// kindsOf counts the kinds of a volume that are given. A host without a path is the kind of a volume that names none.
func kindsOf(v types.Volume) (n int) {
	for _, given := range []bool{v.Host != nil && api.Value(v.Host.SourcePath) != "", v.DockerVolumeConfiguration != nil, v.EfsVolumeConfiguration != nil,
		v.FsxWindowsFileServerVolumeConfiguration != nil, v.S3filesVolumeConfiguration != nil} {
		if given {
			n++
		}
	}
	return n
}

func mounts(c types.ContainerDefinition, volume string) bool {
	return slices.ContainsFunc(c.MountPoints, func(m types.MountPoint) bool { return api.Value(m.SourceVolume) == volume })
}

// checkEFS: the words about an access point without encryption are ours. Source: API Reference, EFSAuthorizationConfig.accessPointId.
func checkEFS(v *types.EFSVolumeConfiguration) error {
	if v == nil {
		return nil
	}
	encrypted, allowed := v.TransitEncryption == types.EFSTransitEncryptionEnabled, v.AuthorizationConfig
	switch root := api.Value(v.RootDirectory); {
	case allowed != nil && api.Value(allowed.AccessPointId) != "" && root != "" && root != "/":
		return client("When using an EFS access point, the root directory must either be set to \"/\" or be omitted.")
	case allowed != nil && allowed.Iam == types.EFSAuthorizationConfigIAMEnabled && !encrypted:
		return client("EFS IAM authorization requires TransitEncryption to be enabled.")
	case allowed != nil && api.Value(allowed.AccessPointId) != "" && !encrypted:
		return client("An EFS access point requires TransitEncryption to be enabled.")
	case v.TransitEncryptionPort != nil && !encrypted:
		return client("TransitEncryptionPort requires that TransitEncryption is enabled.")
	}
	return nil
}

// checkProxy refuses a proxy of App Mesh that cannot work. Which of its ports are missing AWS tells of the ingress port alone; it is looked at first.
func checkProxy(in *ecs.RegisterTaskDefinitionInput) error {
	p := in.ProxyConfiguration
	if p == nil {
		return nil
	}
	has := func(name string) bool {
		return slices.ContainsFunc(p.Properties, func(v types.KeyValuePair) bool { return api.Value(v.Name) == name && api.Value(v.Value) != "" })
	}
	switch {
	case in.NetworkMode != types.NetworkModeAwsvpc:
		return client("APPMESH proxy configuration is only supported in networkMode=awsvpc")
	case containerNamed(in, api.Value(p.ContainerName)) == nil:
		return client("Proxy container [%s] does not exist.", api.Value(p.ContainerName))
	case !has("ProxyIngressPort"):
		return client("Ingress port not found")
	}
	return nil
}

// checkFirelens: logs that go through a router need one.
func checkFirelens(in *ecs.RegisterTaskDefinitionInput) error {
	routed := func(c types.ContainerDefinition) bool {
		return c.LogConfiguration != nil && c.LogConfiguration.LogDriver == types.LogDriverAwsfirelens
	}
	router := func(c types.ContainerDefinition) bool { return c.FirelensConfiguration != nil }
	if slices.ContainsFunc(in.ContainerDefinitions, routed) && !slices.ContainsFunc(in.ContainerDefinitions, router) {
		return client("When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured in one of the containers.")
	}
	for _, c := range in.ContainerDefinitions {
		if c.FirelensConfiguration == nil || c.FirelensConfiguration.Options["config-file-type"] != "s3" {
			continue
		}
		if !cluster.IsARN(c.FirelensConfiguration.Options["config-file-value"]) {
			return client("Invalid arn syntax.")
		}
	}
	return nil
}

// checkStorage: Fargate's 20 GiB are there without asking, and nothing less than one more can be asked for.
func checkStorage(in *ecs.RegisterTaskDefinitionInput) error {
	switch s := in.EphemeralStorage; {
	case s == nil:
	case slices.Contains(in.RequiresCompatibilities, types.CompatibilityEc2):
		return client("Tasks using the EC2 launch type do not support EphemeralStorage.")
	case s.SizeInGiB < 21:
		return client("EphemeralStorage size should be at least 21")
	case s.SizeInGiB > 200:
		return client("EphemeralStorage size should be at most 200")
	}
	return nil
}

// containerNamed is nil where the definition has none of the name.
func containerNamed(in *ecs.RegisterTaskDefinitionInput, name string) *types.ContainerDefinition {
	at := slices.IndexFunc(in.ContainerDefinitions, func(c types.ContainerDefinition) bool { return api.Value(c.Name) == name })
	if at < 0 {
		return nil
	}
	return &in.ContainerDefinitions[at]
}

// checkSecrets refuses parameters of another account, which cannot be read. Those of Secrets Manager can.
func checkSecrets(v api.View, in *ecs.RegisterTaskDefinitionInput) error {
	for _, c := range in.ContainerDefinitions {
		for _, s := range c.Secrets {
			arn, err := cluster.ParseARN(api.Value(s.ValueFrom))
			if err == nil && arn.Service == "ssm" && arn.Account != v.Place.Account {
				return client("The Systems Manager parameter ARN has a different account ID than the current account. The current account ID is %s and the ARN account ID is %s. "+
					"Cross-account access for ARNs is not currently supported.", v.Place.Account, arn.Account)
			}
		}
	}
	return nil
}
