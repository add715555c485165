package wire

import (
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// MaxBody is the size of the largest request body that is read: 8 MiB. AWS takes messages and log events of 1 MiB at once, which are up to six times as long where JSON
// has to escape them.
const MaxBody = 8 << 20

// MaxRESTBody is that of a REST request: a zip of 50 MB, which is the largest
// that Lambda takes, in base64.
const MaxRESTBody = 70 << 20

// Hooks is what a [Mux] asks of its owner. Only RequestID is required. They are
// called from many goroutines at once.
type Hooks struct {
	// RequestID returns a new request id.
	RequestID func() string
	// Before is asked about each call of a known operation before its input is
	// decoded. An AWS error it returns is the answer: this is where throttling
	// belongs.
	Before func(context.Context, Call) error
	// Observe is told of each call, known or not, after its answer is written.
	Observe func(Outcome)
	// Report is told the details of each answer whose text hides them.
	Report func(Call, error)
}

// An Outcome is a finished call. The fields Service and Operation of a call that
// named no known operation are empty, so that they may label a metric.
type Outcome struct {
	Call
	Status int
	Code   string // error code; empty after success
}

// A Mux serves any number of services on one listener. JSON requests are told
// apart by X-Amz-Target, Query requests by their Version parameter and the
// service in their credential scope; the path of either does not matter. REST
// requests are told apart by method and path, those in CBOR by their path.
type Mux struct {
	hooks    Hooks
	services []*Service
}

// NewMux returns a handler for the services. It panics when two of them could
// not be told apart, or when hooks lack RequestID.
func NewMux(hooks Hooks, services ...*Service) *Mux {
	if hooks.RequestID == nil {
		panic("wire: Hooks.RequestID is missing")
	}
	for i, s := range services {
		for _, other := range services[:i] {
			for _, family := range []Protocol{AWSJSON11, AWSQuery, EC2Query, RESTJSON, RPCv2CBOR} {
				if s.desc.speaks(family) && other.desc.speaks(family) && s.desc.routeKey(family) == other.desc.routeKey(family) {
					panic(fmt.Sprintf("wire: two services at %q", s.desc.routeKey(family)))
				}
			}
		}
	}
	return &Mux{hooks: hooks, services: services}
}

// routeKey is that by which requests of a family are told apart.
func (d Description) routeKey(family Protocol) string {
	if family == AWSJSON11 || family == RPCv2CBOR {
		return d.Target
	}
	return d.Name + " " + d.Version
}

// An exchange is one request on its way to its answer. service and op are nil
// until they are known.
type exchange struct {
	mux     *Mux
	dialect dialect
	call    Call
	service *Service
	op      *operation
	out     reflect.Value // of a handler that has answered
}

// ServeHTTP implements http.Handler.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{
		mux:     m,
		dialect: m.dialectOf(r),
		call:    Call{RequestID: m.hooks.RequestID(), UserAgent: r.UserAgent(), Host: r.Host, Trace: r.Header.Get("X-Amzn-Trace-Id")},
	}
	out := Outcome{Status: http.StatusOK}
	h := w.Header()
	buffer := buffers.Get().(*[]byte)
	body, f := x.serve(w, r, (*buffer)[:0])
	if f != nil {
		if !f.handler {
			x.dialect.translate(f)
		}
		if x.dialect.protocol() == AWSQuery && x.service != nil {
			f.code = cmp.Or(x.service.desc.QueryCodes[f.code], f.code)
		}
		body = x.dialect.appendFailure(nil, x.service, f, x.call.RequestID)
		out.Status, out.Code = f.httpStatus(), f.code
		if f.cause != nil && m.hooks.Report != nil {
			m.hooks.Report(x.call, f.cause)
		}
	}
	if rest, ok := x.dialect.(restDialect); ok && f == nil {
		status, headers := rest.head(x.service, x.op, x.out)
		out.Status = status
		maps.Copy(h, headers)
	}
	h.Set("x-amzn-RequestId", x.call.RequestID)
	h.Set("Content-Type", x.contentType())
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if f != nil && x.dialect.errorHeader() {
		h.Set("x-amzn-ErrorType", x.service.shape(f.code))
	}
	if f != nil {
		if code := x.queryCode(r, f); code != "" {
			h.Set("x-amzn-query-error", code)
		}
	}
	if x.dialect.protocol() == RPCv2CBOR {
		h.Set(cborHeader, cborProtocol)
	}
	w.WriteHeader(out.Status)
	_, _ = w.Write(body) // the client has gone: nobody is left to tell
	if f == nil && cap(body) <= largestKept {
		*buffer = body
	}
	buffers.Put(buffer)
	if m.hooks.Observe != nil {
		out.Call = x.call
		m.hooks.Observe(out)
	}
}

// buffers are where answers are encoded. An answer of 100 tasks has 200 KB; to let a slice grow to that for each call was a third of all that was allocated.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const largestKept = 1 << 20

func (x *exchange) contentType() string {
	if x.service != nil && x.dialect.protocol() == AWSJSON11 && x.service.speaksJSON10() {
		return "application/x-amz-json-1.0"
	}
	return x.dialect.contentType()
}

func (s *Service) speaksJSON10() bool {
	return s.desc.Protocol == AWSJSON10 || slices.Contains(s.desc.Also, AWSJSON10)
}

// queryCode is the code and the fault of a failure as awsQuery had them, for a
// client that asks for them.
func (x *exchange) queryCode(r *http.Request, f *failure) string {
	if x.service == nil || x.service.desc.QueryCodes == nil || r.Header.Get("X-Amzn-Query-Mode") != "true" {
		return ""
	}
	fault := ";Sender"
	if f.httpStatus() >= http.StatusInternalServerError {
		fault = ";Receiver"
	}
	return cmp.Or(x.service.desc.QueryCodes[f.code], f.code) + fault
}

// serve returns the body of a success, or the failure to answer with. The body is appended to a buffer.
func (x *exchange) serve(w http.ResponseWriter, r *http.Request, buffer []byte) ([]byte, *failure) {
	in, f := readInput(w, r, x.dialect.protocol())
	if f != nil {
		return nil, f
	}
	if f := x.dialect.parse(in); f != nil {
		return nil, f
	}
	sc, denied := scopeOf(r.Header, in.form)
	x.call.Region, x.call.AccessKeyID, x.call.SessionToken = sc.region, sc.accessKeyID, r.Header.Get("X-Amz-Security-Token")
	x.call.DryRun = x.dialect.protocol() == EC2Query && in.form.Get("DryRun") == "true"
	unknown := x.route(in, sc)
	if denied != nil && (denied.code != codeMissingToken || x.op == nil || !x.op.anonymous) {
		return nil, denied
	}
	if unknown != nil {
		return nil, unknown
	}
	ctx := WithCall(r.Context(), x.call)
	if before := x.mux.hooks.Before; before != nil {
		if err := before(ctx, x.call); err != nil {
			return nil, x.service.failureOf(err)
		}
	}
	out, err := x.op.call(ctx, x.decoder(in))
	if err != nil {
		return nil, x.service.failureOf(err)
	}
	x.out = out
	body, err := x.dialect.appendAnswer(buffer, x.service, x.op, out, x.call.RequestID)
	if err != nil {
		return nil, x.service.internal(fmt.Errorf("encoding the answer of %s: %w", x.op.name, err))
	}
	return body, nil
}

// route finds service and operation. It fills them into the call even when the
// caller turns out not to be allowed in: an observer wants to know.
func (x *exchange) route(in *input, sc scope) *failure {
	version, name := x.dialect.target(in)
	for _, s := range x.mux.services {
		if !s.desc.speaks(x.dialect.protocol()) || !x.dialect.routes(s, version, sc) {
			continue
		}
		x.service, x.call.Service = s, s.desc.Name
		x.op = s.operations[name]
		if x.op != nil {
			x.call.Operation = name
			return nil
		}
		break
	}
	return &failure{code: codeUnknownOperation, message: "Could not find operation " + name + " for version " + version}
}

func (x *exchange) decoder(in *input) func(reflect.Value) error {
	return func(v reflect.Value) error { return x.dialect.decode(in, x.op.in, v) }
}

// An input is a request that has been read. JSON is in the body; Query is in the
// form, where a presigned URL also has its signature.
type input struct {
	header http.Header
	method string
	path   string // escaped
	body   []byte
	form   url.Values
}

func readInput(w http.ResponseWriter, r *http.Request, p Protocol) (*input, *failure) {
	var body []byte
	var err error
	limit := int64(MaxBody)
	if p == RESTJSON {
		limit = MaxRESTBody
	}
	if r.Body != nil { // nil when a client's request comes straight here, without a server
		body, err = readBody(r.Header, http.MaxBytesReader(w, r.Body, limit), limit)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &failure{
			code:    codeTooLarge,
			message: fmt.Sprintf("Request body must not be larger than %d bytes.", limit),
			status:  http.StatusRequestEntityTooLarge,
		}
	case err != nil:
		return nil, malformed("The request body could not be read.")
	}
	in := &input{header: r.Header, method: r.Method, path: r.URL.EscapedPath(), body: body}
	if r.URL.RawQuery != "" {
		if in.form, err = url.ParseQuery(r.URL.RawQuery); err != nil {
			return nil, malformed("The query string is malformed.")
		}
	}
	return in, nil
}

// readBody reads a body, unpacked where the client has packed it. SDKs do so with
// PutMetricData from 10 KiB on. The limit holds for what it is unpacked, too, so
// that a small request cannot claim much memory.
func readBody(h http.Header, sent io.Reader, limit int64) ([]byte, error) {
	if h.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(sent)
	}
	unpacked, err := gzip.NewReader(sent)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(unpacked, limit+1))
	if err == nil && int64(len(body)) > limit {
		err = &http.MaxBytesError{Limit: limit}
	}
	return body, err
}

// dialectOf tells the protocol of a request by its headers alone, so that even a
// request which makes no sense is answered in the language of its sender.
func (m *Mux) dialectOf(r *http.Request) dialect {
	if r.Header.Get(cborHeader) == cborProtocol {
		return cborDialect{}
	}
	if r.Header.Get("X-Amz-Target") != "" || strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-amz-json") {
		return jsonDialect{}
	}
	if dated.MatchString(r.URL.Path) {
		return restDialect{services: m.services}
	}
	if strings.Contains(r.Header.Get("Authorization"), "/ec2/aws4_request") || r.URL.Query().Get("Version") == ec2Version {
		return ec2Query
	}
	return awsQuery
}
