package guard

import (
	"go/ast"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

const module = "handover/"

// pure are the packages that are a function of their arguments: no goroutine, clock, input, output, global variable, or map order that shows.
var pure = []string{
	"internal/cluster",
	"internal/diagnosis",
	"internal/expression",
	"internal/lambda/event",
	"internal/operation",
	"internal/pattern",
	"internal/rate",
	"internal/record",
	"internal/timeline",
	"internal/world",
}

// allowed is what pure packages may import of the standard library. Everything here is a function of its arguments, but for context, which the ports of
// operation hand through, and testing, which the conformance suite is given.
var allowed = []string{
	"bytes",
	"cmp",
	"context",
	"crypto/md5",
	"encoding/base64",
	"encoding/binary",
	"encoding/hex",
	"encoding/json",
	"errors",
	"fmt",
	"maps",
	"math",
	"math/bits",
	"regexp",
	"slices",
	"sort",
	"strconv",
	"strings",
	"testing",
	"time",
	"unicode/utf8",
}

// forbidden are the imports between our own packages that would break the design, each with the reason.
var forbidden = []struct{ from, to, reason string }{
	{"internal/cluster", "internal", "the vocabulary stands alone"},
	{"internal/diagnosis", "internal/operation", "an operation asks for a diagnosis, not the reverse"},
	{"internal/diagnosis", "internal/world", "a diagnosis may only believe its snapshot, as in life"},
	{"internal/operation", "internal/world", "an operation may only believe its snapshot, as in life"},
	{"internal/world", "internal/operation", "ECS does not know that we exist"},
	{"internal/emulator/api", "internal/operation", "a handler translates; it has no rules"},
	{"internal/emulator", "internal/operation", "the emulator is AWS's side"},
	{"internal/emulator", "internal/amazon", "the emulator is AWS's side"},
	{"internal/amazon", "internal/world", "the adapter is our side"},
	{"internal/amazon", "internal/emulator", "the adapter is our side"},
	{"internal/scenario", "internal/operation", "a scenario describes the world"},
	{"internal/world/service", "internal/world/balancer", "the models meet in world alone"},
	{"internal/world/balancer", "internal/world/service", "the models meet in world alone"},
	{"internal/world/service", "internal/world/scaling", "the models meet in world alone"},
	{"internal/world/balancer", "internal/world/scaling", "the models meet in world alone"},
	{"internal/world/scaling", "internal/world/service", "the models meet in world alone"},
	{"internal/world/scaling", "internal/world/balancer", "the models meet in world alone"},
	{"internal/world/placement", "internal/world", "the models meet in world alone"},
	{"internal/world/group", "internal/world", "the models meet in world alone"},
	{"internal/world/service", "internal/world/placement", "the models meet in world alone"},
	{"internal/world/messaging", "internal/world", "the models meet in world alone"},
	{"internal/world/metric", "internal/world", "the models meet in world alone"},
	{"internal/world/logs", "internal/world", "the models meet in world alone"},
	{"internal/world/function", "internal/world", "the models meet in world alone"},
	{"internal/world/workflow", "internal/world", "the models meet in world alone"},
	{"internal/world/profile", "internal/world", "the profile is data"},
	{"internal/emulator/wire", "internal/world", "the codec knows no model"},
	{"internal/emulator/wire", "internal/cluster", "the codec knows no model"},
	{"internal/emulator/wire", "github.com/aws", "the codec imports no SDK"},
}

// sdk are the packages that may see a type of the AWS SDK.
var sdk = []string{"internal/amazon", "internal/emulator", "internal/cli"}

func load(t *testing.T) []*packages.Package {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatalf("the module's root is not where it is looked for: %v", err)
	}
	mode := packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports
	all, err := packages.Load(&packages.Config{Mode: mode, Dir: root}, "./...")
	if err != nil {
		t.Fatalf("loading the packages: %v", err)
	}
	if len(all) < 5 {
		t.Fatalf("only %d packages were loaded", len(all))
	}
	for _, p := range all {
		for _, e := range p.Errors {
			t.Fatalf("%s: %v", p.PkgPath, e)
		}
	}
	return all
}

func within(pkg, folder string) bool {
	path := strings.TrimPrefix(pkg, module)
	return path == folder || strings.HasPrefix(path, folder+"/")
}

func isPure(pkg string) bool {
	return slices.ContainsFunc(pure, func(p string) bool { return within(pkg, p) })
}

func TestImports(t *testing.T) {
	for _, p := range load(t) {
		for imported := range p.Imports {
			for _, f := range forbidden {
				if within(p.PkgPath, f.from) && within(imported, f.to) && !within(imported, f.from) {
					t.Errorf("%s imports %s: %s", p.PkgPath, imported, f.reason)
				}
			}
			if strings.Contains(imported, "aws-sdk-go") && !slices.ContainsFunc(sdk, func(s string) bool { return within(p.PkgPath, s) }) {
				t.Errorf("%s imports %s: only the adapter and the emulator see the SDK", p.PkgPath, imported)
			}
			ours := strings.HasPrefix(imported, module)
			if isPure(p.PkgPath) && !ours && !slices.Contains(allowed, imported) {
				t.Errorf("%s imports %s, which is not on the list for pure packages", p.PkgPath, imported)
			}
			if isPure(p.PkgPath) && ours && !isPure(imported) {
				t.Errorf("%s imports %s, which is not pure", p.PkgPath, imported)
			}
		}
	}
}

func TestPurity(t *testing.T) {
	for _, p := range load(t) {
		if !isPure(p.PkgPath) || strings.HasSuffix(p.PkgPath, "/conformance") {
			continue
		}
		for _, file := range p.Syntax {
			inspect(t, p, file)
		}
	}
}

func inspect(t *testing.T, p *packages.Package, file *ast.File) {
	complain := func(n ast.Node, what string) {
		t.Errorf("%s: %s", p.Fset.Position(n.Pos()), what)
	}
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok.String() == "var" && !blank(g) {
			complain(g, "a global variable")
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			complain(n, "a goroutine")
		case *ast.SelectStmt:
			complain(n, "a select")
		case *ast.ChanType:
			complain(n, "a channel")
		case *ast.RangeStmt:
			if _, isMap := p.TypesInfo.TypeOf(n.X).Underlying().(*types.Map); isMap {
				complain(n, "a range over a map")
			}
		case *ast.SelectorExpr:
			if object := p.TypesInfo.Uses[n.Sel]; object != nil && isClock(object) {
				complain(n, "the clock: "+object.Name())
			}
			if object := p.TypesInfo.Uses[n.Sel]; object != nil && isMapOrder(object) && !sorted(file, n) {
				complain(n, "maps."+object.Name()+" outside slices.Sorted: its order shows")
			}
		}
		return true
	})
}

// TestHandlersChangeWorldsThroughTheView: what a handler does to a world in another way is not in the emulator's log, and missing after a restart.
func TestHandlersChangeWorldsThroughTheView(t *testing.T) {
	changes := []string{"Act", "Report", "Room", "Behave", "Settle", "Orders", "AdvanceTo", "UnmarshalJSON"}
	for _, p := range load(t) {
		if !within(p.PkgPath, "internal/emulator/api") {
			continue
		}
		for _, file := range p.Syntax {
			if strings.HasSuffix(p.Fset.Position(file.Pos()).Filename, "api/view.go") {
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok || !slices.Contains(changes, s.Sel.Name) {
					return true
				}
				if of := p.TypesInfo.TypeOf(s.X); of != nil && strings.HasSuffix(of.String(), module+"internal/world.World") {
					t.Errorf("%s: World.%s; only View.Act may change a world", p.Fset.Position(n.Pos()), s.Sel.Name)
				}
				return true
			})
		}
	}
}

// blank tells whether a declaration only asserts that a type has an interface: var _ I = T{}.
func blank(g *ast.GenDecl) bool {
	for _, spec := range g.Specs {
		for _, name := range spec.(*ast.ValueSpec).Names {
			if name.Name != "_" {
				return false
			}
		}
	}
	return true
}

func isClock(object types.Object) bool {
	clock := []string{"Now", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Since", "Until", "Local"}
	return object.Pkg() != nil && object.Pkg().Path() == "time" && object.Parent() == object.Pkg().Scope() && slices.Contains(clock, object.Name())
}

func isMapOrder(object types.Object) bool {
	return object.Pkg() != nil && object.Pkg().Path() == "maps" && slices.Contains([]string{"Keys", "Values", "All"}, object.Name())
}

// sorted tells whether the node stands inside a call of slices.Sorted or slices.SortedFunc.
func sorted(file *ast.File, inner ast.Node) bool {
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || inner.Pos() < call.Pos() || inner.End() > call.End() {
			return true
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(s.Sel.Name, "Sorted") {
			found = true
		}
		return true
	})
	return found
}

func TestEachPackageHasOneDoc(t *testing.T) {
	for _, p := range load(t) {
		docs := 0
		for _, file := range p.Syntax {
			if file.Doc != nil {
				docs++
			}
		}
		if docs != 1 {
			t.Errorf("%s has %d package comments, want one", p.PkgPath, docs)
		}
	}
}
