package operation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"handover/internal/cluster"
)

// This file has where a rollback goes: to what was deployed before and successful, as ECS remembers it for 90 days, and not to revision minus one, which may never
// have been deployed. What ran is named by its digest where ECS knows it: a tag may stand for other code today.

// back finds where to go back to. A rollout that is in flight is rolled back by ECS itself.
func (u *Update) back(in Input, view cluster.ServiceView) (to destination, decided *Decision) {
	if gap, ok := in.Snapshot.Gap(u.Rollout.Service, cluster.PartHistory); ok && u.Options.Definition == "" {
		d := unreadable(u.Rollout.Service, gap)
		return to, &d
	}
	if u.Options.Definition != "" {
		return u.backTo(view), nil
	}
	if primary, _ := view.Service.Primary(); u.Options.Only != "" && primary.ID != u.Options.Only && u.Revised == "" {
		d := end(cluster.Superseded, cluster.Cause{Code: "superseded", Certain: true, Text: fmt.Sprintf("%s is at deployment %s by now, which is left alone", u.Rollout.Service, primary.ID)},
			"to see it: handover status "+u.Rollout.Service.String())
		return to, &d
	}
	flying, ok := inFlight(view)
	if ok && u.Revised == "" {
		u.Undoing = flying.ARN
		d := Decision{Look: u.everything(), Notes: []Note{{Level: Info, Text: "deployment " + flying.Deployment + " is in progress; ECS is asked to roll it back"}}}
		if flying.Status == cluster.DeploymentPending || flying.Status == cluster.DeploymentInProgress {
			d.Actions, u.Changed = []cluster.Action{cluster.StopServiceDeployment{ARN: flying.ARN}}, true
		}
		return to, &d
	}
	if u.Options.InFlight {
		d := refuse("complete", fmt.Sprintf("the deployment of %s is complete; there is nothing to stop", u.Rollout.Service), "to go back to what was deployed before: handover rollback "+u.Rollout.Service.String())
		return to, &d
	}
	former, ok := successfulBefore(view)
	if !ok {
		d := refuse("nothing-before", fmt.Sprintf("ECS remembers no successful deployment of %s before the one that it has", u.Rollout.Service),
			"to go to a revision that you know: --to REVISION", revisionsOf(view.Service.Definition))
		return to, &d
	}
	return destination{definition: former.Definition, images: pinned(former)}, nil
}

// backTo goes to a chosen revision, with the digests with which it ran if it did.
func (u *Update) backTo(view cluster.ServiceView) destination {
	to := destination{definition: u.Options.Definition}
	if n, err := strconv.Atoi(to.definition); err == nil {
		to.definition = fmt.Sprintf("%s:%d", family(view.Service.Definition), n)
	}
	for _, d := range view.History {
		revision, ok := view.Revision(d.Target)
		if ok && d.Status == cluster.DeploymentSuccessful && short(revision.Definition) == short(to.definition) {
			to.images = pinned(revision)
			break
		}
	}
	if isThere(view.Service, to.definition) {
		to.images = nil
	}
	return to
}

func family(definition string) string {
	name, _, _ := strings.Cut(short(definition), ":")
	return name
}

// inFlight finds the service deployment that is under way, or on its way back already.
func inFlight(view cluster.ServiceView) (found cluster.ServiceDeployment, ok bool) {
	if len(view.History) == 0 {
		return cluster.ServiceDeployment{}, false
	}
	newest := view.History[0]
	under := []cluster.ServiceDeploymentStatus{cluster.DeploymentPending, cluster.DeploymentInProgress, cluster.DeploymentRollbackRequested, cluster.DeploymentRollbackInProgress}
	return newest, slices.Contains(under, newest.Status)
}

// successfulBefore finds the latest revision that was deployed with success and is not what the service has: by its definition, or by the digests of its images.
func successfulBefore(view cluster.ServiceView) (former cluster.ServiceRevision, ok bool) {
	primary, _ := view.Service.Primary()
	var current cluster.ServiceRevision
	for _, r := range view.Revisions {
		if cluster.DeploymentOf(r.ARN) == primary.ID {
			current = r
		}
	}
	for _, d := range view.History {
		revision, known := view.Revision(d.Target)
		if known && d.Status == cluster.DeploymentSuccessful && d.Deployment != primary.ID && d.CreatedAt.Before(primary.CreatedAt) && !sameCode(revision, current, view.Service) {
			return revision, true
		}
	}
	return cluster.ServiceRevision{}, false
}

// sameCode tells whether two revisions run the same: the same digests of the same definition, or, where the current one is not remembered, its definition.
func sameCode(a, current cluster.ServiceRevision, s cluster.Service) bool {
	if current.ARN == "" {
		return a.Definition == s.Definition
	}
	if a.Definition != current.Definition || len(a.Images) != len(current.Images) {
		return false
	}
	for i, image := range a.Images {
		if image.Digest != current.Images[i].Digest {
			return false
		}
	}
	return true
}

// pinned names the images of a revision by the digests with which it ran, as far as ECS knows them: app:latest becomes app@sha256:….
func pinned(r cluster.ServiceRevision) []cluster.ContainerImage {
	var images []cluster.ContainerImage
	for _, c := range r.Images {
		if c.Digest != "" && !strings.Contains(c.Image, "@") {
			images = append(images, cluster.ContainerImage{Container: c.Name, Image: untagged(c.Image) + "@" + c.Digest})
		}
	}
	return images
}

// untagged cuts the tag off an image name. A colon before the last slash is that of a registry's port.
func untagged(image string) string {
	at := strings.LastIndexByte(image, ':')
	if at > strings.LastIndexByte(image, '/') {
		return image[:at]
	}
	return image
}

// undo follows a service deployment that ECS was asked to roll back.
func (u *Update) undo(in Input) Decision {
	view, shown := in.Snapshot.Service(u.Rollout.Service)
	again := Decision{Look: u.everything(), Wait: restartLook, Waiting: &cluster.Condition{Object: u.Rollout.Service.String(), Condition: "to be rolled back by ECS"}}
	if denied := deniedStop(in.Outcomes); denied != nil {
		return rejected("StopServiceDeployment", u.Rollout.Service, *denied)
	}
	if _, gap := in.Snapshot.Gap(u.Rollout.Service, cluster.PartHistory); gap || !shown {
		return again
	}
	for _, d := range view.History {
		if d.ARN != u.Undoing {
			continue
		}
		switch d.Status {
		case cluster.DeploymentRollbackSuccessful:
			return succeed(fmt.Sprintf("rolled %s back to %s", u.Rollout.Service, short(view.Service.Definition)), cluster.Figures{})
		case cluster.DeploymentRollbackFailed, cluster.DeploymentStopped:
			return end(cluster.Failed, cluster.Cause{Code: "rollback-failed", Certain: true, Text: fmt.Sprintf("ECS did not roll %s back: the deployment is %s", u.Rollout.Service, d.Status), Evidence: []string{d.Reason}},
				"to see what is there: handover status "+u.Rollout.Service.String())
		case cluster.DeploymentSuccessful: // it completed before it could be stopped: now what it deployed is what is rolled back
			u.Undoing = ""
			return Decision{Look: u.everything(), Wait: lostAnswer}
		case cluster.DeploymentPending, cluster.DeploymentInProgress: // the request was lost, or refused, or does not show yet; once more does no harm
			again.Actions, again.Wait, u.Changed = []cluster.Action{cluster.StopServiceDeployment{ARN: d.ARN}}, lostAnswer, true
		case cluster.DeploymentStopRequested, cluster.DeploymentRollbackRequested, cluster.DeploymentRollbackInProgress:
		}
	}
	return again
}
