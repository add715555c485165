package logging

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// This file reads filter patterns. Source: CloudWatch Logs user guide, FilterAndPatternSyntax.

// mostExpressions are the regular expressions that a pattern may have. Source: as above, quotas.
const mostExpressions = 2

// invalidPattern is CloudWatch Logs' error for a pattern that is none.
func invalidPattern() error { return invalid("Invalid filter pattern") }

// pattern reads a filter pattern, and gives which messages it matches: by terms, by a regular expression between %, by members of JSON in {}, or by columns in [].
func pattern(text string) (matches func(message string) bool, err error) {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "{"):
		return jsonPattern(text)
	case strings.HasPrefix(text, "["):
		return columnPattern(text)
	case strings.HasPrefix(text, "%"):
		return wholeExpression(text)
	}
	return termPattern(text)
}

// termPattern: all plain terms must be there, one of those with a question mark, none of those with a minus. A term in quotes may have spaces.
func termPattern(text string) (func(string) bool, error) {
	var all, some, none []string
	for len(text) > 0 {
		kind := text[0]
		if kind == '?' || kind == '-' {
			text = text[1:]
		}
		term, rest, err := term(text)
		if err != nil {
			return nil, err
		}
		switch kind {
		case '?':
			some = append(some, term)
		case '-':
			none = append(none, term)
		default:
			all = append(all, term)
		}
		text = strings.TrimSpace(rest)
	}
	return func(message string) bool {
		has := func(term string) bool { return strings.Contains(message, term) }
		return !slices.ContainsFunc(all, func(t string) bool { return !has(t) }) && !slices.ContainsFunc(none, has) && (len(some) == 0 || slices.ContainsFunc(some, has))
	}, nil
}

// term takes the first term of a pattern.
func term(text string) (first, rest string, err error) {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		first, rest, closed := strings.Cut(quoted, `"`)
		if !closed {
			return "", "", invalidPattern()
		}
		return first, rest, nil
	}
	end := strings.IndexByte(text, ' ')
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:], nil
}

// expressionForm is what a regular expression may have: letters, digits, some symbols, some operators, and no parentheses. Source: as above, supported regular expressions.
var expressionForm = regexp.MustCompile(`^(?:[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|*+. ]|\\[ -~])+$`)

// expression reads a regular expression without its percent signs.
func expression(text string) (*regexp.Regexp, error) {
	if !expressionForm.MatchString(text) {
		return nil, invalidPattern()
	}
	read, err := regexp.Compile(text)
	if err != nil {
		return nil, invalidPattern()
	}
	return read, nil
}

// wholeExpression is a pattern that is one regular expression: %ERROR%.
func wholeExpression(text string) (func(string) bool, error) {
	inner, ok := strings.CutSuffix(text[1:], "%")
	if !ok {
		return nil, invalidPattern()
	}
	read, err := expression(inner)
	if err != nil {
		return nil, err
	}
	return read.MatchString, nil
}

// jsonPattern is one of members of a message that is JSON: { $.level = "error" && $.code >= 500 }. A message that is no object of JSON does not match.
func jsonPattern(text string) (func(string) bool, error) {
	inner, ok := strings.CutSuffix(text[1:], "}")
	if !ok {
		return nil, invalidPattern()
	}
	p := conditions{text: inner, operand: (*conditions).selector}
	holds, err := p.whole()
	if err != nil {
		return nil, err
	}
	return func(message string) bool {
		var document map[string]any
		d := json.NewDecoder(strings.NewReader(message))
		d.UseNumber()
		return d.Decode(&document) == nil && !d.More() && holds(document)
	}, nil
}

// columnPattern is one of the columns of a message: [ip, user, status = 4*, ...]. There must be as many columns as the pattern has, unless one of it is an ellipsis, which stands for any number.
func columnPattern(text string) (func(string) bool, error) {
	inner, ok := strings.CutSuffix(text[1:], "]")
	if !ok {
		return nil, invalidPattern()
	}
	var before, after []func(any) bool
	ellipsis, expressions := false, 0
	for _, column := range apart(inner) {
		column = strings.TrimSpace(column)
		if column == "..." {
			if ellipsis {
				return nil, invalidPattern()
			}
			ellipsis = true
			continue
		}
		p := conditions{text: column, operand: (*conditions).column, expressions: expressions}
		holds, err := p.whole()
		if err != nil {
			return nil, err
		}
		expressions = p.expressions
		if ellipsis {
			after = append(after, holds)
		} else {
			before = append(before, holds)
		}
	}
	return func(message string) bool {
		has := columns(message)
		if n := len(before) + len(after); len(has) < n || len(has) > n && !ellipsis {
			return false
		}
		return eachHolds(before, has) && eachHolds(after, has[len(has)-len(after):])
	}, nil
}

func eachHolds(all []func(any) bool, columns []string) bool {
	for i, holds := range all {
		if !holds(columns[i]) {
			return false
		}
	}
	return true
}

// apart cuts a pattern at the commas that are in no quotes and in no regular expression.
func apart(text string) (all []string) {
	within, from := byte(0), 0
	for i := range len(text) {
		switch c := text[i]; {
		case within != 0:
			if c == within {
				within = 0
			}
		case c == '"' || c == '%':
			within = c
		case c == ',':
			all, from = append(all, text[from:i]), i+1
		}
	}
	return append(all, text[from:])
}

// columns are what spaces part in a message; what is in quotes or in brackets is one. `a [b c] "d e"` has three.
func columns(message string) (all []string) {
	for message = strings.TrimSpace(message); message != ""; message = strings.TrimSpace(message) {
		closing := map[byte]string{'[': "]", '"': `"`}[message[0]]
		if inner, rest, closed := strings.Cut(message[1:], closing); closing != "" && closed {
			all, message = append(all, inner), rest
			continue
		}
		end := strings.IndexAny(message, " \t")
		if end < 0 {
			end = len(message)
		}
		all, message = append(all, message[:end]), message[end:]
	}
	return all
}

// conditions reads conditions that && and || join, of which && binds closer, with parentheses. What a condition is about differs between JSON and columns.
type conditions struct {
	text        string // what is still to be read
	operand     func(*conditions) (func(any) []any, error)
	expressions int // read so far
	depth       int
}

// deepest are the parentheses that may be open at once, so that nobody's pattern takes the stack.
const deepest = 64

func (p *conditions) whole() (func(any) bool, error) {
	holds, err := p.either()
	if err == nil && strings.TrimSpace(p.text) != "" {
		return nil, invalidPattern()
	}
	return holds, err
}

// take removes a token from what is to be read, if it comes next.
func (p *conditions) take(token string) bool {
	rest, ok := strings.CutPrefix(strings.TrimSpace(p.text), token)
	if ok {
		p.text = rest
	}
	return ok
}

func (p *conditions) either() (func(any) bool, error) {
	first, err := p.both()
	for err == nil && p.take("||") {
		var next func(any) bool
		before := first
		next, err = p.both()
		first = func(of any) bool { return before(of) || next(of) }
	}
	return first, err
}

func (p *conditions) both() (func(any) bool, error) {
	first, err := p.one()
	for err == nil && p.take("&&") {
		var next func(any) bool
		before := first
		next, err = p.one()
		first = func(of any) bool { return before(of) && next(of) }
	}
	return first, err
}

// one reads what is in parentheses, or one condition. That of a column may be its name alone.
func (p *conditions) one() (func(any) bool, error) {
	if p.take("(") {
		p.depth++
		if p.depth > deepest {
			return nil, invalidPattern()
		}
		holds, err := p.either()
		if err == nil && !p.take(")") {
			return nil, invalidPattern()
		}
		p.depth--
		return holds, err
	}
	of, err := p.operand(p)
	if err != nil {
		return nil, err
	}
	for _, told := range []struct {
		words []string
		holds func(values []any) bool
	}{
		{[]string{"IS", "NULL"}, func(v []any) bool { return slices.Contains(v, any(nil)) }},
		{[]string{"IS", "TRUE"}, func(v []any) bool { return slices.ContainsFunc(v, func(one any) bool { return one == true }) }},
		{[]string{"IS", "FALSE"}, func(v []any) bool { return slices.ContainsFunc(v, func(one any) bool { return one == false }) }},
		{[]string{"NOT", "EXISTS"}, func(v []any) bool { return len(v) == 0 }},
		{[]string{"EXISTS"}, func(v []any) bool { return len(v) > 0 }},
	} {
		if p.takeWords(told.words) {
			return func(document any) bool { return told.holds(of(document)) }, nil
		}
	}
	for _, operator := range []string{"!=", ">=", "<=", "=", ">", "<"} {
		if p.take(operator) {
			compare, err := p.comparison(operator)
			return func(document any) bool { return slices.ContainsFunc(of(document), compare) }, err
		}
	}
	return func(document any) bool { return len(of(document)) > 0 }, nil
}

func (p *conditions) takeWords(words []string) bool {
	before := p.text
	for _, w := range words {
		if !p.take(w) {
			p.text = before
			return false
		}
	}
	return true
}

// comparison reads the right side of a condition.
func (p *conditions) comparison(operator string) (func(value any) bool, error) {
	p.text = strings.TrimSpace(p.text)
	if p.take("%") {
		inner, rest, closed := strings.Cut(p.text, "%")
		p.expressions++
		if !closed || p.expressions > mostExpressions || operator != "=" && operator != "!=" {
			return nil, invalidPattern()
		}
		p.text = rest
		read, err := expression(inner)
		return func(value any) bool { return isText(value) && read.MatchString(asText(value)) == (operator == "=") }, err
	}
	word, err := p.word()
	if err != nil {
		return nil, err
	}
	number, notNumber := strconv.ParseFloat(word, 64)
	switch operator {
	case "=", "!=":
		return func(value any) bool {
			if have, ok := asNumber(value); ok && notNumber == nil {
				return (have == number) == (operator == "=")
			}
			return isText(value) && starred(word, asText(value)) == (operator == "=")
		}, nil
	}
	if notNumber != nil {
		return nil, invalidPattern()
	}
	return func(value any) bool {
		have, ok := asNumber(value)
		return ok && map[string]bool{">": have > number, "<": have < number, ">=": have >= number, "<=": have <= number}[operator]
	}, nil
}

// word reads a value, in quotes or not.
func (p *conditions) word() (string, error) {
	if strings.HasPrefix(p.text, `"`) {
		quoted, err := strconv.QuotedPrefix(p.text)
		if err != nil {
			return "", invalidPattern()
		}
		p.text = p.text[len(quoted):]
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return "", invalidPattern()
		}
		return word, nil
	}
	end := strings.IndexAny(p.text, " \t()&|<>=!")
	if end < 0 {
		end = len(p.text)
	}
	word := p.text[:end]
	if p.text = p.text[end:]; word == "" {
		return "", invalidPattern()
	}
	return word, nil
}

// column reads the name of a column, which means nothing but itself.
func (p *conditions) column() (func(any) []any, error) {
	p.text = strings.TrimSpace(p.text)
	if _, err := p.word(); err != nil {
		return nil, err
	}
	return func(of any) []any { return []any{of} }, nil
}

// selector reads the path of a member: $.a.b[0].c, $.a[*] for any of an array, $.['a.b'] for a name with other characters.
func (p *conditions) selector() (func(any) []any, error) {
	if !p.take("$") {
		return nil, invalidPattern()
	}
	var path []string // of members; the index of an array begins with [
	for p.text != "" {
		switch {
		case strings.HasPrefix(p.text, "['"), strings.HasPrefix(p.text, ".['"):
			_, rest, _ := strings.Cut(p.text, "['")
			name, after, closed := strings.Cut(rest, "']")
			if !closed {
				return nil, invalidPattern()
			}
			path, p.text = append(path, name), after
		case p.text[0] == '[':
			index, after, closed := strings.Cut(p.text[1:], "]")
			if n, err := strconv.Atoi(index); !closed || index != "*" && (err != nil || n < 0) {
				return nil, invalidPattern()
			}
			path, p.text = append(path, "["+index), after
		case p.text[0] == '.':
			end := strings.IndexAny(p.text[1:], " \t.[]()=!<>&|{}\"%")
			if end < 0 {
				end = len(p.text) - 1
			}
			if end == 0 {
				return nil, invalidPattern()
			}
			path, p.text = append(path, p.text[1:end+1]), p.text[end+1:]
		default:
			return found(path), nil
		}
	}
	return found(path), nil
}

// found gives the values that are at the end of a path.
func found(path []string) func(any) []any {
	return func(document any) []any {
		values := []any{document}
		for _, step := range path {
			var next []any
			for _, v := range values {
				next = append(next, member(v, step)...)
			}
			values = next
		}
		return values
	}
}

func member(of any, step string) []any {
	index, ofArray := strings.CutPrefix(step, "[")
	if array, ok := of.([]any); ok && ofArray {
		n, err := strconv.Atoi(index)
		switch {
		case err != nil:
			return array
		case n < len(array):
			return array[n : n+1]
		}
		return nil
	}
	if object, ok := of.(map[string]any); ok && !ofArray {
		if v, there := object[step]; there {
			return []any{v}
		}
	}
	return nil
}

// isText tells whether a value is compared as text: a string or a number.
func isText(value any) bool {
	switch value.(type) {
	case string, json.Number:
		return true
	}
	return false
}

func asText(value any) string {
	if n, ok := value.(json.Number); ok {
		return n.String()
	}
	text, _ := value.(string)
	return text
}

// asNumber reads a number of JSON, or a column that is one.
func asNumber(value any) (float64, bool) {
	n, err := strconv.ParseFloat(asText(value), 64)
	return n, err == nil && isText(value) && !math.IsNaN(n)
}

// starred tells whether a text meets one in which * stands for anything. "4*" meets 404.
func starred(with, text string) bool {
	parts := strings.Split(with, "*")
	if len(parts) == 1 {
		return with == text
	}
	last := parts[len(parts)-1]
	rest, ok := strings.CutPrefix(text, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(rest, part)
		ok, rest = ok && found, after
	}
	return ok && strings.HasSuffix(rest, last)
}
