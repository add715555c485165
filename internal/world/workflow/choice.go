package workflow

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// check refuses a rule whose comparison there is not.
func (c Choice) check() error {
	for _, one := range slices.Concat(c.And, c.Or) {
		if err := one.check(); err != nil {
			return err
		}
	}
	switch {
	case c.Not != nil:
		return c.Not.check()
	case len(c.And)+len(c.Or) > 0:
		return nil
	case c.Variable == "":
		return fmt.Errorf("a choice has no Variable")
	}
	if kind, _ := split(strings.TrimSuffix(c.Test, "Path")); kind == "" && !slices.Contains([]string{"IsPresent", "IsNull", "IsString", "IsNumeric", "IsBoolean"}, c.Test) {
		return fmt.Errorf("there is no comparison %q", c.Test)
	}
	return nil
}

// split takes StringLessThan apart. Source: Amazon States Language, choice rules.
func split(test string) (kind, operator string) {
	for _, k := range []string{"String", "Numeric", "Timestamp", "Boolean"} {
		if rest, ok := strings.CutPrefix(test, k); ok && slices.Contains([]string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"}, rest) {
			return k, rest
		}
	}
	return "", ""
}

// holds tells whether a rule is met by a state's input. A variable that is not there is an error of the execution, but for IsPresent.
func (c Choice) holds(input any) (bool, error) {
	switch {
	case c.Not != nil:
		met, err := c.Not.holds(input)
		return !met, err
	case len(c.And) > 0:
		return every(c.And, input)
	case len(c.Or) > 0:
		for _, one := range c.Or {
			if met, err := one.holds(input); met || err != nil {
				return met, err
			}
		}
		return false, nil
	}
	value, err := read(c.Variable, input)
	if c.Test == "IsPresent" {
		return (err == nil) == (c.Against == true), nil
	}
	if err != nil {
		return false, err
	}
	against := c.Against
	test, byPath := strings.CutSuffix(c.Test, "Path")
	if byPath {
		if against, err = read(fmt.Sprint(c.Against), input); err != nil {
			return false, err
		}
	}
	return compare(test, value, against), nil
}

func every(all []Choice, input any) (bool, error) {
	for _, one := range all {
		if met, err := one.holds(input); !met || err != nil {
			return false, err
		}
	}
	return true, nil
}

// compare compares two values; values of other types than the comparison's are not as wanted.
func compare(test string, value, against any) bool {
	switch test {
	case "IsNull":
		return (value == nil) == (against == true)
	case "IsString":
		_, is := value.(string)
		return is == (against == true)
	case "IsNumeric":
		_, is := value.(float64)
		return is == (against == true)
	case "IsBoolean":
		_, is := value.(bool)
		return is == (against == true)
	}
	kind, operator := split(test)
	switch kind {
	case "Boolean":
		a, ok := value.(bool)
		return ok && a == against
	case "Numeric":
		a, ok := value.(float64)
		b, ok2 := against.(float64)
		return ok && ok2 && ordered(operator, cmp.Compare(a, b))
	case "String":
		a, ok := value.(string)
		b, ok2 := against.(string)
		return ok && ok2 && ordered(operator, strings.Compare(a, b))
	}
	a, err := time.Parse(time.RFC3339, fmt.Sprint(value))
	b, err2 := time.Parse(time.RFC3339, fmt.Sprint(against))
	return err == nil && err2 == nil && ordered(operator, a.Compare(b))
}

func ordered(operator string, order int) bool {
	switch operator {
	case "LessThan":
		return order < 0
	case "LessThanEquals":
		return order <= 0
	case "GreaterThan":
		return order > 0
	case "GreaterThanEquals":
		return order >= 0
	}
	return order == 0
}
