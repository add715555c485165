package scenario

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"handover/internal/world/profile"
)

// File is a parsed scenario.
type File struct {
	Name   string
	Header map[string]string // rule, source and other "# key: text" comments before the first directive
	Blocks []Block
}

// Block is a run of directives, with the trace that must follow them, if one is given.
type Block struct {
	Directives []Directive
	Traced     bool     // four dashes followed
	Trace      []string // the expected lines
	Line       int      // of the first directive
	End        int      // of the line after the last one of Trace
	Otherwise  []Otherwise
}

// Otherwise is the trace that must follow where one thing that is not established is another way.
type Otherwise struct {
	Option, Answer string // of the world directive
	Trace          []string
	Line           int // of the dashes
	End            int // of the line after the last one of Trace
}

// Directive is one line: VERB [NAME] [option=value | flag]….
type Directive struct {
	Verb    string
	Name    string // empty where the verb takes none
	Options map[string]string
	Line    int
}

// Problem is a mistake in a scenario file.
type Problem struct {
	File         string
	Line, Column int // both from 1
	Text         string
	Likely       string // the word that was probably meant, or empty
}

// Error gives FILE:LINE:COLUMN: TEXT, and the likely word.
func (p *Problem) Error() string {
	text := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
	if p.Likely != "" {
		text += fmt.Sprintf(" (did you mean %q?)", p.Likely)
	}
	return text
}

// Parse reads a scenario. The error is a *Problem.
func Parse(file, text string) (File, error) {
	f := File{Name: file, Header: map[string]string{}}
	lines, vocabulary := strings.Split(text, "\n"), verbs()
	var block Block
	closeBlock := func(end int) {
		if len(block.Directives) > 0 {
			block.End = cmp.Or(block.End, end)
			f.Blocks = append(f.Blocks, block)
		}
		block = Block{}
	}
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " \t\r")
		switch {
		case line == "":
			closeBlock(i)
		case strings.HasPrefix(line, "#"):
			f.comment(line, len(f.Blocks) == 0 && len(block.Directives) == 0)
		case line == "----":
			if len(block.Directives) == 0 {
				return File{}, &Problem{File: file, Line: i + 1, Column: 1, Text: "a trace needs a directive before it"}
			}
			block.Traced = true
			block.Trace, i = trace(lines, i+1)
			block.End = i + 1
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], otherwiseMark) {
				other, problem := otherwise(lines[i+1], vocabulary["world"])
				if problem == nil && (len(f.Blocks) == 0 || f.Blocks[0].Directives[0].Verb != "world") {
					problem = &Problem{Column: 1, Text: "another answer needs a world directive at the beginning"}
				}
				if problem != nil {
					problem.File, problem.Line = file, i+2
					return File{}, problem
				}
				other.Line = i + 2
				other.Trace, i = trace(lines, i+2)
				other.End = i + 1
				block.Otherwise = append(block.Otherwise, other)
			}
			closeBlock(i + 1)
		default:
			d, problem := parseDirective(line, vocabulary)
			if problem != nil {
				problem.File, problem.Line = file, i+1
				return File{}, problem
			}
			d.Line = i + 1
			if len(block.Directives) == 0 {
				block.Line = i + 1
			}
			block.Directives = append(block.Directives, d)
		}
	}
	closeBlock(len(lines))
	return f, nil
}

// otherwiseMark begins the line before a trace of Otherwise: "---- slot-until=drained".
const otherwiseMark = "---- "

// trace gives the lines of a trace from the given one on, and the place of its last one.
func trace(lines []string, from int) (found []string, last int) {
	at := from
	for at < len(lines) && strings.TrimSpace(lines[at]) != "" && !strings.HasPrefix(lines[at], otherwiseMark) {
		found = append(found, strings.TrimRight(lines[at], " \t\r"))
		at++
	}
	return found, at - 1
}

// otherwise reads the line before a trace of its own: an answer to one of the questions, as the world directive has it.
func otherwise(line string, world verb) (Otherwise, *Problem) {
	d := Directive{Verb: "world", Options: map[string]string{}}
	text := strings.TrimRight(strings.TrimPrefix(line, otherwiseMark), " \t\r")
	if problem := d.option(world, word{text: text, column: len(otherwiseMark) + 1}); problem != nil {
		return Otherwise{}, problem
	}
	option, answer, _ := strings.Cut(text, "=")
	if _, asked := profile.Asked(option); !asked {
		return Otherwise{}, &Problem{Column: len(otherwiseMark) + 1, Text: fmt.Sprintf("%s is no question that has two answers", option)}
	}
	return Otherwise{Option: option, Answer: answer}, nil
}

// Answered is the file with another answer to a question, one that Parse has found in it.
func (f File) Answered(o Otherwise) File {
	f.Blocks = slices.Clone(f.Blocks)
	first := &f.Blocks[0]
	first.Directives = slices.Clone(first.Directives)
	options := maps.Clone(first.Directives[0].Options)
	options[o.Option] = o.Answer
	first.Directives[0].Options = options
	return f
}

// comment keeps "# key: text" of the header; "#   more text" goes on with the last key.
func (f *File) comment(line string, header bool) {
	if !header {
		return
	}
	text := strings.TrimSpace(strings.TrimPrefix(line, "#"))
	key, value, found := strings.Cut(text, ": ")
	if found && !strings.Contains(key, " ") {
		f.Header[key] = strings.TrimSpace(value)
		f.Header["last key"] = key
		return
	}
	if last := f.Header["last key"]; last != "" && text != "" {
		f.Header[last] += " " + text
	}
}

// word is a part of a line with its column, from 1.
type word struct {
	text   string
	column int
}

func parseDirective(line string, vocabulary map[string]verb) (Directive, *Problem) {
	words, problem := split(line)
	if problem != nil {
		return Directive{}, problem
	}
	verb, known := vocabulary[words[0].text]
	if !known {
		return Directive{}, &Problem{Column: words[0].column, Text: fmt.Sprintf("there is no directive %q", words[0].text), Likely: likely(words[0].text, sortedKeys(vocabulary))}
	}
	d := Directive{Verb: words[0].text, Options: map[string]string{}}
	rest := words[1:]
	if verb.name != "" {
		if len(rest) == 0 || strings.Contains(rest[0].text, "=") {
			return Directive{}, &Problem{Column: len(line) + 1, Text: fmt.Sprintf("%s needs %s", d.Verb, verb.name)}
		}
		d.Name, rest = rest[0].text, rest[1:]
	}
	for _, w := range rest {
		if problem := d.option(verb, w); problem != nil {
			return Directive{}, problem
		}
	}
	for _, required := range verb.required {
		if _, given := d.Options[required]; !given {
			return Directive{}, &Problem{Column: len(line) + 1, Text: fmt.Sprintf("%s needs %s=%s", d.Verb, required, verb.options[required].form)}
		}
	}
	return d, nil
}

func (d *Directive) option(verb verb, w word) *Problem {
	key, value, hasValue := strings.Cut(w.text, "=")
	kind, known := verb.options[key]
	if !known {
		return &Problem{Column: w.column, Text: fmt.Sprintf("%s has no option %q", d.Verb, key), Likely: likely(key, sortedKeys(verb.options))}
	}
	if _, twice := d.Options[key]; twice {
		return &Problem{Column: w.column, Text: fmt.Sprintf("%s is given twice", key)}
	}
	if hasValue != (kind.check != nil) {
		if hasValue {
			return &Problem{Column: w.column, Text: fmt.Sprintf("%s takes no value", key)}
		}
		return &Problem{Column: w.column, Text: fmt.Sprintf("%s needs a value: %s=%s", key, key, kind.form)}
	}
	if kind.check != nil {
		if err := kind.check(value); err != nil {
			p := &Problem{Column: w.column + len(key) + 1, Text: fmt.Sprintf("%s: %v", key, err)}
			p.Likely = likely(value, kind.words)
			return p
		}
	}
	d.Options[key] = value
	return nil
}

// split cuts a line at spaces; double quotes keep them.
func split(line string) ([]word, *Problem) {
	var words []word
	for i := 0; i < len(line); {
		if line[i] == ' ' || line[i] == '\t' {
			i++
			continue
		}
		start, text, quoted := i, strings.Builder{}, false
		for i < len(line) && (quoted || (line[i] != ' ' && line[i] != '\t')) {
			if line[i] == '"' {
				quoted = !quoted
			} else {
				text.WriteByte(line[i])
			}
			i++
		}
		if quoted {
			return nil, &Problem{Column: start + 1, Text: "a quotation mark is not closed"}
		}
		words = append(words, word{text: text.String(), column: start + 1})
	}
	return words, nil
}

// likely finds the known word that is nearest to what was written, if any is near: at most a third of its letters differ.
func likely(written string, known []string) string {
	best, distance := "", len(written)/3+1
	for _, k := range known {
		if d := editDistance(written, k); d <= distance && (best == "" || d < editDistance(written, best)) {
			best = k
		}
	}
	return best
}

// editDistance is the number of letters to insert, delete or replace to get from a to b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Duration reads a duration option; the fallback stands where it is not given. Parse has checked the value.
func (d Directive) Duration(option string, fallback time.Duration) time.Duration {
	text, given := d.Options[option]
	if !given {
		return fallback
	}
	value, _ := time.ParseDuration(text)
	return value
}

// Int reads a number option; the fallback stands where it is not given. Parse has checked the value.
func (d Directive) Int(option string, fallback int) int {
	text, given := d.Options[option]
	if !given {
		return fallback
	}
	value, _ := strconv.Atoi(text)
	return value
}

// Text reads a text option; the fallback stands where it is not given.
func (d Directive) Text(option, fallback string) string {
	if text, given := d.Options[option]; given {
		return text
	}
	return fallback
}

// Has tells whether an option or a flag was given.
func (d Directive) Has(option string) bool {
	_, given := d.Options[option]
	return given
}
