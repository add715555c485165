package world

import (
	"slices"
	"strings"

	"handover/internal/cluster"
)

func (w *World) tagResource(a cluster.TagResource) (ids []string, err error) {
	if len(a.Tags)+len(w.Tags(a.ARN)) > 50 && len(merge(w.Tags(a.ARN), a.Tags)) > 50 {
		return nil, invalid("The maximum number of tags is 50.")
	}
	w.setTags(a.ARN, merge(w.Tags(a.ARN), a.Tags))
	return []string{a.ARN}, nil
}

func (w *World) untagResource(a cluster.UntagResource) (ids []string, err error) {
	w.setTags(a.ARN, slices.DeleteFunc(w.Tags(a.ARN), func(t cluster.Tag) bool { return slices.Contains(a.Keys, t.Key) }))
	return []string{a.ARN}, nil
}

// merge adds tags to tags; the new value of a key stands.
func merge(tags, added []cluster.Tag) []cluster.Tag {
	merged := slices.Clone(tags)
	for _, t := range added {
		if i := slices.IndexFunc(merged, func(old cluster.Tag) bool { return old.Key == t.Key }); i >= 0 {
			merged[i] = t
			continue
		}
		merged = append(merged, t)
	}
	return merged
}

func (w *World) setTags(arn string, tags []cluster.Tag) {
	tags = slices.SortedFunc(slices.Values(tags), func(a, b cluster.Tag) int { return strings.Compare(a.Key, b.Key) })
	at, there := slices.BinarySearchFunc(w.state.Tagged, arn, func(t tagged, arn string) int { return strings.Compare(t.ARN, arn) })
	if there {
		w.state.Tagged[at].Tags = tags
		return
	}
	w.state.Tagged = slices.Insert(w.state.Tagged, at, tagged{ARN: arn, Tags: tags})
}
