package jsonpath

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

type stepKind uint8

const (
	member stepKind = iota
	element
	every   // .* and [*]
	descend // ..: this value and all below it
)

type step struct {
	kind  stepKind
	name  []byte
	index int
}

// Path is a compiled path. It is immutable.
type Path struct {
	steps []step
	many  bool
}

// Many tells whether the path may point to several values: it has * or ...
func (p *Path) Many() bool { return p.many }

// Compile reads a path: $, then .name, ['name'], ["name"], [0], .*, [*] and
// ..name in any number.
func Compile(s string) (*Path, error) {
	p := &Path{}
	bad := func(why string) (*Path, error) {
		return nil, fmt.Errorf("bad JSON path %q: %s", s, why)
	}
	if !strings.HasPrefix(s, "$") {
		return bad("it must start with $, as in $.a.b[0]")
	}
	for r := s[1:]; r != ""; {
		if strings.HasPrefix(r, "..") {
			p.steps, p.many = append(p.steps, step{kind: descend}), true
			r = r[2:]
			if r == "" {
				return bad("a name, * or [ must follow ..")
			}
			if r[0] != '[' {
				r = "." + r
			}
		}
		switch r[0] {
		case '.':
			r = r[1:]
			end := strings.IndexAny(r, `.[]'"`)
			if end < 0 {
				end = len(r)
			}
			if end == 0 {
				return bad("a name must follow the point; names with . [ ] or quotes are written ['a.b']")
			}
			if r[:end] == "*" {
				p.steps, p.many = append(p.steps, step{kind: every}), true
			} else {
				p.steps = append(p.steps, step{kind: member, name: []byte(r[:end])})
			}
			r = r[end:]
		case '[':
			r = r[1:]
			if r != "" && (r[0] == '\'' || r[0] == '"') {
				name, rest, ok := quoted(r)
				if !ok {
					return bad("a name in brackets needs its closing quote and ]")
				}
				p.steps = append(p.steps, step{kind: member, name: name})
				r = rest
				continue
			}
			end := strings.IndexByte(r, ']')
			if end < 0 {
				return bad("a closing ] is missing")
			}
			if r[:end] == "*" {
				p.steps, p.many = append(p.steps, step{kind: every}), true
			} else {
				n, err := strconv.ParseUint(r[:end], 10, 31)
				if err != nil {
					return bad("brackets hold an index from 0, * or a quoted name")
				}
				p.steps = append(p.steps, step{kind: element, index: int(n)})
			}
			r = r[end+1:]
		default:
			return bad("a step starts with . or [")
		}
	}
	return p, nil
}

// quoted reads 'name'] with \ before a quote or a \ of the name.
func quoted(s string) (name []byte, rest string, ok bool) {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			name = append(name, s[i])
		case s[i] == s[0]:
			rest, ok = strings.CutPrefix(s[i+1:], "]")
			return name, rest, ok
		default:
			name = append(name, s[i])
		}
	}
	return nil, "", false
}

// One gives the value that a path without * and .. points to in a valid
// document, or nil.
func (p *Path) One(b []byte) []byte {
	b = Value(b)
	for k := range p.steps {
		if b = at(b, &p.steps[k]); b == nil {
			return nil
		}
	}
	return b
}

// at gives a member or element of a value, or nil.
func at(b []byte, s *step) (found []byte) {
	switch {
	case s.kind == member && b[0] == '{':
		for i := first(b); i >= 0; {
			var m Member
			if m, i = next(b, i, true); isKey(m.Key, s.name) {
				found = m.Value
			}
		}
	case s.kind == element && b[0] == '[':
		n := 0
		for i := first(b); i >= 0; n++ {
			var m Member
			if m, i = next(b, i, false); n == s.index {
				return m.Value
			}
		}
	}
	return found
}

func isKey(key, name []byte) bool {
	if raw := key[1 : len(key)-1]; bytes.IndexByte(raw, '\\') < 0 {
		return bytes.Equal(raw, name)
	}
	return bytes.Equal(Unquote(nil, key), name)
}

// All appends every value that the path points to, in the order of the document.
func (p *Path) All(dst [][]byte, b []byte) [][]byte {
	return all(dst, Value(b), p.steps)
}

func all(dst [][]byte, b []byte, steps []step) [][]byte {
	if len(steps) == 0 {
		return append(dst, b)
	}
	s := &steps[0]
	switch s.kind {
	case every:
		for _, m := range Members(nil, b) {
			dst = all(dst, m.Value, steps[1:])
		}
	case descend:
		dst = all(dst, b, steps[1:])
		for _, m := range Members(nil, b) {
			dst = all(dst, m.Value, steps)
		}
	default:
		if v := at(b, s); v != nil {
			dst = all(dst, v, steps[1:])
		}
	}
	return dst
}
