package wire

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
)

// The SDK's snapshot tests hold, as Go source, the very values which their
// snapshots were made from. The evaluator below reads those values out of the
// source. The expected side of a comparison hence never passes through the codec
// that is under test, and nothing is guessed about how the values were chosen.

// literals maps the name of a test function to the literal it assigns to a
// variable.
func literals(tb testing.TB, module, file, variable string) map[string]ast.Expr {
	tb.Helper()
	path := filepath.Join(moduleDir(tb, module), file)
	parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		tb.Fatal(err)
	}
	found := map[string]ast.Expr{}
	for _, d := range parsed.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(fn.Name.Name, "Test") {
			continue
		}
		for _, stmt := range fn.Body.List {
			a, ok := stmt.(*ast.AssignStmt)
			if !ok || len(a.Lhs) != 1 {
				continue
			}
			if id, ok := a.Lhs[0].(*ast.Ident); ok && id.Name == variable {
				found[fn.Name.Name] = a.Rhs[0]
			}
		}
	}
	return found
}

// An evaluator turns literals into values. A literal's type follows from where
// it stands, except in a union, whose alternatives come from the service.
type evaluator struct {
	unions map[reflect.Type][]reflect.Type
}

func (e evaluator) eval(x ast.Expr, t reflect.Type) reflect.Value {
	switch x := x.(type) {
	case *ast.UnaryExpr:
		return e.unary(x, t)
	case *ast.CompositeLit:
		return e.composite(x, t)
	case *ast.CallExpr:
		return e.call(x, t)
	case *ast.BasicLit:
		return basic(x, t)
	case *ast.Ident:
		if t.Kind() == reflect.Bool && (x.Name == "true" || x.Name == "false") {
			return reflect.ValueOf(x.Name == "true").Convert(t)
		}
		if x.Name == "nil" {
			return reflect.Zero(t)
		}
	}
	panic(fmt.Sprintf("cannot evaluate %T as %v", x, t))
}

func (e evaluator) unary(x *ast.UnaryExpr, t reflect.Type) reflect.Value {
	if x.Op != token.AND {
		panic("unexpected operator " + x.Op.String())
	}
	lit := x.X.(*ast.CompositeLit)
	target := t
	if t.Kind() == reflect.Interface {
		name := lit.Type.(*ast.SelectorExpr).Sel.Name
		for _, alt := range e.unions[t] {
			if alt.Elem().Name() == name {
				target = alt
			}
		}
	}
	p := reflect.New(target.Elem())
	p.Elem().Set(e.composite(lit, target.Elem()))
	return p
}

func (e evaluator) composite(x *ast.CompositeLit, t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch t.Kind() {
	case reflect.Struct:
		for _, el := range x.Elts {
			kv := el.(*ast.KeyValueExpr)
			f := v.FieldByName(kv.Key.(*ast.Ident).Name)
			f.Set(e.eval(kv.Value, f.Type()))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(t, 0, len(x.Elts)))
		for _, el := range x.Elts {
			v.Set(reflect.Append(v, e.eval(el, t.Elem())))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(t))
		for _, el := range x.Elts {
			kv := el.(*ast.KeyValueExpr)
			v.SetMapIndex(e.eval(kv.Key, t.Key()), e.eval(kv.Value, t.Elem()))
		}
	default:
		panic("unexpected literal of " + t.String())
	}
	return v
}

func (e evaluator) call(x *ast.CallExpr, t reflect.Type) reflect.Value {
	sel, ok := x.Fun.(*ast.SelectorExpr)
	if !ok { // []byte("…")
		s := e.eval(x.Args[0], reflect.TypeFor[string]())
		return s.Convert(t)
	}
	switch pkg := sel.X.(*ast.Ident).Name; {
	case pkg == "ptr":
		p := reflect.New(t.Elem())
		p.Elem().Set(e.eval(x.Args[0], t.Elem()))
		return p
	case pkg == "document":
		s := e.eval(x.Args[0], reflect.TypeFor[string]())
		return reflect.ValueOf(document.NewLazyDocument(s.String()))
	case pkg == "time" && sel.Sel.Name == "Date":
		var n [7]int
		for i := range n {
			n[i] = int(e.eval(x.Args[i], reflect.TypeFor[int]()).Int())
		}
		return reflect.ValueOf(time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6], time.UTC))
	case pkg == "types": // an enum
		return e.eval(x.Args[0], t)
	}
	panic("unexpected call of " + sel.Sel.Name)
}

func basic(x *ast.BasicLit, t reflect.Type) reflect.Value {
	var v any
	var err error
	switch x.Kind {
	case token.STRING:
		v, err = strconv.Unquote(x.Value)
	case token.INT:
		v, err = strconv.Atoi(x.Value)
	case token.FLOAT:
		v, err = strconv.ParseFloat(x.Value, 64)
	default: // v stays nil
	}
	if err != nil || v == nil || (x.Kind == token.STRING) != (t.Kind() == reflect.String) {
		panic(fmt.Sprintf("cannot evaluate %s as %v: %v", x.Value, t, err))
	}
	return reflect.ValueOf(v).Convert(t)
}
