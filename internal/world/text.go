package world

import (
	"fmt"
	"strconv"

	"handover/internal/world/draw"
)

func number(n int) string { return strconv.Itoa(n) }

// hex64 writes 16 hexadecimal digits.
func hex64(bits uint64) string { return string(appendHex(make([]byte, 0, 16), bits)) }

func appendHex(text []byte, bits uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		text = append(text, digits[bits>>shift&15])
	}
	return text
}

// digits19 writes the 19 digits of which ECS makes ids of deployments and revisions.
func digits19(bits uint64) string { return fmt.Sprintf("%019d", bits%10_000_000_000_000_000_000) }

// eventID makes the id of a service's nth event, in the form of ECS's: a UUID.
func (w *World) eventID(service string, n int) string {
	return uuid(draw.Bits(w.naming(), service, draw.Nth("event", n)), draw.Bits(w.naming(), service, draw.Nth("event-low", n)))
}

// uuid writes 128 bits in the form of a UUID. DescribeServices shows a hundred of them, so the text is made at once.
func uuid(high, low uint64) string {
	var digits [32]byte
	appendHex(appendHex(digits[:0], high), low)
	text := make([]byte, 0, 36)
	for i, d := range digits {
		if i == 8 || i == 12 || i == 16 || i == 20 {
			text = append(text, '-')
		}
		text = append(text, d)
	}
	return string(text)
}
