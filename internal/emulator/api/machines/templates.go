package machines

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"handover/internal/cluster"
	"handover/internal/emulator/api"
	"handover/internal/world"
)

// LaunchTemplateData is what a version of a launch template says, in a request.
type LaunchTemplateData struct {
	ImageId, InstanceType, UserData, KeyName *string  `json:"-"`
	SecurityGroupId                          []string `json:"-"`
	IamInstanceProfile                       *Profile `json:"-"`

	BlockDeviceMapping                []BlockDevice       `json:",omitempty"`
	NetworkInterface                  []TemplateInterface `json:",omitempty"`
	TagSpecification                  []TagSpecification  `json:",omitempty"`
	MetadataOptions                   *MetadataOptions    `json:",omitempty"`
	Monitoring                        *MonitoringSwitch   `json:",omitempty"`
	HibernationOptions                *Hibernation        `json:",omitempty"`
	CreditSpecification               *Credits            `json:",omitempty"`
	InstanceMarketOptions             *MarketOptions      `json:",omitempty"`
	Placement                         *TemplatePlacement  `json:",omitempty"`
	EbsOptimized                      *bool               `json:",omitempty"`
	DisableApiTermination             *bool               `json:",omitempty"`
	DisableApiStop                    *bool               `json:",omitempty"`
	InstanceInitiatedShutdownBehavior *string             `json:",omitempty"`
	KernelId, RamDiskId               *string             `json:",omitempty"`
}

func (d *LaunchTemplateData) data() (cluster.TemplateData, error) {
	if d == nil {
		return cluster.TemplateData{}, missing("LaunchTemplateData")
	}
	members, err := d.withSettings(extraOf(d.SecurityGroupId, d.KeyName, d.IamInstanceProfile))
	if err != nil {
		return cluster.TemplateData{}, err
	}
	data, err := dataOf(d.ImageId, d.InstanceType, d.UserData, members)
	data.Tags = tagsFor(d.TagSpecification, "instance")
	return data, err
}

// LaunchTemplate is a launch template in an answer.
type LaunchTemplate struct {
	LaunchTemplateId   string    `wire:"launchTemplateId"`
	LaunchTemplateName string    `wire:"launchTemplateName"`
	CreateTime         time.Time `wire:"createTime"`
	CreatedBy          string    `wire:"createdBy"`
	Default            int64     `wire:"defaultVersionNumber"`
	Latest             int64     `wire:"latestVersionNumber"`
	Tags               []TagItem `wire:"tagSet"`
}

// LaunchTemplateVersion is a version of a launch template in an answer.
type LaunchTemplateVersion struct {
	LaunchTemplateId   string    `wire:"launchTemplateId"`
	LaunchTemplateName string    `wire:"launchTemplateName"`
	VersionNumber      int64     `wire:"versionNumber"`
	VersionDescription *string   `wire:"versionDescription"`
	CreateTime         time.Time `wire:"createTime"`
	CreatedBy          string    `wire:"createdBy"`
	Default            bool      `wire:"defaultVersion"`
	Data               Data      `wire:"launchTemplateData"`
}

// Data is what a version of a launch template says, in an answer.
type Data struct {
	ImageId        *string      `wire:"imageId" json:"-"`
	InstanceType   *string      `wire:"instanceType" json:"-"`
	KeyName        *string      `wire:"keyName" json:"-"`
	UserData       *string      `wire:"userData" json:"-"`
	Profile        *ProfileName `wire:"iamInstanceProfile" json:"-"`
	SecurityGroups []string     `wire:"securityGroupIdSet" json:"-"`

	BlockDeviceMapping                []ShownDevice     `wire:"blockDeviceMappingSet"`
	NetworkInterface                  []ShownInterface  `wire:"networkInterfaceSet"`
	TagSpecification                  []ShownTags       `wire:"tagSpecificationSet"`
	MetadataOptions                   *ShownMetadata    `wire:"metadataOptions"`
	Monitoring                        *ShownSwitch      `wire:"monitoring"`
	HibernationOptions                *ShownHibernation `wire:"hibernationOptions"`
	CreditSpecification               *ShownCredits     `wire:"creditSpecification"`
	InstanceMarketOptions             *ShownMarket      `wire:"instanceMarketOptions"`
	Placement                         *ShownPlacement   `wire:"placement"`
	EbsOptimized                      *bool             `wire:"ebsOptimized"`
	DisableApiTermination             *bool             `wire:"disableApiTermination"`
	DisableApiStop                    *bool             `wire:"disableApiStop"`
	InstanceInitiatedShutdownBehavior *string           `wire:"instanceInitiatedShutdownBehavior"`
	KernelId                          *string           `wire:"kernelId"`
	RamDiskId                         *string           `wire:"ramDiskId"`
}

// ProfileName names an instance profile in an answer.
type ProfileName struct {
	Arn  *string `wire:"arn"`
	Name *string `wire:"name"`
}

func template(v api.View, t world.LaunchTemplate) LaunchTemplate {
	return LaunchTemplate{t.ID, t.Name, t.CreatedAt, v.Global("iam", "root"), int64(t.Default), int64(t.Latest()), tagItems(v.World.Tags(t.ID))}
}

func version(v api.View, t world.LaunchTemplate, one world.TemplateVersion) LaunchTemplateVersion {
	out := LaunchTemplateVersion{
		LaunchTemplateId: t.ID, LaunchTemplateName: t.Name, VersionNumber: int64(one.Number), VersionDescription: api.Some(one.Comment), CreateTime: one.CreatedAt,
		CreatedBy: v.Global("iam", "root"), Default: t.Default == one.Number,
	}
	var e extra
	if len(one.Data.Members) > 0 { // withSettings wrote it
		_ = json.Unmarshal(one.Data.Members, &e)
		_ = json.Unmarshal(one.Data.Members, &out.Data)
	}
	if out.Data.MetadataOptions != nil {
		out.Data.MetadataOptions.State = "applied"
	}
	out.Data.ImageId, out.Data.InstanceType = api.Some(one.Data.Image), api.Some(one.Data.Type)
	if one.Data.UserData != "" {
		out.Data.UserData = api.Some(base64.StdEncoding.EncodeToString([]byte(one.Data.UserData)))
	}
	out.Data.KeyName, out.Data.SecurityGroups = api.Some(e.Key), e.Groups
	if e.Profile != "" {
		out.Data.Profile = &ProfileName{Name: &e.Profile}
		if cluster.IsARN(e.Profile) {
			out.Data.Profile = &ProfileName{Arn: &e.Profile}
		}
	}
	return out
}

// templateAt finds the launch template that a request named, which is there.
func templateAt(v api.View, named cluster.Template) world.LaunchTemplate {
	for _, t := range v.World.LaunchTemplates() {
		if t.ID == named.ID || named.ID == "" && t.Name == named.Name {
			return t
		}
	}
	return world.LaunchTemplate{}
}

// CreateLaunchTemplateInput is the request of CreateLaunchTemplate.
type CreateLaunchTemplateInput struct {
	LaunchTemplateName, VersionDescription *string
	LaunchTemplateData                     *LaunchTemplateData
	TagSpecification                       []TagSpecification
}

// CreateLaunchTemplateOutput has the launch template.
type CreateLaunchTemplateOutput struct {
	LaunchTemplate LaunchTemplate `wire:"launchTemplate"`
}

func (h *handlers) createLaunchTemplate(ctx context.Context, in *CreateLaunchTemplateInput) (*CreateLaunchTemplateOutput, error) {
	if api.Value(in.LaunchTemplateName) == "" {
		return nil, missing("LaunchTemplateName")
	}
	data, err := in.LaunchTemplateData.data()
	if err != nil {
		return nil, err
	}
	return api.Ask(ctx, h.worlds, func(v api.View) (*CreateLaunchTemplateOutput, error) {
		ids, err := v.Act(cluster.CreateLaunchTemplate{Name: *in.LaunchTemplateName, Comment: api.Value(in.VersionDescription), Data: data, Tags: tagsFor(in.TagSpecification, "launch-template")})
		if err != nil {
			return nil, err
		}
		return &CreateLaunchTemplateOutput{template(v, templateAt(v, cluster.Template{ID: ids[0]}))}, nil
	})
}

// CreateLaunchTemplateVersionInput is the request of CreateLaunchTemplateVersion.
type CreateLaunchTemplateVersionInput struct {
	LaunchTemplateId, LaunchTemplateName, SourceVersion, VersionDescription *string
	LaunchTemplateData                                                      *LaunchTemplateData
}

// CreateLaunchTemplateVersionOutput has the new version.
type CreateLaunchTemplateVersionOutput struct {
	Version LaunchTemplateVersion `wire:"launchTemplateVersion"`
}

func (h *handlers) createLaunchTemplateVersion(ctx context.Context, in *CreateLaunchTemplateVersionInput) (*CreateLaunchTemplateVersionOutput, error) {
	data, err := in.LaunchTemplateData.data()
	if err != nil {
		return nil, err
	}
	named := cluster.Template{ID: api.Value(in.LaunchTemplateId), Name: api.Value(in.LaunchTemplateName), Version: api.Value(in.SourceVersion)}
	return api.Ask(ctx, h.worlds, func(v api.View) (*CreateLaunchTemplateVersionOutput, error) {
		ids, err := v.Act(cluster.CreateLaunchTemplateVersion{Template: named, Data: data, Comment: api.Value(in.VersionDescription)})
		if err != nil {
			return nil, err
		}
		t := templateAt(v, named)
		made, _ := t.Version(ids[0])
		return &CreateLaunchTemplateVersionOutput{version(v, t, made)}, nil
	})
}

// ModifyLaunchTemplateInput is the request of ModifyLaunchTemplate.
type ModifyLaunchTemplateInput struct {
	LaunchTemplateId, LaunchTemplateName, SetDefaultVersion *string
}

// ModifyLaunchTemplateOutput has the launch template as it is now.
type ModifyLaunchTemplateOutput struct {
	LaunchTemplate LaunchTemplate `wire:"launchTemplate"`
}

func (h *handlers) modifyLaunchTemplate(ctx context.Context, in *ModifyLaunchTemplateInput) (*ModifyLaunchTemplateOutput, error) {
	if in.LaunchTemplateId != nil && in.LaunchTemplateName != nil {
		return nil, failed("InvalidParameterCombination", "Either provide launch template ID or launch template name to modify the template.")
	}
	named := cluster.Template{ID: api.Value(in.LaunchTemplateId), Name: api.Value(in.LaunchTemplateName), Version: api.Value(in.SetDefaultVersion)}
	return api.Ask(ctx, h.worlds, func(v api.View) (*ModifyLaunchTemplateOutput, error) {
		if t := templateAt(v, named); t.ID != "" && in.SetDefaultVersion != nil {
			if _, ok := t.Version(named.Version); !ok {
				return nil, failed("InvalidLaunchTemplateId.VersionNotFound", "The launch template version %s is not found for the specified launch template.", named.Version)
			}
		}
		if _, err := v.Act(cluster.ModifyLaunchTemplate{Template: named}); err != nil {
			return nil, err
		}
		return &ModifyLaunchTemplateOutput{template(v, templateAt(v, named))}, nil
	})
}

// DeleteLaunchTemplateInput is the request of DeleteLaunchTemplate.
type DeleteLaunchTemplateInput struct{ LaunchTemplateId, LaunchTemplateName *string }

// DeleteLaunchTemplateOutput has the launch template as it was.
type DeleteLaunchTemplateOutput struct {
	LaunchTemplate LaunchTemplate `wire:"launchTemplate"`
}

func (h *handlers) deleteLaunchTemplate(ctx context.Context, in *DeleteLaunchTemplateInput) (*DeleteLaunchTemplateOutput, error) {
	if in.LaunchTemplateId == nil && in.LaunchTemplateName == nil {
		return nil, missing("launch template ID or launch template name")
	}
	named := cluster.Template{ID: api.Value(in.LaunchTemplateId), Name: api.Value(in.LaunchTemplateName)}
	return api.Ask(ctx, h.worlds, func(v api.View) (*DeleteLaunchTemplateOutput, error) {
		var before LaunchTemplate
		if t := templateAt(v, named); t.ID != "" {
			before = template(v, t)
		}
		if _, err := v.Act(cluster.DeleteLaunchTemplate{Template: named}); err != nil {
			return nil, err
		}
		return &DeleteLaunchTemplateOutput{before}, nil
	})
}

// DescribeLaunchTemplatesInput is the request of DescribeLaunchTemplates.
type DescribeLaunchTemplatesInput struct {
	LaunchTemplateId, LaunchTemplateName []string
	Filter                               []Filter
	MaxResults                           *int32
	NextToken                            *string
}

// DescribeLaunchTemplatesOutput has launch templates.
type DescribeLaunchTemplatesOutput struct {
	LaunchTemplates []LaunchTemplate `wire:"launchTemplates"`
	NextToken       *string          `wire:"nextToken"`
}

func (h *handlers) describeLaunchTemplates(ctx context.Context, in *DescribeLaunchTemplatesInput) (*DescribeLaunchTemplatesOutput, error) {
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeLaunchTemplatesOutput, error) {
		all := []LaunchTemplate{}
		for _, t := range v.World.LaunchTemplates() {
			asked := len(in.LaunchTemplateId)+len(in.LaunchTemplateName) == 0 || slices.Contains(in.LaunchTemplateId, t.ID) || slices.Contains(in.LaunchTemplateName, t.Name)
			ok, err := meets(in.Filter, v.World.Tags(t.ID), func(name string) ([]string, bool) { return []string{t.Name}, name == "launch-template-name" })
			if err != nil {
				return nil, err
			}
			if asked && ok {
				all = append(all, template(v, t))
			}
		}
		if err := allThere(in, all); err != nil {
			return nil, err
		}
		cut, next, err := page(all, func(t LaunchTemplate) string { return t.LaunchTemplateName }, in.NextToken, in.MaxResults)
		return &DescribeLaunchTemplatesOutput{cut, next}, err
	})
}

// allThere refuses a request that names a launch template which is not there.
func allThere(in *DescribeLaunchTemplatesInput, found []LaunchTemplate) error {
	for _, id := range in.LaunchTemplateId {
		if len(in.Filter) == 0 && !slices.ContainsFunc(found, func(t LaunchTemplate) bool { return t.LaunchTemplateId == id }) {
			return failed("InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist.", id)
		}
	}
	for _, name := range in.LaunchTemplateName {
		if len(in.Filter) == 0 && !slices.ContainsFunc(found, func(t LaunchTemplate) bool { return t.LaunchTemplateName == name }) {
			return failed("InvalidLaunchTemplateName.NotFoundException", "At least one of the launch templates specified in the request does not exist.")
		}
	}
	return nil
}

// DescribeLaunchTemplateVersionsInput is the request of DescribeLaunchTemplateVersions.
type DescribeLaunchTemplateVersionsInput struct {
	LaunchTemplateId, LaunchTemplateName *string
	LaunchTemplateVersion                []string
	MinVersion, MaxVersion               *string
	MaxResults                           *int32
	NextToken                            *string
}

// DescribeLaunchTemplateVersionsOutput has versions, newest first.
type DescribeLaunchTemplateVersionsOutput struct {
	Versions  []LaunchTemplateVersion `wire:"launchTemplateVersionSet"`
	NextToken *string                 `wire:"nextToken"`
}

func (h *handlers) describeLaunchTemplateVersions(ctx context.Context, in *DescribeLaunchTemplateVersionsInput) (*DescribeLaunchTemplateVersionsOutput, error) {
	named := cluster.Template{ID: api.Value(in.LaunchTemplateId), Name: api.Value(in.LaunchTemplateName)}
	return api.Ask(ctx, h.worlds, func(v api.View) (*DescribeLaunchTemplateVersionsOutput, error) {
		all, err := versions(v, in, named)
		if err != nil {
			return nil, err
		}
		newestFirst := func(one LaunchTemplateVersion) string {
			return strconv.FormatInt(1<<40-one.VersionNumber, 10) + " " + one.LaunchTemplateId
		}
		cut, next, err := page(all, newestFirst, in.NextToken, in.MaxResults)
		return &DescribeLaunchTemplateVersionsOutput{cut, next}, err
	})
}

// versions are those that a request asks for: of one launch template, or the latest or the default ones of all. Source of the sentences: moto's tests that were run against AWS.
func versions(v api.View, in *DescribeLaunchTemplateVersionsInput, named cluster.Template) ([]LaunchTemplateVersion, error) {
	of := v.World.LaunchTemplates()
	if named.ID == "" && named.Name == "" {
		if len(in.LaunchTemplateVersion) == 0 || slices.ContainsFunc(in.LaunchTemplateVersion, func(text string) bool { return text != "$Latest" && text != "$Default" }) {
			code := "MissingParameter"
			if len(in.LaunchTemplateVersion) > 0 {
				code = "InvalidParameterValue"
			}
			return nil, failed(code, "To describe the launch template data for all your launch templates, for ‘--versions’ specify ‘$Latest’, ‘$Default’, or both, and omit "+
				"‘--launch-template-id’, ‘--launch-template-name’, and version numbers. To describe the launch template data for a specific launch template, specify ‘--launch-template-id’ or "+
				"‘--launch-template-name’, and for ‘--versions’ specify one or more of the following values: ‘$Latest’, ‘$Default’, or one or more version numbers.")
		}
	} else {
		t := templateAt(v, named)
		if t.ID == "" {
			return nil, noTemplate(named)
		}
		of = []world.LaunchTemplate{t}
	}
	all := []LaunchTemplateVersion{}
	for _, t := range of {
		for _, text := range in.LaunchTemplateVersion {
			one, ok := t.Version(text)
			if !ok {
				return nil, failed("InvalidLaunchTemplateId.VersionNotFound", "Could not find the specified version %s for the launch template with ID %s.", text, t.ID)
			}
			all = append(all, version(v, t, one))
		}
		for _, one := range t.Versions {
			if len(in.LaunchTemplateVersion) == 0 && within(one.Number, in.MinVersion, in.MaxVersion) {
				all = append(all, version(v, t, one))
			}
		}
	}
	return all, nil
}

func noTemplate(named cluster.Template) error {
	if named.ID == "" {
		return failed("InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name %s, does not exist.", named.Name)
	}
	return failed("InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist.", named.ID)
}

func within(n int, least, most *string) bool {
	low, noLow := strconv.Atoi(api.Value(least))
	high, noHigh := strconv.Atoi(api.Value(most))
	return (noLow != nil || n >= low) && (noHigh != nil || n <= high)
}
