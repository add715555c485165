package wire

import (
	"net/http"
	"reflect"
	"strings"
)

// cborProtocol is what the header Smithy-Protocol says in requests and answers.
const (
	cborHeader   = "Smithy-Protocol"
	cborProtocol = "rpc-v2-cbor"
)

// cborDialect is Smithy RPC v2 with CBOR: service and operation in the path, CBOR
// both ways. Source: Smithy 2.0 specification, smithy-rpc-v2.
type cborDialect struct{}

func (cborDialect) protocol() Protocol  { return RPCv2CBOR }
func (cborDialect) contentType() string { return "application/cbor" }
func (cborDialect) errorHeader() bool   { return false }
func (cborDialect) translate(*failure)  {}

func (cborDialect) parse(in *input) *failure {
	if in.method != http.MethodPost {
		return &failure{code: codeUnknownOperation, message: "The method " + in.method + " is not supported, use POST."}
	}
	return nil
}

// target reads /service/SERVICE/operation/OPERATION; what comes before does not
// matter.
func (cborDialect) target(in *input) (service, operation string) {
	parts := strings.Split(in.path, "/")
	if n := len(parts); n >= 5 && parts[n-4] == "service" && parts[n-2] == "operation" {
		return parts[n-3], parts[n-1]
	}
	return "", in.path
}

func (cborDialect) routes(s *Service, name string, _ scope) bool { return name == s.desc.Target }

func (cborDialect) decode(in *input, p *plan, v reflect.Value) error {
	if len(in.body) == 0 { // an operation without members
		return nil
	}
	r := cborReader{data: in.body}
	return r.document(p, v)
}

func (cborDialect) appendAnswer(dst []byte, _ *Service, op *operation, out reflect.Value, _ string) ([]byte, error) {
	if !out.IsValid() {
		return append(dst, cborMap), nil
	}
	return appendCBOR(dst, op.out, out)
}

func (cborDialect) appendFailure(dst []byte, s *Service, f *failure, _ string) []byte {
	dst = append(dst, cborMap|cborIndefinite)
	dst = appendCBORText(appendCBORText(dst, "__type"), s.shape(f.code))
	dst = appendCBORText(appendCBORText(dst, "message"), f.message)
	if f.plan != nil {
		for _, m := range f.plan.fields {
			member, ok := m.present(f.members.Field(m.index))
			if !ok || strings.EqualFold(m.name, "message") {
				continue
			}
			if longer, err := appendCBOR(appendCBORText(dst, m.name), m.plan, member); err == nil {
				dst = longer
			}
		}
	}
	return append(dst, cborBreak)
}
