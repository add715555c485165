package api

import (
	"encoding/base64"
	"errors"
	"slices"
	"sort"
	"strings"
)

// ErrToken says that a paging token is not one that was given out.
var ErrToken = errors.New("the paging token is not one that was given out")

// tokenPrefix is in every token, so that a made-up one is refused.
const tokenPrefix = "handover-page-1 "

// Page cuts one page out of items that are in ascending order of their keys. The token is empty for the first page; next is empty after the last.
//
// A token names the last item that was given out and not a position, so that paging goes on correctly while items come and go: each item that is there
// throughout is given out exactly once.
func Page[T any](items []T, key func(T) string, token string, size int) (page []T, next string, err error) {
	start := 0
	if token != "" {
		after, err := ReadToken(token)
		if err != nil {
			return nil, "", err
		}
		start = sort.Search(len(items), func(i int) bool { return key(items[i]) > after })
	}
	end := min(start+size, len(items))
	if end < len(items) && end > start {
		next = Token(key(items[end-1]))
	}
	return items[start:end], next, nil
}

// InOrder gives items in ascending order of their keys; those of one key stay as they are. It sorts the places of the keys, so that the program has one sort for items of all types.
func InOrder[T any](items []T, key func(T) string) []T {
	keys := make([]string, len(items))
	for i, one := range items {
		keys[i] = key(one)
	}
	sorted := make([]T, len(items))
	for i, from := range inOrder(keys) {
		sorted[i] = items[from]
	}
	return sorted
}

// inOrder gives the places of keys in ascending order.
func inOrder(keys []string) []int {
	places := make([]int, len(keys))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return strings.Compare(keys[a], keys[b]) })
	return places
}

// Token is the paging token that names an item by its key.
func Token(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(tokenPrefix + key)) }

// ReadToken gives the key in a paging token. The error is ErrToken.
func ReadToken(token string) (after string, err error) {
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return "", ErrToken
	}
	after, found := strings.CutPrefix(string(text), tokenPrefix)
	if !found {
		return "", ErrToken
	}
	return after, nil
}
