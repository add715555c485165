package api

// Value is what a pointer points to; the zero value where it points to nothing.
func Value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// Given is a pointer as it is; nil where it points to the zero value, which AWS leaves out. Unlike Some it makes nothing: what it points to must not change afterwards.
func Given[T comparable](p *T) *T {
	var zero T
	if *p == zero {
		return nil
	}
	return p
}

// Some is a pointer to a value; nil for the zero value, which AWS leaves out.
func Some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
