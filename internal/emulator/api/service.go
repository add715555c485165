package api

import (
	"context"
	"reflect"
	"strings"

	"handover/internal/emulator/wire"
)

// Service is one AWS service of the emulator, with the list of what it offers.
type Service struct {
	*wire.Service
	Title   string   // as people call it, for docs/emulator.md
	Offered []string // operations that are answered
	Lacking []string // operations of AWS that are refused by name
	unknown string   // the service's code for an operation that does not exist
	rest    bool     // operations are told apart by their routes, which those that are lacking do not have
	// Wrong is the service's error for a member with a value that the API does not have. Without it such values are left to the handlers.
	Wrong func(WrongEnum) error
}

// NewService makes a service without operations.
func NewService(title string, d wire.Description) *Service {
	unknown := "UnknownOperationException"
	if d.Protocol == wire.AWSQuery || d.Protocol == wire.EC2Query {
		unknown = "InvalidAction"
	}
	return &Service{Service: wire.NewService(d), Title: title, unknown: unknown, rest: d.Protocol == wire.RESTJSON}
}

// Offer registers the handler of an operation.
func Offer[In, Out any](s *Service, handler func(context.Context, *In) (*Out, error)) {
	s.Offered = append(s.Offered, nameOf[In]())
	checked := enumsOf(reflect.TypeFor[In](), map[reflect.Type]bool{})
	if s.Wrong == nil || checked == nil {
		wire.Handle(s.Service, handler)
		return
	}
	wire.Handle(s.Service, func(ctx context.Context, in *In) (*Out, error) {
		if wrong := checked.wrong(reflect.ValueOf(in).Elem()); len(wrong) > 0 {
			wrong[0].Also = wrong[1:]
			return nil, s.Wrong(wrong[0])
		}
		return handler(ctx, in)
	})
}

// Lack registers an operation that AWS has and the emulator does not. It is refused by name, so that whoever meets it knows why.
func Lack[In any](s *Service) { s.lack(reflect.TypeFor[In]()) }

func (s *Service) lack(in reflect.Type) {
	name := strings.TrimSuffix(in.Name(), "Input")
	s.Lacking = append(s.Lacking, name)
	if s.rest {
		return
	}
	s.Refuse(in, &wire.Error{Code: s.unknown, Message: "The emulator does not offer " + name + ". See docs/emulator.md for what it offers."})
}

func nameOf[In any]() string { return strings.TrimSuffix(reflect.TypeFor[In]().Name(), "Input") }
