package wire

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// Protocol is one of the AWS protocols.
type Protocol int

// The protocols this package speaks.
const (
	// AWSJSON11 is awsJson1_1: the operation in X-Amz-Target, JSON both ways.
	AWSJSON11 Protocol = iota
	// AWSQuery is awsQuery: a form in, XML out.
	AWSQuery
	// AWSJSON10 is awsJson1_0, which differs from AWSJSON11 in its content type.
	AWSJSON10
	// EC2Query is ec2Query: the same with flat lists, no Result element, and errors of another shape. Requests are told apart by their credential scope.
	EC2Query
	// RESTJSON is restJson1: the operation in method and path. Requests are told apart by their paths.
	RESTJSON
	// RPCv2CBOR is Smithy RPC v2: service and operation in the path, CBOR both ways.
	RPCv2CBOR
)

// family is the protocol by whose rules requests are told apart.
func (p Protocol) family() Protocol {
	if p == AWSJSON10 {
		return AWSJSON11
	}
	return p
}

// speaks tells whether requests of a family of protocols may be for the service.
func (d Description) speaks(family Protocol) bool {
	return d.Protocol.family() == family || slices.ContainsFunc(d.Also, func(p Protocol) bool { return p.family() == family })
}

// An Entry is what the parts of an entry of a map are called.
type Entry struct{ Key, Value string }

// A Description is what the types of an SDK do not say about their service.
type Description struct {
	// Name is the signing name, the fourth part of the credential scope: "ecs",
	// "elasticloadbalancing", "application-autoscaling", "sts".
	Name string
	// Version of the API, as in the Version parameter of a Query request.
	Version string
	// Protocol of requests and answers.
	Protocol Protocol
	// Also are other protocols in which the same operations are called. Clients
	// choose: CloudWatch is called in Query by older ones, in JSON and in CBOR by
	// newer ones.
	Also []Protocol
	// Target is what stands before the dot in X-Amz-Target, and in the path of
	// CBOR after /service/ (JSON and CBOR only).
	Target string
	// Shapes is the namespace of the service's errors (JSON and CBOR only):
	// "com.amazonaws.cloudwatch".
	Shapes string
	// Namespace is the xmlns of an answer (Query only).
	Namespace string
	// LowerCamel says that members start in lower case on the wire (ECS).
	LowerCamel bool
	// Names has the members that follow no rule, as "Type.Field" to the name on
	// the wire: {"PolicyDescriptorType.Arn": "arn"} is the only one in STS. An
	// alternative of a union is "Union.Alternative".
	Names map[string]string
	// Entries are what the two parts of a map's entries are called where that is
	// not key and value, by the name of the value's type (Query only):
	// {"MessageAttributeValue": {"Name", "Value"}} is the only one in SNS.
	Entries map[string]Entry
	// Status has the HTTP status of error codes whose status does not follow
	// from their fault: {"AccessDeniedException": 403}.
	Status map[string]int
	// ServerFault tells whether an error is the server's fault and hence a 500.
	// Use [ServerFault] with the SDK's type of faults. It may be nil.
	ServerFault func(error) bool
	// InternalCode is the code of an error which is no AWS error. When empty, it
	// is InternalFailure.
	InternalCode string
	// QueryCodes are the codes that errors have in awsQuery, by those in the newer
	// protocols. A client that asks for them by X-Amzn-Query-Mode gets them in a
	// header, one of awsQuery as the code itself; a code that is missing here is
	// the same.
	QueryCodes map[string]string
	// Routes are how the operations are called, by name (RESTJSON only). One that
	// has no route cannot be called.
	Routes map[string]Route
	// Anonymous lists the operations which clients call without a signature.
	Anonymous []string
}

// A Service is a set of operations and the types they carry. It answers
// requests through a [Mux].
type Service struct {
	desc       Description
	plans      planner
	operations map[string]*operation

	// Errors are met while requests are served, all other types before.
	errorMu    sync.Mutex
	errorPlans map[reflect.Type]*plan
}

// An operation decodes its input through fill and returns its output struct, or
// the zero Value when the handler returned none.
type operation struct {
	name      string
	in, out   *plan
	anonymous bool
	call      func(ctx context.Context, fill func(reflect.Value) error) (reflect.Value, error)
}

// NewService returns a service without operations.
func NewService(desc Description) *Service {
	if desc.InternalCode == "" {
		desc.InternalCode = "InternalFailure"
	}
	return &Service{
		desc: desc,
		plans: planner{
			names:      maps.Clone(desc.Names),
			entries:    maps.Clone(desc.Entries),
			lowerCamel: desc.LowerCamel,
			plans:      map[reflect.Type]*plan{},
			unions:     map[reflect.Type][]reflect.Type{},
			documents:  map[reflect.Type]func(any) reflect.Value{},
		},
		operations: map[string]*operation{},
		errorPlans: map[reflect.Type]*plan{},
	}
}

// Handle registers an operation. Its name is the name of the input type without
// "Input". A nil output is answered like an empty one.
func Handle[In, Out any](s *Service, handler func(context.Context, *In) (*Out, error)) {
	s.add(reflect.TypeFor[In](), reflect.TypeFor[Out](), func(ctx context.Context, fill func(reflect.Value) error) (reflect.Value, error) {
		in := new(In)
		if err := fill(reflect.ValueOf(in).Elem()); err != nil {
			return reflect.Value{}, err
		}
		out, err := handler(ctx, in)
		if err != nil || out == nil {
			return reflect.Value{}, err
		}
		return reflect.ValueOf(out).Elem(), nil
	})
}

// Refuse registers an operation of that input which always fails with err. It
// is no Handle whose handler fails, because that would be instantiated for each
// of hundreds of operations.
func (s *Service) Refuse(in reflect.Type, err error) {
	s.add(in, reflect.TypeFor[struct{}](), func(context.Context, func(reflect.Value) error) (reflect.Value, error) {
		return reflect.Value{}, err
	})
}

// add registers an operation by its types. It is apart from Handle to keep what
// is instantiated per operation small.
func (s *Service) add(in, out reflect.Type, call func(context.Context, func(reflect.Value) error) (reflect.Value, error)) {
	name, ok := strings.CutSuffix(in.Name(), "Input")
	if !ok || in.Kind() != reflect.Struct || out.Kind() != reflect.Struct {
		panic(fmt.Sprintf("wire: %v and %v are not the input and output of an operation", in, out))
	}
	if _, taken := s.operations[name]; taken {
		panic(fmt.Sprintf("wire: operation %s of %s is registered twice", name, s.desc.Name))
	}
	op := &operation{name: name, call: call}
	for _, a := range s.desc.Anonymous {
		op.anonymous = op.anonymous || a == name
	}
	var errs [2]error
	op.in, errs[0] = s.plans.planOf(in)
	op.out, errs[1] = s.plans.planOf(out)
	if err := errors.Join(errs[:]...); err != nil {
		panic(fmt.Sprintf("wire: registering %s: %v", name, err))
	}
	s.operations[name] = op
}

// Union registers the alternatives of a union. The first argument is a nil
// pointer to the interface type, the others are pointers to its members, from
// whose type names the names on the wire are derived:
//
//	svc.Union((*types.SharingStrategy)(nil), &types.SharingStrategyMemberNvidiaMps{})
//
// It panics on a member that does not belong to the union.
func (s *Service) Union(union any, members ...any) {
	t := reflect.TypeOf(union)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Interface {
		panic(fmt.Sprintf("wire: a union is named by a nil pointer to its interface, not by %v", t))
	}
	t = t.Elem()
	for _, m := range members {
		mt := reflect.TypeOf(m)
		if mt == nil || mt.Kind() != reflect.Pointer || mt.Elem().Kind() != reflect.Struct ||
			!mt.Implements(t) || !strings.HasPrefix(mt.Elem().Name(), t.Name()+"Member") ||
			mt.Elem().NumField() == 0 || mt.Elem().Field(0).Name != "Value" {
			panic(fmt.Sprintf("wire: %v is not a member of the union %v", mt, t))
		}
		s.plans.unions[t] = append(s.plans.unions[t], mt)
	}
}

// Document registers D, an interface type, as a document: a member which
// carries any JSON value. The function makes a document of a decoded value,
// which is nil, bool, string, int64, float64, []any or map[string]any.
//
// A document is encoded through its method
// MarshalSmithyDocument() ([]byte, error), which the SDK's documents have.
func Document[D any](s *Service, make func(any) D) {
	s.plans.documents[reflect.TypeFor[D]()] = func(v any) reflect.Value {
		d := make(v)
		return reflect.ValueOf(&d).Elem()
	}
}

// errorPlan returns the plan of an exception type, or nil when its members
// cannot be carried, which costs the client those members and nothing else.
//
// It plans with an empty set of its own: exceptions have few members of simple
// types, and sharing would need a lock around every plan.
func (s *Service) errorPlan(t reflect.Type) *plan {
	s.errorMu.Lock()
	defer s.errorMu.Unlock()
	if p, ok := s.errorPlans[t]; ok {
		return p
	}
	own := s.plans
	own.plans = map[reflect.Type]*plan{}
	p, err := own.planOf(t)
	if err != nil {
		p = nil
	}
	s.errorPlans[t] = p
	return p
}

// shape is the name under which an error goes out: with its namespace, where the service has one.
func (s *Service) shape(code string) string {
	if s == nil || s.desc.Shapes == "" {
		return code
	}
	return s.desc.Shapes + "#" + code
}
