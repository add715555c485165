package worldlog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"handover/internal/cluster"
	"handover/internal/world"
)

// format and version are in the first record. The version rises with every change of this format, of World's JSON, or of what a seed makes of the same
// actions, because an older log could then not be lived through as it was.
const (
	format  = "handover emulator log"
	version = 1
)

// Scene is what every Region begins with.
type Scene struct {
	Name    string    `json:"name"` // of the scenario
	Text    string    `json:"text"`
	Start   time.Time `json:"start"`
	Account string    `json:"account"`
	Profile string    `json:"profile"`
	Seed    uint64    `json:"seed"`
	Jitter  string    `json:"jitter"`
}

// Record is one entry of a log: Acts, World, Reset or Shown.
type Record interface{ line() line }

// Acts is what one request did to a Region's world. It is one record, so that after a restart a request was carried out whole or not at all.
type Acts struct {
	Region string
	At     time.Time // the world's
	acts   []act
	fault  error // of the encoding; it is one of the program, and the log fails with it
}

// Add adds an accepted action with the ids that it gave. The action is encoded here and now, because the world may keep and change what it points to.
func (a *Acts) Add(action cluster.Action, ids []string) {
	text, err := cluster.EncodeAction(action)
	a.acts, a.fault = append(a.acts, act{Do: text, IDs: ids}), errors.Join(a.fault, err)
}

// Size is about how many bytes the record has.
func (a *Acts) Size() (bytes int) {
	for _, one := range a.acts {
		bytes += len(one.Do)
	}
	return bytes
}

// Empty tells whether nothing was added.
func (a *Acts) Empty() bool { return len(a.acts) == 0 }

// World is the whole world of a Region as it is after the records before this one. Nobody may change it any more.
type World struct {
	Region string
	World  *world.World
}

// Reset says that every Region began anew.
type Reset struct{}

// Shown says up to which time of the world answers may have been given, so that the world's time goes back for nobody who saw it.
type Shown struct {
	At      time.Time // the world's, when this was written
	Until   time.Time // the world's
	Machine time.Time // the machine's, when this was written
}

// The kinds of records.
const (
	kindScene = "scene"
	kindActs  = "acts"
	kindWorld = "world"
	kindReset = "reset"
	kindShown = "shown"
)

// line is a record as it is written; checksum and number stand before it.
type line struct {
	Kind    string          `json:"kind"`
	Region  string          `json:"region,omitempty"`
	Format  string          `json:"format,omitempty"`
	Version int             `json:"version,omitempty"`
	Scene   *Scene          `json:"scene,omitempty"`
	At      time.Time       `json:"at,omitzero"`
	Until   time.Time       `json:"until,omitzero"`
	Machine time.Time       `json:"machine,omitzero"`
	Acts    []act           `json:"acts,omitempty"`
	World   json.RawMessage `json:"-"` // written and read by hand: it is large, and encoding/json would go over it three times
	whole   *world.World
	fault   error
}

type act struct {
	Do  json.RawMessage `json:"do"`
	IDs []string        `json:"ids,omitempty"`
}

func (s Scene) line() line {
	return line{Kind: kindScene, Format: format, Version: version, Scene: &s}
}
func (a *Acts) line() line {
	return line{Kind: kindActs, Region: a.Region, At: a.At, Acts: a.acts, fault: a.fault}
}
func (w World) line() line { return line{Kind: kindWorld, Region: w.Region, whole: w.World} }
func (Reset) line() line   { return line{Kind: kindReset} }
func (s Shown) line() line {
	return line{Kind: kindShown, At: s.At, Until: s.Until, Machine: s.Machine}
}

// The fixed beginning of every line: the checksum has eight hexadecimal digits.
const (
	crcOpen  = `{"crc":"`
	crcClose = `",`
	covered  = len(crcOpen) + 8 + len(crcClose) // where what the checksum covers begins
	worldKey = `,"world":`
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendLine writes a record as a line.
func appendLine(to []byte, number uint64, r Record) ([]byte, error) {
	l := r.line()
	if l.fault != nil {
		return to, fmt.Errorf("encoding record %d: %w", number, l.fault)
	}
	body, err := json.Marshal(l)
	if err != nil {
		return to, fmt.Errorf("encoding record %d: %w", number, err)
	}
	begin := len(to)
	to = append(to, crcOpen+"00000000"+crcClose...)
	to = append(to, `"n":`...)
	to = strconv.AppendUint(to, number, 10)
	to = append(to, ',')
	to = append(to, body[1:]...)
	if l.whole != nil {
		text, err := l.whole.MarshalJSON()
		if err != nil {
			return to[:begin], fmt.Errorf("encoding record %d: %w", number, err)
		}
		to = append(to[:len(to)-1], worldKey...)
		to = append(to, text...)
		to = append(to, '}')
	}
	sum := fmt.Appendf(nil, "%08x", crc32.Checksum(to[begin+covered:], castagnoli))
	copy(to[begin+len(crcOpen):], sum)
	return append(to, '\n'), nil
}

// parsed is a line whose checksum was right; its body is not decoded yet.
type parsed struct {
	number       uint64
	kind, region string
	text         []byte // the whole line without its end
}

// parseLine checks a line and reads as much of it as is needed to tell what it is.
func parseLine(text []byte) (parsed, error) {
	if len(text) < covered || !bytes.HasPrefix(text, []byte(crcOpen)) || string(text[covered-len(crcClose):covered]) != crcClose {
		return parsed{}, fmt.Errorf("it does not begin with a checksum")
	}
	given := string(text[len(crcOpen) : len(crcOpen)+8])
	if sum := fmt.Sprintf("%08x", crc32.Checksum(text[covered:], castagnoli)); sum != given {
		return parsed{}, fmt.Errorf("its checksum is %s and not %s: it was changed after it was written", sum, given)
	}
	p := parsed{text: text}
	number, rest, ok := cutBetween(text[covered:], `"n":`, `,`)
	kind, rest, ok2 := cutBetween(rest, `"kind":"`, `"`)
	if !ok || !ok2 {
		return parsed{}, fmt.Errorf("it does not begin with a number and a kind")
	}
	var err error
	if p.number, err = strconv.ParseUint(string(number), 10, 64); err != nil {
		return parsed{}, fmt.Errorf("its number is %q", number)
	}
	region, _, _ := cutBetween(rest, `,"region":"`, `"`) // the scene has none; no Region's name needs escaping
	p.kind, p.region = string(kind), string(region)
	return p, nil
}

// cutBetween takes what stands between two texts, the first of which must be at the beginning.
func cutBetween(text []byte, before, after string) (between, rest []byte, ok bool) {
	text, ok = bytes.CutPrefix(text, []byte(before))
	if !ok {
		return nil, text, false
	}
	return bytes.Cut(text, []byte(after))
}

// decode reads a line's body.
func (p parsed) decode() (line, error) {
	var l line
	text := p.text
	if p.kind == kindWorld {
		at := bytes.Index(text, []byte(worldKey))
		if at < 0 {
			return l, fmt.Errorf("it has no world")
		}
		l.World = text[at+len(worldKey) : len(text)-1]
		text = append(bytes.Clone(text[:at]), '}')
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, fmt.Errorf("it cannot be read: %w", err)
	}
	return l, nil
}
