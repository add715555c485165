package containers

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// checkContainers refuses containers that no launch type can run.
func checkContainers(in *ecs.RegisterTaskDefinitionInput) error {
	seen, essential := map[string]bool{}, false
	for _, c := range in.ContainerDefinitions {
		name := api.Value(c.Name)
		switch {
		case name == "":
			return client("Container.name should not be null or empty.")
		case api.Value(c.Image) == "":
			return client("Container.image should not be null or empty.")
		case !cluster.ValidName(name):
			return client("Container.name contains invalid characters.")
		case seen[name]:
			return client("Container names must be unique within a task definition.")
		case in.Memory == nil && c.Memory == nil && c.MemoryReservation == nil:
			return client("Invalid setting for container '%s'. At least one of 'memory' or 'memoryReservation' must be specified.", name)
		}
		seen[name] = true
		essential = essential || isEssential(c)
		for _, check := range []func(types.ContainerDefinition) error{checkHealth, checkLimits, checkFiles, checkLogs} {
			if err := check(c); err != nil {
				return err
			}
		}
		if err := checkSurroundings(in, c); err != nil {
			return err
		}
	}
	if !essential {
		return client("Task definition doesn't have any essential container.")
	}
	return nil
}

func isEssential(c types.ContainerDefinition) bool { return c.Essential == nil || *c.Essential }

// checkHealth: the words about what is too little follow those about what is too much.
func checkHealth(c types.ContainerDefinition) error {
	h := c.HealthCheck
	if h == nil {
		return nil
	}
	for _, m := range []struct {
		name        string
		given       *int32
		least, most int32
	}{{"interval", h.Interval, 5, 300}, {"timeout", h.Timeout, 2, 60}, {"retries", h.Retries, 1, 10}, {"startPeriod", h.StartPeriod, 0, 300}} {
		switch {
		case m.given == nil:
		case *m.given > m.most:
			return client("Health check %s must be less than or equal to the maximum allowed value %d for container '%s'", m.name, m.most, *c.Name)
		case *m.given < m.least:
			return client("Health check %s must be greater than or equal to the minimum allowed value %d for container '%s'", m.name, m.least, *c.Name)
		}
	}
	if len(h.Command) == 0 { // Source: API Reference, HealthCheck.command; the words are ours
		return client("The health check of container '%s' must have a command.", *c.Name)
	}
	return nil
}

// checkLimits refuses limits that contradict themselves, memory for files of no size, and a restart policy out of its range.
func checkLimits(c types.ContainerDefinition) error {
	for _, u := range c.Ulimits {
		if u.SoftLimit > u.HardLimit {
			return client("Soft limit exceeds hard limit for ulimit %s", u.Name)
		}
	}
	if p := c.LinuxParameters; p != nil && slices.ContainsFunc(p.Tmpfs, func(t types.Tmpfs) bool { return t.Size <= 0 }) {
		return client("The container has an invalid tmpfs size value specified. It must be a non-zero, non-negative integer.")
	}
	if p := c.RestartPolicy; p != nil && p.RestartAttemptPeriod != nil && (*p.RestartAttemptPeriod < 60 || *p.RestartAttemptPeriod > 1800) {
		return client("The 'restartAttemptPeriod' setting for container '%s' must be between 60 and 1800.", *c.Name)
	}
	return nil
}

// checkFiles: up to ten files of environment variables, which are objects in S3.
func checkFiles(c types.ContainerDefinition) error {
	if len(c.EnvironmentFiles) > 10 {
		return client("The maximum number of environment files was exceeded. Specify ten or less and try again.")
	}
	if slices.ContainsFunc(c.EnvironmentFiles, func(f types.EnvironmentFile) bool { return !cluster.IsARN(api.Value(f.Value)) }) {
		return client("Invalid arn syntax.")
	}
	return nil
}

// checkLogs: awslogs must be told where to.
func checkLogs(c types.ContainerDefinition) error {
	if c.LogConfiguration == nil || c.LogConfiguration.LogDriver != types.LogDriverAwslogs {
		return nil
	}
	var missing []string
	for _, name := range []string{"awslogs-region", "awslogs-group"} {
		if c.LogConfiguration.Options[name] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return client("Log driver awslogs requires options: %s", strings.Join(missing, ", "))
	}
	return nil
}

// checkSurroundings refuses what a container needs of its definition and does not find there, and what its network mode does not have. The words about search
// domains follow those about servers.
func checkSurroundings(in *ecs.RegisterTaskDefinitionInput, c types.ContainerDefinition) error {
	own := in.NetworkMode == types.NetworkModeAwsvpc
	switch {
	case own && len(c.Links) > 0:
		return client("Links are not supported when networkMode=awsvpc.")
	case own && len(c.ExtraHosts) > 0:
		return client("Extra hosts are not supported on container when networkMode=awsvpc.")
	case own && api.Value(c.Hostname) != "":
		return client("hostname is not supported on container when networkMode=awsvpc.")
	case own && api.Value(c.DisableNetworking):
		return client("Disable Networking is not supported on container when networkMode=awsvpc.")
	case own && len(c.DnsServers) > 0:
		return client("DNS servers are not supported on container when networkMode=awsvpc.")
	case own && len(c.DnsSearchDomains) > 0:
		return client("DNS search domains are not supported on container when networkMode=awsvpc.")
	case len(c.Secrets) > 0 && api.Value(in.ExecutionRoleArn) == "":
		return client("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
	}
	for _, m := range c.MountPoints {
		if !slices.ContainsFunc(in.Volumes, func(v types.Volume) bool { return api.Value(v.Name) == api.Value(m.SourceVolume) }) {
			return client("Unknown volume '%s'.", api.Value(m.SourceVolume))
		}
	}
	for _, from := range c.VolumesFrom {
		if containerNamed(in, api.Value(from.SourceContainer)) == nil {
			return client("Invalid 'volumesFrom' setting. Unknown container: '%s'.", api.Value(from.SourceContainer))
		}
	}
	return nil
}

// checkOrder refuses containers that would wait for ever: for one that is not there, that never comes to be what they wait for, or that waits for them. The words
// about such a circle of dependencies follow those about links.
func checkOrder(in *ecs.RegisterTaskDefinitionInput) error {
	waits, links := map[string][]string{}, map[string][]string{}
	for _, c := range in.ContainerDefinitions {
		for _, link := range c.Links {
			other, _, _ := strings.Cut(link, ":") // CONTAINER or CONTAINER:ALIAS
			links[*c.Name] = append(links[*c.Name], other)
		}
		for _, d := range c.DependsOn {
			waits[*c.Name] = append(waits[*c.Name], api.Value(d.ContainerName))
			switch other := containerNamed(in, api.Value(d.ContainerName)); {
			case other == nil:
				return client("Cannot depend on container + '%s' because it does not exist", api.Value(d.ContainerName))
			case d.Condition == types.ContainerConditionHealthy && other.HealthCheck == nil:
				return client("A dependency container with HEALTHY condition must have health check configured")
			case (d.Condition == types.ContainerConditionSuccess || d.Condition == types.ContainerConditionComplete) && isEssential(*other):
				return client("A dependency container with SUCCESS or COMPLETE condition cannot be an essential container")
			}
		}
	}
	if circular(links) {
		return client("Container links should not have a cycle")
	}
	if circular(waits) {
		return client("Container dependencies should not have a cycle")
	}
	return nil
}

// circular tells whether some of the names lead back to themselves: what is left once those that lead nowhere are taken away, again and again.
func circular(next map[string][]string) bool {
	left := maps.Clone(next)
	for before := len(left) + 1; len(left) < before; {
		before = len(left)
		for name, others := range left {
			if !slices.ContainsFunc(others, func(other string) bool { _, leads := left[other]; return leads }) {
				delete(left, name)
			}
		}
	}
	return len(left) > 0
}

// checkPorts refuses ports that are none, and what the network mode cannot tell apart. The words about what is no port are ours.
func checkPorts(in *ecs.RegisterTaskDefinitionInput) error {
	names, used := map[string]bool{}, map[string]bool{}
	for _, c := range in.ContainerDefinitions {
		for _, p := range c.PortMappings {
			if err := checkPort(in, c, p); err != nil {
				return err
			}
			if in.NetworkMode != types.NetworkModeAwsvpc {
				continue
			}
			if name := api.Value(p.Name); name != "" && names[name] {
				return client("When networkMode=awsvpc, port mapping name is already used")
			}
			names[api.Value(p.Name)] = true
			protocol := strings.ToUpper(string(cmp.Or(p.Protocol, types.TransportProtocolTcp)))
			for first, last := portRange(p); first <= last; first++ {
				key := protocol + strconv.Itoa(first)
				if used[key] {
					return client("%s container port '%d' is used multiple times in task when networkMode=awsvpc.", protocol, first)
				}
				used[key] = true
			}
		}
	}
	return nil
}

func checkPort(in *ecs.RegisterTaskDefinitionInput, c types.ContainerDefinition, p types.PortMapping) error {
	own := in.NetworkMode == types.NetworkModeAwsvpc || in.NetworkMode == types.NetworkModeHost
	port, host := api.Value(p.ContainerPort), api.Value(p.HostPort)
	first, last := portRange(p)
	switch {
	case p.ContainerPortRange != nil && (p.ContainerPort != nil || p.HostPort != nil):
		return client("Invalid port mapping for container '%s', cannot specify both single port and port range.", *c.Name)
	case p.ContainerPortRange != nil && (first < 1 || first >= last || last > 65535):
		return client("Invalid 'containerPortRange' setting for container '%s'.", *c.Name)
	case port < 0 || port > 65535 || host < 0 || host > 65535:
		return client("Invalid port mapping of container '%s': ports are numbers up to 65535.", *c.Name)
	case own && host != 0 && host != port:
		return client("When networkMode=%s, the host ports and container ports in port mappings must match.", in.NetworkMode)
	}
	return nil
}

// portRange is from the first to the last container port: 8080 to 8090 of "8080-8090", and nothing of what is no range.
func portRange(p types.PortMapping) (first, last int) {
	if p.ContainerPortRange == nil {
		port := int(api.Value(p.ContainerPort))
		return max(port, 1), port
	}
	from, to, _ := strings.Cut(*p.ContainerPortRange, "-")
	first, noFirst := strconv.Atoi(from)
	last, noLast := strconv.Atoi(to)
	if noFirst != nil || noLast != nil {
		return 1, 0
	}
	return first, last
}
