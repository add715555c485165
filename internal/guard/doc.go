// Package guard holds the tests that keep the shape of the project: which package may import which, and what the pure packages may not do. It has no
// code of its own; a rule that cannot be tested here is not a rule.
package guard
