package amazon

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"handover/internal/cluster"
)

// One caller, a server that answers at once, and answers of 110 KB are what shows the connection race best. Without inMemory, about 1 % of these calls lose their
// answer; under the SDK's own rule for retries, the server then sees 17 calls more than the 1,600 that were made.
func TestNoMutationIsDoubledOrLostByAFastServer(t *testing.T) {
	const calls = 800
	var received atomic.Int64
	body := `{"service":{"deployments":[{"id":"ecs-svc/9","status":"PRIMARY"}],"events":[` + strings.TrimSuffix(strings.Repeat(`{"message":"(service api) has reached a steady state."},`, 2000), ",") + `]}}`
	f := newFake(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateService") {
			f.ServeHTTP(w, r)
			return
		}
		_, _ = io.ReadAll(r.Body)
		received.Add(1)
		_, _ = io.WriteString(w, body)
	}))
	defer server.Close()
	o := fakeOptions(nil)
	o.EndpointURL, o.Share = server.URL, -1
	p := openOn(t, o)
	lost := 0
	for range calls {
		if got := applyOne(t, p, force); got.Result != cluster.Done {
			lost++
		}
	}
	if received.Load() != calls || lost != 0 {
		t.Errorf("%d calls were made and %d received, %d without an answer", calls, received.Load(), lost)
	}
}

// A connection that is cut after the request was written loses the answer; one that cannot be had has not sent anything.
func TestOverTheNetwork(t *testing.T) {
	var received atomic.Int64
	f := newFake(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".UpdateService") {
			f.ServeHTTP(w, r)
			return
		}
		received.Add(1)
		_, _ = io.ReadAll(r.Body)
		connection, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = connection.(*net.TCPConn).SetLinger(0)
			err = connection.Close()
		}
		if err != nil {
			t.Errorf("cutting the connection: %v", err)
		}
	}))
	defer server.Close()
	o := fakeOptions(nil)
	o.EndpointURL = server.URL
	if got := applyOne(t, openOn(t, o), force); got.Result != cluster.Unknown || got.Err.Code != codeAnswerLost || received.Load() != 1 {
		t.Errorf("got %+v %v after %d requests", got, got.Err, received.Load())
	}
}

func TestObserverHearsOfEachAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t)
		n := 0
		f.handles["StopTask"] = func(w http.ResponseWriter, in input) {
			w.Header().Set("X-Amzn-Requestid", "request-1")
			if n++; n == 1 {
				answerError(400, "ThrottlingException", "Rate exceeded")(w, in)
				return
			}
			answer(`{"task":{}}`)(w, in)
		}
		var heard []string
		o := fakeOptions(Into(f))
		o.Observer = func(c Call) {
			heard = append(heard, fmt.Sprint(c.Service, " ", c.Operation, " ", c.Mutation, " ", c.Status, " ", c.RequestID))
		}
		applyOne(t, openOn(t, o), cluster.StopTask{Cluster: "prod", Task: "ab"})
		want := "STS GetCallerIdentity false 200 ;ECS StopTask true 400 request-1;ECS StopTask true 200 request-1"
		if got := strings.Join(heard, ";"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
