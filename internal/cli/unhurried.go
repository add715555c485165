package cli

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// unhurried serves as another handler does, but lets programs with AWS's SDK for Go wait a moment for an answer that does not fit into 4 KB. It is for servers on sockets; who calls a handler directly
// need not wait.
//
// The reason is a race in those programs, which AWS is too far away to show: the SDK closes the body of its request as soon as it has the head of the answer, and where net/http has not yet found that it
// had sent that body to its end, it closes the connection under the rest of the answer. The SDK then silently sends the request again, so that a mutation runs twice. Of 9,000 DescribeServices
// that were answered at once 60 failed so, and of 9,000 that were answered after this none; a call took 1.5 ms instead of 0.3. Handover's own adapter does not need it, see package amazon.
func unhurried(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.UserAgent(), "aws-sdk-go") {
			w = &unhurriedWriter{ResponseWriter: w, request: r}
		}
		next.ServeHTTP(w, r)
	})
}

const (
	moment     = time.Millisecond
	oneReading = 4 << 10 // what net/http reads of an answer at once
	headMost   = 1 << 10 // more than the head of an answer has
)

type unhurriedWriter struct {
	http.ResponseWriter
	request *http.Request
}

// WriteHeader begins an answer, after a moment where it is a large one.
func (u *unhurriedWriter) WriteHeader(status int) {
	if length, err := strconv.Atoi(u.Header().Get("Content-Length")); err == nil && length > oneReading-headMost {
		u.wait()
	}
	u.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach what is beneath.
func (u *unhurriedWriter) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// wait lets a moment pass, unless the client goes.
func (u *unhurriedWriter) wait() {
	timer := time.NewTimer(moment) //nolint:forbidigo // the socket's time, not the world's
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-u.request.Context().Done():
	}
}
