package emulator

import (
	"bytes"
	"io"
	"net/http"
)

// Transport carries requests straight into a handler, for a client in the same process: no port, and none of the trouble that the SDK has with a very fast
// server, which makes it send a call twice (1 to 4.5 % of the calls whose answer is larger than 4 KB).
func Transport(h http.Handler) http.RoundTripper { return transport{h} }

type transport struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper. A request whose context has ended is not begun; one that has begun is carried out.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }() // nothing more is read of it
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	a := &answer{header: http.Header{}}
	inside := r.Clone(r.Context())
	if inside.Body == nil {
		inside.Body = http.NoBody // what a server's handler may expect
	}
	t.handler.ServeHTTP(a, inside)
	a.WriteHeader(http.StatusOK) // unless the handler has
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.sent, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r,
	}, nil
}

// answer keeps what a handler writes.
type answer struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter: the first call counts.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status, a.sent = status, a.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (a *answer) Write(text []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(text)
}
