//go:build !planted

package simulate

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"handover/internal/amazon"
	"handover/internal/cluster"
	"handover/internal/emulator"
	"handover/internal/operation"
	"handover/internal/scenario"
	"handover/internal/world"
)

// This file runs operations through the real SDK and the AWS adapter against the emulator, with faults on the wire. Time is that of a synctest bubble.

var wired = flag.Int("wired", 25, "how many seeds go over the wire")

// wire is a network on a bad day: it takes time, and some requests and answers get lost or are refused.
type wire struct {
	next    http.RoundTripper
	latency time.Duration
	percent int // of a hundred requests, so many have a fault

	mu     sync.Mutex
	random *rand.Rand
	calls  map[string]int
	stops  time.Time // when the last StopTask was answered
}

func (w *wire) draw() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.random == nil || w.random.IntN(100) >= w.percent {
		return -1
	}
	return w.random.IntN(4)
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(w.latency)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	ecs := operation != "" && !strings.HasPrefix(r.Header.Get("X-Amz-Target"), "AnyScale")
	fault := w.draw()
	if fault == 0 && ecs {
		return refusal(r, http.StatusBadRequest, "ThrottlingException", "Rate exceeded"), nil
	}
	if fault == 1 && ecs {
		return refusal(r, http.StatusInternalServerError, "ServerException", "Service Unavailable."), nil
	}
	if fault == 2 {
		return nil, io.ErrUnexpectedEOF // the request is lost
	}
	answer, err := w.next.RoundTrip(r)
	w.mu.Lock()
	w.calls[operation]++
	if operation == "StopTask" {
		w.stops = time.Now()
	}
	w.mu.Unlock()
	if fault == 3 {
		return nil, io.ErrUnexpectedEOF // the answer is lost
	}
	return answer, err
}

func refusal(r *http.Request, status int, code, message string) *http.Response {
	body := fmt.Sprintf(`{"__type":%q,"message":%q}`, code, message)
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}
}

// dial reaches a world through the emulator and a wire, as AWS is reached.
func dial(t *testing.T, w *world.World, line *wire, share float64) *amazon.Provider {
	t.Helper()
	line.calls = map[string]int{}
	clock := emulator.NewWall(w.Now(), 1)
	server := emulator.New(emulator.Options{Clock: clock, Throttle: true, Seed: func(cluster.ARN) *world.World { return w }})
	line.next = amazon.Into(server)
	place := scenario.Defaults().Place
	a, err := amazon.Open(t.Context(), amazon.Options{Region: place.Region, EndpointURL: "http://emulator.invalid", Credentials: amazon.NewStatic("x", "y", ""), Transport: line, Share: share})
	if err != nil {
		t.Fatal(err)
	}
	return a.Provider()
}

// TestOperationsOverAFaultyWire holds, for operations through the real SDK, that they end, that everything is as it was, and that they say the truth.
func TestOperationsOverAFaultyWire(t *testing.T) {
	ends := map[string]int{}
	for seed := uint64(1); seed <= uint64(*wired); seed++ {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 11))
			s := drawScene(random, aim{})
			w, err := s.open()
			if err != nil {
				t.Fatal(err)
			}
			f := newFaulty(w, random, drawWork(random, s, aim{}))
			f.silent, f.denies = true, false
			line := &wire{latency: 20 * time.Millisecond}
			provider := dial(t, w, line, 0)
			line.random, line.percent = random, one(random, 0, 2, 8)
			op := f.work.make()
			f.op = f.work.own(op)
			steps := 0
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			d := operation.Driver{Provider: provider, Watch: func(_ operation.Input, d operation.Decision) {
				for _, a := range d.Actions {
					f.truth.changed = append(f.truth.changed, a.Kind())
				}
				if steps++; steps > f.mostSteps() {
					cancel()
				}
			}}
			ending, err := d.Run(ctx, op)
			if err != nil {
				t.Fatalf("seed %d, %s: no end after %d steps: %v\n%s", seed, f.work.name, steps, err, s)
			}
			ends[f.work.name+" "+string(ending.Verdict.End)]++
			f.settled(*ending.Verdict)
			if len(f.broken) > 0 {
				t.Errorf("seed %d, %s, %s %+v:\n%s%s", seed, f.work.name, ending.Verdict.End, ending.Verdict.Cause, s, strings.Join(f.broken, "\n"))
			}
		})
	}
	t.Log(ends)
}
