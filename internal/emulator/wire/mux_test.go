package wire

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	aastypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

// answer is what a client sees of a response.
type answer struct {
	status        int
	code, message string
	header        http.Header
	body          string
}

func read(t *testing.T, w *httptest.ResponseRecorder) answer {
	t.Helper()
	a := answer{status: w.Code, header: w.Header(), body: w.Body.String()}
	if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) {
		t.Errorf("Content-Length %s of %d bytes", got, w.Body.Len())
	}
	if w.Header().Get("x-amzn-RequestId") == "" {
		t.Error("no request id")
	}
	switch ct := w.Header().Get("Content-Type"); ct {
	case "application/x-amz-json-1.1":
		var e map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &e); err != nil {
			t.Fatalf("%v: %s", err, a.body)
		}
		a.code, _ = e["__type"].(string)
		a.message, _ = e["message"].(string)
		if m, ok := e["Message"].(string); ok {
			a.message = m
		}
		if a.header.Get("x-amzn-ErrorType") != a.code {
			t.Errorf("x-amzn-ErrorType %q, __type %q", a.header.Get("x-amzn-ErrorType"), a.code)
		}
	case "text/xml":
		var e struct {
			Error struct{ Type, Code, Message string }
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &e); err != nil {
			t.Fatalf("%v: %s", err, a.body)
		}
		a.code, a.message = e.Error.Code, e.Error.Message
	default:
		t.Errorf("Content-Type %q", ct)
	}
	return a
}

func TestHandlerErrors(t *testing.T) {
	text := "no such thing"
	for _, c := range []struct {
		module, op    string
		err           error
		status        int
		code, message string
		contains      string
		reported      bool
	}{
		{"ecs", "DescribeTasks", &types.ClusterNotFoundException{Message: &text}, 400, "ClusterNotFoundException", text, `{"__type":"ClusterNotFoundException","message":"no such thing"}`, false},
		{"ecs", "RunTask", fmt.Errorf("a: %w", errors.Join(errors.New("b"), &types.ConflictException{Message: &text, ResourceIds: []string{"r1", "r2"}})), 400, "ConflictException", text, `"resourceIds":["r1","r2"]`, false},
		{"ecs", "RunTask", &types.ConflictException{}, 400, "ConflictException", "", `{"__type":"ConflictException","message":""}`, false},
		{"ecs", "RunTask", &types.ServerException{Message: &text}, 500, "ServerException", text, "", false},
		{"ecs", "RunTask", &types.AccessDeniedException{Message: &text}, 403, "AccessDeniedException", text, "", false},
		{"ecs", "RunTask", &types.ClientException{Message: &text, ErrorCodeOverride: &text}, 400, text, text, "", false},
		{"ecs", "RunTask", &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded", Fault: smithy.FaultClient}, 400, "ThrottlingException", "Rate exceeded", `{"__type":"ThrottlingException","message":"Rate exceeded"}`, false},
		{"ecs", "RunTask", &smithy.GenericAPIError{Code: "X", Fault: smithy.FaultServer}, 500, "X", "", "", false},
		{"ecs", "RunTask", &Error{Code: "Slow", Message: "down", Status: 503}, 503, "Slow", "down", `{"__type":"Slow","message":"down"}`, false},
		{"ecs", "RunTask", &Error{Code: "Wrong", Status: 200}, 400, "Wrong", "", "", false},
		{"ecs", "RunTask", errors.New("secret detail"), 500, "ServerException", "An internal error occurred.", "", true},
		{"ecs", "RunTask", context.Canceled, 500, "ServerException", "An internal error occurred.", "", true},
		{"ecs", "RunTask", (*types.ClientException)(nil), 500, "ServerException", "An internal error occurred.", "", true},
		{"applicationautoscaling", "TagResource", &aastypes.TooManyTagsException{Message: &text, ResourceName: &text}, 400, "TooManyTagsException", text, `"ResourceName":"no such thing"`, false},
		{"applicationautoscaling", "TagResource", errors.New("secret detail"), 500, "InternalFailure", "An internal error occurred.", "", true},
		// The name on the wire is not the name of the Go type.
		{"elasticloadbalancingv2", "DescribeTargetGroups", &elbtypes.TargetGroupNotFoundException{Message: &text}, 400, "TargetGroupNotFound", text,
			`<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>Sender</Type><Code>TargetGroupNotFound</Code><Message>no such thing</Message></Error><RequestId>request-1</RequestId></ErrorResponse>`, false},
		{"elasticloadbalancingv2", "DescribeTargetGroups", &Error{Code: "SerializationException"}, 400, "SerializationException", "", "", false},
		{"elasticloadbalancingv2", "DescribeTargetGroups", errors.New("secret detail"), 500, "InternalFailure", "An internal error occurred.", "<Type>Receiver</Type>", true},
	} {
		g := newRig(t, c.module)
		g.err = c.err
		a := read(t, g.post(c.op, formFor(g, c.op)))
		if a.status != c.status || a.code != c.code || a.message != c.message || !strings.Contains(a.body, c.contains) {
			t.Errorf("%v: got %+v", c.err, a)
		}
		if strings.Contains(a.body, "secret") || c.reported != (len(g.reports) == 1) || c.reported && g.reports[0] == nil {
			t.Errorf("%v: body %s, reports %v", c.err, a.body, g.reports)
		}
		want := Outcome{
			Call:   Call{RequestID: "request-1", Service: g.desc.Name, Operation: c.op, Region: region, AccessKeyID: "AKIDEXAMPLE", UserAgent: "test/1", Host: "example.com"},
			Status: c.status, Code: c.code,
		}
		if len(g.outcomes) != 1 || g.outcomes[0] != want {
			t.Errorf("%v: outcomes %+v", c.err, g.outcomes)
		}
	}
}

// TestClientSeesTypedErrors lets the SDK's client judge the errors.
func TestClientSeesTypedErrors(t *testing.T) {
	text := "no such thing"
	g := newRig(t, "ecs")
	g.err = &types.ConflictException{Message: &text, ResourceIds: []string{"a"}}
	_, err := g.invoke("ListClusters", reflect.New(g.ops["ListClusters"].in))
	var other smithy.APIError
	if !errors.As(err, &other) || other.ErrorCode() != "ConflictException" || other.ErrorMessage() != text {
		t.Errorf("got %v", err)
	}
	e := newRig(t, "elasticloadbalancingv2")
	e.err = &elbtypes.TargetGroupNotFoundException{Message: &text}
	_, err = e.invoke("DescribeTargetGroups", reflect.New(e.ops["DescribeTargetGroups"].in))
	var missing *elbtypes.TargetGroupNotFoundException
	if !errors.As(err, &missing) || missing.ErrorMessage() != text {
		t.Errorf("got %v", err)
	}
}

// allServices is one mux with every module behind it.
func allServices(t *testing.T, hooks Hooks) *Mux {
	t.Helper()
	var services []*Service
	for _, module := range allModules {
		g := newRig(t, module)
		services = append(services, g.service)
	}
	if hooks.RequestID == nil {
		hooks.RequestID = func() string { return "id" }
	}
	return NewMux(hooks, services...)
}

// request builds a request from a line "METHOD URL", headers, and a body.
func request(line, body string, headers ...string) *http.Request {
	method, target, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

const (
	formType   = "application/x-www-form-urlencoded"
	jsonType   = "application/x-amz-json-1.1"
	ecsTarget  = "AmazonEC2ContainerServiceV20141113."
	elbVersion = "Version=2015-12-01"
)

func TestRouting(t *testing.T) {
	ecsAuth, elbAuth, stsAuth := authorization("ecs"), authorization("elasticloadbalancing"), authorization("sts")
	signed := "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + url.QueryEscape("AKID/20261121/eu-west-1/sts/aws4_request") + "&X-Amz-Signature=a&X-Amz-SignedHeaders=host"
	big := strings.Repeat("a", MaxBody+1)
	for name, c := range map[string]struct {
		r        *http.Request
		status   int
		code     string
		service  string
		contains string
	}{
		"json":               {request("POST /", "{}", "X-Amz-Target", ecsTarget+"ListClusters", "Authorization", ecsAuth), 200, "", "ecs", "{}"},
		"json, any path":     {request("POST /a/b?c=d", "{}", "X-Amz-Target", ecsTarget+"ListClusters", "Authorization", ecsAuth), 200, "", "ecs", "{}"},
		"json, no body":      {request("POST /", "", "X-Amz-Target", "AnyScaleFrontendService.DescribeScalableTargets", "Authorization", ecsAuth), 200, "", "application-autoscaling", "{}"},
		"json, unknown op":   {request("POST /", "{}", "X-Amz-Target", ecsTarget+"Fly", "Authorization", ecsAuth), 400, "UnknownOperationException", "ecs", "Fly"},
		"json, case of op":   {request("POST /", "{}", "X-Amz-Target", ecsTarget+"listClusters", "Authorization", ecsAuth), 400, "UnknownOperationException", "ecs", ""},
		"json, other":        {request("POST /", "{}", "X-Amz-Target", "DynamoDB_20120810.ListTables", "Authorization", ecsAuth), 400, "UnknownOperationException", "", ""},
		"json, no target":    {request("POST /", "{}", "Content-Type", jsonType, "Authorization", ecsAuth), 400, "UnknownOperationException", "", ""},
		"json, two dots":     {request("POST /", "{}", "X-Amz-Target", "x."+ecsTarget+"ListClusters", "Authorization", ecsAuth), 400, "UnknownOperationException", "", "operation ListClusters for version x.AmazonEC2"},
		"json, no dot":       {request("POST /", "{}", "X-Amz-Target", "x", "Authorization", ecsAuth), 400, "UnknownOperationException", "", ""},
		"json, GET":          {request("GET /", "", "X-Amz-Target", ecsTarget+"ListClusters", "Authorization", ecsAuth), 400, "UnknownOperationException", "", ""},
		"json, too large":    {request("POST /", big, "X-Amz-Target", ecsTarget+"ListClusters", "Authorization", ecsAuth), 413, "RequestEntityTooLargeException", "", ""},
		"json, not UTF-8":    {request("POST /", "{\"a\":\"\xff\"}", "X-Amz-Target", ecsTarget+"ListClusters", "Authorization", ecsAuth), 400, "SerializationException", "", ""},
		"json, malformed":    {request("POST /", "{", "X-Amz-Target", ecsTarget+"ListClusters", "Authorization", ecsAuth), 400, "SerializationException", "ecs", ""},
		"json, type":         {request("POST /", `{"maxResults":"x"}`, "X-Amz-Target", ecsTarget+"ListClusters", "Authorization", ecsAuth), 400, "SerializationException", "ecs", "STRING_VALUE can not be converted to an Integer"},
		"query":              {request("POST /", "Action=DescribeLoadBalancers&"+elbVersion, "Content-Type", formType, "Authorization", elbAuth), 200, "", "elasticloadbalancing", "<DescribeLoadBalancersResult></DescribeLoadBalancersResult>"},
		"query, GET":         {request("GET /?Action=DescribeLoadBalancers&"+elbVersion, "", "Authorization", elbAuth), 200, "", "elasticloadbalancing", "DescribeLoadBalancersResponse"},
		"query, presigned":   {request("GET /?Action=GetCallerIdentity&Version=2011-06-15&"+signed, ""), 200, "", "sts", "GetCallerIdentityResult"},
		"query, anonymous":   {request("POST /", "Action=AssumeRoleWithWebIdentity&Version=2011-06-15", "Content-Type", formType), 200, "", "sts", "AssumeRoleWithWebIdentityResult"},
		"query, unsigned":    {request("POST /", "Action=AssumeRole&Version=2011-06-15", "Content-Type", formType), 403, "MissingAuthenticationToken", "sts", "<Message>Request is missing Authentication Token</Message>"},
		"query, unknown op":  {request("POST /", "Action=Fly&"+elbVersion, "Content-Type", formType, "Authorization", elbAuth), 400, "InvalidAction", "elasticloadbalancing", "<Message>Could not find operation Fly for version 2015-12-01</Message>"},
		"query, version":     {request("POST /", "Action=DescribeLoadBalancers&Version=2012-06-01", "Content-Type", formType, "Authorization", elbAuth), 400, "InvalidAction", "", "for version 2012-06-01"},
		"query, no version":  {request("POST /", "Action=GetCallerIdentity", "Content-Type", formType, "Authorization", stsAuth), 400, "InvalidAction", "", "NO_VERSION_SPECIFIED"},
		"query, scope":       {request("POST /", "Action=DescribeLoadBalancers&"+elbVersion, "Content-Type", formType, "Authorization", stsAuth), 400, "InvalidAction", "", ""},
		"query, no action":   {request("POST /", elbVersion, "Content-Type", formType, "Authorization", elbAuth), 400, "MissingAction", "", ""},
		"query, number":      {request("POST /", "Action=DescribeLoadBalancers&PageSize=x&"+elbVersion, "Content-Type", formType, "Authorization", elbAuth), 400, "MalformedInput", "elasticloadbalancing", "not be converted to an Integer"},
		"query, PUT":         {request("PUT /", "Action=DescribeLoadBalancers&"+elbVersion, "Authorization", elbAuth), 400, "InvalidAction", "", ""},
		"query, too large":   {request("POST /", big, "Content-Type", formType, "Authorization", elbAuth), 413, "RequestEntityTooLarge", "", ""},
		"query, bad URL":     {request("GET /?Action=%zz", "", "Authorization", elbAuth), 400, "MalformedInput", "", ""},
		"query, both places": {request("POST /?"+elbVersion+"&Action=Fly", "Action=DescribeLoadBalancers", "Content-Type", formType, "Authorization", elbAuth), 200, "", "elasticloadbalancing", ""},
		"query, malformed":   {request("POST /", "Action=%zz", "Content-Type", formType, "Authorization", elbAuth), 400, "MalformedQueryString", "", ""},
		"query, bad auth":    {request("POST /", "Action=DescribeLoadBalancers&"+elbVersion, "Content-Type", formType, "Authorization", "x"), 400, "IncompleteSignature", "elasticloadbalancing", ""},
		"nothing at all":     {request("GET /", ""), 400, "MissingAction", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var seen []Outcome
			m := allServices(t, Hooks{Observe: func(o Outcome) { seen = append(seen, o) }})
			w := httptest.NewRecorder()
			m.ServeHTTP(w, c.r)
			a := read(t, w)
			if a.status != c.status || a.code != c.code || !strings.Contains(a.body, c.contains) {
				t.Errorf("got %d %s %s", a.status, a.code, a.body)
			}
			if len(seen) != 1 || seen[0].Service != c.service || seen[0].Status != c.status || seen[0].Code != c.code {
				t.Errorf("outcomes %+v", seen)
			}
			if len(seen) == 1 && c.r.Header.Get("Authorization") == ecsAuth && c.status == 400 && c.service == "ecs" && seen[0].Region != region {
				t.Errorf("observed in region %q", seen[0].Region)
			}
			if unknown := strings.HasPrefix(c.code, "UnknownOp") || c.code == "InvalidAction"; len(seen) == 1 && unknown && seen[0].Operation != "" {
				t.Errorf("an unknown operation is observed as %q", seen[0].Operation)
			}
		})
	}
}

func TestAuthorization(t *testing.T) {
	credential := func(c string) string {
		return "AWS4-HMAC-SHA256 Credential=" + c + ",SignedHeaders=host,Signature=abc"
	}
	for header, want := range map[string]string{
		"":                                        "MissingAuthenticationTokenException: Missing Authentication Token",
		"Bearer abc":                              "IncompleteSignatureException: Authorization header requires 'AWS4-HMAC-SHA256' algorithm.",
		"AWS4-HMAC-SHA256 ":                       "IncompleteSignatureException: '' not a valid key=value pair (missing equal-sign) in Authorization header.",
		"AWS4-HMAC-SHA256 Credential=a":           "IncompleteSignatureException: Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
		credential("AKID/20261121/x/y"):           "IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKID/20261121/x/y'",
		credential("A/B/20261121/x/y/z"):          "IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'A/B/20261121/x/y/z'",
		credential("A/20261121//y/aws4_request"):  "IncompleteSignatureException: Credential must not have empty elements, got 'A/20261121//y/aws4_request'",
		credential("A/20261121/x/y/aws5"):         "IncompleteSignatureException: Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'.",
		credential("A/20261121/x/y/aws4_request"): "",
	} {
		sc, f := scopeOf(http.Header{"Authorization": {header}}, nil)
		if want == "" {
			if f != nil || sc != (scope{"A", "x", "y"}) {
				t.Errorf("%q: got %+v, %v", header, sc, f)
			}
			continue
		}
		if f == nil || f.Error() != want {
			t.Errorf("%q:\ngot  %v\nwant %s", header, f, want)
		}
	}
}

func TestHooks(t *testing.T) {
	var before []Call
	var gate error
	decoded := 0
	svc := drawService(false, func(ctx context.Context, in *DrawInput) (*DrawOutput, error) {
		decoded++
		if CallFrom(ctx) != before[len(before)-1] {
			t.Errorf("the call in the context is %+v", CallFrom(ctx))
		}
		return nil, nil
	})
	m := NewMux(Hooks{
		RequestID: func() string { return "id" },
		Before: func(ctx context.Context, c Call) error {
			if CallFrom(ctx) != c {
				t.Errorf("the call in the context is %+v", CallFrom(ctx))
			}
			before = append(before, c)
			return gate
		},
	}, svc)
	send := func(op, body string) answer {
		w := httptest.NewRecorder()
		m.ServeHTTP(w, request("POST /", body, "X-Amz-Target", "Draw."+op, "Authorization", authorization("draw")))
		return read(t, w)
	}
	if a := send("Draw", "{}"); a.status != 200 || a.body != "{}" || decoded != 1 {
		t.Errorf("got %+v", a)
	}
	gate = &Error{Code: "ThrottlingException", Message: "Rate exceeded"}
	if a := send("Draw", "not even JSON"); a.status != 400 || a.code != "ThrottlingException" || a.message != "Rate exceeded" || decoded != 1 {
		t.Errorf("got %+v", a)
	}
	if send("Fly", "{}"); len(before) != 2 {
		t.Errorf("asked about %+v", before)
	}
	if want := (Call{RequestID: "id", Service: "draw", Operation: "Draw", Region: region, AccessKeyID: "AKIDEXAMPLE", Host: before[0].Host}); before[0] != want {
		t.Errorf("got %+v", before[0])
	}
	if CallFrom(context.Background()) != (Call{}) {
		t.Error("a call out of nowhere")
	}
}

// TestAnswersAreWholeOrErrors checks that an output which cannot be encoded half
// way through is answered as an error and nothing else.
func TestAnswersAreWholeOrErrors(t *testing.T) {
	var reported error
	svc := drawService(false, func(context.Context, *DrawInput) (*DrawOutput, error) {
		name := "x"
		return &DrawOutput{Name: &name, Free: broken{}}, nil
	})
	m := NewMux(Hooks{RequestID: func() string { return "id" }, Report: func(_ Call, err error) { reported = err }}, svc)
	w := httptest.NewRecorder()
	m.ServeHTTP(w, request("POST /", "{}", "X-Amz-Target", "Draw.Draw", "Authorization", authorization("draw")))
	if a := read(t, w); a.status != 500 || a.code != "InternalFailure" || strings.Contains(a.body, "Name") {
		t.Errorf("got %+v", a)
	}
	if reported == nil || !strings.Contains(reported.Error(), "encoding the answer of Draw: Free: encoding a document") {
		t.Errorf("reported %v", reported)
	}
}

func TestNewMuxPanics(t *testing.T) {
	for name, build := range map[string]func(){
		"no request id": func() { NewMux(Hooks{}) },
		"same target": func() {
			NewMux(Hooks{RequestID: func() string { return "" }}, drawService(true, nil), drawService(true, nil))
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			build()
		}()
	}
}

// TestOverTheNetwork sends through net/http's own server, whose ResponseWriter
// and body are not the ones of the other tests.
func TestOverTheNetwork(t *testing.T) {
	server := httptest.NewServer(NewMux(Hooks{RequestID: func() string { return "id" }}, drawService(true, nil)))
	defer server.Close()
	for _, size := range []int{0, 10, 100_000, MaxBody - 11, MaxBody + 1} {
		text := strings.Repeat("x", size)
		r, err := http.NewRequest("POST", server.URL, strings.NewReader(`{"name":"`+text+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "Draw.Draw")
		r.Header.Set("Authorization", authorization("draw"))
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.ContentLength != int64(len(body)) || resp.Header.Get("x-amzn-RequestId") != "id" {
			t.Errorf("%d: %v, Content-Length %d of %d", size, err, resp.ContentLength, len(body))
		}
		if ok := size < MaxBody; ok != (resp.StatusCode == 200) || ok != strings.Contains(string(body), `{"name":"`+text+`"`) {
			t.Errorf("%d: status %d, %.200s", size, resp.StatusCode, body)
		}
	}
}

// TestConcurrentCalls is for the race detector: plans are shared by all calls,
// and exceptions are planned during them.
func TestConcurrentCalls(t *testing.T) {
	text := "t"
	svc := drawService(true, func(_ context.Context, in *DrawInput) (*DrawOutput, error) {
		if in.Big%2 == 1 {
			return nil, &types.ConflictException{Message: &text, ResourceIds: []string{"a"}}
		}
		return in, nil
	})
	m := NewMux(Hooks{RequestID: func() string { return "id" }}, svc)
	done := make(chan string)
	const n = 50
	for i := range n {
		go func() {
			w := httptest.NewRecorder()
			m.ServeHTTP(w, request("POST /", fmt.Sprintf(`{"big":%d}`, i), "X-Amz-Target", "Draw.Draw", "Authorization", authorization("draw")))
			done <- w.Body.String()
		}()
	}
	conflicts := 0
	for range n {
		if strings.Contains(<-done, `"resourceIds":["a"]`) {
			conflicts++
		}
	}
	if conflicts != n/2 {
		t.Errorf("%d conflicts", conflicts)
	}
}
