package amazon

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// fake is AWS in memory: it answers each operation by a function, and STS by itself. Operations are named as on the wire, DescribeServices.
type fake struct {
	t       *testing.T
	mu      sync.Mutex
	handles map[string]func(w http.ResponseWriter, in input)
	calls   []string
	agents  []string
	header  http.Header
}

// input is a request: the JSON of ECS and ECR, or the form of ELBv2 and STS.
type input struct {
	json map[string]any
	form url.Values
}

func (in input) text(key string) string { s, _ := in.json[key].(string); return s }

func (in input) list(key string) []string {
	var out []string
	values, _ := in.json[key].([]any)
	for _, v := range values {
		out = append(out, v.(string))
	}
	return out
}

func newFake(t *testing.T) *fake {
	return &fake{t: t, header: http.Header{}, handles: map[string]func(http.ResponseWriter, input){
		"GetCallerIdentity": answerXML(`<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-cn:sts::111122223333:assumed-role/deploy/alice</Arn><UserId>A:alice</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`),
	}}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Errorf("reading a request: %v", err)
	}
	var in input
	_, operation, isJSON := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if isJSON {
		if err := json.Unmarshal(body, &in.json); err != nil {
			f.t.Errorf("%s: %v", operation, err)
		}
	} else {
		in.form, _ = url.ParseQuery(string(body))
		operation = in.form.Get("Action")
	}
	f.mu.Lock()
	f.calls = append(f.calls, operation)
	f.agents = append(f.agents, r.UserAgent())
	for name, values := range f.header {
		w.Header()[name] = values
	}
	handle := f.handles[operation]
	f.mu.Unlock()
	if handle == nil {
		f.t.Errorf("unexpected call of %s: %s", operation, body)
		answerError(http.StatusBadRequest, "UnexpectedCall", operation)(w, in)
		return
	}
	handle(w, in)
}

func (f *fake) count(operation string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.calls {
		if c == operation {
			n++
		}
	}
	return n
}

func answer(format string, args ...any) func(http.ResponseWriter, input) {
	return func(w http.ResponseWriter, _ input) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = fmt.Fprintf(w, format, args...)
	}
}

func answerXML(format string, args ...any) func(http.ResponseWriter, input) {
	return func(w http.ResponseWriter, _ input) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = fmt.Fprintf(w, format, args...)
	}
}

func answerError(status int, code, message string) func(http.ResponseWriter, input) {
	return func(w http.ResponseWriter, in input) {
		if in.form != nil {
			w.Header().Set("Content-Type", "text/xml")
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>r</RequestId></ErrorResponse>`, code, message)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"__type":%q,"message":%q}`, code, message)
	}
}

func fakeOptions(transport http.RoundTripper) Options {
	return Options{Region: "cn-north-1", EndpointURL: "http://aws.test", Credentials: NewStatic("AKIDEXAMPLE", "very-secret-key", "very-secret-token"), Transport: transport,
		Version: "1.2.3", Operation: "restart"}
}

func openFake(t *testing.T, f *fake) *Provider {
	t.Helper()
	return openOn(t, fakeOptions(Into(f)))
}

func openOn(t *testing.T, o Options) *Provider {
	t.Helper()
	account, err := Open(context.Background(), o)
	if err != nil {
		t.Fatalf("opening: %v", err)
	}
	return account.Provider()
}
