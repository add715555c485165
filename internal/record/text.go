package record

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// stamp writes a time to the second, in UTC: 2026-11-22T09:00:00Z.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func join(words ...string) string { return strings.Join(words, " ") }

// escape writes any text with letters, digits and ./:@=+- alone. All else, the underscore and the space included, becomes an underscore and two hexadecimal digits a byte;
// the empty text becomes one underscore.
func escape(text string) string {
	if text == "" {
		return "_"
	}
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("./:@=+-", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString("_" + hex.EncodeToString([]byte{c}))
		}
	}
	return b.String()
}

func unescape(text string) (string, error) {
	if text == "_" {
		return "", nil
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '_' {
			b.WriteByte(text[i])
			continue
		}
		if i+2 >= len(text) {
			return "", fmt.Errorf("%q ends within an escaped character", text)
		}
		c, err := hex.DecodeString(text[i+1 : i+3])
		if err != nil {
			return "", fmt.Errorf("%q: %w", text, err)
		}
		b.Write(c)
		i += 2
	}
	return b.String(), nil
}
