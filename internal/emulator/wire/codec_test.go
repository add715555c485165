package wire

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The types below have what the SDK's types under test lack.

type Color string

type Shape interface{ isShape() }

type ShapeMemberCircle struct{ Value float64 }

type ShapeMemberPath struct{ Value []Point }

type ShapeMemberOpen struct{ Value string }

func (*ShapeMemberCircle) isShape() {}
func (*ShapeMemberPath) isShape()   {}
func (*ShapeMemberOpen) isShape()   {}

type Free interface {
	MarshalSmithyDocument() ([]byte, error)
}

type free struct{ v any }

func (f *free) MarshalSmithyDocument() ([]byte, error) { return json.Marshal(f.v) }

type Point struct {
	X, Y int32
	Next *Point
}

type DrawInput struct {
	Name   *string
	Color  Color
	Count  *int32
	Big    int64
	Ratio  *float64
	On     *bool
	At     *time.Time
	Data   []byte
	Tags   []string
	Points []Point
	Labels map[string]string
	Grid   [][]int32
	ByName map[Color]Point
	Shape  Shape
	Free   Free
	Times  []time.Time
	Byte   int8
	Refs   []*Point
	RefBy  map[string]*Point
}

type DrawOutput = DrawInput

func drawService(lower bool, handler func(context.Context, *DrawInput) (*DrawOutput, error)) *Service {
	s := NewService(Description{Name: "draw", Version: "1", Target: "Draw", LowerCamel: lower})
	addDraw(s, handler)
	return s
}

func addDraw(s *Service, handler func(context.Context, *DrawInput) (*DrawOutput, error)) {
	s.Union((*Shape)(nil), &ShapeMemberCircle{}, &ShapeMemberPath{}, &ShapeMemberOpen{})
	Document(s, func(v any) Free { return &free{v} })
	if handler == nil {
		handler = func(_ context.Context, in *DrawInput) (*DrawOutput, error) { return in, nil }
	}
	Handle(s, handler)
}

func decodeJSON(body string) (*DrawInput, error) {
	op := drawService(true, nil).operations["Draw"]
	in := new(DrawInput)
	err := jsonDialect{}.decode(&input{body: []byte(body)}, op.in, reflect.ValueOf(in).Elem())
	return in, err
}

func TestDecodeJSON(t *testing.T) {
	five, name, half, yes := int32(5), "a", 0.5, true
	at := time.UnixMilli(1500000000123).UTC()
	for _, c := range []struct {
		body string
		want DrawInput
	}{
		{``, DrawInput{}},
		{` { } `, DrawInput{}},
		{`{"name":"a"}`, DrawInput{Name: &name}},
		{`{"name":"\u0061"}`, DrawInput{Name: &name}},
		{`{"Name":"a","NAME":"b","count ":5}`, DrawInput{}},
		{`{"unknown":{"name":["b",{"x":[null,true,1e5,-0.1]}]},"count":5}`, DrawInput{Count: &five}},
		{`{"name":null,"tags":null,"shape":null,"points":null}`, DrawInput{}},
		{`{"name":"b","name":"a"}`, DrawInput{Name: &name}},
		{`{"count":5.0}`, DrawInput{Count: &five}},
		{`{"count":0.5e1}`, DrawInput{Count: &five}},
		{`{"big":9223372036854775807}`, DrawInput{Big: math.MaxInt64}},
		{`{"ratio":0.5,"on":true}`, DrawInput{Ratio: &half, On: &yes}},
		{`{"at":1500000000.123}`, DrawInput{At: &at}},
		{`{"at":1.500000000123E9}`, DrawInput{At: &at}},
		{`{"data":"AP8="}`, DrawInput{Data: []byte{0, 0xff}}},
		{`{"tags":[]}`, DrawInput{Tags: []string{}}},
		{`{"tags":["a",""]}`, DrawInput{Tags: []string{"a", ""}}},
		{`{"tags":["a","b"],"tags":["c"]}`, DrawInput{Tags: []string{"c"}}},
		{`{"points":[{"X":9}]}`, DrawInput{Points: []Point{{}}}},
		{`{"points":[{"x":1,"y":2},{"next":{"x":3}}]}`, DrawInput{Points: []Point{{X: 1, Y: 2}, {Next: &Point{X: 3}}}}},
		{`{"labels":{"Ab":"c","n":null}}`, DrawInput{Labels: map[string]string{"Ab": "c"}}},
		{`{"grid":[[1],[],[2,3]]}`, DrawInput{Grid: [][]int32{{1}, {}, {2, 3}}}},
		{`{"byName":{"red":{"x":1}}}`, DrawInput{ByName: map[Color]Point{"red": {X: 1}}}},
		{`{"shape":{"circle":2.5}}`, DrawInput{Shape: &ShapeMemberCircle{2.5}}},
		{`{"shape":{"circle":null,"future":1,"open":"a"}}`, DrawInput{Shape: &ShapeMemberOpen{"a"}}},
		{`{"shape":{"path":[{"x":1}]}}`, DrawInput{Shape: &ShapeMemberPath{[]Point{{X: 1}}}}},
		{`{"refs":[{"x":1}],"refBy":{"a":{"y":2}}}`, DrawInput{Refs: []*Point{{X: 1}}, RefBy: map[string]*Point{"a": {Y: 2}}}},
		{`{"shape":{"circle":"Infinity"}}`, DrawInput{Shape: &ShapeMemberCircle{math.Inf(1)}}},
		{`{"free":12345678901234567890}`, DrawInput{Free: &free{12345678901234567890.0}}},
		{`{"free":{"a":[1,2.5,"s",true,null],"b":null}}`, DrawInput{Free: &free{map[string]any{"a": []any{int64(1), 2.5, "s", true, nil}, "b": nil}}}},
	} {
		got, err := decodeJSON(c.body)
		if err != nil || !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%s: got %+v, %v", c.body, got, err)
		}
	}
}

// TestMillisecondsSurvive checks that no millisecond is lost in a double, from
// one end of the years to the other.
func TestMillisecondsSurvive(t *testing.T) {
	for ms := int64(-62135596800000); ms <= 253402300799000; ms += 31_556_952_017 {
		want := time.UnixMilli(ms).UTC()
		got, err := decodeJSON(`{"at":` + string(appendEpoch(nil, want)) + `}`)
		if err != nil || !got.At.Equal(want) {
			t.Fatalf("%d: got %v, %v", ms, got.At, err)
		}
	}
}

func TestDecodeJSONErrors(t *testing.T) {
	deep := func(n int) string { return `{"unknown":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}` }
	if _, err := decodeJSON(deep(MaxDepth - 1)); err != nil {
		t.Errorf("nesting of %d: %v", MaxDepth, err)
	}
	for body, want := range map[string]string{
		`{"count":"5"}`:                     "STRING_VALUE can not be converted to an Integer",
		`{"count":1.5}`:                     "NUMBER_VALUE can not be converted to an Integer",
		`{"count":2147483648}`:              "NUMBER_VALUE can not be converted to an Integer",
		`{"byte":128}`:                      "NUMBER_VALUE can not be converted to an Integer",
		`{"big":9223372036854775808}`:       "NUMBER_VALUE can not be converted to a Long",
		`{"big":1e400}`:                     "NUMBER_VALUE can not be converted to a Long",
		`{"count":true}`:                    "TRUE_VALUE can not be converted to an Integer",
		`{"name":5}`:                        "NUMBER_VALUE can not be converted to a String",
		`{"name":false}`:                    "FALSE_VALUE can not be converted to a String",
		`{"name":{}}`:                       "Start of structure or map found where not expected",
		`{"name":[]}`:                       "Start of list found where not expected",
		`{"on":"true"}`:                     "STRING_VALUE can not be converted to a Boolean",
		`{"ratio":"half"}`:                  "STRING_VALUE can not be converted to a Double",
		`{"ratio":1e999}`:                   "NUMBER_VALUE can not be converted to a Double",
		`{"at":"2020-01-01T00:00:00Z"}`:     "STRING_VALUE can not be converted to milliseconds since epoch",
		`{"at":1e300}`:                      "NUMBER_VALUE can not be converted to milliseconds since epoch",
		`{"data":"?"}`:                      "STRING_VALUE can not be converted to a Blob",
		`{"tags":"a"}`:                      "Expected list or null",
		`{"tags":{}}`:                       "Start of structure or map found where not expected",
		`{"free":1e999}`:                    "The number 1e999 is out of range.",
		`{"labels":{"a":5}}`:                "NUMBER_VALUE can not be converted to a String",
		"{\"name\":\"a\nb\"}":               "The request body is not valid JSON at byte 10.",
		`{"name":x}`:                        "The request body is not valid JSON at byte 8.",
		`{"tags":[null]}`:                   "null found where a value was expected",
		`{"points":[5]}`:                    "Unexpected field type",
		`{"labels":[]}`:                     "Start of list found where not expected",
		`{"shape":{}}`:                      "A union must have exactly one member set, found 0",
		`{"shape":{"circle":1,"open":"a"}}`: "A union must have exactly one member set, found 2",
		`{"shape":"circle"}`:                "Unexpected field type",
		`[]`:                                "Start of list found where not expected",
		`null`:                              "Unexpected field type",
		deep(MaxDepth):                      "The request is nested deeper than 64 levels.",
		`{`:                                 "The request body is not valid JSON at byte 1.",
		`{}{}`:                              "The request body is not valid JSON at byte 2.",
		"{}\x00":                            "The request body is not valid JSON at byte 2.",
		`{"name":"a",}`:                     "The request body is not valid JSON at byte 12.",
		`{"name" "a"}`:                      "The request body is not valid JSON at byte 8.",
		`{"name":"a`:                        "The request body is not valid JSON at byte 10.",
		`{"name":"\x"}`:                     "The request body is not valid JSON at byte 8.",
		`{"count":01}`:                      "The request body is not valid JSON at byte 10.",
		`{"count":-}`:                       "The request body is not valid JSON at byte 10.",
		`{"count":1.}`:                      "The request body is not valid JSON at byte 11.",
		`{"x":tru}`:                         "The request body is not valid JSON at byte 5.",
		`{"x":nul}`:                         "The request body is not valid JSON at byte 5.",
	} {
		_, err := decodeJSON(body)
		var f *failure
		ok := errors.As(err, &f)
		if !ok || f.code != "SerializationException" || f.message != want {
			t.Errorf("%.60s: got %v, want %s", body, err, want)
		}
	}
}

func TestEncodeJSON(t *testing.T) {
	zero, half := int32(0), 1e-7
	at := time.Date(1969, 12, 31, 23, 59, 58, 500_900_000, time.UTC)
	whole := time.Unix(1500000000, 0)
	for _, c := range []struct {
		out  DrawOutput
		want string
	}{
		{DrawOutput{}, `{"big":0,"byte":0}`},
		{DrawOutput{Count: &zero}, `{"count":0,"big":0,"byte":0}`},
		{DrawOutput{Tags: []string{}, Labels: map[string]string{}, Data: []byte{}}, `{"big":0,"data":"","tags":[],"labels":{},"byte":0}`},
		{DrawOutput{Tags: []string{""}}, `{"big":0,"tags":[""],"byte":0}`},
		{DrawOutput{Ratio: &half}, `{"big":0,"ratio":1e-07,"byte":0}`},
		{DrawOutput{At: &at}, `{"big":0,"at":-1.500,"byte":0}`},
		{DrawOutput{At: &whole}, `{"big":0,"at":1500000000.000,"byte":0}`},
		{DrawOutput{Labels: map[string]string{"b": "\x01\"\\\n\u00e9\xff<", "a": ""}}, `{"big":0,"labels":{"a":"","b":"\u0001\"\\\n` + "\u00e9\ufffd" + `<"},"byte":0}`},
		{DrawOutput{Grid: [][]int32{nil, {1}}}, `{"big":0,"grid":[[],[1]],"byte":0}`},
		{DrawOutput{Shape: &ShapeMemberCircle{math.Inf(-1)}}, `{"big":0,"shape":{"circle":"-Infinity"},"byte":0}`},
		{DrawOutput{Shape: &ShapeMemberPath{}}, `{"big":0,"shape":{"path":[]},"byte":0}`},
		{DrawOutput{Shape: &ShapeMemberOpen{}}, `{"big":0,"shape":{"open":""},"byte":0}`},
		{DrawOutput{Times: []time.Time{whole}}, `{"big":0,"times":[1500000000.000],"byte":0}`},
		{DrawOutput{ByName: map[Color]Point{"c": {Next: &Point{}}}}, `{"big":0,"byName":{"c":{"x":0,"y":0,"next":{"x":0,"y":0}}},"byte":0}`},
		{DrawOutput{Free: &free{[]any{1, nil}}}, `{"big":0,"free":[1,null],"byte":0}`},
	} {
		op := drawService(true, nil).operations["Draw"]
		got, err := jsonDialect{}.appendAnswer(nil, nil, op, reflect.ValueOf(&c.out).Elem(), "")
		if err != nil || string(got) != c.want || !json.Valid(got) {
			t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
		}
	}
}

// broken is a document that is no JSON, and a union alternative nobody knows.
type broken struct{}

func (broken) MarshalSmithyDocument() ([]byte, error) { return []byte(`{"a":`), nil }
func (*broken) isShape()                              {}

func TestEncodeRefusesWhatHasNoEncoding(t *testing.T) {
	op := drawService(true, nil).operations["Draw"]
	for _, out := range []DrawOutput{
		{Free: broken{}},
		{Shape: &broken{}},
		{Shape: (*ShapeMemberOpen)(nil)},
		{Refs: []*Point{{}, nil}},
		{RefBy: map[string]*Point{"a": nil}},
	} {
		if got, err := (jsonDialect{}).appendAnswer(nil, nil, op, reflect.ValueOf(&out).Elem(), ""); err == nil {
			t.Errorf("got %s", got)
		}
		if got, err := awsQuery.appendAnswer(nil, drawService(false, nil), op, reflect.ValueOf(&out).Elem(), ""); err == nil {
			t.Errorf("got %s", got)
		}
	}
}

func decodeQuery(body string) (*DrawInput, error) {
	op := drawService(false, nil).operations["Draw"]
	in := &input{method: "POST", body: []byte("Action=Draw&" + body)}
	if f := awsQuery.parse(in); f != nil {
		return nil, f
	}
	got := new(DrawInput)
	err := awsQuery.decode(in, op.in, reflect.ValueOf(got).Elem())
	return got, err
}

func TestDecodeQuery(t *testing.T) {
	five, empty, yes, quarter := int32(5), "", true, -0.25
	at := time.Date(2020, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	for _, c := range []struct {
		body string
		want DrawInput
	}{
		{``, DrawInput{}},
		{`Name=`, DrawInput{Name: &empty}},
		{`name=a&NAME=b&Name-x=c&Count=5`, DrawInput{Count: &five}},
		{`Unknown.member.x.1=5`, DrawInput{}},
		{`On=true&Big=-7`, DrawInput{On: &yes, Big: -7}},
		{`At=2020-01-02T03:04:05.678Z`, DrawInput{At: &at}},
		{`At=2020-01-02T04:04:05.678%2B01:00`, DrawInput{At: &at}},
		{`Data=AP8%3D`, DrawInput{Data: []byte{0, 0xff}}},
		{`Tags=`, DrawInput{Tags: []string{}}},
		{`Tags.member.2=b&Tags.member.10=c&Tags.member.1=a`, DrawInput{Tags: []string{"a", "b", "c"}}},
		{`Tags.member.7=b&Tags.member.3=a`, DrawInput{Tags: []string{"a", "b"}}},
		{`Points.member.1.X=1&Points.member.1.Next.Y=2&Points.member.2.X=3`, DrawInput{Points: []Point{{X: 1, Next: &Point{Y: 2}}, {X: 3}}}},
		{`Points.member.1.X=1&Points.member.1.X-y=2&Points.member.1.X%21=2`, DrawInput{Points: []Point{{X: 1}}}},
		{`Labels.entry.1.key=a&Labels.entry.1.value=b&Labels.entry.2.key=c&Labels.entry.2.value=`, DrawInput{Labels: map[string]string{"a": "b", "c": ""}}},
		{`Refs.member.1.X=1&RefBy.entry.1.key=a&RefBy.entry.1.value.Y=2`, DrawInput{Refs: []*Point{{X: 1}}, RefBy: map[string]*Point{"a": {Y: 2}}}},
		{`Ratio=-2.5e-1`, DrawInput{Ratio: &quarter}},
		{`Labels=`, DrawInput{Labels: map[string]string{}}},
		{`Grid.member.1.member.1=1&Grid.member.2.member.1=2&Grid.member.2.member.2=3`, DrawInput{Grid: [][]int32{{1}, {2, 3}}}},
		{`ByName.entry.1.key=red&ByName.entry.1.value.X=1`, DrawInput{ByName: map[Color]Point{"red": {X: 1}}}},
	} {
		got, err := decodeQuery(c.body)
		if err != nil || !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%s: got %+v, %v", c.body, got, err)
		}
	}
}

func TestDecodeQueryErrors(t *testing.T) {
	for body, want := range map[string]string{
		`Count=five`:                     `The value "five" can not be converted to an Integer`,
		`Count=`:                         `The value "" can not be converted to an Integer`,
		`Count=2147483648`:               `The value "2147483648" can not be converted to an Integer`,
		`Big=1.5`:                        `The value "1.5" can not be converted to a Long`,
		`Ratio=0x1p4`:                    `The value "0x1p4" can not be converted to a Double`,
		`On=TRUE`:                        `The value "TRUE" can not be converted to a Boolean`,
		`At=yesterday`:                   `The value "yesterday" can not be converted to a Timestamp`,
		`Data=%3F`:                       `The value "?" can not be converted to a Blob`,
		`Tags=a`:                         `Top level element may not be treated as a list or structure`,
		`Tags.1=a`:                       `Unexpected list element termination`,
		`Tags.member=a`:                  `Unexpected list element termination`,
		`Tags.member.x=a`:                `Key is not a valid list index: x`,
		`Tags.member.0=a`:                `Key is not a valid list index: 0`,
		`Tags.member.01=a`:               `Key is not a valid list index: 01`,
		`Tags.member.1.x=a`:              `Unexpected complex element termination`,
		`Name.x=a`:                       `Unexpected complex element termination`,
		`Labels.entry.1.key=a&Labels.b=`: `Unexpected list element termination`,
		`Free.A=1`:                       `Documents are not part of this protocol`,
		`Shape.Circle=1&Shape.Open=a`:    `A union must have exactly one member set, found 2`,
		`RefBy.entry.1.key=a`:            `A map entry has no value`,
		`Labels.entry.x.key=a`:           `Key is not a valid list index: x`,
		`Ratio=infinity`:                 `The value "infinity" can not be converted to a Double`,
		`a%00b=1`:                        `A parameter name contains a NUL character`,
		"Points.member.1" + strings.Repeat(".Next", MaxDepth) + ".X=1": "The request is nested deeper than 64 levels.",
	} {
		_, err := decodeQuery(body)
		var f *failure
		ok := errors.As(err, &f)
		if !ok || f.code != "SerializationException" || f.message != want {
			t.Errorf("%.60s: got %v, want %s", body, err, want)
		}
		if ok {
			if awsQuery.translate(f); f.code != "MalformedInput" {
				t.Errorf("%.60s: code %s", body, f.code)
			}
		}
	}
	for _, body := range []string{"a;b=1", "Name=%zz"} {
		var f *failure
		if _, err := decodeQuery(body); !errors.As(err, &f) || f.code != "MalformedQueryString" {
			t.Errorf("%s: got %v", body, err)
		}
	}
}

func TestEncodeXML(t *testing.T) {
	name, at := "a<b>&\"\r\x00\xff", time.Date(2020, 1, 2, 3, 4, 5, 600_000_000, time.FixedZone("", 3600))
	out := DrawOutput{
		Name: &name, At: &at, Tags: []string{}, Points: []Point{{X: 1}},
		Labels: map[string]string{"k": "v", "j": ""}, Data: []byte{1},
	}
	op := drawService(false, nil).operations["Draw"]
	s := NewService(Description{Namespace: "urn:x"})
	got, err := awsQuery.appendAnswer(nil, s, op, reflect.ValueOf(&out).Elem(), "id-1")
	want := `<DrawResponse xmlns="urn:x"><DrawResult>` +
		"<Name>a&lt;b&gt;&amp;&quot;&#xD;\ufffd\ufffd</Name><Big>0</Big><At>2020-01-02T02:04:05.600Z</At><Data>AQ==</Data><Tags></Tags>" +
		`<Points><member><X>1</X><Y>0</Y></member></Points>` +
		`<Labels><entry><key>j</key><value></value></entry><entry><key>k</key><value>v</value></entry></Labels><Byte>0</Byte>` +
		`</DrawResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DrawResponse>`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

// TestFlatQuery exercises what the other Query protocol, EC2's, differs in.
func TestFlatQuery(t *testing.T) {
	d := queryDialect{item: "item", flat: true}
	op := drawService(false, nil).operations["Draw"]
	in := &input{method: "POST", body: []byte("Action=Draw&Tags.2=b&Tags.1=a&Points.1.X=4")}
	if f := d.parse(in); f != nil {
		t.Fatal(f)
	}
	got := new(DrawInput)
	if err := d.decode(in, op.in, reflect.ValueOf(got).Elem()); err != nil {
		t.Fatal(err)
	}
	if want := (DrawInput{Tags: []string{"a", "b"}, Points: []Point{{X: 4}}}); !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v", got)
	}
	b, err := d.appendAnswer(nil, nil, op, reflect.ValueOf(&DrawOutput{Tags: []string{"a"}}).Elem(), "id")
	if want := `<DrawResponse><requestId>id</requestId><Big>0</Big><Tags><item>a</item></Tags><Byte>0</Byte></DrawResponse>`; err != nil || string(b) != want {
		t.Errorf("got %s, %v", b, err)
	}
}

type BadInput struct{ C chan int }

type LostInput struct{ U Shape }

type TwiceInput struct{ ArnX, XArn string }

type KeyInput struct{ M map[int]string }

type EmptyOutput struct{}

func TestRegistrationPanics(t *testing.T) {
	for name, register := range map[string]func(*Service){
		"channel":            func(s *Service) { Handle(s, stub[BadInput]) },
		"unregistered union": func(s *Service) { Handle(s, stub[LostInput]) },
		"map key":            func(s *Service) { Handle(s, stub[KeyInput]) },
		"no input":           func(s *Service) { Handle(s, stub[EmptyOutput]) },
		"same name":          func(s *Service) { Handle(s, stub[TwiceInput]) },
		"twice":              func(s *Service) { addDraw(s, nil); Handle(s, stub[DrawInput]) },
		"no union":           func(s *Service) { s.Union(5) },
		"nil union":          func(s *Service) { s.Union(nil) },
		"foreign member":     func(s *Service) { s.Union((*Shape)(nil), &Point{}) },
		"nil member":         func(s *Service) { s.Union((*Shape)(nil), nil) },
		"misnamed member":    func(s *Service) { s.Union((*Shape)(nil), &broken{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			register(NewService(Description{Names: map[string]string{"TwiceInput.ArnX": "XArn"}}))
		}()
	}
}

func stub[In any](context.Context, *In) (*EmptyOutput, error) { return nil, nil }

// TestNoMethodReflection keeps out what makes the linker retain every method of
// every reachable type: 15 MB with the SDK linked in.
func TestNoMethodReflection(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	forbidden := regexp.MustCompile(`\.(Method|MethodByName|NumMethod|Methods)\(|"github\.com/|"text/template"`)
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if m := forbidden.Find(src); m != nil && !strings.HasSuffix(f, "_test.go") {
			t.Errorf("%s uses %s", f, m)
		}
	}
}
