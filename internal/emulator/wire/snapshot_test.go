package wire

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// A snap is one of the SDK's snapshots: a first line, headers, and a body.
type snap struct {
	first  string
	header map[string]string
	body   string
}

func readSnap(tb testing.TB, path string) snap {
	tb.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	s := snap{header: map[string]string{}}
	rest := string(raw)
	s.first, rest, _ = strings.Cut(rest, "\n")
	rest = strings.TrimPrefix(rest, "\n") // requests have an empty line here
	for {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		k, v, ok := strings.Cut(line, ": ")
		if !ok {
			break
		}
		s.header[k] = v
	}
	s.body = rest
	return s
}

// listSnaps returns what the folder has, by name without the suffix.
func listSnaps(tb testing.TB, module, folder, suffix string) map[string]string {
	tb.Helper()
	paths, err := fs.Glob(os.DirFS(filepath.Join(moduleDir(tb, module), folder)), "*"+suffix)
	if err != nil {
		tb.Fatal(err)
	}
	found := map[string]string{}
	for _, p := range paths {
		found[strings.TrimSuffix(p, suffix)] = filepath.Join(moduleDir(tb, module), folder, p)
	}
	return found
}

// sameNames checks that the folder has exactly the operations of the client.
func sameNames(tb testing.TB, what string, snaps map[string]string, ops map[string]opType) {
	tb.Helper()
	a, b := slices.Sorted(maps.Keys(snaps)), slices.Sorted(maps.Keys(ops))
	if !slices.Equal(a, b) {
		tb.Fatalf("%s: the snapshots are of %v, the client has %v", what, a, b)
	}
}

// send replays a request snapshot, adding only the signature that it lacks.
func (g *rig) send(s snap, body string) *httptest.ResponseRecorder {
	_, path, _ := strings.Cut(s.first, " ")
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	for k, v := range s.header {
		r.Header.Set(k, v)
	}
	r.Header.Set("Authorization", authorization(g.desc.Name))
	w := httptest.NewRecorder()
	g.got = reflect.Value{}
	g.mux.ServeHTTP(w, r)
	return w
}

// TestRequestSnapshots decodes each request which the SDK's own tests pin and
// compares it with the value that request was made from.
func TestRequestSnapshots(t *testing.T) {
	for module, atLeast := range map[string]int{"ecs": 88, "elasticloadbalancingv2": 51, "sts": 11, "sns": 42, "sqs": 23, "cloudwatchlogs": 110, "cloudwatch": 55} {
		t.Run(module, func(t *testing.T) {
			g := newRig(t, module)
			values := literals(t, module, "request_snapshot_test.go", "input")
			snaps := listSnaps(t, module, "request_snapshot", ".request.snap")
			sameNames(t, module, snaps, g.ops)
			passed, leaves := 0, 0
			for _, name := range sortedNames(snaps) {
				lit := values["TestCheckRequestSnapshot_"+name]
				if lit == nil {
					t.Errorf("%s: the SDK's test has no input", name)
					continue
				}
				want := evaluator{g.service.plans.unions}.eval(lit, reflect.PointerTo(g.ops[name].in))
				s := readSnap(t, snaps[name])
				w := g.send(s, s.body)
				if w.Code != 200 || !g.got.IsValid() || g.call.Operation != name {
					t.Errorf("%s: status %d, operation %q: %s", name, w.Code, g.call.Operation, w.Body)
					continue
				}
				if d := diff(name, want, g.got); d != "" {
					t.Error(d)
					continue
				}
				passed++
				leaves += countSet(want)
			}
			t.Logf("%s requests: %d of %d operations, %d leaves", module, passed, len(g.ops), leaves)
			if passed < atLeast {
				t.Errorf("%d requests passed, expected at least %d", passed, atLeast)
			}
		})
	}
}

// countSet counts the leaves of a value.
func countSet(v reflect.Value) (n int) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return 0
		}
		if _, ok := v.Interface().(documentEncoder); ok && v.Kind() == reflect.Interface {
			return 1
		}
		return countSet(v.Elem())
	case reflect.Struct:
		if v.Type() == timeType {
			return 1
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				n += countSet(v.Field(i))
			}
		}
		return n
	case reflect.Slice:
		for i := range v.Len() {
			n += countSet(v.Index(i))
		}
		return n
	default:
		return 1
	}
}

// TestResponseSnapshots encodes the values which the SDK's own tests expect from
// each response, and compares with the body of that response.
func TestResponseSnapshots(t *testing.T) {
	for module, atLeast := range map[string]int{"ecs": 88, "sqs": 20, "cloudwatchlogs": 110} {
		t.Run(module, func(t *testing.T) { checkResponses(t, module, atLeast) })
	}
}

func checkResponses(t *testing.T, module string, atLeast int) {
	g := newRig(t, module)
	values := literals(t, module, "response_snapshot_test.go", "want")
	snaps := listSnaps(t, module, "response_snapshot", ".response.snap")
	for _, summed := range []string{"SendMessage", "SendMessageBatch", "ReceiveMessage"} { // the SDK compares sums there, and so has no snapshots
		if module == "sqs" {
			delete(g.ops, summed)
		}
	}
	sameNames(t, module, snaps, g.ops)
	passed := 0
	for _, name := range sortedNames(snaps) {
		lit := values["TestCheckResponseSnapshot_"+name]
		if lit == nil {
			t.Errorf("%s: the SDK's test has no output", name)
			continue
		}
		g.out = evaluator{g.service.plans.unions}.eval(lit, reflect.PointerTo(g.ops[name].out)).Elem()
		s := readSnap(t, snaps[name])
		w := g.post(name, "{}")
		if strconv.Itoa(w.Code) != s.first || w.Header().Get("Content-Type") != s.header["Content-Type"] {
			t.Errorf("%s: status %d, %v", name, w.Code, w.Header())
			continue
		}
		if !jsonEqual([]byte(s.body), w.Body.Bytes()) {
			t.Errorf("%s:\nwant %s\ngot  %s", name, s.body, w.Body)
			continue
		}
		passed++
	}
	t.Logf("%s responses: %d of %d operations", module, passed, len(g.ops))
	if passed < atLeast {
		t.Errorf("%d responses passed, expected at least %d", passed, atLeast)
	}
}

// TestErrorSnapshots returns each exception of ECS from a handler.
func TestErrorSnapshots(t *testing.T) {
	g := newRig(t, "ecs")
	values := literals(t, "ecs", "response_snapshot_test.go", "want")
	snaps := listSnaps(t, "ecs", "response_snapshot", ".error.snap")
	passed := 0
	for _, name := range sortedNames(snaps) {
		registered, ok := ecs.TypeRegistry.Entries["com.amazonaws.ecs#"+name]
		lit := values["TestCheckResponseSnapshot_Error_"+name]
		if !ok || lit == nil {
			t.Errorf("%s: the SDK has no such exception or no test of it", name)
			continue
		}
		exception := reflect.TypeOf(registered.New())
		err, ok := evaluator{}.eval(lit, exception).Interface().(error)
		if !ok {
			t.Fatalf("%v is no error", exception)
		}
		g.err = fmt.Errorf("describing: %w", err)
		s := readSnap(t, snaps[name])
		w := g.post("DescribeTasks", "{}")
		if strconv.Itoa(w.Code) != s.first || !jsonEqual([]byte(s.body), w.Body.Bytes()) || w.Header().Get("x-amzn-ErrorType") != name {
			t.Errorf("%s:\nwant %s %s\ngot  %d %s %v", name, s.first, s.body, w.Code, w.Body, w.Header())
			continue
		}
		passed++
	}
	t.Logf("ecs errors: %d of %d", passed, len(snaps))
	if passed < 31 || len(g.reports) > 0 {
		t.Errorf("%d errors passed, expected at least 31; reports %v", passed, g.reports)
	}
}

// TestSnapshotComparisonCanFail removes and then changes each member of one
// large request in turn: every single one must be noticed.
func TestSnapshotComparisonCanFail(t *testing.T) {
	g := newRig(t, "ecs")
	lit := literals(t, "ecs", "request_snapshot_test.go", "input")["TestCheckRequestSnapshot_CreateService"]
	want := evaluator{g.service.plans.unions}.eval(lit, reflect.PointerTo(g.ops["CreateService"].in))
	s := readSnap(t, listSnaps(t, "ecs", "request_snapshot", ".request.snap")["CreateService"])
	var body any
	if err := json.Unmarshal([]byte(s.body), &body); err != nil {
		t.Fatal(err)
	}
	tried := 0
	try := func(what string) {
		tried++
		b, _ := json.Marshal(body)
		if w := g.send(s, string(b)); w.Code == 200 && diff("", want, g.got) == "" {
			t.Errorf("%s went unnoticed", what)
		}
	}
	mutate(body, try)
	if tried < 400 {
		t.Errorf("only %d changes were tried", tried)
	}
	if w := g.send(s, s.body); w.Code != 200 || diff("", want, g.got) != "" {
		t.Error("the unchanged request differs")
	}
}

// mutate calls try with each member of v missing, and with each scalar changed.
func mutate(v any, try func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, old := range v {
			delete(v, k)
			try("removing " + k)
			if next := changed(old); next != nil {
				v[k] = next
				try("changing " + k)
			}
			v[k] = old
			mutate(old, try)
		}
	case []any:
		for i, old := range v {
			if next := changed(old); next != nil {
				v[i] = next
				try(fmt.Sprintf("changing [%d]", i))
			}
			v[i] = old
			mutate(old, try)
		}
	}
}

func changed(v any) any {
	switch v := v.(type) {
	case string:
		return v + "x"
	case float64:
		return v + 1
	case bool:
		return !v
	}
	return nil
}
