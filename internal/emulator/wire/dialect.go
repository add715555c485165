package wire

import (
	"reflect"
	"strings"
	"unicode/utf8"
)

// MaxDepth is how deep values in a request may be nested.
const MaxDepth = 64

// A dialect is one protocol: how requests name their operation, how inputs are
// read, how answers and failures are written.
type dialect interface {
	protocol() Protocol
	contentType() string
	// errorHeader tells whether a failure's code also goes into a header.
	errorHeader() bool

	// parse looks at the whole input before anything else does.
	parse(*input) *failure
	// target returns what names the service and the operation.
	target(*input) (version, operation string)
	// routes tells whether requests with this version and scope are for s.
	routes(s *Service, version string, sc scope) bool

	decode(in *input, p *plan, v reflect.Value) error
	appendAnswer(dst []byte, s *Service, op *operation, out reflect.Value, requestID string) ([]byte, error)

	// translate gives a failure found in this package the code which this
	// protocol has for it.
	translate(*failure)
	// appendFailure writes a failure; s is nil when no service was found.
	appendFailure(dst []byte, s *Service, f *failure, requestID string) []byte
}

type jsonDialect struct{}

func (jsonDialect) protocol() Protocol  { return AWSJSON11 }
func (jsonDialect) contentType() string { return "application/x-amz-json-1.1" }
func (jsonDialect) errorHeader() bool   { return true }
func (jsonDialect) translate(*failure)  {}

func (jsonDialect) parse(in *input) *failure {
	if in.method != "POST" {
		return &failure{code: codeUnknownOperation, message: "The method " + in.method + " is not supported, use POST."}
	}
	if !utf8.Valid(in.body) {
		return malformed("The request body is not valid UTF-8.")
	}
	return nil
}

func (jsonDialect) target(in *input) (prefix, operation string) {
	target := in.header.Get("X-Amz-Target")
	dot := strings.LastIndexByte(target, '.')
	if dot < 0 {
		return "", target
	}
	return target[:dot], target[dot+1:]
}

// routes ignores the scope: the target is unambiguous, and clients of an
// emulator sign with whatever they were configured with.
func (jsonDialect) routes(s *Service, prefix string, _ scope) bool {
	return prefix == s.desc.Target
}

func (jsonDialect) decode(in *input, p *plan, v reflect.Value) error {
	// A client without anything to say may send nothing at all.
	if len(in.body) == 0 {
		return nil
	}
	r := jsonReader{data: in.body}
	return r.document(p, v)
}

func (jsonDialect) appendAnswer(dst []byte, _ *Service, op *operation, out reflect.Value, _ string) ([]byte, error) {
	if !out.IsValid() {
		return append(dst, "{}"...), nil
	}
	return appendJSON(dst, op.out, out)
}

func (jsonDialect) appendFailure(dst []byte, s *Service, f *failure, _ string) []byte {
	dst = append(dst, `{"__type":`...)
	dst = appendJSONString(dst, s.shape(f.code))
	// The modelled member is called message in ECS and Message elsewhere.
	key := `,"message":`
	if s != nil && !s.desc.LowerCamel && s.desc.Protocol == AWSJSON11 {
		key = `,"Message":`
	}
	dst = append(dst, key...)
	dst = appendJSONString(dst, f.message)
	if f.plan != nil {
		for _, m := range f.plan.fields {
			if strings.EqualFold(m.name, "message") {
				continue
			}
			// A member that cannot be encoded is left out: the error itself
			// matters more.
			if longer, err := appendJSONMember(append(dst, ','), m, f.members); err == nil && len(longer) > len(dst)+1 {
				dst = longer
			}
		}
	}
	return append(dst, '}')
}
