package wire

import (
	"encoding/binary"
	"math"
	"reflect"
	"time"
	"unicode/utf8"
)

// A cborReader reads one value of CBOR, as far as Smithy's protocol has it: keys
// are texts, a time is the tag 1, other tags are refused. It takes lengths that
// are announced and such that are not, and never makes room for what is only
// announced.
type cborReader struct {
	data  []byte
	pos   int
	depth int
}

// A cborHead is the beginning of a value.
type cborHead struct {
	major byte   // one of the major types; 7 << 5 for what is neither number nor container
	n     uint64 // its argument: the number itself, a length, a tag, or the bits of a float
	open  bool   // a length that is not announced: the value ends with a break
	first byte
}

// document reads the whole body as one value of p, which must be a struct.
func (r *cborReader) document(p *plan, v reflect.Value) error {
	if err := r.value(p, v); err != nil {
		return err
	}
	if r.pos < len(r.data) {
		return r.syntax()
	}
	return nil
}

func (r *cborReader) syntax() error {
	return malformed("The request body is not valid CBOR at byte %d.", r.pos)
}

// peek returns the next byte, a break at the end, where none is allowed.
func (r *cborReader) peek() byte {
	if r.pos < len(r.data) {
		return r.data[r.pos]
	}
	return cborBreak
}

func (r *cborReader) head() (cborHead, error) {
	if r.pos >= len(r.data) {
		return cborHead{}, r.syntax()
	}
	first := r.data[r.pos]
	h := cborHead{major: first &^ 0x1f, first: first}
	low := first & 0x1f
	switch {
	case low < 24:
		h.n = uint64(low)
		r.pos++
		return h, nil
	case low == cborIndefinite:
		h.open = true
		r.pos++
		return h, nil
	case low > 27:
		return h, r.syntax()
	}
	size := 1 << (low - 24) // 24 is one byte, 27 are eight
	if len(r.data)-r.pos-1 < size {
		return h, r.syntax()
	}
	var bytes [8]byte
	copy(bytes[8-size:], r.data[r.pos+1:])
	h.n = binary.BigEndian.Uint64(bytes[:])
	r.pos += 1 + size
	return h, nil
}

// each calls item before each entry or element of a container whose head has been
// read.
func (r *cborReader) each(h cborHead, item func(i int) error) error {
	r.depth++
	if r.depth > MaxDepth {
		return malformed("The request is nested deeper than %d levels.", MaxDepth)
	}
	for i := 0; h.open || uint64(i) < h.n; i++ {
		if r.peek() == cborBreak {
			if !h.open || r.pos >= len(r.data) {
				return r.syntax()
			}
			r.pos++
			break
		}
		if err := item(i); err != nil {
			return err
		}
	}
	r.depth--
	return nil
}

// members calls member for each entry of a map whose value is not null.
func (r *cborReader) members(h cborHead, member func(name string) error) error {
	return r.each(h, func(int) error {
		key, err := r.head()
		if err != nil {
			return err
		}
		if key.major != cborText {
			return r.syntax()
		}
		name, err := r.text(key)
		if err != nil {
			return err
		}
		if next := r.peek(); next == cborNull || next == cborUndefined {
			r.pos++
			return nil
		}
		return member(name)
	})
}

// bytes reads the content of a text or of bytes, whose head has been read, and
// puts the parts together of one whose length was not announced.
func (r *cborReader) bytes(h cborHead) ([]byte, error) {
	if !h.open {
		if uint64(len(r.data)-r.pos) < h.n {
			return nil, r.syntax()
		}
		r.pos += int(h.n)
		return r.data[r.pos-int(h.n) : r.pos], nil
	}
	var whole []byte
	for r.peek() != cborBreak {
		part, err := r.head()
		if err != nil {
			return nil, err
		}
		if part.major != h.major || part.open {
			return nil, r.syntax()
		}
		text, err := r.bytes(part)
		if err != nil {
			return nil, err
		}
		whole = append(whole, text...)
	}
	if r.pos >= len(r.data) {
		return nil, r.syntax()
	}
	r.pos++
	return whole, nil
}

func (r *cborReader) text(h cborHead) (string, error) {
	b, err := r.bytes(h)
	if err == nil && !utf8.Valid(b) {
		err = malformed("The request body is not valid UTF-8.")
	}
	return string(b), err
}

// skip reads a value that nobody wants.
func (r *cborReader) skip() error {
	h, err := r.head()
	if err != nil {
		return err
	}
	switch {
	case h.major == cborBytes || h.major == cborText:
		_, err = r.bytes(h)
	case h.major == cborList:
		err = r.each(h, func(int) error { return r.skip() })
	case h.major == cborMap:
		err = r.members(h, func(string) error { return r.skip() })
	case h.major == cborTag && !h.open:
		// A tag holds one value, and counts as a level: a request may be nothing but tags.
		err = r.each(cborHead{n: 1}, func(int) error { return r.skip() })
	case h.open:
		err = r.syntax()
	}
	return err
}

func (r *cborReader) slot(s slot, v reflect.Value) error { return r.value(s.plan, s.allocate(v)) }

func (r *cborReader) value(p *plan, v reflect.Value) error {
	h, err := r.head()
	if err != nil {
		return err
	}
	switch p.kind {
	case kindStruct:
		return r.structure(h, p, v)
	case kindList:
		return r.list(h, p, v)
	case kindMap:
		return r.mapping(h, p, v)
	case kindUnion:
		return r.union(h, p, v)
	case kindDocument:
		return malformed("Unexpected field type")
	case kindString:
		if h.major != cborText {
			return h.mismatch("a String")
		}
		s, err := r.text(h)
		v.SetString(s)
		return err
	case kindBlob:
		if h.major != cborBytes {
			return h.mismatch("a Blob")
		}
		b, err := r.bytes(h)
		v.SetBytes(append([]byte{}, b...))
		return err
	case kindBool:
		if h.first != cborTrue && h.first != cborFalse {
			return h.mismatch("a Boolean")
		}
		v.SetBool(h.first == cborTrue)
		return nil
	default:
		return r.numeric(h, p, v)
	}
}

// mismatch is the error for a value of another type, in the words of the JSON
// protocols.
func (h cborHead) mismatch(want string) error {
	switch h.major {
	case cborMap:
		return malformed("Start of structure or map found where not expected")
	case cborList:
		return malformed("Start of list found where not expected")
	case cborText:
		return malformed("STRING_VALUE can not be converted to %s", want)
	}
	return malformed("Unexpected field type")
}

func (r *cborReader) numeric(h cborHead, p *plan, v reflect.Value) error {
	if p.kind == kindTime {
		if h.major != cborTag || h.open || h.n != cborEpoch {
			return h.mismatch(p.numberName())
		}
		var err error
		if h, err = r.head(); err != nil {
			return err
		}
	}
	var ok bool
	switch p.kind {
	case kindInt:
		n, whole := h.integer()
		if ok = whole && !v.OverflowInt(n); ok {
			v.SetInt(n)
		}
	case kindFloat:
		f, number := h.float()
		if ok = number && (math.IsInf(f, 0) || !v.OverflowFloat(f)); ok {
			v.SetFloat(f)
		}
	default:
		f, number := h.float()
		if ok = number && validEpoch(f); ok {
			v.Set(reflect.ValueOf(time.UnixMilli(int64(math.Round(f * 1000))).UTC()))
		}
	}
	if !ok {
		return h.mismatch(p.numberName())
	}
	return nil
}

// integer is the number that a head is, if it is a whole one. A float may be one:
// clients that know a single kind of numbers send them.
func (h cborHead) integer() (n int64, ok bool) {
	switch {
	case h.open || h.n > math.MaxInt64 && (h.major == cborUint || h.major == cborNeg):
		return 0, false
	case h.major == cborUint:
		return int64(h.n), true
	case h.major == cborNeg:
		return -1 - int64(h.n), true
	}
	f, ok := h.float()
	if !ok || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// float is the number that a head is.
func (h cborHead) float() (f float64, ok bool) {
	switch {
	case h.open:
		return 0, false
	case h.major == cborUint:
		return float64(h.n), true
	case h.major == cborNeg:
		return -1 - float64(h.n), true
	case h.first == cborFloat16:
		return half(uint16(h.n)), true
	case h.first == cborFloat32:
		return float64(math.Float32frombits(uint32(h.n))), true
	case h.first == cborFloat64:
		return math.Float64frombits(h.n), true
	}
	return 0, false
}

// half is a float of 16 bits: a sign, five bits of exponent and ten of fraction.
// 0x3c00 is 1, 0xc000 is -2, 0x0001 is 2⁻²⁴. Source: RFC 8949, appendix D.
func half(bits uint16) float64 {
	exponent, fraction := int(bits>>10&0x1f), float64(bits&0x3ff)
	f := math.Ldexp(fraction+1024, exponent-25)
	switch {
	case exponent == 0:
		f = math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		f = math.Inf(1)
	case exponent == 31:
		f = math.NaN()
	}
	if bits&0x8000 != 0 {
		return -f
	}
	return f
}

func (r *cborReader) structure(h cborHead, p *plan, v reflect.Value) error {
	if h.major != cborMap {
		return h.mismatch("a structure")
	}
	return r.members(h, structField(r, p, v))
}

func (r *cborReader) list(h cborHead, p *plan, v reflect.Value) error {
	if h.major != cborList {
		return h.mismatch("a list")
	}
	return r.each(h, listElement(r, p, v))
}

func (r *cborReader) mapping(h cborHead, p *plan, v reflect.Value) error {
	if h.major != cborMap {
		return h.mismatch("a map")
	}
	return r.members(h, mapEntry(r, p, v))
}

func (r *cborReader) union(h cborHead, p *plan, v reflect.Value) error {
	if h.major != cborMap {
		return h.mismatch("a union")
	}
	return alternative(r, p, v, func(each func(name string) error) error { return r.members(h, each) })
}
