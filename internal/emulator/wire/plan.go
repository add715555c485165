package wire

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// kind is what a value is to the protocols, which is coarser than what it is to
// Go: an enum and a string are the same, int32 and int64 differ by range only.
type kind uint8

const (
	kindString kind = iota
	kindBool
	kindInt
	kindFloat
	kindTime
	kindBlob
	kindList
	kindMap
	kindStruct
	kindUnion
	kindDocument
)

// A plan is all the codecs need to know about one Go type. It is made once, at
// registration, and read only afterwards; all protocols share it.
type plan struct {
	kind     kind
	typ      reflect.Type // never a pointer type
	elem     slot         // element of a list or value of a map
	entry    Entry        // of a map, in a form and in XML
	fields   []field      // members of a struct, in the order of the Go struct
	byName   map[string]int
	variants []variant // alternatives of a union
	document func(any) reflect.Value
}

// A slot is a place which holds a value of a plan: a struct member, a list
// element, a map value. The SDK writes optional members as pointers.
type slot struct {
	plan    *plan
	pointer bool
}

type field struct {
	slot
	name  string
	item  string // of a list in XML: what its elements are called where not as usual
	index int
}

// A variant is one alternative of a union: name on the wire and the pointer
// type which stands for it in Go, a struct with the single field Value.
type variant struct {
	name string
	typ  reflect.Type // *UnionMemberX
	slot slot         // of Value
}

// planner makes and keeps plans. It needs no lock: see errorPlans for the only
// plans that are made while requests are served.
type planner struct {
	names      map[string]string // "Type.Field" to name on the wire
	entries    map[string]Entry
	lowerCamel bool
	plans      map[reflect.Type]*plan
	unions     map[reflect.Type][]reflect.Type
	documents  map[reflect.Type]func(any) reflect.Value
}

var (
	timeType = reflect.TypeFor[time.Time]()
	blobType = reflect.TypeFor[[]byte]()
)

func (c *planner) slotOf(t reflect.Type) (slot, error) {
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	p, err := c.planOf(t)
	return slot{plan: p, pointer: pointer}, err
}

// planOf returns the plan of t. The plan is entered before its parts are
// planned, so that a type which contains itself ends up pointing to itself.
func (c *planner) planOf(t reflect.Type) (*plan, error) {
	if p, ok := c.plans[t]; ok {
		return p, nil
	}
	p := &plan{typ: t}
	c.plans[t] = p
	if err := c.fill(p, t); err != nil {
		delete(c.plans, t)
		return nil, err
	}
	return p, nil
}

func (c *planner) fill(p *plan, t reflect.Type) (err error) {
	switch t {
	case timeType:
		p.kind = kindTime
		return nil
	case blobType:
		p.kind = kindBlob
		return nil
	}
	switch t.Kind() {
	case reflect.String:
		p.kind = kindString
	case reflect.Bool:
		p.kind = kindBool
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.kind = kindInt
	case reflect.Float32, reflect.Float64:
		p.kind = kindFloat
	case reflect.Slice:
		p.kind = kindList
		p.elem, err = c.slotOf(t.Elem())
	case reflect.Map:
		p.kind = kindMap
		if t.Key().Kind() != reflect.String {
			return fmt.Errorf("planning %v: the key of a map must be a string", t)
		}
		p.entry = Entry{"key", "value"}
		if own, ok := c.entries[t.Elem().Name()]; ok {
			p.entry = own
		}
		p.elem, err = c.slotOf(t.Elem())
	case reflect.Struct:
		p.kind = kindStruct
		err = c.fillStruct(p, t)
	case reflect.Interface:
		err = c.fillInterface(p, t)
	default:
		err = fmt.Errorf("planning %v: the protocols cannot carry this type", t)
	}
	return err
}

func (c *planner) fillStruct(p *plan, t reflect.Type) error {
	p.byName = make(map[string]int, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		// noSmithyDocumentSerde is unexported and embedded. ResultMetadata and
		// ErrorCodeOverride belong to the SDK and are not on the wire.
		if !f.IsExported() || f.Anonymous || f.Name == "ResultMetadata" || f.Name == "ErrorCodeOverride" {
			continue
		}
		s, err := c.slotOf(f.Type)
		if err != nil {
			return fmt.Errorf("member %s of %v: %w", f.Name, t, err)
		}
		name, item := c.memberName(t.Name(), f.Name), ""
		if own := f.Tag.Get("wire"); own != "" { // a type of ours, not of an SDK
			name, item, _ = strings.Cut(own, ",")
		}
		if _, taken := p.byName[name]; taken {
			return fmt.Errorf("planning %v: two members are named %q", t, name)
		}
		p.byName[name] = len(p.fields)
		p.fields = append(p.fields, field{slot: s, name: name, item: item, index: i})
	}
	return nil
}

func (c *planner) fillInterface(p *plan, t reflect.Type) error {
	if make, ok := c.documents[t]; ok {
		p.kind, p.document = kindDocument, make
		return nil
	}
	types, ok := c.unions[t]
	if !ok {
		return fmt.Errorf("planning %v: neither a registered union nor a registered document", t)
	}
	p.kind = kindUnion
	for _, typ := range types {
		s, err := c.slotOf(typ.Elem().Field(0).Type)
		if err != nil {
			return fmt.Errorf("alternative %v of %v: %w", typ, t, err)
		}
		_, suffix, _ := strings.Cut(typ.Elem().Name(), t.Name()+"Member")
		name := c.memberName(t.Name(), suffix)
		p.variants = append(p.variants, variant{name: name, typ: typ, slot: s})
	}
	return nil
}

// memberName is the name on the wire of a Go field. The SDK upper-cases the
// first letter of the model's name and changes nothing else, so one letter is
// all there is to undo, and only where the model starts in lower case.
func (c *planner) memberName(typ, field string) string {
	if name, ok := c.names[typ+"."+field]; ok {
		return name
	}
	if !c.lowerCamel {
		return field
	}
	_, n := utf8.DecodeRuneInString(field)
	return strings.ToLower(field[:n]) + field[n:]
}

func (p *plan) field(name string) *field {
	i, ok := p.byName[name]
	if !ok {
		return nil
	}
	return &p.fields[i]
}

func (p *plan) variantNamed(name string) *variant {
	for i := range p.variants {
		if p.variants[i].name == name {
			return &p.variants[i]
		}
	}
	return nil
}

func (p *plan) variantOf(t reflect.Type) *variant {
	for i := range p.variants {
		if p.variants[i].typ == t {
			return &p.variants[i]
		}
	}
	return nil
}

// errAlternatives is the failure of a union with another number of members than one.
func errAlternatives(found int) error {
	return malformed("A union must have exactly one member set, found %d", found)
}

// allocate returns the place to decode into: v itself, or what a new pointer in
// v points to.
func (s slot) allocate(v reflect.Value) reflect.Value {
	if !s.pointer {
		return v
	}
	v.Set(reflect.New(s.plan.typ))
	return v.Elem()
}

// present returns the value to encode and whether there is one. It is the one
// place that says what an answer omits.
func (s slot) present(v reflect.Value) (reflect.Value, bool) {
	if s.pointer {
		return v.Elem(), !v.IsNil()
	}
	switch s.plan.kind {
	case kindString: // an enum: AWS never sends an empty one
		return v, v.Len() > 0
	case kindList, kindMap, kindBlob, kindUnion, kindDocument:
		return v, !v.IsNil()
	default:
		return v, true
	}
}
