package api

import (
	"errors"
	"slices"
	"testing"
)

func self(s string) string { return s }

func TestPageWhileItemsComeAndGo(t *testing.T) {
	first, token, err := Page([]string{"a", "c", "e", "g"}, self, "", 2)
	if err != nil || !slices.Equal(first, []string{"a", "c"}) || token == "" {
		t.Fatalf("first page: %v, %q, %v", first, token, err)
	}
	second, next, err := Page([]string{"b", "d", "e", "g"}, self, token, 2)
	if err != nil || !slices.Equal(second, []string{"d", "e"}) {
		t.Errorf("second page after c went and b and d came: %v, %v", second, err)
	}
	third, last, err := Page([]string{"b", "d", "e", "g"}, self, next, 2)
	if err != nil || !slices.Equal(third, []string{"g"}) || last != "" {
		t.Errorf("third page: %v, %q, %v", third, last, err)
	}
}

func TestPageRefusesATokenOfItsOwnMaking(t *testing.T) {
	for _, token := range []string{"x", "!!!", "YWJj"} {
		if _, _, err := Page([]string{"a"}, self, token, 1); !errors.Is(err, ErrToken) {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

// TestInOrderIsStable: items of one key stay as they are, and what was given is left alone.
func TestInOrderIsStable(t *testing.T) {
	given := []string{"b1", "a1", "b2", "a2"}
	got := InOrder(given, func(s string) string { return s[:1] })
	if want := []string{"a1", "a2", "b1", "b2"}; !slices.Equal(got, want) || given[0] != "b1" {
		t.Errorf("%v of %v", got, given)
	}
}
