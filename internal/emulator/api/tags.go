package api

import (
	"maps"
	"slices"

	"handover/internal/cluster"
)

// TagMap gives tags as services have them that speak of a map; nil where there is none.
func TagMap(tags []cluster.Tag) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	all := make(map[string]string, len(tags))
	for _, t := range tags {
		all[t.Key] = t.Value
	}
	return all
}

// TagList gives the tags of a map by key.
func TagList(given map[string]string) []cluster.Tag {
	all := make([]cluster.Tag, 0, len(given))
	for _, key := range slices.Sorted(maps.Keys(given)) {
		all = append(all, cluster.Tag{Key: key, Value: given[key]})
	}
	return all
}
