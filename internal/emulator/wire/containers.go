package wire

import "reflect"

// selfDescribed reads values that say of themselves what they are, as those of JSON and CBOR do.
type selfDescribed interface {
	skip() error
	slot(s slot, v reflect.Value) error
}

// structField reads the member of a structure that has a name; others are skipped.
func structField(r selfDescribed, p *plan, v reflect.Value) func(name string) error {
	return func(name string) error {
		f := p.field(name)
		if f == nil {
			return r.skip()
		}
		return r.slot(f.slot, v.Field(f.index))
	}
}

// listElement reads the elements of a list, which is empty before the first. It grows by what has been read, never by what is announced, which keeps a small request from claiming
// much memory.
func listElement(r selfDescribed, p *plan, v reflect.Value) func(i int) error {
	v.Set(reflect.MakeSlice(p.typ, 0, 0))
	return func(i int) error {
		v.Grow(1)
		v.SetLen(i + 1)
		e := v.Index(i)
		e.SetZero() // Grow may uncover what an earlier SetLen left
		return r.slot(p.elem, e)
	}
}

// mapEntry reads the entries of a map, which is empty before the first.
func mapEntry(r selfDescribed, p *plan, v reflect.Value) func(name string) error {
	m := reflect.MakeMap(p.typ)
	v.Set(m)
	return func(name string) error {
		e := reflect.New(p.typ.Elem()).Elem()
		if err := r.slot(p.elem, e); err != nil {
			return err
		}
		m.SetMapIndex(reflect.ValueOf(name).Convert(p.typ.Key()), e)
		return nil
	}
}

// alternative reads a union: members, of which exactly one is an alternative of it.
func alternative(r selfDescribed, p *plan, v reflect.Value, members func(func(name string) error) error) error {
	found := 0
	err := members(func(name string) error {
		alt := p.variantNamed(name)
		if alt == nil {
			return r.skip()
		}
		found++
		held := reflect.New(alt.typ.Elem())
		v.Set(held)
		return r.slot(alt.slot, held.Elem().Field(0))
	})
	if err == nil && found != 1 {
		return errAlternatives(found)
	}
	return err
}
