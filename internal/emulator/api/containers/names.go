package containers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

// invalid is ECS's error for a parameter.
func invalid(format string, args ...any) error {
	return &wire.Error{Code: "InvalidParameterException", Message: fmt.Sprintf(format, args...)}
}

// client is ECS's error for a request that does not fit what is there.
func client(format string, args ...any) error {
	return &wire.Error{Code: "ClientException", Message: fmt.Sprintf(format, args...)}
}

// unsupported is ECS's error for a feature that is not there.
func unsupported(format string, args ...any) error {
	return &wire.Error{Code: "UnsupportedFeatureException", Message: fmt.Sprintf(format, args...)}
}

// Errors in AWS's words. Source: behaviour §10.
func clusterNotFound() error {
	return &wire.Error{Code: "ClusterNotFoundException", Message: "Cluster not found."}
}

func serviceNotFound() error {
	return &wire.Error{Code: "ServiceNotFoundException", Message: "Service not found."}
}

func serviceNotActive() error {
	return &wire.Error{Code: "ServiceNotActiveException", Message: "Service was not ACTIVE."}
}

// wrongEnum is ECS's error for a value that is none of those that there are. The words are those of public reports.
func wrongEnum(w api.WrongEnum) error {
	all := "[" + strings.Join(w.Allowed, ",") + "]"
	if w.Member == "LaunchType" {
		return client("launch type should be one of %s", all)
	}
	if slices.Equal(w.Allowed, []string{string(types.TaskDefinitionPlacementConstraintTypeMemberOf)}) {
		return client("constraint.type '%s' is not supported.", w.Value)
	}
	return invalid("%s should be one of %s", w.Value, all)
}

func wrongType() error { return invalid("Unsupported resource type: cluster") }

// clusterName reads a cluster parameter: a name, an ARN, or nothing for the default cluster. It does not tell whether there is such a cluster.
func clusterName(v api.View, given *string) (string, error) {
	text := api.Value(given)
	switch {
	case text == "":
		return cluster.DefaultCluster, nil
	case strings.ContainsAny(text, `"'`):
		return "", wrongType()
	case !cluster.IsARN(text):
		return text, nil
	}
	arn, err := cluster.ParseARN(text)
	kind, name, found := strings.Cut(arn.Resource, "/")
	if err != nil || arn.Service != "ecs" || kind != "cluster" || !found {
		return "", wrongType()
	}
	return name, sameOwner(v, arn)
}

// sameOwner refuses the ARN of another account or Region. The words for the account are those of public reports; those for the Region follow them.
func sameOwner(v api.View, arn cluster.ARN) error {
	if arn.Account != v.Place.Account {
		return invalid("Identifier is for %s. Your accountId is %s", arn.Account, v.Place.Account)
	}
	if arn.Region != v.Place.Region || arn.Partition != v.Place.Partition {
		return invalid("Identifier is for %s. Your region is %s", arn.Region, v.Place.Region)
	}
	return nil
}

// existingCluster reads a cluster parameter and finds the cluster, which must be ACTIVE.
func existingCluster(v api.View, given *string) (world.Cluster, error) {
	name, err := clusterName(v, given)
	if err != nil {
		return world.Cluster{}, err
	}
	found, ok := v.World.Cluster(name)
	if !ok || found.Status != cluster.ServiceActive {
		return world.Cluster{}, clusterNotFound()
	}
	return found, nil
}

// serviceKey reads a service parameter, a name or an ARN in either format, of a cluster whose name is known.
func serviceKey(v api.View, inCluster, text string) (cluster.ServiceKey, error) {
	key := cluster.ServiceKey{Cluster: inCluster, Service: text}
	if !cluster.IsARN(text) {
		return key, nil
	}
	arn, err := cluster.ParseARN(text)
	kind, rest, found := strings.Cut(arn.Resource, "/")
	if err != nil || arn.Service != "ecs" || kind != "service" || !found {
		return key, invalid("Invalid service ARN: %s", text)
	}
	if err := sameOwner(v, arn); err != nil {
		return key, err
	}
	key.Service = rest
	if before, after, long := strings.Cut(rest, "/"); long {
		if before != inCluster {
			return key, invalid("Identifier is for cluster %s. Your cluster is %s", before, inCluster)
		}
		key.Service = after
	}
	return key, nil
}

// taskForm are the ids of tasks: 32 hexadecimal digits, and until 2019 a UUID.
var taskForm = regexp.MustCompile(`^([0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// taskID takes the id out of a task parameter: an id, or an ARN in either format. ok is false for what is the ARN of something else or of another cluster.
func taskID(inCluster, text string) (id string, ok bool) {
	if !cluster.IsARN(text) {
		return text, true
	}
	arn, err := cluster.ParseARN(text)
	kind, rest, found := strings.Cut(arn.Resource, "/")
	if err != nil || arn.Service != "ecs" || kind != "task" || !found {
		return "", false
	}
	before, after, long := strings.Cut(rest, "/")
	if !long {
		return rest, true
	}
	return after, before == inCluster
}

// most is ECS's error for a list that is too long. Source: behaviour-2 §G, for instanceIds.
func most(name string, limit int) error { return invalid("%s can have at most %d items.", name, limit) }

// pageSize reads maxResults.
func pageSize(given *int32, otherwise int) (int, error) {
	if given == nil {
		return otherwise, nil
	}
	if *given < 1 || *given > 100 {
		return 0, invalid("maxResults must be between 1 and 100.")
	}
	return int(*given), nil
}

// page cuts a page out of items, with ECS's error for a token that is not ours.
func page[T any](items []T, key func(T) string, token *string, size int) ([]T, *string, error) {
	cut, next, err := api.Page(items, key, api.Value(token), size)
	if err != nil {
		return nil, nil, invalidToken()
	}
	return cut, api.Some(next), nil
}

func invalidToken() error { return invalid("Invalid token.") }
