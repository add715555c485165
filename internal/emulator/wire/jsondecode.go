package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"time"
)

// A jsonReader reads one JSON text. It exists because encoding/json matches
// names in any letter case, knows neither epoch timestamps nor unions, and words
// its errors in its own way.
//
// Errors are worded as AWS words them. Of those, "… can not be converted to …",
// "Start of structure or map found where not expected", "Start of list found
// where not expected" and "Expected list or null" are AWS's own; the others
// follow their manner.
type jsonReader struct {
	data  []byte
	pos   int
	depth int
}

// document reads the whole text as one value of p, which must be a struct.
func (r *jsonReader) document(p *plan, v reflect.Value) error {
	if err := r.value(p, v); err != nil {
		return err
	}
	return r.end()
}

// only checks that the text is one JSON value.
func (r *jsonReader) only() error {
	if err := r.skip(); err != nil {
		return err
	}
	return r.end()
}

func (r *jsonReader) end() error {
	if r.peek() != 0 || r.pos < len(r.data) {
		return r.syntax()
	}
	return nil
}

func (r *jsonReader) syntax() error {
	return malformed("The request body is not valid JSON at byte %d.", r.pos)
}

// peek skips white space and returns the next byte, 0 at the end.
func (r *jsonReader) peek() byte {
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\r', '\n':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// take reads c if it comes next.
func (r *jsonReader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.pos++
	return true
}

func (r *jsonReader) literal(s string) error {
	if !bytes.HasPrefix(r.data[r.pos:], []byte(s)) {
		return r.syntax()
	}
	r.pos += len(s)
	return nil
}

// open enters an object or list whose first byte is next.
func (r *jsonReader) open() error {
	r.pos++
	r.depth++
	if r.depth > MaxDepth {
		return malformed("The request is nested deeper than %d levels.", MaxDepth)
	}
	return nil
}

// each calls item before each member or element, up to the closing byte.
func (r *jsonReader) each(closing byte, item func(i int) error) error {
	if err := r.open(); err != nil {
		return err
	}
	for i := 0; ; i++ {
		if i == 0 && r.take(closing) {
			break
		}
		if err := item(i); err != nil {
			return err
		}
		if r.take(closing) {
			break
		}
		if !r.take(',') {
			return r.syntax()
		}
	}
	r.depth--
	return nil
}

// members calls member for each member of an object whose value is not null: to
// AWS a null is an absent member.
func (r *jsonReader) members(member func(name string) error) error {
	return r.each('}', func(int) error {
		name, err := r.key()
		if err != nil {
			return err
		}
		if r.peek() == 'n' {
			return r.literal("null")
		}
		return member(name)
	})
}

// key reads the name of a member and the colon after it.
func (r *jsonReader) key() (string, error) {
	if r.peek() != '"' {
		return "", r.syntax()
	}
	name, err := r.str()
	if err == nil && !r.take(':') {
		err = r.syntax()
	}
	return name, err
}

// str reads a string whose quote is next.
func (r *jsonReader) str() (string, error) {
	start := r.pos
	plain := true
	for i := start + 1; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case c == '"':
			r.pos = i + 1
			if plain {
				return string(r.data[start+1 : i]), nil
			}
			var s string
			if json.Unmarshal(r.data[start:i+1], &s) != nil {
				r.pos = start
				return "", r.syntax()
			}
			return s, nil
		case c == '\\':
			plain = false
			i++
		case c < ' ':
			r.pos = i
			return "", r.syntax()
		}
	}
	r.pos = len(r.data)
	return "", r.syntax()
}

// number reads a number and returns its text.
func (r *jsonReader) number() (string, error) {
	start := r.pos
	digits := func() bool {
		from := r.pos
		for r.pos < len(r.data) && r.data[r.pos]-'0' <= 9 {
			r.pos++
		}
		return r.pos > from
	}
	next := func(set string) bool {
		ok := r.pos < len(r.data) && bytes.IndexByte([]byte(set), r.data[r.pos]) >= 0
		if ok {
			r.pos++
		}
		return ok
	}
	next("-")
	if !next("0") && !digits() {
		return "", r.syntax()
	}
	if next(".") && !digits() {
		return "", r.syntax()
	}
	if next("eE") {
		next("+-")
		if !digits() {
			return "", r.syntax()
		}
	}
	return string(r.data[start:r.pos]), nil
}

func (r *jsonReader) boolean() (bool, error) {
	if r.data[r.pos] == 't' {
		return true, r.literal("true")
	}
	return false, r.literal("false")
}

// skip reads a value nobody wants.
func (r *jsonReader) skip() (err error) {
	switch c := r.peek(); c {
	case '{':
		err = r.members(func(string) error { return r.skip() })
	case '[':
		err = r.each(']', func(int) error { return r.skip() })
	case '"':
		_, err = r.str()
	case 't', 'f':
		_, err = r.boolean()
	case 'n':
		err = r.literal("null")
	default:
		_, err = r.number()
	}
	return err
}

// mismatch returns the error for a value of a type that was not expected. want
// is the type in AWS's words, with its article.
func (r *jsonReader) mismatch(want string) error {
	switch c := r.peek(); {
	case c == '{':
		return malformed("Start of structure or map found where not expected")
	case c == '[':
		return malformed("Start of list found where not expected")
	case want == "":
		return malformed("Unexpected field type")
	case c == '"':
		return malformed("STRING_VALUE can not be converted to %s", want)
	case c == 't':
		return malformed("TRUE_VALUE can not be converted to %s", want)
	case c == 'f':
		return malformed("FALSE_VALUE can not be converted to %s", want)
	case c == '-' || c-'0' <= 9:
		return malformed("NUMBER_VALUE can not be converted to %s", want)
	case c == 'n':
		return malformed("null found where a value was expected")
	}
	return r.syntax()
}

// slot reads a value into a place that may be a pointer.
func (r *jsonReader) slot(s slot, v reflect.Value) error {
	return r.value(s.plan, s.allocate(v))
}

func (r *jsonReader) value(p *plan, v reflect.Value) error {
	c := r.peek()
	switch p.kind {
	case kindStruct:
		return r.structure(p, v)
	case kindList:
		return r.list(p, v)
	case kindMap:
		return r.mapping(p, v)
	case kindUnion:
		return r.union(p, v)
	case kindDocument:
		d, err := r.any()
		if err == nil {
			v.Set(p.document(d))
		}
		return err
	case kindBool:
		if c != 't' && c != 'f' {
			return r.mismatch("a Boolean")
		}
		b, err := r.boolean()
		v.SetBool(b)
		return err
	case kindInt, kindFloat, kindTime:
		return r.numeric(p, v)
	default: // string or blob
		return r.text(p, v)
	}
}

func (r *jsonReader) text(p *plan, v reflect.Value) error {
	want := "a String"
	if p.kind == kindBlob {
		want = "a Blob"
	}
	if r.peek() != '"' {
		return r.mismatch(want)
	}
	s, err := r.str()
	if err != nil {
		return err
	}
	if p.kind == kindString {
		v.SetString(s)
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return malformed("STRING_VALUE can not be converted to %s", want)
	}
	v.SetBytes(b)
	return nil
}

func (r *jsonReader) numeric(p *plan, v reflect.Value) error {
	want := p.numberName()
	switch c := r.peek(); {
	case c == '"' && p.kind == kindFloat:
		return r.namedFloat(v, want)
	case c != '-' && c-'0' > 9:
		return r.mismatch(want)
	}
	start := r.pos
	s, err := r.number()
	if err != nil {
		return err
	}
	ok := false
	switch p.kind {
	case kindInt:
		ok = setInt(v, s)
	case kindFloat:
		ok = setFloat(v, s)
	case kindTime:
		ok = setEpoch(v, s)
	default: // no number
	}
	if !ok {
		r.pos = start
		return r.mismatch(want)
	}
	return nil
}

// namedFloat reads what is no number and hence written as a string.
func (r *jsonReader) namedFloat(v reflect.Value, want string) error {
	s, err := r.str()
	if err != nil {
		return err
	}
	if !setNamedFloat(v, s) {
		return malformed("STRING_VALUE can not be converted to %s", want)
	}
	return nil
}

func (p *plan) numberName() string {
	switch {
	case p.kind == kindTime:
		return "milliseconds since epoch"
	case p.kind == kindFloat:
		return "a Double"
	case p.typ.Bits() == 64:
		return "a Long"
	}
	return "an Integer"
}

// setInt accepts an integer in any notation, such as 1e3 or 5.0, and nothing
// that would lose digits.
func setInt(v reflect.Value, s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, ferr := strconv.ParseFloat(s, 64)
		if ferr != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return false
		}
		n = int64(f)
	}
	if v.OverflowInt(n) {
		return false
	}
	v.SetInt(n)
	return true
}

func setFloat(v reflect.Value, s string) bool {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || v.OverflowFloat(f) {
		return false
	}
	v.SetFloat(f)
	return true
}

func setNamedFloat(v reflect.Value, s string) bool {
	switch s {
	case "NaN":
		v.SetFloat(math.NaN())
	case "Infinity":
		v.SetFloat(math.Inf(1))
	case "-Infinity":
		v.SetFloat(math.Inf(-1))
	default:
		return false
	}
	return true
}

// setEpoch keeps milliseconds, which is what AWS keeps.
func setEpoch(v reflect.Value, s string) bool {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !validEpoch(f) {
		return false
	}
	t := time.UnixMilli(int64(math.Round(f * 1000))).UTC()
	v.Set(reflect.ValueOf(t))
	return true
}

// validEpoch refuses years that cannot be written as ISO 8601 later: seconds before
// the year 1, after 9999-12-31T23:59:59Z, and what is no number.
func validEpoch(seconds float64) bool { return seconds >= -62135596800 && seconds <= 253402300799 }

func (r *jsonReader) structure(p *plan, v reflect.Value) error {
	if r.peek() != '{' {
		return r.mismatch("")
	}
	return r.members(structField(r, p, v))
}

func (r *jsonReader) list(p *plan, v reflect.Value) error {
	switch c := r.peek(); {
	case c == '{':
		return r.mismatch("")
	case c != '[':
		return malformed("Expected list or null")
	}
	return r.each(']', listElement(r, p, v))
}

func (r *jsonReader) mapping(p *plan, v reflect.Value) error {
	if r.peek() != '{' {
		return r.mismatch("")
	}
	return r.members(mapEntry(r, p, v))
}

func (r *jsonReader) union(p *plan, v reflect.Value) error {
	if r.peek() != '{' {
		return r.mismatch("")
	}
	return alternative(r, p, v, r.members)
}

// any reads a document's value.
func (r *jsonReader) any() (any, error) {
	switch c := r.peek(); c {
	case '{':
		m := map[string]any{}
		err := r.each('}', func(int) error {
			name, err := r.key() // not members: in a document a null is a value
			if err == nil {
				m[name], err = r.any()
			}
			return err
		})
		return m, err
	case '[':
		l := []any{}
		err := r.each(']', func(int) error {
			v, err := r.any()
			l = append(l, v)
			return err
		})
		return l, err
	case '"':
		return r.str()
	case 't', 'f':
		return r.boolean()
	case 'n':
		return nil, r.literal("null")
	}
	s, err := r.number()
	if err != nil {
		return nil, err
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, malformed("The number %s is out of range.", s)
	}
	return f, nil
}
