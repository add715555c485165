package wire

import (
	"fmt"
	"reflect"
)

// Encode writes a value as JSON, with the member names which the service's types
// have on the wire. It is for keeping parts of requests: what Encode writes of
// an input, Decode reads into any type whose members have the same names.
//
// The value is a struct, or a pointer to one, whose type occurs in a registered
// operation.
func (s *Service) Encode(value any) ([]byte, error) {
	v := reflect.Indirect(reflect.ValueOf(value))
	p, err := s.known(v)
	if err != nil {
		return nil, err
	}
	return appendJSON(nil, p, v)
}

// Decode reads what Encode wrote into the struct which the target points to.
// Members which it lacks are skipped; members which the text lacks stay as they
// are.
func (s *Service) Decode(text []byte, target any) error {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("wire: a target is a pointer to a struct, not %T", target)
	}
	p, err := s.known(v.Elem())
	if err != nil {
		return err
	}
	r := jsonReader{data: text}
	return r.document(p, v.Elem())
}

func (s *Service) known(v reflect.Value) (*plan, error) {
	if !v.IsValid() || v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("wire: only a struct can be encoded and decoded by itself")
	}
	p, ok := s.plans.plans[v.Type()]
	if !ok {
		return nil, fmt.Errorf("wire: no operation of %s carries %v", s.desc.Name, v.Type())
	}
	return p, nil
}
