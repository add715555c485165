package machines

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// ModifyInstanceAttributeInput is the request of ModifyInstanceAttribute. An attribute comes as a member of its own, or by name with a value.
type ModifyInstanceAttributeInput struct {
	InstanceId, Attribute, Value *string

	GroupId                           []string
	InstanceType                      *TextValue
	UserData                          *TextValue
	DisableApiTermination             *BooleanValue
	DisableApiStop                    *BooleanValue
	SourceDestCheck                   *BooleanValue
	EbsOptimized                      *BooleanValue
	InstanceInitiatedShutdownBehavior *TextValue
	DryRun                            *bool
}

// TextValue is an attribute that is a text.
type TextValue struct{ Value *string }

// BooleanValue is an attribute that is on or off.
type BooleanValue struct{ Value *bool }

// named puts an attribute that came by name in its own place. Source: EC2 API Reference, ModifyInstanceAttribute.Attribute.
func (in *ModifyInstanceAttributeInput) named() error {
	if in.Attribute == nil {
		return nil
	}
	text := &TextValue{in.Value}
	on := api.Value(in.Value) == "true"
	switch *in.Attribute {
	case "instanceType":
		in.InstanceType = text
	case "userData":
		in.UserData = text
	case "instanceInitiatedShutdownBehavior":
		in.InstanceInitiatedShutdownBehavior = text
	case "disableApiTermination":
		in.DisableApiTermination = &BooleanValue{&on}
	case "disableApiStop":
		in.DisableApiStop = &BooleanValue{&on}
	case "sourceDestCheck":
		in.SourceDestCheck = &BooleanValue{&on}
	case "ebsOptimized":
		in.EbsOptimized = &BooleanValue{&on}
	default:
		return failed("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", *in.Attribute)
	}
	return nil
}

// modifyInstanceAttribute keeps what no rule uses beside the instance. Source: EC2 API Reference, ModifyInstanceAttribute.
func (h *handlers) modifyInstanceAttribute(ctx context.Context, in *ModifyInstanceAttributeInput) (*Deletion, error) {
	if in.InstanceId == nil {
		return nil, missing("InstanceId")
	}
	given := *in
	if err := given.named(); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*Deletion, error) {
		if err := known(v, []string{*in.InstanceId}); err != nil {
			return nil, err
		}
		m := machineAt(v, *in.InstanceId)
		e := beside(m)
		if len(given.GroupId) > 0 {
			if lost := v.LostSecurityGroup(given.GroupId); lost != "" {
				return nil, failed("InvalidGroup.NotFound", "The security group '%s' does not exist", lost)
			}
			e.Groups = given.GroupId
		}
		for _, one := range []struct {
			given *BooleanValue
			into  *bool
			not   bool
		}{{given.DisableApiTermination, &e.Shielded, false}, {given.DisableApiStop, &e.Unstoppable, false}, {given.SourceDestCheck, &e.Unchecked, true}, {given.EbsOptimized, &e.Optimized, false}} {
			if one.given != nil {
				*one.into = api.Value(one.given.Value) != one.not
			}
		}
		if given.InstanceInitiatedShutdownBehavior != nil {
			e.Behaviour = api.Value(given.InstanceInitiatedShutdownBehavior.Value)
		}
		a := cluster.ModifyMachine{ID: m.ID}
		if given.InstanceType != nil {
			a.Type = given.InstanceType.Value
		}
		if given.UserData != nil {
			text, err := base64.StdEncoding.DecodeString(api.Value(given.UserData.Value))
			if err != nil {
				return nil, failed("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")
			}
			a.UserData = api.Some(string(text))
		}
		var err error
		if a.Members, err = json.Marshal(e); err != nil {
			return nil, fmt.Errorf("keeping the attributes of an instance: %w", err)
		}
		_, err = v.Act(a)
		return &Deletion{true}, err
	})
}

// DescribeInstanceAttributeInput is the request of DescribeInstanceAttribute.
type DescribeInstanceAttributeInput struct{ InstanceId, Attribute *string }

// DescribeInstanceAttributeOutput has the one attribute that was asked for.
type DescribeInstanceAttributeOutput struct {
	InstanceId  string         `wire:"instanceId"`
	Type        *Shown         `wire:"instanceType"`
	UserData    *Shown         `wire:"userData"`
	Behaviour   *Shown         `wire:"instanceInitiatedShutdownBehavior"`
	Root        *Shown         `wire:"rootDeviceName"`
	Shielded    *ShownBoolean  `wire:"disableApiTermination"`
	Unstoppable *ShownBoolean  `wire:"disableApiStop"`
	Checked     *ShownBoolean  `wire:"sourceDestCheck"`
	Optimized   *ShownBoolean  `wire:"ebsOptimized"`
	Groups      []GroupItem    `wire:"groupSet"`
	Devices     []DeviceOfHost `wire:"blockDeviceMapping"`
}

// Shown is an attribute that is a text, in an answer; without a value, it is not set.
type Shown struct {
	Value *string `wire:"value"`
}

// ShownBoolean is an attribute that is on or off, in an answer.
type ShownBoolean struct {
	Value bool `wire:"value"`
}

func (h *handlers) describeInstanceAttribute(ctx context.Context, in *DescribeInstanceAttributeInput) (*DescribeInstanceAttributeOutput, error) {
	switch {
	case in.InstanceId == nil:
		return nil, missing("InstanceId")
	case in.Attribute == nil:
		return nil, missing("Attribute")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeInstanceAttributeOutput, error) {
		if err := known(v, []string{*in.InstanceId}); err != nil {
			return nil, err
		}
		m := machineAt(v, *in.InstanceId)
		e, shown, out := beside(m), instance(v, m), &DescribeInstanceAttributeOutput{InstanceId: m.ID}
		switch *in.Attribute {
		case "instanceType":
			out.Type = &Shown{&m.Type}
		case "userData":
			out.UserData = &Shown{}
			if m.UserData != "" {
				out.UserData.Value = api.Some(base64.StdEncoding.EncodeToString([]byte(m.UserData)))
			}
		case "instanceInitiatedShutdownBehavior":
			out.Behaviour = &Shown{api.Some(e.behaviour())}
		case "rootDeviceName":
			out.Root = &Shown{&shown.RootDeviceName}
		case "disableApiTermination":
			out.Shielded = &ShownBoolean{e.Shielded}
		case "disableApiStop":
			out.Unstoppable = &ShownBoolean{e.Unstoppable}
		case "sourceDestCheck":
			out.Checked = &ShownBoolean{!e.Unchecked}
		case "ebsOptimized":
			out.Optimized = &ShownBoolean{e.Optimized}
		case "groupSet":
			out.Groups = shown.Groups
		case "blockDeviceMapping":
			out.Devices = shown.Devices
		default:
			return nil, failed("InvalidParameterValue", "Value (%s) for parameter attribute is invalid. Unknown attribute.", *in.Attribute)
		}
		return out, nil
	})
}
