package machines

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/emulator/wire"
	"handover/internal/world"
)

// handlers are EC2's operations on the worlds of a server.
type handlers struct{ worlds api.Worlds }

// New makes the service. Of EC2's more than 700 operations, those that it lacks are not listed: any other is answered as one that does not exist.
func New(worlds api.Worlds) *api.Service {
	s := api.NewService("Amazon EC2", wire.Description{Name: "ec2", Version: "2016-11-15", Protocol: wire.EC2Query, Namespace: "http://ec2.amazonaws.com/doc/2016-11-15"})
	h := &handlers{worlds: worlds}
	api.Offer(s, h.runInstances)
	api.Offer(s, h.terminateInstances)
	api.Offer(s, h.stopInstances)
	api.Offer(s, h.startInstances)
	api.Offer(s, h.rebootInstances)
	api.Offer(s, h.modifyInstanceAttribute)
	api.Offer(s, h.describeInstanceAttribute)
	api.Offer(s, h.describeVolumes)
	api.Offer(s, h.describeInstances)
	api.Offer(s, h.describeInstanceStatus)
	api.Offer(s, h.createLaunchTemplate)
	api.Offer(s, h.createLaunchTemplateVersion)
	api.Offer(s, h.modifyLaunchTemplate)
	api.Offer(s, h.deleteLaunchTemplate)
	api.Offer(s, h.describeLaunchTemplates)
	api.Offer(s, h.describeLaunchTemplateVersions)
	api.Offer(s, h.createVpc)
	api.Offer(s, h.deleteVpc)
	api.Offer(s, h.describeVpcs)
	api.Offer(s, h.modifyVpcAttribute)
	api.Offer(s, h.describeVpcAttribute)
	api.Offer(s, h.createSubnet)
	api.Offer(s, h.deleteSubnet)
	api.Offer(s, h.describeSubnets)
	api.Offer(s, h.modifySubnetAttribute)
	routed(s, h)
	api.Offer(s, h.createSecurityGroup)
	api.Offer(s, h.deleteSecurityGroup)
	api.Offer(s, h.describeSecurityGroups)
	api.Offer(s, h.describeSecurityGroupRules)
	api.Offer(s, h.authorizeSecurityGroupIngress)
	api.Offer(s, h.authorizeSecurityGroupEgress)
	api.Offer(s, h.revokeSecurityGroupIngress)
	api.Offer(s, h.revokeSecurityGroupEgress)
	api.Offer(s, h.modifySecurityGroupRules)
	api.Offer(s, h.updateSecurityGroupRuleDescriptionsIngress)
	api.Offer(s, h.updateSecurityGroupRuleDescriptionsEgress)
	api.Offer(s, h.describeAccountAttributes)
	api.Offer(s, h.describeInstanceCreditSpecifications)
	api.Offer(s, h.describeImages)
	api.Offer(s, h.describeAvailabilityZones)
	api.Offer(s, h.describeRegions)
	api.Offer(s, h.describeInstanceTypes)
	api.Offer(s, h.describeInstanceTypeOfferings)
	api.Offer(s, h.createTags)
	api.Offer(s, h.deleteTags)
	api.Offer(s, h.describeTags)
	return s
}

// routed offers what connects networks. Nothing is routed by it.
func routed(s *api.Service, h *handlers) {
	api.Offer(s, h.createInternetGateway)
	api.Offer(s, h.attachInternetGateway)
	api.Offer(s, h.detachInternetGateway)
	api.Offer(s, h.deleteInternetGateway)
	api.Offer(s, h.describeInternetGateways)
	api.Offer(s, h.createRouteTable)
	api.Offer(s, h.deleteRouteTable)
	api.Offer(s, h.describeRouteTables)
	api.Offer(s, h.createRoute)
	api.Offer(s, h.deleteRoute)
	api.Offer(s, h.associateRouteTable)
	api.Offer(s, h.disassociateRouteTable)
	api.Offer(s, h.describeNetworkAcls)
	api.Offer(s, h.describeNetworkInterfaces)
}

func failed(code, format string, args ...any) error {
	return &wire.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// missing is EC2's error for a parameter that is required.
func missing(parameter string) error {
	return failed("MissingParameter", "The request must contain the parameter %s", parameter)
}

// Filter narrows a description down: the named property must have one of the values, in which * stands for anything and ? for one character.
type Filter struct {
	Name  string
	Value []string
}

// has tells whether a property meets a filter's values.
func (f Filter) has(values ...string) bool {
	return slices.ContainsFunc(values, func(v string) bool {
		return slices.ContainsFunc(f.Value, func(pattern string) bool { return glob(pattern, v) })
	})
}

// glob matches in at most len(pattern) × len(text) steps: after a mismatch it goes back to the last * alone.
func glob(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// Tag is a tag in a request.
type Tag struct{ Key, Value string }

// TagItem is a tag in an answer.
type TagItem struct {
	Key   string  `wire:"key"`
	Value *string `wire:"value"` // there also where it is empty
}

// TagSpecification are the tags of what a request makes, by type.
type TagSpecification struct {
	ResourceType string
	Tag          []Tag
}

// tagsFor takes the tags of one type.
func tagsFor(given []TagSpecification, kind string) []cluster.Tag {
	var all []cluster.Tag
	for _, s := range given {
		for _, t := range s.Tag {
			if s.ResourceType == kind {
				all = append(all, cluster.Tag{Key: t.Key, Value: t.Value})
			}
		}
	}
	return all
}

func tagItems(tags []cluster.Tag) []TagItem {
	all := []TagItem{}
	for _, t := range tags {
		all = append(all, TagItem{Key: t.Key, Value: &t.Value})
	}
	return all
}

// tagged tells whether tags meet a filter: tag:KEY, tag-key or tag-value. known is false for another filter.
func tagged(tags []cluster.Tag, f Filter) (meets, known bool) {
	key, ofKey := strings.CutPrefix(f.Name, "tag:")
	var values []string
	for _, t := range tags {
		switch {
		case ofKey && t.Key == key, f.Name == "tag-value":
			values = append(values, t.Value)
		case f.Name == "tag-key":
			values = append(values, t.Key)
		}
	}
	return f.has(values...), ofKey || f.Name == "tag-key" || f.Name == "tag-value"
}

// meets tells whether a resource meets all filters. property gives the values of a filter's property; ok is false for one that is not offered, which is an error lest
// somebody acts on too many resources.
func meets(filters []Filter, tags []cluster.Tag, property func(name string) (values []string, ok bool)) (bool, error) {
	all := true
	for _, f := range filters {
		if its, known := tagged(tags, f); known {
			all = all && its
			continue
		}
		values, ok := property(f.Name)
		if !ok {
			return false, failed("InvalidParameterValue", "The filter '%s' is invalid", f.Name)
		}
		all = all && f.has(values...)
	}
	return all, nil
}

// page cuts a page out of items in the order of their keys.
func page[T any](all []T, key func(T) string, token *string, size *int32) ([]T, *string, error) {
	most := cmp.Or(int(api.Value(size)), 1000)
	if size != nil && (*size < 5 || *size > 1000) {
		return nil, nil, failed("InvalidParameterValue", "Value ( %d ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.", *size)
	}
	cut, next, err := api.Page(api.InOrder(all, key), key, api.Value(token), most)
	if err != nil {
		return nil, nil, failed("InvalidNextToken", "The token '%s' is invalid", api.Value(token))
	}
	return cut, api.Some(next), nil
}

// keep keeps an object that no rule uses.
func keep(v api.View, kind, id, name string, members any, tags []cluster.Tag) error {
	text, err := json.Marshal(members)
	if err != nil {
		return fmt.Errorf("keeping %s: %w", id, err)
	}
	if _, err := v.Act(cluster.Declare{ARN: v.ARN("ec2", kind+"/"+id), Type: kind, Name: name, Members: text}); err != nil {
		return err
	}
	return tag(v, id, tags)
}

func tag(v api.View, id string, tags []cluster.Tag) error {
	if len(tags) == 0 {
		return nil
	}
	_, err := v.Act(cluster.TagResource{ARN: id, Tags: tags})
	return err
}

// kept reads the members of the objects of a kind, with those that are there without having been made, as they are after a change.
func kept[T any](v api.View, kind string, from []T, id func(T) string) ([]T, error) {
	all := from
	for _, o := range v.World.Declared(kind) {
		var one T
		if err := read(o, &one); err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(from, func(f T) bool { return id(f) == id(one) }); at >= 0 {
			all[at] = one
			continue
		}
		all = append(all, one)
	}
	return all, nil
}

func read(o world.Object, into any) error {
	if err := json.Unmarshal(o.Members, into); err != nil {
		return fmt.Errorf("reading %s: %w", o.ARN, err)
	}
	return nil
}
