package wire

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"reflect"
	"testing"
)

// FuzzDecodeJSON checks, besides that nothing panics: what is accepted is JSON;
// what is not JSON is refused; and what was decoded survives being encoded and
// decoded again.
func FuzzDecodeJSON(f *testing.F) {
	for _, body := range []string{
		`{"name":"a","count":5,"ratio":1e3,"on":true,"at":1.5,"data":"AP8="}`,
		`{"tags":["a"],"points":[{"x":1,"next":{"y":2}}],"labels":{"a":"b"},"grid":[[1]]}`,
		`{"shape":{"circle":"NaN"},"free":{"a":[null,1.5]},"byName":{"r":{}},"times":[0,-1]}`,
		`{"shape":{"path":[{}]},"x":{"y":[[[]]]}}`, `{"name":null}`, `{"count":"5"}`, `[`, `{"a":"\ud800"}`,
	} {
		f.Add([]byte(body))
	}
	op := drawService(true, nil).operations["Draw"]
	f.Fuzz(func(t *testing.T, body []byte) {
		in := &input{method: "POST", body: body}
		if fail := (jsonDialect{}).parse(in); fail != nil {
			return
		}
		got := new(DrawInput)
		err := jsonDialect{}.decode(in, op.in, reflect.ValueOf(got).Elem())
		if err != nil {
			var known *failure
			if !errors.As(err, &known) {
				t.Fatalf("%T is no failure", err)
			}
			return
		}
		if len(body) > 0 && !json.Valid(body) {
			t.Fatalf("accepted what is not JSON: %q", body)
		}
		first, err := jsonDialect{}.appendAnswer(nil, nil, op, reflect.ValueOf(got).Elem(), "")
		if err != nil || !json.Valid(first) {
			t.Fatalf("encoding again: %v: %s", err, first)
		}
		again := new(DrawInput)
		if err := (jsonDialect{}).decode(&input{body: first}, op.in, reflect.ValueOf(again).Elem()); err != nil {
			t.Fatalf("decoding again: %v: %s", err, first)
		}
		second, err := jsonDialect{}.appendAnswer(nil, nil, op, reflect.ValueOf(again).Elem(), "")
		if err != nil || string(first) != string(second) {
			t.Fatalf("%v:\nfirst  %s\nsecond %s", err, first, second)
		}
	})
}

// FuzzDecodeCBOR checks that nothing panics, and that what was decoded survives
// being encoded and decoded again. What decodes in CBOR is, in JSON, the same.
func FuzzDecodeCBOR(f *testing.F) {
	op := drawService(false, nil).operations["Draw"]
	for _, body := range []string{
		`{"Name":"a","Count":5,"Ratio":1e3,"On":true,"At":1.5,"Data":"AP8="}`,
		`{"Tags":["a"],"Points":[{"X":1,"Next":{"Y":2}}],"Labels":{"a":"b"},"Grid":[[1]],"Shape":{"Path":[{}]}}`,
	} {
		in := new(DrawInput)
		if err := (jsonDialect{}).decode(&input{body: []byte(body)}, op.in, reflect.ValueOf(in).Elem()); err != nil {
			f.Fatal(err)
		}
		text, err := cborDialect{}.appendAnswer(nil, nil, op, reflect.ValueOf(in).Elem(), "")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, body := range []string{"\xbf\xff", "\xa1\x64Name\x7f\x61a\x61b\xff", "\xa1\x65Ratio\xf9\x3c\x00", "\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", "\xa1\x61x\xc1\xc1\xc1\x00"} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := new(DrawInput)
		if err := (cborDialect{}).decode(&input{body: body}, op.in, reflect.ValueOf(got).Elem()); err != nil {
			var known *failure
			if !errors.As(err, &known) {
				t.Fatalf("%T is no failure", err)
			}
			return
		}
		text, err := cborDialect{}.appendAnswer(nil, nil, op, reflect.ValueOf(got).Elem(), "")
		if err != nil {
			t.Fatalf("encoding again: %v", err)
		}
		again := new(DrawInput)
		if err := (cborDialect{}).decode(&input{body: text}, op.in, reflect.ValueOf(again).Elem()); err != nil {
			t.Fatalf("decoding again: %v: %x", err, text)
		}
		a, errA := jsonDialect{}.appendAnswer(nil, nil, op, reflect.ValueOf(got).Elem(), "")
		b, errB := jsonDialect{}.appendAnswer(nil, nil, op, reflect.ValueOf(again).Elem(), "")
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Fatalf("%s %v\n%s %v", a, errA, b, errB)
		}
	})
}

// FuzzDecodeQuery checks that nothing panics, and that one form has one meaning.
func FuzzDecodeQuery(f *testing.F) {
	for _, body := range []string{
		`Name=a&Count=5&Ratio=1e3&On=true&At=2020-01-01T00:00:00Z&Data=AP8%3D`,
		`Tags.member.1=a&Tags.member.2=b&Points.member.1.Next.X=5&Grid.member.1.member.1=1`,
		`Labels.entry.1.key=a&Labels.entry.1.value=b&ByName.entry.1.value.X=1`,
		`Tags=`, `Tags.member=`, `.`, `..`, `Tags..1=a`, `Tags.member.1.=`, `Shape.Circle=1`, `=`,
	} {
		f.Add(body)
	}
	op := drawService(false, nil).operations["Draw"]
	decode := func(body string) (*DrawInput, error) {
		in := &input{method: "POST", body: []byte("Action=Draw&" + body)}
		if fail := awsQuery.parse(in); fail != nil {
			return nil, fail
		}
		got := new(DrawInput)
		return got, awsQuery.decode(in, op.in, reflect.ValueOf(got).Elem())
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := decode(body)
		if err != nil {
			var known *failure
			if !errors.As(err, &known) {
				t.Fatalf("%T is no failure", err)
			}
			return
		}
		values, _ := url.ParseQuery(body)
		again, err := decode(values.Encode())
		if err != nil {
			t.Fatalf("the same form in another order: %v", err)
		}
		a, errA := jsonDialect{}.appendAnswer(nil, nil, op, reflect.ValueOf(got).Elem(), "")
		b, errB := jsonDialect{}.appendAnswer(nil, nil, op, reflect.ValueOf(again).Elem(), "")
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Fatalf("%s %v\n%s %v", a, errA, b, errB)
		}
		if _, err := awsQuery.appendAnswer(nil, drawService(false, nil), op, reflect.ValueOf(got).Elem(), "id"); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzAuthorization checks the one header that is parsed by hand.
func FuzzAuthorization(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=A/20261121/x/y/aws4_request,SignedHeaders=host,Signature=abc")
	f.Add("AWS4-HMAC-SHA256 a=b,=,")
	m := NewMux(Hooks{RequestID: func() string { return "id" }}, drawService(true, nil))
	f.Fuzz(func(t *testing.T, header string) {
		r := request("POST /", "{}", "X-Amz-Target", "Draw.Draw")
		r.Header["Authorization"] = []string{header}
		w := httptest.NewRecorder()
		m.ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) || w.Code != 200 && w.Code != 400 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	})
}
