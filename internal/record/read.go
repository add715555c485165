package record

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Claim says that somebody wants to operate on the resource, or does.
type Claim struct {
	ID        string
	Owner     string
	Lease     time.Time
	AbortedBy string
}

// Live tells whether the claim still holds.
func (c Claim) Live(now time.Time) bool { return now.Before(c.Lease) }

// byAlarm begins what AbortedBy says where an alarm of the operation's own has gone off; the number of the alarm among those of the record follows, because a value of a tag is too
// short for a name.
const byAlarm = "alarm:"

// RungBy is what AbortedBy says where the nth alarm of the record has gone off.
func RungBy(n int) string { return byAlarm + strconv.Itoa(n) }

// Rung is the alarm that has gone off, of those of the operation in the record's order; ok is false where it was no alarm that aborted it.
func (c Claim) Rung(alarms []string) (name string, ok bool) {
	text, is := strings.CutPrefix(c.AbortedBy, byAlarm)
	n, err := strconv.Atoi(text)
	if !is || err != nil || n < 0 || n >= len(alarms) {
		return "", false
	}
	return alarms[n], true
}

// Tag writes the claim alone.
func (c Claim) Tag() cluster.Tag {
	return cluster.Tag{Key: Prefix + keyClaim + c.ID, Value: join(stamp(c.Lease), escape(c.Owner), escape(c.AbortedBy))}
}

// Found is what the tags of a resource say.
type Found struct {
	Claims []Claim // by id
	Record *Record // nil: none. Without its claim, which somebody has removed, its lease is over and its owner not known.
}

// Claim finds a claim by id.
func (f Found) Claim(id string) (claim Claim, ok bool) {
	for _, c := range f.Claims {
		if c.ID == id {
			return c, true
		}
	}
	return Claim{}, false
}

// Foremost is the claim that counts among those that still hold: that of the record, or else the lowest id. ok is false where none holds.
func (f Found) Foremost(now time.Time) (claim Claim, ok bool) {
	for _, c := range f.Claims {
		recorded := f.Record != nil && f.Record.ID == c.ID
		if c.Live(now) && (!ok || recorded) {
			claim, ok = c, true
		}
	}
	return claim, ok
}

// Read reads the tags of a resource. It fails on tags of ours that it cannot make sense of: whoever finds such must not take the resource for free.
func Read(tags []cluster.Tag) (Found, error) {
	values := map[string]string{}
	var found Found
	for _, t := range tags {
		key, mine := strings.CutPrefix(t.Key, Prefix)
		if !mine {
			continue
		}
		values[key] = t.Value
		if id, claims := strings.CutPrefix(key, keyClaim); claims {
			claim, err := readClaim(id, t.Value)
			if err != nil {
				return Found{}, err
			}
			found.Claims = append(found.Claims, claim)
		}
	}
	slices.SortFunc(found.Claims, func(a, b Claim) int { return strings.Compare(a.ID, b.ID) })
	if _, recorded := values[keyOperation]; !recorded {
		return found, nil
	}
	r, err := readRecord(values)
	if err != nil {
		return Found{}, err
	}
	if claim, ok := found.Claim(r.ID); ok {
		r.Owner, r.Lease, r.AbortedBy = claim.Owner, claim.Lease, claim.AbortedBy
	}
	found.Record = &r
	return found, nil
}

func readClaim(id, value string) (Claim, error) {
	fields := strings.Split(value, " ")
	if id == "" || len(fields) != 3 {
		return Claim{}, fmt.Errorf("the tag %s%s%s is no claim: %q", Prefix, keyClaim, id, value)
	}
	lease, err := time.Parse(time.RFC3339, fields[0])
	owner, badOwner := unescape(fields[1])
	aborted, badAborted := unescape(fields[2])
	if err := errors.Join(err, badOwner, badAborted); err != nil {
		return Claim{}, fmt.Errorf("reading the tag %s%s%s: %w", Prefix, keyClaim, id, err)
	}
	return Claim{ID: id, Owner: owner, Lease: lease, AbortedBy: aborted}, nil
}

func readRecord(values map[string]string) (Record, error) {
	fields := strings.Split(values[keyOperation], " ")
	if len(fields) != 3 || fields[0] != version || fields[1] == "" {
		return Record{}, fmt.Errorf("the tag %s%s is no operation of version %s: %q", Prefix, keyOperation, version, values[keyOperation])
	}
	kind, badKind := unescape(fields[2])
	since, badSince := time.Parse(time.RFC3339, values[keySince])
	held, badHeld := readHeld(values[keyHeld])
	options, badOptions := unescape(joined(values, keyOptions))
	names, badAlarms := unescape(joined(values, keyAlarms))
	if err := errors.Join(badKind, badSince, badHeld, badOptions, badAlarms); err != nil {
		return Record{}, fmt.Errorf("reading the record of operation %s: %w", fields[1], err)
	}
	r := Record{ID: fields[1], Kind: kind, Since: since, Options: options, Held: held}
	if names != "" {
		r.Alarms = strings.Split(names, "\n")
	}
	return r, nil
}

// joined is the text that cut has written.
func joined(values map[string]string, key string) string {
	var text strings.Builder
	for n := 1; n <= MostTags; n++ {
		text.WriteString(values[nth(key, n)])
	}
	return text.String()
}
