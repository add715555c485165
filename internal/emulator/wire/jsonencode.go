package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// documentEncoder is what the SDK's documents have in common.
type documentEncoder interface {
	MarshalSmithyDocument() ([]byte, error)
}

func appendJSON(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	switch p.kind {
	case kindString:
		return appendJSONString(dst, v.String()), nil
	case kindBool:
		return strconv.AppendBool(dst, v.Bool()), nil
	case kindInt:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case kindFloat:
		return appendJSONFloat(dst, v.Float()), nil
	case kindTime:
		return appendEpoch(dst, timeOf(v)), nil
	case kindBlob:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
		return append(dst, '"'), nil
	case kindList:
		return appendJSONList(dst, p, v)
	case kindMap:
		return appendJSONMap(dst, p, v)
	case kindStruct:
		return appendJSONStruct(dst, p, v)
	case kindUnion:
		return appendJSONUnion(dst, p, v)
	default:
		return appendDocument(dst, v)
	}
}

func appendJSONStruct(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	dst = append(dst, '{')
	start := len(dst)
	for i := range p.fields {
		before := len(dst)
		if before > start {
			dst = append(dst, ',')
		}
		comma := len(dst)
		var err error
		if dst, err = appendJSONMember(dst, p.fields[i], v); err != nil {
			return dst, err
		}
		if len(dst) == comma { // nothing was written: take the comma back
			dst = dst[:before]
		}
	}
	return append(dst, '}'), nil
}

// appendJSONMember appends nothing when the member is absent.
func appendJSONMember(dst []byte, f field, owner reflect.Value) ([]byte, error) {
	v, ok := f.present(owner.Field(f.index))
	if !ok {
		return dst, nil
	}
	dst = append(dst, '"')
	dst = append(dst, f.name...)
	dst = append(dst, '"', ':')
	dst, err := appendJSON(dst, f.plan, v)
	if err != nil {
		return dst, fmt.Errorf("%s: %w", f.name, err)
	}
	return dst, nil
}

// appendJSONElement writes an element of a list or a value of a map. Those are
// never omitted; one that has no value is a mistake of the handler.
func appendJSONElement(dst []byte, s slot, v reflect.Value) ([]byte, error) {
	v, err := s.element(v)
	if err != nil {
		return dst, err
	}
	return appendJSON(dst, s.plan, v)
}

// element returns the value of a list element or map value.
func (s slot) element(v reflect.Value) (reflect.Value, error) {
	present, ok := s.present(v)
	if ok || !s.pointer && s.plan.kind != kindUnion && s.plan.kind != kindDocument {
		return present, nil // an empty string, nil list or nil map is encoded as empty
	}
	return v, errors.New("a list or map has an element without a value")
}

func appendJSONList(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendJSONElement(dst, p.elem, v.Index(i)); err != nil {
			return dst, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return append(dst, ']'), nil
}

func appendJSONMap(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	dst = append(dst, '{')
	for i, e := range sortedEntries(p, v) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, e.key)
		dst = append(dst, ':')
		var err error
		if dst, err = appendJSONElement(dst, p.elem, e.value); err != nil {
			return dst, fmt.Errorf("[%q]: %w", e.key, err)
		}
	}
	return append(dst, '}'), nil
}

type entry struct {
	key   string
	value reflect.Value
}

// sortedEntries returns a map's entries by key, so that equal values have equal
// encodings. The values are addressable, which those inside a map are not.
func sortedEntries(p *plan, v reflect.Value) []entry {
	entries := make([]entry, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		value := reflect.New(p.typ.Elem()).Elem()
		value.Set(it.Value())
		entries = append(entries, entry{it.Key().String(), value})
	}
	slices.SortFunc(entries, func(a, b entry) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return 0
	})
	return entries
}

// appendJSONUnion writes a union as AWS does: an object with one member.
func appendJSONUnion(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	alt, value, err := p.alternative(v)
	if err != nil {
		return dst, err
	}
	dst = append(dst, '{', '"')
	dst = append(dst, alt.name...)
	dst = append(dst, '"', ':')
	if dst, err = appendJSONElement(dst, alt.slot, value); err != nil {
		return dst, fmt.Errorf("%s: %w", alt.name, err)
	}
	return append(dst, '}'), nil
}

// alternative returns which alternative a union holds and its Value.
func (p *plan) alternative(v reflect.Value) (*variant, reflect.Value, error) {
	held := v.Elem()
	alt := p.variantOf(held.Type())
	if alt == nil {
		return nil, v, fmt.Errorf("%v is not a registered alternative of %v", held.Type(), p.typ)
	}
	if held.IsNil() {
		return nil, v, fmt.Errorf("%v is nil", held.Type())
	}
	return alt, held.Elem().Field(0), nil
}

func appendDocument(dst []byte, v reflect.Value) ([]byte, error) {
	d, ok := v.Interface().(documentEncoder)
	if !ok {
		return dst, fmt.Errorf("%v cannot encode itself as a document", v.Elem().Type())
	}
	b, err := d.MarshalSmithyDocument()
	if err != nil {
		return dst, fmt.Errorf("encoding a document: %w", err)
	}
	// A document is foreign text in the middle of ours: one that is not JSON
	// would spoil the whole answer. AWS has no document larger than an input.
	r := jsonReader{data: b}
	if err := r.only(); err != nil {
		return dst, fmt.Errorf("encoding a document: %w", err)
	}
	return append(dst, b...), nil
}

// timeOf avoids the copy to the heap which Interface makes, where it can.
func timeOf(v reflect.Value) time.Time {
	if v.CanAddr() {
		return *v.Addr().Interface().(*time.Time)
	}
	return v.Interface().(time.Time)
}

// appendEpoch writes seconds since 1970 with 3 decimals.
func appendEpoch(dst []byte, t time.Time) []byte {
	ms := t.UnixMilli()
	if ms < 0 {
		dst = append(dst, '-')
		ms = -ms
	}
	dst = strconv.AppendInt(dst, ms/1000, 10)
	frac := ms % 1000
	return append(dst, '.', byte('0'+frac/100), byte('0'+frac/10%10), byte('0'+frac%10))
}

func appendJSONFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		dst = append(dst, '"')
		dst = appendFloat(dst, f)
		return append(dst, '"')
	}
	return appendFloat(dst, f)
}

// appendFloat writes the shortest decimal that is f again. The names of what is
// no number are Smithy's.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	}
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

// plainJSON are the bytes of ASCII that stand in a JSON string as they are.
var plainJSON = func() (plain [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

// plainJSON8 tells of 8 bytes at once that all of them are plain. A byte is not when one of these has its highest bit: itself, itself less a
// space, and what is left of it beside a quote, or a backslash, less one. A byte behind such a one may be taken for one, too; it is looked at alone then.
// A byte at a time took 0.8 ns, which was a tenth of DescribeTasks.
func plainJSON8(s string) bool {
	const each, high = 0x0101010101010101, 0x8080808080808080
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	return (x|(x-' '*each)|((x^'"'*each)-each)|((x^'\\'*each)-each))&high == 0
}

// appendJSONString writes s as a JSON string. Bytes which are not UTF-8 become
// U+FFFD: an answer that a client cannot parse helps nobody.
func appendJSONString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		for i+8 <= len(s) && plainJSON8(s[i:i+8]) { // hardly a string has anything else, and answers have hundreds of kilobytes of them
			i += 8
		}
		for i < len(s) && plainJSON[s[i]] {
			i++
		}
		if i == len(s) {
			break
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(dst, s[start:i]...)
				dst = append(dst, "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
