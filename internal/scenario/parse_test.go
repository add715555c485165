package scenario

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	f, err := Parse("x.txt", `# rule: a rule
#   that goes on
# source: somewhere

world profile=2020 jitter=off
service test desired=5 min=0

update-service test force
advance steady within=2h
----
0:10  one
0:20  two
---- slot-until=drained
0:10  one

show tasks
`)
	if err != nil {
		t.Fatal(err)
	}
	if f.Header["rule"] != "a rule that goes on" || f.Header["source"] != "somewhere" {
		t.Errorf("header: %v", f.Header)
	}
	if len(f.Blocks) != 3 {
		t.Fatalf("want 3 blocks, got %+v", f.Blocks)
	}
	if b := f.Blocks[1]; !b.Traced || len(b.Trace) != 2 || b.Line != 8 || b.Directives[0].Name != "test" || !b.Directives[0].Has("force") {
		t.Errorf("block: %+v", b)
	}
	if o := f.Blocks[1].Otherwise; len(o) != 1 || o[0].Option != "slot-until" || len(o[0].Trace) != 1 || o[0].Line != 13 || f.Answered(o[0]).Blocks[0].Directives[0].Options["slot-until"] != "drained" {
		t.Errorf("otherwise: %+v", o)
	}
	if f.Blocks[0].Directives[0].Has("slot-until") {
		t.Error("another answer changes the file itself")
	}
	if d := f.Blocks[0].Directives[1]; d.Int("desired", 1) != 5 || d.Int("max", 200) != 200 {
		t.Errorf("directive: %+v", d)
	}
}

func TestProblemsNameThePlaceAndTheLikelyWord(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"servce api", `x.txt:1:1: there is no directive "servce" (did you mean "service"?)`},
		{"service api mim=50", `x.txt:1:13: service has no option "mim" (did you mean "min"?)`},
		{"\nservice api min=fifty", `x.txt:2:17: min: "fifty" is not a number from 0 to 2000`},
		{"service", `x.txt:1:8: service needs the service's name`},
		{"service api min=1 min=2", `x.txt:1:19: min is given twice`},
		{"update-service api force=yes", `x.txt:1:20: force takes no value`},
		{"target-group web drain", `x.txt:1:18: drain needs a value: drain=DURATION`},
		{"target-group web drain=30", `x.txt:1:24: drain: "30" is not a duration such as 30s or 5m`},
		{"target-group web drain=-3s", `x.txt:1:24: drain: "-3s" is negative`},
		{"world profile=fargate-2025", `x.txt:1:15: profile: "fargate-2025" is not one of fargate-2026, ec2-2026, 2020 (did you mean "fargate-2026"?)`},
		{`service "api`, `x.txt:1:9: a quotation mark is not closed`},
		{"----", `x.txt:1:1: a trace needs a directive before it`},
		{"report exited", `x.txt:1:14: report needs task=TEXT`},
		{"world\n\nadvance 1s\n----\n---- slot-til=drained", `x.txt:5:6: world has no option "slot-til" (did you mean "slot-until"?)`},
		{"world\n\nadvance 1s\n----\n---- slot-until=never", `x.txt:5:17: slot-until: "never" is not one of stopped, drained`},
		{"world\n\nadvance 1s\n----\n---- seed=3", `x.txt:5:6: seed is no question that has two answers`},
		{"advance 1s\n----\n---- slot-until=drained", `x.txt:3:1: another answer needs a world directive at the beginning`},
	} {
		_, err := Parse("x.txt", c.text)
		var problem *Problem
		if !errors.As(err, &problem) || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
}

func TestVocabularyDescribesEveryOption(t *testing.T) {
	text := Vocabulary()
	for name, v := range verbs() {
		if v.about == "" {
			t.Errorf("%s has no description", name)
		}
		for option, k := range v.options {
			if k.about == "" {
				t.Errorf("%s %s has no description", name, option)
			}
			if !strings.Contains(text, "`"+option) {
				t.Errorf("%s %s is not in the vocabulary", name, option)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("service api min=50\n----\nx")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := Parse("x", text); err != nil {
			var problem *Problem
			if !errors.As(err, &problem) || problem.Line < 1 || problem.Column < 1 {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
