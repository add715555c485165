package wire

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The operations of a REST service: their members stand in the path, the query, headers and the body.
type (
	GetShapeInput struct {
		Name    *string
		Most    *int32
		Exact   bool
		Colours []string
		Mode    string
		Text    *string
	}
	GetShapeOutput struct {
		Name   *string
		Marker *string
		Total  int32
	}
	RunShapeInput struct {
		Name    *string
		Payload []byte
	}
	RunShapeOutput struct {
		Status  int32
		Error   *string
		Payload []byte
	}
	DropShapeInput  struct{ Name *string }
	DropShapeOutput struct{}
)

// shapes is a service on routes; seen is told what its handlers were given.
func shapes(seen func(any)) *Mux {
	s := NewService(Description{Name: "shapes", Version: "2015-03-31", Protocol: RESTJSON, InternalCode: "ServiceException", Routes: map[string]Route{
		"GetShape":  {Method: http.MethodGet, Path: "/2015-03-31/shapes/{Name}", Status: 200, Headers: map[string]string{"Mode": "X-Mode", "Marker": "X-Marker"}},
		"RunShape":  {Method: http.MethodPost, Path: "/2015-03-31/shapes/{Name}/runs", Status: 200, Payload: "Payload", Code: "Status", Headers: map[string]string{"Error": "X-Error"}},
		"DropShape": {Method: http.MethodDelete, Path: "/2015-03-31/shapes/{Name}", Status: 204},
	}})
	Handle(s, func(_ context.Context, in *GetShapeInput) (*GetShapeOutput, error) {
		seen(*in)
		if *in.Name == "none" {
			return nil, &Error{Code: "ResourceNotFoundException", Message: "no shape \"none\"", Status: 404}
		}
		marker := "next"
		return &GetShapeOutput{Name: in.Name, Marker: &marker, Total: 3}, nil
	})
	Handle(s, func(_ context.Context, in *RunShapeInput) (*RunShapeOutput, error) {
		seen(*in)
		if string(in.Payload) == "fail" {
			unhandled := "Unhandled"
			return &RunShapeOutput{Error: &unhandled, Payload: []byte(`{"errorMessage":"x"}`)}, nil
		}
		return &RunShapeOutput{Status: 202, Payload: in.Payload}, nil
	})
	Handle(s, func(_ context.Context, in *DropShapeInput) (*DropShapeOutput, error) {
		seen(*in)
		return &DropShapeOutput{}, nil
	})
	return NewMux(Hooks{RequestID: func() string { return "id" }}, s)
}

func ask(m *Mux, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/shapes/aws4_request, SignedHeaders=host, Signature=0")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w
}

// TestRESTMembersComeFromWhereTheyStand: from the path, unescaped; from the query, whichever case its first letter has; from headers; and from the body.
func TestRESTMembersComeFromWhereTheyStand(t *testing.T) {
	var got GetShapeInput
	m := shapes(func(in any) { got, _ = in.(GetShapeInput) })
	w := ask(m, http.MethodGet, "/2015-03-31/shapes/a%2Fb%20c?Most=7&exact=true&colours=red&colours=blue", `{"Text":"é"}`, "X-Mode", "dry")
	if w.Code != 200 || w.Header().Get("X-Marker") != "next" || !strings.Contains(w.Body.String(), `"Name":"a/b c"`) || !strings.Contains(w.Body.String(), `"Total":3`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if got.Name == nil || *got.Name != "a/b c" || got.Most == nil || *got.Most != 7 || !got.Exact || strings.Join(got.Colours, ",") != "red,blue" || got.Mode != "dry" || got.Text == nil || *got.Text != "é" {
		t.Errorf("%+v", got)
	}
}

// TestRESTAnswers: a body that is one member as it is, a status that a member sets, no body at all, and errors with their status and type.
func TestRESTAnswers(t *testing.T) {
	m := shapes(func(any) {})
	for _, c := range []struct {
		method, target, body string
		status               int
		answer, header, has  string
	}{
		{http.MethodPost, "/2015-03-31/shapes/a/runs", "not JSON", 202, "not JSON", "X-Error", ""},
		{http.MethodPost, "/2015-03-31/shapes/a/runs", "fail", 200, `{"errorMessage":"x"}`, "X-Error", "Unhandled"},
		{http.MethodDelete, "/2015-03-31/shapes/a", "", 204, "", "X-Error", ""},
		{http.MethodDelete, "/2015-03-31/shapes/a/", "", 204, "", "X-Error", ""},
		{http.MethodGet, "/2015-03-31/shapes/none", "", 404, `{"Type":"User","Message":"no shape \"none\""}`, "X-Amzn-ErrorType", "ResourceNotFoundException"},
	} {
		w := ask(m, c.method, c.target, c.body)
		if w.Code != c.status || w.Body.String() != c.answer || w.Header().Get(c.header) != c.has {
			t.Errorf("%s %s: %d %q %s=%q, want %d %q %q", c.method, c.target, w.Code, w.Body, c.header, w.Header().Get(c.header), c.status, c.answer, c.has)
		}
	}
}

// TestRESTRefusals: what is on no route, a number that is none, and a body that is no JSON are refused, and no handler hears of them.
func TestRESTRefusals(t *testing.T) {
	m := shapes(func(in any) { t.Errorf("a handler was given %+v", in) })
	for _, c := range []struct{ method, target, body, says string }{
		{http.MethodPut, "/2015-03-31/shapes/a", "", ""},
		{http.MethodGet, "/2015-03-31/shapes", "", ""},
		{http.MethodGet, "/2015-03-31/shapes/a?Most=many", "", "can not be converted to an Integer: Most"},
		{http.MethodGet, "/2015-03-31/shapes/a?Most=99999999999", "", "can not be converted to an Integer: Most"},
		{http.MethodGet, "/2015-03-31/shapes/a", `{"Text":`, ""},
		{http.MethodGet, "/2015-03-31/shapes/a", "{\"Text\":\"\xff\"}", "not valid UTF-8"},
	} {
		w := ask(m, c.method, c.target, c.body)
		if w.Code < 400 || w.Code >= 500 || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s: %d %s", c.method, c.target, w.Code, w.Body)
		}
	}
}
