package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
)

// A filler sets every member of a value, each to a value of its own, so that two
// members which are swapped or confused are noticed.
type filler struct {
	n      int
	unions map[reflect.Type][]reflect.Type
	// empty makes slices and maps empty instead of giving them elements.
	empty bool
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.String:
		v.SetString(fmt.Sprintf("value-%d <&\"'> é\u2028\t\n\\", f.n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.25)
	case reflect.Slice:
		f.slice(v)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := 0; i < 2 && !f.empty; i++ {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(k)
			f.fill(e)
			v.SetMapIndex(k, e)
		}
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(time.UnixMilli(1795000000123 + int64(f.n)*1001).UTC()))
			return
		}
		for i := range v.NumField() {
			if sf := v.Type().Field(i); sf.IsExported() && sf.Name != "ResultMetadata" {
				f.fill(v.Field(i))
			}
		}
	case reflect.Interface:
		f.choose(v)
	default:
		panic("cannot fill " + v.Type().String())
	}
}

func (f *filler) slice(v reflect.Value) {
	if v.Type() == blobType {
		v.SetBytes([]byte{0, 0xff, byte(f.n)})
		return
	}
	n := 3
	if f.empty {
		n = 0
	}
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		f.fill(v.Index(i))
	}
}

func (f *filler) choose(v reflect.Value) {
	if v.Type() == reflect.TypeFor[document.Interface]() {
		v.Set(reflect.ValueOf(document.NewLazyDocument(map[string]any{
			"n": f.n, "list": []any{"a", true, nil, 1.5}, "object": map[string]any{"k": "v"},
		})))
		return
	}
	alternatives := f.unions[v.Type()]
	alt := reflect.New(alternatives[f.n%len(alternatives)].Elem())
	f.fill(alt.Elem().Field(0))
	v.Set(alt)
}

var allModules = []string{"ecs", "elasticloadbalancingv2", "applicationautoscaling", "sts"}

// inThreeProtocols are modules that are called in each protocol of their service.
var inThreeProtocols = []string{"cloudwatch", "cloudwatch in JSON", "cloudwatch in Query"}

// TestRoundTrip calls each operation of each module through the SDK's own
// client, with every member of input and output set. The client's serialisers
// and deserialisers, which this package has nothing in common with, judge both
// directions.
func TestRoundTrip(t *testing.T) {
	for _, module := range slices.Concat(allModules, inThreeProtocols) {
		for _, empty := range []bool{false, true} {
			if empty && module == "cloudwatch in Query" {
				continue // of an alternative without members nothing is in a form
			}
			t.Run(fmt.Sprintf("%s/empty=%v", module, empty), func(t *testing.T) {
				g := newRig(t, module)
				f := &filler{unions: g.service.plans.unions, empty: empty}
				passed := 0
				for _, name := range sortedNames(g.ops) {
					if err := g.roundTrip(name, f); err != "" {
						t.Error(err)
						continue
					}
					passed++
				}
				t.Logf("%s: %d of %d operations, %d values", module, passed, len(g.ops), f.n)
				if passed < g.operations {
					t.Errorf("%d operations passed, expected at least %d", passed, g.operations)
				}
			})
		}
	}
}

func (g *rig) roundTrip(name string, f *filler) string {
	op := g.ops[name]
	in, out := reflect.New(op.in), reflect.New(op.out)
	f.fill(in.Elem())
	f.fill(out.Elem())
	g.got, g.out = reflect.Value{}, out.Elem()
	answer, err := g.invoke(name, in)
	if err != nil {
		return fmt.Sprintf("%s: %v", name, err)
	}
	if d := diff(name+" input", in, g.got); d != "" {
		return d
	}
	if d := diff(name+" output", out, answer); d != "" {
		return d + "\n" + string(g.lastBody)
	}
	want := Call{RequestID: g.call.RequestID, Service: g.desc.Name, Operation: name, Region: region, AccessKeyID: "AKIDEXAMPLE", UserAgent: g.call.UserAgent}
	if op := g.service.operations[name]; op.anonymous {
		want.Region, want.AccessKeyID = "", ""
	}
	if g.call != want || !strings.Contains(g.call.UserAgent, "aws-sdk-go-v2") || g.call.RequestID == "" {
		return fmt.Sprintf("%s: call %+v, want %+v", name, g.call, want)
	}
	return ""
}

// TestZeroValues checks what of an empty output is on the wire: numbers and
// bools which are not pointers, and nothing else.
func TestZeroValues(t *testing.T) {
	for _, module := range allModules {
		g := newRig(t, module)
		for _, name := range sortedNames(g.ops) {
			g.out = reflect.New(g.ops[name].out).Elem()
			w := g.post(name, formFor(g, name))
			if w.Code != 200 {
				t.Fatalf("%s: %s", name, w.Body)
			}
			want := 0
			for _, f := range g.service.operations[name].out.fields {
				if !f.pointer && (f.plan.kind == kindBool || f.plan.kind == kindInt || f.plan.kind == kindFloat) {
					want++
				}
			}
			body := w.Body.String()
			got := strings.Count(body, `":`)
			if g.desc.Protocol == AWSQuery {
				got = strings.Count(body, "</") - 4 // response, result, metadata, request id
			}
			if got != want {
				t.Errorf("%s: %d members, want %d: %s", name, got, want, body)
			}
		}
	}
}

// formFor is the smallest request for an operation.
func formFor(g *rig, name string) string {
	if g.desc.Protocol == AWSJSON11 {
		return "{}"
	}
	return "Action=" + name + "&Version=" + g.desc.Version
}
