package containers

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
)

// settingType is under what the world keeps account settings.
const settingType = "account-setting"

// presets are the account settings with the values that nobody has set. Source: ECS developer guide, account settings; API Reference, PutAccountSetting.
func presets() map[types.SettingName]string {
	return map[types.SettingName]string{
		types.SettingNameServiceLongArnFormat:            "enabled",
		types.SettingNameTaskLongArnFormat:               "enabled",
		types.SettingNameContainerInstanceLongArnFormat:  "enabled",
		types.SettingNameAwsvpcTrunking:                  "disabled",
		types.SettingNameContainerInsights:               "disabled",
		types.SettingNameFargateFipsMode:                 "disabled",
		types.SettingNameTagResourceAuthorization:        "off",
		types.SettingNameFargateTaskRetirementWaitPeriod: "7",
		types.SettingNameGuardDutyActivate:               "off",
		types.SettingNameDefaultLogDriverMode:            "non-blocking",
		types.SettingNameFargateEventWindows:             "disabled",
	}
}

// allowedValues are what a setting may be. Source: API Reference, PutAccountSetting.value.
func allowedValues(name types.SettingName) []string {
	switch name {
	case types.SettingNameFargateTaskRetirementWaitPeriod:
		return []string{"0", "7", "14"}
	case types.SettingNameDefaultLogDriverMode:
		return []string{"blocking", "non-blocking"}
	case types.SettingNameContainerInsights:
		return []string{"enhanced", "enabled", "disabled", "on", "off"}
	default:
		return []string{"enabled", "disabled", "on", "off"}
	}
}

// root is whose settings are the account's.
func root(v api.View) string { return v.Global("iam", "root") }

// principal is whose settings are asked for: the caller's where nobody is named.
func principal(v api.View, given *string) string {
	if given != nil {
		return *given
	}
	return v.Caller()
}

// checkSetting refuses what is no setting, or no value of it. The words are ours.
func checkSetting(name types.SettingName, value *string) error {
	if _, known := presets()[name]; !known {
		return invalid("Invalid account setting name: %s", name)
	}
	if name == types.SettingNameGuardDutyActivate {
		return invalid("The account setting %s is managed by AWS.", name) // Source: API Reference, Setting.type
	}
	if value != nil && strings.HasSuffix(string(name), "LongArnFormat") && (*value == "disabled" || *value == "off") {
		return invalid("You can no longer disable Long Arn settings") // public reports; developer guide, ecs-account-settings: since April 2021
	}
	if value != nil && !slices.Contains(allowedValues(name), *value) {
		return invalid("Invalid value for the account setting %s. It must be one of %s.", name, strings.Join(allowedValues(name), ", "))
	}
	return nil
}

// settingARN is under what a setting is kept. ECS gives settings no ARN, so that nobody meets it.
func settingARN(v api.View, name types.SettingName, of string) string {
	return v.ARN("ecs", "account-setting/"+string(name)+"/"+of)
}

func setting(name types.SettingName, value, of string) types.Setting {
	kind := types.SettingTypeUser
	if name == types.SettingNameGuardDutyActivate {
		kind = types.SettingTypeAwsManaged
	}
	return types.Setting{Name: name, Value: &value, PrincipalArn: &of, Type: kind}
}

func (h *handlers) keepSetting(v api.View, name types.SettingName, value *string, of string) (*types.Setting, error) {
	if value == nil {
		return nil, invalid("value cannot be empty.")
	}
	made := setting(name, *value, of)
	text, err := h.codec.Encode(made)
	if err != nil {
		return nil, err
	}
	_, err = v.Act(cluster.Declare{ARN: settingARN(v, name, of), Type: settingType, Name: string(name), Members: text})
	return &made, err
}

func (h *handlers) putAccountSetting(ctx context.Context, in *ecs.PutAccountSettingInput) (*ecs.PutAccountSettingOutput, error) {
	if err := checkSetting(in.Name, in.Value); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.PutAccountSettingOutput, error) {
		made, err := h.keepSetting(v, in.Name, in.Value, principal(v, in.PrincipalArn))
		return &ecs.PutAccountSettingOutput{Setting: made}, err
	})
}

func (h *handlers) putAccountSettingDefault(ctx context.Context, in *ecs.PutAccountSettingDefaultInput) (*ecs.PutAccountSettingDefaultOutput, error) {
	if err := checkSetting(in.Name, in.Value); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.PutAccountSettingDefaultOutput, error) {
		made, err := h.keepSetting(v, in.Name, in.Value, root(v))
		return &ecs.PutAccountSettingDefaultOutput{Setting: made}, err
	})
}

// ownSetting reads a setting of a principal.
func (h *handlers) ownSetting(v api.View, name types.SettingName, of string) (found types.Setting, ok bool, err error) {
	o, ok := v.World.DeclaredAt(settingARN(v, name, of))
	if !ok {
		return types.Setting{}, false, nil
	}
	err = h.into(o.Members, &found)
	return found, err == nil, err
}

// effective is a setting as it counts for a principal: its own, or else the account's, or else the preset. Source: API Reference, ListAccountSettings.effectiveSettings.
func (h *handlers) effective(v api.View, name types.SettingName, of string) (types.Setting, error) {
	for _, whose := range []string{of, root(v)} {
		found, ok, err := h.ownSetting(v, name, whose)
		if err != nil || ok {
			return setting(name, api.Value(found.Value), of), err
		}
	}
	return setting(name, presets()[name], of), nil
}

func (h *handlers) listAccountSettings(ctx context.Context, in *ecs.ListAccountSettingsInput) (*ecs.ListAccountSettingsOutput, error) {
	size := 10 // Source: API Reference, ListAccountSettings.maxResults
	switch {
	case in.MaxResults < 0 || in.MaxResults > 10:
		return nil, invalid("maxResults must be between 1 and 10.")
	case in.MaxResults > 0:
		size = int(in.MaxResults)
	}
	if in.Value != nil && in.Name == "" {
		return nil, invalid("A value requires the name of an account setting.")
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.ListAccountSettingsOutput, error) {
		of, all := principal(v, in.PrincipalArn), []types.Setting{}
		for name := range presets() {
			if in.Name != "" && in.Name != name {
				continue
			}
			found, ok, err := h.ownSetting(v, name, of)
			if in.EffectiveSettings && err == nil {
				found, err = h.effective(v, name, of)
				ok = true
			}
			if err != nil {
				return nil, err
			}
			if ok && (in.Value == nil || *in.Value == *found.Value) {
				all = append(all, found)
			}
		}
		all = api.InOrder(all, func(s types.Setting) string { return string(s.Name) })
		cut, next, err := page(all, func(s types.Setting) string { return string(s.Name) }, in.NextToken, size)
		return &ecs.ListAccountSettingsOutput{Settings: cut, NextToken: next}, err
	})
}

func (h *handlers) deleteAccountSetting(ctx context.Context, in *ecs.DeleteAccountSettingInput) (*ecs.DeleteAccountSettingOutput, error) {
	if err := checkSetting(in.Name, nil); err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ecs.DeleteAccountSettingOutput, error) {
		of := principal(v, in.PrincipalArn)
		if _, err := v.Act(cluster.Retract{ARN: settingARN(v, in.Name, of)}); err != nil {
			return nil, err
		}
		left, err := h.effective(v, in.Name, of)
		return &ecs.DeleteAccountSettingOutput{Setting: &left}, err
	})
}
