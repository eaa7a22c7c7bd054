package jsonscan

import (
	"bytes"
	"math/bits"
)

// Keys recognises the keys of one kind of object. It remembers for every key
// which keys followed it, in up to four orders, and compares the text at hand
// with the expected `"name":` as one or two masked words; only a surprise is
// read and looked up. It belongs to one goroutine.
type Keys struct {
	// Resolve tells, for a name seen for the first time, the caller's number for
	// it and whether the name is spelt exactly so. It must not keep the name.
	Resolve func(name []byte) (field int32, exact bool)
	// Start is the key before the first of an object.
	Start *Key

	way       int
	turn      int
	keys      []*Key
	table     []int32   // open addressing: index in keys + 1; 0 is free
	short     [256]*Key // keys of at most 16 bytes, each in one of its two slots if there was room
	never     *Key      // matches nothing: where an order has no opinion yet
	unlearned *Key      // stands for a name that is not remembered
	scratch   []byte
}

const (
	ways = 4
	// maxKeys bounds what hostile names can make us remember.
	maxKeys = 4096
	maxName = 512
)

// Key is a name that was read. Those of names that are not remembered are valid
// until the next key is read.
type Key struct {
	// Field is the caller's number of the name.
	Field int32
	// Exact tells whether the name was spelt as the field's.
	Exact bool
	// Wide tells that the name is not ASCII.
	Wide bool

	n              int // length of text
	w0, m0, w1, m1 uint64
	next           [ways]*Key
	text           []byte // `"name":`
}

// NewKeys makes Keys that have seen nothing yet.
func NewKeys(resolve func(name []byte) (field int32, exact bool)) *Keys {
	ks := &Keys{Resolve: resolve, table: make([]int32, 64), never: &Key{w0: 1}}
	ks.Start, ks.unlearned = ks.key(), ks.key()
	ks.unlearned.Wide = true
	return ks
}

func (ks *Keys) key() *Key {
	return &Key{w0: 1, next: [ways]*Key{ks.never, ks.never, ks.never, ks.never}}
}

// Next reads the key whose opening quote stands at i, and its colon, and gives
// the index behind the colon. prev is the key before it, Start for the first.
func (ks *Keys) Next(buf []byte, i int, prev *Key) (k *Key, next int) {
	if k = ks.Guess(prev); i+16 <= len(buf) && k.Is(Word(buf, i), Word(buf, i+8)) {
		return k, i + k.n
	}
	return ks.Search(buf, i, prev)
}

// Guess is the key that will most likely follow prev. Guess, [Key.Is] and
// [Keys.Search] are Next in parts, for loops that cannot afford a call.
func (ks *Keys) Guess(prev *Key) *Key { return prev.next[ks.way&(ways-1)] }

// Is tells whether the 16 bytes from a quote on spell the key and its colon. It
// is false for names of more than 13 bytes or beyond ASCII, whatever they are.
func (k *Key) Is(w0, w1 uint64) bool { return w0&k.m0 == k.w0 && w1&k.m1 == k.w1 }

// Len is the length of the key with its quotes and colon.
func (k *Key) Len() int { return k.n }

// stands tells whether the key stands at i, where w0 and w1 do.
func (k *Key) stands(buf []byte, i int, w0, w1 uint64) bool {
	return k.Is(w0, w1) || k.m0 == 0 && k.n > 0 && bytes.HasPrefix(buf[i:], k.text)
}

// Search is Next without a guess.
func (ks *Keys) Search(buf []byte, i int, prev *Key) (*Key, int) {
	if i+16 <= len(buf) {
		w0, w1 := Word(buf, i), Word(buf, i+8)
		for turn := range ways {
			w := (ks.way + turn) & (ways - 1)
			if k := prev.next[w]; k.stands(buf, i, w0, w1) {
				ks.way = w
				return k, i + k.n
			}
		}
		// Keys in any order: the words find the key, without a look at its name.
		if k := ks.lookup(w0, w1); k != nil {
			ks.follow(prev, k)
			return k, i + k.n
		}
	}
	return ks.read(buf, i, prev)
}

// lookup finds a short key that the words begin with.
func (ks *Keys) lookup(w0, w1 uint64) *Key {
	// Behind the opening quote the first thing special is the closing one, and a
	// colon follows. A mark there may be false: then nothing is found.
	m0, m1 := Special(w0)&^0xFF, Special(w1)
	switch {
	case m0 != 0:
		n := uint(bits.TrailingZeros64(m0)) + 9 // bits, the colon among them
		if w1 &= 1<<(max(n, 64)-64) - 1; n < 64 {
			w0 &= 1<<n - 1
		}
	case m1 != 0:
		w1 &= 1<<min(uint(bits.TrailingZeros64(m1))+9, 64) - 1
	default:
		return nil
	}
	a, b := slots(w0, w1)
	if k := ks.short[a]; k != nil && k.w0 == w0 && k.w1 == w1 {
		return k
	}
	if k := ks.short[b]; k != nil && k.w0 == w0 && k.w1 == w1 {
		return k
	}
	return nil
}

// slots are the two places where a short key may stand.
func slots(w0, w1 uint64) (a, b uint8) {
	h := (w0 ^ bits.RotateLeft64(w1, 31)*0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93
	return uint8(h >> 56), uint8(h >> 48)
}

// read is Search without knowing any key.
func (ks *Keys) read(buf []byte, i int, prev *Key) (*Key, int) {
	rest := buf[min(i, len(buf)):]
	if len(rest) == 0 || rest[0] != '"' {
		return nil, ^i
	}
	end := StringEnd(buf, i+1)
	var name []byte
	at := end + 1
	plain := end < len(buf) && buf[end] == '"'
	if plain {
		name = buf[i+1 : end]
	} else {
		if ks.scratch, at = Unescape(ks.scratch[:0], buf, i); at < 0 {
			return nil, at
		}
		name = ks.scratch
	}
	at = Blank(buf, at)
	if at >= len(buf) || buf[at] != ':' {
		return nil, ^at
	}
	k := ks.find(name)
	if k == ks.unlearned {
		k.Field, k.Exact = ks.Resolve(name)
	} else if plain { // an escaped spelling never matches as text
		ks.follow(prev, k)
	}
	return k, at + 1
}

// follow notes that k came after prev: in the order now followed if that has no
// opinion yet, else in another that has none, else in place of some other.
func (ks *Keys) follow(prev, k *Key) {
	for w := range ways {
		w = (ks.way + w) & (ways - 1)
		if prev.next[w] == k {
			ks.way = w
			return
		}
	}
	for w := range ways {
		w = (ks.way + w) & (ways - 1)
		if prev.next[w] == ks.never {
			prev.next[w], ks.way = k, w
			return
		}
	}
	ks.turn++
	ks.way = ks.turn & (ways - 1)
	prev.next[ks.way] = k
}

// find gives the key of a name, learning it if there is room.
func (ks *Keys) find(name []byte) *Key {
	mask := uint64(len(ks.table) - 1)
	h := hash(name)
	for ; ; h++ {
		id := ks.table[h&mask]
		if id == 0 {
			break
		}
		if k := ks.keys[id-1]; len(k.text) == len(name)+3 && string(k.text[1:len(name)+1]) == string(name) {
			return k
		}
	}
	// A name that needs escapes must not be learnt: its text is not how it is spelt.
	if len(ks.keys) >= maxKeys || len(name) > maxName || StringEnd(name, 0) < len(name) {
		return ks.unlearned
	}
	k := ks.key()
	k.text = append(append([]byte{'"'}, name...), '"', ':')
	k.n = len(k.text)
	var w, m [16]byte
	for j := range copy(w[:], k.text) {
		m[j] = 0xFF
	}
	k.w0, k.w1 = Word(w[:], 0), Word(w[:], 8)
	k.m0, k.m1 = Word(m[:], 0), Word(m[:], 8)
	if k.n <= len(w) && ASCII(name) {
		a, b := slots(k.w0, k.w1)
		if ks.short[a] != nil {
			a = b
		}
		ks.short[a] = k
	}
	k.Wide = !ASCII(name)
	if k.n > len(w) || k.Wide {
		k.w0, k.m0 = 1, 0
	}
	k.Field, k.Exact = ks.Resolve(name)
	ks.keys = append(ks.keys, k)
	ks.table[h&mask] = int32(len(ks.keys))
	if 2*len(ks.keys) > len(ks.table) {
		ks.table = make([]int32, 2*len(ks.table))
		mask = uint64(len(ks.table) - 1)
		for id, k := range ks.keys {
			h := hash(k.text[1 : len(k.text)-2])
			for ks.table[h&mask] != 0 {
				h++
			}
			ks.table[h&mask] = int32(id + 1)
		}
	}
	return k
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
