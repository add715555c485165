package cli

import (
	"context"
	"slices"
	"strings"

	"handover/internal/cluster"
	"handover/internal/journal"
	"handover/internal/operation"
	"handover/internal/record"
)

// local shows an operation the records that are kept on this machine as if they were tags of the services: for services that cannot have tags, and for callers who
// may not write them. Only a process on this machine, of this user, can go on from them.
type local struct {
	operation.Provider
	store  journal.Store
	writes bool // new records are written here, and not on the service
}

// reach connects to AWS and the records of this machine; writes says that new ones are written here. An emulator of our own has none here: it is gone when we are.
func reach(ctx context.Context, f *Factory, t Target, writes bool) (*Connection, error) {
	if _, known := journal.Where(f.Getenv); writes && !known && t.Scene == nil {
		return nil, usage(hint("set HANDOVER_STATE to a folder"), "--record journal: there is no folder to write the record to")
	}
	conn, err := f.Connect(ctx, t)
	if err == nil {
		conn.Provider = withRecords(f, t, conn.Provider, writes)
	}
	return conn, err
}

// withRecords adds the records of this machine to a provider that is AWS's.
func withRecords(f *Factory, t Target, p operation.Provider, writes bool) operation.Provider {
	store, known := journal.Where(f.Getenv)
	if !known || t.Scene != nil {
		return p
	}
	return local{p, store, writes}
}

// Observe adds the records of this machine. One that cannot be read hides its service: an operation that does not see what another has left would harm it.
func (l local) Observe(ctx context.Context, scope cluster.Scope) (cluster.Snapshot, error) {
	snapshot, err := l.Provider.Observe(ctx, scope)
	if err != nil {
		return snapshot, err
	}
	snapshot.Services = slices.Clone(snapshot.Services)
	for i, v := range snapshot.Services {
		kept, err := l.store.Record(v.Service.ARN)
		if err != nil {
			snapshot.Gaps = append(snapshot.Gaps, cluster.Gap{Service: v.Service.Key, Part: cluster.PartService,
				Err: *cluster.Errorf(cluster.ClassUnavailable, "JournalUnreadable", "%s", err)})
			continue
		}
		snapshot.Services[i].Service.Tags = with(v.Service.Tags, kept)
	}
	return snapshot, nil
}

// with sets tags among others, by key.
func with(tags, set []cluster.Tag) []cluster.Tag {
	tags = without(tags, func(key string) bool {
		return slices.ContainsFunc(set, func(t cluster.Tag) bool { return t.Key == key })
	})
	tags = append(tags, set...)
	slices.SortFunc(tags, func(a, b cluster.Tag) int { return strings.Compare(a.Key, b.Key) })
	return tags
}

func without(tags []cluster.Tag, gone func(key string) bool) []cluster.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t cluster.Tag) bool { return gone(t.Key) })
}

// Apply writes what belongs to a record that is kept here, and leaves all else to the provider.
func (l local) Apply(ctx context.Context, actions []cluster.Action) []cluster.Outcome {
	var outcomes []cluster.Outcome
	for len(actions) > 0 {
		next := slices.IndexFunc(actions, l.concerns)
		if next < 0 {
			return append(outcomes, l.Provider.Apply(ctx, actions)...)
		}
		before := l.Provider.Apply(ctx, actions[:next])
		outcomes = append(outcomes, before...)
		if len(before) < next || !done(before) {
			return outcomes
		}
		outcomes = append(outcomes, l.write(actions[next]))
		if !done(outcomes) {
			return outcomes
		}
		actions = actions[next+1:]
	}
	return outcomes
}

func done(outcomes []cluster.Outcome) bool {
	return !slices.ContainsFunc(outcomes, func(o cluster.Outcome) bool { return o.Result != cluster.Done })
}

// concerns tells whether an action is about a record that is kept here.
func (l local) concerns(a cluster.Action) bool {
	var arn string
	var keys []string
	switch a := a.(type) {
	case cluster.TagResource:
		arn = a.ARN
		for _, t := range a.Tags {
			keys = append(keys, t.Key)
		}
	case cluster.UntagResource:
		arn, keys = a.ARN, a.Keys
	default:
		return false
	}
	if slices.ContainsFunc(keys, func(key string) bool { return !strings.HasPrefix(key, record.Prefix) }) {
		return false
	}
	kept, err := l.store.Record(arn)
	return l.writes || err != nil || len(kept) > 0
}

// write changes the record. A disk that is full is like a service that may not be tagged: the operation is told, and does not begin.
func (l local) write(a cluster.Action) cluster.Outcome {
	var arn string
	var change func([]cluster.Tag) []cluster.Tag
	switch a := a.(type) {
	case cluster.TagResource:
		arn, change = a.ARN, func(kept []cluster.Tag) []cluster.Tag { return with(kept, a.Tags) }
	case cluster.UntagResource:
		arn, change = a.ARN, func(kept []cluster.Tag) []cluster.Tag {
			return without(kept, func(key string) bool { return slices.Contains(a.Keys, key) })
		}
	}
	kept, err := l.store.Record(arn)
	if err == nil {
		err = l.store.Keep(arn, change(kept))
	}
	if err != nil {
		return cluster.Outcome{Result: cluster.Rejected, Err: cluster.Errorf(cluster.ClassDenied, "JournalUnwritable", "%s", err)}
	}
	return cluster.Outcome{Result: cluster.Done}
}
