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
func Bits(seed uint64, object, purpose string) uint64 {
	h := uint64(offset)
	for i := range len(object) {
		h = (h ^ uint64(object[i])) * prime
	}
	h = (h ^ '|') * prime
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * prime
	}
	return mix(h ^ mix(seed))
}

// Fraction gives a number from 0 up to 1 for an object and a purpose.
func Fraction(seed uint64, object, purpose string) float64 {
	return float64(Bits(seed, object, purpose)>>11) / (1 << 53)
}

// Nth names the nth time that an object draws for a purpose.
func Nth(purpose string, n int) string { return purpose + strconv.Itoa(n) }

// mix spreads every bit over all others (the finalizer of splitmix64): FNV-1a alone leaves similar names with similar values.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
