package service

import (
	"slices"

	"handover/internal/cluster"
)

// Behind gives the attachments of a task: those of its task set, or those that the service had when the task's deployment was its primary one.
func (s *Service) Behind(t *Task) []cluster.Attachment {
	for _, d := range s.Deployments {
		if d.Pinned && d.ID == t.StartedBy {
			return d.Attachments
		}
	}
	for _, set := range s.TaskSets {
		if set.ID == t.StartedBy {
			return set.Attachments
		}
	}
	return s.Attachments
}

// Attach gives the service other attachments. The deployments that it has keep theirs.
func (s *Service) Attach(attachments []cluster.Attachment) {
	for _, d := range s.Deployments {
		if !d.Pinned {
			d.Pinned, d.Attachments = true, s.Attachments
		}
	}
	s.Attachments, s.Groupless = attachments, ""
}

// Unpin makes the attachments of a deployment those of the service again: it is rolled back to.
func (s *Service) Unpin(d *Deployment) {
	if !d.Pinned {
		return
	}
	s.Attach(d.Attachments)
	d.Pinned, d.Attachments = false, nil
}

// Attached are the tasks behind one attachment.
type Attached struct {
	cluster.Attachment
	Tasks []*Task
}

// ByAttachment sorts tasks by their attachments, which come in the order in which the tasks name them first.
func (s *Service) ByAttachment(tasks []*Task) []Attached {
	var all []Attached
	for _, t := range tasks {
		for _, a := range s.Behind(t) {
			at := slices.IndexFunc(all, func(known Attached) bool { return known.Attachment == a })
			if at < 0 {
				at = len(all)
				all = append(all, Attached{Attachment: a, Tasks: make([]*Task, 0, len(tasks))})
			}
			all[at].Tasks = append(all[at].Tasks, t)
		}
	}
	return all
}
