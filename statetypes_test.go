package velo_test

import (
	"go/ast"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Elements of slices with pointers in them that there are a few of, whatever comes:
// a query has so many columns, expressions and calls.
var fewElements = map[string]string{
	"arrow.DataType":   "one for each column",
	"*vec.Builder":     "one for each column, whose values are arrays",
	"*vec.Shorts":      "one for each column, whose texts are an array",
	"*vec.Vec":         "one for each column, whose values are arrays",
	"[]*vec.Vec":       "one for each column of each call",
	"vec.Bitmap":       "one for each call",
	"vec.Sel":          "one for each call",
	"expr.Expr":        "one for each expression of the query",
	"sort.Key":         "one for each key of the query",
	"sortKey":          "one for each key of the query, whose numbers are an array",
	"join.Key":         "one for each key of the query",
	"Key":              "one for each key of the query",
	"Call":             "one for each call of the query",
	"*bufferedCall":    "one for each call of the query",
	"agg.State":        "one for each aggregate of the query, whose groups are arrays",
	"*column":          "one for each key column, whose values are arrays",
	"*pairs":           "one for each pair of key columns",
	"Window":           "one for each OVER of the query",
	"*buffers":         "one for each OVER of the query, whose rows are arrays",
	"*partitions":      "one for each list of PARTITION BY of the query",
	"directive":        "one for each directive of a pattern",
	"Overload":         "of a function's signature",
	"string":           "names of the query's",
	"arrowexec.Header": "of one row at a time",
	"Failed":           "of one batch",
	"*hashagg.Groups":  "one for each open window, whose groups are arrays",
	"*holder":          "one for each open window or pane, whose groups are arrays",
	"*node":            "one for each open pane, whose groups are arrays",
}

// fewPointers are fields that hold pointers, each with why there is not one for each
// row, group or key.
var fewPointers = map[string]string{
	"operators/agg.accs.own":              "of numbers: each accumulator is a struct without pointers",
	"operators/group.Lines.segs":          "one for each 4,096 keys, which are arrays of numbers",
	"operators/agg.finder.rows":           "numbers by numbers, with no pointer in it; a row that is taken back leaves it",
	"operators/agg.exactMoments.sums":     "one for each sum of powers, whose groups are arrays",
	"operators/agg.exacts.more":           "of sums that have more than three parts, of numbers of very different sizes",
	"operators/eventtime.partitions.byID": "one for each partition of a source",
	"operators/hashagg.Op.parts":          "one for each other pipeline, whose groups are arrays",
	"operators/hashagg.team.ops":          "one for each pipeline",
	"operators/hashagg.team.sizes":        "one for each pipeline, of numbers",
	"operators/join.Join.same":            "one for each right column, whose rows are an array",
	"operators/over.Buffered.at":          "one for each expression of the query",
	"operators/over.Operator.at":          "one for each expression of the query",
	"operators/union.Ordered.rows":        "one for each member, whose rows are arrays",
	"operators/over.held.failed":          "of rows that are held back and have failed",
	"operators/over.buffers.free":         "one for each power of two, of the places of lists that were given up",
	"operators/sort.lent.parts":           "one for a thousand rows at most, beyond the first 64",
	"operators/sort.sequence.ahead":       "one for each column, whose rows are an array",
	"operators/tablejoin.events.touched":  "of the rows of one batch",
	"operators/window.ordered.items":      "one for each open window, whose groups are arrays",
	"operators/window.aligned.lists":      "one for each pane that was open at once, given from pane to pane",
	"operators/window.aligned.pane":       "one for each open pane, whose groups are arrays",
	"operators/window.aligned.windows":    "one for each open window, whose groups are arrays",
}

// typeDecl is a type of the module as it is written.
type typeDecl struct {
	expr  ast.Expr
	src   *source
	param map[string]bool // its type parameters
}

// TestStateHasNoPointersPerRow walks the fields of all types of the operators: what
// grows with rows, groups or keys is arrays of plain values, which the garbage
// collector does not look into. A map, or a slice of elements that hold pointers, is
// on a list with why it does not grow.
func TestStateHasNoPointersPerRow(t *testing.T) {
	all := map[string]*typeDecl{}
	list := sources(t)
	for i := range list {
		s := &list[i]
		for _, d := range s.file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || s.test {
				continue
			}
			for _, sp := range g.Specs {
				if ts, ok := sp.(*ast.TypeSpec); ok {
					decl := &typeDecl{expr: ts.Type, src: s, param: map[string]bool{}}
					if ts.TypeParams != nil {
						for _, f := range ts.TypeParams.List {
							for _, n := range f.Names {
								decl.param[n.Name] = true
							}
						}
					}
					all[s.dir+"."+ts.Name.Name] = decl
				}
			}
		}
	}
	fields, listedFields, listedElements := 0, map[string]bool{}, map[string]bool{}
	for name, d := range all {
		st, ok := d.expr.(*ast.StructType)
		if !ok || !within("operators", d.src.dir) || d.src.dir == "operators/optest" {
			continue
		}
		for _, f := range st.Fields.List {
			for _, id := range f.Names {
				fields++
				full := name + "." + id.Name
				var elem string
				switch x := f.Type.(type) {
				case *ast.MapType:
					elem = types.ExprString(x)
				case *ast.ArrayType:
					if x.Len != nil || !pointers(all, d, x.Elt, nil) {
						continue
					}
					elem = types.ExprString(x.Elt)
				default:
					continue
				}
				if _, ok := f.Type.(*ast.ArrayType); ok && fewElements[elem] != "" {
					listedElements[elem] = true
					continue
				}
				if fewPointers[full] == "" {
					t.Errorf("%s: %s is %s: keep arrays of plain values by id, or list it here with why it does not grow with rows, groups or keys", d.src.path, full, types.ExprString(f.Type))
				}
				listedFields[full] = true
			}
		}
	}
	if fields < 300 {
		t.Fatalf("the walk found %d fields, too few to mean anything", fields)
	}
	for f := range fewPointers {
		if !listedFields[f] {
			t.Errorf("%s is listed and holds no pointers any more", f)
		}
	}
	for e := range fewElements {
		if !listedElements[e] {
			t.Errorf("[]%s is listed and no field has it any more", e)
		}
	}
}

// pointers tells whether a value of a type holds pointers. What cannot be looked up
// is taken to hold some, but for plain values of Arrow.
func pointers(all map[string]*typeDecl, in *typeDecl, e ast.Expr, seen []string) bool {
	lookup := func(full string) bool {
		d := all[full]
		if d == nil || slices.Contains(seen, full) {
			return d == nil
		}
		return pointers(all, d, d.expr, append(seen, full))
	}
	switch x := e.(type) {
	case *ast.Ident:
		switch x.Name {
		case "bool", "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "byte", "rune", "float32", "float64", "uintptr":
			return false
		}
		if in.param[x.Name] {
			return true
		}
		return lookup(in.src.dir + "." + x.Name)
	case *ast.SelectorExpr:
		pkg := x.X.(*ast.Ident).Name
		if pkg == "decimal128" && x.Sel.Name == "Num" {
			return false
		}
		for _, imp := range in.src.file.Imports {
			p, _ := strconv.Unquote(imp.Path.Value)
			if imp.Name != nil && imp.Name.Name == pkg || imp.Name == nil && path.Base(p) == pkg {
				if dir, ok := strings.CutPrefix(p, "github.com/velostream/velo/"); ok {
					return lookup(dir + "." + x.Sel.Name)
				}
			}
		}
		return true
	case *ast.ArrayType:
		return x.Len == nil || pointers(all, in, x.Elt, seen)
	case *ast.StructType:
		for _, f := range x.Fields.List {
			if pointers(all, in, f.Type, seen) {
				return true
			}
		}
		return false
	case *ast.IndexExpr: // a generic type with a type argument
		return true
	}
	return true // pointers, interfaces, functions, maps, channels
}
