package groups

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// configurationType is under what the rest of a launch configuration is kept, which no rule uses.
const configurationType = "launch-configuration"

// createLaunchConfiguration. Source: API Reference, CreateLaunchConfiguration; the words are those of public reports.
func (h *handlers) createLaunchConfiguration(ctx context.Context, in *autoscaling.CreateLaunchConfigurationInput) (*autoscaling.CreateLaunchConfigurationOutput, error) {
	switch {
	case api.Value(in.LaunchConfigurationName) == "":
		return nil, null("launchConfigurationName")
	case in.InstanceId == nil && (in.ImageId == nil || in.InstanceType == nil):
		return nil, invalid("Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.CreateLaunchConfigurationOutput, error) {
		return &autoscaling.CreateLaunchConfigurationOutput{}, h.putConfiguration(v, *in)
	})
}

// putConfiguration makes a launch configuration; what it leaves open is that of its instance, where it has one.
func (h *handlers) putConfiguration(v api.View, in autoscaling.CreateLaunchConfigurationInput) error {
	userData, err := base64.StdEncoding.DecodeString(api.Value(in.UserData))
	if err != nil {
		return invalid("Invalid BASE64 encoding of user data.")
	}
	data := cluster.TemplateData{Image: api.Value(in.ImageId), Type: api.Value(in.InstanceType), UserData: string(userData)}
	if in.InstanceId != nil {
		all := v.World.Machines()
		at := slices.IndexFunc(all, func(m cluster.Machine) bool { return m.ID == *in.InstanceId })
		if at < 0 {
			return invalid("Instance [%s] is invalid.", *in.InstanceId)
		}
		if in.ImageId == nil {
			data.Image, in.ImageId = all[at].Image, &all[at].Image
		}
		if in.InstanceType == nil {
			data.Type, in.InstanceType = all[at].Type, &all[at].Type
		}
		if in.UserData == nil {
			data.UserData, in.UserData = all[at].UserData, api.Some(base64.StdEncoding.EncodeToString([]byte(all[at].UserData)))
		}
		data.Members = all[at].Members
	}
	ids, err := v.Act(cluster.CreateLaunchConfiguration{Name: *in.LaunchConfigurationName, Data: data})
	if err != nil {
		return err
	}
	in.InstanceId = nil
	return h.keep(v, cluster.Declare{ARN: ids[0], Type: configurationType, Name: *in.LaunchConfigurationName}, &in)
}

// keep declares an object with its members.
func (h *handlers) keep(v api.View, object cluster.Declare, members any) (err error) {
	if object.Members, err = h.codec.Encode(members); err != nil {
		return fmt.Errorf("keeping %s: %w", object.ARN, err)
	}
	_, err = v.Act(object)
	return err
}

func (h *handlers) deleteLaunchConfiguration(ctx context.Context, in *autoscaling.DeleteLaunchConfigurationInput) (*autoscaling.DeleteLaunchConfigurationOutput, error) {
	if api.Value(in.LaunchConfigurationName) == "" {
		return nil, null("launchConfigurationName")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DeleteLaunchConfigurationOutput, error) {
		ids, err := v.Act(cluster.DeleteLaunchConfiguration{Name: *in.LaunchConfigurationName})
		if err != nil {
			return nil, err
		}
		_, err = v.Act(cluster.Retract{ARN: ids[0]})
		return &autoscaling.DeleteLaunchConfigurationOutput{}, err
	})
}

func (h *handlers) describeLaunchConfigurations(ctx context.Context, in *autoscaling.DescribeLaunchConfigurationsInput) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*autoscaling.DescribeLaunchConfigurationsOutput, error) {
		all := slices.DeleteFunc(v.World.LaunchConfigurations(), func(c cluster.LaunchConfiguration) bool {
			return len(in.LaunchConfigurationNames) > 0 && !slices.Contains(in.LaunchConfigurationNames, c.Name)
		})
		cut, next, err := page(all, func(c cluster.LaunchConfiguration) string { return c.Name }, in.NextToken, in.MaxRecords)
		if err != nil {
			return nil, err
		}
		out := &autoscaling.DescribeLaunchConfigurationsOutput{LaunchConfigurations: []types.LaunchConfiguration{}, NextToken: next}
		for _, c := range cut {
			rendered, err := h.configuration(v, c)
			if err != nil {
				return nil, err
			}
			out.LaunchConfigurations = append(out.LaunchConfigurations, rendered)
		}
		return out, nil
	})
}

// configuration renders a launch configuration with what AWS fills in. Source: API Reference, CreateLaunchConfiguration, and its sample response of a description.
func (h *handlers) configuration(v api.View, c cluster.LaunchConfiguration) (types.LaunchConfiguration, error) {
	var out types.LaunchConfiguration
	o, ok := v.World.DeclaredAt(c.ARN)
	if !ok {
		return out, errors.New("the launch configuration " + c.Name + " has no members")
	}
	if err := h.codec.Decode(o.Members, &out); err != nil {
		return out, fmt.Errorf("reading the launch configuration %s: %w", c.Name, err)
	}
	out.LaunchConfigurationARN, out.CreatedTime = &c.ARN, &c.CreatedAt
	for _, text := range []**string{&out.KeyName, &out.KernelId, &out.RamdiskId, &out.UserData} {
		if *text == nil {
			*text = new(string)
		}
	}
	if out.BlockDeviceMappings == nil {
		out.BlockDeviceMappings = []types.BlockDeviceMapping{}
	}
	if out.SecurityGroups == nil {
		out.SecurityGroups = []string{}
	}
	if out.ClassicLinkVPCSecurityGroups == nil {
		out.ClassicLinkVPCSecurityGroups = []string{}
	}
	if out.InstanceMonitoring == nil {
		on := true
		out.InstanceMonitoring = &types.InstanceMonitoring{Enabled: &on}
	}
	if out.EbsOptimized == nil {
		out.EbsOptimized = new(bool)
	}
	return out, nil
}
