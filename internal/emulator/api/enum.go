package api

import (
	"reflect"
	"strings"
	"unicode"
)

// WrongEnum is a member of a request whose value is none of those that the API has.
type WrongEnum struct {
	Member  string // its name in the API, such as launchType
	Value   string
	Allowed []string
}

// enums are the members of an input type, and of what is beneath it, that have a fixed set of values.
type enums struct {
	fields []enumField
}

type enumField struct {
	index   int
	name    string
	is      bool   // the member has a fixed set of values itself, or is a list of such
	beneath *enums // of a structure, a pointer to one, or a list or map of them
}

// enumsOf looks through a type. Types that contain themselves are looked at once; nil says that there is nothing to check.
func enumsOf(t reflect.Type, within map[reflect.Type]bool) *enums {
	if t.Kind() != reflect.Struct || within[t] {
		return nil
	}
	within[t] = true
	defer delete(within, t)
	found := &enums{}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice || inner.Kind() == reflect.Map {
			inner = inner.Elem()
		}
		field := enumField{index: i, name: f.Name, is: inner.Kind() == reflect.String && valuesOf(inner).IsValid(), beneath: enumsOf(inner, within)}
		if field.is || field.beneath != nil {
			found.fields = append(found.fields, field)
		}
	}
	if len(found.fields) == 0 {
		return nil
	}
	return found
}

// valuesOf is the method by which the SDK's enumerations tell their values.
func valuesOf(t reflect.Type) reflect.Value {
	method := reflect.Zero(t).MethodByName("Values")
	if method.IsValid() && method.Type().NumIn() == 0 && method.Type().NumOut() == 1 && method.Type().Out(0) == reflect.SliceOf(t) {
		return method
	}
	return reflect.Value{}
}

// wrong finds the first member whose value is not one of those that there are. An empty one is a member that was not given.
func (e *enums) wrong(v reflect.Value) (found WrongEnum, any bool) {
	for _, f := range e.fields {
		if found, any = f.wrong(v.Field(f.index)); any {
			return found, true
		}
	}
	return WrongEnum{}, false
}

func (f enumField) wrong(v reflect.Value) (found WrongEnum, any bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return f.wrong(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			if found, any = f.wrong(v.Index(i)); any {
				return found, true
			}
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			if found, any = f.wrong(i.Value()); any {
				return found, true
			}
		}
	case reflect.Struct:
		if f.beneath != nil {
			return f.beneath.wrong(v)
		}
	case reflect.String:
		return f.outside(v)
	default: // has no fixed set of values
	}
	return WrongEnum{}, false
}

func (f enumField) outside(v reflect.Value) (found WrongEnum, any bool) {
	if !f.is || v.Len() == 0 {
		return WrongEnum{}, false
	}
	found = WrongEnum{Member: f.name, Value: v.String()}
	all := valuesOf(v.Type()).Call(nil)[0]
	for i := range all.Len() {
		if all.Index(i).String() == found.Value {
			return WrongEnum{}, false
		}
		found.Allowed = append(found.Allowed, all.Index(i).String())
	}
	return found, true
}

// LowerCamel writes a member's name as the JSON protocols of ECS and CloudWatch Logs have it.
func LowerCamel(member string) string {
	return string(unicode.ToLower(rune(member[0]))) + member[1:]
}

// Constraint is the sentence of AWS's common check for a value that is not one of a member's.
func (w WrongEnum) Constraint(member string) string {
	return "1 validation error detected: Value '" + w.Value + "' at '" + member + "' failed to satisfy constraint: Member must satisfy enum value set: [" + strings.Join(w.Allowed, ", ") + "]"
}
