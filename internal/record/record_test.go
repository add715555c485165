package record

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"handover/internal/cluster"
)

var morning = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// taken is what AWS takes as the value of a tag. Source: API Reference, Tag.value.
var taken = regexp.MustCompile(`^[A-Za-z0-9 _.:/=+@-]{0,256}$`)

func drawTime(t *rapid.T, name string) time.Time {
	return morning.Add(time.Duration(rapid.IntRange(-1e6, 1e6).Draw(t, name)) * time.Second)
}

func drawHeld(t *rapid.T) Held {
	count := rapid.IntRange(0, 5000)
	percent := rapid.IntRange(0, 400)
	var h Held
	if rapid.Bool().Draw(t, "bounds") {
		h.Bounds = &Bounds{Former: cluster.Bounds{MinimumHealthyPercent: percent.Draw(t, "min"), MaximumPercent: percent.Draw(t, "max")},
			Ours: cluster.Bounds{MinimumHealthyPercent: percent.Draw(t, "our min"), MaximumPercent: percent.Draw(t, "our max")}}
	}
	if rapid.Bool().Draw(t, "desired") {
		h.Desired = &Desired{Base: count.Draw(t, "base"), By: count.Draw(t, "by")}
	}
	if rapid.Bool().Draw(t, "maximum") {
		h.Max = &Max{Former: count.Draw(t, "former"), Ours: count.Draw(t, "ours"), Earlier: count.Draw(t, "earlier")}
	}
	h.ScalingIn = rapid.Bool().Draw(t, "in")
	if rapid.Bool().Draw(t, "protection") {
		h.Protection = &Protection{Until: drawTime(t, "until")}
	}
	return h
}

func isTooLong(err error) bool {
	var tooLong *TooLongError
	return errors.As(err, &tooLong)
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Record{ID: NewID(drawTime(t, "id"), rapid.Uint64().Draw(t, "random")), Kind: rapid.StringN(1, 10, 20).Draw(t, "kind"), Owner: rapid.StringN(0, 20, 40).Draw(t, "owner"),
			AbortedBy: rapid.StringN(0, 10, 20).Draw(t, "aborted"), Lease: drawTime(t, "lease"), Since: drawTime(t, "since"), Options: rapid.StringN(0, 300, 1200).Draw(t, "options"), Held: drawHeld(t)}
		if n := rapid.IntRange(0, 3).Draw(t, "how many alarms"); n > 0 {
			r.Alarms = rapid.SliceOfN(rapid.StringMatching(`[a-z0-9 _/.:é]{1,120}`), n, n).Draw(t, "alarms")
		}
		tags, err := r.Tags()
		if err != nil {
			if !isTooLong(err) {
				t.Fatal(err)
			}
			return
		}
		if len(tags) > MostTags {
			t.Fatalf("%d tags", len(tags))
		}
		for _, tag := range tags {
			if !taken.MatchString(tag.Value) || !taken.MatchString(tag.Key) || len(tag.Key) > 128 || !strings.HasPrefix(tag.Key, Prefix) {
				t.Fatalf("AWS would not take %+v", tag)
			}
		}
		others := []cluster.Tag{{Key: "team", Value: "web"}, {Key: "handover", Value: "not ours"}}
		found, err := Read(append(others, tags...))
		if err != nil {
			t.Fatal(err)
		}
		if found.Record == nil || !found.Record.Held.Same(r.Held) {
			t.Fatalf("read %+v", found.Record)
		}
		got := *found.Record
		got.Held, r.Held = Held{}, Held{}
		if !reflect.DeepEqual(got, r) {
			t.Fatalf("wrote %+v, read %+v", r, got)
		}
		var keys []string
		for _, tag := range tags {
			keys = append(keys, tag.Key)
		}
		if ours := Keys(append(tags, others...), r.ID); !slices.Equal(ours, keys) {
			t.Fatalf("removes %v of %v", ours, keys)
		}
	})
}

func TestWhatDoesNotFitIsAnError(t *testing.T) {
	r := Record{ID: NewID(morning, 1), Kind: "recycle", Lease: morning, Since: morning, Options: strings.Repeat("a", 4*valueLength)}
	if tags, err := r.Tags(); err != nil || len(tags) != MostTags {
		t.Errorf("%d tags, %v", len(tags), err)
	}
	r.Options += "a"
	if _, err := r.Tags(); !isTooLong(err) {
		t.Errorf("got %v", err)
	}
	r.Options, r.Owner = "", strings.Repeat("o", 300)
	if _, err := r.Tags(); !isTooLong(err) {
		t.Errorf("got %v", err)
	}
}

func TestRoomIsFiftyTags(t *testing.T) {
	tags := []cluster.Tag{{Key: "aws:cloudformation:stack-id"}, {Key: Prefix + keyHeld}}
	for range tagsOfAResource - MostTags {
		tags = append(tags, cluster.Tag{Key: "k"})
	}
	if !Room(tags) || Room(append(tags, cluster.Tag{Key: "one more"})) {
		t.Error("50 tags of the user's and ours are what fits")
	}
}

// claims is what the tags of two operations say that have claimed at the same time: the record is that of the one who wrote last.
func claims(t *testing.T, records ...Record) Found {
	t.Helper()
	byKey := map[string]cluster.Tag{}
	for _, r := range records {
		tags, err := r.Tags()
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range tags {
			byKey[tag.Key] = tag
		}
	}
	var all []cluster.Tag
	for _, tag := range byKey {
		all = append(all, tag)
	}
	found, err := Read(all)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestForemostIsWhoseRecordStandsOrTheLowestClaim(t *testing.T) {
	first, second := NewID(morning, 7), NewID(morning.Add(time.Second), 3)
	if first >= second {
		t.Fatal("an earlier id is not lower")
	}
	a := Record{ID: first, Kind: "recycle", Owner: "a", Lease: morning.Add(time.Minute), Since: morning}
	b := Record{ID: second, Kind: "recycle", Owner: "b", Lease: morning.Add(time.Minute), Since: morning}
	found := claims(t, a, b)
	if c, ok := found.Foremost(morning); !ok || c.ID != second || found.Record.Owner != "b" {
		t.Errorf("want the one whose record stands, got %+v", c)
	}
	found.Record = nil
	if c, ok := found.Foremost(morning); !ok || c.ID != first {
		t.Errorf("want the lowest id, got %+v", c)
	}
	if _, ok := found.Foremost(morning.Add(time.Hour)); ok {
		t.Error("a lease that is over holds nothing")
	}
}

func TestATagThatMakesNoSenseIsNoFreeService(t *testing.T) {
	good, err := Record{ID: "a", Kind: "recycle", Lease: morning, Since: morning}.Tags()
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := slices.Clone(good)
		bad[i].Value = "v2 what is this _x"
		if found, err := Read(bad); err == nil && !strings.HasSuffix(bad[i].Key, keyOptions) {
			t.Errorf("%+v was read as %+v", bad[i], found)
		}
	}
}

func TestOurPartOfADesiredCount(t *testing.T) {
	d := Desired{Base: 5, By: 2}
	for now, want := range map[int]int{7: 5, 9: 7, 6: 5, 5: 5, 4: 4, 0: 0} {
		if got := d.Lowered(now); got != want {
			t.Errorf("%d is lowered to %d, want %d", now, got, want)
		}
	}
}

func TestProtectionThatIsOurs(t *testing.T) {
	p := Protection{Until: morning.Add(13 * time.Minute)}
	for _, now := range []time.Time{morning, morning.Add(20 * time.Second), morning.Add(5 * time.Minute), morning.Add(10*time.Minute + 59*time.Second)} {
		if ends := now.Add(p.For(now)); !p.Ours(ends) || p.For(now)%time.Minute != 0 {
			t.Errorf("protected from %s on for %s, which ends at %s and is not ours", now, p.For(now), ends)
		}
	}
	for after, want := range map[time.Duration]bool{13 * time.Minute: true, 14 * time.Minute: true, 12 * time.Minute: false, 15 * time.Minute: false, 2 * time.Hour: false} {
		if p.Ours(morning.Add(after)) != want {
			t.Errorf("a protection until %s later is ours: %t", after, !want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("v1 a recycle", "bounds=100/150:100/200 desired=5+2", "method=graceful")
	f.Add("v1  _", "-", "0") // an operation without an id would be written as a claim of nobody, which cannot be read
	f.Fuzz(func(t *testing.T, operation, held, options string) {
		found, err := Read([]cluster.Tag{{Key: Prefix + keyOperation, Value: operation}, {Key: Prefix + keySince, Value: stamp(morning)}, {Key: Prefix + keyHeld, Value: held}, {Key: Prefix + keyOptions, Value: options}})
		if err != nil || found.Record == nil {
			return
		}
		tags, err := found.Record.Tags()
		if err != nil {
			return
		}
		again, err := Read(tags)
		if err != nil || again.Record == nil || !again.Record.Held.Same(found.Record.Held) || again.Record.Options != found.Record.Options {
			t.Errorf("%+v was written as %+v and read as %+v, %v", found.Record, tags, again.Record, err)
		}
	})
}

func TestAMaximumThatWasRaisedStaysOurs(t *testing.T) {
	once := (*Max)(nil).Raised(3, 4)
	for _, c := range []struct {
		name      string
		held      *Max
		now, most int
		want      Max
	}{
		{"for the first time", nil, 3, 4, Max{Former: 3, Ours: 4}},
		{"once more", once, 4, 5, Max{Former: 3, Ours: 5, Earlier: 4}},
		{"a third time", once.Raised(4, 5), 5, 6, Max{Former: 3, Ours: 6, Earlier: 4}},
		{"by a look at the raise before the last", once.Raised(4, 5).Raised(5, 7), 5, 6, Max{Former: 3, Ours: 7, Earlier: 4}},
		{"by a look from before all of it", once.Raised(4, 5), 3, 4, Max{Former: 3, Ours: 5, Earlier: 4}},
		{"after someone else has set it", once.Raised(4, 5), 8, 9, Max{Former: 8, Ours: 9}},
	} {
		if got := *c.held.Raised(c.now, c.most); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	for value, want := range map[int]bool{3: false, 4: true, 5: true, 6: true, 7: false} {
		if got := (Max{Former: 3, Ours: 6, Earlier: 4}).Mine(value); got != want {
			t.Errorf("%d is ours: %v, want %v", value, got, want)
		}
	}
}
