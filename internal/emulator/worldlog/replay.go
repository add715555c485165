package worldlog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"handover/internal/cluster"
	"handover/internal/world"
)

// past is what was read of a file: of each Region its last whole world and what was done to it since.
type past struct {
	scene   Scene
	records uint64
	length  int64 // of the whole lines
	torn    int64 // bytes after them
	shown   Shown
	regions map[string]*regionPast
}

type regionPast struct {
	world *parsed
	acts  []parsed
	bytes int // of acts
}

// Past is what an emulator goes on from.
type Past struct {
	Regions map[string]Lived // by name; those that something was done to
	Shown   Shown            // the last one; zero in a new log
	Records uint64           // whole ones, the scene's included
	Torn    int64            // bytes of a last record that had not been written to its end, and was dropped
}

// Lived is a Region's world as it was.
type Lived struct {
	World *world.World
	Acts  int // records since the last whole world of the log
	Bytes int // of these records
}

// read reads the whole file and checks every line. It decodes no more of it than it has to: what precedes the last whole world of a Region is passed over.
func (l *Log) read() (past, error) {
	p := past{regions: map[string]*regionPast{}}
	in := bufio.NewReaderSize(l.file, 1<<20)
	for {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			p.torn = int64(len(text))
			return p, l.headless(p, text)
		}
		if err != nil {
			return p, &Error{File: l.name, Record: -1, Err: err}
		}
		if err := p.add(text[:len(text)-1]); err != nil {
			return p, &Error{File: l.name, Record: int64(p.records), Err: err}
		}
		p.records++
		p.length += int64(len(text))
	}
}

// headless refuses a file that has no whole line and does not begin as a log does: it is somebody's, and to begin a log would delete it.
func (l *Log) headless(p past, text []byte) error {
	begin := []byte(crcOpen)
	n := min(len(text), len(begin))
	if p.records == 0 && !bytes.Equal(text[:n], begin[:n]) {
		return &Error{File: l.name, Record: 0, Err: errors.New("this is not a log of the emulator")}
	}
	return nil
}

func (p *past) add(text []byte) error {
	if p.records == 0 && !bytes.HasPrefix(text, []byte(crcOpen)) {
		return errors.New("this is not a log of the emulator")
	}
	one, err := parseLine(text)
	if err != nil {
		return err
	}
	if one.number != p.records {
		return fmt.Errorf("its number is %d: records are missing or out of order", one.number)
	}
	if (one.kind == kindScene) != (p.records == 0) {
		return fmt.Errorf("a record of the kind %q stands where it cannot", one.kind)
	}
	switch one.kind {
	case kindScene:
		return p.open(one)
	case kindActs:
		r := p.region(one.region)
		r.acts, r.bytes = append(r.acts, one), r.bytes+len(text)
	case kindWorld:
		*p.region(one.region) = regionPast{world: &one}
	case kindReset:
		clear(p.regions)
	case kindShown:
		shown, err := one.decode()
		if err != nil {
			return err
		}
		p.shown = Shown{At: shown.At, Until: shown.Until, Machine: shown.Machine}
	default:
		return fmt.Errorf("there is no kind %q", one.kind)
	}
	return nil
}

func (p *past) region(name string) *regionPast {
	r, ok := p.regions[name]
	if !ok {
		r = &regionPast{}
		p.regions[name] = r
	}
	return r
}

// open reads the first record.
func (p *past) open(one parsed) error {
	first, err := one.decode()
	switch {
	case err != nil:
		return err
	case first.Format != format || first.Scene == nil:
		return fmt.Errorf("this is not a log of the emulator: its format is %q", first.Format)
	case first.Version != version:
		return fmt.Errorf("the log has version %d of the format, and this emulator has version %d; use the release that began it", first.Version, version)
	}
	p.scene = *first.Scene
	return nil
}

// Replay makes the worlds as they were after the last record. The seed gives the world with which a Region begins; it must be that of Scene. Replay can be
// called once: what was read of the file is then let go.
func (l *Log) Replay(seed func(region string) *world.World) (Past, error) {
	p := l.past
	l.past = past{}
	made := Past{Regions: map[string]Lived{}, Shown: p.shown, Records: p.records, Torn: p.torn}
	for name, r := range p.regions {
		w, err := r.live(name, seed)
		if err != nil {
			var fault *Error
			if errors.As(err, &fault) {
				fault.File = l.name
			}
			return Past{}, err
		}
		made.Regions[name] = Lived{World: w, Acts: len(r.acts), Bytes: r.bytes}
	}
	return made, nil
}

// live lives through what was done to a Region since its last whole world.
func (r *regionPast) live(name string, seed func(string) *world.World) (*world.World, error) {
	w := &world.World{}
	if r.world == nil {
		w = seed(name)
	} else {
		whole, err := r.world.decode()
		if err == nil {
			err = w.UnmarshalJSON(whole.World)
		}
		if err != nil {
			return nil, r.world.fault(err)
		}
	}
	for _, one := range r.acts {
		acts, err := one.decode()
		if err != nil {
			return nil, one.fault(err)
		}
		for _, a := range acts.Acts {
			if err := a.again(w, acts.At); err != nil {
				return nil, one.fault(err)
			}
		}
	}
	return w, nil
}

func (p parsed) fault(err error) error { return &Error{Record: int64(p.number), Err: err} }

// again does what was done. That it gives the same ids as it did then is a cheap sign that the model is the one that it was.
func (a act) again(w *world.World, at time.Time) error {
	action, err := cluster.DecodeAction(a.Do)
	if err != nil {
		return err
	}
	if at.Before(w.Now()) {
		return fmt.Errorf("%s at %s comes before what precedes it, at %s", action.Kind(), at.Format(time.RFC3339Nano), w.Now().Format(time.RFC3339Nano))
	}
	answer, err := w.Act(at, action)
	if err != nil {
		return fmt.Errorf("%s was accepted, and is refused now: %w; use the release that wrote the log", action.Kind(), err)
	}
	if !slices.Equal(answer.IDs, a.IDs) {
		return fmt.Errorf("%s gave %q, and gives %q now; use the release that wrote the log", action.Kind(), a.IDs, answer.IDs)
	}
	return nil
}
