// Package expression is the cluster query language, by which placement constraints and lists choose container instances.
//
// It guarantees that an expression matches an instance as ECS documents it, or that Parse says where it cannot be read. It is pure: an instance is given, with the
// groups of the tasks on it.
package expression

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/cluster"
)

// Expression is a condition on a container instance in the cluster query language. Source: developer guide, cluster-query-language.
type Expression struct {
	kind     string // and, or, not, test
	parts    []Expression
	subject  string
	operator string
	values   []string
	pattern  *regexp.Regexp
}

// Parse reads an expression: SUBJECT OPERATOR [ARGUMENT], joined by and, or, not and parentheses. The error says where it cannot be read.
//
//	attribute:ecs.instance-type =~ m5.* and not (task:group == service:batch)
func Parse(text string) (Expression, error) {
	const longest = 2000 // Source: developer guide, cluster-query-language
	if len(text) > longest {
		return Expression{}, fmt.Errorf("reading an expression: it has %d characters, and %d are the most", len(text), longest)
	}
	words, err := lex(text)
	if err != nil {
		return Expression{}, err
	}
	p := parser{words: words}
	e, err := p.either()
	if err == nil && p.at < len(p.words) {
		err = fmt.Errorf("%q is not expected here", p.words[p.at])
	}
	if err != nil {
		return Expression{}, fmt.Errorf("reading the expression %q: %w", text, err)
	}
	return e, nil
}

// Matches tells whether a container instance meets the condition. groups are those of the tasks on it that are meant to run.
func (e Expression) Matches(i cluster.Instance, groups []string) bool {
	switch e.kind {
	case "and":
		return !slices.ContainsFunc(e.parts, func(part Expression) bool { return !part.Matches(i, groups) })
	case "or":
		return slices.ContainsFunc(e.parts, func(part Expression) bool { return part.Matches(i, groups) })
	case "not":
		return !e.parts[0].Matches(i, groups)
	}
	values := subjectOf(i, groups, e.subject)
	switch e.operator {
	case "exists":
		return len(values) > 0
	case "!exists":
		return len(values) == 0
	case "!=", "!in", "!~":
		return !slices.ContainsFunc(values, e.positive)
	}
	return slices.ContainsFunc(values, e.positive)
}

// positive tells whether one value meets the operator, or its opposite does where it begins with "!".
func (e Expression) positive(value string) bool {
	switch e.operator {
	case "==", "!=", "in", "!in":
		return slices.Contains(e.values, value)
	case "=~", "!~":
		return e.pattern.MatchString(value)
	}
	order := compare(value, e.values[0])
	switch e.operator {
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	case "<":
		return order < 0
	}
	return order <= 0
}

// compare orders numbers by size, and all else, times and versions among it, by its parts between dots, as numbers where they are.
func compare(a, b string) int {
	left, right := strings.Split(a, "."), strings.Split(b, ".")
	for n := range min(len(left), len(right)) {
		x, notLeft := strconv.Atoi(left[n])
		y, notRight := strconv.Atoi(right[n])
		order := strings.Compare(left[n], right[n])
		if notLeft == nil && notRight == nil {
			order = cmp.Compare(x, y)
		}
		if order != 0 {
			return order
		}
	}
	return cmp.Compare(len(left), len(right))
}

// subjectOf gives the values of a subject; none where the instance does not have it.
func subjectOf(i cluster.Instance, groups []string, subject string) []string {
	if name, ok := strings.CutPrefix(subject, "attribute:"); ok {
		if value, ok := i.Attribute(name); ok {
			return []string{value}
		}
		return nil
	}
	switch subject {
	case "agentConnected":
		return []string{strconv.FormatBool(i.Connected)}
	case "agentVersion":
		return []string{i.Agent}
	case "ec2InstanceId":
		return []string{i.EC2ID}
	case "registeredAt":
		return []string{i.RegisteredAt.UTC().Format(time.RFC3339)}
	case "runningTasksCount":
		return []string{strconv.Itoa(i.Running)}
	}
	return groups // task:group
}

// AsksForTasks tells whether the expression is about the tasks on an instance, and not about the instance alone.
func (e Expression) AsksForTasks() bool {
	return e.subject == "task:group" || slices.ContainsFunc(e.parts, Expression.AsksForTasks)
}

func knownSubject(word string) bool {
	return slices.Contains([]string{"agentConnected", "agentVersion", "ec2InstanceId", "registeredAt", "runningTasksCount", "task:group"}, word) ||
		strings.HasPrefix(word, "attribute:") && len(word) > len("attribute:")
}

// operators are the signs and their words.
func operators() map[string]string {
	return map[string]string{
		"==": "==", "equals": "==", "!=": "!=", "not_equals": "!=", ">": ">", "greater_than": ">", ">=": ">=", "greater_than_equal": ">=",
		"<": "<", "less_than": "<", "<=": "<=", "less_than_equal": "<=", "exists": "exists", "!exists": "!exists", "not_exists": "!exists",
		"in": "in", "!in": "!in", "not_in": "!in", "=~": "=~", "matches": "=~", "!~": "!~", "not_matches": "!~",
	}
}

type parser struct {
	words []string
	at    int
}

func (p *parser) peek() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

func (p *parser) take() string {
	word := p.peek()
	p.at++
	return word
}

// either reads parts that are joined by or, which binds weaker than and.
func (p *parser) either() (Expression, error) { return p.joined("or", "||", p.both) }

func (p *parser) both() (Expression, error) { return p.joined("and", "&&", p.single) }

func (p *parser) joined(kind, sign string, part func() (Expression, error)) (Expression, error) {
	first, err := part()
	if err != nil {
		return Expression{}, err
	}
	all := Expression{kind: kind, parts: []Expression{first}}
	for strings.EqualFold(p.peek(), kind) || p.peek() == sign {
		p.take()
		next, err := part()
		if err != nil {
			return Expression{}, err
		}
		all.parts = append(all.parts, next)
	}
	if len(all.parts) == 1 {
		return first, nil
	}
	return all, nil
}

func (p *parser) single() (Expression, error) {
	word := p.take()
	switch {
	case word == "!" || strings.EqualFold(word, "not"):
		inner, err := p.single()
		return Expression{kind: "not", parts: []Expression{inner}}, err
	case word == "(":
		inner, err := p.either()
		if err == nil && p.take() != ")" {
			err = fmt.Errorf("a parenthesis is not closed")
		}
		return inner, err
	case word == "":
		return Expression{}, fmt.Errorf("it ends where a subject is expected")
	case !knownSubject(word):
		return Expression{}, fmt.Errorf("there is no subject %q", word)
	}
	return p.test(word)
}

func (p *parser) test(subject string) (Expression, error) {
	word := p.take()
	operator, known := operators()[word]
	if !known {
		return Expression{}, fmt.Errorf("there is no operator %q", word)
	}
	e := Expression{kind: "test", subject: subject, operator: operator}
	if operator == "exists" || operator == "!exists" {
		return e, nil
	}
	values, err := p.argument(operator == "in" || operator == "!in")
	if err != nil {
		return Expression{}, err
	}
	e.values = values
	if operator == "=~" || operator == "!~" {
		if e.pattern, err = regexp.Compile("^(?:" + values[0] + ")$"); err != nil {
			return Expression{}, fmt.Errorf("%q is no pattern: %w", values[0], err)
		}
	}
	return e, nil
}

// argument reads one value, or, after in, a list of them in brackets.
func (p *parser) argument(list bool) ([]string, error) {
	word := p.take()
	if !list {
		if word == "" || slices.Contains([]string{"(", ")", "[", "]", ","}, word) {
			return nil, fmt.Errorf("an argument is missing")
		}
		return []string{word}, nil
	}
	if word != "[" {
		return nil, fmt.Errorf("a list in brackets is expected")
	}
	var values []string
	for {
		switch word := p.take(); word {
		case "":
			return nil, fmt.Errorf("a bracket is not closed")
		case "]":
			if len(values) == 0 {
				return nil, fmt.Errorf("a list is empty")
			}
			return values, nil
		case ",":
		default:
			values = append(values, word)
		}
	}
}

// lex splits an expression into words, signs, brackets and quoted texts, which lose their quotes.
func lex(text string) ([]string, error) {
	var words []string
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		switch {
		case rest[0] == '"' || rest[0] == '\'':
			end := strings.IndexByte(rest[1:], rest[0])
			if end < 0 {
				return nil, fmt.Errorf("reading the expression %q: a quote is not closed", text)
			}
			words, rest = append(words, rest[1:end+1]), rest[end+2:]
			continue
		case strings.IndexByte("()[],", rest[0]) >= 0 && !afterPattern(words):
			words, rest = append(words, rest[:1]), rest[1:]
			continue
		}
		length := signLength(rest)
		if length == 0 || afterPattern(words) {
			length = wordLength(rest, afterPattern(words))
		}
		words, rest = append(words, rest[:length]), rest[length:]
	}
	return words, nil
}

func signLength(rest string) int {
	for _, sign := range []string{"!exists", "!in", "==", "!=", ">=", "<=", "=~", "!~", "&&", "||", ">", "<", "!"} {
		if strings.HasPrefix(rest, sign) {
			return len(sign)
		}
	}
	return 0
}

// afterPattern tells whether the last word is an operator that a pattern follows.
func afterPattern(words []string) bool {
	return len(words) > 0 && strings.HasSuffix(operators()[words[len(words)-1]], "~")
}

// wordLength is how long the word is with which a text begins. A pattern goes to the next space, for it may hold brackets of its own; those that it does not
// open close something around it.
func wordLength(rest string, pattern bool) int {
	ends := " \t\n()[],=!<>&|"
	if pattern {
		ends = " \t\n"
	}
	end := strings.IndexAny(rest, ends)
	if end < 0 {
		end = len(rest)
	}
	for pattern && end > 1 && rest[end-1] == ')' && strings.Count(rest[:end], ")") > strings.Count(rest[:end], "(") {
		end--
	}
	return max(1, end)
}
