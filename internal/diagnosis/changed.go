package diagnosis

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"handover/internal/cluster"
)

// changed is what is different between the deployment's task definition and the one before it. Of variables and secrets the names are told, never values.
func (x *subject) changed() []string {
	if x.former == "" || x.definition == "" {
		return nil
	}
	to, known := x.view.Definition(x.definition)
	from, knew := x.view.Definition(x.former)
	if !known || !knew {
		return x.changedImages()
	}
	if from.ARN == to.ARN {
		return append([]string{"task definition " + cluster.Revision(to.ARN) + " unchanged"}, x.changedImages()...)
	}
	all := []string{cluster.Revision(from.ARN) + " → " + cluster.Revision(to.ARN)}
	add := func(what, before, after string) {
		if before != after {
			all = append(all, fmt.Sprintf("%s %s → %s", what, orNone(before), orNone(after)))
		}
	}
	add("cpu", number(from.CPU), number(to.CPU))
	add("memory", number(from.Memory), number(to.Memory))
	add("network mode", from.Network, to.Network)
	add("architecture", from.Architecture, to.Architecture)
	before, after := byName(from), byName(to)
	for _, name := range slices.Sorted(maps.Keys(joined(before, after))) {
		a, had := before[name]
		b, has := after[name]
		switch {
		case !had:
			all = append(all, "container "+name+" is new")
			continue
		case !has:
			all = append(all, "container "+name+" is gone")
			continue
		}
		add(name+": image", a.Image, b.Image)
		add(name+": cpu", number(a.CPU), number(b.CPU))
		add(name+": memory", number(a.Memory), number(b.Memory))
		add(name+": ports", ports(a), ports(b))
		add(name+": health check", yes(a.HealthCheck), yes(b.HealthCheck))
		add(name+": essential", yes(a.Essential), yes(b.Essential))
		all = append(all, names(name+": variable", a.Variables, b.Variables)...)
		all = append(all, names(name+": secret", a.Secrets, b.Secrets)...)
	}
	if len(all) == 1 {
		all[0] += ": nothing that is read of it differs (values of variables and commands are not read)"
	}
	return all
}

// changedImages is by which digests the two revisions differ.
func (x *subject) changedImages() []string {
	if x.past == nil || len(x.past.Sources) == 0 {
		return nil
	}
	to, known := x.view.Revision(x.past.Target)
	from, knew := x.view.Revision(x.past.Sources[0])
	if !known || !knew {
		return nil
	}
	var all []string
	for _, b := range to.Images {
		for _, a := range from.Images {
			if a.Name != b.Name {
				continue
			}
			switch {
			case a.Image != b.Image:
				all = append(all, fmt.Sprintf("%s: image %s → %s", b.Name, a.Image, b.Image))
			case a.Digest != b.Digest && a.Digest != "" && b.Digest != "":
				all = append(all, fmt.Sprintf("%s: %s stands for %s → %s", b.Name, b.Image, a.Digest, b.Digest))
			}
		}
	}
	return all
}

func byName(d cluster.TaskDefinition) map[string]cluster.ContainerDefinition {
	all := map[string]cluster.ContainerDefinition{}
	for _, c := range d.Containers {
		all[c.Name] = c
	}
	return all
}

func joined(a, b map[string]cluster.ContainerDefinition) map[string]cluster.ContainerDefinition {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// names tells which are new and which are gone.
func names(what string, before, after []string) []string {
	var all []string
	for _, n := range after {
		if !slices.Contains(before, n) {
			all = append(all, what+" "+n+" is new")
		}
	}
	for _, n := range before {
		if !slices.Contains(after, n) {
			all = append(all, what+" "+n+" is gone")
		}
	}
	return all
}

func ports(c cluster.ContainerDefinition) string {
	var all []string
	for _, p := range c.Ports {
		text := fmt.Sprint(p.Container)
		if p.Host != 0 && p.Host != p.Container {
			text = fmt.Sprintf("%d:%d", p.Host, p.Container)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
