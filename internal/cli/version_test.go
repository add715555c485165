package cli

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheNewestRelease(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/latest":
			_, _ = w.Write([]byte(`{"tag_name":"v1.4.0","html_url":"https://example.org/v1.4.0","assets":[]}`))
		case "/odd":
			_, _ = w.Write([]byte(`{"name":"something else"}`))
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	for _, c := range []struct{ address, own, says, fails string }{
		{server.URL + "/latest", "v1.3.9", "v1.4.0 is out: https://example.org/v1.4.0", ""},
		{server.URL + "/latest", "v1.4.0", "v1.4.0 is the newest release", ""},
		{server.URL + "/latest", "(devel)", "this build, (devel), is none", ""},
		{server.URL + "/odd", "v1.0.0", "", "names no version"},
		{server.URL + "/none", "v1.0.0", "", "404"},
		{"http://example.org/latest", "v1.0.0", "", "not https"},
		{"", "v1.0.0", "", "knows no list of releases"},
	} {
		got, err := newest(t.Context(), c.address, c.own)
		if !strings.Contains(got, c.says) || (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%s, %s: %q, %v", c.address, c.own, got, err)
		}
	}
}
