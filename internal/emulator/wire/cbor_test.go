package wire

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

// TestNumbersInCBOR has the examples of RFC 8949, appendix A, that a member may be.
func TestNumbersInCBOR(t *testing.T) {
	for _, c := range []struct {
		text string
		want float64
	}{
		{"00", 0}, {"17", 23}, {"1818", 24}, {"1903e8", 1000}, {"1a000f4240", 1000000}, {"1b000000e8d4a51000", 1000000000000}, {"20", -1}, {"3903e7", -1000},
		{"f90000", 0}, {"f93c00", 1}, {"f93e00", 1.5}, {"f97bff", 65504}, {"f90001", 5.960464477539063e-8}, {"f90400", 0.00006103515625}, {"f9c400", -4},
		{"fa47c35000", 100000}, {"fb3ff199999999999a", 1.1}, {"fbc010666666666666", -4.1}, {"f97c00", math.Inf(1)}, {"f9fc00", math.Inf(-1)},
	} {
		got, err := decodeCBOR("a165526174696f" + c.text) // {"Ratio": …}
		if err != nil || *got.Ratio != c.want {
			t.Errorf("%s: %v, %v, want %v", c.text, got.Ratio, err, c.want)
		}
	}
	if got, err := decodeCBOR("a165526174696ff97e00"); err != nil || !math.IsNaN(*got.Ratio) {
		t.Errorf("f97e00: %v", err)
	}
}

func TestDecodeCBORRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "", // nothing was said
		"a0":                               "",
		"a1644e616d65f6":                   "", // a null is an absent member
		"bf644e616d657f61616162ffff":       "", // {"Name": "ab"} without lengths
		"a161788201a16179c101":             "", // a member that nobody knows
		"a0a0":                             "The request body is not valid CBOR at byte 1.",
		"bf":                               "The request body is not valid CBOR at byte 1.",
		"a1":                               "The request body is not valid CBOR at byte 1.",
		"a1644e616d65":                     "The request body is not valid CBOR at byte 6.",
		"a1644e616d65bfff":                 "Start of structure or map found where not expected",
		"a1644e616d6580":                   "Start of list found where not expected",
		"a1644e616d65627a":                 "The request body is not valid CBOR at byte 7.",
		"a1644e616d6562c328":               "The request body is not valid UTF-8.",
		"a165436f756e746161":               "STRING_VALUE can not be converted to an Integer",
		"a165436f756e741b7fffffffffffffff": "Unexpected field type",
		"a165436f756e74fb3ff199999999999a": "Unexpected field type",
		"a1624174fb3ff199999999999a":       "Unexpected field type", // a time without its tag
		"a1645461677301":                   "Unexpected field type",
		"a164546167739f6161":               "The request body is not valid CBOR at byte 9.",
		"a10101":                           "The request body is not valid CBOR at byte 2.",
		"a16553686170 65a0":                "A union must have exactly one member set, found 0",
		"a1644672656501":                   "Unexpected field type",
		"a16178" + strings.Repeat("81", MaxDepth+1) + "01": "The request is nested deeper than 64 levels.",
		"a16178" + strings.Repeat("c1", MaxDepth+1) + "01": "The request is nested deeper than 64 levels.",
		"9b7fffffffffffffff":             "Start of list found where not expected",
		"a164546167739b7fffffffffffffff": "The request body is not valid CBOR at byte 15.",
	} {
		_, err := decodeCBOR(strings.ReplaceAll(text, " ", ""))
		var f *failure
		got := ""
		if errors.As(err, &f) {
			got = f.message
		}
		if got != want || err != nil && f == nil {
			t.Errorf("%.60s: %v, want %s", text, err, want)
		}
	}
}

func decodeCBOR(text string) (*DrawInput, error) {
	body, err := hex.DecodeString(text)
	if err != nil {
		return nil, err
	}
	in := new(DrawInput)
	op := drawService(false, nil).operations["Draw"]
	return in, cborDialect{}.decode(&input{body: body}, op.in, reflect.ValueOf(in).Elem())
}

// TestErrorsInCBOR returns each exception of CloudWatch from a handler: the SDK must see the exception, and its Query code in a header.
func TestErrorsInCBOR(t *testing.T) {
	g := newRig(t, "cloudwatch")
	values := literals(t, "cloudwatch", "response_snapshot_test.go", "want")
	snaps := listSnaps(t, "cloudwatch", "response_snapshot", ".error.snap")
	passed := 0
	for _, name := range sortedNames(snaps) {
		registered, ok := cloudwatch.TypeRegistry.Entries["com.amazonaws.cloudwatch#"+name]
		lit := values["TestCheckResponseSnapshot_Error_"+name]
		if !ok || lit == nil {
			t.Errorf("%s: the SDK has no such exception or no test of it", name)
			continue
		}
		exception := reflect.TypeOf(registered.New())
		want := evaluator{}.eval(lit, exception)
		g.err = fmt.Errorf("describing: %w", want.Interface().(error))
		_, err := g.invoke("DescribeAlarms", reflect.ValueOf(&cloudwatch.DescribeAlarmsInput{}))
		got := reflect.New(exception)
		if !errors.As(err, got.Interface()) {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		passed++
	}
	if passed < 19 {
		t.Errorf("%d errors passed, expected at least 19", passed)
	}
}

// TestPackedBodies: a body may be packed, and is not longer unpacked than others may be.
func TestPackedBodies(t *testing.T) {
	g := newRig(t, "cloudwatch")
	g.out = reflect.ValueOf(cloudwatch.DescribeAlarmsOutput{})
	for size, want := range map[int]int{10: http.StatusOK, MaxBody: http.StatusRequestEntityTooLarge} {
		var body bytes.Buffer
		packed := gzip.NewWriter(&body)
		_, _ = packed.Write([]byte(`{"AlarmNamePrefix":"` + strings.Repeat("a", size) + `"}`))
		_ = packed.Close()
		r := httptest.NewRequest("POST", "/", &body)
		r.Header.Set("Authorization", authorization("monitoring"))
		r.Header.Set("X-Amz-Target", "GraniteServiceVersion20100801.DescribeAlarms")
		r.Header.Set("Content-Encoding", "gzip")
		w := httptest.NewRecorder()
		g.mux.ServeHTTP(w, r)
		if w.Code != want || w.Header().Get("Content-Length") != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%d bytes: %d %v %s", size, w.Code, w.Header(), w.Body)
		}
	}
}
