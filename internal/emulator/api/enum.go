package api

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// WrongEnum is a member of a request whose value is none of those that the API has.
type WrongEnum struct {
	Member  string // its name in the API, such as launchType
	Value   string
	Allowed []string
	Also    []WrongEnum // the request's other such members, in the order of the API
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

// wrong finds the members whose values are none of those that there are. An empty one is a member that was not given.
func (e *enums) wrong(v reflect.Value) (all []WrongEnum) {
	for _, f := range e.fields {
		all = append(all, f.wrong(v.Field(f.index))...)
	}
	return all
}

func (f enumField) wrong(v reflect.Value) (all []WrongEnum) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return f.wrong(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, f.wrong(v.Index(i))...)
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			all = append(all, f.wrong(v.MapIndex(key))...)
		}
	case reflect.Struct:
		if f.beneath != nil {
			return f.beneath.wrong(v)
		}
	case reflect.String:
		if found, any := f.outside(v); any {
			return []WrongEnum{found}
		}
	default: // has no fixed set of values
	}
	return all
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

// Constraint is the sentence of AWS's common check for a value that is not one of a member's, and for the others that the request has.
func (w WrongEnum) Constraint(member string) string {
	parts := []string{w.constraint(member)}
	for _, other := range w.Also {
		parts = append(parts, other.constraint(LowerCamel(other.Member)))
	}
	if len(parts) == 1 {
		return "1 validation error detected: " + parts[0]
	}
	return strconv.Itoa(len(parts)) + " validation errors detected: " + strings.Join(parts, "; ")
}

func (w WrongEnum) constraint(member string) string {
	return "Value '" + w.Value + "' at '" + member + "' failed to satisfy constraint: Member must satisfy enum value set: [" + strings.Join(w.Allowed, ", ") + "]"
}
