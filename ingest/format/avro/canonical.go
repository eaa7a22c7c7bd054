package avro

import (
	"encoding/binary"
	"strconv"
)

// printer writes schemas as JSON: with their logical types, or in Parsing
// Canonical Form, of which fingerprints are made.
type printer struct {
	logical bool
	seen    map[string]bool
}

func (p *printer) node(dst []byte, n *node) []byte {
	if !p.logical || n.logical == "" || p.seen[n.name] {
		return p.plain(dst, n)
	}
	if n.name == "" {
		dst = p.plain(append(dst, `{"type":`...), n)
	} else { // a fixed has its braces
		dst = p.plain(dst, n)
		dst = dst[:len(dst)-1]
	}
	dst = append(append(append(dst, `,"logicalType":"`...), n.logical...), '"')
	if n.logical == "decimal" {
		dst = strconv.AppendInt(append(dst, `,"precision":`...), int64(n.prec), 10)
		dst = strconv.AppendInt(append(dst, `,"scale":`...), int64(n.scale), 10)
	}
	return append(dst, '}')
}

func (p *printer) plain(dst []byte, n *node) []byte {
	quote := func(key, s string) { dst = append(append(append(dst, key...), s...), '"') }
	switch n.kind {
	case kUnion:
		for i, b := range n.branches {
			dst = p.node(append(dst, ",["[b2i(i == 0)]), b)
		}
		return append(dst, ']')
	case kArray:
		dst = p.node(append(dst, `{"type":"array","items":`...), n.items)
		return append(dst, '}')
	case kMap:
		dst = p.node(append(dst, `{"type":"map","values":`...), n.items)
		return append(dst, '}')
	}
	if n.name == "" {
		quote(`"`, n.kind.String())
		return dst
	}
	if p.seen[n.name] {
		quote(`"`, n.name)
		return dst
	}
	p.seen[n.name] = true
	quote(`{"name":"`, n.name)
	quote(`,"type":"`, n.kind.String())
	switch n.kind {
	case kRecord:
		dst = append(dst, `,"fields":[`...)
		for i, f := range n.fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			quote(`{"name":"`, f.name)
			dst = p.node(append(dst, `,"type":`...), f.node)
			dst = append(dst, '}')
		}
		dst = append(dst, ']')
	case kEnum:
		dst = append(dst, `,"symbols":[`...)
		for i, s := range n.symbols {
			if i > 0 {
				dst = append(dst, ',')
			}
			quote(`"`, s)
		}
		dst = append(dst, ']')
	case kFixed:
		dst = strconv.AppendInt(append(dst, `,"size":`...), int64(n.size), 10)
	}
	return append(dst, '}')
}

// canonical is the Parsing Canonical Form.
func canonical(n *node) []byte { return (&printer{seen: map[string]bool{}}).node(nil, n) }

// spelled is the schema with its logical types.
func spelled(n *node) string {
	return string((&printer{logical: true, seen: map[string]bool{}}).node(nil, n))
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// objectHeader is what a datum of the schema begins with in the single-object
// encoding: a mark and the CRC-64-AVRO of the canonical form.
func objectHeader(n *node) [10]byte {
	const empty = 0xc15d213aa4d7a795
	var table [256]uint64
	for i := range table {
		c := uint64(i)
		for range 8 {
			c = c>>1 ^ empty&-(c&1)
		}
		table[i] = c
	}
	sum := uint64(empty)
	for _, b := range canonical(n) {
		sum = sum>>8 ^ table[byte(sum)^b]
	}
	h := [10]byte{0xC3, 0x01}
	binary.LittleEndian.PutUint64(h[2:], sum)
	return h
}
