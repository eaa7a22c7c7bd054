package parquet

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// node is a column, or one level inside it, as SQL has it: the groups that only
// say "list" or "map" are gone.
type node struct {
	name     string
	kind     vec.Kind
	typ      arrow.DataType
	def      int // definition level from which on a value is there, not NULL
	children []*node
	elemDef  int   // of a list or map: from which on an element is there
	leaf     *leaf // of a scalar
}

// leaf is a column chunk of every row group.
type leaf struct {
	element
	index    int
	name     string // path, for messages
	def, rep int    // greatest levels
	convert  convert
	unread   error // why it cannot be read
}

// schemaBuilder turns the flattened tree into nodes.
type schemaBuilder struct {
	elements []element
	at       int
	leaves   []*leaf
}

const maxDepth = 60 // groups in one another; levels have 8 bits

var errSchema = fmt.Errorf("the schema in the footer is corrupt")

func (b *schemaBuilder) take() (element, error) {
	if b.at >= len(b.elements) {
		return element{}, errSchema
	}
	b.at++
	e := b.elements[b.at-1]
	if e.children < 0 || e.repeat < 0 || e.repeat > repeated || e.typ > pFixed || e.typ < -1 || e.typ >= 0 && e.children > 0 {
		return e, errSchema
	}
	return e, nil
}

// columns reads the fields of the root.
func (b *schemaBuilder) columns() ([]*node, error) {
	root, err := b.take()
	if err != nil {
		return nil, err
	}
	nodes, err := b.fields(int(root.children), "", 0, 0, 0)
	if err == nil && b.at != len(b.elements) {
		err = errSchema
	}
	return nodes, err
}

func (b *schemaBuilder) fields(n int, path string, def, rep, depth int) ([]*node, error) {
	if n > len(b.elements) {
		return nil, errSchema
	}
	var nodes []*node
	var names []string
	for range n {
		c, err := b.field(path, def, rep, depth)
		if err != nil {
			return nil, err
		}
		nodes, names = append(nodes, c), append(names, c.name)
	}
	for i, name := range ingest.UniqueNames(names) {
		nodes[i].name = name
	}
	return nodes, nil
}

// field reads one field with its repetition.
func (b *schemaBuilder) field(path string, def, rep, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("groups stand more than %d deep in one another", maxDepth)
	}
	e, err := b.take()
	if err != nil {
		return nil, err
	}
	path += e.name
	switch e.repeat {
	case optional:
		def++
	case repeated: // without a group that says list: a list that is never NULL, of elements that are not
		elem, err := b.body(e, path, def+1, rep+1, depth)
		if err != nil {
			return nil, err
		}
		return &node{name: e.name, kind: vec.List, typ: arrow.ListOf(elem.typ), def: def, elemDef: def + 1, children: []*node{elem}}, nil
	}
	return b.body(e, path, def, rep, depth)
}

// body reads what an element is, its repetition aside.
func (b *schemaBuilder) body(e element, path string, def, rep, depth int) (*node, error) {
	n := &node{name: e.name, def: def}
	if e.typ >= 0 {
		l := &leaf{element: e, index: len(b.leaves), name: path, def: def, rep: rep}
		b.leaves = append(b.leaves, l)
		n.leaf = l
		n.typ, l.convert, l.unread = physical(e)
		n.kind = vec.KindOf(n.typ)
		return n, nil
	}
	isList := e.logical == lList || e.converted == cList
	isMap := e.logical == lMap || e.converted == cMap || e.converted == cMapKeyValue
	if (isList || isMap) && e.children == 1 && b.at < len(b.elements) && b.elements[b.at].repeat == repeated {
		inner := b.elements[b.at]
		if isMap && inner.typ < 0 && inner.children == 2 {
			b.at++
			kv, err := b.fields(2, path+".", def+1, rep+1, depth+1)
			if err != nil {
				return nil, err
			}
			if k := kv[0].kind; k == vec.List || k == vec.Map || k == vec.Struct {
				kv[0].name, kv[1].name = "key", "value"
				st := structOf("", kv)
				n.kind, n.typ, n.elemDef = vec.List, arrow.ListOf(st.typ), def+1
				st.def = def + 1
				n.children = []*node{st}
				return n, nil
			}
			n.kind, n.typ, n.elemDef, n.children = vec.Map, arrow.MapOf(kv[0].typ, kv[1].typ), def+1, kv
			return n, nil
		}
		if isList {
			b.at++
			n.kind, n.elemDef = vec.List, def+1
			var elem *node
			var err error
			if inner.typ < 0 && inner.children == 1 && inner.name != "array" && inner.name != e.name+"_tuple" && inner.logical != lList && inner.converted != cList {
				elem, err = b.field(path+".", def+1, rep+1, depth+1)
			} else { // two levels: the repeated field is the element
				elem, err = b.body(inner, path+"."+inner.name, def+1, rep+1, depth+1)
			}
			if err != nil {
				return nil, err
			}
			n.typ, n.children = arrow.ListOf(elem.typ), []*node{elem}
			return n, nil
		}
	}
	fields, err := b.fields(int(e.children), path+".", def, rep, depth+1)
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("the group %q has no fields", path)
	}
	st := structOf(e.name, fields)
	st.def = def
	return st, nil
}

func structOf(name string, fields []*node) *node {
	n := &node{name: name, kind: vec.Struct, children: fields}
	var types []arrow.Field
	for _, f := range fields {
		types = append(types, arrow.Field{Name: f.name, Type: f.typ, Nullable: true})
	}
	n.typ = arrow.StructOf(types...)
	return n
}

// prune keeps of a node what a wanted type has, for only that is read.
func (n *node) prune(t arrow.DataType) *node {
	if vec.KindOf(t) != n.kind {
		return n
	}
	c := *n
	switch t := t.(type) {
	case *arrow.StructType:
		var keep []*node
		for _, f := range n.children {
			if i, ok := t.FieldIdx(f.name); ok {
				keep = append(keep, f.prune(t.Field(i).Type))
			}
		}
		if len(keep) == 0 { // its NULLs are read all the same
			keep = n.children[:1]
		}
		p := structOf(n.name, keep)
		p.def = n.def
		return p
	case *arrow.ListType:
		c.children = []*node{n.children[0].prune(t.Elem())}
		c.typ = arrow.ListOf(c.children[0].typ)
	case *arrow.MapType:
		c.children = []*node{n.children[0].prune(t.KeyType()), n.children[1].prune(t.ItemType())}
		c.typ = arrow.MapOf(c.children[0].typ, c.children[1].typ)
	}
	return &c
}

// each calls f for the leaves of a node.
func (n *node) each(f func(*leaf)) {
	if n.leaf != nil {
		f(n.leaf)
	}
	for _, c := range n.children {
		c.each(f)
	}
}

// convert is how physical values become those of a column.
type convert uint8

const (
	asIs convert = iota
	asInt8
	asInt16
	asUint8
	asUint16
	asUint32
	asUint64
	asDate
	asTime
	asStamp
	asDecimal
	asText
	asUUID
	asInterval
	asHalf
	asInt96
	asNull
)

// physical finds the type of a leaf and how its values become it. An annotation
// that does not fit the physical type is none.
func physical(e element) (arrow.DataType, convert, error) {
	if e.logical == lUnknown {
		return vec.TypeString, asNull, nil
	}
	if (e.logical == lDecimal || e.converted == cDecimal) && (e.typ == pInt32 || e.typ == pInt64 || e.typ == pByteArray || e.typ == pFixed && e.length >= 0) {
		return decimalOf(e)
	}
	switch e.typ {
	case pBoolean:
		return vec.TypeBool, asIs, nil
	case pFloat:
		return vec.TypeFloat32, asIs, nil
	case pDouble:
		return vec.TypeFloat64, asIs, nil
	case pInt96:
		return vec.TypeTimestamp, asInt96, nil
	case pByteArray:
		if e.logical == lString || e.logical == lEnum || e.logical == lJSON || e.converted == cUTF8 || e.converted == cEnum || e.converted == cJSON {
			return vec.TypeString, asText, nil
		}
		return vec.TypeBinary, asIs, nil
	case pFixed:
		switch {
		case e.length < 0:
			return vec.TypeBinary, asIs, fmt.Errorf("values have a negative length")
		case e.logical == lUUID && e.length == 16:
			return vec.TypeString, asUUID, nil
		case e.logical == lFloat16 && e.length == 2:
			return vec.TypeFloat32, asHalf, nil
		case e.converted == cInterval && e.length == 12:
			return vec.TypeInterval, asInterval, nil
		}
		return vec.TypeBinary, asIs, nil
	}
	switch {
	case e.typ == pInt32 && (e.logical == lDate || e.converted == cDate):
		return vec.TypeDate, asDate, nil
	case e.typ == pInt32 && (e.logical == lTime && e.unit == 1 || e.converted == cTimeMillis), e.typ == pInt64 && (e.logical == lTime && e.unit != 1 || e.converted == cTimeMicros):
		return vec.TypeTime, asTime, nil
	case e.typ == pInt64 && (e.logical == lTimestamp && e.unit == 1 || e.logical != lTimestamp && e.converted == cTimestampMs):
		return vec.TypeTimestamp, asStamp, nil
	case e.typ == pInt64 && (e.logical == lTimestamp || e.converted == cTimestampUs):
		return vec.TypeTimestampMicros, asStamp, nil
	}
	bits, signed := e.bits, e.signed
	if e.logical != lInteger {
		bits, signed = map[int32]int8{cInt8: 8, cInt16: 16, cUint8: 8, cUint16: 16, cUint32: 32, cUint64: 64}[e.converted], e.converted < cUint8 || e.converted > cUint64
	}
	switch {
	case bits < 32 && e.typ != pInt32:
		return vec.TypeInt64, asIs, nil
	case bits == 8 && signed:
		return vec.TypeInt8, asInt8, nil
	case bits == 16 && signed:
		return vec.TypeInt16, asInt16, nil
	case bits == 8:
		return vec.TypeInt16, asUint8, nil
	case bits == 16 && !signed:
		return vec.TypeInt32, asUint16, nil
	case bits == 32 && !signed && e.typ == pInt32:
		return vec.TypeInt64, asUint32, nil
	case bits == 64 && !signed && e.typ == pInt64:
		return vec.TypeInt64, asUint64, nil
	case e.typ == pInt32:
		return vec.TypeInt32, asIs, nil
	}
	return vec.TypeInt64, asIs, nil
}

func decimalOf(e element) (arrow.DataType, convert, error) {
	p, s := e.precision, e.scale
	t := vec.DecimalType(max(min(p, 38), 1), max(min(s, 38), 0))
	switch {
	case p < 1 || s < 0 || s > p || p > math.MaxInt16:
		return t, asDecimal, fmt.Errorf("it is DECIMAL(%d,%d), which cannot be", p, s)
	case p > 38:
		return t, asDecimal, fmt.Errorf("it is a decimal of %d digits, and DECIMAL has 38 at most; leave it out of the query", p)
	}
	return t, asDecimal, nil
}
