package logging

import (
	"strings"
	"testing"
)

// FuzzPattern: a filter pattern is whatever a caller sent; one of a single plain term is that the message has it.
func FuzzPattern(f *testing.F) {
	for _, text := range []string{"", "ERROR", `"a b" -c ?d ?e`, `"`, "-", "?", `{ $.a = 1 }`, `- "`, "  a  b ", `{ ($.a[*].b != "c*") || $.['d'] NOT EXISTS }`, `[a, b = %c|d%, ..., e >= 4]`, `%[a-z]+%`} {
		f.Add(text, "a message ERROR")
	}
	f.Fuzz(func(t *testing.T, text, message string) {
		matches, err := pattern(text)
		if err != nil {
			return
		}
		answer := matches(message)
		if text = strings.TrimSpace(text); !strings.ContainsAny(text, ` "?-{[%`) && answer != strings.Contains(message, text) {
			t.Fatalf("%q of %q", text, message)
		}
	})
}

// FuzzWindow: a page never lies outside of what there is, and paging forward meets each event once.
func FuzzWindow(f *testing.F) {
	f.Add(5, 2, 3, true, false, true)
	f.Fuzz(func(t *testing.T, n, size, at int, forward, hasToken, fromHead bool) {
		if n < 0 || n > 1000 || size < 1 || at < 0 {
			return
		}
		size = min(size, mostEvents)
		begin, end := window(n, size, at, forward, hasToken, fromHead)
		if begin < 0 || begin > end || end > n || end-begin > size {
			t.Fatalf("%d to %d of %d", begin, end, n)
		}
		if next, _ := window(n, size, end, true, true, false); next != end {
			t.Fatalf("the next page begins at %d, after %d", next, end)
		}
	})
}
