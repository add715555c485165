package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"
)

// Major types of CBOR, in the upper three bits of a value's first byte, and what
// the lower five say of values that are no number. Source: RFC 8949, 3.
const (
	cborUint  = 0 << 5
	cborNeg   = 1 << 5
	cborBytes = 2 << 5
	cborText  = 3 << 5
	cborList  = 4 << 5
	cborMap   = 5 << 5
	cborTag   = 6 << 5

	cborFalse, cborTrue, cborNull, cborUndefined = 0xf4, 0xf5, 0xf6, 0xf7

	cborFloat16, cborFloat32, cborFloat64 = 0xf9, 0xfa, 0xfb

	cborIndefinite = 31 // as the lower five bits
	cborBreak      = 0xff
	cborEpoch      = 1 // the tag of a time
)

// appendCBORHead writes a major type with its argument in the fewest bytes: 10 is
// one byte, 500 are three.
func appendCBORHead(dst []byte, major byte, n uint64) []byte {
	switch {
	case n < 24:
		return append(dst, major|byte(n))
	case n <= math.MaxUint8:
		return append(dst, major|24, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, major|27), n)
}

func appendCBOR(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	switch p.kind {
	case kindString:
		return appendCBORText(dst, v.String()), nil
	case kindBool:
		if v.Bool() {
			return append(dst, cborTrue), nil
		}
		return append(dst, cborFalse), nil
	case kindInt:
		return appendCBORInt(dst, v.Int()), nil
	case kindFloat:
		return appendCBORFloat(dst, v.Float()), nil
	case kindTime:
		return appendCBORTime(dst, timeOf(v)), nil
	case kindBlob:
		return append(appendCBORHead(dst, cborBytes, uint64(v.Len())), v.Bytes()...), nil
	case kindList:
		return appendCBORList(dst, p, v)
	case kindMap:
		return appendCBORMap(dst, p, v)
	case kindStruct:
		return appendCBORStruct(dst, p, v)
	case kindUnion:
		return appendCBORUnion(dst, p, v)
	default:
		return dst, errors.New("no service that speaks CBOR has documents")
	}
}

// appendCBORText writes s, with U+FFFD for bytes that are not UTF-8, as in JSON.
func appendCBORText(dst []byte, s string) []byte {
	s = strings.ToValidUTF8(s, "\ufffd")
	return append(appendCBORHead(dst, cborText, uint64(len(s))), s...)
}

func appendCBORInt(dst []byte, n int64) []byte {
	if n < 0 {
		return appendCBORHead(dst, cborNeg, uint64(-1-n))
	}
	return appendCBORHead(dst, cborUint, uint64(n))
}

func appendCBORFloat(dst []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, cborFloat64), math.Float64bits(f))
}

// appendCBORTime writes seconds since 1970 with 3 decimals.
func appendCBORTime(dst []byte, t time.Time) []byte {
	return appendCBORFloat(append(dst, cborTag|cborEpoch), float64(t.UnixMilli())/1000)
}

// appendCBORStruct writes a map without a length before it, for which members are
// there is only known once they have been looked at.
func appendCBORStruct(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	dst = append(dst, cborMap|cborIndefinite)
	for _, f := range p.fields {
		member, ok := f.present(v.Field(f.index))
		if !ok {
			continue
		}
		var err error
		if dst, err = appendCBOR(appendCBORText(dst, f.name), f.plan, member); err != nil {
			return dst, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return append(dst, cborBreak), nil
}

func appendCBORElement(dst []byte, s slot, v reflect.Value) ([]byte, error) {
	v, err := s.element(v)
	if err != nil {
		return dst, err
	}
	return appendCBOR(dst, s.plan, v)
}

func appendCBORList(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	dst = appendCBORHead(dst, cborList, uint64(v.Len()))
	for i := range v.Len() {
		var err error
		if dst, err = appendCBORElement(dst, p.elem, v.Index(i)); err != nil {
			return dst, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return dst, nil
}

func appendCBORMap(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	dst = appendCBORHead(dst, cborMap, uint64(v.Len()))
	for _, e := range sortedEntries(p, v) {
		var err error
		if dst, err = appendCBORElement(appendCBORText(dst, e.key), p.elem, e.value); err != nil {
			return dst, fmt.Errorf("[%q]: %w", e.key, err)
		}
	}
	return dst, nil
}

func appendCBORUnion(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	alt, value, err := p.alternative(v)
	if err != nil {
		return dst, err
	}
	dst = appendCBORText(appendCBORHead(dst, cborMap, 1), alt.name)
	if dst, err = appendCBORElement(dst, alt.slot, value); err != nil {
		return dst, fmt.Errorf("%s: %w", alt.name, err)
	}
	return dst, nil
}
