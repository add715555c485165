package world

import (
	"fmt"
	"strconv"

	"handover/internal/world/draw"
)

func number(n int) string { return strconv.Itoa(n) }

// hex64 writes 16 hexadecimal digits.
func hex64(bits uint64) string { return string(appendHex(make([]byte, 0, 16), bits, 16)) }

// appendHex adds the last so many hexadecimal digits of a number to a text.
func appendHex(text []byte, bits uint64, digits int) []byte {
	const all = "0123456789abcdef"
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		text = append(text, all[bits>>shift&15])
	}
	return text
}

// digits19 writes the 19 digits of which ECS makes ids of deployments and revisions.
func digits19(bits uint64) string { return fmt.Sprintf("%019d", bits%10_000_000_000_000_000_000) }

// eventIDs adds the id of a service's nth event to a text, in the form of ECS's: a UUID.
func (w *World) eventIDs(service string) func(text []byte, n int) []byte {
	seed, name := w.naming(), draw.Of(service)
	high, low := name.Series("event"), name.Series("event-low")
	return func(text []byte, n int) []byte { return appendUUID(text, high.Bits(seed, n), low.Bits(seed, n)) }
}

// uuid writes 128 bits in the form of a UUID.
func uuid(high, low uint64) string { return string(appendUUID(make([]byte, 0, 36), high, low)) }

func appendUUID(text []byte, high, low uint64) []byte {
	text = append(appendHex(text, high>>32, 8), '-')
	text = append(appendHex(text, high>>16, 4), '-')
	text = append(appendHex(text, high, 4), '-')
	text = append(appendHex(text, low>>48, 4), '-')
	return appendHex(text, low, 12)
}
