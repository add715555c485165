package operation

import (
	"fmt"
	"slices"

	"handover/internal/cluster"
)

// This file has the reasons for which an operation refuses before it has changed anything, each with the way out.

func refuse(code, text string, hints ...string) Decision {
	return end(cluster.Refused, cluster.Cause{Code: code, Text: text, Certain: true}, hints...)
}

// rejected ends an operation whose first action AWS refused.
func rejected(operation string, service cluster.ServiceKey, err cluster.APIError) Decision {
	cause := cluster.Cause{Code: "aws-refused", Certain: true, Evidence: []string{err.Error()}, Text: fmt.Sprintf("AWS refused %s of %s: %s", operation, service, err.Message)}
	switch err.Class {
	case cluster.ClassDenied:
		return end(cluster.Refused, cause, "it takes the permission ecs:"+operation)
	case cluster.ClassUnavailable:
		return end(cluster.Unclear, cause)
	case cluster.ClassNotFound, cluster.ClassState, cluster.ClassInvalid, cluster.ClassUnsupported, cluster.ClassThrottled:
	}
	return end(cluster.Refused, cause)
}

// admit finds the service, or refuses because it cannot be read, does not exist, or is being deleted.
func admit(s cluster.Snapshot, key cluster.ServiceKey) (view cluster.ServiceView, refusal *Decision) {
	if gap, ok := s.Gap(key, cluster.PartService); ok {
		d := unreadable(key, gap)
		return view, &d
	}
	view, ok := s.Service(key)
	if !ok {
		d := refuse("service-missing", fmt.Sprintf("there is no service %q in cluster %q", key.Service, key.Cluster),
			"to list the services: aws ecs list-services --cluster "+key.Cluster, "another cluster is named by --cluster, another Region by --region")
		return view, &d
	}
	switch view.Service.Status {
	case cluster.ServiceDraining:
		d := refuse("service-draining", fmt.Sprintf("%s is being deleted; its tasks are stopping", key))
		return view, &d
	case cluster.ServiceInactive:
		d := refuse("service-inactive", fmt.Sprintf("%s was deleted", key))
		return view, &d
	case cluster.ServiceActive:
	}
	return view, nil
}

func unreadable(key cluster.ServiceKey, gap cluster.Gap) Decision {
	cause := cluster.Cause{Code: "cannot-read", Certain: true, Text: fmt.Sprintf("%s could not be read: %s", key, gap.Err.Message), Evidence: []string{gap.Err.Error()}}
	if gap.Err.Class == cluster.ClassDenied {
		return end(cluster.Refused, cause, "it takes the permission "+gap.Permission)
	}
	return end(cluster.Unclear, cause)
}

// judge refuses what a restart could not finish, or should not begin unasked.
func (r *Restart) judge(in Input, view cluster.ServiceView) *Decision {
	s := view.Service
	for _, check := range []func() *Decision{
		func() *Decision { return checkController(s) },
		func() *Decision { return r.checkReadable(in) },
		func() *Decision { return r.checkBounds(s) },
		func() *Decision { return checkProgress(s, r.Options.AllowInProgress) },
		func() *Decision { return r.checkStable(in, view) },
		func() *Decision { return r.checkImages(in.Snapshot, view) },
		func() *Decision { return r.checkCode(in, view) },
	} {
		if refusal := check(); refusal != nil {
			return refusal
		}
	}
	return nil
}

func checkController(s cluster.Service) *Decision {
	switch s.Controller {
	case cluster.ControllerCodeDeploy:
		d := refuse("code-deploy", fmt.Sprintf("%s is deployed by CodeDeploy, and ECS refuses to force a deployment of it", s.Key),
			"start a deployment in CodeDeploy: aws deploy create-deployment")
		return &d
	case cluster.ControllerExternal:
		d := refuse("external-controller", fmt.Sprintf("%s has an external deployment controller, which alone replaces its tasks", s.Key), "use that controller's task sets")
		return &d
	case cluster.ControllerECS:
	}
	return nil
}

// checkReadable refuses where the tasks may not be read: that the old ones are gone would never show. What cannot be read for another reason can be soon.
func (r *Restart) checkReadable(in Input) *Decision {
	gap, ok := in.Snapshot.Gap(r.Service, cluster.PartTasks)
	if !ok || gap.Err.Class != cluster.ClassDenied {
		return nil
	}
	d := unreadable(r.Service, gap)
	return &d
}

// checkBounds refuses bounds with which ECS would wait for ever: 1 task with 100/150 can neither get a second one nor lose its only one.
func (r *Restart) checkBounds(s cluster.Service) *Decision {
	b := r.bounds(s.Bounds)
	daemon := s.Scheduling == cluster.Daemon
	if daemon && b.MaximumPercent > 100 { // Source: API Reference, DeploymentConfiguration.maximumPercent
		d := refuse("daemon-maximum", fmt.Sprintf("%s is a DAEMON service, with one task on each instance: its maximum is always 100 %%", s.Key),
			"leave --max-percent out; how many of its tasks may be missing at once is for --min-healthy-percent")
		return &d
	}
	if b.LeaveMove(s.Desired) && (b.MinimumHealthyPercent != 100 || b.MaximumPercent != 100) {
		return nil
	}
	d := refuse("bounds-block", fmt.Sprintf("%s would never finish: with a desired count of %d and %s, at least %d must stay healthy and at most %d may exist, so that none can be started or stopped",
		s.Key, s.Desired, boundsText(b), b.Floor(s.Desired), b.Ceiling(s.Desired)),
		"for this time only: --max-percent 200", "or, with fewer healthy tasks meanwhile: --min-healthy-percent 0")
	if daemon {
		d.Verdict.Hints = []string{"with fewer healthy tasks meanwhile: --min-healthy-percent 0"}
	}
	return &d
}

func (r *Restart) checkStable(in Input, view cluster.ServiceView) *Decision {
	s := view.Service
	healthy := s.Running
	if readTasks(in.Snapshot, s.Key) {
		_, healthy = view.Count(in.Now)
	}
	if r.Options.AllowUnstable || s.Running == s.Desired && s.Pending == 0 && healthy >= s.Desired {
		return nil
	}
	d := refuse("service-unstable", fmt.Sprintf("%s is not stable: %d desired, %d running, %d pending, %d healthy", s.Key, s.Desired, s.Running, s.Pending, healthy),
		"to see why: handover status "+s.Key.String(), "to restart it all the same: --allow-unstable")
	return &d
}

// checkImages refuses what cannot start: a rollout of a definition whose image its registry does not have any more.
func (r *Restart) checkImages(s cluster.Snapshot, view cluster.ServiceView) *Decision {
	to := r.Options.Definition
	if to == "" {
		to = view.Service.Definition
	}
	definition, known := view.Definition(to)
	if !known {
		return nil
	}
	for _, c := range definition.Containers {
		if missing(s, c.Image) {
			return noImage(view.Service.Key, c.Name, c.Image)
		}
	}
	return nil
}

// missing tells whether an image's registry says that it does not have it.
func missing(s cluster.Snapshot, image string) bool {
	return slices.ContainsFunc(s.Images, func(i cluster.Image) bool { return i.Name == image && i.Missing })
}

func noImage(service cluster.ServiceKey, container, image string) *Decision {
	d := refuse("no-such-image", fmt.Sprintf("new tasks of %s could not start: container %s needs %s, which its registry does not have", service, container, image),
		"push the image, or name another one: handover update "+service.String()+" --image "+container+"=IMAGE")
	return &d
}

func (r *Restart) checkCode(in Input, view cluster.ServiceView) *Decision {
	fresh := NewCode(in.Snapshot, view)
	if r.Options.AllowNewCode || len(fresh) == 0 {
		return nil
	}
	d := refuse("new-code", fmt.Sprintf("this would not only restart %s: %s", view.Service.Key, fresh[0]), "to ship it: --allow-new-code")
	for _, f := range fresh {
		d.Verdict.Cause.Evidence = append(d.Verdict.Cause.Evidence, f.String())
	}
	return &d
}

// Shipment is an image whose tag stands for other code now than what runs.
type Shipment struct {
	Container string
	Image     string
	Running   []string // digests that run, in order
	Now       string   // the digest that a new task would run
}

// String says it in a sentence without a final stop.
func (s Shipment) String() string {
	return fmt.Sprintf("container %s would run other code: %s stands for %s now, and %s runs", s.Container, s.Image, shortDigest(s.Now), shortDigest(s.Running[0]))
}

func shortDigest(d string) string {
	const shown = len("sha256:") + 12
	return d[:min(len(d), shown)]
}

// NewCode finds the images with which a restart would ship new code: a forced deployment resolves tags again. It judges by what could be found out; an image
// that is not in the snapshot's Images is not judged.
func NewCode(s cluster.Snapshot, view cluster.ServiceView) []Shipment {
	definition, ok := view.Definition(view.Service.Definition)
	if !ok {
		return nil
	}
	var found []Shipment
	for _, c := range definition.Containers {
		now, known := resolved(s, c.Image)
		running := digests(view, c)
		if c.Mutable() && known && slices.ContainsFunc(running, func(d string) bool { return d != now }) {
			running = slices.DeleteFunc(running, func(d string) bool { return d == now })
			found = append(found, Shipment{Container: c.Name, Image: c.Image, Running: running, Now: now})
		}
	}
	return found
}

func resolved(s cluster.Snapshot, image string) (digest string, known bool) {
	for _, i := range s.Images {
		if i.Name == image && !i.Missing {
			return i.Digest, true
		}
	}
	return "", false
}

// digests are those of a container in the tasks that run the service's definition, in order, each once.
func digests(view cluster.ServiceView, c cluster.ContainerDefinition) []string {
	var found []string
	for _, t := range view.Tasks {
		if !t.MeantToRun() || t.Definition != view.Service.Definition {
			continue
		}
		for _, running := range t.Containers {
			if running.Name == c.Name && running.Digest != "" {
				found = append(found, running.Digest)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// unknownImages notes which tags may stand for other code without our being able to tell.
func unknownImages(s cluster.Snapshot, view cluster.ServiceView) []Note {
	definition, ok := view.Definition(view.Service.Definition)
	if !ok {
		return nil
	}
	var notes []Note
	for _, c := range definition.Containers {
		if _, known := resolved(s, c.Image); c.Mutable() && !known {
			notes = append(notes, Note{Level: Info, Text: fmt.Sprintf("the tag of %s is resolved again; whether it still stands for the code that runs could not be read", c.Image)})
		}
	}
	return notes
}
