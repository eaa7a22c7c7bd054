package funcs

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs/jsonpath"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// jsonInput reads documents and paths row by row.
type jsonInput struct {
	doc     *vec.Vec
	paths   *reader[*jsonpath.Path]
	root    *jsonpath.Path
	text    []byte
	found   [][]byte
	members []jsonpath.Member
}

// at gives the document of a row, nil when it is no JSON, and the path.
func (in *jsonInput) at(i int) ([]byte, *jsonpath.Path, error) {
	p := in.root
	if in.paths != nil {
		var err error
		if p, err = in.paths.at(i); err != nil {
			return nil, nil, err
		}
	}
	if in.doc.Kind != vec.String {
		in.text = text.AppendJSON(in.text[:0], in.doc, i, false)
		return in.text, p, nil
	}
	doc := in.doc.BytesAt(i)
	if !jsonpath.Valid(doc) {
		return nil, p, nil
	}
	return doc, p, nil
}

// find gives what a path points to, borrowed until the next call.
func (in *jsonInput) find(doc []byte, p *jsonpath.Path) [][]byte {
	in.found = in.found[:0]
	if doc == nil {
		return nil
	}
	if p.Many() {
		in.found = p.All(in.found, doc)
	} else if v := p.One(doc); v != nil {
		in.found = append(in.found, v)
	}
	return in.found
}

// jsonOverloads take text, or a nested value in place of its JSON text, and a path.
func jsonOverloads(result typeFunc, pathOptional bool, f func(c *expr.Ctx, t arrow.DataType, in *jsonInput, sel vec.Sel) *vec.Vec) []expr.Overload {
	prepare := func(_ []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
		paths, err := compile(consts, 1, jsonpath.Compile)
		if err != nil {
			return nil, err
		}
		root, err := jsonpath.Compile("$")
		if err != nil {
			return nil, err
		}
		return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
			in := &jsonInput{doc: args[0], root: root}
			if len(args) == 2 {
				in.paths = paths.over(args[1])
			}
			return f(c, t, in, sel)
		}, nil
	}
	var out []expr.Overload
	for _, k := range []vec.Kind{vec.String, vec.List, vec.Map, vec.Struct} {
		o := prepared(result, prepare, k, vec.String)
		if pathOptional {
			o.Optional = 1
		}
		out = append(out, o)
	}
	return out
}

// jsonText are the overloads of a function with a text result; f appends it
// and tells whether there is one.
func jsonText(pathOptional bool, f func(dst []byte, found [][]byte, many bool) ([]byte, bool)) []expr.Overload {
	return jsonOverloads(is(vec.TypeString), pathOptional, func(c *expr.Ctx, t arrow.DataType, in *jsonInput, sel vec.Sel) *vec.Vec {
		o := newText(c, t, 16*c.Batch.N)
		for i := range rows(c.Batch.N, sel) {
			doc, p, err := in.at(i)
			if err != nil {
				o.fail(i, err)
				continue
			}
			found := in.find(doc, p)
			if len(found) == 0 {
				o.null(i)
				continue
			}
			size := 2
			for _, v := range found {
				size += len(v) + 1
			}
			o.room(size)
			var ok bool
			if o.data, ok = f(o.data, found, p.Many()); ok {
				o.end(i)
			} else {
				o.null(i)
			}
		}
		return o.done()
	})
}

func jsonValue(dst []byte, found [][]byte, many bool) ([]byte, bool) {
	v := found[0]
	if many || v[0] == '{' || v[0] == '[' || v[0] == 'n' {
		return dst, false
	}
	if v[0] == '"' {
		return jsonpath.Unquote(dst, v), true
	}
	return append(dst, v...), true
}

func jsonExtract(dst []byte, found [][]byte, many bool) ([]byte, bool) {
	if !many {
		return jsonpath.Compact(dst, found[0]), true
	}
	dst = append(dst, '[')
	for k, v := range found {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = jsonpath.Compact(dst, v)
	}
	return append(dst, ']'), true
}

func jsonQuery(dst []byte, found [][]byte, many bool) ([]byte, bool) {
	if !many && found[0][0] != '{' && found[0][0] != '[' {
		return dst, false
	}
	return jsonExtract(dst, found, many)
}
