package json

import (
	"strconv"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest/jsonscan"
)

func (d *Decoder) structure(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	if buf[i] != '{' {
		return d.misfit(c, buf, i, depth)
	}
	if depth >= jsonscan.MaxDepth {
		return ^i
	}
	if i = d.object(c.object, buf, i, b.Children, b.N, depth+1); i >= 0 {
		b.EndStruct()
	}
	return i
}

func (d *Decoder) list(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	if buf[i] != '[' {
		return d.misfit(c, buf, i, depth)
	}
	if depth >= jsonscan.MaxDepth {
		return ^i
	}
	elem := b.Children[0]
	i = jsonscan.Blank(buf, i+1)
	if i < len(buf) && buf[i] == ']' {
		b.EndList()
		return i + 1
	}
	for n := 1; ; n++ {
		if i = d.element(c.elem, elem, buf, i, depth+1); i < 0 {
			if d.cause != nil {
				d.path = "[" + strconv.Itoa(n) + "]" + dotted(d.path)
			}
			return i
		}
		if i = jsonscan.Blank(buf, i); i >= len(buf) {
			return ^len(buf)
		}
		switch buf[i] {
		case ',':
			i = jsonscan.Blank(buf, i+1)
		case ']':
			b.EndList()
			return i + 1
		default:
			return ^i
		}
	}
}

// dotted is a path ready to follow a name.
func dotted(path string) string {
	if path == "" || path[0] == '[' {
		return path
	}
	return "." + path
}

// element reads a value that may be null.
func (d *Decoder) element(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	if i >= len(buf) {
		return ^len(buf)
	}
	if buf[i] == 'n' {
		return d.null(c, b, buf, i)
	}
	return d.value(c, b, buf, i, depth)
}

func (d *Decoder) mapping(c *column, b *vec.Builder, buf []byte, i, depth int) int {
	if buf[i] != '{' {
		return d.misfit(c, buf, i, depth)
	}
	if depth >= jsonscan.MaxDepth {
		return ^i
	}
	k, v := b.Children[0], b.Children[1]
	from, mark := k.N, d.mapKeys.Mark()
	next := d.entries(c, k, v, buf, i, depth, nil)
	if next >= 0 {
		if drop := d.mapKeys.Repeated(mark); drop != nil { // read again without those that a later one replaces
			k.Truncate(from)
			v.Truncate(from)
			d.mapKeys.Pop(mark)
			next = d.entries(c, k, v, buf, i, depth, drop)
		}
	}
	d.mapKeys.Pop(mark)
	if next >= 0 {
		b.EndList()
	}
	return next
}

// entries reads the entries of a MAP but those to drop.
func (d *Decoder) entries(c *column, k, v *vec.Builder, buf []byte, i, depth int, drop []bool) int {
	i = jsonscan.Blank(buf, i+1)
	if i < len(buf) && buf[i] == '}' {
		return i + 1
	}
	for n := 0; ; n++ {
		if i >= len(buf) || buf[i] != '"' {
			return ^i
		}
		key, at := d.content(buf, i)
		if at < 0 {
			return at
		}
		d.mapKeys.Push(key)
		keep := drop == nil || !drop[n]
		if keep {
			if end := d.value(c.key, k, buf, i, depth); end < 0 {
				if d.cause != nil {
					d.path = "key"
				}
				return end
			}
		}
		if at = jsonscan.Blank(buf, at); at >= len(buf) || buf[at] != ':' {
			return ^at
		}
		at = jsonscan.Blank(buf, at+1)
		if keep {
			at = d.element(c.elem, v, buf, at, depth+1)
		} else {
			at = jsonscan.Skip(buf, at, depth+1)
		}
		if at < 0 {
			if d.cause != nil {
				d.path = "value" + dotted(d.path)
			}
			return at
		}
		if at = jsonscan.Blank(buf, at); at >= len(buf) {
			return ^len(buf)
		}
		switch buf[at] {
		case ',':
			i = jsonscan.Blank(buf, at+1)
		case '}':
			return at + 1
		default:
			return ^at
		}
	}
}
