package sandbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"handover/internal/cluster"
)

// TestMain lets the tests' own binary be the program of a function: what it does is in a variable of the function.
func TestMain(m *testing.M) {
	if does := os.Getenv("SANDBOX_TEST"); does != "" {
		program(does)
	}
	os.Exit(m.Run())
}

// program talks to the runtime API as a function's runtime does, until it is killed.
func program(does string) {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	post := func(path, body string) {
		if r, err := http.Post(api+path, "application/json", strings.NewReader(body)); err == nil {
			_ = r.Body.Close()
		}
	}
	for n := 1; ; n++ {
		if does == "never asks" {
			os.Exit(3)
		}
		r, err := http.Get(api + "invocation/next")
		if err != nil {
			os.Exit(4)
		}
		payload, _ := io.ReadAll(r.Body) // a payload of a test
		_ = r.Body.Close()
		id := r.Header.Get("Lambda-Runtime-Aws-Request-Id")
		fmt.Println("line of " + id)
		switch does {
		case "echoes":
			post("invocation/"+id+"/response", fmt.Sprintf(`{"n":%d,"payload":%s,"secret":%q,"mine":%q,"deadline":%q,"arn":%q}`, n, payload, os.Getenv("SANDBOX_SECRET"), os.Getenv("MINE"),
				r.Header.Get("Lambda-Runtime-Deadline-Ms"), r.Header.Get("Lambda-Runtime-Invoked-Function-Arn")))
		case "fails":
			post("invocation/"+id+"/error", `{"errorMessage":"no","errorType":"Sad"}`)
		case "babbles":
			post("invocation/"+id+"/response", "not JSON")
		case "answers another":
			post("invocation/other/response", `"stolen"`)
			post("invocation/"+id+"/response", `"mine"`)
		case "dies":
			os.Exit(5)
		case "hangs":
			select {}
		}
	}
}

// host is one whose folder has the tests' own binary as the program f.
func host(t *testing.T) *Host {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Link(own, filepath.Join(folder, "f")); err != nil {
		content, err := os.ReadFile(own)
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, "f"), content, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	h, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func job(id, does string) Job {
	return Job{ID: id, Payload: `{"a":1}`, Deadline: time.UnixMilli(1767225600123), Region: "eu-west-1", Endpoint: "http://127.0.0.1:1",
		Function: cluster.Function{Name: "f", ARN: "arn:aws:lambda:eu-west-1:123456789012:function:f", Program: "f", Revision: 1, Environment: map[string]string{"SANDBOX_TEST": does, "MINE": "yes"}}}
}

// TestAProgramIsGivenItsInvocations: payload, deadline and ARN as they are, and of the environment nothing but what is the function's. One process takes one invocation after the
// other, as long as its function is as it was.
func TestAProgramIsGivenItsInvocations(t *testing.T) {
	t.Setenv("SANDBOX_SECRET", "of the emulator")
	h := host(t)
	var mu sync.Mutex
	var lines []string
	run := func(id string, revision int) string {
		j := job(id, "echoes")
		j.Function.Revision = revision
		j.Log = func(line string) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, line)
		}
		r := h.Run(t.Context(), j)
		if r.Failed {
			t.Errorf("%s: %s", id, r.Answer)
		}
		return r.Answer
	}
	for i, want := range []struct {
		revision int
		n        int
	}{{1, 1}, {1, 2}, {2, 1}} {
		got := run(fmt.Sprint("request-", i), want.revision)
		if got != fmt.Sprintf(`{"n":%d,"payload":{"a":1},"secret":"","mine":"yes","deadline":"1767225600123","arn":"arn:aws:lambda:eu-west-1:123456789012:function:f"}`, want.n) {
			t.Errorf("invocation %d: %s", i, got)
		}
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if strings.Join(lines, ",") != "line of request-0,line of request-1,line of request-2" {
		t.Errorf("%q", lines)
	}
}

// TestHowInvocationsFail: a program that says so, that says nonsense, that dies before it asks or after, and one that is given up, each in Lambda's words.
func TestHowInvocationsFail(t *testing.T) {
	h := host(t)
	for does, want := range map[string]string{
		"fails": `{"errorMessage":"no","errorType":"Sad"}`, "babbles": "Runtime.MarshalError", "dies": "Runtime.ExitError", "never asks": "Runtime.ExitError",
	} {
		j := job("request-1", does)
		j.Function.ARN += does
		if r := h.Run(t.Context(), j); !r.Failed || !strings.Contains(r.Answer, want) {
			t.Errorf("%s: %+v, want %s", does, r, want)
		}
	}
	if r := h.Run(t.Context(), job("request-1", "answers another")); r.Failed || r.Answer != `"mine"` {
		t.Errorf("the answer to another request counts: %+v", r)
	}
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan bool, 1)
	j := job("request-1", "hangs")
	j.Function.ARN += "hangs"
	j.Log = func(string) { begun <- true }
	go func() {
		<-begun
		cancel()
	}()
	if r := h.Run(ctx, j); !r.Failed || !strings.Contains(r.Answer, "Sandbox.Killed") {
		t.Errorf("given up: %+v", r)
	}
	j = job("request-1", "echoes")
	j.Function.ARN, j.Function.Program = "other", "g"
	if r := h.Run(t.Context(), j); !r.Failed || !strings.Contains(r.Answer, "Runtime.InvalidEntrypoint") {
		t.Errorf("a program that is not there: %+v", r)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if r := h.Run(t.Context(), job("request-1", "echoes")); !r.Failed || !strings.Contains(r.Answer, "the emulator ends") {
		t.Errorf("after the end: %+v", r)
	}
}
