package jsonscan

import (
	"bytes"
	"encoding/binary"
)

// Keys recognises the keys of one kind of object. It remembers for every key
// which keys followed it, in up to four orders, and compares the text at hand
// with the expected `"name":` as one or two masked words; only a surprise is
// read and looked up. It belongs to one goroutine.
type Keys struct {
	// Resolve tells, for a name seen for the first time, the caller's number for
	// it and whether the name is spelt exactly so. It must not keep the name.
	Resolve func(name []byte) (field int32, exact bool)

	keys    []key
	table   []int32 // open addressing over keys; 0 is free
	way     int
	turn    int
	scratch []byte
}

// Start is the key before the first of an object.
const Start = 1

// unlearned stands for a name that is not remembered; nothing matches it.
const unlearned = 0

const (
	ways = 4
	// maxKeys bounds what hostile names can make us remember.
	maxKeys = 4096
	maxName = 512
)

type key struct {
	w0, m0, w1, m1 uint64
	n              int32 // length of text; over 16 the words alone do not decide
	field          int32
	next           [ways]int32
	exact          bool
	text           []byte // `"name":`
}

// NewKeys makes Keys that have seen nothing yet.
func NewKeys(resolve func(name []byte) (field int32, exact bool)) *Keys {
	never := key{w0: 1, field: -1}
	return &Keys{Resolve: resolve, keys: []key{never, never}, table: make([]int32, 64)}
}

// Field is the caller's number of a key.
func (ks *Keys) Field(id int32) int32 { return ks.keys[id].field }

// Exact tells whether the key was spelt as its field.
func (ks *Keys) Exact(id int32) bool { return ks.keys[id].exact }

// Next reads the key whose opening quote stands at i, and its colon: the key's
// id, valid until the next call, and the index behind the colon. prev is the
// key before it, [Start] for the first.
func (ks *Keys) Next(buf []byte, i int, prev int32) (id int32, next int) {
	id = ks.keys[prev].next[ks.way&(ways-1)]
	k := &ks.keys[id]
	if i+16 <= len(buf) {
		b := buf[i : i+16]
		if binary.LittleEndian.Uint64(b)&k.m0 == k.w0 && binary.LittleEndian.Uint64(b[8:])&k.m1 == k.w1 && k.n <= 16 {
			return id, i + int(k.n)
		}
	}
	return ks.search(buf, i, prev)
}

func (ks *Keys) search(buf []byte, i int, prev int32) (int32, int) {
	rest := buf[min(i, len(buf)):]
	for w := range ways {
		w = (ks.way + w) & (ways - 1)
		if id := ks.keys[prev].next[w]; id != 0 && bytes.HasPrefix(rest, ks.keys[id].text) {
			ks.way = w
			return id, i + int(ks.keys[id].n)
		}
	}
	if len(rest) == 0 || rest[0] != '"' {
		return 0, ^i
	}
	end := StringEnd(buf, i+1)
	var name []byte
	at := end + 1
	plain := end < len(buf) && buf[end] == '"'
	if plain {
		name = buf[i+1 : end]
	} else {
		if ks.scratch, at = Unescape(ks.scratch[:0], buf, i); at < 0 {
			return 0, at
		}
		name = ks.scratch
	}
	at = Blank(buf, at)
	if at >= len(buf) || buf[at] != ':' {
		return 0, ^at
	}
	id := ks.find(name)
	if id == unlearned {
		ks.keys[unlearned].field, ks.keys[unlearned].exact = ks.Resolve(name)
		return unlearned, at + 1
	}
	if plain { // an escaped spelling never matches as text
		ks.follow(prev, id)
	}
	return id, at + 1
}

// follow notes that id came after prev: in the order now followed if it has no
// opinion yet, else in another that has none, else in place of some other.
func (ks *Keys) follow(prev, id int32) {
	next := &ks.keys[prev].next
	for w := range ways {
		w = (ks.way + w) & (ways - 1)
		if next[w] == id {
			ks.way = w
			return
		}
	}
	for w := range ways {
		w = (ks.way + w) & (ways - 1)
		if next[w] == 0 {
			next[w], ks.way = id, w
			return
		}
	}
	ks.turn++
	ks.way = ks.turn & (ways - 1)
	next[ks.way] = id
}

// find gives the id of a name, learning it if there is room.
func (ks *Keys) find(name []byte) int32 {
	mask := uint64(len(ks.table) - 1)
	h := hash(name)
	for ; ; h++ {
		id := ks.table[h&mask]
		if id == 0 {
			break
		}
		if k := &ks.keys[id]; len(k.text) == len(name)+3 && string(k.text[1:len(name)+1]) == string(name) {
			return id
		}
	}
	// A name that needs escapes must not be learnt: its text is not how it is spelt.
	if len(ks.keys) >= maxKeys || len(name) > maxName || StringEnd(name, 0) < len(name) {
		return unlearned
	}
	id := int32(len(ks.keys))
	k := key{text: append(append([]byte{'"'}, name...), '"', ':')}
	k.n = int32(len(k.text))
	var w, m [16]byte
	for j := range copy(w[:], k.text) {
		m[j] = 0xFF
	}
	k.w0, k.w1 = Word(w[:], 0), Word(w[:], 8)
	k.m0, k.m1 = Word(m[:], 0), Word(m[:], 8)
	k.field, k.exact = ks.Resolve(name)
	ks.keys = append(ks.keys, k)
	ks.table[h&mask] = id
	if 2*len(ks.keys) > len(ks.table) {
		ks.table = make([]int32, 2*len(ks.table))
		mask = uint64(len(ks.table) - 1)
		for id := Start + 1; id < len(ks.keys); id++ {
			t := ks.keys[id].text
			h := hash(t[1 : len(t)-2])
			for ks.table[h&mask] != 0 {
				h++
			}
			ks.table[h&mask] = int32(id)
		}
	}
	return id
}

func hash(b []byte) uint64 {
	h := uint64(len(b)) * 0x9E3779B97F4A7C15
	for len(b) >= 8 {
		h = (h ^ Word(b, 0)) * 0x9E3779B97F4A7C15
		h ^= h >> 29
		b = b[8:]
	}
	for _, c := range b {
		h = (h ^ uint64(c)) * 0x100000001B3
	}
	return h ^ h>>32
}
