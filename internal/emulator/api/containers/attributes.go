package containers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
)

// targetOf reads which container instance an attribute is of.
func targetOf(inCluster string, a types.Attribute) (id string, err error) {
	if api.Value(a.TargetId) == "" || api.Value(a.Name) == "" {
		return "", invalid("The name and the target of an attribute are required.")
	}
	id, ok := instanceID(inCluster, *a.TargetId)
	if !ok {
		return "", &wire.Error{Code: "TargetNotFoundException", Message: "The specified target was not found: " + *a.TargetId}
	}
	return id, nil
}

func (h *handlers) putAttributes(ctx context.Context, in *ecs.PutAttributesInput) (*ecs.PutAttributesOutput, error) {
	if len(in.Attributes) == 0 || len(in.Attributes) > 10 { // Source: API Reference, PutAttributes.attributes
		return nil, invalid("Between 1 and 10 attributes must be specified.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.PutAttributesOutput, error) {
		c, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		out := &ecs.PutAttributesOutput{Attributes: []types.Attribute{}}
		for _, a := range in.Attributes {
			id, err := targetOf(c.Name, a)
			if err != nil {
				return nil, err
			}
			ids, err := v.Act(cluster.PutAttribute{Cluster: c.Name, Instance: id, Attribute: cluster.Attribute{Name: *a.Name, Value: api.Value(a.Value)}})
			if err != nil {
				return nil, err
			}
			out.Attributes = append(out.Attributes, attributeOf(ids[0], cluster.Attribute{Name: *a.Name, Value: api.Value(a.Value)}))
		}
		return out, nil
	})
}

func attributeOf(target string, a cluster.Attribute) types.Attribute {
	return types.Attribute{Name: &a.Name, Value: api.Some(a.Value), TargetId: &target, TargetType: types.TargetTypeContainerInstance}
}

func (h *handlers) deleteAttributes(ctx context.Context, in *ecs.DeleteAttributesInput) (*ecs.DeleteAttributesOutput, error) {
	if len(in.Attributes) == 0 || len(in.Attributes) > 10 {
		return nil, invalid("Between 1 and 10 attributes must be specified.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DeleteAttributesOutput, error) {
		c, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		out := &ecs.DeleteAttributesOutput{Attributes: []types.Attribute{}}
		for _, a := range in.Attributes {
			id, err := targetOf(c.Name, a)
			if err != nil {
				return nil, err
			}
			before, _ := v.World.Instance(c.Name, id)
			ids, err := v.Act(cluster.DeleteAttribute{Cluster: c.Name, Instance: id, Attribute: cluster.Attribute{Name: *a.Name, Value: api.Value(a.Value)}})
			if err != nil {
				return nil, err
			}
			if value, had := before.Attribute(*a.Name); had && (a.Value == nil || *a.Value == value) {
				out.Attributes = append(out.Attributes, attributeOf(ids[0], cluster.Attribute{Name: *a.Name, Value: value}))
			}
		}
		return out, nil
	})
}

func (h *handlers) listAttributes(ctx context.Context, in *ecs.ListAttributesInput) (*ecs.ListAttributesOutput, error) {
	size, err := pageSize(in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	if in.TargetType != types.TargetTypeContainerInstance {
		return nil, invalid("Invalid target type: %s", in.TargetType)
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListAttributesOutput, error) {
		c, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		all := []types.Attribute{}
		for _, i := range v.World.Instances(c.Name) {
			for _, a := range i.Attributes {
				wanted := (in.AttributeName == nil || *in.AttributeName == a.Name) && (in.AttributeValue == nil || *in.AttributeValue == a.Value)
				if wanted && i.Status != cluster.InstanceInactive {
					all = append(all, attributeOf(i.ARN, a))
				}
			}
		}
		key := func(a types.Attribute) string { return *a.TargetId + " " + *a.Name }
		all = api.InOrder(all, key)
		cut, next, err := page(all, key, in.NextToken, size)
		return &ecs.ListAttributesOutput{Attributes: cut, NextToken: next}, err
	})
}

// listServicesByNamespace gives the services whose Service Connect configuration names a namespace.
func (h *handlers) listServicesByNamespace(ctx context.Context, in *ecs.ListServicesByNamespaceInput) (*ecs.ListServicesByNamespaceOutput, error) {
	size, err := pageSize(in.MaxResults, 10) // Source: API Reference, ListServicesByNamespace.maxResults
	if err != nil {
		return nil, err
	}
	if api.Value(in.Namespace) == "" {
		return nil, invalid("namespace cannot be empty.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListServicesByNamespaceOutput, error) {
		arns := []string{}
		for _, c := range v.World.Clusters() {
			for _, key := range v.World.Services(c.Name) {
				s, _ := v.World.Service(key)
				of, err := namespaceOf(v.World.ServiceMembers(key))
				if err != nil {
					return nil, err
				}
				if of == *in.Namespace {
					arns = append(arns, s.ARN)
				}
			}
		}
		slices.Sort(arns)
		cut, next, err := page(arns, func(s string) string { return s }, in.NextToken, size)
		return &ecs.ListServicesByNamespaceOutput{ServiceArns: cut, NextToken: next}, err
	})
}

func namespaceOf(text json.RawMessage) (string, error) {
	given, err := kept(text)
	if err != nil || len(given["serviceConnectConfiguration"]) == 0 {
		return "", err
	}
	var connect struct {
		Enabled   bool
		Namespace string
	}
	if err := json.Unmarshal(given["serviceConnectConfiguration"], &connect); err != nil {
		return "", fmt.Errorf("reading a service's namespace: %w", err)
	}
	if !connect.Enabled {
		return "", nil
	}
	return connect.Namespace, nil
}
