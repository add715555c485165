package world

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
	"handover/internal/world/draw"
	"handover/internal/world/group"
)

// This file has EC2 as far as container instances need it: instances that are launched, join a cluster and are terminated, and launch templates. Auto Scaling groups are
// in groups.go.

// fleet is what EC2 and EC2 Auto Scaling have.
type fleet struct {
	Machines  []*cluster.Machine `json:"machines,omitempty"`  // as they were launched; terminated ones stay for an hour
	Templates []*LaunchTemplate  `json:"templates,omitempty"` // by name
	Groups    []*group.Group     `json:"groups,omitempty"`    // by name

	Configurations []cluster.LaunchConfiguration `json:"configurations,omitempty"` // by name
	Providers      []capacityProvider            `json:"providers,omitempty"`      // by name
	Launched       int                           `json:"launched,omitempty"`       // instances ever launched
	Templated      int                           `json:"templated,omitempty"`      // launch templates ever made
}

// capacityProvider is what ties container instances to an Auto Scaling group.
type capacityProvider = cluster.SetCapacityProvider

func (f fleet) clone() fleet {
	f.Machines = cloneAll(f.Machines)
	f.Templates = cloneAll(f.Templates)
	for _, t := range f.Templates {
		t.Versions = slices.Clone(t.Versions)
	}
	f.Groups = slices.Clone(f.Groups)
	for i, g := range f.Groups {
		f.Groups[i] = g.Clone()
	}
	f.Providers, f.Configurations = slices.Clone(f.Providers), slices.Clone(f.Configurations)
	return f
}

// fleetDue names what will happen to a machine or to a group.
type fleetDue struct {
	Group   string               `json:"group,omitempty"`
	Machine string               `json:"machine,omitempty"`
	State   cluster.MachineState `json:"state,omitempty"`  // that it comes to; empty: its agent registers it
	Token   string               `json:"token,omitempty"`  // of the lifecycle action whose time is up
	Action  string               `json:"action,omitempty"` // the scheduled action whose time has come
}

// LaunchTemplate is a launch template with its versions.
type LaunchTemplate struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Default   int               `json:"default"`
	Versions  []TemplateVersion `json:"versions"` // oldest first
	CreatedAt time.Time         `json:"createdAt"`
}

// TemplateVersion is one version of a launch template.
type TemplateVersion struct {
	Number    int                  `json:"number"`
	Comment   string               `json:"comment,omitempty"`
	Data      cluster.TemplateData `json:"data"`
	CreatedAt time.Time            `json:"createdAt"`
}

// Latest is the number of the newest version.
func (t LaunchTemplate) Latest() int { return t.Versions[len(t.Versions)-1].Number }

// Version finds a version by number, $Latest, or $Default, which an empty text means, too. Source: EC2 API Reference, LaunchTemplateSpecification.Version.
func (t LaunchTemplate) Version(text string) (found TemplateVersion, ok bool) {
	number := t.Default
	switch text {
	case "", "$Default":
	case "$Latest":
		number = t.Latest()
	default:
		n, err := strconv.Atoi(text)
		if err != nil {
			return TemplateVersion{}, false
		}
		number = n
	}
	for _, v := range t.Versions {
		if v.Number == number {
			return v, true
		}
	}
	return TemplateVersion{}, false
}

func (w *World) machine(id string) (found *cluster.Machine, ok bool) {
	for _, m := range slices.Backward(w.state.Fleet.Machines) {
		if m.ID == id {
			return m, true
		}
	}
	return nil, false
}

// template finds a launch template by id or, where that is empty, by name. Messages: public reports.
func (w *World) template(t cluster.Template) (*LaunchTemplate, error) {
	for _, known := range w.state.Fleet.Templates {
		if t.ID != "" && known.ID == t.ID || t.ID == "" && known.Name == t.Name {
			return known, nil
		}
	}
	if t.ID != "" {
		return nil, cluster.Errorf(cluster.ClassNotFound, "InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist.", t.ID)
	}
	return nil, cluster.Errorf(cluster.ClassNotFound, "InvalidLaunchTemplateName.NotFoundException", "The specified launch template, with template name %s, does not exist.", t.Name)
}

// resolved finds a version of a launch template, and names it with its number, or a launch configuration.
func (w *World) resolved(t cluster.Template) (named cluster.Template, data cluster.TemplateData, err error) {
	if t.Configuration != "" {
		c, err := w.launchConfiguration(t.Configuration)
		return t, c.Data, err
	}
	known, err := w.template(t)
	if err != nil {
		return t, data, err
	}
	v, ok := known.Version(t.Version)
	if !ok {
		return t, data, cluster.Errorf(cluster.ClassNotFound, "InvalidLaunchTemplateId.VersionNotFound", "Could not find launch template version %s.", t.Version)
	}
	return cluster.Template{ID: known.ID, Name: known.Name, Version: number(v.Number)}, v.Data, nil
}

func (w *World) createLaunchTemplate(a cluster.CreateLaunchTemplate) (ids []string, err error) {
	if _, err := w.template(cluster.Template{Name: a.Name}); err == nil {
		return nil, cluster.Errorf(cluster.ClassState, "InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
	}
	w.state.Fleet.Templated++
	t := &LaunchTemplate{
		ID: "lt-" + w.ec2ID("launch-template", w.state.Fleet.Templated), Name: a.Name, Default: 1, CreatedAt: w.state.Now,
		Versions: []TemplateVersion{{Number: 1, Comment: a.Comment, Data: a.Data, CreatedAt: w.state.Now}},
	}
	w.state.Fleet.Templates = append(w.state.Fleet.Templates, t)
	slices.SortFunc(w.state.Fleet.Templates, func(a, b *LaunchTemplate) int { return strings.Compare(a.Name, b.Name) })
	if len(a.Tags) > 0 {
		w.setTags(t.ID, a.Tags)
	}
	return []string{t.ID}, nil
}

func (w *World) createLaunchTemplateVersion(a cluster.CreateLaunchTemplateVersion) (ids []string, err error) {
	t, err := w.template(a.Template)
	if err != nil {
		return nil, err
	}
	data := a.Data
	if a.Template.Version != "" {
		_, source, err := w.resolved(a.Template)
		if err != nil {
			return nil, err
		}
		data = over(source, data)
	}
	next := t.Latest() + 1
	t.Versions = append(t.Versions, TemplateVersion{Number: next, Comment: a.Comment, Data: data, CreatedAt: w.state.Now})
	return []string{number(next)}, nil
}

// over lays what is given over what a template says.
func over(base, given cluster.TemplateData) cluster.TemplateData {
	return cluster.TemplateData{
		Image: cmp.Or(given.Image, base.Image), Type: cmp.Or(given.Type, base.Type), UserData: cmp.Or(given.UserData, base.UserData), Members: overMembers(base.Members, given.Members),
		Tags: orTags(given.Tags, base.Tags),
	}
}

// orTags are the tags that are given, or else those that a template says.
func orTags(given, base []cluster.Tag) []cluster.Tag {
	if len(given) > 0 {
		return given
	}
	return base
}

// overMembers lays the members of one object over those of another.
func overMembers(base, given json.RawMessage) json.RawMessage {
	if len(base) == 0 || len(given) == 0 {
		return append(slices.Clone(base), given...)
	}
	var all, more map[string]json.RawMessage
	if json.Unmarshal(base, &all) != nil || json.Unmarshal(given, &more) != nil {
		return given
	}
	for _, name := range sortedNames(more) {
		all[name] = more[name]
	}
	text, err := json.Marshal(all)
	if err != nil {
		return given
	}
	return text
}

func (w *World) modifyLaunchTemplate(a cluster.ModifyLaunchTemplate) (ids []string, err error) {
	named, _, err := w.resolved(a.Template)
	if err != nil {
		return nil, err
	}
	t, _ := w.template(named)
	t.Default, _ = strconv.Atoi(named.Version)
	return []string{named.Version}, nil
}

func (w *World) deleteLaunchTemplate(a cluster.DeleteLaunchTemplate) (ids []string, err error) {
	t, err := w.template(a.Template)
	if err != nil {
		return nil, err
	}
	w.state.Fleet.Templates = slices.DeleteFunc(w.state.Fleet.Templates, func(one *LaunchTemplate) bool { return one == t })
	w.untag(t.ID)
	return []string{t.ID}, nil
}

// runMachine launches an instance that belongs to no group. Source: EC2 API Reference, RunInstances.
func (w *World) runMachine(a cluster.RunMachine) (ids []string, err error) {
	data, named := a.Data, cluster.Template{}
	if a.Template != (cluster.Template{}) {
		var base cluster.TemplateData
		if named, base, err = w.resolved(a.Template); err != nil {
			return nil, err
		}
		data = over(base, a.Data)
	}
	if data.Image == "" {
		return nil, cluster.Errorf(cluster.ClassInvalid, "MissingParameter", "The request must contain the parameter ImageId")
	}
	data.Type = cmp.Or(data.Type, "m1.small") // Source: EC2 API Reference, RunInstances.InstanceType
	m := w.launchMachine(named, data, cmp.Or(a.Zone, w.zones()[0]))
	m.Subnet, m.Token = a.Subnet, a.Token
	if len(a.Tags) > 0 {
		w.setTags(m.ID, a.Tags)
	}
	return []string{m.ID}, nil
}

// launchMachine adds an instance that boots.
func (w *World) launchMachine(t cluster.Template, data cluster.TemplateData, zone string) *cluster.Machine {
	w.state.Fleet.Launched++
	n := w.state.Fleet.Launched
	m := &cluster.Machine{
		ID: "i-" + w.ec2ID("machine", n), State: cluster.MachinePending, Type: cmp.Or(data.Type, "m5.large"), Image: data.Image, Zone: zone, UserData: data.UserData, Members: data.Members,
		Template: t, LaunchedAt: w.state.Now, Address: "172.31." + number(n/250%256) + "." + number(n%250+4),
	}
	w.state.Fleet.Machines = append(w.state.Fleet.Machines, m)
	w.planMachine(m, w.state.Profile.Boot.Median, cluster.MachineRunning)
	if len(data.Tags) > 0 { // Source: EC2 API Reference, LaunchTemplateTagSpecificationRequest
		w.setTags(m.ID, data.Tags)
	}
	return m
}

// ec2ID makes the 17 hexadecimal digits of the nth object of a kind.
func (w *World) ec2ID(kind string, n int) string {
	return "0" + hex64(draw.Bits(w.state.Seed, kind, draw.Nth("id", n)))
}

func (w *World) terminateMachine(a cluster.TerminateMachine) (ids []string, err error) {
	m, err := w.knownMachine(a.ID)
	if err != nil {
		return nil, err
	}
	w.shutDown(m, "User initiated ("+w.state.Now.UTC().Format("2006-01-02 15:04:05")+" GMT)")
	return []string{m.ID}, nil
}
