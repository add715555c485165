package containers

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/world"
)

// attributeType is under what the world keeps attributes of container instances.
const attributeType = "attribute"

// targetOf gives the ARN of the container instance that an attribute is of. There are no container instances to look for, so any id will do.
func targetOf(v api.View, inCluster string, a types.Attribute) (string, error) {
	id := api.Value(a.TargetId)
	if id == "" || api.Value(a.Name) == "" {
		return "", invalid("The name and the target of an attribute are required.")
	}
	if cluster.IsARN(id) {
		return id, nil
	}
	return v.ARN("ecs", "container-instance/"+inCluster+"/"+id), nil
}

// attributeARN is under what an attribute is kept. ECS gives attributes no ARN, so that nobody meets it.
func attributeARN(target, name string) string { return target + "/attribute/" + name }

func (h *handlers) putAttributes(ctx context.Context, in *ecs.PutAttributesInput) (*ecs.PutAttributesOutput, error) {
	if len(in.Attributes) == 0 || len(in.Attributes) > 10 { // Source: API Reference, PutAttributes.attributes
		return nil, invalid("Between 1 and 10 attributes must be specified.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.PutAttributesOutput, error) {
		c, err := existingCluster(v, in.Cluster)
		if err != nil {
			return nil, err
		}
		var set []types.Attribute
		for _, a := range in.Attributes {
			target, err := targetOf(v, c.Name, a)
			if err != nil {
				return nil, err
			}
			set = append(set, types.Attribute{Name: a.Name, Value: a.Value, TargetId: &target, TargetType: types.TargetTypeContainerInstance})
		}
		for _, a := range set {
			text, err := h.codec.Encode(a)
			if err != nil {
				return nil, err
			}
			if _, err := v.Act(cluster.Declare{ARN: attributeARN(*a.TargetId, *a.Name), Type: attributeType, Name: *a.Name, Parent: c.ARN, Members: text}); err != nil {
				return nil, err
			}
		}
		return &ecs.PutAttributesOutput{Attributes: set}, nil
	})
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
			target, err := targetOf(v, c.Name, a)
			if err != nil {
				return nil, err
			}
			o, there := v.World.DeclaredAt(attributeARN(target, *a.Name))
			if !there {
				continue
			}
			gone, err := h.attribute(o)
			if err != nil {
				return nil, err
			}
			if _, err := v.Act(cluster.Retract{ARN: o.ARN}); err != nil {
				return nil, err
			}
			out.Attributes = append(out.Attributes, gone)
		}
		return out, nil
	})
}

func (h *handlers) attribute(o world.Object) (a types.Attribute, err error) {
	err = h.into(o.Members, &a)
	return a, err
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
		for _, o := range v.World.DeclaredBeneath(c.ARN, attributeType) {
			a, err := h.attribute(o)
			if err != nil {
				return nil, err
			}
			if (in.AttributeName == nil || *in.AttributeName == *a.Name) && (in.AttributeValue == nil || *in.AttributeValue == api.Value(a.Value)) {
				all = append(all, a)
			}
		}
		key := func(a types.Attribute) string { return attributeARN(*a.TargetId, *a.Name) }
		slices.SortFunc(all, func(a, b types.Attribute) int { return strings.Compare(key(a), key(b)) })
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
