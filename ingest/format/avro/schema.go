package avro

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// kind is the kind of a schema node, named as Avro names it.
type kind uint8

const (
	kNull kind = iota
	kBoolean
	kInt
	kLong
	kFloat
	kDouble
	kBytes
	kString
	kEnum
	kFixed
	kArray
	kMap
	kRecord
	kUnion
)

var kindNames = []string{"null", "boolean", "int", "long", "float", "double", "bytes", "string", "enum", "fixed", "array", "map", "record", "union"}

func (k kind) String() string { return kindNames[k] }

// node is one type of a schema.
type node struct {
	kind     kind
	name     string // full name of a record, enum or fixed
	logical  string // "" also for a logical type that does not fit its node
	prec     int32
	scale    int32
	size     int
	symbols  []string
	fields   []field
	items    *node // of an array or map
	branches []*node
	open     bool // being parsed: a reference to it would be recursive
	least    int  // bytes that a value takes at least
	exact    int  // bytes that every value takes, -1 for varying
	weight   int  // nodes below and with it, spelt out
}

type field struct {
	name string
	node *node
}

type parser struct {
	names map[string]*node
	depth int
}

const (
	maxDepth  = 100     // types in one another
	maxWeight = 100_000 // types in all, named ones counted where they are used
)

// parseSchema reads a schema as JSON.
func parseSchema(text string) (*node, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		if bare := strings.TrimSpace(text); slices.Contains(kindNames[:kEnum], bare) {
			v = bare // a primitive type without its quotes
		} else {
			return nil, fmt.Errorf("the Avro schema is no JSON: %w", err)
		}
	} else if d.More() {
		return nil, fmt.Errorf("the Avro schema is followed by something else, at byte %d", d.InputOffset())
	}
	p := parser{names: map[string]*node{}}
	n, err := p.node(v, "")
	if err != nil {
		return nil, fmt.Errorf("avro schema: %w", err)
	}
	if n.weight > maxWeight {
		return nil, fmt.Errorf("the Avro schema spells out to more than %d types", maxWeight)
	}
	return n, nil
}

func (p *parser) node(v any, space string) (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, fmt.Errorf("types stand more than %d deep in one another", maxDepth)
	}
	defer func() { p.depth-- }()
	switch v := v.(type) {
	case string:
		return p.named(v, space)
	case []any:
		return p.union(v, space)
	case map[string]any:
		return p.object(v, space)
	}
	return nil, fmt.Errorf("a type is a name, an object or a list, not %v", v)
}

func (p *parser) named(name, space string) (*node, error) {
	if i := slices.Index(kindNames[:kEnum], name); i >= 0 {
		n := &node{kind: kind(i)}
		n.measure()
		return n, nil
	}
	n := p.names[full(name, space)]
	if n == nil {
		n = p.names[name]
	}
	switch {
	case n == nil:
		return nil, fmt.Errorf("unknown type %q", name)
	case n.open:
		return nil, fmt.Errorf("type %q contains itself, and SQL has no recursive types", n.name)
	}
	return n, nil
}

func full(name, space string) string {
	if strings.Contains(name, ".") || space == "" {
		return name
	}
	return space + "." + name
}

func (p *parser) union(list []any, space string) (*node, error) {
	n := &node{kind: kUnion}
	seen := map[string]bool{}
	for _, v := range list {
		b, err := p.node(v, space)
		if err != nil {
			return nil, err
		}
		switch {
		case b.kind == kUnion:
			return nil, fmt.Errorf("a union stands directly in a union")
		case seen[b.branch()]:
			return nil, fmt.Errorf("a union has the type %q twice", b.branch())
		}
		seen[b.branch()] = true
		n.branches = append(n.branches, b)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("a union has no types")
	}
	n.measure()
	return n, nil
}

// branch names a type in a union.
func (n *node) branch() string {
	if n.name != "" {
		return n.name
	}
	return n.kind.String()
}

var nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`)

func (p *parser) object(m map[string]any, space string) (*node, error) {
	typ, ok := m["type"].(string)
	if !ok {
		if inner, is := m["type"]; is { // {"type": {…}}
			return p.node(inner, space)
		}
		return nil, fmt.Errorf("a type has no %q", "type")
	}
	n := &node{}
	switch typ {
	case "record", "error", "enum", "fixed":
		name, _ := m["name"].(string)
		if s, ok := m["namespace"].(string); ok && !strings.Contains(name, ".") {
			space = s
		}
		n.name = full(name, space)
		if !nameForm.MatchString(n.name) {
			return nil, fmt.Errorf("%s has the name %q; names are letters, digits and _", typ, name)
		}
		if p.names[n.name] != nil {
			return nil, fmt.Errorf("type %q is defined twice", n.name)
		}
		p.names[n.name] = n
		if i := strings.LastIndexByte(n.name, '.'); i >= 0 {
			space = n.name[:i]
		}
	}
	var err error
	switch typ {
	case "record", "error":
		n.kind, n.open = kRecord, true
		err = p.fields(n, m, space)
		n.open = false
	case "enum":
		n.kind = kEnum
		err = n.enum(m)
	case "fixed":
		n.kind = kFixed
		size, ok := integer(m["size"])
		if !ok || size < 0 || size > math.MaxInt32 {
			err = fmt.Errorf("fixed %q has no proper size: %v", n.name, m["size"])
		}
		n.size = int(size)
	case "array", "map":
		n.kind = kArray
		key := "items"
		if typ == "map" {
			n.kind, key = kMap, "values"
		}
		if m[key] == nil {
			return nil, fmt.Errorf("%s has no %q", typ, key)
		}
		n.items, err = p.node(m[key], space)
	default:
		var base *node
		if base, err = p.named(typ, space); err == nil {
			if base.name != "" {
				return base, nil
			}
			*n = *base
		}
	}
	if err != nil {
		return nil, err
	}
	n.annotate(m)
	n.measure()
	return n, nil
}

func (p *parser) fields(n *node, m map[string]any, space string) error {
	list, ok := m["fields"].([]any)
	if !ok {
		return fmt.Errorf("record %q has no list of fields", n.name)
	}
	for _, v := range list {
		fm, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("record %q: a field is no object: %v", n.name, v)
		}
		name, _ := fm["name"].(string)
		if !nameForm.MatchString(name) || strings.Contains(name, ".") {
			return fmt.Errorf("record %q: a field has the name %q; names are letters, digits and _", n.name, name)
		}
		if slices.ContainsFunc(n.fields, func(f field) bool { return f.name == name }) {
			return fmt.Errorf("record %q has the field %q twice", n.name, name)
		}
		if fm["type"] == nil {
			return fmt.Errorf("field %q has no type", name)
		}
		t, err := p.node(fm["type"], space)
		if err != nil {
			return fmt.Errorf("field %q: %w", name, err)
		}
		if _, own := fm["type"].(string); own && fm["logicalType"] != nil && t.name == "" { // a common slip
			return fmt.Errorf("field %q: logicalType stands beside the type and has no effect there; write \"type\": {\"type\": …, \"logicalType\": …}", name)
		}
		n.fields = append(n.fields, field{name, t})
	}
	return nil
}

func (n *node) enum(m map[string]any) error {
	list, ok := m["symbols"].([]any)
	if !ok || len(list) == 0 {
		return fmt.Errorf("enum %q has no symbols", n.name)
	}
	for _, v := range list {
		s, _ := v.(string)
		if !nameForm.MatchString(s) || strings.Contains(s, ".") || slices.Contains(n.symbols, s) {
			return fmt.Errorf("enum %q has the symbol %v twice, or it is no name", n.name, v)
		}
		n.symbols = append(n.symbols, s)
	}
	return nil
}

func integer(v any) (int64, bool) {
	x, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := x.Int64()
	return i, err == nil
}

// annotate takes over the logical type if it fits; one that does not is
// ignored, as Avro's specification says.
func (n *node) annotate(m map[string]any) {
	l, _ := m["logicalType"].(string)
	fits := false
	switch l {
	case "decimal":
		prec, ok := integer(m["precision"])
		scale, has := integer(m["scale"])
		fits = (n.kind == kBytes || n.kind == kFixed) && ok && prec > 0 && prec <= math.MaxInt32 && (has || m["scale"] == nil) && scale >= 0 && scale <= prec
		n.prec, n.scale = int32(prec), int32(scale)
	case "date", "time-millis":
		fits = n.kind == kInt
	case "time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos", "local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos":
		fits = n.kind == kLong
	case "uuid":
		fits = n.kind == kString || n.kind == kFixed && n.size == 16
	case "duration":
		fits = n.kind == kFixed && n.size == 12
	}
	if fits {
		n.logical = strings.TrimPrefix(l, "local-")
	}
}

// measure finds how many bytes values take.
func (n *node) measure() {
	n.least, n.exact, n.weight = 1, -1, 1
	for _, b := range n.branches {
		n.weight = min(n.weight+b.weight, math.MaxInt32)
	}
	if n.items != nil {
		n.weight = min(n.weight+n.items.weight, math.MaxInt32)
	}
	switch n.kind {
	case kNull:
		n.least, n.exact = 0, 0
	case kBoolean:
		n.exact = 1
	case kFloat:
		n.least, n.exact = 4, 4
	case kDouble:
		n.least, n.exact = 8, 8
	case kFixed:
		n.least, n.exact = n.size, n.size
	case kRecord:
		n.least, n.exact = 0, 0
		for _, f := range n.fields {
			n.least = min(n.least+f.node.least, math.MaxInt32)
			n.weight = min(n.weight+f.node.weight, math.MaxInt32)
			if f.node.exact < 0 || n.exact < 0 || n.exact+f.node.exact > math.MaxInt32 {
				n.exact = -1
			} else {
				n.exact += f.node.exact
			}
		}
	}
}
