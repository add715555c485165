package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Route is how an operation of a REST service is called, which the types of an
// SDK do not say. Members of the input that stand in the path are in the route's
// own; a parameter of the query is the member of that name.
type Route struct {
	Method string
	Path   string // such as /2015-03-31/functions/{FunctionName}
	Status int    // of a success
	// Headers are the members that are headers, of input and output, by their
	// names on the wire.
	Headers map[string]string
	// Payload is the member, of input and output, that is the whole body.
	Payload string
	// Code is the member of the output that is the status of the answer.
	Code string
}

// restDialect is restJson1: the operation in method and path, JSON both ways.
type restDialect struct {
	jsonDialect
	services []*Service
}

// dated is how the paths of Lambda begin, the only REST service here. Those of
// the other protocols are the root.
var dated = regexp.MustCompile(`^/[0-9]{4}-[0-9]{2}-[0-9]{2}/`)

func (restDialect) protocol() Protocol  { return RESTJSON }
func (restDialect) contentType() string { return "application/json" }

// parse takes any body: that of some operations is no JSON.
func (restDialect) parse(*input) *failure { return nil }

func (d restDialect) target(in *input) (service, operation string) {
	for _, s := range d.services {
		for name, r := range s.desc.Routes {
			if _, ok := r.labels(in); ok {
				return s.desc.Name, name
			}
		}
	}
	return "", in.method + " " + in.path
}

func (restDialect) routes(s *Service, name string, _ scope) bool { return name == s.desc.Name }

// labels reads the members in the path of a request; ok is false where the
// request is not on the route.
func (r Route) labels(in *input) (labels map[string]string, ok bool) {
	wanted, got := strings.Split(r.Path, "/"), strings.Split(strings.TrimSuffix(in.path, "/"), "/")
	if r.Method != in.method || len(wanted) != len(got) {
		return nil, false
	}
	labels = map[string]string{}
	for i, step := range wanted {
		name, is := strings.CutPrefix(step, "{")
		if !is && step != got[i] {
			return nil, false
		}
		if is {
			text, err := url.PathUnescape(got[i])
			if err != nil {
				return nil, false
			}
			labels[strings.TrimSuffix(name, "}")] = text
		}
	}
	return labels, true
}

func (d restDialect) decode(in *input, p *plan, v reflect.Value) error {
	r := d.routeOf(in)
	labels, _ := r.labels(in)
	if r.Payload == "" && len(in.body) > 0 {
		if !utf8.Valid(in.body) {
			return malformed("The request body is not valid UTF-8.")
		}
		reader := jsonReader{data: in.body}
		if err := reader.document(p, v); err != nil {
			return err
		}
	}
	for _, f := range p.fields {
		name := v.Type().Field(f.index).Name
		values, given := bound(in, r, labels, name)
		switch {
		case name == r.Payload && len(in.body) > 0:
			v.Field(f.index).SetBytes(in.body)
		case given:
			if err := f.set(v.Field(f.index), name, values); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d restDialect) routeOf(in *input) Route {
	service, operation := d.target(in)
	for _, s := range d.services {
		if s.desc.Name == service {
			return s.desc.Routes[operation]
		}
	}
	return Route{}
}

// bound are the values of a member in path, query or headers.
func bound(in *input, r Route, labels map[string]string, member string) (values []string, given bool) {
	if label, ok := labels[member]; ok {
		return []string{label}, true
	}
	if header, ok := r.Headers[member]; ok {
		values = in.header.Values(header)
		return values, len(values) > 0
	}
	for _, name := range []string{member, strings.ToLower(member[:1]) + member[1:]} {
		if values, ok := in.form[name]; ok {
			return values, true
		}
	}
	return nil, false
}

// set reads a member that stands outside of the body.
func (f field) set(v reflect.Value, name string, values []string) error {
	v = f.allocate(v)
	switch f.plan.kind {
	case kindString:
		v.SetString(values[0])
	case kindBool:
		v.SetBool(values[0] == "true")
	case kindInt:
		n, err := strconv.ParseInt(values[0], 10, 64)
		if err != nil || v.OverflowInt(n) {
			return malformed("STRING_VALUE can not be converted to an Integer: %s", name)
		}
		v.SetInt(n)
	case kindList:
		if f.plan.elem.plan.kind != kindString || f.plan.elem.pointer {
			return malformed("%s cannot stand outside of the body.", name)
		}
		for _, text := range values {
			v.Set(reflect.Append(v, reflect.ValueOf(text).Convert(f.plan.elem.plan.typ)))
		}
	default:
		return malformed("%s cannot stand outside of the body.", name)
	}
	return nil
}

// head is the status of a success, and its headers.
func (restDialect) head(s *Service, op *operation, out reflect.Value) (status int, headers http.Header) {
	r := s.desc.Routes[op.name]
	status, headers = r.Status, http.Header{}
	if !out.IsValid() {
		return status, headers
	}
	for _, f := range op.out.fields {
		name := out.Type().Field(f.index).Name
		v, ok := f.present(out.Field(f.index))
		switch header := r.Headers[name]; {
		case !ok:
		case name == r.Code && v.Int() != 0:
			status = int(v.Int())
		case header != "":
			headers.Set(header, v.String())
		}
	}
	return status, headers
}

func (d restDialect) appendAnswer(dst []byte, s *Service, op *operation, out reflect.Value, id string) ([]byte, error) {
	r := s.desc.Routes[op.name]
	switch {
	case r.Status == http.StatusNoContent:
		return dst, nil
	case r.Payload != "" && out.IsValid():
		payload := out.FieldByName(r.Payload)
		if !payload.IsValid() {
			return dst, fmt.Errorf("the output has no member %s", r.Payload)
		}
		return append(dst, payload.Bytes()...), nil
	}
	return d.jsonDialect.appendAnswer(dst, s, op, out, id)
}

func (restDialect) appendFailure(dst []byte, _ *Service, f *failure, _ string) []byte {
	kind := "User"
	if f.httpStatus() >= http.StatusInternalServerError {
		kind = "Service"
	}
	dst = append(dst, `{"Type":"`+kind+`","Message":`...)
	return append(appendJSONString(dst, f.message), '}')
}
