package sandbox

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// environment is one process of a function with the runtime API that it talks to.
type environment struct {
	key, revision string
	cmd           *exec.Cmd
	server        *http.Server
	tasks         chan *task
	exited        chan struct{} // closed when the process has ended
	fate          error         // how; read after exited

	mu      sync.Mutex
	current *task // what the process works on; nil: nothing
	logged  *task // what its lines belong to: what it works on, or has worked on last
}

// task is an invocation on its way through a process.
type task struct {
	Job
	result chan Result // has room for one
	once   sync.Once
}

func (t *task) end(r Result) { t.once.Do(func() { t.result <- r }) }

// gone tells whether the process has ended.
func (e *environment) gone() bool {
	select {
	case <-e.exited:
		return true
	default:
		return false
	}
}

// launch starts a program with a runtime API of its own.
func launch(program string, job Job) (*environment, error) {
	e := &environment{tasks: make(chan *task), exited: make(chan struct{}), logged: &task{Job: job}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serving the runtime API: %w", err)
	}
	e.server = &http.Server{Handler: e.routes(), ReadHeaderTimeout: 10 * time.Second}
	e.cmd = exec.Command(program) //nolint:gosec // a program of the folder that the operator named
	e.cmd.Env, e.cmd.Dir = variables(program, listener.Addr().String(), job), filepath.Dir(program)
	out, in, err := os.Pipe()
	if err != nil {
		_ = listener.Close()
		return nil, fmt.Errorf("reading the program's output: %w", err)
	}
	e.cmd.Stdout, e.cmd.Stderr = in, in
	if err := e.cmd.Start(); err != nil {
		_, _, _ = listener.Close(), out.Close(), in.Close() // the error is that of the start
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(program), err)
	}
	_ = in.Close() // the child has its own
	go func() { _ = e.server.Serve(listener) }()
	go e.read(out)
	go e.wait()
	return e, nil
}

// variables are the environment of a program. Source: Lambda developer guide, configuration-envvars, defined runtime environment variables.
func variables(program, address string, job Job) []string {
	f := job.Function
	all := maps.Clone(f.Environment)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, map[string]string{
		"AWS_LAMBDA_RUNTIME_API": address, "AWS_LAMBDA_FUNCTION_NAME": f.Name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.Memory),
		"AWS_LAMBDA_LOG_GROUP_NAME": f.LogGroup, "AWS_LAMBDA_LOG_STREAM_NAME": LogStream, "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "_HANDLER": "bootstrap",
		"AWS_REGION": job.Region, "AWS_DEFAULT_REGION": job.Region, "AWS_ACCESS_KEY_ID": "ASIAEMULATED", "AWS_SECRET_ACCESS_KEY": "emulated", "AWS_SESSION_TOKEN": "emulated",
		"AWS_ENDPOINT_URL": job.Endpoint, "LAMBDA_TASK_ROOT": filepath.Dir(program), "LAMBDA_RUNTIME_DIR": "/var/runtime", "LANG": "en_US.UTF-8", "TZ": ":UTC",
		"PATH": "/usr/local/bin:/usr/bin:/bin:/opt/bin",
	})
	var list []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name+"="+all[name])
	}
	return list
}

// LogStream is the log stream that every process of a function is told that its lines go to.
const LogStream = "[$LATEST]emulated"

// read hands the lines of a program on, to the log of what it works on.
func (e *environment) read(out io.ReadCloser) {
	defer func() { _ = out.Close() }()
	lines := bufio.NewReaderSize(out, 64<<10)
	for {
		line, err := lines.ReadString('\n')
		if line = strings.TrimRight(line, "\n"); line != "" {
			e.mu.Lock()
			if e.logged != nil && e.logged.Log != nil {
				e.logged.Log(line)
			}
			e.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

func (e *environment) wait() {
	e.fate = e.cmd.Wait()
	if e.fate == nil {
		e.fate = fmt.Errorf("exit status 0")
	}
	_ = e.server.Close() // nobody is left to ask
	close(e.exited)
}

// kill ends the process and waits for its end.
func (e *environment) kill() {
	_ = e.cmd.Process.Kill() // it may have ended by itself
	<-e.exited
}

// largestAnswer is how much a function may give back. Source: Lambda quotas.
const largestAnswer = 6 << 20

// routes are the requests of the runtime API. Source: Lambda developer guide, runtimes-api.
func (e *environment) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", e.next)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", e.response)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", e.failure)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", e.initFailure)
	return mux
}

func (e *environment) next(w http.ResponseWriter, r *http.Request) {
	var t *task
	select {
	case t = <-e.tasks:
	case <-r.Context().Done():
		return
	}
	e.mu.Lock()
	e.current, e.logged = t, t
	e.mu.Unlock()
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", t.ID)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(t.Deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", t.Function.ARN)
	h.Set("Lambda-Runtime-Trace-Id", t.Trace)
	_, _ = io.WriteString(w, t.Payload) // a program that has gone is seen by its end
}

// of gives what the process works on, if that is what the request is about.
func (e *environment) of(w http.ResponseWriter, r *http.Request) (t *task, body []byte, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestAnswer))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", largestAnswer))
		return nil, nil, false
	}
	e.mu.Lock()
	t = e.current
	e.mu.Unlock()
	if t == nil || t.ID != r.PathValue("id") {
		answer(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return nil, nil, false
	}
	return t, body, true
}

// done lets a process be given its next task.
func (e *environment) done(w http.ResponseWriter, t *task, r Result) {
	e.mu.Lock()
	e.current = nil
	e.mu.Unlock()
	answer(w, http.StatusAccepted, "", "")
	t.end(r)
}

func (e *environment) response(w http.ResponseWriter, r *http.Request) {
	t, body, ok := e.of(w, r)
	if !ok {
		return
	}
	text := strings.TrimSpace(string(body))
	if text == "" {
		text = "null"
	}
	if !json.Valid([]byte(text)) {
		e.done(w, t, failed("Runtime.MarshalError", "RequestId: %s Error: the answer is no JSON", t.ID))
		return
	}
	e.done(w, t, Result{Answer: text})
}

func (e *environment) failure(w http.ResponseWriter, r *http.Request) {
	t, body, ok := e.of(w, r)
	if !ok {
		return
	}
	if !json.Valid(body) {
		e.done(w, t, failed("Runtime.Unknown", "RequestId: %s Error: the error is no JSON", t.ID))
		return
	}
	e.done(w, t, Result{Failed: true, Answer: string(body)})
}

// initFailure is a program that says why it cannot begin; what it was started for fails when it has ended.
func (e *environment) initFailure(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, largestAnswer)) // the program writes the same to its output
	answer(w, http.StatusAccepted, "", "")
}

func answer(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if kind != "" {
		_, _ = fmt.Fprintf(w, `{"errorType":%q,"errorMessage":%q}`, kind, message) // as above
		return
	}
	_, _ = io.WriteString(w, `{"status":"OK"}`) // as above
}
