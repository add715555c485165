// Package draw is chance without a generator: each draw is a function of a seed, an object and a purpose, and never of the draws before it. So a change in
// one task's life leaves the luck of all others as it was, and a world that is loaded half-way goes on as the original would.
//
// The same arguments always give the same value; different ones give values that are independent for every purpose here. It is no source of secrets.
package draw

import "strconv"

const (
	offset = 14695981039346656037 // FNV-1a, 64 bits
	prime  = 1099511628211
)

// Bits gives 64 random bits for an object and a purpose.
func Bits(seed uint64, object, purpose string) uint64 { return Of(object).Bits(seed, purpose) }

// Fraction gives a number from 0 up to 1 for an object and a purpose.
func Fraction(seed uint64, object, purpose string) float64 {
	return fraction(Bits(seed, object, purpose))
}

// Nth names the nth time that an object draws for a purpose.
func Nth(purpose string, n int) string { return purpose + strconv.Itoa(n) }

// Key is an object's name, as far as chance needs it; it saves making the name where that has parts. Of("a").And("b") is Of("ab").
type Key uint64

// Of is the Key of a name.
func Of(name string) Key { return Key(offset).And(name) }

// And is the Key of a longer name.
func (k Key) And(more string) Key {
	h := uint64(k)
	for i := range len(more) {
		h = (h ^ uint64(more[i])) * prime
	}
	return Key(h)
}

// Nth is the Key of a name that a number not below 0 ends.
func (k Key) Nth(n int) Key {
	var digits [20]byte
	return k.andBytes(strconv.AppendInt(digits[:0], int64(n), 10))
}

func (k Key) andBytes(more []byte) Key {
	h := uint64(k)
	for _, b := range more {
		h = (h ^ uint64(b)) * prime
	}
	return Key(h)
}

// Bits gives 64 random bits for the object and a purpose.
func (k Key) Bits(seed uint64, purpose string) uint64 { return k.purpose(purpose).bits(seed) }

func (k Key) purpose(name string) Key { return Key((uint64(k) ^ '|') * prime).And(name) }

func (k Key) bits(seed uint64) uint64 { return mix(uint64(k) ^ mix(seed)) }

// Series is a purpose for which an object draws many times.
type Series Key

// Series is the purpose of a name.
func (k Key) Series(purpose string) Series { return Series(k.purpose(purpose)) }

// Bits gives the 64 random bits of the nth draw: Bits for the purpose Nth(purpose, n).
func (s Series) Bits(seed uint64, n int) uint64 { return Key(s).Nth(n).bits(seed) }

// Fraction gives a number from 0 up to 1 for the nth draw.
func (s Series) Fraction(seed uint64, n int) float64 { return fraction(s.Bits(seed, n)) }

// Fraction gives a number from 0 up to 1 for the object and a purpose.
func (k Key) Fraction(seed uint64, purpose string) float64 { return fraction(k.Bits(seed, purpose)) }

func fraction(bits uint64) float64 { return float64(bits>>11) / (1 << 53) }

// mix spreads every bit over all others (the finalizer of splitmix64): FNV-1a alone leaves similar names with similar values.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
