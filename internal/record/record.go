package record

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Record is one operation on one service.
type Record struct {
	ID        string    `json:"id"`               // NewID
	Kind      string    `json:"kind"`             // which operation: recycle, restart, …
	Owner     string    `json:"owner"`            // who runs it, for people
	Lease     time.Time `json:"lease"`            // after this nobody is taken to be at it any more
	Since     time.Time `json:"since"`            // AWS's time when it was claimed: what was created before is old
	Options   string    `json:"options"`          // what it takes to go on with it, in words of its own
	Alarms    []string  `json:"alarms,omitempty"` // CloudWatch alarms that end it, by name
	Held      Held      `json:"held,omitzero"`    // what must be put back
	AbortedBy string    `json:"aborted,omitzero"` // who asked it to stop and put everything back; empty: nobody
}

// Live tells whether somebody is taken to be at the operation still.
func (r Record) Live(now time.Time) bool { return now.Before(r.Lease) }

// Prefix begins the key of every tag of ours.
const Prefix = "handover:"

// The keys, without the prefix. Options and alarms that are too long for one value go on under options.2 and so on.
const (
	keyClaim     = "claim." // and the id: two that claim at once see each other
	keyOperation = "operation"
	keySince     = "since"
	keyHeld      = "held"
	keyOptions   = "options"
	keyAlarms    = "alarms"
)

// MostTags is how many tags a record takes at most: four besides its options and alarms.
const MostTags = 8

// AWS's limits. Source: ECS API Reference, Tag and TagResource.
const (
	valueLength     = 256
	tagsOfAResource = 50
)

// version begins the value of the tag that says which operation it is. A record of another version is not read.
const version = "v1"

// NewID makes the id of an operation from AWS's or this machine's time and a random number. Ids of earlier seconds are lower.
func NewID(now time.Time, random uint64) string {
	return fmt.Sprintf("%09s-%013s", strconv.FormatInt(max(0, now.Unix()), 36), strconv.FormatUint(random, 36))
}

// NewEventID makes the id of an operation that an event asks for. Whoever is at the same event has another id, which SameEvent tells to be of that event: half of the
// number stands for the event, half for who is at it.
func NewEventID(now time.Time, event, process uint32) string {
	return NewID(now, uint64(event)<<32|uint64(process))
}

// SameEvent tells whether two ids are of one event. Of two that are of none, or of two events, it says so once in four billion times.
func SameEvent(a, b string) bool {
	first, ok := number(a)
	second, also := number(b)
	return ok && also && first>>32 == second>>32
}

// number is the second part of an id.
func number(id string) (n uint64, ok bool) {
	_, text, found := strings.Cut(id, "-")
	n, err := strconv.ParseUint(text, 36, 64)
	return n, found && err == nil
}

// TooLongError is a record that does not fit into AWS's limits for tags.
type TooLongError struct {
	What     string // what is too long
	Has, Fit int
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("%s is too long for tags: %d, of %d at most", e.What, e.Has, e.Fit)
}

// Tags writes the record, by key.
func (r Record) Tags() ([]cluster.Tag, error) {
	tags := []cluster.Tag{
		Claim{ID: r.ID, Owner: r.Owner, Lease: r.Lease, AbortedBy: r.AbortedBy}.Tag(),
		HeldTag(r.Held),
		{Key: Prefix + keyOperation, Value: join(version, r.ID, escape(r.Kind))},
		{Key: Prefix + keySince, Value: stamp(r.Since)},
	}
	tags = append(tags, cut(keyOptions, escape(r.Options))...)
	if len(r.Alarms) > 0 {
		tags = append(tags, cut(keyAlarms, escape(strings.Join(r.Alarms, "\n")))...)
	}
	if len(tags) > MostTags {
		return nil, &TooLongError{What: "what the operation was asked for", Has: len(escape(r.Options) + escape(strings.Join(r.Alarms, "\n"))), Fit: valueLength * (MostTags - 4)}
	}
	for _, t := range tags {
		if len(t.Value) > valueLength {
			return nil, &TooLongError{What: t.Key, Has: len(t.Value), Fit: valueLength}
		}
	}
	slices.SortFunc(tags, func(a, b cluster.Tag) int { return strings.Compare(a.Key, b.Key) })
	return tags, nil
}

// HeldTag is the one tag of a record that says what is held.
func HeldTag(h Held) cluster.Tag { return cluster.Tag{Key: Prefix + keyHeld, Value: h.text()} }

// cut writes a text as one tag, or as more where it is too long for one.
func cut(key, text string) []cluster.Tag {
	var tags []cluster.Tag
	for n := 1; n == 1 || text != ""; n++ {
		most := min(len(text), valueLength)
		tags = append(tags, cluster.Tag{Key: Prefix + nth(key, n), Value: text[:most]})
		text = text[most:]
	}
	return tags
}

// nth is the key of the nth tag of a text: options, options.2 and so on.
func nth(key string, n int) string {
	if n == 1 {
		return key
	}
	return fmt.Sprintf("%s.%d", key, n)
}

// Room tells whether a resource with these tags has room for a record. AWS's own tags do not count. Source: ECS developer guide, using tags.
func Room(tags []cluster.Tag) bool {
	others := 0
	for _, t := range tags {
		if !strings.HasPrefix(t.Key, Prefix) && !strings.HasPrefix(t.Key, "aws:") {
			others++
		}
	}
	return others+MostTags <= tagsOfAResource
}

// Keys are the keys of a resource's tags that belong to an operation, to be removed with it: its claim, and the record where it is the operation's, or where it is
// nobody's: part of a record was written after somebody had removed the whole.
func Keys(tags []cluster.Tag, id string) []string {
	whole := Has(tags, id) || !slices.ContainsFunc(tags, func(t cluster.Tag) bool { return t.Key == Prefix+keyOperation })
	var keys []string
	for _, t := range tags {
		rest, found := strings.CutPrefix(t.Key, Prefix)
		if claim, claims := strings.CutPrefix(rest, keyClaim); found && (claims && claim == id || !claims && whole) {
			keys = append(keys, t.Key)
		}
	}
	return keys
}

// Has tells whether the record of a resource is that of an operation, and not just its claim.
func Has(tags []cluster.Tag, id string) bool {
	return slices.ContainsFunc(tags, func(t cluster.Tag) bool {
		fields := strings.Fields(t.Value)
		return t.Key == Prefix+keyOperation && len(fields) > 1 && fields[1] == id
	})
}
